"""A plugin of backends whose networks break one promise each."""

from functools import partial

import torch
from torch import nn

from vsfilter.plugin import hookimpl

from .sound import Network, is_network, load_network, offer


class Untold(Network):
    scale = None


class MixesClips(Network):
    def forward(self, clips):
        return super().forward(clips - 0.1 * clips.mean())


class InHalf(Network):
    def enlarge(self, frames):
        return super().enlarge(frames).bfloat16()


class BatchLast(Network):
    def forward(self, clips):
        return super().forward(clips).transpose(0, 1)


class HalfIdle(Network):
    def __init__(self):
        super().__init__()
        self.idle = nn.Conv2d(3, 3, 1)

    def enlarge(self, frames):
        with torch.no_grad():
            guide = self.idle(frames)
        return super().enlarge(frames + 0.01 * guide)


class Exploding(Network):
    def enlarge(self, frames):
        return super().enlarge(frames) + 0 * torch.sqrt(0 * self.conv.weight).sum()


def offer_network(name, make=Network, **changes):
    return offer(name, **{"load": partial(load_network, make=make), "create": make, **changes})


@hookimpl
def vsfilter_backends():
    return [
        offer_network("untold", Untold),
        offer_network("mixes_clips", MixesClips),
        offer_network("in_half", InHalf),
        offer_network("batch_last", BatchLast),
        offer_network("half_idle", HalfIdle),
        offer_network("exploding", Exploding),
        offer_network("of_other_weights", load=partial(load_network, gain=2)),
        offer_network("makes_nothing", create=lambda: None),
        offer_network("knows_nothing", recognises=lambda keys: False),
        offer_network("knows_all", recognises=lambda keys: True),
        offer_network("knows_a_kin", recognises=is_network),
    ]
