import copy
import json
import logging
from dataclasses import asdict, replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import vsfilter
from tests.golden_case import GOLDEN, assert_close, read_input, read_meta, read_weights
from vsfilter.engine.load import load_model
from vsfilter.errors import OptionError, WeightsError
from vsfilter.weights import save_weights
from vsfilter.window import Grid, split_at_cuts
from vsfilter_edvr import EDVR as BACKEND
from vsfilter_edvr.architecture import PADDINGS, Architecture
from vsfilter_edvr.checkpoint import recognises, rename
from vsfilter_edvr.edvr import EDVR
from vsfilter_edvr.model import EdvrModel, TwoStages
from vsfilter_edvr.neighbours import neighbours
from vsfilter_edvr.options import parse_options

CASES = sorted(folder.name for folder in GOLDEN.glob("edvr_*"))
KEY_LISTS = sorted(
    file.stem for file in (GOLDEN / "keys").glob("edvr*.json") if "feature" not in file.stem
)
SMALL = Architecture(channels=8, groups=2, extract_blocks=1, reconstruct_blocks=1)
LIGHT = replace(SMALL, tail_width=0)
DEBLUR = Architecture(
    channels=8, groups=2, extract_blocks=1, reconstruct_blocks=1, has_predeblur=True, is_hr_in=True
)


def make_network(design=SMALL, *, seed=1, offset_gain=1.0):
    """Make a network with random weights, whose offsets are random too."""
    torch.manual_seed(seed)
    network = EDVR(design).eval()
    for name, parameter in network.named_parameters():
        if "conv_offset.weight" in name:
            torch.nn.init.normal_(parameter, std=0.3 * offset_gain)
    return network


def save_as_published(state, path, *, is_mmagic=False):
    """Write weights in the container in which their project publishes them."""
    if is_mmagic:
        state = {f"generator.{key}": value for key, value in state.items()}
        content = {"meta": {}, "state_dict": {**state, "step_counter": torch.zeros(1)}}
    else:
        content = {"params": state}
    torch.save(content, path)
    return path


def save_network(network, path):
    """Write a network as BasicSR would."""
    state = network.state_dict()
    for prefix in ("features.", "tail."):
        state = {key.removeprefix(prefix): value for key, value in state.items()}
    return save_as_published(state, path)


@pytest.mark.parametrize("case", CASES)
def test_a_published_checkpoint_loads_without_a_config_and_equals_the_official_model(
    case, tmp_path
):
    is_mmagic = read_meta(case)["arch"] == "EDVRNet"
    file = save_as_published(read_weights(case), tmp_path / "published.pth", is_mmagic=is_mmagic)
    model = vsfilter.load(weights=file, device="cpu", precision="fp32")
    clips = read_input(case)
    center = clips.shape[1] // 2
    with torch.inference_mode():
        restored = [model.restore(clip, slice(center, center + 1))[0] for clip in clips]
    assert_close(torch.stack(restored), case)


@pytest.mark.parametrize("name", KEY_LISTS)
def test_a_full_size_key_list_builds_exactly_that_state_dict(name, tmp_path):
    keys = json.loads((GOLDEN / "keys" / f"{name}.json").read_text())
    state = {key: torch.zeros(()).expand(shape) for key, shape in keys}
    content = {"state_dict": state} if name.endswith("mmagic") else {"params": state}
    torch.save(content, tmp_path / "full.pth")
    module = vsfilter.load(weights=tmp_path / "full.pth", device="cpu", precision="fp32").module
    state = {key.removeprefix("generator."): value for key, value in state.items()}
    expected = {key: value.shape for key, value in rename(state).items()}
    assert {key: value.shape for key, value in module.state_dict().items()} == expected
    index = json.loads((GOLDEN / "keys" / "index.json").read_text())[name]["kwargs"]
    design = module.design
    assert design.frames == index.get("num_frame", index.get("num_frames"))
    assert design.has_tsa == index["with_tsa"]
    assert (design.has_predeblur, design.is_hr_in) == (
        index.get("with_predeblur", False),
        index.get("hr_in", False),
    )
    assert design.groups == 8


def test_mmagic_restores_frame_2_and_basicsr_the_middle_one_unless_told_otherwise(tmp_path):
    seven = Architecture(**{**asdict(SMALL), "frames": 7})
    basicsr = save_network(make_network(seven), tmp_path / "basicsr.pth")
    assert vsfilter.load(weights=basicsr).module.design.before == 3
    assert vsfilter.load(weights=basicsr, center=5).module.design.before == 5
    mmagic = save_as_published(read_weights("edvr_mmagic_5f"), tmp_path / "m.pth", is_mmagic=True)
    assert vsfilter.load(weights=mmagic).module.design.before == 2
    assert vsfilter.load(weights=mmagic, center=0).module.design.before == 0


