"""What a training learns from: folders of clips, and how samples are cut from them."""

import math
from dataclasses import dataclass

from vsfilter.errors import OptionError

from .setting_refusal import refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """A folder of clips.

    Attributes:
        folder: Video files, folders of pictures, or an LMDB; relative to where training is started.
        low_folder: The small versions, of the same names; empty makes them.
        list: A file with the names of the clips that are used; empty uses all.
        weight: How often clips of it are used, over those of other sources.
        leave_out_licences: Clips whose stated licence contains one of these are not used.
        drawn: How many clips of text, line art and textures in motion are drawn beside them.
        panned: How many pans over still frames of them are made beside them.
    """

    folder: str
    low_folder: str = ""
    list: str = ""
    weight: float = 1.0
    leave_out_licences: tuple[str, ...] = ()
    drawn: int = 0
    panned: int = 0

    def __post_init__(self) -> None:
        """Refuse a source that is never used, and pans that would lack their small versions."""
        refuse("drawn", self.drawn, "a number from 0", self.drawn < 0)
        is_given = bool(self.low_folder and self.panned)
        refuse("panned", self.panned, "0, as low_folder gives small versions", is_given)
        refuse("panned", self.panned, "a number from 0", self.panned < 0)
        refuse("weight", self.weight, "a number above 0", not 0 < self.weight < float("inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """What it learns from.

    Attributes:
        folder: As in `SourceSettings`, where there is one source; else `[[sources]]` name them.
        low_folder: As there.
        list: As there.
        leave_out_licences: As there.
        drawn: As there.
        panned: As there.
        validation: Names of clips that are kept for choosing the best weights, or patterns of
            them: `film_*` for all scenes of a film.
        validation_folder: A folder of such clips, as `folder`; what lies in both is not learned.
        validation_frames: Most frames of such a clip that are used, from its start.
        shrink: Sizes at which the ground truth is used.
        patch: Side of the input patches, in px.
        frames: Frames of a sample.
        batch: Samples a step, in all processes together.
        mirror: Samples run on backwards after their last frame, so that they have twice as many
            frames for the same pictures read.
        workers: Threads that make batches ahead of the training.
        memory_gb: Clips are held in memory when they need less than this; else samples are read
            from the disk when they are needed.
    """

    folder: str = ""
    low_folder: str = ""
    list: str = ""
    leave_out_licences: tuple[str, ...] = ()
    drawn: int = 0
    panned: int = 0
    validation: tuple[str, ...] = ()
    validation_folder: str = ""
    validation_frames: int = 100
    shrink: tuple[float, ...] = (1.0,)
    patch: int = 32
    frames: int = 7
    batch: int = 8
    mirror: bool = False
    workers: int = 1
    memory_gb: float = 4.0

    def __post_init__(self) -> None:
        """Refuse samples that hold nothing."""
        for name in ("validation_frames", "patch", "frames", "batch", "workers"):
            refuse(name, getattr(self, name), "at least 1", getattr(self, name) < 1)
        is_empty = not self.shrink or not all(0 < factor < math.inf for factor in self.shrink)
        refuse("shrink", self.shrink, "numbers above 0", is_empty)
        refuse("memory_gb", self.memory_gb, "a number from 0", not self.memory_gb >= 0)


def list_sources(
    data: DataSettings, sources: tuple[SourceSettings, ...]
) -> tuple[SourceSettings, ...]:
    """List the sources of a recipe.

    Raises:
        OptionError: There is none, or both `[data]` and `[[sources]]` say something of them.
    """
    if bool(data.folder) == bool(sources):
        raise OptionError("give data.folder, or tables [[sources]] with folders")
    for name in ("low_folder", "list", "leave_out_licences", "drawn", "panned"):
        if sources and getattr(data, name):
            raise OptionError(
                f"data.{name} is {getattr(data, name)!r}, but [[sources]] name the folders: set it "
                "in each of these"
            )
    if sources:
        return sources
    return (
        SourceSettings(
            folder=data.folder,
            low_folder=data.low_folder,
            list=data.list,
            leave_out_licences=data.leave_out_licences,
            drawn=data.drawn,
            panned=data.panned,
        ),
    )
