"""Measuring one case, in a process of its own: its peak memory then is the case's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from vsfilter.bench.case import Case, Result
from vsfilter.bench.plain import plain_network, run_plainly
from vsfilter.bench.rounds import matrix_product, take_turns
from vsfilter.discovery import find_backend
from vsfilter.engine.checked_model import CheckedModel
from vsfilter.engine.load import LoadedModel, load_model
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.errors import WeightsError
from vsfilter.plugin import Backend
from vsfilter.weights import save_weights

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
PLAIN_FRAMES = 5
"""Frames of the plain run: as many as a window of EDVR; its time a frame does not change much."""


@torch.inference_mode()
def measure(case: Case) -> Result:
    """Measure a case.

    Raises:
        VsfilterError: The model cannot be loaded, or runs out of what it needs.
    """
    backend = find_backend(case.model)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        weights = _weights(case, backend, folder)
        settings = Settings(
            model=case.model,
            weights=weights,
            device=case.device,
            precision=case.precision,
            core=case.frames,
        )
        restorer = stack.enter_context(Restorer(settings, width=case.width, height=case.height))
        loaded, grid = restorer.loaded, restorer.grid
        clip = make_clip(grid.core + 2 * grid.context, case.width, case.height).to(loaded.device)
        keep = slice(grid.context, grid.context + grid.core)

        model = CheckedModel.of(loaded)

        def ours() -> Tensor:
            return model.restore(clip, keep)

        work = _count(ours)
        alone = _count(lambda: model.restore(clip[keep]))
        memory = _peak_memory_mb(loaded.device)
        product = matrix_product(DTYPES[loaded.precision], loaded.device)
        first = clip[keep][:PLAIN_FRAMES]
        plain = _plain_run(loaded, weights, first)
        psnr = _psnr(model.restore(first), plain()) if plain else None  # warms up, too
        rounds = take_turns(ours, product.run, plain, device=loaded.device)
    fps = grid.core / min(r.ours for r in rounds)
    peak = product.gflop / min(r.product for r in rounds)
    plain_seconds = [r.plain for r in rounds if r.plain is not None]
    ratios = [r.plain / len(first) * grid.core / r.ours for r in rounds if r.plain is not None]
    return Result(
        model=case.model,
        weights=_label(case, backend),
        scale=loaded.model.scale,
        width=case.width,
        height=case.height,
        device=loaded.device,
        precision=loaded.precision,
        core=grid.core,
        context=grid.context,
        fps=fps,
        gflop_per_frame=work / grid.core / 1e9,
        context_cost=work / alone if alone else 1.0,
        peak_gflops=peak,
        share_of_peak=median(work / 1e9 / r.ours / (product.gflop / r.product) for r in rounds),
        memory_mb=memory,
        plain_fps=len(first) / min(plain_seconds) if plain_seconds else None,
        ratio=median(ratios) if ratios else None,
        psnr_to_plain=psnr,
    )


def make_clip(frame_count: int, width: int, height: int) -> Tensor:
    """Make textures of several sizes that move by 1.5 px a frame.

    Returns:
        (frame_count, 3, height, width), float32, in [0, 1].
    """
    x = torch.arange(width, dtype=torch.float32)
    y = torch.arange(height, dtype=torch.float32)[:, None]
    frames = []
    for n in range(frame_count):
        fine, middle, coarse = (
            torch.sin((x - 1.5 * n) * (0.9 / k) + y * (0.5 / k) + k) * torch.cos(y * (0.7 / k) + n)
            for k in (1, 3, 9)
        )
        waves = torch.stack((fine + middle + coarse, 2 * fine, 2 * middle))
        frames.append(0.5 + 0.15 * waves)
    return torch.stack(frames)


def _is_untrained(case: Case, backend: Backend) -> bool:
    has_none = case.weights is None and backend.needs_weights and not backend.bundled
    return case.network is not None or has_none


def _weights(case: Case, backend: Backend, folder: Path) -> str | None:
    """Give the weights of a case: maybe a file of the backend's network as it is made."""
    if not _is_untrained(case, backend):
        return case.weights
    if backend.create is None:
        raise WeightsError(f"model {backend.name!r} has no weights of its own: name some")
    options = dict(case.network or {})
    network = backend.create(**options)
    file = folder / "untrained.safetensors"
    header = {"backend": backend.name, "options": options, "scale": network.scale}
    save_weights(file, network.state_dict(), header)
    return str(file)


def _label(case: Case, backend: Backend) -> str | None:
    if _is_untrained(case, backend):
        options = (f"{key}={value}" for key, value in (case.network or {}).items())
        return " ".join(("untrained", *options))
    if case.weights or not backend.needs_weights:
        return case.weights
    return backend.bundled[0].name


def _plain_run(
    loaded: LoadedModel, weights: str | None, frames: Tensor
) -> Callable[[], Tensor] | None:
    """Give what restores the frames with the plain network, or None where there is none."""
    full = load_model(loaded.backend.name, weights, device=loaded.device, precision="fp32")
    network, multiple = plain_network(full.model), full.backend.multiple
    return None if network is None else lambda: run_plainly(network, frames, multiple=multiple)


def _psnr(ours: Tensor, plain: Tensor) -> float | None:
    """Compare two results, in dB; None where they are equal."""
    error = (ours.clamp(0, 1) - plain.clamp(0, 1)).square().mean()
    return -10 * float(error.log10()) if error else None


def _count(run: Callable[[], object]) -> int:
    """Count the operations of a run; it is the first one, so that later ones are warm."""
    with FlopCounterMode(display=False) as counter:
        run()
    return int(counter.get_total_flops())


def _peak_memory_mb(device: str) -> float | None:
    if torch.device(device).type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    if sys.platform == "win32":
        return None
    import resource  # there is none on Windows

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1e6 if sys.platform == "darwin" else used * 1024 / 1e6
