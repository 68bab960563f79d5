"""Numbered images: what is in the files, and that a name is given to whole ones only."""

from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.clips import Clip, clip_info, frames_of, make_clip
from vsfilter.errors import OptionError, SinkError, SinkExistsError
from vsfilter.frame import Colour
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.image_sink import ImageSink
from vsfilter.sinks.image_streams import image_streams
from vsfilter.sinks.segments.segment_store import Work
from vsfilter.transcode.target import check_target

COUNT = 5
SETTINGS = EncoderSettings(threads=1)
AGAIN = Work(segment_frames=2, fingerprint={"clip": "1"}, may_resume=True)
RGB = Colour(matrix=0, is_full_range=True, primaries=9, transfer=16)


class PowerCutError(BaseException):
    """Ends the work at once."""


def info_of(pix_fmt, **changes):
    return clip_info(pix_fmt, **{"colour": RGB, **changes})


def write(target, info, count=COUNT, *, settings=SETTINGS, **options):
    frames = frames_of(info, count)
    with ImageSink(str(target), info, settings, **options) as sink:
        for frame in frames[sink.frame_count :]:
            sink.write(frame)
    return frames


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("suffix", ["png", "tif", "tiff"])
@pytest.mark.parametrize("pix_fmt", ["gbrp", "gbrp16le", "gray", "gray16le"])
def test_every_sample_of_an_image_is_the_one_that_was_given(tmp_path, suffix, pix_fmt):
    info = info_of(pix_fmt)

    frames = write(tmp_path / f"a%d.{suffix}", info)

    for number, frame in enumerate(frames):
        image = cv2.imread(str(tmp_path / f"a{number}.{suffix}"), cv2.IMREAD_UNCHANGED)
        assert image.dtype == frame.planes[0].dtype
        planes = [image] if image.ndim == 2 else [image[..., index] for index in (2, 1, 0)]
        for ours, given in zip(planes, frame.planes, strict=True):
            np.testing.assert_array_equal(ours, given)


def test_a_png_states_its_colour(tmp_path):
    write(tmp_path / "%d.png", info_of("gbrp16le"), 1)

    with av.open(str(tmp_path / "0.png")) as container:
        frame = next(container.decode(video=0))

    assert (frame.color_primaries, frame.color_trc, frame.color_range) == (9, 16, 2)


def test_images_are_numbered_from_0_and_their_times_lie_beside_them(tmp_path):
    info = info_of("gbrp")
    frames = [replace(f, pts=f.pts**2) for f in frames_of(info, 3)]

    with ImageSink(str(tmp_path / "shot" / "a_%03d.png"), info, SETTINGS) as sink:
        for frame in frames:
            sink.write(frame)

    folder = tmp_path / "shot"
    assert names(folder) == ["a_000.png", "a_001.png", "a_002.png", "a_timecodes.txt"]
    assert (folder / "a_timecodes.txt").read_text().splitlines() == [
        "# timestamp format v2",
        "0.000000",
        "41.666667",
        "166.666667",
    ]


def test_no_image_has_its_name_before_all_are_made(tmp_path):
    folder = tmp_path / "shot"
    info = info_of("gbrp")
    with ImageSink(str(folder / "%d.png"), info, SETTINGS, work=AGAIN) as sink:
        for frame in frames_of(info, COUNT):
            sink.write(frame)
            assert names(folder) == ["%d.png.part"]


def stop_after(count, target, info):
    with ImageSink(str(target), info, SETTINGS, work=AGAIN) as sink:
        for frame in frames_of(info, COUNT)[:count]:
            sink.write(frame)
        raise PowerCutError


def test_a_failure_before_the_first_segment_leaves_nothing(tmp_path):
    with pytest.raises(PowerCutError):
        stop_after(1, tmp_path / "shot" / "%d.png", info_of("gbrp"))

    assert names(tmp_path) == []


def stop_while_making(target, info, monkeypatch):
    with pytest.raises(PowerCutError):
        stop_after(3, target, info)


