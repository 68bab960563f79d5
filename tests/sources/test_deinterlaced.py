"""Interlaced clips become progressive, near the pictures that the camera saw."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from av.filter import Graph

from tests.clips import clip_info, same_samples
from tests.interlaced import Clip, encode, moving, psnr, weave, woven_clip, woven_film
from vsfilter.errors import SourceError
from vsfilter.frame import PixelFormat
from vsfilter.sources.deinterlaced import Deinterlaced
from vsfilter.sources.pyav_source import FileSource
from vsfilter.sources.y4m_source import Y4MSource

SETTINGS = [
    ("yuv420p", "top"),
    ("yuv420p", "bottom"),
    ("yuv422p10le", "top"),
    ("yuv411p", "bottom"),
]


def doubled(frame, order):
    """Repeat the lines of the first field: what bwdif has to beat."""
    first = 0 if order == "top" else 1
    return replace(
        frame, planes=tuple(np.repeat(p[first::2], 2, axis=0)[: len(p)] for p in frame.planes)
    )


@pytest.mark.parametrize(("pix_fmt", "order"), SETTINGS)
@pytest.mark.parametrize("mode", ["frame", "field"])
def test_the_result_is_near_what_the_camera_saw(pix_fmt, order, mode):
    pictures, clip = woven_clip(8, pix_fmt=pix_fmt, order=order)
    expected = pictures if mode == "field" else pictures[::2]

    found = list(Deinterlaced(clip, mode))

    assert len(found) == len(expected)
    quality = [psnr(a, b) for a, b in zip(found, expected, strict=True)]
    plain = [psnr(doubled(a, order), b) for a, b in zip(clip.frames, pictures[::2], strict=True)]
    assert np.mean(quality) > np.mean(plain) + 4
    assert min(quality) > min(plain)  # the first and the last one too
    assert all(frame.field_order == "progressive" for frame in found)
    assert all(frame.colour == clip.info.colour for frame in found)


def test_chroma_of_4_2_0_is_taken_from_its_own_field():
    """A still picture of the first field's time would blend the chroma of both."""
    pictures, clip = woven_clip(8)
    found = list(Deinterlaced(clip, "frame"))
    for frame, picture, woven in zip(found, pictures[::2], clip.frames, strict=True):
        for index in (1, 2):
            near = np.abs(frame.planes[index].astype(int) - picture.planes[index]).mean()
            apart = np.abs(woven.planes[index].astype(int) - picture.planes[index]).mean()
            assert near < 0.7 * apart


def test_fields_lie_half_way_between_frames_of_any_length():
    pts = [10, 11, 14, 15, 19]
    info = clip_info("gray", width=32, height=32)
    frames = weave([moving(info, number) for number in range(10)])
    found = Deinterlaced(Clip(frames, info, pts=pts), "field")
    assert (found.info.time_base, found.info.rate) == (info.time_base / 2, 2 * info.rate)
    times = [frame.pts for frame in found]
    assert times == [20, 21, 22, 25, 28, 29, 30, 34, 38, 39]


def test_times_and_durations_stay_where_two_fields_make_a_frame():
    pts = [10, 11, 14, 15, 19]
    info = clip_info("gray", width=32, height=32)
    clip = Clip(weave([moving(info, number) for number in range(10)]), info, pts=pts)
    found = list(Deinterlaced(clip, "frame"))
    assert [(f.pts, f.duration) for f in found] == [(f.pts, f.duration) for f in clip.frames]


@pytest.mark.parametrize("mode", ["frame", "field"])
@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_frames_come_through(mode, count):
    found = list(Deinterlaced(woven_clip(count)[1], mode))
    assert len(found) == count * (2 if mode == "field" else 1)


