"""A plugin of models that break one promise each."""

import threading
from functools import partial

import torch
from torch import nn

from vsfilter.errors import WeightsError
from vsfilter.plugin import hookimpl

from .sound import Averaging, load_averaging, offer


class NotFinite(Averaging):
    def smooth(self, frames):
        return frames / 0 * 0


class InGreyLevels(Averaging):
    def smooth(self, frames):
        return frames * 255


class InBgr(Averaging):
    def smooth(self, frames):
        return frames.flip(1)


class NeedsTwoFrames(Averaging):
    def smooth(self, frames):
        assert len(frames) > 1
        return frames


class NeedsShortClips(Averaging):
    def smooth(self, frames):
        return super().smooth(frames)[:8]


class NeedsEvenSides(Averaging):
    def smooth(self, frames):
        return frames[..., : frames.shape[-2] // 2 * 2, : frames.shape[-1] // 2 * 2]


class SeesKeptFramesOnly(Averaging):
    def restore(self, frames, keep=slice(None)):
        return self.enlarge(self.smooth(frames[keep]))


class CountsFromTheStart(Averaging):
    def restore(self, frames, keep=slice(None)):
        start, stop = keep.start or 0, keep.stop or len(frames)
        kept = [frame for n, frame in enumerate(self.smooth(frames)) if start <= n < stop]
        return self.enlarge(torch.stack(kept))


class WritesIntoItsInput(Averaging):
    def smooth(self, frames):
        return frames.sub_(0.01)


class RecordsGradients(Averaging):
    def __init__(self, precision):
        super().__init__(precision)
        self.gain = nn.Parameter(torch.ones(1))

    def smooth(self, frames):
        return frames * self.gain


class NeedsGradients(Averaging):
    def smooth(self, frames):
        frames = frames.clone().requires_grad_()
        return frames - torch.autograd.grad(frames.square().sum(), frames)[0]


class SeesFiveFrames(Averaging):
    def smooth(self, frames):
        return super().smooth(super().smooth(frames))


class Grainy(Averaging):
    def smooth(self, frames):
        with torch.random.fork_rng():  # leaves the random numbers alone, and yet depends on them
            return frames + 0.01 * torch.randn_like(frames)


class Remembering(Averaging):
    last = None

    def smooth(self, frames):
        mixed = frames if self.last is None else (frames + self.last.mean()) / 2
        self.last = frames
        return mixed


class NewEachTime(Averaging):
    def __init__(self, precision):
        super().__init__(precision)
        self.gain = 1 - 0.01 * torch.rand(1).item()

    def smooth(self, frames):
        return frames * self.gain


class BoundToAThread(Averaging):
    def __init__(self, precision):
        super().__init__(precision)
        self.state = threading.local()
        self.state.gain = 1

    def smooth(self, frames):
        return frames * self.state.gain


class OfAnotherScale(Averaging):
    scale = 3


class OnAnotherDevice(Averaging):
    def smooth(self, frames):
        return frames.to("meta")


class Coarse(Averaging):
    def smooth(self, frames):
        return frames if self.precision == "fp32" else (frames * 4).round() / 4


class Half(Averaging):
    def smooth(self, frames):
        return frames if self.precision == "fp32" else frames.half()


def load_any_option(weights, *, device, precision, **options):
    return load_averaging(weights, device=device, precision=precision)


def load_any_weights(weights, *, device, precision, **options):
    return load_averaging(None, device=device, precision=precision, **options)


def load_in_many_words(weights, *, device, precision, **options):
    if weights is not None:
        raise WeightsError("cannot read:\nline 1\nline 2")
    return load_averaging(None, device=device, precision=precision, **options)


BROKEN = {
    "not_finite": NotFinite,
    "in_grey_levels": InGreyLevels,
    "in_bgr": InBgr,
    "needs_two_frames": NeedsTwoFrames,
    "needs_short_clips": NeedsShortClips,
    "needs_even_sides": NeedsEvenSides,
    "sees_kept_frames_only": SeesKeptFramesOnly,
    "counts_from_the_start": CountsFromTheStart,
    "writes_into_its_input": WritesIntoItsInput,
    "records_gradients": RecordsGradients,
    "needs_gradients": NeedsGradients,
    "sees_five_frames": SeesFiveFrames,
    "grainy": Grainy,
    "remembering": Remembering,
    "new_each_time": NewEachTime,
    "bound_to_a_thread": BoundToAThread,
    "of_another_scale": OfAnotherScale,
    "on_another_device": OnAnotherDevice,
    "coarse": Coarse,
    "half": Half,
}


def offer_model(name, make=Averaging, **changes):
    values = {"load": partial(load_averaging, make=make), "needs_weights": False}
    return offer(name, **{**values, **changes})


@hookimpl
def vsfilter_backends():
    return [
        *(offer_model(name, make) for name, make in BROKEN.items()),
        offer_model("of_one_scale", scales=(2, 4)),
        offer_model("any_option", load=load_any_option),
        offer_model("any_weights", load=load_any_weights),
        offer_model("in_many_words", load=load_in_many_words),
        offer_model("unlicensed", licence=""),
        offer_model("on_two_lines", summary="one\ntwo"),
        offer_model("half_a_frame", core=4.5),
    ]
