import re
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.clips import Clip, clip_info, frames_of, make_clip
from tests.fresh_python import run
from vsfilter.errors import OptionError, SinkError
from vsfilter.frame import PixelFormat
from vsfilter.pixel_formats import PLANAR
from vsfilter.sinks.encoding import repeatable
from vsfilter.sinks.encoding.encoder import EncoderSettings, choose_encoder
from vsfilter.sinks.encoding.encoder_check import open_checked
from vsfilter.sinks.encoding.encoder_options import with_own_options
from vsfilter.sinks.encoding.encoder_setup import EncoderSetup
from vsfilter.sinks.encoding.known_encoders import KNOWN
from vsfilter.sinks.encoding.picture import to_picture
from vsfilter.sinks.encoding.video_stream import key_frame_interval
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sinks.segments.segment_encoder import SegmentEncoder
from vsfilter.sinks.segments.segment_store import Work
from vsfilter.sources.pyav_source import FileSource


@pytest.mark.parametrize(
    ("codec", "source", "chosen"),
    [
        (None, "yuv420p", "yuv420p"),
        (None, "yuv422p10le", "yuv422p10le"),
        (None, "yuv444p12le", "yuv444p12le"),
        ("x264", "gray", "gray"),
        ("x264", "yuv420p9le", "yuv420p10le"),
        ("x264", "yuv411p", "yuv422p"),
        ("x264", "yuv410p", "yuv420p"),
        ("x264", "gbrp", "yuv444p"),
        ("x264rgb", "gbrp", "bgr0"),
        ("x265", "gbrp10le", "gbrp10le"),
        ("svtav1", "gray", "yuv420p"),
        ("prores", "yuv420p", "yuv422p10le"),
        ("ffv1", "gbrp", "bgr0"),
        ("vp9", "yuv440p", "yuv440p"),
        ("dnxhr", "yuv420p", "yuv422p"),
        ("dnxhr", "yuv420p10le", "yuv422p10le"),
        ("dnxhr", "gbrp", "gbrp10le"),
        ("hevc_nvenc", "yuv420p10le", "p010le"),
        ("h264_nvenc", "yuv420p10le", "yuv420p"),
    ],
)
def test_the_nearest_format_without_loss_is_chosen(codec, source, chosen):
    encoder = choose_encoder(EncoderSettings(codec=codec), PLANAR[source], suffix=".mkv")

    assert encoder.pix_fmt == chosen


def test_a_pixel_format_of_the_user_is_taken_or_refused():
    wanted = EncoderSettings(codec="x264", pix_fmt="yuv444p10le")
    impossible = EncoderSettings(codec="svtav1", pix_fmt="yuv444p")

    encoder = choose_encoder(wanted, PLANAR["yuv420p"], suffix=".mkv")
    assert encoder.format == PLANAR["yuv444p10le"]
    with pytest.raises(OptionError, match="takes no pix_fmt 'yuv444p'"):
        choose_encoder(impossible, PLANAR["yuv420p"], suffix=".mkv")


def test_a_crf_for_a_lossless_encoder_is_refused():
    settings = EncoderSettings(codec="ffv1", crf=18)

    with pytest.raises(OptionError, match="has no crf"):
        choose_encoder(settings, PLANAR["yuv420p"], suffix=".mkv")


def test_an_odd_size_says_which_encoder_takes_it(tmp_path):
    with pytest.raises(SinkError, match="use vp9 or ffv1"):
        FileSink(tmp_path / "out.mkv", clip_info(width=63), EncoderSettings(codec="x264"))


@pytest.mark.parametrize(
    ("codec", "source", "profile"),
    [
        ("prores", "yuv420p", "hq"),
        ("prores", "yuv444p12le", "4444"),
        ("dnxhr", "yuv420p", "dnxhr_hq"),
        ("dnxhr", "yuv422p10le", "dnxhr_hqx"),
        ("dnxhr", "yuv444p", "dnxhr_444"),
    ],
)
def test_the_profile_follows_the_format(codec, source, profile):
    encoder = choose_encoder(EncoderSettings(codec=codec), PLANAR[source], suffix=".mov")

    assert encoder.options["profile"] == profile


def test_the_name_that_ffmpeg_uses_means_the_same_encoder():
    ours = choose_encoder(EncoderSettings(codec="x265"), PLANAR["yuv420p"], suffix=".mkv")
    theirs = choose_encoder(EncoderSettings(codec="libx265"), PLANAR["yuv420p"], suffix=".mkv")

    assert (ours.name, ours.options) == (theirs.name, theirs.options)