@pytest.mark.parametrize("number", [1, 2, 5, 9])
@pytest.mark.parametrize("mode", ["auto", "field"])
def test_reading_from_the_middle_gives_the_same_frames(mode, number):
    whole = list(Deinterlaced(woven_clip(6)[1], mode))
    found = list(Deinterlaced(woven_clip(6)[1], mode).frames_from(number))
    assert len(found) == len(whole[number:])
    assert all(same_samples(a, b) for a, b in zip(found, whole[number:], strict=True))
    assert [frame.pts for frame in found] == [frame.pts for frame in whole[number:]]


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p10le"])
@pytest.mark.parametrize("mode", ["frame", "field"])
def test_alpha_is_deinterlaced_like_the_picture(pix_fmt, mode):
    plain = woven_clip(6, pix_fmt=pix_fmt)[1]
    with_alpha = [replace(frame, alpha=frame.planes[0]) for frame in plain.frames]
    clip = Clip(with_alpha, replace(plain.info, has_alpha=True))
    found = list(Deinterlaced(clip, mode))
    assert len(found) == (12 if mode == "field" else 6)
    for frame in found:
        np.testing.assert_array_equal(frame.alpha, frame.planes[0])


@pytest.mark.parametrize(("mode", "each"), [("frame", 1), ("field", 2)])
def test_captions_stay_with_the_first_frame_that_is_made(mode, each):
    plain = woven_clip(3)[1]
    words = [b"\xfcab", b"\xfccd", b"\xfcef"]
    frames = [
        replace(frame, captions=word) for frame, word in zip(plain.frames, words, strict=True)
    ]
    found = [frame.captions for frame in Deinterlaced(Clip(frames, plain.info), mode)]
    assert found[::each] == words
    assert set(found) - set(words) == ({None} if each == 2 else set())


def test_frames_that_were_looked_at_are_not_decoded_again(tmp_path):
    source = FileSource(str(woven_film(tmp_path / "film.mp4")))
    with Deinterlaced(source, "field") as reader:
        assert len(list(reader.frames_from(10))) == 54
    assert source.decoded_count == 32


def auto(clip):
    """Deinterlace as the clip demands; give the frames, and how many of them were changed."""
    reader = Deinterlaced(clip, "auto")
    found = list(reader)
    changed = sum(not same_samples(a, b) for a, b in zip(found, clip.frames, strict=True))
    return reader.finding, changed


def test_a_progressive_clip_is_left_alone_and_not_spoken_of():
    info = clip_info(width=96, height=64)
    assert auto(Clip([moving(info, number) for number in range(12)], info)) == (None, 0)


def test_pictures_that_move_by_whole_lines_are_not_taken_for_fields():
    """Such motion, one line a frame, looks to idet like interlacing."""
    info = clip_info("gray", width=96, height=64)
    tall = np.random.default_rng(5).integers(0, 255, (100, 96), np.uint8)
    frames = [replace(moving(info, n), planes=(tall[n : n + 64].copy(),)) for n in range(20)]
    assert auto(Clip(frames, info)) == (None, 0)


@pytest.mark.parametrize("order", ["top", "bottom"])
def test_fields_that_the_stream_does_not_state_are_seen(order):
    finding, changed = auto(woven_clip(12, order=order, stated="progressive")[1])
    assert f"{order} field first (as the picture shows)" in finding
    assert changed == 12


def test_the_dither_of_a_gif_is_not_taken_for_fields(tmp_path):
    path = str(tmp_path / "in.gif")
    graph = Graph()
    drawn, dithered = graph.add("rgbtestsrc", "s=64x48"), graph.add("format", "rgb8")
    drawn.link_to(dithered)
    dithered.link_to(graph.add("buffersink"))
    graph.configure()
    with av.open(path, "w") as container:
        stream = container.add_stream("gif", rate=10, width=64, height=48, pix_fmt="rgb8")
        for number in range(12):
            frame = graph.vpull()
            frame.pts, frame.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with FileSource(path) as source:
        info, frames = source.info, list(source)
    opaque = [replace(frame, alpha=None) for frame in frames]

    assert auto(Clip(frames, info)) == (None, 0)
    assert auto(Clip(opaque, replace(info, has_alpha=False)))[1] > 0, "lines look like fields"


def test_a_wrong_field_order_is_seen():
    finding, changed = auto(woven_clip(12, order="bottom", stated="top")[1])
    assert "bottom field first (as the picture shows, though the stream says top)" in finding
    assert changed == 12


def test_whole_pictures_in_an_interlaced_stream_are_left_alone():
    info = clip_info(width=96, height=64)
    frames = [replace(moving(info, number), field_order="top") for number in range(12)]
    finding, changed = auto(Clip(frames, info))
    assert "both fields of a frame show the same time" in finding
    assert changed == 0


