"""What becomes of a stream, and of all streams and tags of an input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vsfilter.sinks.streams.audio_target import AudioTarget

_LOST_ENDS = "the ends of chapters that the next one does not follow at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFate:
    """What becomes of one stream.

    Attributes:
        index: Its number in the input.
        name: Its kind and codec, for people: "audio aac".
        action: Restored; copied packet for packet; kept as an attachment; decoded and encoded
            anew; written by the muxer from tags and chapters; or left out.
        target: FFmpeg's encoder of a stream that is converted.
        audio: The settings of a converted audio stream.
        loss: What it loses, for people; None where nothing is lost.
    """

    index: int
    name: str
    action: Literal["restore", "copy", "attach", "convert", "rewrite", "drop"]
    target: str | None = None
    audio: AudioTarget | None = None
    loss: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPlan:
    """What becomes of the streams and tags of an input.

    Attributes:
        fates: One for each stream, in order.
        dropped_tags: Names of the global tags that the container has no place for.
        has_lost_ends: Chapters do not follow each other, which the container cannot say.
    """

    fates: tuple[StreamFate, ...]
    dropped_tags: tuple[str, ...]
    has_lost_ends: bool

    @property
    def dropped(self) -> tuple[str, ...]:
        """The streams that are left out, as "2 (subtitle dvb_subtitle)"."""
        fates = (fate for fate in self.fates if fate.action == "drop")
        return tuple(f"{fate.index} ({fate.name})" for fate in fates)

    @property
    def converted(self) -> tuple[str, ...]:
        """The streams that are converted, as "1 (audio aac to libopus at 96 kbit/s)"."""
        fates = (fate for fate in self.fates if fate.action == "convert")
        return tuple(f"{fate.index} ({fate.name} to {fate.target}{_words(fate)})" for fate in fates)

    def warnings(self) -> list[str]:
        """Say in a line each what is left out and what is converted."""
        lines = []
        if self.dropped:
            lines.append(f"the output cannot hold these streams: {', '.join(self.dropped)}")
        if self.converted:
            lines.append(f"streams are converted for the output: {', '.join(self.converted)}")
        poorer = [
            f"{fate.index} ({fate.name}: {fate.loss})"
            for fate in self.fates
            if fate.action in ("restore", "copy") and fate.loss
        ]
        if poorer:
            lines.append(f"these streams lose something in the output: {', '.join(poorer)}")
        if self.dropped_tags:
            lines.append(f"the output cannot hold these tags: {', '.join(self.dropped_tags)}")
        if self.has_lost_ends:
            lines.append(f"the output cannot hold {_LOST_ENDS}")
        return lines

    def losses(self) -> list[str]:
        """Say what the output will lack; nothing where all is kept."""
        lost = [
            f"stream {fate.index} ({fate.name}): {fate.loss}" for fate in self.fates if fate.loss
        ]
        lost += [f"tag {name}" for name in self.dropped_tags]
        return [*lost, _LOST_ENDS] if self.has_lost_ends else lost


def _words(fate: StreamFate) -> str:
    rate = f" at {fate.audio.bit_rate // 1000} kbit/s" if fate.audio and fate.audio.bit_rate else ""
    return f"{rate}, {fate.loss}" if fate.loss else rate
