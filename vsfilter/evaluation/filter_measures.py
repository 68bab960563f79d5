"""VMAF and XPSNR, by FFmpeg's filters."""

from __future__ import annotations

import gc
import json
import re
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from vsfilter.closing import Closing
from vsfilter.errors import OptionError

Pixels = NDArray[np.uint8]
NAMES = {"vmaf": "libvmaf", "xpsnr": "xpsnr"}
"""The measures, and what FFmpeg calls their filters."""


class FilterMeasure(Closing):
    """One measure of a clip, frame by frame; both clips are compared as 8-bit YUV 4:2:0.

    Args:
        name: "vmaf" or "xpsnr".
        width: Of the frames, in px.
        height: Of the frames, in px.

    Raises:
        OptionError: There is no such measure, or FFmpeg lacks it here.
    """

    def __init__(self, name: str, *, width: int, height: int) -> None:
        if name not in NAMES:
            raise OptionError(f"measure is {name!r}: choose from {', '.join(NAMES)}")
        if NAMES[name] not in av.filter.filters_available:
            raise OptionError(f"measure {name!r} needs FFmpeg's {NAMES[name]}, which is missing")
        self._name, self._count = name, 0
        self._folder = tempfile.TemporaryDirectory()
        log = str(Path(self._folder.name) / "log")
        options = {"log_fmt": "json", "log_path": log} if name == "vmaf" else {"stats_file": log}
        self._log = Path(log)
        self._graph = graph = Graph()
        measure, sink = graph.add(NAMES[name], **options), graph.add("buffersink")
        self._inputs = []
        for pad in range(2):  # the restored clip, then the true one
            feed = graph.add_buffer(
                width=width, height=height, format="rgb24", time_base=Fraction(1, 25)
            )
            convert = graph.add("format", pix_fmts="yuv420p")
            feed.link_to(convert)
            convert.link_to(measure, 0, pad)
            self._inputs.append(feed)
        measure.link_to(sink)
        graph.configure()
        self._sink = sink

    def close(self) -> None:
        """Remove what was written."""
        self._folder.cleanup()

    def add(self, restored: Pixels, truth: Pixels) -> None:
        """Add a frame of both clips, (h, w, 3), RGB."""
        for feed, picture in zip(self._inputs, (restored, truth), strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = self._count, Fraction(1, 25)
            feed.push(frame)
        self._count += 1
        self._drain()

    def result(self) -> float:
        """End the clips; give VMAF from 0 to 100, or XPSNR of the luma in dB."""
        self._end()
        text = self._log.read_text(encoding="utf-8")
        if self._name == "vmaf":
            return float(json.loads(text)["pooled_metrics"]["vmaf"]["mean"])
        found = re.search(r"average.*?y:\s*(\S+)", text)
        return float(found[1]) if found else float("nan")

    def _end(self) -> None:
        """End both clips, and let go of the graph: its filters write their logs when they go."""
        for feed in self._inputs:
            feed.push(None)
        self._drain()
        del feed, self._graph, self._sink, self._inputs
        gc.collect()  # a graph and its filters hold each other

    def _drain(self) -> None:
        while True:
            try:
                self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
