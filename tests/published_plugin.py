"""A plugin, installed by a real entry point, whose weights are published on a test's server."""

import hashlib
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file

from tests.fresh_python import install
from tests.small_models import SMALL, save_basicvsr

CODE = """
from pathlib import Path

from vsfilter.weights import read_published
from vsfilter.plugin import Backend, hookimpl


def load(weights, *, device, precision, **options):
    from vsfilter.weights import read_checkpoint, resolve_weights
    from vsfilter_basicvsr.checkpoint import load_network
    from vsfilter_basicvsr.model import RecurrentModel

    file = resolve_weights(weights, TINY.weights, backend="tiny")
    return RecurrentModel(load_network(read_checkpoint(file)), device=device, precision=precision)


TINY = Backend(
    name="tiny",
    summary="a small model whose weights are published",
    scales=(4,),
    core=4,
    context=1,
    load=load,
    weights=read_published(Path(__file__).with_name("published.toml")),
)


@hookimpl
def vsfilter_backends():
    return [TINY]
"""

TABLE = """
[[publisher]]
source = "a project"
page = "https://example.org/tiny"
licence = "MIT"

[[publisher.weights]]
name = "tiny-reds"
file = "{file}"
sha256 = "{sha256}"
scale = 4
degradation = ["BI"]
url = "{url}"
scores = [["Vid4 (BI)", "Y", 27.5, 0.83]]

[[publisher.weights]]
name = "tiny-shop"
file = "tiny_shop.pth"
sha256 = "00000000"
scale = 4
degradation = ["real"]
"""


def save_official(path: Path, *, seed: int = 1) -> Path:
    """Save a small BasicVSR as BasicSR would, so that its backend is found by its keys."""
    # the flow of a published checkpoint works at full size, and no tensor would show another
    ours = save_basicvsr(path.with_suffix(".safetensors"), replace(SMALL, flow_finest=0))
    state = {key: value * seed for key, value in load_file(ours).items()}
    ours.unlink()
    torch.save({"params": state}, path)
    return path


def install_published(folder: Path, content: bytes, *, url: str, module: str) -> str:
    """Install the plugin into a folder of distributions; give the name of the published file."""
    digest = hashlib.sha256(content).hexdigest()
    install(folder, module, CODE)
    file = f"tiny_reds-{digest[:8]}.pth"
    table = TABLE.format(file=file, sha256=digest[:8], url=url)
    (folder / "published.toml").write_text(table)
    return file
