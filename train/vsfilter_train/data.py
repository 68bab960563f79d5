"""The clips of a recipe: which are learned from, and which measure what was learned."""

import logging
from collections.abc import Sequence, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from vsfilter.errors import OptionError, SourceError

from .clip_index import apply_index
from .data_settings import SourceSettings, list_sources
from .drawn.drawn_clip import FRAMES as DRAWN_FRAMES
from .paired_clip import PairedClip, list_pairs, refuse_missing
from .pairs import HeldPair, Pair, read_pairs
from .panned_clip import FRAMES as PANNED_FRAMES
from .panned_clip import panned_clips
from .samples import Samples, fits
from .settings import Recipe
from .stored_pairs import store_pairs

log = logging.getLogger(__name__)
GB = 1e9
MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What a training sees.

    Attributes:
        samples: Random batches to learn from.
        validation: Whole clips that are not learned from.
    """

    samples: Samples
    validation: list[HeldPair]


def load_data(recipe: Recipe, *, scale: int, side: int) -> Data:
    """Find the clips of a recipe; read them where they fit into its memory.

    Args:
        recipe: Names them.
        scale: Size of the ground truth over that of the input.
        side: Side of a sample's input, in px.

    Raises:
        SourceError: There are no clips.
        OptionError: A validation clip is missing, or no clip is large and long enough.
    """
    data = recipe.data
    sources = list_sources(data, recipe.sources)
    listed = [list_pairs(source) for source in sources]
    _refuse_long_samples(data.frames, sources)
    held_out = _choose_validation(recipe, [clip for clips in listed for clip in clips])
    held = {_stamp(clip) for clip in held_out}  # by whichever setting, and in whichever folder
    log.info("reading %d clips", sum(len(clips) for clips in listed))
    learned = [
        _choose_learned(source, clips, held) for source, clips in zip(sources, listed, strict=True)
    ]
    pairs: list[Pair] = []
    shares: list[float] = []
    needed_gb = _size_gb([clip for clips in learned for clip in clips], data.shrink, scale)
    needed_gb += _size_gb(held_out, (1.0,), scale, most_frames=data.validation_frames)
    is_small = needed_gb <= data.memory_gb
    if not is_small:
        log.info(
            "more than data.memory_gb: samples are read when they are needed; "
            "vsr data index tells how many frames there are, and where the cuts are"
        )
    make = read_pairs if is_small else store_pairs
    for source, clips in zip(sources, learned, strict=True):
        if source.low_folder and data.shrink != (1.0,):
            raise OptionError("shrink has other sizes than 1, but the small versions are given")
        found = make(clips, scale=scale, shrink=data.shrink)
        pairs += found
        fitting = [pair for pair in found if fits(pair, side=side, frames=data.frames)]
        _tell_unfit(source.folder, found, fitting, f"{data.frames} frames of {side}x{side} px")
        shares += [_share(source, fitting)] * len(found)
    samples = Samples(
        pairs,
        shares=shares if len(sources) > 1 else None,
        side=side,
        frames=data.frames,
        batch=data.batch,
        seed=recipe.schedule.seed,
    )
    validation = read_pairs(held_out, scale=scale, most_frames=data.validation_frames)
    return Data(samples=samples, validation=validation)


def _tell_unfit(folder: str, found: Sequence[Pair], fitting: Sequence[Pair], wanted: str) -> None:
    """Name the clips that no sample fits into, at any of their sizes."""
    names = {pair.name for pair in found}
    unfit = sorted(names - {pair.name for pair in fitting})
    if unfit:
        shown = ", ".join(unfit[:MOST_NAMED]) + (", ..." if len(unfit) > MOST_NAMED else "")
        form = "%d of %d clips in '%s' are not used, as they have not %s: %s"
        log.warning(form, len(unfit), len(names), folder, wanted, shown)


def _choose_learned(
    source: SourceSettings, clips: Sequence[PairedClip], held: Set[str]
) -> list[PairedClip]:
    """Give the scenes of a source that are learned from, then the pans over their frames."""
    validation = [clip for clip in clips if _stamp(clip) in held]
    others = [clip for clip in clips if _stamp(clip) not in held]
    scenes = apply_index(Path(source.folder), others)
    refuse_missing(source, [*scenes, *validation])
    pans = panned_clips([scene.high for scene in scenes], source.panned)
    return [*scenes, *(PairedClip(high=pan) for pan in pans)]


def _choose_validation(recipe: Recipe, clips: Sequence[PairedClip]) -> list[PairedClip]:
    data = recipe.data
    wanted = data.validation
    if missing := [each for each in wanted if not any(_is_one_of(c, [each]) for c in clips)]:
        raise OptionError(
            f"validation clip '{Path(data.folder) / missing[0]}' does not exist or is barred: set "
            "data.validation to names of clips in the folder, or to patterns such as 'film_*'"
        )
    held_out = [clip for clip in clips if _is_one_of(clip, wanted)]
    if data.validation_folder:  # its small versions are made: those of a training are not its own
        held_out += list_pairs(SourceSettings(folder=data.validation_folder))
    return held_out


def _is_one_of(clip: PairedClip, wanted: Sequence[str]) -> bool:
    """Tell whether a clip is named, or fits a pattern: scenes of one film are `film_*`."""
    return any(clip.name == each or fnmatchcase(clip.name, each) for each in wanted)


def _stamp(clip: PairedClip) -> str:
    """Tell clips apart by their files; which cannot be read is said when they are."""
    try:
        return clip.high.stamp()
    except OSError:
        return clip.name


def _refuse_long_samples(frames: int, sources: Sequence[SourceSettings]) -> None:
    """Refuse samples that fit into none of the clips which are made for them."""
    for name, most in (("drawn", DRAWN_FRAMES), ("panned", PANNED_FRAMES)):
        if frames > most and any(getattr(source, name) for source in sources):
            raise OptionError(
                f"frames is {frames}, but such clips have {most}: set data.frames to {most} or "
                f"fewer, or {name} to 0"
            )


def _share(source: SourceSettings, pairs: Sequence[Pair]) -> float:
    """Give what a pixel of a source counts, so that sources count by their weights.

    Args:
        source: States its weight.
        pairs: Those of its pairs that samples are cut from.
    """
    sizes = [pair.low_size for pair in pairs]
    pixels = sum(size.frames * size.height * size.width for size in sizes)
    return source.weight / max(1, pixels)


def _size_gb(
    clips: Sequence[PairedClip],
    shrink: Sequence[float],
    scale: int,
    *,
    most_frames: int | None = None,
) -> float:
    """Estimate what clips and their small versions need in memory."""
    values = 0
    for clip in clips:
        try:
            size = clip.high.size()
        except SourceError:
            continue  # said when it is read
        frames = size.frames if most_frames is None else min(size.frames, most_frames)
        values += frames * size.height * size.width * 3
    factor = sum(n**2 for n in shrink) * (1 if scale == 1 else 1 + 1 / scale**2)
    return values * factor / GB
