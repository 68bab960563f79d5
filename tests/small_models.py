"""Models that are small enough for tests: a real BasicVSR, and fakes that break a promise."""

import threading
from dataclasses import asdict
from pathlib import Path

import torch

from vsfilter.plugin import Backend, hookimpl
from vsfilter.weights import save_weights
from vsfilter_basicvsr.checkpoint import build
from vsfilter_basicvsr.options import Options

SMALL = Options(
    channels=8,
    blocks=1,
    tail_width=0,
    flow_levels=2,
    flow_widths=(8,),
    flow_kernel=3,
    flow_finest=1,
)


def save_basicvsr(path: Path, options: Options = SMALL, *, gain: float = 1.0) -> Path:
    """Save a small BasicVSR with fixed random weights."""
    torch.manual_seed(1)
    state = {key: value * gain for key, value in build(options).state_dict().items()}
    header = {"backend": "basicvsr", "options": asdict(options), "scale": options.scale}
    save_weights(path, state, header)
    return path


class Repeating:
    """Repeats pixels, twice in each direction; accepts sides that are multiples of 4 only."""

    scale = 2

    def restore(self, frames, keep=slice(None)):
        if frames.shape[-2] % 4 or frames.shape[-1] % 4:
            raise ValueError(f"sides {tuple(frames.shape[-2:])} are no multiples of 4")
        return frames[keep].repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)


class NotFinite:
    """Gives NaN for every other pixel unless it computes in one of these precisions."""

    scale = 1

    def __init__(self, precision, *, good):
        self.is_good = precision in good

    def restore(self, frames, keep=slice(None)):
        restored = frames[keep].clone()
        if not self.is_good:
            restored[..., ::2] = float("nan")
        return restored


class Misshapen:
    """Gives one row less than it should."""

    scale = 1

    def restore(self, frames, keep=slice(None)):
        return frames[keep][..., 1:, :]


class Halved:
    """Gives half precision."""

    scale = 1

    def restore(self, frames, keep=slice(None)):
        return frames[keep].half()


class Averaging:
    """Repeats pixels of the mean of three frames: whatever appears or vanishes leaves a ghost."""

    scale = 2

    def __init__(self):
        self.lengths = []

    def restore(self, frames, keep=slice(None)):
        self.lengths.append(len(frames))
        around = torch.cat([frames[:1], frames, frames[-1:]])
        mean = (around[:-2] + around[1:-1] + around[2:]) / 3
        return mean[keep].repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)


class Reusing:
    """Gives its input in memory that the next call writes to, as CUDA graphs do."""

    scale = 1

    def __init__(self):
        self.memory = {}

    def restore(self, frames, keep=slice(None)):
        kept = frames[keep]
        return self.memory.setdefault(kept.shape, torch.empty_like(kept)).copy_(kept)


class Scaled:
    """Says that it enlarges by so much."""

    def __init__(self, scale):
        self.scale = scale

    def restore(self, frames, keep=slice(None)):
        return frames[keep]


class Failing:
    """Repeats pixels until it has done so once; then does what its maker says."""

    scale = 1

    def __init__(self, fail):
        self.fail = fail
        self.calls = 0

    def restore(self, frames, keep=slice(None)):
        self.calls += 1
        return frames[keep] if self.calls == 1 else self.fail()


def _raise(error):
    raise error


class Crowded:
    """Runs out of memory in its first calls; then it repeats pixels."""

    scale = 2

    def __init__(self, failures):
        self.failures = failures

    def restore(self, frames, keep=slice(None)):
        if self.failures > 0:
            self.failures -= 1
            raise torch.OutOfMemoryError("CUDA out of memory")
        return frames[keep].repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)


class Quadratic(Repeating):
    """Has no memory for more than 128x128 px at a time, as attention may, nor for one size."""

    refused_px = 0

    def restore(self, frames, keep=slice(None)):
        px = frames[0, 0].numel()
        if px > 128 * 128 or px == self.refused_px:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 40.00 GiB.")
        return super().restore(frames, keep)


def _backend(name, make, *, multiple=1, may_ghost=False):
    def load(weights, *, device, precision, **options):
        return make(precision)

    return Backend(
        name=name,
        summary="fake",
        scales=(1, 2),
        core=4,
        context=2,
        load=load,
        multiple=multiple,
        may_ghost=may_ghost,
        needs_weights=False,
    )


@hookimpl
def vsfilter_backends():
    return [
        _backend("repeating", lambda precision: Repeating(), multiple=4),
        _backend("fragile", lambda precision: NotFinite(precision, good=("fp32",))),
        _backend("hopeless", lambda precision: NotFinite(precision, good=())),
        _backend("misshapen", lambda precision: Misshapen()),
        _backend("halved", lambda precision: Halved()),
        _backend("reusing", lambda precision: Reusing()),
        _backend("averaging", lambda precision: Averaging(), may_ghost=True),
        _backend("raising", lambda precision: Failing(lambda: _raise(KeyError("conv.weight")))),
        _backend("nothing", lambda precision: Failing(lambda: None)),
        _backend("hanging", lambda precision: Failing(threading.Event().wait)),
        _backend(
            "lost",
            lambda precision: Failing(
                lambda: _raise(torch.AcceleratorError("CUDA error: device-side assert\nmore"))
            ),
        ),
        _backend("crowded", lambda precision: Crowded(failures=1)),
        _backend("full", lambda precision: Crowded(failures=1000)),
        _backend("quadratic", lambda precision: Quadratic()),
        _backend("trusted", lambda precision: Averaging()),
        _backend("unloadable", lambda precision: _raise(KeyError("cfg"))),
        _backend("heavy", lambda precision: _raise(torch.OutOfMemoryError("CUDA out of memory"))),
        _backend("fractional", lambda precision: Scaled(2.0)),
    ]
