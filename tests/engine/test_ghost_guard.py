import cv2
import numpy as np
import pytest
import torch

from tests.small_models import Averaging
from vsfilter.engine.ghost_guard import has_switch, remove_ghosts
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.metrics import psnr
from vsfilter.window import Window

H, W = 96, 160
BOX = (slice(70, 90), slice(20, 140))
SHOWN = range(4, 8)


def moving_clip(count=12, *, speed=1.5):
    """A smooth picture that moves steadily: (t, 3, h, w)."""
    random = np.random.default_rng(3)
    wide = random.random((H + 40, W + 60, 3), dtype=np.float32)
    wide = cv2.normalize(cv2.GaussianBlur(wide, (0, 0), 4), None, 0.2, 0.8, cv2.NORM_MINMAX)
    frames = []
    for n in range(count):
        shift = np.float32([[1, 0, -10 - speed * n], [0, 1, -10]])
        frames.append(cv2.warpAffine(wide, shift, (W, H), flags=cv2.INTER_CUBIC))
    return torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2).contiguous()


def with_text(clip, shown=SHOWN):
    text = np.zeros((H, W), dtype=np.uint8)
    place, font = (BOX[1].start, BOX[0].stop - 4), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(text, "Subtitle here", place, font, 0.55, 255, 1, cv2.LINE_AA)
    share = torch.from_numpy(text).float() / 255
    written = clip.clone()
    written[list(shown)] = torch.lerp(clip[list(shown)], torch.ones(()), share)
    return written


def enlarged(frames):
    return frames.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)


def quality(result, truth, box):
    """PSNR of one part of the frames, given in px of the input."""
    rows, columns = (slice(2 * side.start, 2 * side.stop) for side in box)
    a, b = (x[..., rows, columns].permute(0, 2, 3, 1).numpy() for x in (result, truth))
    return np.mean([psnr(255 * p, 255 * q) for p, q in zip(a, b, strict=True)])


def restore(clip, **settings):
    chosen = Settings(precision="fp32", device="cpu", scale=2, **settings)
    count = len(clip)
    window = Window(index=0, start=0, lead=0, core_start=0, core_stop=count, stop=count)
    with Restorer(chosen, width=W, height=H) as restorer:
        result = restorer.restore(window, list(clip.numpy()), ())
        return torch.from_numpy(result), restorer.loaded.model


@pytest.mark.parametrize("shown", [range(4, 8), range(5, 6), range(6), range(6, 12), range(1, 11)])
def test_text_that_appears_or_vanishes_is_a_switch(shown):
    assert has_switch(with_text(moving_clip(), shown))


@pytest.mark.parametrize("speed", [0, 0.5, 1.5, 4])
def test_steady_motion_is_no_switch(speed):
    assert not has_switch(moving_clip(speed=speed))


def test_text_that_stays_is_no_switch():
    assert not has_switch(with_text(moving_clip(), range(12)))


def test_noise_is_no_switch():
    clip = moving_clip()
    torch.manual_seed(0)
    assert not has_switch((clip + 0.1 * torch.randn_like(clip)).clamp(0, 1))


def test_one_frame_has_no_switch():
    assert not has_switch(moving_clip(1))


def test_ghosts_go_and_the_rest_of_the_frame_stays():
    clip = with_text(moving_clip(speed=0))
    ghostly = Averaging().restore(clip)
    guarded = remove_ghosts(ghostly, clip, lambda n: enlarged(clip[n : n + 1])[0])
    truth = enlarged(clip)
    beside = [SHOWN.start - 1, SHOWN.stop]
    before, after = (quality(x[beside], truth[beside], BOX) for x in (ghostly, guarded))
    assert after > before + 10
    above = slice(2 * BOX[0].start - 20)
    assert torch.equal(guarded[..., above, :], ghostly[..., above, :])
    far = [0, 1, 2, 5, 6, 9, 10, 11]
    assert torch.equal(guarded[far], ghostly[far])


def test_a_frame_that_looks_like_its_input_is_not_restored_again():
    clip = moving_clip()
    result = enlarged(clip)
    assert remove_ghosts(result, clip, lambda n: pytest.fail(f"frame {n} restored")) is result


@pytest.mark.parametrize("sigma", [0.02, 0.08])
def test_noise_that_the_model_removes_is_no_ghost(sigma):
    clip = moving_clip(3)
    torch.manual_seed(0)
    noisy = (clip + sigma * torch.randn_like(clip)).clamp(0, 1)
    result = enlarged(clip)
    assert remove_ghosts(result, noisy, lambda n: result[n]) is result


def test_where_the_frame_alone_is_no_better_nothing_changes():
    clip = moving_clip(3)
    darker = 0.8 * enlarged(clip)
    assert remove_ghosts(darker, clip, lambda n: darker[n]) is darker


@pytest.mark.usefixtures("fakes")
def test_the_guard_is_automatic_for_models_that_may_ghost():
    clip = with_text(moving_clip())
    off, _ = restore(clip, model="averaging", ghost_guard="off")
    auto, model = restore(clip, model="averaging")
    beside = [SHOWN.start - 1, SHOWN.stop]
    truth = enlarged(clip)[beside]
    assert quality(auto[beside], truth, BOX) > quality(off[beside], truth, BOX) + 6
    assert 1 <= model.lengths.count(1) <= 6


@pytest.mark.usefixtures("fakes")
def test_a_clip_without_a_switch_costs_nothing_more():
    clip = moving_clip(speed=4)
    off, _ = restore(clip, model="averaging", ghost_guard="off")
    auto, model = restore(clip, model="averaging")
    assert model.lengths == [len(clip)]
    assert torch.equal(auto, off)


@pytest.mark.usefixtures("fakes")
def test_other_models_are_guarded_when_asked_for():
    clip = with_text(moving_clip())
    off, _ = restore(clip, model="trusted", ghost_guard="off")
    auto, _ = restore(clip, model="trusted")
    on, _ = restore(clip, model="trusted", ghost_guard="on")
    assert torch.equal(auto, off)
    beside = [SHOWN.start - 1, SHOWN.stop]
    truth = enlarged(clip)[beside]
    assert quality(on[beside], truth, BOX) > quality(off[beside], truth, BOX) + 6


def test_the_bundled_model_is_left_alone_on_clean_video():
    clip = moving_clip(4)[..., :48, :64]
    chosen = {"precision": "fp32", "device": "cpu"}
    window = Window(index=0, start=0, lead=0, core_start=0, core_stop=4, stop=4)
    results = []
    for guard in ("off", "on"):
        with Restorer(Settings(**chosen, ghost_guard=guard), width=64, height=48) as restorer:
            results.append(restorer.restore(window, list(clip.numpy()), ()))
    np.testing.assert_array_equal(*results)
