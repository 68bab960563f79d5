"""The weights that come with the package."""

from pathlib import Path

from vsfilter.weights import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="edvr-fast-x4",
        file=FOLDER / "edvr-fast-x4.safetensors",
        scale=4,
        sha256="1800b9010155bf36b9585f727e5c922f12b9758b085bef9132bad1a53663d155",
        source="trained by vsfilter, recipe edvr_fast_x4",
        licence="Apache-2.0",
        degradation=("BI",),
    ),
)
