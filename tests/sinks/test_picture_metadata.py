"""What a picture carries beside its colours: alpha, HDR10 data, captions."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.clips import Clip, clip_info, frames_of, make_clip
from tests.mp4_boxes import add_box, box
from tests.sinks.test_pyav_sink import read, write
from vsfilter.engine.settings import Settings
from vsfilter.errors import SinkError
from vsfilter.frame import Colour
from vsfilter.hdr import HdrMetadata, LightLevel, MasteringDisplay
from vsfilter.pixel_formats import PLANAR
from vsfilter.sinks.encoding.encoder import EncoderSettings, choose_encoder
from vsfilter.sources.pyav_source import FileSource
from vsfilter.transcode.fidelity_settings import FidelitySettings
from vsfilter.transcode.transcode import transcode

LOSSLESS = EncoderSettings(codec="ffv1", threads=1)
VP9 = EncoderSettings(preset="8", threads=1)
BICUBIC = Settings(model="bicubic", scale=1)
HDR = HdrMetadata(
    display=MasteringDisplay(
        red=(Fraction(34000, 50000), Fraction(16000, 50000)),
        green=(Fraction(13250, 50000), Fraction(34500, 50000)),
        blue=(Fraction(7500, 50000), Fraction(3000, 50000)),
        white=(Fraction(15635, 50000), Fraction(16450, 50000)),
        min_luminance=Fraction(1, 200),
        max_luminance=Fraction(1000),
    ),
    light=LightLevel(max_cll=900, max_fall=150),
)
PQ = Colour(matrix=9, is_full_range=False, primaries=9, transfer=16, chroma_location=2)


def transparent(pix_fmt, count=3):
    """Make frames whose alpha falls from left to right, other in each frame."""
    info = clip_info(pix_fmt, has_alpha=True)
    top = (1 << info.format.bits) - 1
    frames = []
    for number, frame in enumerate(frames_of(info, count)):
        row = np.linspace(top, number, info.width).astype(info.format.dtype)
        frames.append(replace(frame, alpha=np.repeat(row[None], info.height, axis=0)))
    return info, frames


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p10le", "yuv444p12le", "gbrp", "gbrp12le"])
def test_alpha_goes_through_a_lossless_file_unchanged(tmp_path, pix_fmt):
    info, frames = transparent(pix_fmt)
    found_info, found = read(write(tmp_path / "out.mkv", info, frames, LOSSLESS))
    assert found_info.has_alpha
    for a, b in zip(found, frames, strict=True):
        np.testing.assert_array_equal(a.alpha, b.alpha)
        np.testing.assert_array_equal(a.planes[0], b.planes[0])


@pytest.mark.parametrize(
    ("name", "codec", "tolerance"), [("out.webm", "vp9", 6), ("out.mov", "prores", 1)]
)
def test_alpha_is_scaled_apart_and_kept_where_the_codec_can(tmp_path, name, codec, tolerance):
    info, frames = transparent("yuv420p")
    source = write(tmp_path / "in.mkv", info, frames, LOSSLESS)
    encoder = EncoderSettings(codec=codec, threads=1)
    settings = Settings(model="bicubic", scale=2)
    transcode(str(source), str(tmp_path / name), settings=settings, encoder=encoder)
    with FileSource(str(tmp_path / name)) as reader:
        found = list(reader)
    assert len(found) == len(frames)
    for a, b in zip(found, frames, strict=True):
        top = (1 << a.format.bits) - 1
        half = a.alpha.reshape(48, 2, 64, 2).mean((1, 3)) / top * 255
        assert np.abs(half - b.alpha)[:, 3:-3].mean() < tolerance
        assert (a.colour.primaries, a.colour.transfer) == (1, 1)


@pytest.mark.parametrize(
    ("codec", "suffix", "pix_fmt", "chosen"),
    [
        ("vp9", ".webm", "gbrp", "yuva420p"),
        ("vp9", ".mkv", "yuv444p", "yuva420p"),
        ("vp9", ".mp4", "yuv420p", "yuv420p"),
        ("prores", ".mov", "gbrp10le", "yuva444p10le"),
        ("ffv1", ".mkv", "gbrp10le", "gbrap10le"),
    ],
)
def test_the_format_keeps_alpha_where_codec_and_container_do(codec, suffix, pix_fmt, chosen):
    settings = EncoderSettings(codec=codec)
    assert (
        choose_encoder(settings, PLANAR[pix_fmt], suffix=suffix, has_alpha=True).pix_fmt == chosen
    )


def test_alpha_that_is_lost_is_said_and_refused_when_strict(tmp_path, caplog):
    info, frames = transparent("yuv420p")
    source = str(write(tmp_path / "in.mkv", info, frames, LOSSLESS))
    encoder = EncoderSettings(codec="x264", preset="ultrafast", threads=1)
    with pytest.raises(SinkError, match="alpha, which libx264 in yuv420p cannot hold"):
        transcode(
            source,
            str(tmp_path / "out.mkv"),
            settings=BICUBIC,
            encoder=encoder,
            fidelity=FidelitySettings(strict=True),
        )
    assert not list(tmp_path.glob("out*"))
    transcode(source, str(tmp_path / "out.mkv"), settings=BICUBIC, encoder=encoder)
    assert "lost in the output: alpha" in caplog.text


@pytest.mark.parametrize(
    ("codec", "preset", "precision"),
    [("x264", "ultrafast", 0), ("x265", "ultrafast", 0), ("svtav1", "12", 0.0001)],
)
def test_hdr10_data_reach_the_encoder_and_come_back(tmp_path, codec, preset, precision):
    info = clip_info("yuv420p10le", hdr=HDR, colour=PQ, width=64, height=64)
    settings = EncoderSettings(codec=codec, preset=preset, threads=1)
    found = read(write(tmp_path / "a.mkv", info, frames_of(info, 2), settings))[0]
    if codec == "x264":  # FFmpeg's H.264 decoder gives the light level alone
        found = replace(found, hdr=replace(found.hdr, display=found.hdr.display or HDR.display))
    again = read(write(tmp_path / "b.mp4", found, frames_of(found, 2), settings))[0]
    for hdr in (found.hdr, again.hdr):
        assert hdr.light == HDR.light
        for name in ("red", "green", "blue", "white"):
            for value, given in zip(
                getattr(hdr.display, name), getattr(HDR.display, name), strict=True
            ):
                assert abs(value - given) <= precision
        assert hdr.display.max_luminance == 1000
        assert float(hdr.display.min_luminance) == pytest.approx(0.005, abs=precision)
    assert found.colour == PQ


def test_hdr10_data_that_an_encoder_cannot_write_are_named(tmp_path, caplog):
    info = clip_info("yuv420p10le", hdr=HDR, colour=PQ, width=64, height=64)
    x265 = EncoderSettings(codec="x265", preset="ultrafast", threads=1)
    source = write(tmp_path / "in.mkv", info, frames_of(info, 2), x265)
    transcode(str(source), str(tmp_path / "out.mkv"), settings=BICUBIC, encoder=LOSSLESS)
    assert "HDR10 mastering data, which ffv1 cannot write" in caplog.text


@pytest.mark.parametrize("codec", ["x264", "x265"])
@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_closed_captions_stay_with_their_frames(tmp_path, codec, suffix, caplog):
    info = clip_info()
    words = [bytes((0xFC, 65 + n, 0x80, 0xFD, 0, 0, 0xFE, 0, 0, 0xFF, 0, 1)) for n in range(12)]
    frames = [
        replace(frame, captions=None if n == 5 else words[n])
        for n, frame in enumerate(frames_of(info, 12))
    ]
    settings = EncoderSettings(codec=codec, preset="fast", threads=1)  # with B-frames
    source = write(tmp_path / f"in{suffix}", info, frames, settings)
    transcode(str(source), str(tmp_path / "out.mkv"), settings=BICUBIC, encoder=settings)
    for path in (source, tmp_path / "out.mkv"):
        found_info, found = read(path)
        assert found_info.has_captions
        assert [frame.captions for frame in found] == [frame.captions for frame in frames]
    assert caplog.records == []
    transcode(str(source), str(tmp_path / "ffv1.mkv"), settings=BICUBIC, encoder=LOSSLESS)
    assert "closed captions, which ffv1 cannot hold" in caplog.text


def mark_as_sphere(path):
    """Put in what Google's "Spherical Video V2" says of a stereoscopic 360-degree video."""
    sphere = box(b"svhd", bytes(5)) + box(
        b"proj", box(b"prhd", bytes(16)) + box(b"equi", bytes(20))
    )
    add_box(path, box(b"st3d", bytes(4) + b"\2") + box(b"sv3d", sphere))


def test_marks_of_a_sphere_that_are_lost_are_said_and_refused_when_strict(tmp_path, caplog):
    source = make_clip(tmp_path / "in.mp4", Clip(count=2))
    mark_as_sphere(source)
    out = tmp_path / "out.mkv"
    strict = FidelitySettings(strict=True)
    with pytest.raises(SinkError, match="360-degree video and stereoscopic video"):
        transcode(str(source), str(out), settings=BICUBIC, encoder=LOSSLESS, fidelity=strict)
    assert not out.exists()
    transcode(str(source), str(out), settings=BICUBIC, encoder=LOSSLESS)
    assert "the marks of 360-degree video and stereoscopic video, which cannot" in caplog.text
