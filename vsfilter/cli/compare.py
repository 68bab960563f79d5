"""The command `vsr compare`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vsfilter.cli.report import FrameProgress, show_warnings

if TYPE_CHECKING:
    from vsfilter.compare.result import ComparedClip, Comparison
    from vsfilter.compare.shown_pairs import ShownFrames


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="A file, folder of images or .vpy script.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one, of any size.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page: an .html file.")] = Path(
        "compare.html"
    ),
    frames: Annotated[
        str | None,
        typer.Option(help="Frames of A to show: 0,50,120, or FIRST:END to spread them there."),
    ] = None,
    count: Annotated[int, typer.Option(help="Most frames shown, with the worst ones.")] = 12,
    offset: Annotated[
        int | None,
        typer.Option(help="Frame of A that is the first of B; default: by number or time."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", "-y", help="Replace the page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a report on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.")] = False,
) -> None:
    """Set two clips side by side on one HTML page, with PSNR and SSIM of every frame."""
    import shlex

    from vsfilter.compare.comparison import Callbacks, compare_clips
    from vsfilter.compare.page import render_page
    from vsfilter.compare.page_file import PageFile

    show_warnings(quiet=quiet)
    shown = _parse_frames(frames, count)
    reporter = _Reporter(quiet=quiet)
    callbacks = Callbacks(scan=reporter.scan, begin=reporter.begin, pair=reporter.pair)
    with PageFile(output, inputs=(a, b), overwrite=overwrite) as page:
        try:
            comparison = compare_clips(a, b, shown=shown, offset=offset, callbacks=callbacks)
        finally:
            reporter.close()
        command = shlex.join(["vsr", *sys.argv[1:]])
        size = page.write(render_page(comparison, command=command))
    if as_json:
        import json

        print(json.dumps(_report(comparison, output, size)))
    elif not quiet:
        print(_summary(comparison, output, size), file=sys.stderr)


def _parse_frames(text: str | None, count: int) -> ShownFrames:
    from vsfilter.compare.shown_pairs import ShownFrames
    from vsfilter.errors import OptionError

    if text is None:
        return ShownFrames(count=count)
    try:
        if ":" in text:
            start, end = text.split(":")
            return ShownFrames(count=count, part=(int(start), int(end)))
        return ShownFrames(count=count, numbers=tuple(int(word) for word in text.split(",")))
    except OptionError:
        raise
    except ValueError as error:
        raise OptionError(
            f"frames is {text!r}: give frame numbers such as 0,50,120, or FIRST:END"
        ) from error


class _Reporter:
    """Tells the user what happens."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._progress: FrameProgress | None = None

    def scan(self, path: str) -> None:
        if not self._quiet:
            print(f"{path}: counting frames", file=sys.stderr)

    def begin(self, count: int) -> None:
        self._progress = FrameProgress(count, quiet=self._quiet)

    def pair(self, done: int) -> None:
        if self._progress is not None:
            self._progress.update(done)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.close()


def _summary(comparison: Comparison, output: Path, size: int) -> str:
    import math

    psnr = comparison.mean_psnr_y
    measured = "no difference" if math.isinf(psnr) else f"PSNR {psnr:.2f} dB"
    shown, count = len(comparison.pictures.pairs), len(comparison.pairs)
    return (
        f"{output}: {measured}, SSIM {comparison.mean_ssim_y:.4f}; "
        f"{shown} of {count} frames shown, {size / 1e6:.1f} MB"
    )


def _report(comparison: Comparison, output: Path, size: int) -> dict[str, Any]:
    """Give what --json prints: Any, as JSON has values of every kind."""
    import math

    def clip(of: ComparedClip) -> dict[str, Any]:
        return {
            "path": of.path,
            "width": of.info.width,
            "height": of.info.height,
            "frames": of.frame_count,
            "duration_s": of.duration_s,
        }

    def finite(value: float) -> float | None:
        return value if math.isfinite(value) else None

    frames = comparison.pairs.a
    return {
        "page": str(output),
        "bytes": size,
        "a": clip(comparison.a),
        "b": clip(comparison.b),
        "width": comparison.size.width,
        "height": comparison.size.height,
        "paired_by": comparison.pairs.by,
        "frames": len(comparison.pairs),
        "equal_frames": comparison.equal_count,
        "psnr_y": finite(comparison.mean_psnr_y),
        "psnr_y_least": finite(min(comparison.psnr_y)),
        "ssim_y": comparison.mean_ssim_y,
        "ssim_y_least": min(comparison.ssim_y),
        "worst_by_psnr": [frames[index] for index in comparison.worst_psnr],
        "worst_by_ssim": [frames[index] for index in comparison.worst_ssim],
        "shown": [frames[index] for index in comparison.pictures.pairs],
    }
