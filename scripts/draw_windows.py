"""Draw the curve of docs/windows.md out of what scripts/measure_windows.py measured.

python scripts/draw_windows.py FILE.json... > table.md
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import TypedDict

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "windows.svg"
CORE = 16
"""The core whose positions are drawn."""
CONTEXTS = (0, 1, 2, 3, 4, 6)
LOWEST_DB, HIGHEST_DB = 40, 80
WIDTH, HEIGHT = 720, 400
LEFT, TOP, PLOT_W, PLOT_H = 60, 30, 560, 310
COLOURS = ("#b2182b", "#ef8a62", "#c9a227", "#1b7837", "#2166ac", "#542788")


class Figure(TypedDict):
    """What measure_windows.py tells of a grid on a clip; levels and losses are of its frames."""

    core: int
    context: int
    blend: int
    to_whole_db: list[float]
    lost_db: list[float]


Figures = list[Figure]


def main() -> None:
    """Write the picture, and print the table."""
    measured = [each for name in sys.argv[1:] for each in json.loads(Path(name).read_text())]
    plain = [each for each in measured if each["blend"] == 0]
    PICTURE.write_text(draw(plain), encoding="utf-8")
    print_table(plain)


def by_position(measured: Figures, core: int, context: int) -> list[float]:
    """Give the median level for each place in the core, over clips and inner windows, in dB."""
    found: dict[int, list[float]] = defaultdict(list)
    for each in measured:
        if (each["core"], each["context"]) != (core, context):
            continue
        levels = each["to_whole_db"]
        windows = -(-len(levels) // core)
        for number, level in enumerate(levels):
            # the ends of the clip have nothing beyond them that a window could miss
            is_inner = (number // core > 0 or number % core >= core // 2) and (
                number // core < windows - 1 or number % core < core // 2
            )
            if is_inner:
                found[number % core].append(level)
    return [median(found[place]) for place in sorted(found)]


def draw(measured: Figures) -> str:
    """Draw one line for each context: level to the whole clip's result by place in the core."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for mark in range(LOWEST_DB, HIGHEST_DB + 1, 10):
        y = _y(mark)
        parts.append(f'<path d="M{LEFT} {y}h{PLOT_W}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{mark}</text>')
    for place in range(CORE):
        parts.append(
            f'<text x="{_x(place)}" y="{TOP + PLOT_H + 20}" text-anchor="middle">{place}</text>'
        )
    for context, colour in zip(CONTEXTS, COLOURS, strict=True):
        levels = by_position(measured, CORE, context)
        points = " ".join(f"{_x(place)},{_y(level)}" for place, level in enumerate(levels))
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        y = _y(levels[-1])
        parts.append(f'<text x="{_x(CORE - 1) + 10}" y="{y + 4}" fill="{colour}">{context}</text>')
    middle = f'x="{LEFT + PLOT_W // 2}" y="{HEIGHT - 12}" text-anchor="middle"'
    parts += [
        f"<text {middle}>place in a core of {CORE}</text>",
        f'<text x="{LEFT}" y="18">dB to the result of the whole clip (median)</text>',
        f'<text x="{_x(CORE - 1) + 10}" y="18">context</text>',
        "</svg>\n",
    ]
    return "\n".join(parts)


def _x(place: int) -> float:
    return round(LEFT + 20 + (PLOT_W - 40) * place / (CORE - 1), 1)


def _y(level: float) -> float:
    share = (min(max(level, LOWEST_DB), HIGHEST_DB) - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB)
    return round(TOP + PLOT_H * (1 - share), 1)


def print_table(measured: Figures) -> None:
    """Print one row for each grid: mean and worst levels, largest loss, and cost."""
    groups: dict[tuple[int, int], Figures] = defaultdict(list)
    for each in measured:
        groups[each["core"], each["context"]].append(each)
    print("| core | context | mean dB | worst frame, dB | largest loss, dB | more frames |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (core, context), group in sorted(groups.items()):
        # frames that are equal would lift the mean beyond all meaning
        cut = [level for each in group for level in each["to_whole_db"] if level < 150]
        if not cut:
            continue
        lost = max(max(each["lost_db"]) for each in group)
        mean = sum(cut) / len(cut)
        print(
            f"| {core} | {context} | {mean:.1f} | {min(cut):.1f} | {max(0, lost):.4f} | "
            f"{100 * context / core:.0f} % |"
        )


if __name__ == "__main__":
    main()
