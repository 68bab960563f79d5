import copy
import json
from dataclasses import asdict

import pytest
import torch

import vsfilter
from tests.golden_case import CONSTANTS, GOLDEN, assert_close, read_input, read_weights
from vsfilter.errors import OptionError, WeightsError
from vsfilter.weights import save_weights
from vsfilter_basicvsr.basicvsrpp import SecondOrderAlignment, Shape
from vsfilter_basicvsr.basicvsrpp_checkpoint import build, recognises
from vsfilter_basicvsr.basicvsrpp_options import PlusPlusOptions, parse_options
from vsfilter_basicvsr.checkpoint import rename
from vsfilter_basicvsr.model import RecurrentModel

CASES = ("basicvsrpp_mmagic", "basicvsrpp_sameres")
FULL_SIZE = {
    "basicvsrpp_c64n7_x4": (64, 7, 4),
    "basicvsrpp_c64n15_sameres": (64, 15, 1),
    "basicvsrpp_c128n25_x4": (128, 25, 4),
    "basicvsrpp_c128n25_sameres": (128, 25, 1),
}
KEY_LISTS = sorted(path.stem for path in (GOLDEN / "keys").glob("*_*.json"))
SMALL_FLOW = {"flow_levels": 2, "flow_widths": (8,), "flow_kernel": 3, "flow_finest": 1}
SMALL_SHAPE = {
    "channels": 8,
    "blocks": 1,
    "extract_blocks": 1,
    "reconstruct_blocks": 1,
    "groups": 4,
    "tail_width": 8,
}


def make_small(scale=4):
    torch.manual_seed(1)
    network = build(PlusPlusOptions(shape=Shape(scale=scale, **SMALL_SHAPE), **SMALL_FLOW))
    for alignment in network.deform_align.values():
        torch.nn.init.normal_(alignment.conv_offset[-1].weight, std=0.02)
    return network.eval()


def save_as_published(state, path):
    """Write weights in the container in which mmagic publishes them."""
    state = {f"generator.{key}": value for key, value in state.items()}
    torch.save({"meta": {}, "state_dict": {**state, "step_counter": torch.zeros(1)}}, path)
    return path


@pytest.mark.parametrize("case", CASES)
def test_a_published_checkpoint_loads_without_a_config_and_equals_the_official_model(
    case, tmp_path
):
    file = save_as_published(read_weights(case), tmp_path / "published.pth")
    model = vsfilter.load(weights=file, device="cpu", precision="fp32")
    with torch.inference_mode():
        restored = torch.stack([model.restore(clip) for clip in read_input(case)])
    assert model.scale == (1 if case.endswith("sameres") else 4)
    assert_close(restored, case)


@pytest.mark.parametrize("name", FULL_SIZE)
def test_the_full_size_key_list_builds_exactly_that_state_dict(name, tmp_path):
    keys = json.loads((GOLDEN / "keys" / f"{name}.json").read_text())
    # one stored number each, so that the file stays small
    state = {key: torch.zeros(1).expand(shape) for key, shape in keys}
    torch.save({"state_dict": state}, tmp_path / "full.pth")
    module = vsfilter.load(weights=tmp_path / "full.pth", device="cpu", precision="fp32").module
    official = {key.removeprefix("generator.") for key in state} - {"step_counter"}
    channels, blocks, scale = FULL_SIZE[name]
    trunk = module.backbone["forward_2"].main
    assert (trunk[0].out_channels, len(trunk[2]), module.scale) == (channels, blocks, scale)
    assert set(module.state_dict()) == set(rename(dict.fromkeys(official)))


def test_basicsr_s_container_gives_the_same_network(tmp_path):
    """BasicSR numbers SPyNet's layers otherwise and calls the upsampling layers upconv."""
    state = rename(read_weights("basicvsrpp_mmagic"))
    basicsr = {key.removeprefix("tail."): value for key, value in state.items()}
    torch.save({"params": basicsr}, tmp_path / "basicsr.pth")
    module = vsfilter.load(weights=tmp_path / "basicsr.pth", device="cpu", precision="fp32").module
    loaded = module.state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in state.items())


@pytest.mark.parametrize("scale", [4, 1])
def test_kept_frames_equal_those_of_the_whole_clip(scale):
    network = make_small(scale)
    clip = torch.rand(1, 7, 3, 16, 24)
    with torch.inference_mode():
        whole = network(clip)
        assert torch.allclose(network(clip, slice(2, 5)), whole[:, 2:5], atol=1e-6)
        assert torch.allclose(network(clip, slice(0, 1)), whole[:, :1], atol=1e-6)
        assert network(clip, slice(3, 3)).shape == (1, 0, 3, scale * 16, scale * 24)


@pytest.mark.parametrize("scale", [4, 1])
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (21, 30)])
@pytest.mark.parametrize("t", [1, 2, 3])
def test_any_size_and_length_works(scale, size, t):
    with torch.inference_mode():
        restored = make_small(scale)(torch.rand(1, t, 3, *size))
    assert restored.shape == (1, t, 3, scale * size[0], scale * size[1])
    assert restored.isfinite().all()


def test_padding_does_not_touch_what_has_the_right_size_and_only_repeats_the_edge():
    network = make_small(scale=1)
    clip = torch.rand(1, 2, 3, 8, 10)
    padded = torch.cat((clip, clip[..., -1:], clip[..., -1:]), dim=-1)
    with torch.inference_mode():
        assert torch.equal(network(clip), network(padded)[..., :10])


