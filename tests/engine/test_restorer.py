import numpy as np
import pytest
import torch

from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.errors import OptionError, PluginError
from vsfilter.window import Window


def open_restorer(**settings):
    return Restorer(Settings(**settings), width=16, height=12)


def make_frames(count, h=12, w=16):
    random = np.random.default_rng(5)
    return list(random.random((count, 3, h, w), dtype=np.float32))


def whole(count):
    """The window that holds a clip of `count` frames and keeps them all."""
    return Window(index=0, start=0, lead=0, core_start=0, core_stop=count, stop=count)


def restore(frames, *, cuts=(), **settings):
    with open_restorer(**{"precision": "fp32", "device": "cpu", **settings}) as restorer:
        return restorer.restore(whole(len(frames)), frames, cuts)


def enlarge(frames, scale):
    """Enlarge by torch's antialiased bicubic, as `strength` and the model 'bicubic' do."""
    return torch.nn.functional.interpolate(
        torch.from_numpy(np.stack(frames)), scale_factor=scale, mode="bicubic", antialias=True
    ).numpy()


def test_the_frames_of_a_window_equal_those_of_a_direct_call(basicvsr):
    frames = make_frames(10)
    with (
        open_restorer(weights=basicvsr, core=4, context=2, blend=1, precision="fp32") as restorer,
        torch.inference_mode(),
    ):
        for window in restorer.grid.windows(10):
            clip = torch.from_numpy(np.stack(frames[window.start : window.stop]))
            keep = slice(window.lead - window.start, window.core_stop - window.start)
            restored = restorer.restore(window, frames[window.start : window.stop], ())
            expected = restorer.loaded.model.restore(clip, keep).numpy()
            np.testing.assert_array_equal(restored, expected)


def test_windows_begun_together_come_back_in_the_order_of_their_results(basicvsr):
    frames = make_frames(9)
    with open_restorer(weights=basicvsr, core=3, context=1, precision="fp32") as restorer:
        windows = list(restorer.grid.windows(9))
        begun = [restorer.submit(w, frames[w.start : w.stop], ()) for w in windows]
        for window, future in zip(windows, begun, strict=True):
            again = restorer.restore(window, frames[window.start : window.stop], ())
            np.testing.assert_array_equal(future.result(), again)


def test_the_frames_on_either_side_of_a_cut_equal_those_of_each_part_alone(basicvsr):
    frames = make_frames(9)
    together = restore(frames, cuts=(2, 7), weights=basicvsr)
    parts = [frames[:2], frames[2:7], frames[7:]]
    alone = np.concatenate([restore(part, weights=basicvsr) for part in parts])
    np.testing.assert_array_equal(together, alone)


def test_without_the_cut_the_frames_beside_it_would_differ(basicvsr):
    frames = make_frames(6)
    assert not np.array_equal(
        restore(frames, weights=basicvsr)[2], restore(frames, cuts=(3,), weights=basicvsr)[2]
    )


def test_values_outside_the_range_are_clamped_before_the_model_sees_them():
    frames = [frame * 3 - 1 for frame in make_frames(2)]
    clamped = [frame.clip(0, 1) for frame in frames]
    np.testing.assert_array_equal(
        restore(frames, model="bicubic", scale=2), restore(clamped, model="bicubic", scale=2)
    )


def test_the_caller_s_frames_are_left_as_they_were():
    frames = [frame * 3 - 1 for frame in make_frames(1)]
    before = frames[0].copy()
    restore(frames, model="bicubic")
    np.testing.assert_array_equal(frames[0], before)


def test_frames_are_padded_to_the_multiple_of_the_model_and_cropped_again(fakes):
    frames = make_frames(3, 5, 7)
    restored = restore(frames, model="repeating")
    assert restored.shape == (3, 3, 10, 14)
    np.testing.assert_array_equal(restored[..., ::2, ::2], np.stack(frames))


def test_tiles_have_sides_that_are_multiples_too(fakes):
    frames = make_frames(2, 101, 75)
    restored = restore(frames, model="repeating", tile=65)
    # a weighted mean of equal numbers, so only rounding differs
    np.testing.assert_allclose(restored[..., ::2, ::2], np.stack(frames), rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 3)])
def test_tiny_frames_work(basicvsr, size):
    restored = restore(make_frames(2, *size), weights=basicvsr)
    assert restored.shape == (2, 3, 4 * size[0], 4 * size[1])


def test_a_result_that_is_not_finite_is_computed_again_in_fp32(fakes, caplog):
    frames = make_frames(3)
    restored = restore(frames, model="fragile", precision="bf16")
    np.testing.assert_array_equal(restored, np.stack(frames))
    assert "frames 0 to 2: result is not finite in bf16, computed again in fp32" in caplog.text


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_result_that_is_not_finite_in_fp32_names_the_model_and_the_frames(fakes, precision):
    frames = make_frames(5)
    with open_restorer(model="hopeless", core=2, context=1, precision=precision) as restorer:
        window = restorer.grid.window(1, 5)
        with pytest.raises(PluginError, match=r"'hopeless'.*not finite for frames 2 to 3"):
            restorer.restore(window, frames[window.start : window.stop], ())


def test_input_that_is_not_finite_is_refused():
    frames = make_frames(2)
    frames[1][0, 3, 3] = np.nan
    with pytest.raises(PluginError, match=r"not finite .* check its weights and the input"):
        restore(frames, model="bicubic")


@pytest.mark.parametrize("tile", [None, 64])
@pytest.mark.parametrize("model", ["misshapen", "halved"])
def test_a_result_of_another_shape_or_type_names_the_model(fakes, model, tile):
    with pytest.raises(PluginError, match=f"model '{model}' returned .* instead of"):
        restore(make_frames(2, 80, 72), model=model, tile=tile)


