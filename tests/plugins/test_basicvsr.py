import copy
import json

import pytest
import torch
import torch.nn.functional as F

import vsfilter
from tests.golden_case import (
    GOLDEN,
    assert_close,
    make_weights,
    read_input,
    read_meta,
    read_weights,
)
from vsfilter.errors import OptionError, WeightsError
from vsfilter_basicvsr.checkpoint import build, recognises, rename
from vsfilter_basicvsr.model import RecurrentModel
from vsfilter_basicvsr.options import Options
from vsfilter_basicvsr.spynet import SpyNet

CASES = ("basicvsr_basicsr", "basicvsr_mmagic")
GAINS = [("spynet.*", 0.5), (".*", 0.7)]


def save_as_published(case, path):
    """Write the weights of a case in the container in which its project publishes them."""
    state = read_weights(case)
    if case.endswith("mmagic"):
        state = {f"generator.{key}": value for key, value in state.items()}
        content = {"meta": {}, "state_dict": {**state, "step_counter": torch.zeros(1)}}
    else:
        content = {"params": state}
    torch.save(content, path)
    return path


@pytest.fixture
def small():
    torch.manual_seed(1)
    options = Options(
        channels=16,
        blocks=1,
        tail_width=0,
        flow_levels=2,
        flow_widths=(8,),
        flow_kernel=3,
        flow_finest=1,
    )
    return build(options).eval()


@pytest.mark.parametrize("case", ["spynet_basicsr", "spynet_mmagic"])
def test_spynet_equals_the_official_one(case):
    network = SpyNet()
    state = rename({f"spynet.{key}": value for key, value in read_weights(case).items()})
    network.load_state_dict({key.removeprefix("spynet."): v for key, v in state.items()})
    pairs = read_input(case)
    with torch.inference_mode():
        assert_close(network(pairs[:, 0], pairs[:, 1]), case)


@pytest.mark.parametrize("case", CASES)
def test_a_published_checkpoint_loads_without_a_config_and_equals_the_official_model(
    case, tmp_path
):
    file = save_as_published(case, tmp_path / "published.pth")
    model = vsfilter.load(weights=file, device="cpu", precision="fp32")
    with torch.inference_mode():
        restored = torch.stack([model.restore(clip) for clip in read_input(case)])
    assert model.scale == 4
    assert_close(restored, case)


@pytest.mark.parametrize("case", CASES)
def test_the_full_size_key_list_builds_exactly_that_state_dict(case, tmp_path):
    keys = json.loads((GOLDEN / "keys" / f"{case}.json").read_text())
    file = tmp_path / "full.pth"
    wrapper = "state_dict" if case.endswith("mmagic") else "params"
    state = make_weights(keys, GAINS)
    torch.save({wrapper: state}, file)
    module = vsfilter.load(weights=file, device="cpu", precision="fp32").module
    official = {key.removeprefix("generator.") for key in state} - {"step_counter"}
    assert (module.channels, len(module.forward_trunk.main[2])) == (64, 30)
    assert set(module.state_dict()) == set(rename(dict.fromkeys(official)))


def test_kept_frames_equal_those_of_the_whole_clip(small):
    clip = torch.rand(1, 7, 3, 20, 28)
    with torch.inference_mode():
        whole = small(clip)
        assert torch.allclose(small(clip, slice(2, 5)), whole[:, 2:5], atol=1e-6)
        assert small(clip, slice(3, 3)).shape == (1, 0, 3, 80, 112)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 2), (33, 47)])
@pytest.mark.parametrize("t", [1, 2])
def test_any_size_and_length_works(small, size, t):
    with torch.inference_mode():
        restored = small(torch.rand(1, t, 3, *size))
    assert restored.shape == (1, t, 3, 4 * size[0], 4 * size[1])
    assert restored.isfinite().all()


