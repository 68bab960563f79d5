import builtins
import errno
import json
import pickle
import resource
import struct
import zipfile
from contextlib import suppress

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from vsfilter.engine.load import load
from vsfilter.errors import PluginError, WeightsError
from vsfilter.weights import (
    NamedWeights,
    load_strictly,
    read_checkpoint,
    resolve_weights,
    save_weights,
)
from vsfilter.weights.file_access import blame_reading
from vsfilter.weights.folder import sha256

HEADER = {"backend": "basicvsr", "options": {"channels": 8}, "scale": 4}


@pytest.fixture
def state():
    return {"conv.weight": torch.arange(6.0).view(2, 3), "conv.bias": torch.ones(2)}


def assert_same(checkpoint, state):
    assert set(checkpoint.state) == set(state)
    for key, value in state.items():
        assert torch.equal(checkpoint.state[key], value)


def refusal(path):
    """Give the message with which a file is refused: one line that names the file."""
    with pytest.raises(WeightsError) as caught:
        read_checkpoint(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_what_is_saved_is_read_again(state, tmp_path):
    header = {**HEADER, "metrics": {"step": 7}, "data": ["a.mkv"]}
    save_weights(tmp_path / "a.safetensors", state, header)
    checkpoint = read_checkpoint(tmp_path / "a.safetensors")
    assert_same(checkpoint, state)
    assert checkpoint.layout == "vsfilter"
    assert checkpoint.header == {"format": "vsfilter-1", **header}


def test_saving_leaves_nothing_but_the_file(state, tmp_path):
    path = tmp_path / "a.safetensors"
    save_weights(path, state, HEADER)
    save_weights(path, {"other": torch.zeros(1)}, HEADER)
    assert list(tmp_path.iterdir()) == [path]
    assert set(read_checkpoint(path).state) == {"other"}


def test_tensors_of_any_layout_are_saved(tmp_path):
    weight = torch.rand(4, 3, 3, 3).to(memory_format=torch.channels_last).requires_grad_()
    halves = weight.detach()[:2]  # shares memory with the other
    save_weights(tmp_path / "a.safetensors", {"whole": weight, "half": halves}, HEADER)
    assert_same(read_checkpoint(tmp_path / "a.safetensors"), {"whole": weight, "half": halves})


@pytest.mark.parametrize(
    ("wrap", "layout"),
    [
        (lambda s: s, "bare"),
        (lambda s: {"params": s}, "params"),
        (lambda s: {"params": {"old": torch.zeros(1)}, "params_ema": s}, "params"),
        (lambda s: {"params-ema": s}, "params"),
        (lambda s: {"state_dict": s, "meta": {"epoch": 3}}, "bare"),
        (lambda s: {"model": s, "epoch": 3}, "bare"),
        (lambda s: {"net": s}, "bare"),
        (lambda s: {"model_state_dict": {f"module.{k}": v for k, v in s.items()}}, "bare"),
        (lambda s: {"state_dict": {f"generator.{k}": v for k, v in s.items()}}, "generator"),
        (
            lambda s: {
                "state_dict": {
                    **{f"generator.{k}": torch.zeros_like(v) for k, v in s.items()},
                    **{f"generator_ema.{k}": v for k, v in s.items()},
                    "discriminator.conv.weight": torch.zeros(1),
                    "step_counter": torch.zeros(1),
                }
            },
            "generator",
        ),
        (lambda s: {f"module.{k}": v for k, v in s.items()}, "bare"),
        (lambda s: {"params": {f"module.{k}": v for k, v in s.items()}}, "params"),
        (lambda s: {"net_g": s, "iter": 3}, "bare"),
        (lambda s: {f"net_g.{k}": v for k, v in s.items()}, "bare"),
        (lambda s: {f"_orig_mod.{k}": v for k, v in s.items()}, "bare"),
        (lambda s: {f"_orig_mod.module.{k}": v for k, v in s.items()}, "bare"),
        (lambda s: {"state_dict": {f"model.{k}": v for k, v in s.items()}, "epoch": 3}, "bare"),
        (
            lambda s: {
                "state_dict": {
                    **{f"module.generator.{k}": v for k, v in s.items()},
                    "module.step_counter": torch.zeros(1),
                }
            },
            "generator",
        ),
        (lambda s: {f"generator._orig_mod.{k}": v for k, v in s.items()}, "generator"),
    ],
)
def test_the_containers_of_other_projects_are_read(state, tmp_path, wrap, layout):
    torch.save(wrap(state), tmp_path / "a.pth")
    checkpoint = read_checkpoint(tmp_path / "a.pth")
    assert_same(checkpoint, state)
    assert (checkpoint.layout, checkpoint.header) == (layout, {})


@pytest.mark.parametrize("key", ["model.0.weight", "model.model.1.weight", "model_g.weight"])
def test_keys_that_networks_have_themselves_stay(tmp_path, key):
    """Those of ESRGAN and LaMa, which the spandrel library knows, begin so."""
    state = {key: torch.ones(1), "model.1.sub.0.weight": torch.ones(1)}
    torch.save(state, tmp_path / "a.pth")
    assert_same(read_checkpoint(tmp_path / "a.pth"), state)


@pytest.mark.parametrize("prefix", ["params_ema.", "params.", "params_ema.module."])
def test_the_tables_of_other_projects_are_read_where_a_file_holds_none(state, tmp_path, prefix):
    flat = {f"{prefix}{key}": value for key, value in state.items()}
    old = {f"params.{key}": 0 * value for key, value in state.items()}
    save_file({**old, **flat}, tmp_path / "a.SAFETENSORS")
    assert_same(read_checkpoint(tmp_path / "a.SAFETENSORS"), state)


@pytest.mark.parametrize("place", ["generator", "netG", "g_ema", "ema", "model_ema"])
def test_a_state_dict_is_found_where_trainings_keep_it(state, tmp_path, place):
    torch.save({place: state, "epoch": 3}, tmp_path / "a.pth")
    assert_same(read_checkpoint(tmp_path / "a.pth"), state)


def test_a_file_without_tensors_says_what_it_holds(tmp_path):
    torch.save({"weights": {"a": torch.ones(1)}, "epoch": 3}, tmp_path / "a.pth")
    with pytest.raises(WeightsError, match=r"hold no tensors \(it holds epoch, weights\)"):
        read_checkpoint(tmp_path / "a.pth")


def test_a_file_that_may_not_be_read_is_not_called_damaged(tmp_path):
    (tmp_path / "a.safetensors").mkdir()
    with pytest.raises(WeightsError, match="do not exist"):
        read_checkpoint(tmp_path / "a.safetensors")
    with pytest.raises(WeightsError, match="cannot be read: File name too long"):
        read_checkpoint("a" * 300)
    reason = r"b\.pth' cannot be read: Permission denied"
    with pytest.raises(WeightsError, match=reason), blame_reading(tmp_path / "b.pth"):
        raise PermissionError(errno.EACCES, "Permission denied")


class Stepped(torch.nn.Module):
    """Reads values of a tensor while it is made, as networks with stochastic depth do."""

    def __init__(self):
        super().__init__()
        rates = [rate.item() for rate in torch.linspace(0, 0.1, 3)]
        self.layer = torch.nn.Linear(len(rates), 1)


def test_a_network_that_cannot_be_made_without_memory_is_not_blamed_on_the_file(tmp_path):
    state = Stepped().state_dict()
    torch.save(state, tmp_path / "a.pth")
    checkpoint = read_checkpoint(tmp_path / "a.pth")
    with pytest.raises(PluginError, match="network of mine reads values of tensors"):
        load_strictly(checkpoint, checkpoint.state, Stepped, name="mine")


def test_a_prefix_that_some_keys_have_is_part_of_them(tmp_path):
    state = {"model.weight": torch.ones(1), "bias": torch.ones(1)}
    torch.save(state, tmp_path / "a.pth")
    assert_same(read_checkpoint(tmp_path / "a.pth"), state)


def test_the_old_format_of_torch_is_read(state, tmp_path):
    torch.save({"params": state}, tmp_path / "a.pth", _use_new_zipfile_serialization=False)
    assert_same(read_checkpoint(tmp_path / "a.pth"), state)


def test_a_foreign_safetensors_file_is_a_bare_state_dict(state, tmp_path):
    save_file(state, tmp_path / "a.safetensors", metadata={"format": "pt"})
    checkpoint = read_checkpoint(tmp_path / "a.safetensors")
    assert_same(checkpoint, state)
    assert (checkpoint.layout, checkpoint.header) == ("bare", {})


def test_a_file_that_carries_code_is_refused_and_the_code_is_not_run(tmp_path, monkeypatch):
    class Code:
        def __reduce__(self):
            return (exec, ("import builtins; builtins.was_run = True",))

    monkeypatch.setattr(builtins, "was_run", False, raising=False)
    torch.save({"params": {"a": torch.zeros(1)}, "extra": Code()}, tmp_path / "zip.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Code(), protocol=2))
    for name in ("zip.pth", "plain.pth"):
        assert "hold code" in refusal(tmp_path / name)
    assert builtins.was_run is False


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ""])
def test_a_text_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"weights{suffix}"
    path.write_text("404: not found\n" * 20)
    refusal(path)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_an_empty_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"weights{suffix}"
    path.touch()
    refusal(path)


