"""The weights that come with the package."""

from pathlib import Path

from vsfilter.weights import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="real-fast-x4",
        file=FOLDER / "real-fast-x4.safetensors",
        scale=4,
        sha256="71e711ccf1652e73ea5e10a945f54a8fcd08df3efa06401dc1203dad50d9de3c",
        source="trained by vsfilter, recipe realbasicvsr_fast_x4",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
    ),
    NamedWeights(
        name="real-good-x4",
        file=FOLDER / "real-good-x4.safetensors",
        scale=4,
        sha256="e4ea20adb9a24c8c62c62fbc78f854805c54c7d47b3d3103bcc9acc803a734cd",
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
        sha256="a45ba2be9ed9ac75c88a19d8aa569960bfa058d673428a19db18c68a0590ca24",
        source="trained by vsfilter, recipe realbasicvsr_good_x2",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
        quality="good",
    ),
)