FOLDED = Options(
    channels=16, blocks=1, scale=1, fold=2, tail_width=0, flow_levels=1, flow_widths=(8,)
)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (6, 4), (33, 47)])
def test_a_folded_network_restores_any_size_at_its_own_size(size):
    torch.manual_seed(1)
    clip = torch.rand(1, 5, 3, *size)
    network = build(FOLDED).eval()
    with torch.inference_mode():
        whole = network(clip)
        assert torch.allclose(network(clip, slice(2, 4)), whole[:, 2:4], atol=1e-6)
    assert whole.shape == clip.shape
    assert (whole - clip).abs().max() > 0.01


def test_a_folded_network_is_the_published_one_on_folded_pictures():
    torch.manual_seed(1)
    network = build(FOLDED).eval()
    clip = torch.rand(1, 1, 3, 8, 12)
    no_features = torch.zeros(1, 16, 4, 6)
    with torch.inference_mode():
        known = torch.cat((F.pixel_unshuffle(clip[:, 0], 2), no_features), dim=1)
        both = torch.cat((network.backward_trunk(known), network.forward_trunk(known)), dim=1)
        residual = network.tail.conv_last(F.leaky_relu(network.fusion(both), 0.1))
        expected = clip[:, 0] + F.pixel_shuffle(residual, 2)
        assert torch.allclose(network(clip)[:, 0], expected, atol=1e-6)


def test_what_a_folded_network_carries_follows_the_flow_at_its_size():
    network = build(FOLDED).eval()
    seen = []
    network.spynet.register_forward_hook(lambda module, pictures, flow: seen.append(pictures))
    clip = torch.arange(48.0).view(1, 1, 1, 4, 12).expand(1, 2, 3, 4, 12) / 48
    with torch.inference_mode():
        network(clip)
    first, second = seen[0]
    assert torch.allclose(first, F.avg_pool2d(clip[:, 0], 2))
    assert first.shape == second.shape == (1, 3, 2, 6)


def test_a_folded_network_has_no_wide_tail():
    with pytest.raises(OptionError, match="no wide tail for scale 4 and fold 2"):
        Options(fold=2)


def test_bf16_stays_within_60_db_of_fp32(small):
    frames = torch.rand(5, 3, 24, 32)
    low = RecurrentModel(copy.deepcopy(small), device="cpu", precision="bf16")
    full = RecurrentModel(small, device="cpu", precision="fp32")
    with torch.inference_mode():
        error = (low.restore(frames) - full.restore(frames)).square().mean()
    assert -10 * torch.log10(error) >= 60


def test_only_basicvsr_keys_are_recognised():
    for case in CASES:
        assert recognises(read_weights(case))
    assert not recognises(read_weights("spynet_basicsr"))
    assert not recognises([*read_weights("basicvsr_basicsr"), "image_cleaning.0.weight"])


def test_a_checkpoint_with_missing_keys_is_refused_with_their_names(tmp_path):
    state = read_weights("basicvsr_basicsr")
    del state["forward_trunk.main.2.1.conv2.bias"]
    torch.save({"params": state}, tmp_path / "cut.pth")
    with pytest.raises(WeightsError, match=r"forward_trunk\.main\.2\.1\.conv2\.bias"):
        vsfilter.load("basicvsr", tmp_path / "cut.pth")


def test_weights_of_another_architecture_are_refused(tmp_path):
    torch.save({"params": read_weights("spynet_basicsr")}, tmp_path / "spynet.pth")
    with pytest.raises(WeightsError, match="not of BasicVSR"):
        vsfilter.load("basicvsr", tmp_path / "spynet.pth")
    with pytest.raises(WeightsError, match="fit no installed model"):
        vsfilter.load(weights=tmp_path / "spynet.pth")


def test_an_unknown_option_is_refused_by_name():
    with pytest.raises(OptionError, match="strides"):
        vsfilter.load("basicvsr", strides=2)


def test_the_golden_cases_are_of_the_sizes_they_state():
    for case in CASES:
        kwargs = read_meta(case)["kwargs"]
        channels = kwargs.get("num_feat") or kwargs["mid_channels"]
        assert read_weights(case)["fusion.weight"].shape == (channels, 2 * channels, 1, 1)
