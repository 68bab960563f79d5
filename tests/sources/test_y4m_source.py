import io
import subprocess
import sys
from fractions import Fraction

import pytest

from tests.clips import clip_info, frames_of, same_samples
from vsfilter.errors import SourceError, SourceNotFoundError
from vsfilter.frame import Colour
from vsfilter.sinks.y4m_sink import Y4MSink
from vsfilter.sources.y4m_source import Y4MSource
from vsfilter.y4m_format import Y4M_FORMATS


def written(info, count=2):
    stream = io.BytesIO()
    with Y4MSink(stream, info) as sink:
        for frame in frames_of(info, count):
            sink.write(frame)
    return stream.getvalue()


def source_of(tmp_path, data):
    path = tmp_path / "clip.y4m"
    path.write_bytes(data)
    return Y4MSource(str(path))


@pytest.mark.parametrize("tag", Y4M_FORMATS)
def test_every_chroma_tag_goes_through_unchanged(tmp_path, tag):
    location = {"420jpeg": 1, "420mpeg2": 0, "420paldv": 2}.get(tag)
    colour = Colour(is_full_range=True, chroma_location=location)
    info = clip_info(
        format=Y4M_FORMATS[tag],
        width=33,
        height=17,
        colour=colour,
        rate=Fraction(30000, 1001),
        time_base=Fraction(1001, 30000),
        sample_aspect_ratio=Fraction(16, 11),
    )
    data = written(info)

    with source_of(tmp_path, data) as source:
        found = list(source)

    assert f" C{tag} ".encode() in data
    assert source.info == info
    assert all(same_samples(a, b) for a, b in zip(found, frames_of(info, 2), strict=True))


@pytest.mark.parametrize(("letter", "order"), [("p", "progressive"), ("t", "top"), ("b", "bottom")])
def test_the_field_order_is_read(tmp_path, letter, order):
    data = f"YUV4MPEG2 W2 H2 F25:1 I{letter} Cmono\nFRAME\n".encode() + bytes(4)

    with source_of(tmp_path, data) as source:
        assert next(iter(source)).field_order == order


def test_mixed_streams_state_the_field_order_in_each_frame(tmp_path):
    data = b"YUV4MPEG2 W1 H1 F25:1 Im Cmono\nFRAME Itp\n\0FRAME I1p\n\0FRAME Ibi\n\0"

    with source_of(tmp_path, data) as source:
        assert [frame.field_order for frame in source] == ["top", "progressive", "bottom"]


def test_a_stream_without_tags_is_420_at_25_frames_a_second(tmp_path):
    with source_of(tmp_path, b"YUV4MPEG2 W2 H2\nFRAME\n" + bytes(6)) as source:
        assert source.info.rate == 25
        assert source.info.format == Y4M_FORMATS["420"]
        assert len(list(source)) == 1


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"", "is empty"),
        (b"RIFF....AVI \n", "no Y4M stream"),
        (b"YUV4MPEG2 H2 F25:1\n", "W0 is not between"),
        (b"YUV4MPEG2 W1000000000 H1000000000 F25:1\n", "W1000000000 is not between"),
        (b"YUV4MPEG2 W65536 H65536 F25:1\n", "bytes"),
        (b"YUV4MPEG2 W2 H2 C420p99\n", "'420p99' is unknown"),
        (b"YUV4MPEG2 Wx H2\n", "bad Y4M header"),
        (b"YUV4MPEG2 W2 H2 F1:x\n", "bad Y4M header"),
        (b"YUV4MPEG2 W2 H2 " + b"X" * 5000, "no Y4M stream"),
    ],
)
def test_a_header_that_cannot_be_true_is_refused(tmp_path, header, reason):
    with pytest.raises(SourceError, match=reason):
        source_of(tmp_path, header)


def test_a_cut_off_frame_is_named(tmp_path):
    data = written(clip_info(), count=3)

    with source_of(tmp_path, data[:-1]) as source, pytest.raises(SourceError, match="in frame 2"):
        list(source)


def test_garbage_between_frames_is_named(tmp_path):
    data = written(clip_info(), count=1) + b"garbage\n"

    with source_of(tmp_path, data) as source, pytest.raises(SourceError, match="frame 1 does not"):
        list(source)


def test_a_missing_file_is_named():
    with pytest.raises(SourceNotFoundError, match=r"nowhere\.y4m"):
        Y4MSource("nowhere.y4m")


def test_standard_input_is_read_as_it_comes():
    code = (
        "from vsfilter.sources.y4m_source import Y4MSource\n"
        "for frame in Y4MSource('-'): print(frame.pts, flush=True)\n"
    )
    data = written(clip_info(), count=2)
    half = len(data) - 10
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdin.write(data[:half])
        process.stdin.flush()
        first = process.stdout.readline()  # comes before the second frame is whole
        rest, _ = process.communicate(data[half:], timeout=30)

    assert (first, rest) == (b"0\n", b"1\n")
