import json

import pytest
import torch
from torch import nn

from tests.fresh_python import run
from tests.ready_process import run_entry
from vsfilter.bench.case import Case
from vsfilter.bench.measure import make_clip
from vsfilter.bench.plain import plain_network, run_plainly
from vsfilter.errors import OptionError
from vsfilter_edvr.architecture import Architecture
from vsfilter_edvr.edvr import EDVR
from vsfilter_edvr.model import EdvrModel

VSR = ("-c", "import sys; sys.argv[0] = 'vsr'; from vsfilter.cli.main import run; run()")


@pytest.mark.parametrize("padding", ["replicate", "reflection_circle"])
def test_the_plain_run_of_a_sliding_window_gives_its_pictures(padding):
    torch.manual_seed(1)
    design = Architecture(
        channels=8, groups=2, extract_blocks=1, reconstruct_blocks=1, padding=padding
    )
    model = EdvrModel(EDVR(design), device="cpu", precision="fp32")
    frames = make_clip(6, 24, 16)
    with torch.inference_mode():
        expected = model.restore(frames)
        plain = run_plainly(plain_network(model), frames)
    assert torch.allclose(plain, expected, atol=1e-6)


def test_the_clip_of_the_measurement_is_in_range_and_moves():
    clip = make_clip(3, 40, 30)
    assert clip.shape == (3, 3, 30, 40)
    assert clip.min() >= 0
    assert clip.max() <= 1
    assert (clip[1] - clip[0]).abs().mean() > 0.01


@pytest.mark.parametrize("wrong", [{"width": 0}, {"height": -1}, {"frames": 0}])
def test_a_case_without_pixels_or_frames_is_refused(wrong):
    with pytest.raises(OptionError, match="give at least 1"):
        Case(model="basicvsr", **wrong)


def test_the_command_measures_each_model_and_size():
    flags = ("--model", "basicvsr", "--model", "bicubic", "--size", "32x24", "--frames", "2")
    done = run(*VSR, "bench", *flags, "--json")
    network, bicubic = json.loads(done.stdout)
    assert (network["weights"], network["scale"], network["core"]) == ("fast-x4", 4, 2)
    assert (network["width"], network["height"], network["device"]) == (32, 24, "cpu")
    assert min(network["fps"], network["plain_fps"], network["peak_gflops"]) > 0
    assert network["ratio"] > 0
    assert 0 < network["share_of_peak"] < 1
    assert network["context_cost"] > 1
    assert network["memory_mb"] > 100
    assert network["psnr_to_plain"] is None or network["psnr_to_plain"] > 60
    assert bicubic["fps"] > 0
    assert (bicubic["weights"], bicubic["plain_fps"], bicubic["ratio"]) == (None, None, None)


def test_an_untrained_network_of_any_size_is_measured():
    size = ("--option", "channels=8", "--option", "extract_blocks=1", "--option", "groups=4")
    flags = ("--model", "edvr", "--untrained", *size, "--size", "32x24", "--frames", "1", "--json")
    (result,) = json.loads(run(*VSR, "bench", *flags).stdout)
    assert result["weights"] == "untrained channels=8 extract_blocks=1 groups=4"
    assert result["scale"] == 4
    assert result["fps"] > 0


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--size", "320"), "size is '320'"),
        (("--model", "nosuch"), "nosuch"),
        (("--weights", "fast-x4"), "name the one --model"),
        (("--option", "channels=8"), "give both"),
        (
            ("--model", "bicubic", "--untrained", "--weights", "x"),
            "an untrained network takes none",
        ),
        (("--model", "edvr", "--untrained", "--option", "chanels=8"), "has no option 'chanels'"),
    ],
)
def test_wrong_usage_is_one_line(flags, message):
    done = run_entry("vsfilter.cli.main:run", "bench", *flags)
    assert done.returncode == 1
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr


class Fourths(nn.Module):
    """Wants sides that are multiples of 4, and enlarges by 2."""

    def forward(self, clips):
        assert clips.shape[-1] % 4 == clips.shape[-2] % 4 == 0
        return clips.repeat_interleave(2, -1).repeat_interleave(2, -2)


def test_the_plain_run_pads_for_a_network_that_wants_multiples():
    clip = make_clip(3, 18, 10)
    restored = run_plainly(Fourths(), clip, multiple=4)
    assert torch.equal(restored, clip.repeat_interleave(2, -1).repeat_interleave(2, -2))
