import weakref
from dataclasses import replace

import numpy as np
import pytest

from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.engine.stream import Picture, restore_clip
from vsfilter.errors import PluginError, SourceError
from vsfilter.frame import Colour, Frame, PixelFormat
from vsfilter.window import Grid

CORE, CONTEXT = 4, 2
GRAY = PixelFormat(family="gray", bits=8)


def open_restorer(**settings):
    return Restorer(Settings(**settings), width=12, height=8)


def make_frame(number, **values):
    return Frame(
        planes=(np.zeros((1, 1), np.uint8),), format=GRAY, colour=Colour(), pts=number, **values
    )


def make_clip(count, *, cuts=None):
    """Make a clip of noise; `cuts` are what the source says, None where it says nothing."""
    random = np.random.default_rng(3)
    return [
        Picture(
            frame=make_frame(n, is_cut=None if cuts is None else n in cuts),
            rgb=random.random((3, 8, 12), dtype=np.float32),
        )
        for n in range(count)
    ]


def make_shots(*lengths):
    """Make a clip of shots whose pictures have nothing in common."""
    random = np.random.default_rng(4)
    clip = []
    for index, length in enumerate(lengths):
        shot = random.random((3, 8, 12), dtype=np.float32) / 2 + (index % 2) / 2
        for _ in range(length):
            noise = random.random((3, 8, 12), dtype=np.float32) / 100
            clip.append(Picture(frame=make_frame(len(clip)), rgb=shot + noise))
    return clip


def restore(clip, weights, **settings):
    values = {"core": CORE, "context": CONTEXT, "precision": "fp32", "cuts": "off"}
    with open_restorer(weights=weights, **{**values, **settings}) as restorer:
        return list(restore_clip(clip, restorer))


def pixels(clip):
    return np.stack([picture.rgb for picture in clip])


def restore_one_by_one(clip, weights, *, cuts=(), **settings):
    """Give the wanted outputs of each window, as (window, frames) pairs."""
    values = {"core": CORE, "context": CONTEXT, "precision": "fp32", "cuts": "off"}
    with open_restorer(weights=weights, **{**values, **settings}) as restorer:
        return [
            (w, restorer.restore(w, [p.rgb for p in clip[w.start : w.stop]], cuts))
            for w in restorer.grid.windows(len(clip))
        ]


@pytest.mark.parametrize("count", [1, CORE - 1, CORE, CORE + 1, 3 * CORE + 1])
def test_a_clip_equals_its_windows_restored_one_by_one(basicvsr, count):
    clip = make_clip(count)
    restored = restore(clip, basicvsr, cuts=(3, 9))
    parts = [part for _, part in restore_one_by_one(clip, basicvsr, cuts=(3, 9))]
    np.testing.assert_array_equal(pixels(restored), np.concatenate(parts))


@pytest.mark.parametrize("count", [0, 1, CORE - 1, CORE, CORE + 1, 3 * CORE + 1])
@pytest.mark.parametrize("blend", [0, 2])
def test_each_frame_comes_once_and_in_order(count, blend):
    clip = make_clip(count)
    restored = restore(clip, None, model="bicubic", blend=blend)
    assert len(restored) == count
    assert all(a.frame is b.frame for a, b in zip(restored, clip, strict=True))


@pytest.mark.parametrize("blend", [1, 2])
@pytest.mark.parametrize("count", [CORE + 1, 3 * CORE - 1, 3 * CORE])
def test_blending_mixes_the_last_frames_of_a_window_with_the_next_window(basicvsr, count, blend):
    clip = make_clip(count)
    grid = Grid(core=CORE, context=CONTEXT, blend=blend)
    outputs = [[] for _ in clip]  # of each frame, from the windows that compute it
    for window, part in restore_one_by_one(clip, basicvsr, blend=blend):
        for number, frame in zip(range(window.lead, window.core_stop), part, strict=True):
            outputs[number].append(frame)
    for number, picture in enumerate(restore(clip, basicvsr, blend=blend, cuts="off")):
        weight = float(grid.blend_weight(number, count))
        assert len(outputs[number]) == (2 if weight else 1)
        expected = (1 - weight) * outputs[number][0] + weight * outputs[number][-1]
        # the same sum, once in float64 and once in float32
        np.testing.assert_allclose(picture.rgb, expected, rtol=0, atol=1e-6)


def test_blending_changes_nothing_for_a_model_without_memory():
    clip = make_clip(11)
    np.testing.assert_allclose(
        pixels(restore(clip, None, model="bicubic", blend=2)),
        pixels(restore(clip, None, model="bicubic")),
        rtol=0,
        atol=1e-6,  # a weighted mean of equal numbers, so only rounding differs
    )


