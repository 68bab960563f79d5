"""Write the table of published weights in docs/weights.md anew from the plugins' data.

Usage: uv run scripts/weights_table.py
"""

from pathlib import Path

import vsfilter
from vsfilter.weights import NamedWeights, PublishedFile

DOCUMENT = Path(__file__).parents[1] / "docs" / "weights.md"
START, END = "<!-- table: scripts/weights_table.py -->\n", "<!-- end of table -->"


def table() -> str:
    """Give the table as Markdown."""
    rows = ["| name | scale | undoes | published PSNR, SSIM | publisher | licence |"]
    rows.append("| --- | --- | --- | --- | --- | --- |")
    for backend in vsfilter.backends().values():
        for item in backend.weights:
            if isinstance(item.file, PublishedFile):
                publisher = f"[{item.source}]({item.file.page})"
                cells = [f"`{item.name}`", f"x{item.scale}", ", ".join(item.degradation)]
                cells += [score(item, item.file), publisher, item.licence]
                rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def score(item: NamedWeights, file: PublishedFile) -> str:
    """Give one figure: on data like those that the set was trained on."""
    scores = file.scores
    if "vimeo" in item.name:
        scores = tuple(s for s in scores if s.data in ("Vid4", f"Vid4 ({item.degradation[-1]})"))
    if not scores:
        return "none"
    best = scores[0]
    return f"{best.psnr:.2f} dB, {best.ssim:.4f} on {best.data}, {best.channel}"


def main() -> None:
    """Replace the table."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(START)
    DOCUMENT.write_text(before + START + table() + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
