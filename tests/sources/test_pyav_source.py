from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.filter import Graph

from tests.clips import Clip, make_clip, picture, same_samples
from vsfilter.errors import SourceError
from vsfilter.frame import Colour
from vsfilter.sources.decoded_frame import to_frame
from vsfilter.sources.indexed_file import IndexedFile
from vsfilter.sources.pyav_source import FileSource


def times(path):
    with FileSource(str(path)) as source:
        return [frame.pts * source.info.time_base for frame in source]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts", "clip.avi", "clip.mov"])
def test_every_frame_comes_out_once_with_its_time(tmp_path, name):
    path = make_clip(tmp_path / name, Clip(count=31, options={"bf": "3"}))

    found = times(path)

    expected = [Fraction(number, 24) for number in range(31)]
    start = found[0] - expected[0]
    assert len(found) == 31
    assert all(
        abs(a - start - b) <= Fraction(1, 1000) for a, b in zip(found, expected, strict=True)
    )


def test_a_variable_rate_stays_variable(tmp_path):
    pts = [0, 40, 100, 133, 200, 900, 941]
    clip = Clip(count=7, pts=pts, time_base=Fraction(1, 1000), options={"bf": "2"})

    assert times(make_clip(tmp_path / "vfr.mkv", clip)) == [Fraction(time, 1000) for time in pts]


def test_a_picture_that_is_repeated_ends_nothing():
    path = Path(__file__).parent.parent / "golden" / "repeats.ogv"
    with av.open(str(path)) as container:
        shown = [packet.pts for packet in container.demux(video=0) if packet.size]
    assert shown == [0, 5, 10, 12, 24, 35, 36], "beside empty packets, which Theora repeats by"

    assert times(path) == [Fraction(pts, 25) for pts in shown]
    with IndexedFile(str(path)) as file:
        assert file.info.frame_count == len(shown)


def test_a_tick_that_stands_for_an_unknown_duration_is_not_believed(tmp_path):
    path = str(tmp_path / "in.mkv")
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=1000, width=64, height=48)
        for number in range(12):
            made = picture(number, 64, 48)
            made.pts, made.time_base = 33 * number, Fraction(1, 1000)
            container.mux(stream.encode(made))
        container.mux(stream.encode(None))
    with av.open(path) as container:
        assert {frame.duration for frame in container.decode(video=0)} == {1}
    with FileSource(path) as source:
        assert {frame.duration for frame in source} == {None}


@pytest.mark.parametrize(
    "pix_fmt",
    ["yuv420p", "yuv422p10le", "yuv444p12le", "yuv410p", "yuv411p", "yuv440p", "gray", "gray16le"],
)
def test_samples_are_those_that_were_encoded(tmp_path, pix_fmt):
    clip = Clip(count=3, width=37, height=23, codec="rawvideo", pix_fmt=pix_fmt)

    with FileSource(str(make_clip(tmp_path / "clip.nut", clip))) as source:
        found = list(source)

    for number, frame in enumerate(found):
        made = picture(number, 37, 23, pix_fmt)
        given = to_frame(made, pts=0, duration=None, field_order="progressive")
        assert same_samples(frame, given)


def test_rgb_planes_come_in_the_order_red_green_blue(tmp_path):
    path = tmp_path / "rgb.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24, width=8, height=8, pix_fmt="bgr0")
        red = np.zeros((8, 8, 3), np.uint8)
        red[..., 0] = 200
        red[..., 2] = 7
        frame = av.VideoFrame.from_ndarray(red, "rgb24").reformat(format="bgr0")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    with FileSource(str(path)) as source:
        frame = next(iter(source))

    assert source.info.format.family == "rgb"
    assert [int(plane[0, 0]) for plane in frame.planes] == [200, 0, 7]


def test_colour_and_aspect_are_read(tmp_path):
    colour = Colour(matrix=9, is_full_range=False, primaries=9, transfer=16)
    clip = Clip(count=2, colour=colour, sample_aspect_ratio=Fraction(16, 11), pix_fmt="yuv420p10le")

    with FileSource(str(make_clip(tmp_path / "clip.mkv", clip))) as source:
        info = source.info

    assert (info.colour.matrix, info.colour.primaries, info.colour.transfer) == (9, 9, 16)
    assert info.colour.is_full_range is False
    assert info.sample_aspect_ratio == Fraction(16, 11)
    assert info.format.bits == 10


