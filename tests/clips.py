"""Small real media files, made by PyAV."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from vsfilter.clip import ClipInfo
from vsfilter.frame import Colour, Frame, PixelFormat
from vsfilter.pixel_formats import PLANAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a made file shall hold; pts are in units of the time base."""

    count: int = 24
    width: int = 64
    height: int = 48
    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    time_base: Fraction = Fraction(1, 24)
    pts: list[int] | None = None
    options: dict[str, str] = field(default_factory=dict)
    container_options: dict[str, str] = field(default_factory=dict)
    colour: Colour = field(default_factory=Colour)
    sample_aspect_ratio: Fraction = Fraction(1)
    rotation: tuple[int, bool] | None = None
    audio_s: float = 0
    audio_start_s: float = 0
    audio_codec: str = "aac"
    format: str | None = None

    @property
    def times(self) -> list[int]:
        return list(range(self.count)) if self.pts is None else self.pts


def picture(number: int, width: int, height: int, pix_fmt: str = "yuv420p") -> VideoFrame:
    """Make a moving pattern that differs in every frame and every plane."""
    made = VideoFrame(width, height, pix_fmt)
    for index, plane in enumerate(made.planes):
        dtype, top = (np.uint8, 255)
        format = PLANAR.get(pix_fmt.replace("yuva", "yuv"))
        if format is not None and format.bits > 8:
            dtype, top = (np.uint16, (1 << format.bits) - 1)
        words = np.frombuffer(plane, dtype).reshape(plane.height, -1)
        rows, columns = np.indices(words.shape)
        wave = np.sin((columns + 3 * number) / 5) + np.cos((rows - 2 * number + 7 * index) / 6)
        words[:] = ((wave + 2) / 4 * top * 0.9 + number % 16).astype(dtype)
    return made


def make_clip(path: Path, clip: Clip) -> Path:
    """Encode a clip, with a tone beside it where audio is asked for."""
    rate = 1 / clip.time_base if clip.time_base.denominator < 1000 else Fraction(24)
    options = clip.container_options
    with av.open(str(path), "w", format=clip.format, container_options=options) as container:
        stream = container.add_stream(
            clip.codec,
            rate=rate,
            options=clip.options,
            time_base=clip.time_base,
            width=clip.width,
            height=clip.height,
            pix_fmt=clip.pix_fmt,
        )
        context = stream.codec_context
        context.thread_count = 1
        context.sample_aspect_ratio = clip.sample_aspect_ratio
        context.colorspace = clip.colour.matrix or 2
        context.color_primaries = clip.colour.primaries or 2
        context.color_trc = clip.colour.transfer or 2
        context.color_range = {None: 0, False: 1, True: 2}[clip.colour.is_full_range]
        if clip.rotation is not None:
            stream.set_display_rotation(clip.rotation[0], hflip=clip.rotation[1])
        audio = container.add_stream(clip.audio_codec, rate=48000) if clip.audio_s else None
        for number, pts in enumerate(clip.times):
            made = picture(number, clip.width, clip.height, clip.pix_fmt)
            made.pts, made.time_base = pts, clip.time_base
            container.mux(stream.encode(made))
        container.mux(stream.encode(None))
        if audio is not None:
            encode_tone(container, audio, seconds=clip.audio_s, start_s=clip.audio_start_s)
    return path


def encode_tone(container, audio, *, seconds, start_s=0):
    """Encode a tone of 440 Hz."""
    for block in range(int(seconds * 48000) // 1024):
        phase = (np.arange(1024) + block * 1024) * 2 * np.pi * 440 / 48000
        samples = np.stack([np.sin(phase), np.cos(phase)]).astype(np.float32)
        frame = AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate = 48000
        frame.pts = block * 1024 + int(start_s * 48000)
        container.mux(audio.encode(frame))
    container.mux(audio.encode(None))


def frames_of(info: ClipInfo, count: int, *, step: int = 1) -> list[Frame]:
    """Make frames of random samples that fit a clip."""
    random = np.random.default_rng(count)
    made = []
    for number in range(count):
        planes = tuple(
            _random(
                random,
                info.format,
                info.format.plane_shape(i, width=info.width, height=info.height),
            )
            for i in range(info.format.plane_count)
        )
        made.append(
            Frame(
                planes=planes,
                format=info.format,
                colour=info.colour,
                pts=number * step,
                duration=step,
            )
        )
    return made


def _random(random, format: PixelFormat, shape):
    if format.is_float:
        return random.random(shape).astype(format.dtype)
    return random.integers(0, 1 << format.bits, shape).astype(format.dtype)


def clip_info(pix_fmt: str = "yuv420p", **changes) -> ClipInfo:
    """Give a small clip of a format, with changes."""
    values = {
        "width": 64,
        "height": 48,
        "format": PLANAR[pix_fmt],
        "colour": Colour(matrix=1, is_full_range=False, primaries=1, transfer=1, chroma_location=0),
        "time_base": Fraction(1, 24),
        "rate": Fraction(24),
    }
    return ClipInfo(**{**values, **changes})


def same_samples(a: Frame, b: Frame) -> bool:
    """Tell whether two frames hold the same samples."""
    return all(np.array_equal(x, y) for x, y in zip(a.planes, b.planes, strict=True))


def remux(film: Path, path: Path) -> Path:
    """Copy a file packet by packet into another container."""
    with av.open(str(film)) as source, av.open(str(path), "w") as target:
        copies = {s.index: target.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                target.mux(packet)
    return path