def test_an_interlaced_scene_among_whole_pictures_is_deinterlaced():
    info = clip_info(width=96, height=64)
    whole = [replace(moving(info, number), field_order="top") for number in range(210)]
    woven = weave([moving(info, number) for number in range(12)])
    assert auto(Clip(whole + woven, info))[1] == 6


def test_progressive_frames_among_interlaced_ones_are_left_alone():
    info = clip_info(width=96, height=64)
    woven = weave([moving(info, number) for number in range(16)])
    plain = [moving(info, number) for number in range(16, 24)]
    finding, changed = auto(Clip(woven + plain, info))
    assert "top field first (as the stream says)" in finding
    assert changed == 8


def test_the_flags_are_believed_where_nothing_moves():
    info = clip_info(width=96, height=64)
    frames = [replace(moving(info, 0), field_order="bottom") for _ in range(8)]
    finding, _ = auto(Clip(frames, info))
    assert "bottom field first (as the stream says)" in finding


def test_telecine_is_said_and_only_its_woven_frames_are_deinterlaced():
    info = clip_info(width=96, height=64)
    film = [moving(info, 3 * number) for number in range(24)]
    fields = [film[n] for n in range(24) for _ in range(3 if n % 2 else 2)]
    frames = weave(fields)
    woven = sum(a is not b for a, b in zip(fields[::2], fields[1::2], strict=True))
    finding, changed = auto(Clip(frames, info))
    assert "3:2 pulldown" in finding
    assert 0.8 * woven <= changed <= woven


@pytest.mark.parametrize("mode", ["frame", "field"])
def test_what_the_user_says_is_done_to_a_clip_that_shows_nothing(mode):
    info = clip_info(width=96, height=64)
    reader = Deinterlaced(Clip([moving(info, 0)] * 5, info), mode)
    assert "assumed: nothing tells" in reader.finding
    assert len(list(reader)) == 5 * reader.pictures_per_frame


def test_a_format_without_fields_is_refused_only_where_fields_are_wanted():
    info = replace(
        clip_info("gray", width=32, height=32), format=PixelFormat(family="gray", bits=10)
    )
    frames = weave([moving(info, number) for number in range(12)])
    with pytest.raises(SourceError, match="gray of 10 bits"):
        Deinterlaced(Clip(frames, info), "frame")
    assert auto(Clip(frames, info))[1] == 0


@pytest.mark.parametrize(
    ("name", "codec", "order", "options"),
    [
        ("tape.dv", "dvvideo", "bottom", {}),
        ("tape.avi", "dvvideo", "bottom", {}),
        ("dvb.ts", "mpeg2video", "top", {"flags": "+ildct+ilme", "b": "8M"}),
        ("camera.mp4", "libx264", "top", {"x264-params": "tff=1", "crf": "10"}),
        ("camera.mkv", "libx264", "bottom", {"x264-params": "bff=1", "crf": "10"}),
    ],
)
def test_the_formats_of_cameras_and_broadcasts_are_deinterlaced(
    tmp_path, name, codec, order, options
):
    info = clip_info(width=720, height=576, sample_aspect_ratio=Fraction(64, 45))
    pictures = [moving(info, number) for number in range(8)]
    clip = Clip(weave(pictures, order=order), info)
    path = encode(tmp_path / name, clip, codec, **options)

    with Deinterlaced(FileSource(str(path)), "field") as reader:
        found = list(reader)
        assert f"{order} field first" in reader.finding
        assert reader.info.sample_aspect_ratio == Fraction(64, 45)

    assert len(found) == 8
    assert min(psnr(a, b) for a, b in zip(found, pictures, strict=True)) > 28
    half = round(Fraction(1, 50) / reader.info.time_base)
    assert {b.pts - a.pts for a, b in pairwise(found)} == {half}


@pytest.mark.parametrize(("width", "height"), [(2, 8), (16, 3)])
def test_clips_too_small_for_bwdif_are_left_so(tmp_path, width, height):
    path = tmp_path / "small.y4m"
    frame = b"FRAME\n" + bytes(width * height * 3)
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F25:1 It C444\n".encode() + 3 * frame)
    with Deinterlaced(Y4MSource(str(path)), "auto") as clip:
        assert "bwdif takes no" in clip.finding
        assert len(list(clip)) == 3
