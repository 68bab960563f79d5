"""The weights that come with the package."""

from pathlib import Path

from vsfilter.weights import NamedWeights

FOLDER = Path(__file__).parent / "weights"

BUNDLED = (
    NamedWeights(
        name="fast-x4",
        file=FOLDER / "fast-x4.safetensors",
        scale=4,
        sha256="7609e7b9e8cfd7afa3d37c25e6dc992ca3b8eaac55e4da440566ea4ee7ad4c09",
        source="trained by vsfilter, recipe basicvsr_fast_x4",
        licence="Apache-2.0",
        degradation=("BI",),
        context=3,  # docs/windows.md
    ),
    NamedWeights(
        name="good-x4",
        file=FOLDER / "good-x4.safetensors",
        scale=4,
        sha256="b02c85f18f1c2b5ee6606db798ff211b6476a48a52187763769758c1cdcc619d",
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
        sha256="dcece04a72672bdf1f4a74316b1e909178bbf967de971a7acfa455bdbdde7ee7",
        source="trained by vsfilter, recipe basicvsr_fast_x2",
        licence="Apache-2.0",
        degradation=("BI",),
        context=4,  # docs/windows.md
    ),
    NamedWeights(
        name="good-x2",
        file=FOLDER / "good-x2.safetensors",
        scale=2,
        sha256="373eca2bdafd2d8f4ed206b50101243798813dd83291a64d5fe36276d1643423",
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
        sha256="cba8b53e6acfdbc40ce068fbcbeba34bd69e3758276488360740b11dae855660",
        source="trained by vsfilter, recipe basicvsr_restore_x1",
        licence="Apache-2.0",
        degradation=("real",),
        context=3,  # docs/windows.md
    ),
)