@pytest.mark.parametrize("codec", KNOWN)
def test_every_option_given_by_default_is_one_that_the_encoder_lists(codec):
    known = KNOWN[codec]
    by_format = [pair for options in known.by_format.values() for pair in options]
    preset = ((known.preset_option, known.preset),) if known.preset else ()
    quality = ((known.quality_option, "9"),) if known.quality is not None else ()
    plain = KNOWN["ffv1"].__class__(name=known.name)  # without params, unknown ones are refused

    with_own_options({}, (*known.options, *by_format, *preset, *quality), plain, codec)


def check(codec, *options, suffix=".mkv", info=None, **settings):
    wanted = EncoderSettings(codec=codec, options=options, **settings)
    info = info or clip_info()
    encoder = choose_encoder(wanted, info.format, suffix=suffix)
    info = replace(info, format=encoder.format)
    return open_checked(EncoderSetup.choose(wanted, info, Path(f"out{suffix}")))


@pytest.mark.parametrize(
    ("codec", "option"),
    [
        ("x264", ("deblock", "1:-1")),
        ("x264", ("sliced-threads", "1")),
        ("x265", ("psy-rd", "1.5")),
        ("x265", ("deblock", "1:-1")),
        ("x265", ("x265-params", "psy-rd=1.5:aq-mode=3")),
        ("svtav1", ("film-grain", "8")),
        ("vp9", ("tile-columns", "2")),
    ],
)
def test_an_option_may_be_one_of_ffmpeg_or_of_the_encoder_itself(codec, option):
    check(codec, option)


@pytest.mark.parametrize(
    ("codec", "option", "words"),
    [
        ("x264", ("wibble", "3"), "Error parsing option 'wibble = 3'"),
        ("x264", ("g", "soon"), '"g" option value "soon"'),
        ("x264", ("bf", "-400"), "'bf' out of range"),
        ("x265", ("wibble", "3"), "Unknown option: wibble"),
        ("x265", ("psy-rd", "much"), "Invalid value for psy-rd: much"),
        ("svtav1", ("tune", "much"), "Error parsing option tune: much"),
        ("vp9", ("wibble", "3"), "has no option 'wibble'"),
        ("ffv1", ("slicecr", "1"), "did you mean 'slicecrc'"),
    ],
)
def test_an_option_that_the_encoder_refuses_is_named_before_any_work(codec, option, words):
    for _ in range(2):  # FFmpeg keeps quiet about what it has just said
        with pytest.raises(OptionError, match=re.escape(words)):
            check(codec, option)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"crf": 70}, "takes 0 to 51"), ({"preset": "quick"}, "ultrafast, .* placebo")],
)
def test_crf_and_preset_must_be_ones_of_the_encoder(settings, words):
    with pytest.raises(OptionError, match=words):
        check("x264", **settings)


@pytest.mark.parametrize(
    ("codec", "suffix", "words"),
    [
        ("prores", ".webm", "give a .mkv or .mov file, or use --codec vp9 or svtav1"),
        ("vp9", ".mov", "give a .mkv or .mp4 or .webm file, or use --codec x264 or x265"),
        ("dnxhr", ".mkv", "give a .mov file"),
        ("svtav1", ".mov", "give a .mkv or .mp4 or .webm"),
    ],
)
def test_a_container_that_cannot_hold_the_codec_is_refused_with_one_that_can(codec, suffix, words):
    with pytest.raises(SinkError, match=f"{suffix} cannot hold {codec}: {words}"):
        check(codec, suffix=suffix, info=clip_info(width=256, height=128))


def test_a_size_that_the_encoder_refuses_is_named():
    with pytest.raises(OptionError, match=r"dnxhr refuses 64x48.*at least 256x120"):
        check("dnxhr", suffix=".mov")


def test_a_gpu_encoder_without_its_gpu_names_another():
    said = "needs an NVIDIA GPU, x264"  # where there is one, nothing is to be said
    try:
        check("hevc_nvenc", info=clip_info(width=256, height=128))
    except SinkError as error:
        said = str(error)

    assert "needs an NVIDIA GPU" in said
    assert "x264" in said


