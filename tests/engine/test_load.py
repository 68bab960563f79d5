import json
from dataclasses import asdict, replace
from fractions import Fraction

import pytest
import torch
from safetensors.torch import load_file, save_file

import vsfilter
from tests.fresh_python import install, run
from tests.small_models import SMALL, Scaled, save_basicvsr
from vsfilter.discovery import backends, find_backend
from vsfilter.engine.load import load_model
from vsfilter.engine.model_errors import need_memory
from vsfilter.errors import DeviceError, DeviceMemoryError, OptionError, PluginError, WeightsError
from vsfilter.weights import NamedWeights

FP32 = {"device": "cpu", "precision": "fp32"}


def save_with_header(path, source, **header):
    """Save the tensors of a file of ours under another header."""
    metadata = {"vsfilter": json.dumps({"format": "vsfilter-1", **header})}
    save_file(load_file(source), path, metadata=metadata)
    return path


def test_auto_finds_the_backend_by_the_header(basicvsr):
    loaded = load_model(weights=basicvsr, **FP32)
    assert (loaded.backend.name, loaded.device, loaded.precision) == ("basicvsr", "cpu", "fp32")
    assert loaded.model.scale == 4


def test_auto_finds_the_backend_by_the_keys(basicvsr, tmp_path):
    # the flow of a published checkpoint works at full size, and no tensor would show another
    options = replace(SMALL, flow_finest=0)
    state = load_file(save_basicvsr(tmp_path / "ours.safetensors", options))
    torch.save({"params": state}, tmp_path / "published.pth")
    assert load_model(weights=tmp_path / "published.pth", **FP32).backend.name == "basicvsr"


def test_a_backend_that_fails_to_answer_is_named_and_left_out(tmp_path, monkeypatch, caplog):
    def fail(keys):
        raise AttributeError("boom")

    known = backends()
    broken = replace(known["bicubic"], name="broken", recognises=fail)
    monkeypatch.setattr(
        "vsfilter.engine.model_choice.backends", lambda: {"broken": broken, **known}
    )
    state = load_file(save_basicvsr(tmp_path / "ours.safetensors", replace(SMALL, flow_finest=0)))
    torch.save({"params": state}, tmp_path / "published.pth")
    assert load_model(weights=tmp_path / "published.pth", **FP32).backend.name == "basicvsr"
    assert "model 'broken' is left out: AttributeError: boom" in caplog.text


def test_a_file_of_ours_restores_as_the_same_tensors_in_a_bare_file_do(tmp_path):
    ours = save_basicvsr(tmp_path / "ours.safetensors", replace(SMALL, flow_finest=0))
    save_file(load_file(ours), tmp_path / "bare.safetensors")
    frames = torch.rand(3, 3, 8, 12)
    with torch.inference_mode():
        assert torch.equal(
            vsfilter.load(weights=ours, **FP32).restore(frames),
            vsfilter.load(weights=tmp_path / "bare.safetensors", **FP32).restore(frames),
        )


def test_auto_without_weights_is_the_default_model():
    backend = find_backend("basicvsr")
    if backend.bundled:
        assert load_model(**FP32).backend.name == backend.name
    else:
        with pytest.raises(WeightsError, match="model 'basicvsr' has no weights of its own"):
            load_model(**FP32)


def test_every_bundled_set_is_found_by_its_name_alone_and_has_its_scale():
    for backend in vsfilter.backends().values():
        for item in backend.bundled:
            loaded = load_model(weights=item.name, **FP32)
            assert loaded.backend.name == backend.name
            assert loaded.model.scale == item.scale


def test_a_backend_without_weights_takes_the_scale():
    assert vsfilter.load("bicubic", scale=3, **FP32).scale == 3
    assert load_model("bicubic", **FP32).model.scale == 4


@pytest.mark.parametrize(
    ("wish", "scale"),
    [(1, 1), (2, 2), (Fraction(3, 2), 2), (Fraction(2, 3), 1), (4, 4), (7, 4)],
)
def test_a_backend_without_weights_takes_the_scale_next_to_the_wish(wish, scale):
    assert load_model("bicubic", scale=wish, **FP32).model.scale == scale


@pytest.mark.parametrize(
    ("wish", "name"),
    [(None, None), (4, "four"), (2, "two"), (3, "four"), (1, "two"), (Fraction(9, 2), "four")],
)
def test_a_wished_scale_picks_the_set_next_above_it(monkeypatch, tmp_path, wish, name):
    sets = (named_set(tmp_path, "four", scale=4), named_set(tmp_path, "two", scale=2))
    plain = find_backend("basicvsr")
    backend = replace(plain, weights=sets, load=lambda weights, **_: Scaled(4))
    monkeypatch.setattr("vsfilter.engine.model_choice.find_backend", lambda _: backend)

    assert load_model("basicvsr", scale=wish, **FP32).weights == name


def named_set(folder, name, *, scale):
    return NamedWeights(
        name=name, file=folder / name, scale=scale, sha256="0" * 64, source="test", licence="none"
    )


def test_weights_of_another_scale_than_the_wished_one_are_taken(basicvsr):
    assert load_model(weights=basicvsr, scale=2, **FP32).model.scale == 4


@pytest.mark.parametrize("scale", [2, 4])
def test_weights_of_each_scale_load(tmp_path, scale):
    path = save_basicvsr(tmp_path / "small.safetensors", replace(SMALL, scale=scale))
    model = vsfilter.load(weights=path, **FP32)
    assert model.scale == scale
    assert model.restore(torch.rand(1, 3, 4, 6)).shape == (1, 3, 4 * scale, 6 * scale)


