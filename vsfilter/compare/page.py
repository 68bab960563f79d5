"""The page of a comparison: one HTML file that needs nothing else."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from string import Template

from vsfilter.compare.result import Comparison
from vsfilter.compare.wording import clock, describe_clip, notes, short_names

_SCRIPTS = ("viewer.js", "plot.js", "page.js")
_MEASURED = (
    "PSNR and SSIM are those of the BT.601 luma on [0, 255], as papers report them, of the 8-bit "
    "RGB pictures shown here."
)


def render_page(comparison: Comparison, *, command: str) -> Iterator[str]:
    """Give the page in pieces, so that it never stands in memory as a whole.

    Args:
        comparison: What it shows.
        command: The command that it says it was made by.
    """
    head, tail = _read("page.html").split("$pictures")
    values = _values(comparison) | {"command": escape(command)}
    yield Template(head).substitute(values)
    yield from _pictures(comparison)
    yield Template(tail).substitute(values)


def _read(name: str) -> str:
    return (files("vsfilter.compare") / name).read_text(encoding="utf-8")


def _values(comparison: Comparison) -> dict[str, str]:
    name_a, name_b = map(escape, short_names(comparison))
    equal = comparison.equal_count
    count = f"{len(comparison.pairs)}"
    return {
        "title": f"{name_a} and {name_b} compared",
        "style": _read("page.css"),
        "script": "\n".join(_read(name) for name in _SCRIPTS),
        "name_a": name_a,
        "name_b": name_b,
        "facts_a": escape(describe_clip(comparison.a)),
        "facts_b": escape(describe_clip(comparison.b)),
        "psnr_mean": _decibels(comparison.mean_psnr_y),
        "psnr_least": _decibels(min(comparison.psnr_y)),
        "ssim_mean": f"{comparison.mean_ssim_y:.4f}",
        "ssim_least": f"{min(comparison.ssim_y):.4f}",
        "pair_count": f"{count} ({equal} of them equal)" if equal else count,
        "options": "\n".join(_options(comparison)),
        "worst": "\n".join(_worst(comparison)),
        "notes": "\n".join(f"<li>{escape(text)}</li>" for text in [_MEASURED, *notes(comparison)]),
        "data": _data(comparison),
    }


def _decibels(value: float) -> str:
    return "no difference" if math.isinf(value) else f"{value:.2f} dB"


def _data(comparison: Comparison) -> str:
    """Give the numbers for the script; `<` is written so that no name can end the element."""
    numbers = {
        "width": comparison.size.width,
        "height": comparison.size.height,
        "pixelAspect": float(comparison.size.pixel_aspect),
        "frames": list(comparison.pairs.a),
        "framesB": list(comparison.pairs.b),
        "times": [round(time, 3) for time in comparison.times_s],
        "psnr": [None if math.isinf(value) else round(value, 4) for value in comparison.psnr_y],
        "ssim": [round(value, 6) for value in comparison.ssim_y],
        "shown": list(comparison.pictures.pairs),
    }
    return json.dumps(numbers, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _options(comparison: Comparison) -> Iterator[str]:
    ranks = (("SSIM", comparison.worst_ssim), ("PSNR", comparison.worst_psnr))
    for index in comparison.pictures.pairs:
        words = [f"frame {comparison.pairs.a[index]}", clock(comparison.times_s[index])]
        worst = [name for name, worst in ranks if index in worst]
        words += [f"low {' and '.join(worst)}"] if worst else []
        yield f'<option value="{index}">{", ".join(words)}</option>'


def _pictures(comparison: Comparison) -> Iterator[str]:
    size = f'width="{comparison.size.width}" height="{comparison.size.height}"'
    names = [escape(name) for name in short_names(comparison)]
    for index, pair in comparison.pictures.pairs.items():
        yield f'<div class="pair" data-index="{index}" hidden>\n'
        sides = (("a", comparison.pairs.a, pair.a), ("b", comparison.pairs.b, pair.b))
        for (letter, numbers, picture), name in zip(sides, names, strict=True):
            alt = f"Frame {numbers[index]} of {letter.upper()}, {name}"
            yield f'<img class="{letter}" {size} decoding="sync" draggable="false" alt="{alt}" '
            yield f'src="{picture.data_uri}">\n'
        yield "</div>\n"


def _worst(comparison: Comparison) -> Iterator[str]:
    if not comparison.worst_psnr:
        yield "<p>No frame differs.</p>"
        return
    yield from _worst_table("By SSIM", comparison.worst_ssim, comparison)
    yield from _worst_table("By PSNR", comparison.worst_psnr, comparison)


def _worst_table(caption: str, indices: Iterable[int], comparison: Comparison) -> Iterator[str]:
    yield f"<table><caption>{caption}</caption>"
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Frame", "Time", "PSNR", "SSIM"))
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    for index in indices:
        frame = str(comparison.pairs.a[index])
        if index in comparison.pictures.pairs:
            frame = f'<button type="button" data-show="{index}">{frame}</button>'
        cells = (
            clock(comparison.times_s[index]),
            _decibels(comparison.psnr_y[index]),
            f"{comparison.ssim_y[index]:.4f}",
        )
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        yield f'<tr><th scope="row">{frame}</th>{row}</tr>'
    yield "</tbody></table>"