def test_another_centre_restores_that_frame_of_the_window():
    network = make_network(Architecture(**{**asdict(SMALL), "center": 1}))
    clip = torch.rand(1, 8, 3, 8, 12)
    with torch.inference_mode():
        alone = network(clip[:, 2:7], slice(1, 2))
        assert torch.allclose(network(clip)[:, 3:4], alone, atol=1e-6)


def test_the_frames_of_a_window_are_those_of_the_official_code():
    for case in json.loads((GOLDEN / "ops" / "frame_indices.json").read_text()):
        reach = case["num_frames"] // 2
        found = neighbours(
            case["crt_idx"],
            case["max_frame_num"],
            before=reach,
            after=reach,
            padding=case["padding"],
        )
        assert found == case["indices"]


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("before", [0, 1, 3, 6])
def test_no_window_reaches_farther_than_the_context(padding, before):
    for frame_count in (1, 2, 5, 7, 20):
        for frame in range(frame_count):
            window = neighbours(
                frame, frame_count, before=before, after=6 - before, padding=padding
            )
            assert len(window) == 7
            assert window[before] == frame
            assert all(0 <= i < frame_count for i in window)
            assert all(abs(i - frame) <= BACKEND.context for i in window)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("frame_count", [4, 13])
def test_windows_give_the_frames_of_the_whole_clip_exactly(padding, frame_count):
    design = Architecture(**{**asdict(SMALL), "padding": padding, "frames": 7})
    model = EdvrModel(make_network(design), device="cpu", precision="fp32")
    clip = torch.rand(frame_count, 3, 8, 8)
    grid = Grid(core=4, context=BACKEND.context)
    with torch.inference_mode():
        whole = model.restore(clip)
        parts = [
            model.restore(clip[run.start : run.stop], run.keep)
            for window in grid.windows(frame_count)
            for run in split_at_cuts(window, ())
        ]
    assert torch.equal(torch.cat(parts), whole)


def test_the_features_of_a_frame_are_computed_once():
    network = make_network()
    clip = torch.rand(1, BACKEND.core + 4, 3, 8, 8)
    parts = ("conv_first", "feature_extraction", "conv_l2_1", "conv_l2_2", "conv_l3_1", "conv_l3_2")

    def count(frames, keep):
        with torch.inference_mode(), FlopCounterMode(display=False) as counter:
            network(frames, keep)
        counts = counter.get_flop_counts()
        return sum(sum(counts[f"EDVR.features.{part}"].values()) for part in parts)

    frame_by_frame = BACKEND.core * count(clip[:, :5], slice(2, 3))
    ratio = frame_by_frame / count(clip, slice(2, 2 + BACKEND.core))
    assert ratio == pytest.approx(5 * BACKEND.core / (BACKEND.core + 4))
    assert ratio >= 3


@pytest.mark.parametrize("design", [SMALL, LIGHT, DEBLUR], ids=["x4", "light", "deblur"])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (17, 6)])
@pytest.mark.parametrize("t", [1, 2])
def test_any_size_and_length_works(design, size, t):
    with torch.inference_mode():
        restored = make_network(design)(torch.rand(1, t, 3, *size))
    assert restored.shape == (1, t, 3, design.scale * size[0], design.scale * size[1])
    assert restored.isfinite().all()


@pytest.mark.parametrize("width", [0, 16])
def test_the_width_of_the_tail_is_read_off_the_tensors(tmp_path, width):
    network = make_network(replace(SMALL, tail_width=width))
    model = vsfilter.load(weights=save_network(network, tmp_path / "x.pth"), precision="fp32")
    assert model.module.design.tail_width == width
    frames = torch.rand(3, 3, 8, 12)
    with torch.inference_mode():
        assert torch.allclose(model.restore(frames), network(frames[None])[0], atol=1e-6)


def test_no_kept_frames_give_no_pictures():
    assert make_network()(torch.rand(1, 3, 3, 8, 8), slice(1, 1)).shape == (1, 0, 3, 32, 32)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_sixteen_bits_stay_within_50_db_of_fp32(precision):
    network = make_network()
    frames = torch.rand(3, 3, 24, 32)
    low = EdvrModel(copy.deepcopy(network), device="cpu", precision=precision)
    full = EdvrModel(network, device="cpu", precision="fp32")
    with torch.inference_mode():
        error = (low.restore(frames) - full.restore(frames)).square().mean()
    assert -10 * torch.log10(error) >= 50


def test_offsets_that_lead_nowhere_are_reported_once_for_a_window(caplog):
    frames = torch.rand(4, 3, 8, 8)
    with caplog.at_level(logging.WARNING), torch.inference_mode():
        EdvrModel(make_network(), device="cpu", precision="fp32").restore(frames)
        assert caplog.messages == []
        lost = EdvrModel(make_network(offset_gain=1e4), device="cpu", precision="fp32")
        assert lost.restore(frames).isfinite().all()
    assert len(caplog.messages) == 1
    assert "in 4 of 4 frames of this window" in caplog.messages[0]


