r"""Bring the facts, figures and data on the card of a bundled set up to date.

Usage: uv run scripts/make_model_card.py fast-x4 --data DIR [--gt DIR] [--real DIR]

DIR of --data is the folder that it was trained on, whose `manifest.json` states where clips come
from; --gt and --real are clips to measure it on. What stands in docs/models/NAME.md outside the
marks is written by hand.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from page_sections import replace_section

from vsfilter.discovery import backends
from vsfilter.engine.settings import Settings
from vsfilter.evaluation.clip_list import list_clips
from vsfilter.evaluation.evaluate import evaluate_clip, evaluate_real
from vsfilter.plugin import Backend
from vsfilter.weights import Checkpoint, NamedWeights, read_checkpoint

ROOT = Path(__file__).parent.parent
CARDS = ROOT / "docs" / "models"


def main() -> None:
    """Read, measure, and write what lies between the marks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="a bundled set")
    parser.add_argument("--data", type=Path, help="the folder that it was trained on")
    parser.add_argument("--gt", type=Path, help="clips with ground truth")
    parser.add_argument("--real", type=Path, help="clips without")
    arguments = parser.parse_args()
    backend, item = find(arguments.name)
    checkpoint = read_checkpoint(Path(str(item.file)))
    sections = {"facts": facts(backend, item, checkpoint)}
    if arguments.data is not None:
        sections["data"] = data(checkpoint, arguments.data / "manifest.json")
    if arguments.gt is not None:
        sections["quality"] = quality(item.name, arguments.gt)
    if arguments.real is not None:
        sections["real"] = real(item.name, arguments.real)
    page = CARDS / f"{item.name}.md"
    text = page.read_text(encoding="utf-8")
    for name, body in sections.items():
        text = replace_section(text, name, body)
    page.write_text(text, encoding="utf-8", newline="\n")
    print(f"{page}: {', '.join(sections)}")


def find(name: str) -> tuple[Backend, NamedWeights]:
    """Find a bundled set by its name."""
    for backend in backends().values():
        for item in backend.bundled:
            if item.name == name:
                return backend, item
    raise SystemExit(f"no bundled set is named {name!r}")


def facts(backend: Backend, item: NamedWeights, checkpoint: Checkpoint) -> str:
    """Write what it is."""
    header = checkpoint.header
    recipe = item.source.rpartition(" ")[2]
    parameters = sum(tensor.numel() for tensor in checkpoint.state.values())
    options = ", ".join(f"{key} {value}" for key, value in sorted(header["options"].items()))
    metrics = header["metrics"]
    rows = {
        "model": f"`{backend.name}`, {item.quality}",
        "scale": str(item.scale),
        "architecture": options,
        "parameters": f"{parameters / 1e6:.2f} M",
        "undoes": ", ".join(item.degradation),
        "licence": item.licence,
        "recipe": f"[train/recipes/{recipe}.toml](../../train/recipes/{recipe}.toml)",
        "chosen": f"step {metrics['step']:,}, {metrics['validation_psnr_y']:.3f} dB on the "
        "recipe's validation clips",
        "file": f"{checkpoint.path.stat().st_size:,} bytes; its header holds the recipe and the "
        "list of clips",
    }
    return "\n".join(
        ["| | |", "| --- | --- |", *(f"| {key} | {row} |" for key, row in rows.items())]
    )


def data(checkpoint: Checkpoint, manifest: Path) -> str:
    """Write where the clips come from that it was trained on."""
    clips = {clip["file"]: clip for clip in json.loads(manifest.read_text(encoding="utf-8"))}
    names = checkpoint.header["data"]
    used = [clips[name] for name in names if not name.startswith("drawn_")]
    drawn = len(names) - len(used)
    count: Counter[tuple[str, str]] = Counter()
    frames: Counter[tuple[str, str]] = Counter()
    for clip in used:
        source = (clip["source_repo"], clip["repo_licence"])
        count[source] += 1
        frames[source] += clip["frames"]
    lines = [
        f"{len(used)} clips of {sum(frames.values()):,} frames from public repositories"
        f"{f', and {drawn} that the training draws itself' if drawn else ''}. What these state:",
        "",
        "| source | licence stated | clips | frames |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {repository} | {licence} | {number} | {frames[repository, licence]} |"
        for (repository, licence), number in count.most_common()
    ]
    return "\n".join(lines)


def quality(name: str, folder: Path) -> str:
    """Measure it on clips with ground truth."""
    lines = [
        "| clip | frames | PSNR | SSIM | bicubic PSNR | bicubic SSIM | margin |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    scores = [evaluate_clip(clip, Settings(weights=name)) for clip in list_clips(folder)]
    lines += [
        f"| {score.clip} | {score.frames} | {score.psnr_y:.3f} | {score.ssim_y:.4f} | "
        f"{score.bicubic_psnr_y:.3f} | {score.bicubic_ssim_y:.4f} | **{score.margin:+.3f} dB** |"
        for score in scores
    ]
    mean = sum(score.margin for score in scores) / len(scores)
    return "\n".join([*lines, f"| mean | | | | | | **{mean:+.3f} dB** |"])


def real(name: str, folder: Path) -> str:
    """Measure it on clips without ground truth."""
    lines = [
        "| clip | frames | NIQE | bicubic NIQE | blur | bicubic blur | flicker | shift |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for clip in list_clips(folder):
        score = evaluate_real(clip, Settings(weights=name))
        lines.append(
            f"| {score.clip} | {score.frames} | {score.niqe:.2f} | {score.bicubic_niqe:.2f} | "
            f"{score.blur:.3f} | {score.bicubic_blur:.3f} | {score.flicker:.2f} | "
            f"{score.shift:+.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
