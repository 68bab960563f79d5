import copy
import json
from dataclasses import asdict

import numpy as np
import pytest
import torch

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
from vsfilter.weights import save_weights
from vsfilter_basicvsr.options import Options as BasicVSROptions
from vsfilter_realbasicvsr.checkpoint import build, recognises, rename
from vsfilter_realbasicvsr.model import RealBasicVSRModel
from vsfilter_realbasicvsr.options import Options, Refinement, parse_options

CASES = ("realbasicvsr", "realbasicvsr_dynamic")
GAINS = [("spynet.*", 0.5), (".*", 0.7)]
SMALL = Options(
    cleaning_channels=8,
    cleaning_blocks=1,
    basicvsr=BasicVSROptions(
        channels=8,
        blocks=1,
        tail_width=0,
        flow_levels=2,
        flow_widths=(8,),
        flow_kernel=3,
        flow_finest=1,
    ),
)


def save_as_published(case, path, *, prefix="generator."):
    """Write the weights of a case in the container in which mmagic publishes them."""
    state = {prefix + key: value for key, value in read_weights(case).items()}
    torch.save({"meta": {}, "state_dict": state}, path)
    return path


def make_small(**refinement):
    torch.manual_seed(1)
    return build(SMALL, Refinement(**refinement)).eval()


def restore_case(case, file, **options):
    threshold = read_meta(case)["kwargs"]["dynamic_refine_thres"]
    options = {"refine_threshold": threshold, **options}
    model = vsfilter.load(weights=file, device="cpu", precision="fp32", **options)
    assert model.scale == 4
    with torch.inference_mode():
        return torch.stack([model.restore(clip) for clip in read_input(case)])


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_a_published_checkpoint_loads_without_a_config_and_equals_the_official_model(
    case, sequential, tmp_path
):
    file = save_as_published(case, tmp_path / "published.pth")
    assert_close(restore_case(case, file, sequential_cleaning=sequential), case)


def test_the_cleaned_frames_equal_the_official_ones(tmp_path):
    case = "realbasicvsr_dynamic"
    file = save_as_published(case, tmp_path / "published.pth")
    model = vsfilter.load(weights=file, device="cpu", precision="fp32", refine_threshold=8.222)
    clips = read_input(case)
    before = clips.clone()
    cleaned = model.module.clean(clips)
    official = torch.from_numpy(np.load(GOLDEN / case / "output_lq.npy"))
    assert (cleaned - official).abs().max() <= 1e-5
    assert torch.equal(clips, before)


def test_the_averaged_weights_of_a_gan_checkpoint_are_used_and_the_rest_is_dropped(tmp_path):
    averaged = read_weights("realbasicvsr")
    state = {f"generator_ema.{key}": value for key, value in averaged.items()}
    state |= {f"generator.{key}": value + 1 for key, value in averaged.items()}
    state |= {"discriminator.conv_0.weight": torch.zeros(1), "step_counter": torch.zeros(1)}
    state |= {"perceptual_loss.vgg.mean": torch.zeros(3)}
    torch.save({"state_dict": state}, tmp_path / "gan.pth")
    assert_close(restore_case("realbasicvsr", tmp_path / "gan.pth"), "realbasicvsr")


def test_the_full_size_key_list_builds_exactly_that_state_dict(tmp_path):
    keys = json.loads((GOLDEN / "keys" / "realbasicvsr_x4.json").read_text())
    state = make_weights(keys, GAINS)
    torch.save({"state_dict": state}, tmp_path / "full.pth")
    module = vsfilter.load(weights=tmp_path / "full.pth", device="cpu", precision="fp32").module
    official = {key.removeprefix("generator.") for key in state}
    assert len(module.image_cleaning[0].main[2]) == 20
    assert len(module.basicvsr.forward_trunk.main[2]) == 20
    assert set(module.state_dict()) == set(rename(dict.fromkeys(official)))


@pytest.mark.parametrize(("threshold", "cleanings"), [(255, 1), (0, 3), (1e-3, 3)])
def test_cleaning_stops_when_the_change_falls_below_the_threshold(threshold, cleanings):
    network = make_small(refine_threshold=threshold)
    calls = []
    network.image_cleaning.register_forward_hook(lambda *_: calls.append(1))
    with torch.inference_mode():
        network.clean(torch.rand(1, 3, 3, 8, 8))
    assert len(calls) == cleanings


def test_sequential_cleaning_sees_one_frame_at_a_time():
    network = make_small(sequential_cleaning=True)
    sizes = []
    network.image_cleaning.register_forward_hook(lambda _, x, __: sizes.append(len(x[0])))
    clips = torch.rand(1, 3, 3, 8, 8)
    with torch.inference_mode():
        assert torch.allclose(network.clean(clips), make_small().clean(clips), atol=1e-6)
    assert sizes == [1, 1, 1]


