import builtins
import json

import pytest
import torch
from safetensors.torch import load_file

import vsfilter
from tests.golden_case import GOLDEN, read_meta, read_weights
from tests.published_plugin import save_official
from tests.small_models import SMALL, save_basicvsr
from vsfilter.errors import WeightsError
from vsfilter.weights import read_checkpoint
from vsfilter.weights.inspection import convert_weights, inspect_weights

FP32 = {"device": "cpu", "precision": "fp32"}
PARTS = ("keys", "ops", "spynet_basicsr", "spynet_mmagic")  # no models
CASES = sorted(p.name for p in GOLDEN.iterdir() if p.is_dir() and p.name not in PARTS)


def save_case(case, path):
    """Write a golden case as its project publishes it."""
    state = read_weights(case)
    if read_meta(case)["arch"].endswith("Net"):  # mmagic's names of classes
        state = {f"generator.{key}": value for key, value in state.items()}
        torch.save({"meta": {}, "state_dict": {**state, "step_counter": torch.zeros(1)}}, path)
    else:
        torch.save({"params": state}, path)
    return path


def assert_same_results(official, file):
    frames = torch.rand(2, 3, 12, 16)
    with torch.inference_mode():
        restored = vsfilter.load(weights=file, **FP32).restore(frames)
        assert torch.equal(restored, official.restore(frames))


@pytest.mark.parametrize("case", CASES)
def test_a_converted_checkpoint_has_the_same_tensors_and_restores_the_same(case, tmp_path):
    source = save_case(case, tmp_path / "official.pth")
    target = tmp_path / "ours.safetensors"
    found = convert_weights(source, target)
    official = vsfilter.load(weights=source, **FP32)
    state = load_file(target)
    expected = official.module.state_dict()
    assert set(state) == set(expected)
    assert all(torch.equal(state[key], value) for key, value in expected.items())
    header = read_checkpoint(target).header
    assert (header["backend"], header["scale"]) == (found.backend, official.scale)
    assert header["options"] == json.loads(json.dumps(found.options))
    assert header["converted_from"] == {"file": "official.pth", "sha256": found.sha256}
    assert_same_results(official, target)


def test_the_middle_that_a_project_is_used_to_is_kept(tmp_path):
    """EDVR of mmagic restores frame 2 of its window, also where there are seven; BasicSR 3."""
    state = read_weights("edvr_7f")
    torch.save({"params": state}, tmp_path / "basicsr.pth")
    named = {key.replace("conv_l2_1.", "feat_l2_conv1.conv."): v for key, v in state.items()}
    named = {f"generator.{key}": value for key, value in named.items()}
    torch.save({"state_dict": named}, tmp_path / "mmagic.pth")
    for project, center in (("basicsr", None), ("mmagic", 2)):
        target = tmp_path / f"{project}.safetensors"
        assert convert_weights(tmp_path / f"{project}.pth", target).options["center"] == center
        official = vsfilter.load(weights=tmp_path / f"{project}.pth", **FP32)
        assert_same_results(official, target)


def test_the_published_sizes_are_counted_as_in_the_papers(tmp_path):
    index = json.loads((GOLDEN / "keys" / "index.json").read_text())["basicvsr_basicsr"]
    keys = json.loads((GOLDEN / "keys" / "basicvsr_basicsr.json").read_text())
    state = {key: torch.zeros(()).expand(shape) for key, shape in keys}
    torch.save({"params": state}, tmp_path / "full.pth")
    found = inspect_weights(tmp_path / "full.pth")
    assert found.parameters == index["num_params"]
    assert (found.backend, found.scale, found.layout) == ("basicvsr", 4, "params")
    assert (found.options["channels"], found.options["blocks"]) == (64, 30)
    assert found.published is None
    assert found.header == {}


def test_a_file_of_ours_is_described_by_its_header(tmp_path):
    found = inspect_weights(save_basicvsr(tmp_path / "ours.safetensors"))
    assert found.options["channels"] == SMALL.channels
    assert found.header["backend"] == found.backend == "basicvsr"
    bundled = vsfilter.backends()["basicvsr"].bundled[0]
    found = inspect_weights(bundled.file)
    assert found.published == bundled
    assert found.header["recipe"]["model"]["backend"] == "basicvsr"


def test_what_is_converted_already_or_goes_elsewhere_is_refused(tmp_path):
    official = save_official(tmp_path / "official.pth")
    with pytest.raises(WeightsError, match=r"does not end in \.safetensors"):
        convert_weights(official, tmp_path / "ours.pth")
    with pytest.raises(WeightsError, match="cannot be written"):
        convert_weights(official, tmp_path / "missing" / "ours.safetensors")
    convert_weights(official, tmp_path / "ours.safetensors")
    with pytest.raises(WeightsError, match="in vsfilter's own format already"):
        convert_weights(tmp_path / "ours.safetensors", tmp_path / "again.safetensors")
    assert {path.name for path in tmp_path.iterdir()} == {"official.pth", "ours.safetensors"}


def test_a_file_that_no_model_reads_is_refused(tmp_path):
    torch.save({"params": {"body.weight": torch.zeros(1)}}, tmp_path / "foreign.pth")
    with pytest.raises(WeightsError, match=r"fit no installed model \(first key: 'body.weight'\)"):
        inspect_weights(tmp_path / "foreign.pth")


def test_a_file_that_carries_code_is_refused_and_the_code_is_not_run(tmp_path, monkeypatch):
    class Code:
        def __reduce__(self):
            return (exec, ("import builtins; builtins.was_run = True",))

    monkeypatch.setattr(builtins, "was_run", False, raising=False)
    torch.save({"params": read_weights("edvr_7f"), "extra": Code()}, tmp_path / "bad.pth")
    for refuse in (inspect_weights, lambda p: convert_weights(p, tmp_path / "ours.safetensors")):
        with pytest.raises(WeightsError, match="hold code"):
            refuse(tmp_path / "bad.pth")
    assert builtins.was_run is False
    assert [path.name for path in tmp_path.iterdir()] == ["bad.pth"]