def test_clips_of_a_batch_do_not_touch_each_other():
    network = make_small()
    clips = torch.rand(2, 3, 3, 12, 16)
    with torch.inference_mode():
        apart = torch.cat([network(clips[:1]), network(clips[1:])])
        assert torch.allclose(network(clips), apart, atol=1e-5)


@pytest.mark.parametrize("scale", [4, 1])
def test_bf16_stays_within_50_db_of_fp32(scale):
    network = make_small(scale)
    frames = torch.rand(5, 3, 24, 32)
    low = RecurrentModel(copy.deepcopy(network), device="cpu", precision="bf16")
    full = RecurrentModel(network, device="cpu", precision="fp32")
    with torch.inference_mode():
        error = (low.restore(frames) - full.restore(frames)).square().mean()
    assert -10 * torch.log10(error) >= 50


def test_an_untrained_alignment_samples_where_the_flow_points():
    alignment = SecondOrderAlignment(2, groups=2)
    with torch.no_grad():
        alignment.weight.zero_()
        alignment.weight[0, 0, 1, 1] = 2  # the mask starts at one half
        alignment.weight[1, 2, 1, 1] = 2
    pair = torch.rand(1, 4, 6, 7)
    right, down = torch.zeros(2, 1, 2, 6, 7)
    right[:, 0], down[:, 1] = 1, 2
    with torch.inference_mode():
        aligned = alignment(pair, torch.rand(1, 6, 6, 7), (right, down))
    assert torch.allclose(aligned[:, 0, :, :-1], pair[:, 0, :, 1:], atol=1e-5)
    assert torch.allclose(aligned[:, 1, :-2], pair[:, 2, 2:], atol=1e-5)


@pytest.mark.parametrize("name", KEY_LISTS)
def test_a_published_key_list_is_recognised_by_its_own_backend_alone(name):
    listed = json.loads((GOLDEN / "keys" / f"{name}.json").read_text())
    keys = [key.removeprefix("generator.") for key, _ in listed]
    known = vsfilter.backends()
    fitting = {name for name, b in known.items() if b.recognises and b.recognises(keys)}
    family = name.partition("_")[0]
    if family.startswith(("edvr", "spynet")):
        assert not fitting & {"basicvsr", "iconvsr", "basicvsrpp", "realbasicvsr"}
    else:
        assert fitting == {family} & set(known)


def test_the_keys_of_kin_are_not_recognised():
    keys = list(read_weights("basicvsrpp_mmagic"))
    assert recognises(keys)
    assert not recognises([key for key in keys if "deform_align" not in key])
    assert not recognises(read_weights("basicvsr_basicsr"))


@pytest.mark.parametrize("scale", [4, 1])
def test_a_trained_file_loads_as_it_was_made(scale, tmp_path):
    options = {"scale": scale, "max_residue_magnitude": 3, **SMALL_SHAPE, **SMALL_FLOW}
    network = vsfilter.backends()["basicvsrpp"].create(**options)
    header = {"backend": "basicvsrpp", "options": options, "scale": scale}
    save_weights(tmp_path / "own.safetensors", network.state_dict(), header)
    model = vsfilter.load(weights=tmp_path / "own.safetensors", device="cpu", precision="fp32")
    clip = torch.rand(3, 3, 8, 12)
    assert model.module.deform_align["forward_1"].max_residue_magnitude == 3
    with torch.inference_mode():
        assert torch.allclose(model.restore(clip), network.eval()(clip[None])[0], atol=1e-6)


def test_every_parameter_learns():
    network = make_small().train()
    network(torch.rand(1, 3, 3, 8, 8)).square().mean().backward()
    idle = [name for name, value in network.named_parameters() if value.grad is None]
    assert idle == []
    assert not any(CONSTANTS.search(name) for name, _ in network.named_parameters())


def test_weights_that_lack_keys_or_are_of_another_architecture_are_refused(tmp_path):
    state = read_weights("basicvsrpp_mmagic")
    del state["backbone.forward_2.main.2.1.conv2.bias"]
    with pytest.raises(WeightsError, match=r"backbone\.forward_2\.main\.2\.1\.conv2\.bias"):
        vsfilter.load(weights=save_as_published(state, tmp_path / "cut.pth"))
    torch.save({"params": read_weights("basicvsr_basicsr")}, tmp_path / "basicvsr.pth")
    with pytest.raises(WeightsError, match=r"not of BasicVSR\+\+"):
        vsfilter.load("basicvsrpp", tmp_path / "basicvsr.pth")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scale", 2),
        ("groups", 3),
        ("groups", 48),
        ("max_residue_magnitude", -1),
        ("max_residue_magnitude", float("nan")),
        ("flow_kernel", 4),
        ("flow_widths", "32"),
        ("blocks", 1.5),
        ("depth", 3),
    ],
)
def test_a_wrong_architecture_is_refused_by_name(name, value):
    with pytest.raises(OptionError, match=rf"BasicVSR\+\+ .*option '?{name}"):
        parse_options({name: value})


def test_options_survive_a_header():
    options = PlusPlusOptions(shape=Shape(**SMALL_SHAPE), **SMALL_FLOW)
    flat = json.loads(json.dumps({**asdict(options.shape), **asdict(options)}))
    del flat["shape"]
    assert parse_options(flat) == options
