"""Checks of a backend that can be trained: its network, its gradients, the file that it becomes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vsfilter.discovery import backends, says_yes
from vsfilter.engine.load import load_model
from vsfilter.errors import WeightsError
from vsfilter.testing.case import TOLERANCE, Case, make_clip, show
from vsfilter.weights import read_checkpoint, resolve_weights, save_weights, split_stages


def maps_batches_of_clips(case: Case) -> None:
    """Run the network on two clips at once: shape and type are right, the clips stay apart."""
    if (module := _make_module(case)) is None:
        return
    module.eval()
    clips = _make_clips(case)
    with case.blame("its network restores a batch of clips"), torch.inference_mode():
        restored = module(clips)
        apart = torch.cat([module(clip.unsqueeze(0)) for clip in clips])
    promise = "its network tells its scale as a whole number"
    scale = getattr(module, "scale", 0)
    case.expect(type(scale) is int and scale in case.record.scales, promise, f"it is {scale!r}")
    *before, h, w = clips.shape
    wanted = (*before, scale * h, scale * w)
    promise = f"its network maps {show(clips)} to float32 {wanted}"
    came = f"{restored.dtype} {show(restored)} came"
    is_right = tuple(restored.shape) == wanted and restored.dtype == torch.float32
    case.expect(is_right, promise, came)
    promise = "its network restores each clip of a batch as if it were alone"
    case.expect_equal(restored, apart, promise, tolerance=TOLERANCE)


def learns_with_every_parameter(case: Case) -> None:
    """Go one step back through the network: each parameter gets a gradient that is a number."""
    if (module := _make_module(case)) is None:
        return
    promise = "a loss of its network has a gradient for every parameter"
    with case.blame(promise), torch.enable_grad():
        module.train()(_make_clips(case)).square().mean().backward()
    learning = {name: p.grad for name, p in module.named_parameters() if p.requires_grad}
    case.expect(bool(learning), promise, "it has no parameter that learns")
    idle = [name for name, gradient in learning.items() if gradient is None]
    case.expect(not idle, promise, f"{len(idle)} have none (first: {next(iter(idle), '')!r})")
    wrong = [name for name, g in learning.items() if g is not None and not g.isfinite().all()]
    case.expect(not wrong, promise, f"that of {next(iter(wrong), '')!r} is not finite")


def loads_what_was_trained(case: Case) -> None:
    """Save a network as `vsr train` does, load the file: the model restores as the network did."""
    if (module := _make_module(case)) is None:
        return
    with torch.no_grad():
        for number, parameter in enumerate(module.parameters()):
            # many networks begin as plain interpolation, which would tell nothing
            noise = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(number))
            parameter.add_(0.02 * noise)
    clip = _make_clips(case)[0]
    with torch.inference_mode():
        wanted = module.eval()(clip.unsqueeze(0))[0]
    options = dict(_module_options(case))
    header = {"backend": case.backend, "options": options, "scale": module.scale}
    promise = "restores from a trained file as its network does"
    with tempfile.TemporaryDirectory() as folder, case.blame(promise):
        file = Path(folder) / "trained.safetensors"
        save_weights(file, module.state_dict(), header)
        loaded = load_model("auto", file, device=case.device, precision="fp32")
        restored = case.restore(clip.to(case.device), model=loaded.model).cpu()
    case.expect_equal(restored, wanted, promise, tolerance=TOLERANCE)


def recognises_its_own_keys_alone(case: Case) -> None:
    """Show the keys of its network, and others, to all installed backends."""
    recognises = case.record.recognises
    keys = _read_keys(case)
    if recognises is None or keys is None:
        return
    promise = "recognises the keys of its own network"
    with case.blame(promise):
        is_own = recognises(iter(keys))
    case.expect(is_own, promise, f"says no (first key: {next(iter(keys), '')!r})")
    promise = "recognises no keys of another network"
    with case.blame(promise):
        is_foreign = recognises(iter(())) or recognises(iter(("no_such_layer.weight",)))
    case.expect(not is_foreign, promise, "says yes to any")
    known = backends().values()
    asked = (b for b in known if not b.recognises_rest or case.record.recognises_rest)
    others = [
        b.name
        for b in asked
        if b.recognises and says_yes(f"model {b.name!r}", b.recognises, list(keys))
    ]
    promise = "is the only one that recognises its keys"
    case.expect(others == [case.backend], promise, f"{', '.join(others)} do")


def _make_module(case: Case) -> nn.Module | None:
    """Make an untrained network; None where the backend cannot be trained."""
    create = case.record.create
    if create is None:
        return None
    options = _module_options(case)
    promise = f"makes a network of the options {dict(options)}"
    with case.blame(promise), torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        module = create(**options)
    case.expect(isinstance(module, nn.Module), promise, f"made a {type(module).__name__}")
    return module


def _module_options(case: Case) -> Mapping[str, Any]:  # Any: each backend checks its own
    """Give the options of the case, else those that its weights record."""
    if case.module_options:
        return case.module_options
    stages = split_stages(case.weights)
    try:
        file = resolve_weights(
            stages[0] if stages else None, case.record.weights, backend=case.backend
        )
    except WeightsError:  # it has none yet
        return {}
    recorded: Mapping[str, Any] = read_checkpoint(file).header.get("options", {})
    return recorded


def _make_clips(case: Case) -> Tensor:
    """Make two clips, (2, 3, 3, h, w), whose sides need no padding."""
    multiple = case.record.multiple
    sides = (-(-16 // multiple) * multiple, -(-20 // multiple) * multiple)
    return torch.stack([make_clip(3, *sides, seed=seed) for seed in (1, 2)])


def _read_keys(case: Case) -> Mapping[str, Tensor] | None:
    """Give the state dict of the case's file, else that of a new network."""
    if case.weights is not None and Path(first := split_stages(case.weights)[0]).is_file():
        return read_checkpoint(first).state
    module = _make_module(case)
    return None if module is None else module.state_dict()
