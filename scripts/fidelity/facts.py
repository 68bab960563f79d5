"""What a file holds, as PyAV reads it, without any code of vsfilter."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.sidedata.sidedata import Type
from av.stream import AttachmentStream, Disposition, Stream
from av.video.stream import VideoStream

_ASIDE = Disposition.attached_pic | Disposition.timed_thumbnails
_BIBLIOGRAPHIC = {"fra": "fre", "deu": "ger", "nld": "dut", "zho": "chi"}
"""Of the two codes that ISO 639-2 has for some languages, the one that Matroska wants."""
_SIGNS = re.compile(rb"{[^}]*}|<[^>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFacts:
    """What a stream other than the main video holds.

    Attributes:
        index: Its number in the file.
        kind: audio, subtitle, attachment, cover, data or video.
        codec: FFmpeg's name of its codec, or the name of an attachment.
        payload: Hash of the bytes of its packets, without the ADTS headers of AAC.
        words: The text of its subtitles.
        start_s: Time of its first packet.
        language: Its language, if it has one.
        title: Its title, if it has one.
        disposition: Names of its flags.
    """

    index: int
    kind: str
    codec: str
    payload: str
    words: tuple[str, ...]
    start_s: Fraction | None
    language: str
    title: str
    disposition: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What a file holds.

    Attributes:
        picture: Properties of the main video, in words, by name.
        times_s: When its frames are shown, in order.
        end_s: When the last one ends.
        streams: The other streams.
        chapters: Start and end in ms, and title.
        tags: The global tags.
    """

    picture: dict[str, str]
    times_s: list[Fraction]
    end_s: Fraction
    streams: list[StreamFacts]
    chapters: list[tuple[int, int, str]]
    tags: dict[str, str]


def read_facts(path: Path) -> FileFacts:
    """Read a whole file."""
    with av.open(str(path)) as container:
        main = next(s for s in container.streams.video if not s.disposition & _ASIDE)
        # a track of chapters is no stream of its own
        others = [s for s in container.streams if s is not main and s.discard != 48]
        payloads: dict[int, list[bytes]] = {stream.index: [] for stream in others}
        words: dict[int, list[str]] = {stream.index: [] for stream in others}
        starts: dict[int, Fraction] = {}
        for packet in container.demux():
            index = packet.stream_index
            if packet.size and index in payloads:
                payloads[index].append(_plain(packet.stream, bytes(packet)))
                if packet.pts is not None:
                    starts.setdefault(index, packet.pts * _fraction(packet.time_base))
                if packet.stream.type == "subtitle":
                    words[index] += _words(packet)
        streams = [
            StreamFacts(
                index=stream.index,
                kind="cover" if stream.disposition & _ASIDE else stream.type,
                codec=_codec(stream),
                payload=_hash(
                    [stream.data]
                    if isinstance(stream, AttachmentStream)
                    else payloads[stream.index]
                ),
                words=tuple(words[stream.index]),
                start_s=starts.get(stream.index),
                language=_language(stream),
                title=stream.metadata.get("title") or stream.metadata.get("name") or "",
                disposition=frozenset(
                    flag.name or "" for flag in Disposition if stream.disposition & flag
                ),
            )
            for stream in others
        ]
        chapters = [
            (
                round(1000 * c["start"] * _fraction(c["time_base"])),
                round(1000 * c["end"] * _fraction(c["time_base"])),
                c["metadata"].get("title", ""),
            )
            for c in container.chapters()
        ]
        tags = {name.lower(): text for name, text in container.metadata.items()}
    picture, times_s, end_s = _read_video(path)
    return FileFacts(
        picture=picture,
        times_s=times_s,
        end_s=end_s,
        streams=streams,
        chapters=chapters,
        tags=tags,
    )