def test_10_bit_samples_for_a_gpu_are_the_same_numbers():
    info = clip_info("yuv420p10le", width=38, height=24)
    (frame,) = frames_of(info, 1)

    picture = to_picture(frame, "p010le", colour=info.colour)

    luma, chroma = (
        np.frombuffer(plane, np.uint16).reshape(plane.height, -1)[:, : info.width] / 64
        for plane in picture.planes
    )
    for expected, found in zip(frame.planes, (luma, chroma[:, ::2], chroma[:, 1::2]), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("rate", "frames"),
    [(Fraction(24000, 1001), 240), (Fraction(50), 500), (Fraction(240), 600), (None, 250)],
)
def test_key_frames_are_ten_seconds_apart_at_most(rate, frames):
    assert key_frame_interval(rate) == frames


@pytest.mark.parametrize("count", [1, 2, 3])
def test_hevc_in_mp4_has_the_tag_that_apple_plays_and_true_times(tmp_path, count):
    info = clip_info()
    for _ in range(3):  # x265 leaves some times of short clips to chance
        work = Work(overwrite=True)
        with FileSink(tmp_path / "out.mp4", info, EncoderSettings(codec="x265"), work=work) as sink:
            for frame in frames_of(info, count):
                sink.write(frame)

        with av.open(str(tmp_path / "out.mp4")) as container:
            assert container.streams.video[0].codec_context.codec_tag == "hvc1"
            times = [frame.pts * frame.time_base for frame in container.decode(video=0)]
        assert times == [Fraction(number, 24) for number in range(count)]


@pytest.mark.parametrize(
    ("encoder", "given", "expected"),
    [
        ("libx264", {"crf": "16"}, {"crf": "16", "x264-params": "asm=avx2"}),
        ("libx264", {"x264-params": "cll=1,2"}, {"x264-params": "cll=1,2:asm=avx2"}),
        ("libx264", {"x264-params": "no-asm=1"}, {"x264-params": "no-asm=1"}),
        ("libx265", {"crf": "16"}, {"crf": "16"}),
    ],
)
def test_code_of_x264_that_reads_what_nobody_wrote_is_left_out(
    encoder, given, expected, monkeypatch
):
    monkeypatch.setattr(repeatable, "_has_avx512", lambda: True)
    assert repeatable.repeatable_options(encoder, given) == expected
    monkeypatch.setattr(repeatable, "_has_avx512", lambda: False)
    assert repeatable.repeatable_options(encoder, given) == given


def test_a_segment_of_x264_is_the_same_each_time(tmp_path):
    """Of a size and with pictures of which x264's AVX-512 code gives others each time."""
    film = make_clip(tmp_path / "film.mkv", Clip(count=24, width=480, height=272))
    with FileSource(str(film)) as source:
        info, frames = source.info, list(source)
    settings = EncoderSettings(codec="x264", threads=1, preset="medium")
    setup = EncoderSetup.choose(settings, info, tmp_path / "out.mkv")
    headers = setup.open().codec_context.extradata or b""
    hashes = set()
    for _ in range(6):
        encoder = SegmentEncoder(tmp_path / "segment", setup, headers=headers)
        for frame in frames:
            encoder.write(frame)
        hashes.add(encoder.finish().sha256)
    assert len(hashes) == 1


SCHEDULING = """
import os
os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # another test may have lost it
from pathlib import Path
from tests.clips import clip_info
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.encoding.encoder_setup import EncoderSetup

settings = EncoderSettings(codec="svtav1", preset="12")
stream = EncoderSetup.choose(settings, clip_info(), Path("out.mkv")).open()
threads = [int(task.name) for task in Path("/proc/self/task").iterdir()]
assert len(threads) > 1
print({os.sched_getscheduler(thread) for thread in threads} == {os.SCHED_OTHER})
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems list no threads there")
def test_no_encoder_runs_in_real_time():
    """SVT-AV1 does where root runs it; elsewhere nothing is to be undone."""
    assert run("-c", SCHEDULING).stdout.split() == ["True"]


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_x265_is_given_no_alpha_and_keeps_the_depth_of_clips_that_have_it(bits):
    source = PixelFormat(family="yuv", bits=bits)
    wanted = EncoderSettings(codec="x265")
    encoder = choose_encoder(wanted, source, suffix=".mkv", has_alpha=True)
    assert encoder.pix_fmt == {8: "yuv444p", 10: "yuv444p10le"}.get(bits, "yuv444p12le")
    chosen = choose_encoder(EncoderSettings(), source, suffix=".mkv", has_alpha=True)
    again = choose_encoder(EncoderSettings(), chosen.format, suffix=".mkv", has_alpha=True)
    assert chosen == again
