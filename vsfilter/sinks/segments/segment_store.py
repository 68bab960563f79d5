"""The finished segments of an output: which there are, and whether they may be used."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from vsfilter.sinks.segments.journal import Entry, Journal
from vsfilter.sinks.segments.packet_file import read_times
from vsfilter.sinks.segments.segment_encoder import Segment
from vsfilter.sinks.segments.work_folder import WorkFolder

_LOG = logging.getLogger(__name__)
FINGERPRINT, ASKED = "made from", "asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How an output comes about.

    Attributes:
        segment_frames: Frames after which the encoder begins anew, at least 1.
        fingerprint: All that decides the frames, in words; segments of another one are not used.
        asked: What the user asked for, in words; it is noted for a later run.
        may_resume: Whether segments of an earlier run may be used.
        keeps: Whether those of this one stay for a later run, where it ends early.
        overwrite: Whether an existing output may be replaced.
    """

    segment_frames: int = 240
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    may_resume: bool = False
    keeps: bool = True
    overwrite: bool = False


class SegmentStore:
    """The segments in a work folder, as its journal tells.

    Segments of an earlier run stay as far as they are whole and were made from the same; all others
    are removed.

    Args:
        folder: The folder, held by this process.
        work: What the segments are made from.

    Attributes:
        segments: The finished segments from the first on.
        decoded: Numbers of those that could be decoded.

    Raises:
        OSError: The folder cannot be read or written.
    """

    def __init__(self, folder: WorkFolder, work: Work) -> None:
        self.segments: list[Segment] = []
        self.decoded: set[int] = set()
        self._folder = folder
        had_journal = folder.journal.exists()
        self._journal = Journal(folder.journal)
        if had_journal and self._may_go_on(work):
            self._replay()
        if not self.segments:
            self._begin_anew(work)
        folder.remove_segments(kept=len(self.segments))

    def _may_go_on(self, work: Work) -> bool:
        entries = self._journal.entries
        made_from = entries[0].get(FINGERPRINT) if entries else None
        if not work.may_resume or not isinstance(made_from, dict) or len(entries) == 1:
            return False
        changed = _changes(made_from, work.fingerprint)
        if changed:
            _LOG.warning("%s begins anew: %s", self._folder.path.stem, "; ".join(changed))
        return not changed

    def _replay(self) -> None:
        """Take over the segments that are still as the journal noted them."""
        noted: dict[int, Segment] = {}
        decoded: set[int] = set()
        for entry in self._journal.entries[1:]:
            try:
                if "decoded" in entry:
                    decoded.add(int(entry["decoded"]))
                elif "segment" in entry:
                    index = int(entry["segment"])
                    noted = {each: noted[each] for each in noted if each < index}
                    decoded = {each for each in decoded if each < index}  # of one made before
                    noted[index] = _segment(entry)
            except (KeyError, TypeError, ValueError, OverflowError):
                break  # no run of ours has written this; what stands before may be whole
        while (index := len(self.segments)) in noted:
            if not _is_whole(self._folder.segment(index), noted[index]):
                _LOG.warning(
                    "segment %d of %s is damaged: it is made again, and all after it",
                    index,
                    self._folder.path.stem,
                )
                break
            self.segments.append(noted[index])
        self.decoded = {index for index in decoded if index < len(self.segments)}

    def _begin_anew(self, work: Work) -> None:
        self._journal.close()
        self._folder.journal.unlink()
        self._journal = Journal(self._folder.journal)
        self._journal.append({FINGERPRINT: dict(work.fingerprint), ASKED: dict(work.asked)})

    @property
    def next_path(self) -> Path:
        """Where the next segment goes."""
        return self._folder.segment(len(self.segments))

    @property
    def paths(self) -> list[Path]:
        """The files of the segments, in order."""
        return [self._folder.segment(index) for index in range(len(self.segments))]

    @property
    def frame_count(self) -> int:
        """Number of frames in all segments."""
        return sum(segment.frames for segment in self.segments)

    def add(self, segment: Segment) -> None:
        """Note that the next segment is on the disk.

        Raises:
            OSError: The journal cannot be written.
        """
        self._journal.append({"segment": len(self.segments), **asdict(segment)})
        self.segments.append(segment)

    def note_decoded(self, index: int) -> None:
        """Note that a segment could be decoded.

        Raises:
            OSError: The journal cannot be written.
        """
        self._journal.append({"decoded": index})
        self.decoded.add(index)

    def close(self) -> None:
        """Release the journal; safe to call twice."""
        self._journal.close()


def _segment(entry: Entry) -> Segment:
    return Segment(
        frames=int(entry["frames"]), size=int(entry["size"]), sha256=str(entry["sha256"])
    )


def _is_whole(path: Path, segment: Segment) -> bool:
    if not path.is_file() or path.stat().st_size != segment.size:
        return False
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != segment.sha256:
            return False
    try:
        return len(read_times(path)) == segment.frames > 0
    except ValueError:
        return False


def _changes(before: Mapping[str, object], now: Mapping[str, str]) -> list[str]:
    """Say what differs: "crf was 16, is 18"."""
    return [
        f"{name} was {before.get(name, 'not known')}, is {now.get(name, 'not known')}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
