"""The commands `vsr data ...`: looking at and preparing what a training learns from."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .each_clip import fail_if_any, write_each, write_folders

if TYPE_CHECKING:
    from .clip import Clip

app = typer.Typer(no_args_is_help=True, help="What a training learns from.")


Clips = Annotated[
    Path, typer.Argument(metavar="CLIPS", help="A video, or a folder of clips; or an LMDB.")
]
Out = Annotated[Path, typer.Argument(metavar="OUT", help="A folder; made when missing.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Keep the folders of an earlier run, and write the others.")
]


@app.command()
def preview(
    recipe: Annotated[Path, typer.Argument(help="A TOML file; see train/recipes.")],
    clip: Annotated[Path, typer.Argument(help="A video file, or a folder of pictures.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.png", help="The sheet.")],
    *,
    frame: Annotated[int, typer.Option(help="Number of the frame, from 0.")] = 0,
    seed: Annotated[int, typer.Option(help="Draws the first; each next one by the next.")] = 0,
    count: Annotated[int, typer.Option(help="Degradations shown.")] = 7,
    side: Annotated[int, typer.Option(help="Side of the shown part, in px.")] = 256,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the recipe."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the sheet.")] = False,
) -> None:
    """Show what a recipe's degradations make of a clip, on one sheet."""
    from .network import make_module
    from .preview import Look, check_sheet_path, make_sheet, save_sheet
    from .recipe import read_recipe

    check_sheet_path(out, overwrite=overwrite)
    look = Look(frame=frame, seed=seed, count=count, side=side)
    settings = read_recipe(recipe, changes=tuple(changes or ()))
    _, scale = make_module(settings)
    save_sheet(make_sheet(settings, clip, look, scale=scale), out)


@app.command()
def index(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Holds the clips.")],
) -> None:
    """Find scenes, static and repeated ones, and damage; write FOLDER/index.json for trainings."""
    from .clip_index import refuse_unwritable, write_index
    from .clip_scan import scan_all
    from .clips import find_clips

    clips = find_clips(folder)
    refuse_unwritable(folder)
    write_index(folder, scan_all(clips, partial(typer.echo, err=True)))


@app.command()
def check(
    clips: Clips,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Decode every frame; name what is damaged, static or repeated; fail if anything is damaged."""
    import json
    from dataclasses import asdict

    from .clip_scan import scan_all
    from .clips import open_clips

    found = scan_all(open_clips(clips), partial(typer.echo, err=as_json))
    if as_json:
        typer.echo(json.dumps([asdict(clip) for clip in found], indent=1))
    if damaged := sum(bool(clip.damage) for clip in found):
        typer.echo(f"{damaged} of {len(found)} clips are damaged", err=True)
        raise typer.Exit(1)


@app.command()
def extract(clips: Clips, out: Out, *, resume: Resume = False) -> None:
    """Write all frames as PNG, a folder for each clip; damaged ones are left out."""
    write_folders(clips, out, lambda frame: frame, resume=resume)


@app.command()
def split(
    clips: Clips,
    out: Out,
    *,
    shortest: Annotated[int, typer.Option(min=1, help="Frames that a scene has to have.")] = 7,
    longest: Annotated[int, typer.Option(min=1, help="Frames of one folder.")] = 100,
    resume: Resume = False,
) -> None:
    """Write scenes as PNG, a folder for each; static and repeated ones are left out."""
    from .clip_scan import scan
    from .clips import open_clips
    from .frame_folders import Lengths, refuse_equal_names, write_scenes

    opened, lengths = open_clips(clips), Lengths(shortest=shortest, longest=longest)
    refuse_equal_names(opened)
    for clip, found in zip(opened, scan(opened), strict=True):
        written = write_scenes(clip, found, out, lengths, resume=resume)
        typer.echo(f"{found.summary}; {written} folders", err=True)


@app.command()
def lmdb(
    clips: Clips, out: Annotated[Path, typer.Argument(metavar="OUT.lmdb", help="Is made.")]
) -> None:
    """Write clips into an LMDB; damaged ones are left out. Needs pip install vsfilter[lmdb]."""
    from .lmdb_writer import LmdbWriter

    with LmdbWriter(out) as writer:
        left_out = write_each(clips, lambda clip: f"{writer.add(clip)} frames")
        writer.finish()
    typer.echo(f"{writer.count} frames", err=True)
    fail_if_any(left_out)


@app.command()
def imresize(
    clips: Clips,
    out: Out,
    *,
    scale: Annotated[int, typer.Option(help="Times smaller.")] = 4,
    kind: Annotated[str, typer.Option(help="bi (MATLAB's bicubic) or bd (blur-down).")] = "bi",
    resume: Resume = False,
) -> None:
    """Write small versions as PNG; the sides are cropped to a multiple of the scale."""
    from .frame_folders import shrinker

    write_folders(clips, out, shrinker(scale, kind), resume=resume)


@app.command()
def subimages(
    clips: Clips,
    out: Out,
    *,
    side: Annotated[int, typer.Option(help="Of a sub-image, in px.")] = 480,
    step: Annotated[int, typer.Option(help="From one to the next, in px.")] = 240,
    threshold: Annotated[int, typer.Option(help="Least rest for one more, in px.")] = 48,
    resume: Resume = False,
) -> None:
    """Write sub-images as PNG, a folder for each place: small files are read faster."""
    from .sub_images import Grid, write_sub_images

    grid = Grid(side=side, step=step, threshold=threshold)

    def write(clip: Clip) -> str:
        return f"{write_sub_images(clip, out, grid, resume=resume)} folders"

    fail_if_any(write_each(clips, write))


@app.command()
def draw(out: Out, *, clips: Annotated[int, typer.Option(min=1, help="How many.")] = 12) -> None:
    """Draw the clips of text, line art and textures that data.drawn adds, as folders of PNG."""
    from .drawn.drawn_clip import drawn_clips
    from .frame_folders import write_frames

    for clip in drawn_clips(clips):
        typer.echo(f"{clip.name}: {write_frames(clip.frames(), out / clip.name)} frames", err=True)