@pytest.mark.parametrize("path", ["missing.pth", "folder"])
def test_what_is_no_file_is_refused(tmp_path, path):
    (tmp_path / "folder").mkdir()
    assert "do not exist" in refusal(tmp_path / path)


@pytest.mark.parametrize(
    "content",
    [
        [torch.zeros(1)],
        torch.zeros(3),
        {},
        {"params": {}},
        {"state_dict": {"generator.a": 3}},
        {"epoch": 3},
        {1: torch.zeros(1)},
    ],
    ids=str,
)
def test_a_file_without_a_state_dict_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "a.pth")
    refusal(tmp_path / "a.pth")


def test_keys_that_are_no_text_beside_a_state_dict_do_no_harm(state, tmp_path):
    torch.save({0: "zero", **state}, tmp_path / "a.pth")
    assert_same(read_checkpoint(tmp_path / "a.pth"), state)


@pytest.mark.parametrize(
    "header",
    [
        "no json",
        "[]",
        "{}",
        '{"format": "vsfilter-99"}',
        '{"format": "vsfilter-1"}',
        '{"format": "vsfilter-1", "backend": "basicvsr"}',
        '{"format": "vsfilter-1", "backend": 3, "options": {}}',
        '{"format": "vsfilter-1", "backend": "basicvsr", "options": []}',
    ],
)
def test_a_header_that_says_too_little_is_refused(state, tmp_path, header):
    save_file(state, tmp_path / "a.safetensors", metadata={"vsfilter": header})
    refusal(tmp_path / "a.safetensors")


