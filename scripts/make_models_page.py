"""Bring the tables and the pictures of docs/models.md up to date.

Usage: uv run scripts/make_models_page.py CLIP

The tables are counted on the networks themselves (minutes, no weights). CLIP is a clip of high
resolution, from whose frame the pictures are made; without it they stay as they are. What stands
in the page outside the marks `<!-- begin NAME -->` and `<!-- end NAME -->` is written by hand.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from model_costs import Cost, count_cost
from model_pictures import View, compare, draw
from page_sections import replace_section
from published_models import PUBLISHED

from vsfilter.discovery import backends
from vsfilter.plugin import Backend
from vsfilter.weights import read_checkpoint
from vsfilter.weights.folder import file_of

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "models.md"
IMAGES = PAGE.parent / "images"
COMPARISON_ONLY = "bicubic"


def main() -> None:
    """Count, draw, and write what lies between the marks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?", type=Path, help="a clip of high resolution")
    parser.add_argument("--frame", type=int, default=3, help="number of the frame, from 0")
    parser.add_argument(
        "--at", default="310,292", metavar="X,Y", help="centre of the magnified part, in px"
    )
    arguments = parser.parse_args()
    known = backends()
    sections = {"costs": costs_table(known), "windows": windows_table(known)}
    if arguments.clip is not None:
        x, y = map(int, arguments.at.split(","))
        view = View(clip=arguments.clip, frame=arguments.frame, x=x, y=y)
        sections["pictures"] = pictures(known, view)
    text = PAGE.read_text(encoding="utf-8")
    for name, body in sections.items():
        text = replace_section(text, name, body)
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    print(f"{PAGE}: {', '.join(sections)}")


def costs_table(known: dict[str, Backend]) -> str:
    """Make the table of all sizes: the bundled sets first, then the published ones."""
    rows = [
        "| model | size | scale | parameters | GFLOPs a frame | without context | for |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for backend in known.values():
        for item in backend.bundled:
            header = read_checkpoint(file_of(item)).header
            use = f"{header.get('summary', item.source)}; bundled"
            cost = count_cost(backend, header["options"], context=item.context)
            rows.append(_row(backend.name, f"**{item.name}**", cost, use))
        for size in PUBLISHED:
            if size.backend == backend.name:
                cost = count_cost(backend, size.options)
                rows.append(_row(backend.name, size.name, cost, size.use))
        if backend.create is None:
            scales = ", ".join(map(str, backend.scales))
            rows.append(f"| `{backend.name}` | | {scales} | | | | {backend.summary} |")
        print(f"counted {backend.name}")
    return "\n".join(rows)


def _row(backend: str, name: str, cost: Cost, use: str) -> str:
    millions = f"{cost.parameters / 1e6:.2f} M"
    return (
        f"| `{backend}` | {name} | {cost.scale} | {millions} | {cost.gflops:,.0f} "
        f"| {cost.gflops_alone:,.0f} | {use} |"
    )


def windows_table(known: dict[str, Backend]) -> str:
    """Make the table of the default windows and the papers."""
    rows = ["| model | core | context | paper |", "| --- | --- | --- | --- |"]
    rows += [
        f"| `{backend.name}` | {backend.core} | {backend.context} | {backend.paper} |"
        for backend in known.values()
    ]
    return "\n".join(rows)


def pictures(known: dict[str, Backend], view: View) -> str:
    """Draw a picture for each installed set of weights; say where there is none."""
    parts = []
    for backend in known.values():
        if backend.name == COMPARISON_ONLY:
            parts.append(_picture(view, backend.name, backend.name, is_blurred=False))
        for item in backend.bundled:
            is_blurred = read_checkpoint(file_of(item)).header.get("degradation") == "BD"
            model = f"{backend.name}:{item.name}"
            parts.append(_picture(view, model, f"{backend.name}-{item.name}", is_blurred))
        if backend.needs_weights and not backend.bundled:
            why = (
                "no trained weights come with it yet"
                if backend.create
                else "bring a file of your own"
            )
            parts.append(f"**`{backend.name}`**: {why}.")
    return "\n\n".join(parts)


def _picture(view: View, model: str, file: str, is_blurred: bool) -> str:
    comparison = compare(view, model, is_blurred=is_blurred)
    panels = {comparison.given: comparison.bicubic}
    if model != COMPARISON_ONLY:
        panels[model.replace(":", " ")] = comparison.restored
    panels["ground truth"] = comparison.truth
    path = IMAGES / f"model-{file}.png"
    path.write_bytes(draw(view, panels))
    print(f"{path}: {path.stat().st_size} bytes")
    words = " ".join(f"`{part}`" for part in model.split(":"))
    figures = f"{comparison.psnr_y:.2f} dB"
    if model != COMPARISON_ONLY:
        figures += f", {comparison.given} {comparison.bicubic_psnr_y:.2f} dB"
    return f"**{words}**: {figures}\n\n![{', '.join(panels)}](images/{path.name})"


if __name__ == "__main__":
    main()