def test_given_cuts_part_the_clip(basicvsr):
    clip = make_clip(11)
    restored = restore(clip, basicvsr, cuts=(6,))
    apart = restore(clip[:6], basicvsr, core=50) + restore(clip[6:], basicvsr, core=50)
    whole = restore(clip, basicvsr, core=50, cuts=(6,))
    np.testing.assert_array_equal(pixels(whole), pixels(apart))
    assert not np.array_equal(pixels(restored), pixels(restore(clip, basicvsr, cuts="off")))


def test_cuts_are_found_where_the_source_says_nothing(basicvsr):
    clip = make_shots(5, 6, 3)
    found = pixels(restore(clip, basicvsr, cuts="auto"))
    np.testing.assert_array_equal(found, pixels(restore(clip, basicvsr, cuts=(5, 11))))
    assert not np.array_equal(found, pixels(restore(clip, basicvsr, cuts="off")))


@pytest.mark.parametrize("setting", ["auto", "props"])
def test_the_source_s_word_on_cuts_goes_before_what_is_seen(basicvsr, setting):
    seen = make_shots(5, 6)
    frames = [make_frame(n, is_cut=n in (0, 3, 9)) for n in range(11)]
    clip = [Picture(frame=f, rgb=p.rgb) for f, p in zip(frames, seen, strict=True)]
    expected = restore(seen, basicvsr, cuts=(3, 9))
    np.testing.assert_array_equal(pixels(restore(clip, basicvsr, cuts=setting)), pixels(expected))


def test_props_alone_finds_no_cut_by_itself(basicvsr):
    clip = make_shots(5, 6)
    np.testing.assert_array_equal(
        pixels(restore(clip, basicvsr, cuts="props")), pixels(restore(clip, basicvsr, cuts="off"))
    )


def test_off_ignores_what_the_source_says(basicvsr):
    plain, marked = make_clip(9), make_clip(9, cuts={4})
    np.testing.assert_array_equal(
        pixels(restore(marked, basicvsr, cuts="off")), pixels(restore(plain, basicvsr, cuts="off"))
    )


@pytest.mark.parametrize("blend", [0, 2])
def test_the_clip_is_never_read_further_than_two_windows_ahead(blend):
    was_read = 0

    def read():
        nonlocal was_read
        for picture in make_clip(60):
            was_read += 1
            yield picture

    with open_restorer(model="bicubic", core=CORE, context=CONTEXT, blend=blend) as restorer:
        for done, _ in enumerate(restore_clip(read(), restorer)):
            assert was_read - done <= 2 * CORE + CONTEXT + blend


def test_at_most_two_windows_of_frames_are_held_however_long_the_clip():
    held = set()  # numbers of the frames whose pixels are alive

    def read():
        for picture in make_clip(60):
            number = picture.frame.pts
            rgb = picture.rgb.copy()
            held.add(number)
            weakref.finalize(rgb, held.discard, number)
            yield Picture(frame=picture.frame, rgb=rgb)

    most = 0
    with open_restorer(model="bicubic", core=CORE, context=CONTEXT) as restorer:
        for _ in restore_clip(read(), restorer):
            most = max(most, len(held))
    assert CORE <= most <= 2 * (CORE + CONTEXT)


def test_an_error_of_the_source_reaches_the_consumer(basicvsr):
    def read():
        yield from make_clip(9)
        raise SourceError("the file ends too early")

    delivered = []
    with (
        open_restorer(weights=basicvsr, core=CORE, context=CONTEXT) as restorer,
        pytest.raises(SourceError, match="the file ends too early"),
    ):
        delivered.extend(restore_clip(read(), restorer))
    assert len(delivered) % CORE == 0


def test_an_error_of_the_model_reaches_the_consumer(fakes):
    with (
        open_restorer(model="hopeless") as restorer,
        pytest.raises(PluginError, match="hopeless"),
    ):
        list(restore_clip(make_clip(9), restorer))


def test_a_consumer_may_stop_early(basicvsr):
    with open_restorer(weights=basicvsr, core=CORE, context=CONTEXT) as restorer:
        restored = restore_clip(iter(make_clip(40)), restorer)
        assert next(restored).frame.pts == 0
        restored.close()


@pytest.mark.parametrize("blend", [0, 2])
@pytest.mark.parametrize(("first", "stop"), [(0, 1), (3, 4), (5, 9), (7, 8), (9, 23), (22, 23)])
def test_wanted_frames_need_no_more_of_the_clip_than_the_grid_says(basicvsr, first, stop, blend):
    clip = make_clip(23)
    settings = {"cuts": (6, 15), "blend": blend}
    whole = restore(clip, basicvsr, **settings)
    with open_restorer(
        weights=basicvsr, core=CORE, context=CONTEXT, precision="fp32", **settings
    ) as restorer:
        reach = restorer.grid.reach(first, stop)
        part = [
            replace(clip[number], is_wanted=first <= number < stop)
            for number in range(reach.start, min(23, reach.stop))
        ]
        found = list(restore_clip(part, restorer, first=reach.start))
    np.testing.assert_array_equal(pixels(found), pixels(whole[first:stop]))
