"""The weights that come with the package."""

from pathlib import Path

from vsfilter.weights import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="real-fast-x4",
        file=FOLDER / "real-fast-x4.safetensors",
        scale=4,
        sha256="3d587de467c8480bc271ce7174196e6041430a4f9a765c46b51ea61c16099608",
        source="trained by vsfilter, recipe realbasicvsr_fast_x4",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
    ),
    NamedWeights(
        name="real-good-x4",
        file=FOLDER / "real-good-x4.safetensors",
        scale=4,
        sha256="0fe1ce23f4b334e3615d055422f11bcd7d27a27ec95e58d51f2911b31859abcf",
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