def test_kept_frames_equal_those_of_the_whole_clip():
    network = make_small(refine_threshold=1)
    clip = torch.rand(1, 6, 3, 12, 20)
    with torch.inference_mode():
        assert torch.allclose(network(clip, slice(2, 5)), network(clip)[:, 2:5], atol=1e-6)
        assert network(clip, slice(3, 3)).shape == (1, 0, 3, 48, 80)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (33, 47)])
@pytest.mark.parametrize("t", [1, 2])
def test_any_size_and_length_works(size, t):
    with torch.inference_mode():
        restored = make_small()(torch.rand(1, t, 3, *size))
    assert restored.shape == (1, t, 3, 4 * size[0], 4 * size[1])
    assert restored.isfinite().all()


def test_bf16_stays_within_50_db_of_fp32():
    network = make_small()
    frames = torch.rand(5, 3, 24, 32)
    low = RealBasicVSRModel(copy.deepcopy(network), device="cpu", precision="bf16")
    full = RealBasicVSRModel(network, device="cpu", precision="fp32")
    with torch.inference_mode():
        error = (low.restore(frames) - full.restore(frames)).square().mean()
    assert -10 * torch.log10(error) >= 50


def test_only_realbasicvsr_keys_are_recognised():
    keys = read_weights("realbasicvsr")
    assert recognises(keys)
    assert not recognises(read_weights("basicvsr_basicsr"))
    assert not recognises([key for key in keys if not key.startswith("basicvsr.")])
    fitting = [b.name for b in vsfilter.backends().values() if b.recognises and b.recognises(keys)]
    assert fitting == ["realbasicvsr"]


def test_a_trained_file_loads_as_it_was_made(tmp_path):
    options = asdict(SMALL)
    options |= options.pop("basicvsr")
    network = vsfilter.backends()["realbasicvsr"].create(**options)
    header = {"backend": "realbasicvsr", "options": options, "scale": 4}
    save_weights(tmp_path / "own.safetensors", network.state_dict(), header)
    model = vsfilter.load(weights=tmp_path / "own.safetensors", device="cpu", precision="fp32")
    clip = torch.rand(2, 3, 8, 12)
    with torch.inference_mode():
        assert torch.allclose(model.restore(clip), network.eval()(clip[None])[0], atol=1e-6)
    assert network.spynet is network.basicvsr.spynet


def test_weights_of_another_architecture_are_refused(tmp_path):
    torch.save({"params": read_weights("basicvsr_basicsr")}, tmp_path / "basicvsr.pth")
    with pytest.raises(WeightsError, match="not of RealBasicVSR"):
        vsfilter.load("realbasicvsr", tmp_path / "basicvsr.pth")
    file = save_as_published("realbasicvsr", tmp_path / "real.pth")
    with pytest.raises(WeightsError, match="not of BasicVSR"):
        vsfilter.load("basicvsr", file)


def test_the_default_weights_take_noise_away_and_keep_colours():
    generator = torch.Generator().manual_seed(0)
    truth = torch.linspace(0.3, 0.7, 40).expand(5, 3, 32, 40)
    noisy = truth + 0.03 * torch.randn(truth.shape, generator=generator)
    model = vsfilter.load("realbasicvsr", device="cpu", precision="fp32")
    restored = model.restore(noisy)
    assert restored.shape == (5, 3, 128, 160)
    inner = (..., slice(4, -4), slice(4, -4))
    left = (torch.nn.functional.avg_pool2d(restored, 4) - truth)[inner]
    assert left.square().mean() < (noisy - truth)[inner].square().mean() / 2
    assert 255 * left.mean((0, 2, 3)).abs().max() < 2  # grey levels


@pytest.mark.parametrize(
    "options",
    [
        {"refine_threshold": -1},
        {"refine_threshold": "5"},
        {"refine_threshold": float("nan")},
        {"sequential_cleaning": 1},
        {"threshold": 5},
    ],
)
def test_a_wrong_option_is_refused_by_name(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        vsfilter.load("realbasicvsr", **options)


def test_a_wrong_architecture_is_refused_by_name():
    with pytest.raises(OptionError, match="cleaning_blocks"):
        parse_options({"cleaning_blocks": -1})
    with pytest.raises(OptionError, match="RealBasicVSR has no option 'depth'"):
        parse_options({"depth": 3})
    assert parse_options({}).basicvsr.blocks == 20
