"""Edges that a container has players leave out are left out."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest
from av.video.frame import VideoFrame

from tests.clips import Clip, make_clip
from tests.mp4_boxes import add_box, box
from vsfilter.engine.settings import Settings
from vsfilter.readers.open_clip import open_clip
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sources.cropping import cropping_of
from vsfilter.transcode.fidelity_settings import FidelitySettings
from vsfilter.transcode.transcode import transcode

BICUBIC = Settings(model="bicubic", scale=2, device="cpu", precision="fp32")
STRICT = FidelitySettings(strict=True)


def aperture(width, height, *, right, down):
    """Make the box of a clean aperture: its size, and how far its middle is off, in halves."""
    return box(b"clap", struct.pack(">8i", width, 1, height, 1, right, 2, down, 2))


def cropped_clip(tmp_path, pix_fmt, **where):
    """Make a clip of 64x48 and give its frames, and a copy that shows a part of them."""
    source = make_clip(tmp_path / "in.mp4", Clip(count=3, pix_fmt=pix_fmt))
    with open_clip(str(source)) as reader:
        frames = list(reader)
    add_box(source, aperture(**where))
    return source, frames


def shown(path):
    with open_clip(str(path)) as reader:
        frames = list(reader)
        assert {(frame.width, frame.height) for frame in frames} == {
            (reader.info.width, reader.info.height)
        }
    return frames


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le"])
def test_what_is_shown_is_read(tmp_path, pix_fmt):
    # 6 columns are left out on the left and 2 on the right, 2 rows above and 6 below
    source, frames = cropped_clip(tmp_path, pix_fmt, width=56, height=40, right=4, down=-4)
    parts = shown(source)
    assert len(parts) == len(frames) == 3
    for part, frame in zip(parts, frames, strict=True):
        assert part.pts == frame.pts
        for index, (plane, whole) in enumerate(zip(part.planes, frame.planes, strict=True)):
            w = frame.format.subsampling_w if index else 0
            h = frame.format.subsampling_h if index else 0
            np.testing.assert_array_equal(plane, whole[2 >> h : 42 >> h, 6 >> w : 62 >> w])


def test_an_edge_within_a_sample_of_chroma_keeps_it_as_ffmpeg_does(tmp_path):
    source, frames = cropped_clip(tmp_path, "yuv420p", width=59, height=45, right=1, down=-1)
    part, whole = shown(source)[0], frames[0]  # from column 3 and row 1 on
    np.testing.assert_array_equal(part.planes[0], whole.planes[0][1:46, 3:62])
    np.testing.assert_array_equal(part.planes[1], whole.planes[1][0:23, 1:31])


def test_what_would_leave_nothing_is_said_and_left(caplog):
    context = SimpleNamespace(coded_side_data={"frame_cropping": struct.pack("<4I", 0, 48, 2, 2)})
    stream = SimpleNamespace(codec_context=context)
    assert cropping_of(stream, VideoFrame(64, 48, "yuv420p")) is None
    assert "2, 0, 2 and 48 px cropped (left, top, right, bottom) of 64x48" in caplog.text


def test_a_restored_clip_is_as_large_as_what_is_shown(tmp_path):
    source, _ = cropped_clip(tmp_path, "yuv420p", width=60, height=40, right=0, down=0)
    out = tmp_path / "out.mkv"
    encoder = EncoderSettings(codec="ffv1")
    transcode(str(source), str(out), settings=BICUBIC, encoder=encoder, fidelity=STRICT)
    with open_clip(str(out)) as reader:
        assert (reader.info.width, reader.info.height) == (120, 80)