def stop_while_naming(target, info, monkeypatch):
    rename = Path.replace

    def cut_power(path, new):
        if new.name == "3.png":
            raise PowerCutError
        return rename(path, new)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", cut_power)
        with pytest.raises(PowerCutError):
            write(target, info, work=AGAIN)


@pytest.mark.parametrize(("stop", "kept"), [(stop_while_making, 2), (stop_while_naming, COUNT)])
def test_a_stopped_run_goes_on_and_its_images_equal_a_straight_run_s(
    tmp_path, monkeypatch, stop, kept
):
    info = info_of("gbrp16le")
    target = tmp_path / "shot" / "%d.png"
    stop(target, info, monkeypatch)
    begun = [path for path in target.parent.iterdir() if path.suffix == ".png"]

    with ImageSink(str(target), info, SETTINGS, work=AGAIN) as sink:
        assert sink.frame_count == kept
        for frame in frames_of(info, COUNT)[kept:]:
            sink.write(frame)
    write(tmp_path / "straight" / "%d.png", info)

    assert len(begun) == (3 if stop is stop_while_naming else 0)
    assert names(target.parent) == names(tmp_path / "straight")
    for path in target.parent.iterdir():
        assert path.read_bytes() == (tmp_path / "straight" / path.name).read_bytes()


def test_existing_images_are_replaced_on_request_only_and_none_of_them_is_left(tmp_path):
    target = tmp_path / "%d.png"
    write(target, info_of("gbrp"), 4)
    (tmp_path / "00.png").write_text("another name")
    before = (tmp_path / "0.png").read_bytes()

    with pytest.raises(SinkExistsError, match="--overwrite"):
        write(target, info_of("gbrp"), 2)
    assert (tmp_path / "0.png").read_bytes() == before

    write(target, info_of("gray"), 2, work=Work(overwrite=True))
    assert names(tmp_path) == ["0.png", "00.png", "1.png", "timecodes.txt"]
    assert (tmp_path / "0.png").read_bytes() != before


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("out.png", r"no place for a number: give '.*out-%05d\.png'"),
        ("no/such/%d.png", "does not exist: make it first"),
        ("file/%d.png", "is a file: images need a folder"),
    ],
)
def test_a_place_where_images_cannot_go_is_named(tmp_path, target, words):
    (tmp_path / "file").touch()

    with pytest.raises(SinkError, match=words):
        write(tmp_path / target, info_of("gbrp"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (EncoderSettings(codec="x264"), r"makes no \.png images"),
        (EncoderSettings(crf=18), "has no crf"),
        (EncoderSettings(pix_fmt="yuv420p"), "takes no pix_fmt 'yuv420p'"),
    ],
)
def test_options_of_videos_are_refused(tmp_path, settings, words):
    with pytest.raises(OptionError, match=words):
        write(tmp_path / "%d.png", info_of("gbrp"), settings=settings)
    assert names(tmp_path) == []


def test_a_frame_of_another_format_is_refused(tmp_path):
    with (
        pytest.raises(SinkError, match="does not fit"),
        ImageSink(str(tmp_path / "%d.png"), info_of("gbrp"), SETTINGS) as sink,
    ):
        sink.write(frames_of(info_of("gray"), 1)[0])


def test_what_images_cannot_hold_is_said(tmp_path, caplog):
    film = make_clip(tmp_path / "film.mkv", Clip(count=2, audio_s=0.5))

    streams = image_streams(film)

    assert (streams.counts, streams.dropped) == ({"video": 1}, ("1 (audio aac)",))
    assert "the output cannot hold these streams: 1 (audio aac)" in caplog.text


def test_the_one_image_that_is_the_input_is_not_replaced(tmp_path):
    source = tmp_path / "00001.png"
    source.write_bytes(b"an image")
    with pytest.raises(SinkError, match="would be among those of input"):
        check_target(str(source), str(tmp_path / "%05d.png"), overwrite=True)
    check_target(str(source), str(tmp_path / "new" / "%05d.png"), overwrite=True)
