"""The weights that come with the package."""

from pathlib import Path

from vsfilter.weights import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="fast-x4",
        file=FOLDER / "fast-x4.safetensors",
        scale=4,
        sha256="368b7d5de6a4a27c1de2580065f900eb1207f099f63cd8625e1466504a961d02",
        source="trained by vsfilter, recipe basicvsr_fast_x4",
        licence="Apache-2.0",
        degradation=("BI",),
        context=3,  # docs/windows.md
    ),
    NamedWeights(
        name="good-x4",
        file=FOLDER / "good-x4.safetensors",
        scale=4,
        quality="good",
        sha256="03dbce58b238e5d9670782e98640225c1cf556df36df87bdfbe7c10c22225cf7",
        source="trained by vsfilter, recipe basicvsr_good_x4",
        licence="Apache-2.0",
        degradation=("BI",),
        context=4,  # docs/windows.md
    ),
    NamedWeights(
        name="fast-x2",
        file=FOLDER / "fast-x2.safetensors",
        scale=2,
        sha256="c00b80715056c4db7956da2c43e8a7292bbd11be94924e36b5382a7b1b8c9cb5",
        source="trained by vsfilter, recipe basicvsr_fast_x2",
        licence="Apache-2.0",
        degradation=("BI",),
        context=3,  # docs/windows.md
    ),
)
