import io
import os
from dataclasses import replace
from fractions import Fraction

import pytest

from tests.clips import clip_info, frames_of
from vsfilter.errors import SinkError
from vsfilter.sinks.y4m_sink import Y4MSink


def test_the_header_states_what_the_clip_is():
    info = clip_info(
        "yuv422p10le",
        rate=Fraction(24000, 1001),
        time_base=Fraction(1001, 24000),
        sample_aspect_ratio=Fraction(16, 15),
    )
    stream = io.BytesIO()

    with Y4MSink(stream, info) as sink:
        sink.write(frames_of(info, 1)[0])

    header = stream.getvalue().split(b"\n")[0].decode()
    assert header == "YUV4MPEG2 W64 H48 F24000:1001 Ip A16:15 C422p10 XCOLORRANGE=LIMITED"


def test_a_clip_without_frames_is_a_header():
    stream = io.BytesIO()

    with Y4MSink(stream, clip_info()):
        pass

    assert stream.getvalue().startswith(b"YUV4MPEG2 ")
    assert stream.getvalue().count(b"\n") == 1


@pytest.mark.parametrize("pix_fmt", ["gbrp", "gbrp16le"])
def test_rgb_is_refused_with_a_hint(pix_fmt):
    with pytest.raises(SinkError, match="convert to YUV"):
        Y4MSink(io.BytesIO(), clip_info(pix_fmt))


@pytest.mark.parametrize("pix_fmt", ["yuv410p", "grayf32le"])
def test_a_format_that_y4m_has_not_is_refused(pix_fmt):
    with pytest.raises(SinkError, match="convert to"):
        Y4MSink(io.BytesIO(), clip_info(pix_fmt))


def test_a_reader_that_goes_away_is_one_clear_line():
    receiving, sending = os.pipe()
    os.close(receiving)
    info = clip_info()
    stream = os.fdopen(sending, "wb", buffering=0)

    sink = Y4MSink(stream, info)

    with stream, pytest.raises(SinkError, match="closed it after 0 frames") as raised:
        sink.write(frames_of(info, 1)[0])

    assert "\n" not in str(raised.value)


def test_a_frame_of_another_size_is_refused():
    with pytest.raises(SinkError, match="does not fit"):
        Y4MSink(io.BytesIO(), clip_info()).write(frames_of(clip_info(width=32), 1)[0])


@pytest.mark.parametrize(("late", "count"), [(0, 0), (1, 0), (40, 1)])
def test_times_that_vary_are_said_once(late, count, caplog):
    info = clip_info("yuv420p", rate=Fraction(25), time_base=Fraction(1, 1000))
    frames = [
        replace(frame, pts=40 * n + 1000 + (late + 5 if n > 4 else 0) - 5 * (n % 2))
        for n, frame in enumerate(frames_of(info, 8))
    ]
    with Y4MSink(io.BytesIO(), info) as sink:
        for frame in frames:
            sink.write(frame)

    said = [record.getMessage() for record in caplog.records]
    assert len(said) == count
    assert all("frame 6 comes 0.045 s early there" in line for line in said)
