import copy
import json

import pytest
import torch

import vsfilter
from tests.golden_case import GOLDEN, assert_close, read_input, read_meta, read_weights
from vsfilter.errors import OptionError, WeightsError
from vsfilter.weights import save_weights
from vsfilter_basicvsr import ICONVSR
from vsfilter_basicvsr.iconvsr import keyframe_window, keyframes
from vsfilter_basicvsr.iconvsr_checkpoint import build, recognises, rename
from vsfilter_basicvsr.iconvsr_options import IconOptions
from vsfilter_basicvsr.model import RecurrentModel

CASES = ("iconvsr_basicsr", "iconvsr_mmagic")
KEY_LISTS = sorted(file.stem for file in (GOLDEN / "keys").glob("iconvsr*.json"))
SMALL = {
    "channels": 8,
    "blocks": 1,
    "groups": 2,
    "extract_blocks": 1,
    "keyframe_stride": 3,
    "flow_levels": 2,
    "flow_widths": (8,),
    "flow_kernel": 3,
}


def save_as_published(state, path, *, is_mmagic):
    """Write weights in the container in which their project publishes them."""
    if is_mmagic:
        state = {f"generator.{key}": value for key, value in state.items()}
        content = {"meta": {}, "state_dict": {**state, "step_counter": torch.zeros(1)}}
    else:
        content = {"params": state}
    torch.save(content, path)
    return path


@pytest.fixture
def small():
    torch.manual_seed(1)
    return build(IconOptions(**SMALL)).eval()


@pytest.mark.parametrize("case", CASES)
def test_a_published_checkpoint_loads_without_a_config_and_equals_the_official_model(
    case, tmp_path
):
    is_mmagic = case.endswith("mmagic")
    file = save_as_published(read_weights(case), tmp_path / "published.pth", is_mmagic=is_mmagic)
    stride = read_meta(case)["kwargs"]["keyframe_stride"]
    options = {} if stride == 5 else {"keyframe_stride": stride}
    model = vsfilter.load(weights=file, device="cpu", precision="fp32", **options)
    with torch.inference_mode():
        restored = torch.stack([model.restore(clip) for clip in read_input(case)])
    assert model.scale == 4
    assert_close(restored, case)


@pytest.mark.parametrize("name", KEY_LISTS)
def test_a_full_size_key_list_builds_exactly_that_state_dict(name, tmp_path):
    keys = json.loads((GOLDEN / "keys" / f"{name}.json").read_text())
    state = {key: torch.zeros(()).expand(shape) for key, shape in keys}
    wrapper = "state_dict" if name.endswith("mmagic") else "params"
    torch.save({wrapper: state}, tmp_path / "full.pth")
    module = vsfilter.load(weights=tmp_path / "full.pth", device="cpu", precision="fp32").module
    state = {key.removeprefix("generator."): value for key, value in state.items()}
    state.pop("step_counter", None)
    expected = {key: value.shape for key, value in rename(state).items()}
    assert {key: value.shape for key, value in module.state_dict().items()} == expected
    assert module.edvr.center == (3 if "vimeo" in name else 2)
    assert module.keyframe_stride == 5


def test_keyframes_come_at_their_stride_and_last():
    assert keyframes(1, 5) == [0]
    assert keyframes(11, 5) == [0, 5, 10]
    assert keyframes(13, 5) == [0, 5, 10, 12]


def test_beyond_the_ends_stand_the_frames_that_the_official_code_takes():
    assert keyframe_window(0, 9, 2) == [4, 3, 0, 1, 2]
    assert keyframe_window(1, 9, 2) == [3, 0, 1, 2, 3]
    assert keyframe_window(8, 9, 2) == [6, 7, 8, 5, 4]
    assert keyframe_window(0, 9, 3) == [6, 5, 4, 0, 1, 2, 3]
    assert keyframe_window(8, 9, 3) == [5, 6, 7, 8, 4, 3, 2]
    assert keyframe_window(1, 2, 2) == [1, 0, 1, 0, 0]


def test_kept_frames_equal_those_of_the_whole_clip(small):
    clip = torch.rand(1, 7, 3, 10, 13)
    with torch.inference_mode():
        whole = small(clip)
        assert torch.allclose(small(clip, slice(2, 5)), whole[:, 2:5], atol=1e-6)
        assert small(clip, slice(3, 3)).shape == (1, 0, 3, 40, 52)


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (17, 6)])
@pytest.mark.parametrize("t", [1, 2, 4])
def test_any_size_and_length_works(small, size, t):
    with torch.inference_mode():
        restored = small(torch.rand(1, t, 3, *size))
    assert restored.shape == (1, t, 3, 4 * size[0], 4 * size[1])
    assert restored.isfinite().all()


def test_keyframes_change_what_their_neighbours_become(small):
    clip = torch.rand(1, 6, 3, 8, 8)
    other = copy.deepcopy(small)
    other.keyframe_stride = 1
    with torch.inference_mode():
        assert not torch.allclose(small(clip), other(clip), atol=1e-5)


def test_keyframes_stay_in_place_from_window_to_window():
    stride = IconOptions().keyframe_stride
    assert ICONVSR.core % stride == 0
    assert ICONVSR.context % stride == 0


def test_bf16_stays_within_50_db_of_fp32(small):
    frames = torch.rand(5, 3, 16, 24)
    low = RecurrentModel(copy.deepcopy(small), device="cpu", precision="bf16")
    full = RecurrentModel(small, device="cpu", precision="fp32")
    with torch.inference_mode():
        error = (low.restore(frames) - full.restore(frames)).square().mean()
    assert -10 * torch.log10(error) >= 50


def test_weights_of_our_own_record_the_stride_and_the_user_may_choose_another(small, tmp_path):
    file = tmp_path / "own.safetensors"
    save_weights(file, small.state_dict(), {"backend": "iconvsr", "options": SMALL, "scale": 4})
    assert vsfilter.load(weights=file).module.keyframe_stride == 3
    assert vsfilter.load(weights=file, keyframe_stride=7).module.keyframe_stride == 7


def test_a_new_network_can_be_trained():
    network = ICONVSR.create(**SMALL)
    network(torch.rand(1, 3, 3, 8, 8)).square().mean().backward()
    unused = [n for n, parameter in network.named_parameters() if parameter.grad is None]
    assert unused == []


def test_only_iconvsr_keys_are_recognised():
    for case in CASES:
        assert recognises(read_weights(case))
    assert not recognises(read_weights("basicvsr_basicsr"))
    assert not recognises(read_weights("edvr_tsa_5f"))


def test_a_checkpoint_with_missing_keys_is_refused_with_their_names(tmp_path):
    state = read_weights("iconvsr_basicsr")
    del state["edvr.fusion.spatial_attn5.bias"]
    file = save_as_published(state, tmp_path / "cut.pth", is_mmagic=False)
    with pytest.raises(WeightsError, match=r"edvr\.fusion\.spatial_attn5\.bias"):
        vsfilter.load("iconvsr", file)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"keyframe_stride": 0}, "keyframe_stride"),
        ({"keyframe_stride": 2.5}, "keyframe_stride"),
        ({"channels": 32}, "channels"),
    ],
)
def test_wrong_options_are_refused_by_name(options, reason):
    with pytest.raises(OptionError, match=reason):
        vsfilter.load("iconvsr", **options)


@pytest.mark.parametrize(
    ("options", "reason"), [({"frames": 4}, "frames"), ({"channels": 10}, "groups")]
)
def test_options_of_which_no_network_can_be_made_are_refused_by_name(options, reason):
    with pytest.raises(OptionError, match=reason):
        IconOptions(**options)
