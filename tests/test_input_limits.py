"""Inputs of strangers: what they may name, and how much of them is read."""

import io
import resource
import struct
import zlib

import pytest
import vapoursynth as vs
from av.error import FFmpegError

from tests.clips import Clip, make_clip
from tests.file_server import serve
from vsfilter import source
from vsfilter.errors import OptionError, SourceError
from vsfilter.input_limits import InputLimits
from vsfilter.media.media_file import open_media
from vsfilter.readers.open_clip import open_clip
from vsfilter.sources.png_stream import PngStream
from vsfilter.sources.pyav_source import FileSource

ANY_NAME = InputLimits(allow_url=True)


def hls(name):
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\n{name}\n#EXT-X-ENDLIST\n"


def concat(name):
    return f"ffconcat version 1.0\nfile '{name}'\n"


def png(width, height):
    """Make a valid PNG of zeros, which takes a thousandth of its pixels' bytes."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = zlib.compress(bytes((width + 1) * height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.fixture
def film(tmp_path):
    return make_clip(tmp_path / "film.ts", Clip(count=12))


@pytest.mark.parametrize("wrap", [hls, concat])
@pytest.mark.parametrize("suffix", [".m3u8", ".mp4", ""])
def test_a_list_of_other_files_is_read_when_that_is_allowed_only(film, tmp_path, wrap, suffix):
    path = tmp_path / f"list{suffix}"
    path.write_text(wrap(film.name))

    with pytest.raises(SourceError, match=r"is a playlist.*--allow-url"):
        open_clip(str(path))
    if suffix != ".mp4" or wrap is concat:  # FFmpeg itself wants a list of HLS to be named so
        with pytest.raises(FFmpegError):  # whatever the first look at the file has told
            open_media(path)

    if suffix == ".m3u8" or wrap is concat:
        with open_clip(str(path), ANY_NAME) as clip:
            assert len(list(clip)) == 12


def test_no_host_is_asked_unless_that_is_allowed(film, tmp_path):
    with serve(film.read_bytes()) as site:
        path = tmp_path / "list.m3u8"
        path.write_text(hls(site.url))
        for name in (site.url, f"concat:{site.url}", str(path)):
            with pytest.raises(SourceError, match="--allow-url"):
                open_clip(name)
        with pytest.raises(FFmpegError):
            open_media(path)
        with pytest.raises(FileNotFoundError):  # a URL is the name of a file here
            open_media(site.url)
        assert site.requests == []
        with open_clip(site.url, ANY_NAME) as clip:
            assert len(list(clip)) == 12


@pytest.mark.parametrize("name", ["subfile,,start,0,end,9,,:a.mp4", "data:,x", "rtsp://a/b"])
def test_other_protocols_are_refused_in_one_line(name):
    with pytest.raises(SourceError, match="is no file, and URLs are read with --allow-url only"):
        open_clip(name)


def test_a_file_whose_name_looks_like_a_url_is_that_file(tmp_path, monkeypatch):
    make_clip(tmp_path / "data:film.mkv", Clip(count=3))
    monkeypatch.chdir(tmp_path)
    with open_clip("data:film.mkv") as clip:
        assert len(list(clip)) == 3


def test_large_pictures_are_refused_before_they_take_memory(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(png(15000, 12000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(SourceError, match="more than 140000000 pixels"):
        FileSource(str(path))
    with pytest.raises(SourceError, match="15000x12000 px, which is more than"):
        PngStream(io.BytesIO(path.read_bytes()))

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_a_stream_with_larger_pictures_than_its_container_says_is_refused(tmp_path):
    small = make_clip(tmp_path / "small.mp4", Clip(count=3, width=16, height=16))
    large = make_clip(tmp_path / "large.mp4", Clip(count=3, width=640, height=480))
    limits = InputLimits(max_pixels=1000)

    with FileSource(str(small), limits=limits) as clip:
        assert len(list(clip)) == 3
    with pytest.raises(SourceError, match="640x480 px, which is more than 1000 pixels"):
        FileSource(str(large), limits=limits)
    lying = large.read_bytes().replace(struct.pack(">HH", 640, 480), struct.pack(">HH", 16, 16))
    large.write_bytes(lying)
    with pytest.raises(SourceError, match="more than 1000 pixels"):
        FileSource(str(large), limits=limits)


def test_more_frames_than_allowed_are_refused(film, tmp_path):
    two = InputLimits(max_frames=11)
    stated = make_clip(tmp_path / "stated.mp4", Clip(count=20))
    with pytest.raises(SourceError, match="more than 11 frames"):
        open_clip(str(stated), two)
    with (
        open_clip(str(film), two) as clip,
        pytest.raises(SourceError, match="more than 11 frames"),
    ):
        list(clip)
    with open_clip(str(film), InputLimits(max_frames=12)) as clip:
        assert len(list(clip)) == 12


def test_the_vapoursynth_source_keeps_to_the_same_limits(film, tmp_path):
    (tmp_path / "list.ffconcat").write_text(concat(film.name))
    for arguments, word in (
        ({"path": film, "max_frames": 11}, "more than 11 frames"),
        ({"path": film, "max_pixels": 99}, "more than 99 pixels"),
        ({"path": tmp_path / "list.ffconcat"}, "is a playlist"),
        ({"path": "http://127.0.0.1:9/a.mp4"}, "URLs are read with"),
    ):
        with pytest.raises(vs.Error, match=word):
            source(**arguments)
    assert source(film, max_frames=12).num_frames == 12
    with pytest.raises(vs.Error, match="more than 11 frames"):  # its index is known now
        source(film, max_frames=11)


@pytest.mark.parametrize("limits", [{"max_pixels": 0}, {"max_frames": -1}])
def test_limits_that_nothing_keeps_to_are_refused(limits):
    with pytest.raises(OptionError, match="give a whole number from 1"):
        InputLimits(**limits)
