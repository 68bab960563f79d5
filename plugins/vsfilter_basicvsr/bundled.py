"""The weights that come with the package."""

from pathlib import Path

from vsfilter.plugin import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="fast-x4",
        file=FOLDER / "fast-x4.safetensors",
        scale=4,
        sha256="611f8acae08c0124773bc1c78106890b15a5d6da22d2fda867bc4230190f1a46",
        source="trained by vsfilter, recipe basicvsr_fast_x4",
        licence="Apache-2.0",
    ),
)
