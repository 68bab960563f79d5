"""The weights that come with the package."""

from pathlib import Path

from vsfilter.weights import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="real-fast-x4",
        file=FOLDER / "real-fast-x4.safetensors",
        scale=4,
        sha256="e41facb7d739ca9bc3156b6d897c11cd862d7be8a3e4438f5cc4c212ab6ac5f6",
        source="trained by vsfilter, recipe realbasicvsr_fast_x4",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
    ),
    NamedWeights(
        name="real-good-x4",
        file=FOLDER / "real-good-x4.safetensors",
        scale=4,
        sha256="58404426eed823c30d3cd11ed7bcf31b3cd1f54ad36a2364d1ed6b869fdf091d",
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
        sha256="c2b78de757e1a6971835c673ee9bda19df32d05fac78cd7d7cd21b9516940fef",
        source="trained by vsfilter, recipe realbasicvsr_fast_x2",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
    ),
    NamedWeights(
        name="real-good-x2",
        file=FOLDER / "real-good-x2.safetensors",
        scale=2,
        sha256="5e08f95dbeffc658aad0c06c4378aff416417b236a718f692af60e1683822bb1",
        source="trained by vsfilter, recipe realbasicvsr_good_x2",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
        quality="good",
    ),
)
