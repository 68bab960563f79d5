import gc
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import av
import pytest
from av.video.codeccontext import VideoCodecContext

from tests.clips import clip_info, frames_of, same_samples
from vsfilter.errors import OptionError, SinkError, SinkExistsError
from vsfilter.frame import Colour
from vsfilter.pixel_formats import PLANAR
from vsfilter.sinks.encoding.encoder import EncoderSettings, choose_encoder
from vsfilter.sinks.encoding.encoder_clock import EncoderClock
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sinks.segments.segment_store import Work
from vsfilter.sources.pyav_source import FileSource

FAST = EncoderSettings(codec="x264", preset="ultrafast", threads=1)
LOSSLESS = EncoderSettings(codec="ffv1", threads=1)


def write(path, info, frames, settings=FAST, **options):
    with FileSink(path, info, settings, **options) as sink:
        for frame in frames:
            sink.write(frame)
    return path


def read(path):
    with FileSource(str(path)) as source:
        return source.info, list(source)


@pytest.mark.parametrize(
    "pix_fmt",
    ["yuv420p", "yuv422p10le", "yuv444p16le", "gray", "gray12le", "gbrp", "gbrp10le", "gbrp16le"],
)
def test_a_lossless_encoder_gives_the_samples_back(tmp_path, pix_fmt):
    info = clip_info(pix_fmt, width=37, height=23)
    frames = frames_of(info, 4)

    found = read(write(tmp_path / "out.mkv", info, frames, LOSSLESS))[1]

    assert all(same_samples(a, b) for a, b in zip(found, frames, strict=True))


def test_a_clock_that_is_finer_than_vp9_can_tell_is_kept(tmp_path):
    info = clip_info(time_base=Fraction(1, 23040000))
    frames = [
        replace(frame, pts=767849 * frame.pts, duration=767849) for frame in frames_of(info, 5)
    ]
    settings = EncoderSettings(codec="vp9", preset="8", threads=1)

    found_info, found = read(write(tmp_path / "out.mp4", info, frames, settings))

    assert found_info.time_base == info.time_base
    assert [frame.pts for frame in found] == [frame.pts for frame in frames]


def test_frames_that_fall_together_on_the_encoders_clock_stay_apart():
    clock = EncoderClock(Fraction(1, 90_000_000))
    times = [clock.to_encoder(pts) for pts in (7, 8, 9, 100, 9_000_007)]
    assert times == [0, 1, 2, 3, 100_000]


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.mov", "out.webm"])
def test_times_and_durations_of_a_variable_rate_are_kept(tmp_path, name):
    info = clip_info(time_base=Fraction(1, 90000))
    pts = [0, 3003, 9000, 9900, 45000, 99000]
    lasting = [*(b - a for a, b in pairwise(pts)), 12000]
    frames = [
        replace(frame, pts=time, duration=duration)
        for frame, time, duration in zip(frames_of(info, 6), pts, lasting, strict=True)
    ]

    is_webm = name.endswith("webm")
    settings = EncoderSettings(preset="8", threads=1) if is_webm else FAST
    written = write(tmp_path / name, info, frames, settings)
    found_info, found = read(written)

    unit = found_info.time_base
    for frame, time in zip(found, pts, strict=True):
        assert abs(frame.pts * unit - Fraction(time, 90000)) <= unit / 2
    assert abs(found[-1].duration * unit - Fraction(12000, 90000)) <= 2 * unit


def test_a_track_ends_with_its_last_frame_after_b_frames_too(tmp_path, caplog):
    info = clip_info(time_base=Fraction(1, 1000))
    pts = [0, 33, 66, 166, 199, 299, 399, 432, 532, 632, 732, 832]
    frames = [
        replace(frame, pts=time, duration=33)
        for frame, time in zip(frames_of(info, 12), pts, strict=True)
    ]
    settings = EncoderSettings(codec="x264", threads=1, options=(("bf", "3"),))

    path = write(tmp_path / "out.mp4", info, frames, settings)

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert float(stream.duration * stream.time_base) == pytest.approx(0.865, abs=0.002)
    assert caplog.records == []


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.mov"])
def test_colour_and_aspect_are_written(tmp_path, name):
    colour = Colour(matrix=9, is_full_range=True, primaries=9, transfer=16, chroma_location=2)
    info = clip_info("yuv420p10le", colour=colour, sample_aspect_ratio=Fraction(64, 45))

    found = read(write(tmp_path / name, info, frames_of(info, 2)))[0]

    assert found.colour == colour
    assert found.sample_aspect_ratio == Fraction(64, 45)
    assert found.format.bits == 10


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("is_flipped", [False, True])
def test_all_eight_orientations_are_written(tmp_path, name, rotation, is_flipped):
    info = clip_info(rotation=rotation, is_flipped=is_flipped)

    found = read(write(tmp_path / name, info, frames_of(info, 2)))[0]

    assert (found.rotation, found.is_flipped) == (rotation, is_flipped)


