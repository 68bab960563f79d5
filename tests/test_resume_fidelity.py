"""What a picture carries, and other streams, in a run that was stopped and went on."""

from dataclasses import replace

import numpy as np
import pytest

from tests.clips import clip_info, frames_of
from tests.resume_runs import SEGMENT, run, stop_after
from tests.sinks.test_picture_metadata import HDR, LOSSLESS, PQ, transparent
from tests.sinks.test_pyav_sink import read, write
from tests.sinks.test_remux import rich_file
from tests.sinks.test_stream_conversion import texts
from vsfilter.engine.settings import Settings
from vsfilter.output_size import SizeSettings
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.transcode.fidelity_settings import FidelitySettings

COUNT = 30
SETTINGS = Settings(model="bicubic", core=4, context=2, precision="fp32")
LARGER = SizeSettings(width=80, height=64)
X265 = EncoderSettings(codec="x265", preset="ultrafast", threads=1, segment_frames=SEGMENT)
VP9 = EncoderSettings(preset="8", threads=1, segment_frames=SEGMENT)


def film_with_everything(folder):
    """Write a rotated HDR10 film with captions, sound, subtitles, a font and chapters."""
    info = clip_info("yuv420p10le", width=64, height=48, hdr=HDR, colour=PQ, rotation=90)
    words = [bytes((0xFC, 65 + n, 0x80)) for n in range(COUNT)]
    frames = [
        replace(frame, captions=captions)
        for frame, captions in zip(frames_of(info, COUNT), words, strict=True)
    ]
    source = rich_file(folder / "rich.mkv")
    x265 = EncoderSettings(codec="x265", preset="ultrafast", threads=1)
    return write(folder / "film.mkv", info, frames, x265, streams_from=source), words


@pytest.mark.parametrize("rotate", ["keep", "apply"])
def test_a_film_with_everything_is_the_same_file_after_a_stop(tmp_path, rotate):
    film, words = film_with_everything(tmp_path)
    target, straight = tmp_path / "out.mp4", tmp_path / "straight.mp4"
    options = {
        "settings": SETTINGS,
        "encoder": X265,
        "size": LARGER,
        "fidelity": FidelitySettings(rotate=rotate),
    }
    stop_after(2 * SEGMENT + 3, film, target, **options)

    assert run(film, target, **options).resumed_from == 2 * SEGMENT

    run(film, straight, **options)
    assert target.read_bytes() == straight.read_bytes()
    info, frames = read(target)
    assert (info.width, info.height) == ((80, 64) if rotate == "apply" else (64, 80))
    assert info.rotation == (90 if rotate == "keep" else 0)
    assert (info.hdr, info.colour) == (HDR, PQ)
    assert [frame.captions for frame in frames] == words
    assert [text for *_, text in texts(target)] == ["Guten Tag"]


def test_a_changed_rotation_begins_anew_and_strictness_does_not(tmp_path, caplog):
    film = film_with_everything(tmp_path)[0]
    options = {"settings": SETTINGS, "encoder": X265, "size": LARGER}
    target = tmp_path / "out.mkv"
    stop_after(SEGMENT + 1, film, target, **options)
    stop_after(SEGMENT + 2, film, target, fidelity=FidelitySettings(strict=True), **options)
    assert "begins anew" not in caplog.text
    apply = FidelitySettings(rotate="apply")
    assert run(film, target, fidelity=apply, **options).resumed_from == 0
    assert "fidelity rotate was keep, is apply" in caplog.text


@pytest.mark.parametrize(
    ("name", "encoder"),
    [("out.webm", VP9), ("out.mkv", replace(LOSSLESS, segment_frames=SEGMENT))],
)
def test_alpha_is_the_same_after_a_stop(tmp_path, name, encoder):
    film = write(tmp_path / "film.mkv", *transparent("yuv420p", COUNT), LOSSLESS)
    target, straight = tmp_path / name, tmp_path / f"straight.{name}"
    options = {"settings": SETTINGS, "encoder": encoder, "size": LARGER}
    stop_after(2 * SEGMENT + 3, film, target, **options)

    assert run(film, target, **options).resumed_from == 2 * SEGMENT

    run(film, straight, **options)
    info, found = read(target)
    assert info.has_alpha
    assert len(found) == COUNT
    for a, b in zip(found, read(straight)[1], strict=True):
        np.testing.assert_array_equal(a.alpha, b.alpha)
        np.testing.assert_array_equal(a.planes[0], b.planes[0])
    assert all(
        frame.alpha[:, 0].mean() > 240 > 15 > frame.alpha[:, -1].mean() for frame in found[:8]
    )
