"""Small films that together hold everything that vsr-transcode promises to keep."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.rational import AVRational
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream

from vsfilter.clip import ClipInfo
from vsfilter.frame import Colour, Frame
from vsfilter.hdr import HdrMetadata, LightLevel, MasteringDisplay
from vsfilter.pixel_formats import PLANAR
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.pyav_sink import FileSink

_AUDIO_RATE = 48000
_MS = Fraction(1, 1000)
_HDR = HdrMetadata(
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
_ASS = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour
Style: Default,Arial,16,&Hffffff
Style: Sign,Own Font,40,&H00ffff

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def make_all(folder: Path) -> list[Path]:
    """Write all films into a folder."""
    makers = (_film, _phone, _camera, _broadcast, _web, _hdr, _tape)
    return [maker(folder) for maker in makers]


def _clip(pix_fmt: str, **changes: object) -> ClipInfo:
    info = ClipInfo(
        width=64,
        height=48,
        format=PLANAR[pix_fmt],
        colour=Colour(matrix=6, is_full_range=False, primaries=6, transfer=6, chroma_location=0),
        time_base=_MS,
        rate=Fraction(25),
    )
    return replace(info, **changes)  # type: ignore[arg-type]  # the callers below are all there are


def _frames(info: ClipInfo, times: list[int]) -> list[Frame]:
    """Make moving waves; the last frame lasts as long as the one before."""
    frames = []
    ends = [*times[1:], 2 * times[-1] - times[-2]]
    top = (1 << info.format.bits) - 1
    for number, (pts, end) in enumerate(zip(times, ends, strict=True)):
        planes = []
        for index in range(info.format.plane_count):
            shape = info.format.plane_shape(index, width=info.width, height=info.height)
            rows, columns = np.indices(shape)
            wave = np.sin((columns + 3 * number) / 5) + np.cos((rows - number + 7 * index) / 6)
            planes.append(((wave + 2) / 4 * 0.8 * top + top * 0.1).astype(info.format.dtype))
        alpha = planes[0] if info.has_alpha else None
        captions = bytes((0xFC, 65 + number % 26, 0x80)) if info.has_captions else None
        frames.append(
            Frame(
                planes=tuple(planes),
                format=info.format,
                colour=info.colour,
                pts=pts,
                duration=end - pts,
                alpha=alpha,
                captions=captions,
            )
        )
    return frames


def _video(path: Path, info: ClipInfo, codec: str, times: list[int] | None = None) -> Path:
    preset = {"x264": "fast", "x265": "ultrafast", "vp9": "8"}.get(codec)
    settings = EncoderSettings(codec=codec, preset=preset, threads=1)
    with FileSink(path, info, settings) as sink:
        for frame in _frames(info, times or [40 * number for number in range(50)]):
            sink.write(frame)
    return path


class _Muxer:
    """A file under way: copied video, and whatever a film adds to it."""

    def __init__(self, base: Path, path: Path) -> None:
        self._input: InputContainer = av.open(str(base))
        self.output: OutputContainer = av.open(str(path), "w")
        self.path = path
        self._packets: list[tuple[Packet[Any], Stream]] = []  # Any: of whatever stream
        video = self._input.streams.video[0]
        self.video = self.output.add_stream_from_template(video, opaque=True)
        self.video.disposition = Disposition.default
        for packet in self._input.demux(video):
            if packet.size:
                self._packets.append((packet, self.video))

    def add_audio(self, codec: str, *, layout: str = "stereo", start_s: float = 0) -> Stream:
        """Add two seconds of a tone."""
        stream = self.output.add_stream(codec, rate=_AUDIO_RATE, layout=layout)
        assert isinstance(stream, AudioStream)
        encoder = stream.codec_context
        encoder.open()
        wave = 0.3 * np.sin(np.arange(2 * _AUDIO_RATE) / _AUDIO_RATE * 2 * np.pi * 440)
        count = av.AudioLayout(layout).nb_channels
        tone = np.repeat(wave[None].astype(np.float32), count, axis=0)
        frame = AudioFrame.from_ndarray(tone, format="fltp", layout=layout)
        frame.sample_rate, frame.pts = _AUDIO_RATE, round(start_s * _AUDIO_RATE)
        frame.time_base = Fraction(1, _AUDIO_RATE)
        resampler = av.AudioResampler(
            format=encoder.format,
            layout=layout,
            rate=_AUDIO_RATE,
            frame_size=encoder.frame_size or 1024,
        )
        for part in (*resampler.resample(frame), *resampler.resample(None), None):
            self._packets += [(packet, stream) for packet in stream.encode(part)]
        return stream

    def add_text(self, codec: str, lines: list[tuple[int, int, bytes]]) -> Stream:
        """Add a subtitle track; times in ms."""
        stream = self.output.add_stream(codec)
        assert isinstance(stream, SubtitleStream)
        stream.codec_context.subtitle_header = _ASS
        stream.codec_context.time_base = stream.time_base = _MS
        for start, duration, text in lines:
            packet = Packet(text)
            packet.pts = packet.dts = start
            packet.duration, packet.time_base = duration, _MS
            self._packets.append((packet, stream))
        return stream

    def add_chapters(self) -> None:
        """Add two chapters with titles."""
        names = ("one", "é")
        times = ((0, 900), (900, 2000))
        self.output.set_chapters(
            [
                {
                    "id": number,
                    "start": start,
                    "end": end,
                    "time_base": AVRational(1, 1000),
                    "metadata": {"title": name},
                }
                for number, (name, (start, end)) in enumerate(zip(names, times, strict=True), 1)
            ]
        )

    def add_cover(self) -> None:
        """Add a cover as MP4 has it."""
        jpeg = Packet(_jpeg())
        jpeg.pts = jpeg.dts = 0
        stream = self.output.add_mux_stream("mjpeg", width=16, height=16)
        stream.disposition = Disposition.attached_pic
        self._packets.insert(0, (jpeg, stream))

    def close(self, *, shift_s: int = 0) -> Path:
        """Write all packets in order of their times, moved by some seconds."""

        def seconds(item: tuple[Packet[Stream], Stream]) -> Fraction:
            packet = item[0]
            unit = packet.time_base
            return Fraction((packet.dts or 0) * unit.numerator, unit.denominator or 1)

        self.output.start_encoding()
        for packet, stream in sorted(self._packets, key=seconds):
            packet.stream = stream
            if shift_s:
                moved = shift_s * packet.time_base.denominator // packet.time_base.numerator
                packet.pts, packet.dts = (packet.pts or 0) + moved, (packet.dts or 0) + moved
            self.output.mux_one(packet)
        self.output.close()
        self._input.close()
        return self.path


def _jpeg() -> bytes:
    context = av.CodecContext.create("mjpeg", "w")
    context.width = context.height = 16
    context.pix_fmt, context.time_base = "yuvj420p", Fraction(1, 25)
    picture = av.VideoFrame(16, 16, "yuvj420p")
    return b"".join(bytes(packet) for packet in [*context.encode(picture), *context.encode(None)])


def _film(folder: Path) -> Path:
    """Write a Matroska film of variable frame rate with all that Matroska can hold."""
    times = [40 * number + (13 if number % 3 else 0) for number in range(50)]
    info = _clip("yuv420p", sample_aspect_ratio=Fraction(16, 11))
    film = _Muxer(_video(folder / "base.mkv", info, "x264", times), folder / "film.mkv")
    main, comment = film.add_audio("aac"), film.add_audio("ac3", layout="5.1(side)")
    lossless = film.add_audio("flac", layout="mono")
    main.metadata.update({"language": "ger", "title": "Deutsch"})
    comment.metadata.update({"language": "eng", "title": "Commentary"})
    lossless.metadata["language"] = "fre"
    main.disposition = Disposition.default
    comment.disposition = Disposition.comment | Disposition.hearing_impaired
    text = film.add_text("subrip", [(250, 400, b"<i>Guten</i> Tag"), (1200, 500, b"Ende")])
    signs = film.add_text("ass", [(300, 500, b"0,0,Sign,,0,0,0,,{\\an8}Bahnhof\\NNord")])
    text.metadata.update({"language": "ger", "title": "Full"})
    signs.metadata["language"] = "ger"
    text.disposition = Disposition.default
    signs.disposition = Disposition.forced
    film.output.metadata.update({"title": "A film", "MOOD": "blue"})
    film.output.add_attachment("font.ttf", "application/x-truetype-font", b"\0\1\0\0 a font")
    film.output.add_attachment("cover.jpg", "image/jpeg", _jpeg())
    film.add_chapters()
    return film.close()


def _phone(folder: Path) -> Path:
    """Write an MP4 file as of a phone: turned, late sound, chapters and a cover."""
    info = _clip(
        "yuv420p",
        rotation=90,
        colour=Colour(matrix=1, is_full_range=True, primaries=1, transfer=1, chroma_location=0),
    )
    phone = _Muxer(_video(folder / "base.mp4", info, "x264"), folder / "phone.mp4")
    phone.add_audio("aac", start_s=0.37).metadata["language"] = "ita"
    phone.add_text("mov_text", [(250, 400, b"\0\x04Ciao")]).metadata["language"] = "ita"
    phone.output.metadata.update({"title": "Holiday", "artist": "Me", "location": "+40.7-074.5/"})
    phone.add_chapters()
    phone.add_cover()
    return phone.close()


def _camera(folder: Path) -> Path:
    """Write a QuickTime file as of a camera: ProRes, PCM of 24 bits, a time code."""
    info = _clip("yuv422p10le", time_base=Fraction(1, 25))
    base = _video(folder / "base.mov", info, "prores", list(range(50)))
    camera = _Muxer(base, folder / "camera.mov")
    camera.video.codec_context.framerate = 25
    camera.video.metadata["timecode"] = "01:02:03:04"
    camera.add_audio("pcm_s24be")
    camera.add_audio("pcm_s16be", layout="mono")
    return camera.close()


def _broadcast(folder: Path) -> Path:
    """Write a transport stream that begins a day after its clock did."""
    info = _clip(
        "yuv420p",
        sample_aspect_ratio=Fraction(64, 45),
        width=352,
        height=288,
        time_base=Fraction(1, 25),
    )
    base = _video(folder / "base.ts.mkv", info, "mpeg2video", list(range(25)))
    ts = _Muxer(base, folder / "broadcast.ts")
    ts.add_audio("mp2").metadata["language"] = "fre"
    ts.add_audio("aac").metadata["language"] = "qaa"
    return ts.close(shift_s=86400)


def _web(folder: Path) -> Path:
    """Write a WebM file with alpha."""
    web = _Muxer(
        _video(folder / "base.webm", _clip("yuv420p", has_alpha=True), "vp9"), folder / "web.webm"
    )
    web.video.metadata["alpha_mode"] = "1"
    web.add_audio("libopus").metadata["language"] = "jpn"
    web.add_text("webvtt", [(250, 400, b"Hello")]).metadata["language"] = "eng"
    return web.close()


def _hdr(folder: Path) -> Path:
    """Write HEVC of 10 bits in PQ, with HDR10 data, captions and chroma at the top left."""
    colour = Colour(matrix=9, is_full_range=False, primaries=9, transfer=16, chroma_location=2)
    info = _clip("yuv420p10le", hdr=_HDR, colour=colour, has_captions=True, height=64)
    return _video(folder / "hdr.mkv", info, "x265")


def _tape(folder: Path) -> Path:
    """Write an AVI file, which knows neither tags of colour nor times."""
    base = _video(
        folder / "base.avi.mkv",
        _clip("yuv420p", time_base=Fraction(1, 25)),
        "mpeg4",
        list(range(50)),
    )
    tape = _Muxer(base, folder / "tape.avi")
    tape.add_audio("libmp3lame")
    tape.add_audio("pcm_u8", layout="mono")
    return tape.close()
