"""The weights that come with the package."""

from pathlib import Path

from vsfilter.weights import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="fast-x4",
        file=FOLDER / "fast-x4.safetensors",
        scale=4,
        sha256="a4205eabdc2d17d8243a701d36c202725bb84cd222b657ccf76d8a194dc5e93e",
        source="trained by vsfilter, recipe basicvsr_fast_x4",
        licence="Apache-2.0",
        degradation=("BI",),
        context=3,  # docs/windows.md
    ),
    NamedWeights(
        name="good-x4",
        file=FOLDER / "good-x4.safetensors",
        scale=4,
        sha256="8b74746455609c4b4c2fbc9347f78cbce2b1a82be43b2a88dc36bc1206fc9c93",
        source="trained by vsfilter, recipe basicvsr_good_x4",
        licence="Apache-2.0",
        degradation=("BI",),
        context=6,  # docs/windows.md
        quality="good",
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
    NamedWeights(
        name="good-x2",
        file=FOLDER / "good-x2.safetensors",
        scale=2,
        sha256="3eefed8fa03b4550fe027b9ca27dad66c48919e268af2825d6049678f1423e32",
        source="trained by vsfilter, recipe basicvsr_good_x2",
        licence="Apache-2.0",
        degradation=("BI",),
        context=6,  # docs/windows.md
        quality="good",
    ),
    NamedWeights(
        name="restore-fast-x1",
        file=FOLDER / "restore-fast-x1.safetensors",
        scale=1,
        sha256="ffffed2b46eb983b9e0afabb75dedb4b71a75dc720deaf9908bf4debe34fc20d",
        source="trained by vsfilter, recipe basicvsr_restore_x1",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
    ),
)