def test_nothing_lies_under_the_name_before_the_end(tmp_path):
    info = clip_info()
    path = tmp_path / "out.mkv"

    with FileSink(path, info, FAST) as sink:
        for frame in frames_of(info, 3):
            sink.write(frame)
        assert [file.name for file in tmp_path.iterdir()] == ["out.mkv.part"]

    assert [file.name for file in tmp_path.iterdir()] == ["out.mkv"]


def test_a_failure_leaves_nothing_behind_and_the_old_file_whole(tmp_path):
    info = clip_info()
    path = tmp_path / "out.mkv"
    path.write_text("old")

    def broken():
        yield frames_of(info, 1)[0]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(path, info, broken(), work=Work(overwrite=True))

    assert [file.name for file in tmp_path.iterdir()] == ["out.mkv"]
    assert path.read_text() == "old"


def test_an_existing_file_is_replaced_only_when_asked(tmp_path):
    info = clip_info()
    path = tmp_path / "out.mkv"
    path.write_text("old")

    with pytest.raises(SinkExistsError, match="--overwrite"):
        FileSink(path, info, FAST)
    write(path, info, frames_of(info, 2), work=Work(overwrite=True))

    assert len(read(path)[1]) == 2


def test_an_unknown_encoder_is_answered_with_the_known_ones(tmp_path):
    with pytest.raises(OptionError, match=r"unknown encoder 'h264x': use one of .*x264"):
        FileSink(tmp_path / "out.mkv", clip_info(), EncoderSettings(codec="h264x"))


def test_a_value_that_the_encoder_refuses_is_one_line_and_leaves_nothing(tmp_path):
    with pytest.raises(OptionError) as raised:
        FileSink(tmp_path / "out.mkv", clip_info(), EncoderSettings(options=(("g", "soon"),)))

    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_the_options_does_not_cost_the_work_of_an_earlier_run(tmp_path):
    info = clip_info()
    sink = FileSink(tmp_path / "out.mkv", info, FAST, work=Work(segment_frames=2))
    for frame in frames_of(info, 3):
        sink.write(frame)
    sink.abort()
    kept = sorted((tmp_path / "out.mkv.part").iterdir())

    with pytest.raises(OptionError):
        FileSink(tmp_path / "out.mkv", info, EncoderSettings(options=(("g", "soon"),)))

    assert sorted((tmp_path / "out.mkv.part").iterdir()) == kept
    assert "000000.segment" in [file.name for file in kept]


def test_an_encoder_that_the_container_cannot_hold_is_refused(tmp_path):
    with pytest.raises(SinkError, match="webm cannot hold"):
        FileSink(tmp_path / "out.webm", clip_info(), FAST)

    assert list(tmp_path.iterdir()) == []


def test_a_frame_of_another_size_is_refused(tmp_path):
    other = frames_of(clip_info(width=32), 1)[0]

    with (
        pytest.raises(SinkError, match="does not fit"),
        FileSink(tmp_path / "out.mkv", clip_info(), FAST) as sink,
    ):
        sink.write(other)


@pytest.mark.parametrize("codec", ["x265", "svtav1", "prores", "x264rgb"])
def test_every_named_encoder_writes_every_frame(tmp_path, codec, capfd):
    wanted = PLANAR["gbrp" if codec == "x264rgb" else "yuv420p"]
    settings = EncoderSettings(codec=codec, threads=1)
    encoder = choose_encoder(settings, wanted, suffix=".mkv")
    info = clip_info(format=encoder.format, width=128, height=96)

    found = read(write(tmp_path / "out.mkv", info, frames_of(info, 5), settings))[1]

    assert len(found) == 5
    assert capfd.readouterr() == ("", "")


def test_times_that_are_finer_than_the_encoder_s_clock_are_kept(tmp_path):
    info = clip_info(time_base=Fraction(1, 23_040_000), rate=Fraction(30))
    frames = frames_of(info, 12, step=767_849)
    path = write(tmp_path / "out.webm", info, frames, EncoderSettings(preset="8"))
    assert len(read(path)[1]) == 12


def codecs_in_memory():
    return sum(type(each) is VideoCodecContext for each in gc.get_objects())


def test_encoders_of_finished_segments_are_gone(tmp_path):
    info = clip_info()
    gc.collect()
    before = codecs_in_memory()
    gc.disable()
    try:
        work = Work(segment_frames=2)
        settings = EncoderSettings(preset="ultrafast")
        with FileSink(tmp_path / "out.mkv", info, settings, work=work) as sink:
            for frame in frames_of(info, 40):
                sink.write(frame)
            assert codecs_in_memory() - before < 8  # those of the output, and of the last checks
    finally:
        gc.enable()


def test_the_file_can_be_played_from_its_beginning_while_it_loads(tmp_path):
    info = clip_info()

    path = write(tmp_path / "out.mp4", info, frames_of(info, 3))

    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 3
