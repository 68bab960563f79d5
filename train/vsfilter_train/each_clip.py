"""Going through clips, writing something of each, and telling of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from .clip import Clip, Pixels


def write_folders(
    clips: Path, out: Path, change: Callable[[Pixels], Pixels], *, resume: bool
) -> None:
    """Write the changed frames of each clip into a folder of its name."""
    from .frame_folders import folder_name, is_written, write_frames

    def write(clip: Clip) -> str:
        folder = out / folder_name(clip)
        if is_written(folder, resume=resume):
            return "is there already"
        return f"{write_frames(map(change, clip.frames()), folder)} frames"

    fail_if_any(write_each(clips, write))


def write_each(path: Path, write: Callable[[Clip], str]) -> str:
    """Write something of each clip; tell how many damaged ones were left out, if any."""
    from vsfilter.errors import SourceError

    from .clips import open_clips
    from .frame_folders import refuse_equal_names

    left_out = 0
    clips = open_clips(path)
    refuse_equal_names(clips)
    for clip in clips:
        try:
            typer.echo(f"{clip.name}: {write(clip)}", err=True)
        except SourceError as error:
            typer.echo(f"{clip.name} left out: {error}", err=True)
            left_out += 1
    return f"{left_out} of {len(clips)} clips are damaged" if left_out else ""


def fail_if_any(left_out: str) -> None:
    """End with an error if clips were left out."""
    if left_out:
        typer.echo(left_out, err=True)
        raise typer.Exit(1)