def test_strength_mixes_bicubic_and_the_model(basicvsr):
    frames = make_frames(3)
    plain = enlarge(frames, 4)
    full = restore(frames, weights=basicvsr)
    np.testing.assert_array_equal(restore(frames, weights=basicvsr, strength=0), plain)
    np.testing.assert_array_equal(restore(frames, weights=basicvsr, strength=1), full)
    half = restore(frames, weights=basicvsr, strength=0.5)
    # one multiplication and one addition in float32
    np.testing.assert_allclose(half, (plain + full) / 2, rtol=0, atol=1e-6)


def test_strength_mixes_the_kept_frames_with_themselves(basicvsr):
    frames = make_frames(7)
    with open_restorer(
        weights=basicvsr, core=2, context=2, strength=0, precision="fp32"
    ) as restorer:
        window = restorer.grid.window(1, 7)
        restored = restorer.restore(window, frames[window.start : window.stop], {3})
    np.testing.assert_array_equal(restored, enlarge(frames[2:4], 4))


def test_a_picture_no_larger_than_a_tile_is_restored_whole(basicvsr):
    frames = make_frames(2, 60, 64)
    np.testing.assert_array_equal(
        restore(frames, weights=basicvsr, tile=64), restore(frames, weights=basicvsr)
    )


def test_tiles_give_nearly_the_same_picture(basicvsr):
    frames = make_frames(3, 90, 110)
    difference = np.abs(
        restore(frames, weights=basicvsr, tile=64) - restore(frames, weights=basicvsr)
    )
    # at the end of a tile the network lacks its surroundings; the fade hides most of that
    # (measured: 0.008 at most, 0.0005 on average)
    assert difference.max() < 0.02
    assert difference.mean() < 0.001


def test_tiles_of_bicubic_differ_only_where_a_tile_ends():
    frames = make_frames(2, 90, 110)
    tiled = restore(frames, model="bicubic", scale=2, tile=64)
    whole_picture = restore(frames, model="bicubic", scale=2)
    # tiles begin at rows 0, 16 and 32, columns 0, 16, 32 and 48; the kernel reaches 2 px
    near_rows = near_any(np.arange(180), 2 * 16, 2 * 32, 2 * 64, 2 * 80)
    near_columns = near_any(np.arange(220), *(2 * end for end in (16, 32, 48, 64, 80, 96)))
    far = ~(near_rows[:, None] | near_columns)
    # a weighted mean of equal numbers, so only rounding differs
    np.testing.assert_allclose(tiled[..., far], whole_picture[..., far], rtol=0, atol=1e-6)
    # there the fade has nearly ended: 5 % of the error of a hard edge is left at most
    np.testing.assert_allclose(tiled, whole_picture, rtol=0, atol=0.01)


def near_any(positions, *ends):
    return np.any([np.abs(positions + 0.5 - end) < 4 for end in ends], axis=0)


def test_core_and_context_are_the_backend_s_unless_given():
    with open_restorer(model="bicubic") as restorer:
        assert (restorer.grid.core, restorer.grid.context, restorer.scale) == (8, 0, 4)
    with open_restorer(model="bicubic", core=3, context=5, blend=2, scale=3) as restorer:
        assert (restorer.grid.core, restorer.grid.context, restorer.grid.blend) == (3, 5, 2)
        assert restorer.scale == 3


def test_large_clips_get_smaller_cores_unless_told_otherwise():
    small, large = {"width": 320, "height": 180}, {"width": 3840, "height": 2160}
    with Restorer(Settings(model="bicubic"), **small) as restorer:
        assert restorer.grid.core == 8
    with Restorer(Settings(model="bicubic"), **large) as restorer:
        assert restorer.grid.core == 1
    with Restorer(Settings(model="bicubic", core=5), **large) as restorer:
        assert restorer.grid.core == 5


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"strength": 1.5}, "strength is 1.5"),
        ({"strength": float("nan")}, "strength is nan"),
        ({"tile": 63}, "tile is 63 px: give at least 64"),
        ({"cuts": "soon"}, "cuts is 'soon'"),
        ({"cuts": [12, 30]}, "cuts"),
        ({"ghost_guard": "maybe"}, "ghost_guard is 'maybe': give auto, on or off"),
        ({"quality": "superb"}, "quality is 'superb': give fast, good or best"),
        ({"options": {"scale": 2}}, "'scale' is no option of a model"),
    ],
)
def test_settings_that_cannot_work_are_refused(values, reason):
    with pytest.raises(OptionError, match=reason):
        Settings(**values)


def test_a_blend_that_the_windows_cannot_hold_is_refused(basicvsr):
    with pytest.raises(OptionError, match="blend is 3"):
        open_restorer(weights=basicvsr, core=8, context=2, blend=3)


@pytest.mark.usefixtures("fakes")
def test_a_model_may_use_the_memory_of_its_results_again():
    frames = make_frames(8)
    one, two = (
        Window(index=n, start=at, lead=at, core_start=at, core_stop=at + 4, stop=at + 4)
        for n, at in enumerate((0, 4))
    )
    with open_restorer(model="reusing", device="cpu") as restorer:
        first = restorer.submit(one, frames[:4], [2]).result()  # two shots of the same length
        second = restorer.submit(two, frames[4:], []).result()
        third = restorer.submit(one, frames[:4], []).result()
    np.testing.assert_array_equal(first, np.stack(frames[:4]))
    np.testing.assert_array_equal(second, np.stack(frames[4:]))
    np.testing.assert_array_equal(third, first)
