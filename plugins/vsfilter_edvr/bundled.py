"""The weights that come with the package."""

from pathlib import Path

from vsfilter.weights import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="edvr-fast-x4",
        file=FOLDER / "edvr-fast-x4.safetensors",
        scale=4,
        sha256="e312142a6c1a4e848534b306fbf52df852058cdb7ace32166c7c63d1f2b09039",
        source="trained by vsfilter, recipe edvr_fast_x4",
        licence="Apache-2.0",
        degradation=("BI",),
    ),
)
