"""Smooth motion, woven into fields."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
from av.filter import Graph

from tests.clips import clip_info, encode_tone
from vsfilter.clip import ClipInfo
from vsfilter.frame import Frame


def moving(info: ClipInfo, number: int, *, step: int = 1) -> Frame:
    """Make a progressive picture of a pan over smooth texture, with a soft disc that goes up."""
    top = (1 << info.format.bits) - 1
    planes = []
    for index in range(info.format.plane_count):
        rows, columns = info.format.plane_shape(index, width=info.width, height=info.height)
        y, x = np.mgrid[0:rows, 0:columns].astype(float)
        y, x = y * info.height / rows, x * info.width / columns
        wave = np.sin((x + 5 * number) / 5 + y / 30 + index) + np.sin(y / 11 - number / 20)
        away = np.hypot(x - info.width / 2, y - info.height + 1.5 * number)
        disc = 1 / (1 + np.exp((away - info.height / 5) / 2))
        values = 0.5 + 0.2 * wave * (1 - disc) + 0.4 * disc
        planes.append((values * top).astype(info.format.dtype))
    return Frame(
        planes=tuple(planes),
        format=info.format,
        colour=info.colour,
        pts=number * step,
        duration=step,
    )


def weave(frames, *, order="top", stated=None):
    """Put the lines of each two pictures into one frame, as an interlaced camera does."""
    woven = []
    for first, second in zip(frames[::2], frames[1::2], strict=True):
        upper, lower = (first, second) if order == "top" else (second, first)
        planes = []
        for even, odd in zip(upper.planes, lower.planes, strict=True):
            plane = even.copy()
            plane[1::2] = odd[1::2]
            planes.append(plane)
        woven.append(
            replace(
                first,
                planes=tuple(planes),
                pts=first.pts // 2,
                field_order=order if stated is None else stated,
            )
        )
    return woven


class Clip:
    """Frames that can only be read in order; pts may be any that grow."""

    def __init__(self, frames, info: ClipInfo, *, pts=None):
        self.info = info
        times = list(range(len(frames))) if pts is None else pts
        durations = [b - a for a, b in pairwise(times)] + [1]
        self.frames = [
            replace(frame, pts=time, duration=duration)
            for frame, time, duration in zip(frames, times, durations, strict=True)
        ]
        self.is_closed = False

    def __iter__(self):
        return iter(self.frames)

    def close(self):
        self.is_closed = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def woven_clip(count, *, pix_fmt="yuv420p", order="top", stated=None):
    """Give the pictures of a camera, and the interlaced clip that is made of them."""
    info = clip_info(pix_fmt, width=96, height=64)
    pictures = [moving(info, number) for number in range(2 * count)]
    return pictures, Clip(weave(pictures, order=order, stated=stated), info)


def psnr(found, expected):
    """Give the lowest PSNR of the planes of two frames, in dB, away from their borders."""
    values = []
    for a, b in zip(found.planes, expected.planes, strict=True):
        inner = (slice(4, -4), slice(8, -8))
        error = np.mean((a[inner].astype(float) - b[inner].astype(float)) ** 2)
        values.append(20 * np.log10((1 << found.format.bits) - 1) - 10 * np.log10(error + 1e-9))
    return min(values)


def encode(path, clip, codec, *, audio_s=0, **options):
    """Encode a woven clip with its field order, as a camera or a broadcaster does."""
    rate = Fraction(25)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        info = clip.info
        stream.width, stream.height, stream.pix_fmt = info.width, info.height, "yuv420p"
        stream.codec_context.sample_aspect_ratio = info.sample_aspect_ratio
        audio = container.add_stream("aac", rate=48000) if audio_s else None
        graph = Graph()
        entry = graph.add_buffer(
            width=info.width, height=info.height, format="yuv420p", time_base=1 / rate
        )
        mode = "tff" if clip.frames[0].field_order == "top" else "bff"
        graph.link_nodes(entry, graph.add("setfield", mode), graph.add("buffersink")).configure()
        for number, frame in enumerate(clip.frames):
            picture = av.VideoFrame(info.width, info.height, "yuv420p")
            for words, plane in zip(picture.planes, frame.planes, strict=True):
                rows = np.frombuffer(words, np.uint8).reshape(words.height, -1)
                rows[:, : plane.shape[1]] = plane
            picture.pts, picture.time_base = number, 1 / rate
            graph.push(picture)
            container.mux(stream.encode(graph.pull()))
        container.mux(stream.encode(None))
        if audio is not None:
            encode_tone(container, audio, seconds=audio_s)
    return path


def woven_film(path):
    """Write 32 interlaced frames of H.264 with sound."""
    clip = woven_clip(32)[1]
    options = {"x264-params": "tff=1", "crf": "10", "bf": "2"}
    return encode(path, clip, "libx264", audio_s=1.4, **options)
