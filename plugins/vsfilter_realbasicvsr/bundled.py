"""The weights that come with the package."""

from pathlib import Path

from vsfilter.weights import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="real-fast-x4",
        file=FOLDER / "real-fast-x4.safetensors",
        scale=4,
        sha256="ef13247fcb3fc6ed2c28109f975724a4cd511c2a1915149fe44b33a5db2e7df2",
        source="trained by vsfilter, recipe realbasicvsr_fast_x4",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
    ),
    NamedWeights(
        name="real-fast-x2",
        file=FOLDER / "real-fast-x2.safetensors",
        scale=2,
        sha256="6a7574ac6d987489a15debdeef995b098e7def91b48f440f21c9ca07a01a6dd1",
        source="trained by vsfilter, recipe realbasicvsr_fast_x2",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
    ),
)
