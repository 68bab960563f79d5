import numpy as np
import pytest
import torch

import vsfilter
from vsfilter.metrics import psnr
from vsfilter.resize import imresize
from vsfilter.testing import CHECKS, Case

CASE = Case(
    backend="trio",
    module_options={"channels": 8, "blocks": 1},
    has_exact_windows=True,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_trio_keeps_the_contract(check):
    check(CASE)


def make_rings(frame_count, side):
    """Make sharp rings that move by half a pixel a frame.

    Returns:
        (frame_count, side, side, 3), uint8, RGB.
    """
    rows, columns = np.indices((side, side))
    frames = []
    for n in range(frame_count):
        distance = np.hypot(columns - side / 2 - n / 2, rows - side / 2)
        is_bright = distance / 6 % 2 < 1
        frames.append(np.repeat(np.where(is_bright, 200, 50)[..., np.newaxis], 3, axis=2))
    return np.stack(frames).astype(np.uint8)


def test_the_weights_are_better_than_bicubic():
    truth = make_rings(5, 96)
    small = np.stack([imresize(frame, 1 / 2) for frame in truth])
    clip = torch.from_numpy(small).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        restored = vsfilter.load("trio", device="cpu", precision="fp32").restore(clip)
    pictures = (restored.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    ours = np.mean([psnr(a, b, luma=True) for a, b in zip(pictures, truth, strict=True)])
    enlarged = [imresize(frame, 2) for frame in small]
    bicubic = np.mean([psnr(a, b, luma=True) for a, b in zip(enlarged, truth, strict=True)])
    assert ours > bicubic + 1


def test_a_frame_depends_on_its_two_neighbours_alone():
    model = vsfilter.load("trio", device="cpu", precision="fp32")
    clip = torch.rand(7, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        before = model.restore(clip)
        clip[3] = 1 - clip[3]
        changed = (model.restore(clip) - before).abs().amax(dim=(1, 2, 3)) > 0
    assert changed.tolist() == [False, False, True, True, True, False, False]
