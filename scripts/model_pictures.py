"""Pictures of what models make of a real frame, magnified, beside bicubic and the ground truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vsfilter.blur_down import blur_down
from vsfilter.discovery import find_source
from vsfilter.engine.checked_model import CheckedModel
from vsfilter.engine.load import load_model
from vsfilter.evaluation.coded_clip import code
from vsfilter.metrics import psnr
from vsfilter.resize import imresize
from vsfilter.rgb_converter import FrameToRgb

CROP_W, CROP_H = 112, 84
ZOOM = 4
GAP_PX = 8
LABEL_PX = 28
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What to look at.

    Attributes:
        clip: A clip of high resolution.
        frame: Number of the frame, from 0.
        x: Centre of the magnified part, in px from the left.
        y: Centre of the magnified part, in px from the top.
    """

    clip: Path
    frame: int
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One restored frame beside bicubic and the ground truth, all (h, w, 3), RGB.

    Attributes:
        given: What stands beside it: "bicubic", or "x264" where the input is coded, not small.
        bicubic: MATLAB's bicubic of the small frame; of the same size that is the frame itself.
        restored: What the model makes of the small clip.
        truth: The frame as it was.
    """

    given: str
    bicubic: Pixels
    restored: Pixels
    truth: Pixels

    @property
    def psnr_y(self) -> float:
        """PSNR of the restored frame's luma, in dB."""
        return psnr(self.restored, self.truth, luma=True)

    @property
    def bicubic_psnr_y(self) -> float:
        """PSNR of bicubic's luma, in dB."""
        return psnr(self.bicubic, self.truth, luma=True)


def compare(view: View, model: str, *, is_blurred: bool) -> Comparison:
    """Make the clip small, or for a model of the same size code it, restore it, and give the frame.

    Args:
        view: The clip and the frame.
        model: A backend, or backend:weights.
        is_blurred: Make it small by blurring ("BD") instead of by bicubic ("BI").
    """
    loaded = load_model(model, device="cpu", precision="fp32")
    name, multiple = loaded.backend.name, loaded.backend.multiple
    checked = CheckedModel(model=loaded.model, name=name, multiple=multiple)
    scale = checked.scale
    truths = [_crop(picture, scale) for picture in _read(view)]
    if scale == 1:
        smalls = list(code(iter(truths)))
    else:
        smalls = [blur_down(t, scale) if is_blurred else imresize(t, 1 / scale) for t in truths]
    frames = torch.from_numpy(np.stack(smalls)).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        restored = checked.restore(frames, slice(view.frame, view.frame + 1))
    return Comparison(
        given="x264" if scale == 1 else "bicubic",
        bicubic=imresize(smalls[view.frame], scale),
        restored=_to_pixels(restored[0].numpy()),
        truth=truths[view.frame],
    )


def draw(view: View, panels: dict[str, Pixels]) -> bytes:
    """Magnify the same part of each picture and set the parts side by side, as a PNG."""
    columns = []
    for words, picture in panels.items():
        top, left = view.y - CROP_H // 2, view.x - CROP_W // 2
        part = picture[top : top + CROP_H, left : left + CROP_W]
        size = (CROP_W * ZOOM, CROP_H * ZOOM)
        large = cv2.resize(part, size, interpolation=cv2.INTER_NEAREST)
        label = np.full((LABEL_PX, size[0], 3), 255, dtype=np.uint8)
        font = cv2.FONT_HERSHEY_DUPLEX
        cv2.putText(label, words, (2, 20), font, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
        gap = np.full((LABEL_PX + size[1], GAP_PX, 3), 255, dtype=np.uint8)
        columns += [np.concatenate([label, large]), gap]
    page = cv2.cvtColor(np.concatenate(columns[:-1], axis=1), cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".png", page, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return data.tobytes()


def _read(view: View) -> Iterator[Pixels]:
    """Give the frames from the first one to some after the one that is looked at."""
    with find_source(str(view.clip)).open(str(view.clip)) as reader:
        to_rgb = FrameToRgb(reader.info)
        for frame in islice(reader, view.frame + 8):
            yield _to_pixels(to_rgb.convert(frame))


def _crop(picture: Pixels, scale: int) -> Pixels:
    height, width = picture.shape[:2]
    return picture[: height - height % scale, : width - width % scale]


def _to_pixels(rgb: NDArray[np.float32]) -> Pixels:
    """Turn (3, h, w) float in [0, 1] into (h, w, 3) uint8."""
    return (np.clip(rgb, 0, 1) * 255).round().astype(np.uint8).transpose(1, 2, 0)
