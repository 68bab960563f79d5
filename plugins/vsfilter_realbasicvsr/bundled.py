"""The weights that come with the package."""

from pathlib import Path

from vsfilter.weights import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="real-fast-x4",
        file=FOLDER / "real-fast-x4.safetensors",
        scale=4,
        sha256="e2087f678216e5cea76c4101c514b8e3104bb8a6bd8a2b8a76e318cab35c0308",
        source="trained by vsfilter, recipe realbasicvsr_fast_x4",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
    ),
    NamedWeights(
        name="real-good-x4",
        file=FOLDER / "real-good-x4.safetensors",
        scale=4,
        sha256="3cc5b90527546e82f94cde3f215c1532d794edcd74c7853d4046a674792f56f1",
        source="trained by vsfilter, recipe realbasicvsr_good_x4",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
        quality="good",
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
