"""Checks of the record and of `load`: weights, options, scales, precisions, devices."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vsfilter.discovery import backends
from vsfilter.engine.device import PRECISIONS, choose_precision
from vsfilter.engine.load import load_model
from vsfilter.errors import OptionError, VsfilterError, WeightsError
from vsfilter.testing.case import Case, make_clip
from vsfilter.weights import read_checkpoint, split_stages

LEAST_PSNR_DB = 30
"""Between precisions. The bundled models reach 50; below 30 a difference is plain to see."""
UNKNOWN_OPTION = "no_such_option"


def has_a_sound_record(case: Case) -> None:
    """Look at what the plugin offers, and at the files of the weights that come with it."""
    record = case.record
    promise = "has a sound record"
    case.expect(" " not in record.name, promise, "its name has a space")
    is_one_line = bool(record.summary.strip()) and "\n" not in record.summary
    case.expect(is_one_line, promise, f"its summary is {record.summary!r}, not one line")
    case.expect(bool(record.licence), promise, "it states no licence")
    for name in ("core", "context", "multiple"):
        value = getattr(record, name)
        case.expect(type(value) is int, promise, f"its {name} is {value!r}, not a whole number")
    is_distinct = len(set(record.scales)) == len(record.scales)
    case.expect(is_distinct, promise, f"its scales are {record.scales}, some twice")
    names = [item.name for backend in backends().values() for item in backend.weights]
    for item in record.weights:
        promise = f"has a sound entry for the weights {item.name!r}"
        case.expect(names.count(item.name) == 1, promise, "another entry has the same name")
        case.expect(item.scale in record.scales, promise, f"scale {item.scale} is not the model's")
        case.expect(bool(item.licence and item.source), promise, "its licence or source is missing")
    for item in case.record.bundled:
        with case.blame(f"loads its bundled weights {item.name!r}"):
            load_model(record.name, item.name, device="cpu", precision="fp32", **case.options)


def has_one_of_its_scales(case: Case) -> None:
    """Load the model; one that needs no weights is told the scale that is wanted."""
    scale = case.loaded.model.scale
    promise = f"has one of its scales {case.record.scales}"
    case.expect(type(scale) is int and scale in case.record.scales, promise, f"has {scale!r}")
    if case.record.needs_weights:
        return
    for wanted in case.record.scales:
        promise = f"loads without weights for scale={wanted}"
        with case.blame(promise):
            found = case.load(scale=wanted).model.scale
        case.expect(found == wanted, promise, f"has scale {found!r}")


def refuses_an_unknown_option(case: Case) -> None:
    """Load with an option that no backend has: a typing error must not pass unseen."""
    options = {UNKNOWN_OPTION: 1}
    _expect_refusal(case, f"refuses the unknown option {UNKNOWN_OPTION!r}", OptionError, **options)


def refuses_bad_weights(case: Case) -> None:
    """Load files that are missing, damaged or of another network."""
    from safetensors.torch import save_file

    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in ("missing.pth", "a.pth", "a.safetensors")}
        files["a.pth"].write_bytes(b"PK\x03\x04damaged")
        files["a.safetensors"].write_bytes(b"damaged")
        foreign = Path(folder) / "foreign.safetensors"
        save_file({"no_such_layer.weight": torch.zeros(2, 2)}, foreign)
        for file in (*files.values(), foreign):
            promise = f"refuses weights that are {_WRONGS[file.name]} ({file.name})"
            _expect_refusal(case, promise, WeightsError, weights=file)


_WRONGS = {
    "missing.pth": "missing",
    "a.pth": "damaged",
    "a.safetensors": "damaged",
    "foreign.safetensors": "another network's",
}


def _expect_refusal(
    case: Case,
    promise: str,
    kind: type[VsfilterError],
    **arguments: Any,  # Any: as in Case.load
) -> None:
    """Hold a load to fail with one line that names what is wrong."""
    promise = f"{promise} with one line of {kind.__name__}"
    with case.blame(promise):
        try:
            case.load(**arguments)
        except kind as error:
            text = str(error)
            named = str(arguments.get("weights", UNKNOWN_OPTION))
            is_clear = "\n" not in text and named in text
            case.expect(is_clear, promise, f"the message does not name it: {text!r}")
            return
    case.expect(False, promise, "loaded")


def is_found_by_its_weights(case: Case) -> None:
    """Load by the weights alone, as `--weights FILE` without `--model` does."""
    bundled = case.record.bundled
    weights = case.weights or (bundled[0].name if bundled else None)
    if weights is None:
        return
    file = Path(split_stages(weights)[0])
    is_told = case.record.recognises is not None or not file.is_file()
    if not is_told and not read_checkpoint(file).header:
        return  # nothing tells whose the file is, so the user has to
    promise = f"is found by its weights '{weights}' alone"
    with case.blame(promise):
        found = load_model("auto", weights, device="cpu", precision="fp32", **case.options)
    case.expect(found.backend.name == case.backend, promise, f"found {found.backend.name!r}")


def computes_in_every_precision(case: Case) -> None:
    """Restore in each precision of the device: float32 comes out, near to that of fp32."""
    frames = make_clip(4, 16, 20).to(case.device)
    full = case.restore(frames)
    for name in PRECISIONS:
        if name == "fp16" and torch.device(case.device).type == "cpu":
            continue
        with case.blame(f"loads in {name}"):
            model = case.load(precision=choose_precision(name, case.device)).model
        _expect_near(case, case.restore(frames, model=model), full, f"{name} is near to fp32")


def runs_on_every_device(case: Case) -> None:
    """Restore on the CPU, and on a GPU where there is one."""
    frames = make_clip(4, 16, 20)
    here = case.restore(frames.to(case.device)).cpu()
    devices = ["cpu"] if torch.device(case.device).type == "cpu" else []
    if torch.cuda.is_available():
        devices.append("cuda:0")
    for device in devices:
        with case.blame(f"loads on {device}"):
            model = case.load(device=device).model
        there = case.restore(frames.to(device), model=model).cpu()
        _expect_near(case, there, here, f"{device} gives about the result of {case.device}")


def _expect_near(case: Case, result: Tensor, wanted: Tensor, promise: str) -> None:
    error = (result - wanted).square().mean().clamp(min=1e-20)
    psnr_db = -10 * torch.log10(error).item()
    promise = f"{promise} (at least {LEAST_PSNR_DB} dB)"
    case.expect(psnr_db >= LEAST_PSNR_DB, promise, f"the PSNR is {psnr_db:.1f} dB")
