"""Which field of a decoded picture comes first."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

from vsfilter.frame import FieldOrder

_ANY_UNIT = Fraction(1, 1000)
"""Times play no part here."""


class FieldOrderProbe:
    """The field order of each picture of a stream.

    PyAV tells that a picture is interlaced, but not which field is first. FFmpeg's `select` filter
    does know; it passes pictures on by reference, so asking it costs next to nothing.
    """

    def __init__(self) -> None:
        self._ends: _Ends | None = None

    def __call__(self, picture: VideoFrame) -> FieldOrder:
        """Tell which field comes first."""
        if not picture.interlaced_frame:
            return "progressive"
        if self._ends is None:
            self._ends = _build(picture)
        self._ends.entry.push(picture)
        try:
            self._ends.bottom_first.pull()
        except BlockingIOError:  # nothing came out there
            self._ends.top_first.pull()
            return "top"
        return "bottom"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    graph: Graph  # kept, since its filters die with it
    entry: FilterContext
    top_first: FilterContext
    bottom_first: FilterContext


def _build(picture: VideoFrame) -> _Ends:
    graph = Graph()
    entry = graph.add_buffer(template=picture, time_base=_ANY_UNIT)
    select = graph.add("select", "n=2:e='1+eq(interlace_type,BOTTOMFIRST)'")
    top_first, bottom_first = graph.add("buffersink"), graph.add("buffersink")
    entry.link_to(select)
    select.link_to(top_first, 0, 0)
    select.link_to(bottom_first, 1, 0)
    graph.configure()
    return _Ends(graph=graph, entry=entry, top_first=top_first, bottom_first=bottom_first)