def test_a_jpeg_format_means_full_range(tmp_path):
    clip = Clip(count=2, codec="mjpeg", pix_fmt="yuvj420p", time_base=Fraction(1, 24))

    with FileSource(str(make_clip(tmp_path / "clip.avi", clip))) as source:
        assert source.info.colour.is_full_range is True


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_rotation_is_counted_counter_clockwise(tmp_path, degrees):
    clip = Clip(count=2, rotation=(degrees, False))

    with FileSource(str(make_clip(tmp_path / "clip.mp4", clip))) as source:
        assert (source.info.rotation, source.info.is_flipped) == (degrees, False)


def test_a_mirror_comes_before_the_rotation(tmp_path):
    clip = Clip(count=2, rotation=(90, True))  # PyAV mirrors after it

    with FileSource(str(make_clip(tmp_path / "clip.mp4", clip))) as source:
        assert (source.info.rotation, source.info.is_flipped) == (270, True)


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
@pytest.mark.parametrize(("mode", "order"), [("tff", "top"), ("bff", "bottom")])
def test_the_first_field_is_known(tmp_path, mode, order, suffix):
    path = tmp_path / f"clip.{suffix}"
    with av.open(str(path), "w") as container:
        options = {"flags": "+ildct+ilme"}
        stream = container.add_stream("mpeg2video", rate=25, width=64, height=64, options=options)
        graph = Graph()
        entry = graph.add_buffer(width=64, height=64, format="yuv420p", time_base=Fraction(1, 25))
        graph.link_nodes(entry, graph.add("setfield", mode), graph.add("buffersink")).configure()
        for number in range(4):
            made = picture(number, 64, 64)
            made.pts, made.time_base = number, Fraction(1, 25)
            graph.push(made)
            container.mux(stream.encode(graph.pull()))
        container.mux(stream.encode(None))

    with FileSource(str(path)) as source:
        list(source.frames_from(3))
        assert {frame.field_order for frame in source.frames_from(0)} == {order}  # opened anew


def test_cover_art_is_no_video(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=25, width=32, height=32, pix_fmt="yuvj420p")
        cover.disposition = 1024
        container.mux(cover.encode(picture(0, 32, 32, "yuvj420p")))
        container.mux(cover.encode(None))

    with pytest.raises(SourceError, match="no video track"):
        FileSource(str(path))


def test_a_track_is_chosen_by_number(tmp_path):
    path = make_clip(tmp_path / "clip.mkv", Clip(count=2))

    with pytest.raises(SourceError, match="no video track 1"):
        FileSource(str(path), track=1)


def test_a_frame_outlives_its_source(tmp_path):
    path = make_clip(tmp_path / "clip.mkv", Clip(count=4))
    with FileSource(str(path)) as source:
        frames = list(source)
    with FileSource(str(path)) as source:
        again = list(source)

    assert all(same_samples(a, b) for a, b in zip(frames, again, strict=True))


@pytest.mark.parametrize(("codec", "count"), [("libvpx", 60), ("mpeg4", 59)])
def test_packets_that_give_no_picture_are_not_counted(tmp_path, codec, count):
    plain, path = tmp_path / "plain.mkv", tmp_path / "hidden.mkv"
    with av.open(str(plain), "w") as new:
        stream = new.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 256, 192, "yuv420p", 5
        for number in range(60):
            luma = np.full((288, 256), 4 * number, np.uint8)
            luma[:40, number : number + 20] = 255
            new.mux(stream.encode(av.VideoFrame.from_ndarray(luma, format="yuv420p")))
        new.mux(stream.encode())
    with av.open(str(plain)) as old, av.open(str(path), "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0], opaque=True)
        for packet in old.demux():
            if not packet.size:
                continue
            packet.stream = copy
            content, pts = bytes(packet), packet.pts
            if pts != 160 or codec == "libvpx":
                new.mux(packet)
            if pts == 160:
                new.mux(without_picture(content, pts, copy))
    with FileSource(str(path)) as source:
        times = [frame.pts for frame in source]
    assert len(times) == count
    for number in (7, 30, 41):
        with FileSource(str(path)) as source:
            assert next(source.frames_from(number)).pts == times[number]


def without_picture(content, pts, stream):
    """Make a packet that a decoder takes in and gives no picture for.

    Of VP8 what encoders of two passes add, a tick later; of MPEG-4 Part 2 a P-VOP that is not
    coded, in place of the one at 160 ms (the fourth of 25 ticks).
    """
    if stream.codec_context.name == "vp8":
        packet, pts = av.Packet(bytes([content[0] & ~0x10]) + content[1:]), pts + 1
    else:
        packet = av.Packet(b"\x00\x00\x01\xb6" + bytes([0b01_0_1_0010, 0b0_1_0_0_1111]))
    packet.pts = packet.dts = pts
    packet.time_base, packet.stream = Fraction(1, 1000), stream
    return packet