def test_a_second_model_restores_what_the_first_one_made(tmp_path):
    first, second = make_network(), make_network(DEBLUR, seed=2)
    files = (save_network(first, tmp_path / "1.pth"), save_network(second, tmp_path / "2.pth"))
    loaded = load_model("auto", f"{files[0]}+{files[1]}", device="cpu", precision="fp32")
    clip = torch.rand(1, 12, 3, 8, 8)
    with torch.inference_mode():
        whole = second(first(clip))[0]
        for keep in (slice(None), slice(0, 1), slice(5, 7), slice(11, 12), slice(4, 4)):
            kept = loaded.model.restore(clip[0], keep)
            assert torch.allclose(kept, whole[keep], atol=1e-6)
    assert isinstance(loaded.model, TwoStages)
    assert (loaded.model.scale, loaded.backend.context) == (4, 2 * BACKEND.context)


def test_three_stages_are_refused(tmp_path):
    file = save_network(make_network(), tmp_path / "one.pth")
    with pytest.raises(WeightsError, match="3 stages"):
        vsfilter.load("edvr", f"{file}+{file}+{file}")


def test_a_file_with_a_plus_in_its_name_is_one_stage(tmp_path):
    file = save_network(make_network(), tmp_path / "a+b.pth")
    assert vsfilter.load(weights=file).scale == 4


def test_weights_of_our_own_record_their_options(tmp_path):
    torch.manual_seed(3)
    options = {"channels": 8, "groups": 4, "frames": 3, "padding": "replicate"}
    network = BACKEND.create(**options).eval()
    header = {"backend": "edvr", "options": options, "scale": 4}
    save_weights(tmp_path / "own.safetensors", network.state_dict(), header)
    model = vsfilter.load(weights=tmp_path / "own.safetensors", precision="fp32")
    clip = torch.rand(4, 3, 8, 8)
    with torch.inference_mode():
        assert torch.allclose(model.restore(clip), network(clip[None])[0], atol=1e-6)


def test_a_new_network_can_be_trained():
    network = BACKEND.create(channels=8, groups=2, extract_blocks=1, reconstruct_blocks=1)
    network(torch.rand(1, 5, 3, 8, 8), slice(2, 3)).square().mean().backward()
    unused = [n for n, parameter in network.named_parameters() if parameter.grad is None]
    assert unused == []


def test_only_edvr_keys_are_recognised():
    for case in CASES:
        assert recognises(read_weights(case))
    assert not recognises(read_weights("basicvsr_basicsr"))
    features = json.loads(
        (GOLDEN / "keys" / "edvr_feature_reds_for_iconvsr_basicsr.json").read_text()
    )
    assert not recognises(key for key, _ in features)


def test_a_checkpoint_with_missing_keys_is_refused_with_their_names(tmp_path):
    state = read_weights("edvr_tsa_5f")
    del state["reconstruction.1.conv2.bias"]
    with pytest.raises(WeightsError, match=r"reconstruction\.1\.conv2\.bias"):
        vsfilter.load("edvr", save_as_published(state, tmp_path / "cut.pth"))


def test_weights_of_another_architecture_are_refused(tmp_path):
    file = save_as_published(read_weights("spynet_basicsr"), tmp_path / "spynet.pth")
    with pytest.raises(WeightsError, match="not of EDVR"):
        vsfilter.load("edvr", file)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"center": 5}, "center"),
        ({"padding": "mirror"}, "padding"),
        ({"channels": 0}, "channels"),
        ({"channels": 10}, "groups"),
        ({"has_tsa": 1}, "has_tsa"),
        ({"is_hr_in": True}, "has_predeblur"),
        ({"tail_width": -1}, "tail_width"),
        ({"depth": 3}, "depth"),
    ],
)
def test_options_of_which_no_network_can_be_made_are_refused_by_name(options, reason):
    with pytest.raises(OptionError, match=reason):
        parse_options(options)


def test_what_the_tensors_show_cannot_be_chosen(tmp_path):
    file = save_network(make_network(), tmp_path / "x.pth")
    with pytest.raises(OptionError, match="channels"):
        vsfilter.load("edvr", file, channels=16)


def output_spread(network):
    """Give how far the residuals of two noise pictures are apart, from 0 to 1."""
    pictures = torch.rand(2, 1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        residuals = [network(picture[None]) - picture[None] for picture in pictures]
    return float((residuals[0] - residuals[1]).std())


def test_a_new_deep_network_sees_its_input():
    """By torch's own start nothing arrives at its end, and bf16 rounds away what does."""
    options = {"channels": 32, "frames": 1, "groups": 4, "has_predeblur": True, "is_hr_in": True}
    torch.manual_seed(0)
    created = BACKEND.create(**options)
    assert 1e-3 < output_spread(created) < 0.1
    assert output_spread(EDVR(parse_options(options))) < 1e-4
    offsets = [p for name, p in created.named_parameters() if "conv_offset" in name]
    assert offsets
    assert not any(parameter.any() for parameter in offsets)
