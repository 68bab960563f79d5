"""Clips to train on, each with its small version where that is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vsfilter.errors import OptionError

from .clip import Clip, Scene
from .clips import LOW_PART, find_clips, list_clips
from .data_settings import SourceSettings
from .frame_folders import folder_name


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedClip:
    """A clip, or a scene of one, and its small version.

    Attributes:
        high: The ground truth.
        low: Its given small version, frame by frame; None where that is made.
    """

    high: Clip
    low: Clip | None = None

    @property
    def name(self) -> str:
        """Name of the clip."""
        return self.high.name

    @property
    def versions(self) -> tuple[Clip, ...]:
        """The clip, and its small version where that is given."""
        return (self.high,) if self.low is None else (self.high, self.low)

    def part(self, scene: Scene) -> PairedClip:
        """Give a scene of the clip with the same frames of its small version."""
        if self.low is None:
            return PairedClip(high=scene)
        return PairedClip(
            high=scene, low=Scene(clip=self.low, start=scene.start, count=scene.count)
        )


def list_pairs(source: SourceSettings) -> list[PairedClip]:
    """List the clips of a source that may be used, in the order of `list_clips`.

    A small version has the name of its clip; that of a video may lack the suffix, as `vsr data
    imresize` names it. Clips that lack theirs are listed too; see `refuse_missing`.

    Raises:
        SourceError: There are no clips, or no small versions where they are given.
        OptionError: Two clips would have the same small version; see also `list_clips`.
    """
    clips = list_clips(source)
    if not source.low_folder:
        return [PairedClip(high=clip) for clip in clips]
    lows = find_clips(Path(source.low_folder), part=LOW_PART)
    exact = {low.name: low for low in lows}
    short = {folder_name(low): low for low in lows}
    found = (exact.get(clip.name, short.get(folder_name(clip))) for clip in clips)
    pairs = [PairedClip(high=clip, low=low) for clip, low in zip(clips, found, strict=True)]
    _refuse_shared(source, pairs)
    return pairs


def refuse_missing(source: SourceSettings, pairs: Sequence[PairedClip]) -> None:
    """Refuse clips of a source that lack their small versions where those are given.

    Raises:
        OptionError: One does.
    """
    if source.low_folder and (missing := sorted(p.name for p in pairs if p.low is None)):
        raise OptionError(f"'{source.low_folder}' has no clip named {missing[0]!r}")


def _refuse_shared(source: SourceSettings, pairs: Sequence[PairedClip]) -> None:
    """Refuse a small version of two clips, which the suffix of a video would tell apart."""
    owners: dict[str, str] = {}
    for pair in pairs:
        if pair.low is None:
            continue
        owner = owners.setdefault(pair.low.name, pair.name)
        if owner != pair.name:
            raise OptionError(
                f"{pair.low.name!r} in '{source.low_folder}' would be the small version of "
                f"{owner!r} and of {pair.name!r}: rename one of them and its small version"
            )