def _read_video(path: Path) -> tuple[dict[str, str], list[Fraction], Fraction]:
    with av.open(str(path)) as container:
        main = next(s for s in container.streams.video if not s.disposition & _ASIDE)
        unit = _fraction(main.time_base)
        context = main.codec_context
        if {k.lower(): v for k, v in main.metadata.items()}.get("alpha_mode") == "1":
            context = av.CodecContext.create("libvpx-vp9", "r")
        times: list[Fraction] = []
        last_duration = 0
        picture: dict[str, str] = {}
        for packet in container.demux(main):
            try:
                frames = context.decode(packet if packet.size else None)
            except FFmpegError:
                continue
            for frame in frames:
                if not times:
                    picture = _picture(container, main, frame)
                # raw streams have no times, only an order
                step = 1 / _fraction(main.average_rate or main.guessed_rate)
                counted = len(times) * step if frame.pts is None else frame.pts * unit
                times.append(counted)
                last_duration = frame.duration or 0
        return picture, times, (times[-1] if times else Fraction(0)) + last_duration * unit


def _picture(
    container: InputContainer, stream: VideoStream, frame: av.VideoFrame
) -> dict[str, str]:
    side = frame.side_data
    depth = frame.format.components[0].bits
    has_alpha = any(component.is_alpha for component in frame.format.components)
    chroma = frame.format.components[1] if len(frame.format.components) > 2 else None
    sampling = (
        "gray"
        if chroma is None
        else f"{frame.width // max(1, chroma.width)}x{-(-frame.height // max(1, chroma.height))}"
    )
    display = side.get(Type.MASTERING_DISPLAY_METADATA)
    light = side.get(Type.CONTENT_LIGHT_LEVEL)
    captions = side.get(Type.A53_CC)
    aspect = stream.sample_aspect_ratio
    return {
        "size": f"{frame.width}x{frame.height}",
        "aspect": str(_fraction(aspect)) if aspect and aspect.numerator else "1",
        "rotation": str(frame.rotation % 360),
        "bits": str(depth),
        "sampling": "rgb" if frame.format.is_rgb else sampling,
        "alpha": str(has_alpha),
        "matrix": str(frame.colorspace),
        "primaries": str(frame.color_primaries),
        "transfer": str(frame.color_trc),
        "range": str(frame.color_range),
        "siting": str(frame.chroma_location),
        "mastering": "" if display is None else _display(bytes(display)),
        "light": "" if light is None else bytes(light)[:8].hex(),
        "captions": "" if captions is None else bytes(captions).hex(),
        "timecode": next((v for k, v in stream.metadata.items() if k.lower() == "timecode"), ""),
    }


def _display(data: bytes) -> str:
    words = memoryview(data).cast("i")
    numbers = [words[i] / (words[i + 1] or 1) for i in range(0, 20, 2)]
    return " ".join(f"{number:.3f}" for number in numbers)


def _plain(stream: Stream, data: bytes) -> bytes:
    is_adts = _codec(stream) == "aac" and data[:1] == b"\xff" and data[1] & 0xF6 == 0xF0
    return data[7 if data[1] & 1 else 9 :] if is_adts else data


def _words(packet: av.Packet[Any]) -> list[str]:  # Any: of a stream of subtitles
    try:
        lines = packet.decode()
    except FFmpegError:
        return []
    texts = (getattr(line, "dialogue", b"") for line in lines)
    return [text for part in texts if (text := _SIGNS.sub(b"", part).decode().strip())]


def _codec(stream: Stream) -> str:
    if stream.type in ("attachment", "data"):
        return stream.name or ("timecode" if "timecode" in stream.metadata else "unknown")
    return stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"


def _language(stream: Stream) -> str:
    found = {name.lower(): text for name, text in stream.metadata.items()}.get("language", "")
    return "" if found == "und" else _BIBLIOGRAPHIC.get(found, found)


def _hash(parts: list[bytes]) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _fraction(ratio: object) -> Fraction:
    return Fraction(ratio.numerator, ratio.denominator)  # type: ignore[attr-defined]  # PyAV's


def disagreement(path: Path) -> str | None:
    """Compare with ffprobe, where it is present; None where both say the same."""
    if shutil.which("ffprobe") is None:
        return None
    call = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    told = json.loads(subprocess.run(call, capture_output=True, check=True).stdout)["streams"]
    with av.open(str(path)) as container:
        # older ones name PCM in MP4 by another order of bytes
        ours = [(s.type, s.type == "video" and _codec(s)) for s in container.streams]
        theirs = [(s["codec_type"], s["codec_type"] == "video" and s["codec_name"]) for s in told]
    return None if ours == theirs else f"{ours} but ffprobe {theirs}"
