"""Draw the demo clip: a harbour town, made small and compressed as found on the net."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from demo_scene.scene import FPS, FRAME_COUNT, HEIGHT, WIDTH, Scene
from numpy.typing import NDArray

from vsfilter.clip import ClipInfo
from vsfilter.frame import Colour, Frame, PixelFormat
from vsfilter.resize import imresize
from vsfilter.rgb_converter import RgbToFrame
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sinks.segments.segment_store import Work

DEMO = Path(__file__).parent.parent / "examples" / "demo.mp4"
SCALE = 4
AUDIO_RATE = 48_000
_RGB8 = PixelFormat(family="rgb", bits=8)
_RGBS = PixelFormat(family="rgb", bits=32, is_float=True)
_YUV420 = PixelFormat(family="yuv", bits=8, subsampling_w=1, subsampling_h=1)
_AS_RGB = Colour(matrix=0, is_full_range=True, primaries=1, transfer=1)
_AS_YUV = Colour(matrix=1, is_full_range=False, primaries=1, transfer=1, chroma_location=0)
_LOW = EncoderSettings(codec="x264", crf=23, preset="slow", threads=1)
_LOSSLESS = EncoderSettings(codec="ffv1")
_CHORDS = ((196.0, 246.94, 293.66, 392.0), (220.0, 261.63, 329.63, 440.0))  # G major, A minor


def main() -> None:
    """Draw the clip and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=DEMO, help="the 320x180 clip")
    parser.add_argument("--ground-truth", type=Path, help="also write the 1280x720 clip, lossless")
    parser.add_argument("--frames", type=int, default=FRAME_COUNT, help="draw only so many frames")
    arguments = parser.parse_args()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    scene = Scene()
    pictures = [scene.render(number) for number in range(arguments.frames)]
    write_demo(pictures, arguments.output)
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes")
    if arguments.ground_truth:
        write_ground_truth(pictures, arguments.ground_truth)
        print(f"{arguments.ground_truth}: {arguments.ground_truth.stat().st_size} bytes")


def write_demo(pictures: list[NDArray[np.uint8]], path: Path) -> None:
    """Write the clip small, compressed and with sound.

    Args:
        pictures: The frames, (720, 1280, 3), RGB, uint8.
        path: The output.
    """
    width, height = WIDTH // SCALE, HEIGHT // SCALE
    converter = RgbToFrame(_YUV420, width=width, height=height)
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.m4a"
        write_sound(sound, duration_s=len(pictures) / FPS)
        info = _clip_info(width, height, _YUV420, _AS_YUV)
        with FileSink(path, info, _LOW, streams_from=sound, work=Work(overwrite=True)) as sink:
            for number, picture in enumerate(pictures):
                small = imresize(picture, 1 / SCALE).transpose(2, 0, 1)
                rgb = np.ascontiguousarray(small, dtype=np.float32) / np.float32(255)
                sink.write(converter.convert(rgb, _frame(rgb, _RGBS, number)))


def write_ground_truth(pictures: list[NDArray[np.uint8]], path: Path) -> None:
    """Write the clip as it was drawn: lossless RGB.

    Args:
        pictures: The frames, (720, 1280, 3), RGB, uint8.
        path: The output.
    """
    with FileSink(
        path, _clip_info(WIDTH, HEIGHT, _RGB8, _AS_RGB), _LOSSLESS, work=Work(overwrite=True)
    ) as sink:
        for number, picture in enumerate(pictures):
            sink.write(_frame(picture.transpose(2, 0, 1), _RGB8, number))


def write_sound(path: Path, *, duration_s: float) -> None:
    """Write gentle chords as AAC, in a file that also carries the clip's tags."""
    samples = _chords(duration_s)
    with av.open(path, "w") as container:
        container.metadata["title"] = "Harbour town"
        container.metadata["comment"] = "Demo clip of vsfilter, drawn by scripts/render_demo.py"
        stream = container.add_stream("aac", rate=AUDIO_RATE, layout="stereo")
        stream.codec_context.bit_rate = 64_000
        stream.metadata["language"] = "zxx"  # no words
        frame = AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate = AUDIO_RATE
        frame.pts = 0
        for packet in _encoded(stream, frame):
            container.mux(packet)


def _encoded(stream: AudioStream, frame: AudioFrame) -> Iterator[av.Packet[AudioStream]]:
    yield from stream.encode(frame)
    yield from stream.encode(None)


def _chords(duration_s: float) -> NDArray[np.float32]:
    """Play the chords one after the other, about 26 dB below full scale.

    Returns:
        (2, samples), left and right, float32, range [-1, 1].
    """
    time_s = np.arange(round(duration_s * AUDIO_RATE)) / AUDIO_RATE
    sound = np.zeros((2, time_s.size))
    for number, chord in enumerate(_CHORDS):
        since_s = time_s - number * duration_s / len(_CHORDS)
        for voice, pitch in enumerate(chord):
            age_s = np.maximum(since_s - 0.06 * voice, 0)
            loudness = 0.02 * (1 - np.exp(-40 * age_s)) * np.exp(-1.8 * age_s)
            tone = np.sin(2 * np.pi * pitch * age_s) + 0.3 * np.sin(4 * np.pi * pitch * age_s)
            right = 0.3 + 0.4 * voice / (len(chord) - 1)
            sound += np.stack([(1 - right) * loudness * tone, right * loudness * tone])
    fade = np.clip((duration_s - time_s) / 0.1, 0, 1)
    return (sound * fade).astype(np.float32)


def _clip_info(width: int, height: int, format: PixelFormat, colour: Colour) -> ClipInfo:
    return ClipInfo(
        width=width,
        height=height,
        format=format,
        colour=colour,
        time_base=Fraction(1, FPS),
        rate=Fraction(FPS),
    )


def _frame(rgb: NDArray[np.generic], format: PixelFormat, number: int) -> Frame:
    return Frame(planes=tuple(rgb), format=format, colour=_AS_RGB, pts=number, duration=1)


if __name__ == "__main__":
    main()
