"""The bundled backends keep the contract, in small."""

import json
import pickle
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.fresh_python import run
from vsfilter.discovery import find_backend
from vsfilter.testing import CHECKS, Case
from vsfilter.testing.process import leaves_the_process_as_it_is
from vsfilter.weights import save_weights

FLOW = {"flow_levels": 2, "flow_widths": [8], "flow_kernel": 3, "flow_finest": 1}
BASICVSR = {"channels": 8, "blocks": 1, **FLOW}
EDVR = {"channels": 8, "groups": 2, "extract_blocks": 1, "reconstruct_blocks": 1}
DEBLUR = {**EDVR, "has_predeblur": True, "is_hr_in": True}
PLUS_PLUS = {**BASICVSR, "groups": 4, "extract_blocks": 1, "reconstruct_blocks": 1, "tail_width": 8}
REAL = {**BASICVSR, "tail_width": 0, "cleaning_channels": 8, "cleaning_blocks": 1}
NETWORKS = {
    "basicvsr": ("basicvsr", {**BASICVSR, "scale": 2, "tail_width": 0}),
    "iconvsr": ("iconvsr", {**BASICVSR, "groups": 2, "extract_blocks": 1, "keyframe_stride": 3}),
    "basicvsrpp": ("basicvsrpp", PLUS_PLUS),
    "basicvsrpp, same size": ("basicvsrpp", {**PLUS_PLUS, "scale": 1}),
    "edvr": ("edvr", EDVR),
    "edvr, no tsa, 7 frames": ("edvr", {**EDVR, "has_tsa": False, "frames": 7}),
    "edvr, predeblur, centre 1": ("edvr", {**EDVR, "has_predeblur": True, "center": 1}),
    "edvr, deblurring": ("edvr", DEBLUR),
    "realbasicvsr": ("realbasicvsr", REAL),
}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Give a case for each bundled backend and variant, most with small random networks."""
    folder = tmp_path_factory.mktemp("weights")
    made = {
        "bicubic": Case(backend="bicubic", has_exact_windows=True),
        "bundled": Case(backend="basicvsr", module_options=NETWORKS["basicvsr"][1]),
    }
    for number, (name, (backend, options)) in enumerate(NETWORKS.items()):
        file = folder / f"{number}.safetensors"
        save_new(file, backend, options)
        made[name] = Case(
            backend=backend,
            weights=file,
            module_options=options,
            is_trained=False,
            has_exact_windows=backend == "edvr",
        )
    made["spandrel"] = Case(
        backend="spandrel", weights=save_compact(folder / "compact.pth"), is_trained=False
    )
    made["edvr, two stages"] = Case(
        backend="edvr",
        weights=f"{made['edvr'].weights}+{made['edvr, deblurring'].weights}",
        module_options=EDVR,
        is_trained=False,
        has_exact_windows=True,
    )
    made["realbasicvsr, dynamic"] = Case(
        backend="realbasicvsr",
        weights=made["realbasicvsr"].weights,
        options={"refine_threshold": 1.5, "sequential_cleaning": True},
        module_options=REAL,
        is_trained=False,
    )
    return made


def save_new(file, backend, options):
    """Save a network of random weights, alignments included, which begin at zero."""
    torch.manual_seed(1)
    module = find_backend(backend).create(**options)
    for parameter in module.parameters():
        parameter.data += 0.01 * torch.randn_like(parameter)
    save_weights(
        file, module.state_dict(), {"backend": backend, "options": options, "scale": module.scale}
    )


def save_compact(file):
    """Save a single-image network of the spandrel library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a foreign library and its kin warn of on import
        from spandrel.architectures.Compact import Compact
    torch.manual_seed(1)
    torch.save({"params": Compact(num_feat=8, num_conv=1, upscale=2).state_dict()}, file)
    return file


VARIANTS = ("edvr, two stages", "realbasicvsr, dynamic", "spandrel")
NAMES = ("bicubic", "bundled", *NETWORKS, *VARIANTS)
PAIRS = [
    pytest.param(name, check, id=f"{name}-{check.__name__}")
    for name in NAMES
    for check in CHECKS
    if check is not leaves_the_process_as_it_is or name == "bicubic"
]
RUN_ALL = """
import json, pathlib, pickle, sys
from vsfilter.testing.process import find_traces
cases = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())
print(json.dumps({name: find_traces(case) for name, case in cases.items()}))
"""


@pytest.mark.parametrize(("name", "check"), PAIRS)
def test_a_bundled_backend_keeps_the_contract(cases, name, check):
    check(cases[name])


@pytest.mark.parametrize("name", NAMES)
def test_restored_frames_lie_row_by_row(cases, name):
    """Else every copy of a frame takes ten times as long."""
    model = cases[name].load(precision="bf16").model
    restored = model.restore(torch.rand(3, 3, 16, 20, device=cases[name].device))
    assert restored.stride(-1) == 1


def test_no_bundled_backend_changes_the_process(cases, tmp_path):
    """Run them in one process, where the check would start one for each."""
    unloaded = {name: replace(case) for name, case in cases.items()}
    (tmp_path / "cases").write_bytes(pickle.dumps(unloaded))
    done = run("-c", RUN_ALL, str(tmp_path / "cases"), folder=ROOT)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: [] for name in NAMES}