def write_safetensors(path, table, data):
    text = json.dumps(table).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@pytest.mark.parametrize(
    ("shape", "offsets"),
    [([100], [0, 400]), ([2], [0, 400]), ([2], [8, 0]), ([-2], [0, 8]), ([2**40], [0, 8])],
)
def test_a_safetensors_file_that_lies_about_its_tensors_is_refused(tmp_path, shape, offsets):
    path = tmp_path / "a.safetensors"
    table = {"a": {"dtype": "F32", "shape": shape, "data_offsets": offsets}}
    write_safetensors(path, table, bytes(8))
    refusal(path)


def test_a_safetensors_file_that_lies_about_its_header_is_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", 2**60) + b"{}")
    refusal(path)


def test_a_zip_file_that_is_no_checkpoint_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("readme.txt", "hello")
    refusal(tmp_path / "a.pth")


def saved_bytes(folder, kind):
    state = {"conv.weight": torch.arange(60.0).view(20, 3)}
    path = folder / "whole"
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save({"params": state}, path, _use_new_zipfile_serialization=kind == "zip")
    return path.read_bytes()


# a share of the length: the length of a legacy file differs from one saving to the next
PLACES = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize("content", [b"", b"hello, this is text", b"PK\x03\x04 and no more"])
def test_what_is_no_checkpoint_is_said_in_words(tmp_path, content):
    (tmp_path / "a.pth").write_bytes(content)
    message = refusal(tmp_path / "a.pth")
    assert "no checkpoint at all (" in message
    reason = message.partition(" at all (")[2].partition(")")[0]
    assert any(letter.isalpha() for letter in reason)
    assert len(message) < 250


@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy"])
@given(place=PLACES)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_file_is_refused(tmp_path, kind, place):
    content = saved_bytes(tmp_path, kind)
    path = tmp_path / ("cut.safetensors" if kind == "safetensors" else "cut.pth")
    path.write_bytes(content[: int(place * len(content))])
    refusal(path)