def test_an_unknown_name_of_weights_is_refused():
    with pytest.raises(WeightsError, match=r"'edvr_m' .*give a file or a name"):
        load_model(weights="edvr_m", **FP32)
    with pytest.raises(WeightsError, match=r"\(did you mean 'edvr-m-reds'\?\)"):
        load_model(weights="edvr-m-red", **FP32)


def test_an_unknown_name_of_weights_of_a_model_is_refused_with_its_sets():
    with pytest.raises(WeightsError, match=r"'edvr_m' are neither a file nor a set .*'basicvsr'"):
        load_model("basicvsr", "edvr_m", **FP32)


def test_weights_for_a_model_that_takes_none_are_refused(basicvsr):
    with pytest.raises(WeightsError, match="'bicubic' takes no weights"):
        load_model("bicubic", basicvsr, **FP32)


def test_a_name_and_its_weights_may_stand_in_one_word(basicvsr):
    loaded = load_model(f"basicvsr:{basicvsr}", **FP32)
    assert (loaded.backend.name, loaded.weights) == ("basicvsr", str(basicvsr))
    assert load_model(f"auto:{basicvsr}", **FP32).backend.name == "basicvsr"
    assert load_model(weights=basicvsr, **FP32).weights == basicvsr


def test_only_the_first_colon_parts_a_name_from_its_weights():
    with pytest.raises(WeightsError, match=r"weights 'C:\\films\\a\.pth' are neither"):
        load_model(r"basicvsr:C:\films\a.pth", **FP32)


def test_weights_that_are_named_twice_or_not_at_all_after_the_colon_are_refused(basicvsr):
    with pytest.raises(OptionError, match=r"'basicvsr:a\.pth' and weights are 'b\.pth'"):
        load_model("basicvsr:a.pth", "b.pth", **FP32)
    with pytest.raises(OptionError, match="model is 'basicvsr:': give weights after the colon"):
        load_model("basicvsr:", **FP32)


def test_unknown_models_options_and_devices_are_refused(basicvsr):
    with pytest.raises(PluginError, match="unknown model 'vanished'"):
        load_model("vanished", **FP32)
    with pytest.raises(OptionError, match="'bicubic' has no option 'sharpness'"):
        load_model("bicubic", sharpness=2, **FP32)
    with pytest.raises(DeviceError, match="'warp-drive'"):
        load_model("bicubic", device="warp-drive")


def test_a_header_that_names_an_unknown_backend_is_refused_with_the_name(basicvsr, tmp_path):
    path = save_with_header(tmp_path / "a.safetensors", basicvsr, backend="vanished", options={})
    with pytest.raises(PluginError, match="unknown model 'vanished'"):
        load_model(weights=path, **FP32)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"backend": "basicvsr"},
        {"backend": "basicvsr", "options": None},
        {"backend": "basicvsr", "options": ["channels"]},
        {"backend": "basicvsr", "options": {"strides": 3}},
        {"backend": "basicvsr", "options": {"channels": 16}},
        {"backend": "basicvsr", "options": {"channels": -1}},
        {"backend": "basicvsr", "options": {"channels": 10**9}},
        {"backend": "basicvsr", "options": {**asdict(SMALL), "scale": 3, "tail_width": 8}},
        {"backend": "basicvsr", "options": {**asdict(SMALL), "channels": "eight"}},
        {"backend": "basicvsr", "options": {**asdict(SMALL), "flow_widths": 8}},
        {"backend": "basicvsr", "options": {**asdict(SMALL), "flow_kernel": 4}},
        {"backend": "basicvsr", "options": {**asdict(SMALL), "blocks": 3}},
    ],
    ids=str,
)
def test_a_header_that_lies_about_its_tensors_is_one_clear_error(basicvsr, tmp_path, header):
    path = save_with_header(tmp_path / "lying.safetensors", basicvsr, **header)
    with pytest.raises(WeightsError, match=r"lying\.safetensors") as caught:
        load_model(weights=path, **FP32)
    assert "\n" not in str(caught.value)


def test_a_set_of_weights_that_needs_less_context_than_its_backend_gets_less(basicvsr):
    bundled, own = load_model(**FP32), load_model(weights=basicvsr, **FP32)
    assert load_model(weights="fast-x4", **FP32).backend.context == bundled.backend.context
    assert bundled.backend.context < own.backend.context == find_backend("basicvsr").context


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("unloadable", PluginError, r"model 'unloadable' failed: KeyError: 'cfg'$"),
        ("fractional", PluginError, "model 'fractional' has scale 2.0 instead of a whole number"),
        (
            "heavy",
            DeviceMemoryError,
            r"^model 'heavy' does not fit into the memory of cpu \(\d+\.\d GB were free\): "
            "close other programs$",
        ),
    ],
)
def test_a_model_that_fails_while_it_is_loaded_is_one_clear_error(fakes, name, error, message):
    with pytest.raises(error, match=message):
        vsfilter.load(name, **FP32)


def test_a_device_other_than_the_processor_is_no_place_to_stay_where_memory_does_not_do():
    with (
        pytest.raises(DeviceError, match=r"memory of meta .*programs, or give --device cpu"),
        need_memory("meta", "model 'x'"),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory")


def test_weights_of_a_model_that_two_plugins_offer_name_the_clash(tmp_path):
    code = """
        from vsfilter import Backend, hookimpl

        @hookimpl
        def vsfilter_backends():
            settings = {"summary": "", "scales": (4,), "core": 4, "context": 0, "load": print}
            return [Backend(name="basicvsr", **settings)]
    """
    install(tmp_path, "other", code)
    done = run("-c", "import vsfilter; vsfilter.load('auto', 'fast-x4')", folder=tmp_path)
    assert done.returncode == 1
    assert "model 'basicvsr' is offered by the plugins" in done.stderr
