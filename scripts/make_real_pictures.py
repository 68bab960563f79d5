"""Draw what the bundled sets make of a real damaged clip: lettering, faces and passers-by.

Usage: uv run scripts/make_real_pictures.py CLIP

CLIP is realbasicvsr_demo_000 (640x360 px), the clip 000 of RealBasicVSR's demo, and the pictures
are those between the marks `<!-- begin real -->` and `<!-- end real -->` of docs/real-video.md.
Nothing is made small before: there is no ground truth, only bicubic to compare with.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from make_before_after import Pixels, restore_frame
from page_sections import replace_section

from vsfilter.discovery import find_source
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "real-video.md"
FRAME = 7
PANEL_W, PANEL_H = 480, 320
GAP_PX = 8
LABEL_PX = 28
SETS = {
    4: ("basicvsr:fast-x4", "realbasicvsr:real-fast-x4", "realbasicvsr:real-good-x4"),
    2: ("basicvsr:fast-x2", "realbasicvsr:real-fast-x2", "realbasicvsr:real-good-x2"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A part of the clip's picture.

    Attributes:
        name: What is to be seen there.
        x: Its centre, in px of the input from the left.
        y: Its centre, in px of the input from the top.
    """

    name: str
    x: int
    y: int


PLACES = (
    Place(name="lettering", x=208, y=160),
    Place(name="face", x=248, y=140),
    Place(name="passers-by", x=318, y=195),
)


def main() -> None:
    """Restore the frame with each set, draw the places, and write the page's section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", help="realbasicvsr_demo_000, 640x360 px")
    clip = parser.parse_args().clip
    parts = []
    for scale, models in SETS.items():
        panels = restore_with_all(clip, models)
        parts.append(f"### {scale} times larger")
        for place in PLACES:
            path = PAGE.parent / "images" / f"real-x{scale}-{place.name}.jpg"
            path.write_bytes(draw(panels, place, scale))
            print(f"{path}: {path.stat().st_size} bytes")
            parts.append(f"![{place.name}: {', '.join(panels)}](images/{path.name})")
    text = replace_section(PAGE.read_text(encoding="utf-8"), "real", "\n\n".join(parts))
    PAGE.write_text(text, encoding="utf-8", newline="\n")


def restore_with_all(clip: str, models: tuple[str, ...]) -> dict[str, Pixels]:
    """Enlarge the frame by bicubic and by each set; (h, w, 3), RGB, by name."""
    panels: dict[str, Pixels] = {}
    for model in models:
        with (
            find_source(clip).open(clip) as reader,
            Restorer(
                Settings(model=model), width=reader.info.width, height=reader.info.height
            ) as restorer,
        ):
            bicubic, restored = restore_frame(reader, FRAME, restorer)
        panels["bicubic"] = bicubic
        panels[model.split(":")[1]] = restored
    return panels


def draw(panels: dict[str, Pixels], place: Place, scale: int) -> bytes:
    """Magnify the same part of each picture to panels side by side; a JPEG."""
    zoom = 8 // scale
    h, w = PANEL_H // zoom, PANEL_W // zoom
    top, left = place.y * scale - h // 2, place.x * scale - w // 2
    columns = []
    for words, picture in panels.items():
        part = picture[top : top + h, left : left + w]
        large = cv2.resize(part, (PANEL_W, PANEL_H), interpolation=cv2.INTER_NEAREST)
        label = np.full((LABEL_PX, PANEL_W, 3), 255, dtype=np.uint8)
        font = cv2.FONT_HERSHEY_DUPLEX
        cv2.putText(label, words, (2, 20), font, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
        gap = np.full((LABEL_PX + PANEL_H, GAP_PX, 3), 255, dtype=np.uint8)
        columns += [np.concatenate([label, large]), gap]
    page = cv2.cvtColor(np.concatenate(columns[:-1], axis=1), cv2.COLOR_RGB2BGR)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 92, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    _, data = cv2.imencode(".jpg", page, quality)
    return data.tobytes()


if __name__ == "__main__":
    main()
