"""Runs of a transcode that are stopped in the middle, and what to compare them by."""

from __future__ import annotations

import hashlib
import time
from fractions import Fraction
from pathlib import Path

import av

from tests.clips import Clip, make_clip
from vsfilter.engine.settings import Settings
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.transcode.transcode import Callbacks, transcode

COUNT = 60
SEGMENT = 8
SETTINGS = Settings(model="bicubic", scale=2, core=4, context=2, blend=1, precision="fp32")
X264 = EncoderSettings(preset="fast", threads=1, options=(("bf", "3"),), segment_frames=SEGMENT)
FFV1 = EncoderSettings(codec="ffv1", threads=1, segment_frames=SEGMENT)


class StopError(Exception):
    """Ends a run from within, as an error does."""


def make_film(path: Path) -> Path:
    """Make a clip of variable frame rate with B-frames and sound."""
    clip = Clip(
        count=COUNT,
        time_base=Fraction(1, 12800),
        pts=[512 * n + (300 if n > 19 else 0) + (70 if n % 7 == 3 else 0) for n in range(COUNT)],
        audio_s=2.2,
        options={"bf": "2"},
    )
    return make_clip(path, clip)


def run(source: Path, target: Path, *, settings=SETTINGS, encoder=X264, **options):
    """Transcode; give what was done."""
    return transcode(str(source), str(target), settings=settings, encoder=encoder, **options)


def stop_after(frames: int, source: Path, target: Path, **options) -> None:
    """Transcode, and fail after so many frames."""

    def frame(done):
        if done == frames:
            raise StopError

    try:
        run(source, target, callbacks=Callbacks(frame=frame), **options)
    except StopError:
        return
    raise AssertionError(f"the run ended before frame {frames}")


def run_slowly(
    source: Path, target: Path, encoder: EncoderSettings, notes: Path, **options
) -> None:
    """Transcode in a process that is going to be killed; note where it went on."""

    def begin(plan, done):
        with notes.open("a") as file:
            file.write(f"{done}\n")

    def frame(done):
        time.sleep(0.01)

    callbacks = Callbacks(begin=begin, frame=frame)
    run(source, target, encoder=encoder, callbacks=callbacks, **options)


def frames_of(path: Path) -> list[tuple[Fraction, str]]:
    """Give the time in s and the hash of the samples of each frame."""
    with av.open(str(path)) as container:
        return [
            (
                Fraction(frame.pts) * frame.time_base,
                hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest(),
            )
            for frame in container.decode(video=0)
        ]


def packets_of(path: Path, kind: str) -> list[tuple[int, int, bytes]]:
    """Give pts, duration and bytes of the packets of the first stream of a kind."""
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        return [(p.pts, p.duration, bytes(p)) for p in container.demux(stream) if p.size]
