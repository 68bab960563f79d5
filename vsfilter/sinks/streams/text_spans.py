"""Lines of text that are shown at the same time, for containers that show one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSpan:
    """A time in which the same lines are shown.

    Attributes:
        begin: When it begins, in the units of the input.
        end: When it ends.
        lines: What is shown, each an event of ASS as FFmpeg decodes it; those that came first are
            the first ones.
    """

    begin: int
    end: int
    lines: tuple[bytes, ...]


@dataclass(slots=True)
class TextSpans:
    """Cuts the time of lines that overlap into spans.

    In MP4 a text stays until the next one begins: of two lines at a time the first would vanish.
    """

    _time: int = 0
    _shown: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, begin: int, end: int, lines: Sequence[bytes]) -> list[TextSpan]:
        """Take lines that begin no earlier than those before; give the spans that have ended."""
        ended = self._up_to(begin)
        self._shown += [(end, line) for line in lines]
        return ended

    def rest(self) -> list[TextSpan]:
        """Give the spans that are left when there are no more lines."""
        return self._up_to(max((end for end, _ in self._shown), default=0))

    def _up_to(self, time: int) -> list[TextSpan]:
        spans = []
        while self._shown and self._time < time:
            end = min(time, *(end for end, _ in self._shown))
            if end > self._time:
                lines = tuple(line for _, line in self._shown)
                spans.append(TextSpan(begin=self._time, end=end, lines=lines))
                self._time = end
            self._shown = [each for each in self._shown if each[0] > self._time]
        self._time = max(self._time, time)
        return spans


def join_lines(lines: Sequence[bytes]) -> bytes:
    """Put events of ASS below each other in one, with the fields of the first."""
    first, *others = lines
    texts = [line.split(b",", 8)[-1] for line in others]
    return b"\\N{\\r}".join([first, *texts])  # \r: what one line turns italic ends with it