@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy"])
@given(damages=st.lists(st.tuples(PLACES, st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_read_or_refused_but_nothing_else(tmp_path, kind, damages):
    content = bytearray(saved_bytes(tmp_path, kind))
    for place, value in damages:
        content[int(place * len(content))] = value
    path = tmp_path / ("bad.safetensors" if kind == "safetensors" else "bad.pth")
    path.write_bytes(content)
    with suppress(WeightsError):
        read_checkpoint(path)


@pytest.fixture
def named(state, tmp_path):
    path = tmp_path / "small.safetensors"
    save_weights(path, state, HEADER)
    return NamedWeights(
        name="small", file=path, scale=4, sha256=sha256(path), source="ours", licence="CC0-1.0"
    )


def test_a_named_set_is_found_by_its_name_and_is_the_default(named):
    assert resolve_weights("small", [named], backend="x") == named.file
    assert resolve_weights(None, [named], backend="x") == named.file


def test_a_file_goes_where_no_set_has_that_name(named, tmp_path):
    other = tmp_path / "other.pth"
    other.touch()
    assert resolve_weights(other, [named], backend="x") == other
    assert resolve_weights(str(other), [named], backend="x") == other


def test_a_named_set_with_another_hash_is_refused(named):
    content = bytearray(named.file.read_bytes())
    content[-1] ^= 1
    named.file.write_bytes(content)
    with pytest.raises(WeightsError, match=r"'small' are damaged.*another hash.*reinstall"):
        resolve_weights("small", [named], backend="x")
    with pytest.raises(WeightsError, match="another hash"):
        resolve_weights(None, [named], backend="x")


def test_a_named_set_without_its_file_is_refused(named):
    named.file.unlink()
    with pytest.raises(WeightsError, match="'small' are not installed"):
        resolve_weights("small", [named], backend="x")


def test_an_unknown_set_is_refused_with_the_nearest_one(named):
    with pytest.raises(WeightsError, match=r"'smal' are neither .*\(did you mean 'small'\?\)"):
        resolve_weights("smal", [named], backend="x")
    with pytest.raises(WeightsError, match=r"set of model 'x': see vsr weights list"):
        resolve_weights("large", [named], backend="x")


def test_a_backend_without_sets_asks_for_a_file():
    with pytest.raises(WeightsError, match="model 'x' has no weights of its own: give a file"):
        resolve_weights(None, [], backend="x")


def test_the_hash_is_that_of_the_file(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a").startswith("ba7816bf8f01cfea414140de5dae2223")


def test_an_archive_that_unpacks_to_more_than_it_is_is_refused_unread(tmp_path):
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(20_000_000))
    assert "would unpack to 20000000 bytes" in refusal(path)


def test_tensors_that_repeat_a_value_without_end_are_refused(tmp_path):
    torch.save({"params": {"a": torch.zeros(1).expand(10**6, 10**6)}}, tmp_path / "a.pth")
    assert "claims 4000000000000 bytes" in refusal(tmp_path / "a.pth")


@pytest.mark.parametrize("number", ["1025", "9" * 5000])
def test_a_key_with_a_number_that_no_network_has_is_refused(tmp_path, number):
    torch.save({f"trunk.{number}.weight": torch.zeros(1)}, tmp_path / "a.pth")
    assert f"a key with the number {number[:30]}, more than" in refusal(tmp_path / "a.pth")


@pytest.mark.parametrize(
    "options", [{"blocks": 10**9}, {"flow_widths": [1] * 2000}, {"a": {"b": [-(10**30)]}}]
)
def test_a_header_of_a_network_that_nobody_can_make_is_refused(state, tmp_path, options):
    header = {"format": "vsfilter-1", "backend": "basicvsr", "options": options}
    save_file(state, tmp_path / "a.safetensors", metadata={"vsfilter": json.dumps(header)})
    assert "have options that no network has" in refusal(tmp_path / "a.safetensors")


def test_a_header_without_end_is_refused(state, tmp_path):
    save_file(state, tmp_path / "a.safetensors", metadata={"vsfilter": "[" * 100_000})
    assert "damaged header" in refusal(tmp_path / "a.safetensors")


def test_a_large_network_of_a_small_file_takes_no_memory(tmp_path):
    header = {"format": "vsfilter-1", "backend": "basicvsr", "options": {"channels": 1024}}
    path = tmp_path / "a.safetensors"
    metadata = {"vsfilter": json.dumps(header)}
    save_file({"fusion.weight": torch.zeros(1)}, path, metadata=metadata)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WeightsError, match=r"'fusion\.weight' has the shape \(1,\) instead of"):
        load(weights=path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB, of 2 GB
