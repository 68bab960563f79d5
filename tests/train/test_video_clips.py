"""Reading video files: interlaced ones, and the same pixels with PyAV and without."""

import logging
import re
import struct
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from tests.interlaced import encode, woven_clip
from tests.train.conftest import make_frames
from vsfilter.errors import SourceError
from vsfilter.evaluation.evaluated_clips import to_pixels
from vsfilter.rgb_converter import FrameToRgb
from vsfilter.sources.deinterlaced import Deinterlaced
from vsfilter.sources.pyav_source import FileSource
from vsfilter_train.clip_index import apply_index, divide, write_index
from vsfilter_train.clip_scan import scan
from vsfilter_train.clips import find_clips, open_clip
from vsfilter_train.data_commands import app
from vsfilter_train.opencv_video import OpenCvVideo
from vsfilter_train.paired_clip import PairedClip
from vsfilter_train.pyav_video import PyavVideo

H264 = {"crf": "12", "bf": "0"}


@pytest.fixture
def without_av(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    """40 interlaced frames of H.264 in 4:2:0, as a camera writes them."""
    path = tmp_path_factory.mktemp("tapes") / "tape.mkv"
    options = {"x264-params": "tff=1:keyint=8", "crf": "10"}
    return encode(path, woven_clip(40)[1], "libx264", **options)


def error(a, b):
    """Give the mean absolute error of the luma of pictures (..., 3), in grey levels."""
    return np.abs((a.astype(int) - b) @ (0.299, 0.587, 0.114)).mean()


def damage(path, *, packet):
    """Overwrite one packet of a film, as a disk with a bad sector does."""
    with av.open(str(path)) as container:
        found = [each for each in container.demux(video=0) if each.size][packet]
    content = bytearray(path.read_bytes())
    content[found.pos : found.pos + found.size] = np.random.default_rng(0).bytes(found.size)
    path.write_bytes(content)


def write_video(path, frames, pix_fmt="bgr0", codec="ffv1", *, options=None, **tags):
    """Write RGB frames (t, h, w, 3) with tags of the encoder's context."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(25), options=options or {})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = pix_fmt
        for name, code in tags.items():
            setattr(stream.codec_context, name, code)
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            aims = {f"dst_{name}": code for name, code in tags.items()}
            container.mux(stream.encode(picture.reformat(format=pix_fmt, **aims)))
        container.mux(stream.encode(None))
    return path


def test_an_interlaced_clip_is_read_as_the_product_deinterlaces_it(tape):
    frames = list(open_clip(tape).frames())
    with Deinterlaced(FileSource(str(tape)), "auto") as product:
        to_rgb = FrameToRgb(product.info)
        expected = [to_pixels(to_rgb.convert(frame)).astype(int) for frame in product]
    assert len(frames) == len(expected) == 40
    with FileSource(str(tape)) as source:
        woven = [to_pixels(to_rgb.convert(frame)).astype(int) for frame in source]
    for made, product, left in zip(frames, expected, woven, strict=True):
        # zimg, the product's converter, makes other chroma between samples than swscale
        assert error(made, product) < 2
        assert error(made, left) > 6


def test_a_part_of_an_interlaced_clip_is_that_of_the_whole(tape, monkeypatch):
    clip = open_clip(tape)
    whole = clip.read()
    np.testing.assert_array_equal(clip.read(5, 3), whole[5:8])
    monkeypatch.setattr("vsfilter_train.pyav_reader.MOST_SKIPPED", 10)  # now it seeks
    np.testing.assert_array_equal(clip.read(30, 20), whole[30:])
    assert clip.size().frames == 40


def test_a_scan_sees_every_frame_of_an_interlaced_clip(tape):
    (found,) = scan([open_clip(tape)])
    assert (found.frames, found.damage) == (40, "")
    assert not found.scenes[0].is_static


def test_interlaced_frames_that_are_not_marked_are_seen(tmp_path, caplog):
    fields = make_frames(count=70, height=96, width=96)[::3]  # 6 px from one to the next
    woven = fields[::2].copy()
    woven[:, 1::2] = fields[1::2, 1::2]
    path = write_video(tmp_path / "captured.mkv", woven)
    caplog.set_level(logging.INFO)
    made = open_clip(path).read()
    assert "'captured.mkv': interlaced, top field first (as the picture shows)" in caplog.text
    assert error(made, fields[::2]) < 0.7 * error(woven, fields[::2])
    with pytest.raises(SourceError, match=r"captured\.mkv' looks interlaced: install PyAV"):
        OpenCvVideo(path).read()


def test_interlaced_clips_are_refused_in_one_line_without_pyav(tape, without_av):
    with pytest.raises(SourceError, match="interlaced") as caught:
        open_clip(tape).read()
    assert "install PyAV" in str(caught.value)
    assert "\n" not in str(caught.value)
    (found,) = scan([open_clip(tape)])
    assert "install PyAV" in found.damage


@pytest.mark.parametrize(
    ("pix_fmt", "codec", "matrix", "colour_range"),
    [
        ("yuv420p", "libx264", 1, 1),
        ("yuv420p", "libx264", 1, 2),
        ("yuv420p", "libx264", 6, 1),
        ("yuv420p", "libx264", 6, 2),
        ("yuv422p", "libx264", 1, 1),
        ("yuv444p10le", "ffv1", 1, 1),
    ],
)
def test_both_ways_to_read_a_video_give_the_same_pixels(
    tmp_path, pix_fmt, codec, matrix, colour_range
):
    tags = {"colorspace": matrix, "color_range": colour_range}
    options = {"crf": "12"} if codec == "libx264" else {}
    frames = make_frames(count=4)
    path = write_video(tmp_path / "clip.mkv", frames, pix_fmt, codec, options=options, **tags)
    read = PyavVideo(path).read()
    np.testing.assert_array_equal(read, OpenCvVideo(path).read())
    assert (
        np.median(np.abs(read - frames.astype(int))) <= 3
    )  # the other matrix or range: 6 and more
    assert PyavVideo(path).size() == OpenCvVideo(path).size()


def test_a_video_stands_upright_with_pyav_and_without(tmp_path):
    path = tmp_path / "phone.mp4"
    frames = make_frames(count=3)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv444p"
        stream.set_display_rotation(90)
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    assert PyavVideo(path).read().shape == (3, 88, 72, 3)
    np.testing.assert_array_equal(PyavVideo(path).read(), OpenCvVideo(path).read())
    assert PyavVideo(path).size() == OpenCvVideo(path).size()


def test_a_file_of_neither_kind_is_refused_by_both(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video" * 100)
    for video in (PyavVideo(tmp_path / "a.mp4"), OpenCvVideo(tmp_path / "a.mp4")):
        for ask in (video.size, video.read, lambda video=video: next(video.frames())):
            with pytest.raises(SourceError, match=r"a\.mp4' cannot be read"):
                ask()


def write_film(path, *, seed=0):
    """Write 40 frames of H.264 without pictures that lie in another order than they are shown."""
    frames = make_frames(count=40, height=96, width=128, seed=seed)
    return write_video(path, frames, "yuv420p", "libx264", options=H264)


@pytest.fixture(scope="module")
def long_film(tmp_path_factory):
    """700 frames, damaged at the 26th and the 351st; with what was in it."""
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    frames = make_frames(count=700, height=48, width=64)
    write_video(path, frames, "yuv420p", "libx264", options=H264 | {"g": "25"})
    whole = open_clip(path).read()
    for packet in (25, 350):
        damage(path, packet=packet)
    return path, whole


@pytest.fixture
def films(tmp_path):
    """A folder with a whole film of 40 frames, one that is damaged in the middle, and one cut."""
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("a_whole.mkv", "b_damaged.mp4", "c_cut.mkv"):
        write_film(folder / name)
    damage(folder / "b_damaged.mp4", packet=25)
    content = (folder / "c_cut.mkv").read_bytes()
    (folder / "c_cut.mkv").write_bytes(content[: int(0.6 * len(content))])
    return folder


def test_a_scan_names_the_frame_from_which_a_video_is_damaged(films):
    whole, damaged, cut = scan(find_clips(films))
    assert (whole.frames, whole.damage) == (40, "")
    assert damaged.frames == 25
    assert re.search(rf"is damaged \(.+\), at frame {damaged.frames}$", damaged.damage)
    assert [(scene.start, scene.count) for scene in damaged.scenes] == [(0, damaged.frames)]
    assert 10 < cut.frames < 35
    assert f"c_cut.mkv' is cut off at frame {cut.frames}: its video ends after" in cut.damage


def test_a_scan_goes_on_after_damage(long_film):
    path, whole = long_film
    (found,) = scan([clip := open_clip(path)])
    assert found.damage.count("is damaged") == 2
    assert found.damage.endswith("at frame 350")
    scenes = [(scene.start, scene.count) for scene in found.scenes]
    assert scenes == [(0, 25), (302, 48), (600, 100)]
    for scene in divide(clip, found):
        np.testing.assert_array_equal(scene.read(), whole[scene.start : scene.start + scene.count])


def test_scenes_after_damage_are_split_too(long_film, tmp_path):
    path, whole = long_film
    assert CliRunner().invoke(app, ["split", str(path), str(tmp_path)]).exit_code == 0
    assert [clip.size().frames for clip in find_clips(tmp_path)] == [25, 48, 100]
    np.testing.assert_array_equal(find_clips(tmp_path)[2].read(), whole[600:])


def test_of_a_damaged_video_its_good_part_is_used(films, caplog):
    whole, damaged, cut = find_clips(films)
    expected = whole.read()
    for clip in (damaged, cut):
        good = clip.read()
        assert 10 < len(good) < 40
        np.testing.assert_array_equal(good, expected[: len(good)])
        assert re.search(rf"frame {len(good)}\b.*: only what comes before is used", caplog.text)
    with pytest.raises(SourceError, match="is damaged"):
        damaged.read(20, 20)


def test_an_index_keeps_the_good_part_of_a_damaged_video_for_trainings(films, caplog):
    write_film(films / "b_damaged.mp4", seed=5)  # another film: what comes again is left out
    damage(films / "b_damaged.mp4", packet=25)
    clips = find_clips(films)
    write_index(films, list(scan(clips)))
    pairs = apply_index(films, [PairedClip(high=clip) for clip in clips])
    used = {pair.name: pair.high for pair in pairs}
    assert {"a_whole.mkv", "b_damaged.mp4"} <= used.keys()
    assert "used in part: input" in caplog.text
    scene = used["b_damaged.mp4"]
    assert len(scene.read()) == scene.count < 40


def test_check_lists_damaged_videos_and_extract_leaves_them_out(films, tmp_path):
    done = CliRunner().invoke(app, ["check", str(films)])
    assert done.exit_code == 1
    assert "2 of 3 clips are damaged" in done.stderr
    done = CliRunner().invoke(app, ["extract", str(films), str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "b_damaged.mp4 left out: input" in done.stderr
    assert [folder.name for folder in (tmp_path / "out").iterdir()] == ["a_whole"]


def test_a_recording_that_begins_in_the_middle_is_not_damaged(tmp_path):
    path = write_video(tmp_path / "all.ts", make_frames(count=40), "yuv420p", "mpeg2video")
    content = path.read_bytes()
    begin = len(content) // 188 // 3 * 188  # whole packets
    (tmp_path / "rest.ts").write_bytes(content[begin:])
    (found,) = scan([open_clip(tmp_path / "rest.ts")])
    assert found.damage == ""
    assert 10 < found.frames < 40


@pytest.mark.parametrize("kind", [OpenCvVideo, PyavVideo])
def test_a_video_that_is_a_list_of_others_or_huge_is_refused(kind, tmp_path):
    film = write_video(tmp_path / "film.avi", make_frames())
    (tmp_path / "list.mp4").write_text(f"ffconcat version 1.0\nfile '{film}'\n")
    data = film.read_bytes()
    at = data.index(b"strf") + 12  # BITMAPINFOHEADER: width and height
    lying = data[:at] + struct.pack("<ii", 15_000, 10_000) + data[at + 8 :]
    (tmp_path / "large.avi").write_bytes(lying)
    large = "140000000 pixels|its header is damaged"  # as FFmpeg itself says of such a size
    for name, reason in (("list.mp4", "playlist"), ("large.avi", large)):
        for read in (kind(tmp_path / name).size, kind(tmp_path / name).read):
            with pytest.raises(SourceError, match=reason):
                read()


def numbered(number):
    """Draw a number of ten bits as bright and dark bars, in 4:2:0."""
    planes = np.full((72, 64), 16, np.uint8)
    planes[48:] = 128
    for bit in range(10):
        planes[:48, 6 * bit : 6 * bit + 6] += np.uint8(200 * (number >> bit & 1))
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_frames_far_in_a_file_of_variable_rate_are_found_by_number(tmp_path, suffix):
    path = tmp_path / f"clip.{suffix}"
    with av.open(str(path), "w") as container:
        options = {"bf": "2", "g": "60", "crf": "20"}
        stream = container.add_stream("libx264", rate=50, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for number in range(600):  # ten frames a second, then fifty
            picture = numbered(number)
            picture.pts = 100 * min(number, 300) + 20 * max(0, number - 300)
            picture.time_base = Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    for number in (302, 400, 590):
        pixels = PyavVideo(path).read(number, 1)[0]
        bits = [int(pixels[20, 6 * bit + 3, 0] > 128) << bit for bit in range(10)]
        assert sum(bits) == number
