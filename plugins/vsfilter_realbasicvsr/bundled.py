"""The weights that come with the package."""

from pathlib import Path

from vsfilter.weights import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="real-fast-x4",
        file=FOLDER / "real-fast-x4.safetensors",
        scale=4,
        sha256="afaabd595cae50f8d3973c19ea47c215546a7ed80516b8a26044412ebc66cd6b",
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
        sha256="decac299c6c814180edb77c39eb281c6a78bd227a43f8f9d187a2acf0997f2aa",
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
