"""Layers that all networks are built of: a convolution with what follows it, the residual block."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils.flop_counter import conv_flop_count, register_flop_formula

FUSED = getattr(torch.ops.mkldnn, "_convolution_pointwise", None)
"""oneDNN's convolution with an activation or a sum in the same pass; builds without it have None.

At 640x360 in bf16 the pass of its own takes half as long as the convolution before it.
"""


def convolve(
    conv: nn.Module,
    x: Tensor,
    *,
    slope: float | None = None,
    plus: Tensor | None = None,
    weight: Tensor | None = None,
) -> Tensor:
    """Convolve, then apply a leaky ReLU or add something: in one pass where the CPU can.

    Args:
        conv: A `Conv2d`.
        x: (b, c, h, w).
        slope: Factor of negative values, 0 for a ReLU; None for no activation.
        plus: What is added to the result instead, in its shape and type.
        weight: Taken in place of that of `conv`.

    Returns:
        (b, out, h, w).
    """
    if FUSED is not None and isinstance(conv, nn.Conv2d) and _can_fuse(conv, x):
        taken = conv.weight if weight is None else weight
        fixed = (taken, conv.bias, conv.padding, conv.stride, conv.dilation, conv.groups)
        if plus is not None:
            summed: Tensor = FUSED.binary(x, plus, *fixed, "add", None, None, [], None)
            return summed
        word = "none" if slope is None else "leaky_relu" if slope else "relu"
        activated: Tensor = FUSED(x, *fixed, word, [slope] if slope else [], "")
        return activated
    y: Tensor = conv(x) if weight is None else functional_call(conv, {"weight": weight}, (x,))
    if plus is not None:
        return y + plus
    if slope is None:
        return y
    return F.leaky_relu_(y, slope) if slope else F.relu_(y)


def activated(conv: nn.Module, x: Tensor, *, weight: Tensor | None = None) -> Tensor:
    """Convolve (b, c, h, w) and apply the leaky ReLU of EDVR, BasicVSR and their kin."""
    return convolve(conv, x, slope=0.1, weight=weight)


def activated_in_full(conv: nn.Module, x: Tensor, *beside: Tensor) -> Tensor:
    """Convolve what lies side by side, as `activated`, without rounding pictures to bfloat16.

    Of the 8 bits of a bright picture bfloat16 keeps no more: what it cannot hold comes as a
    picture of its own, for which the same weights count. That is 4 to 11 dB nearer to float32.

    Args:
        conv: The first convolution of a network.
        x: Pictures in float32, (b, n, h, w), or features.
        beside: Features that follow, (b, c, h, w) each.
    """
    own = conv.get_parameter("weight")
    if x.dtype != torch.float32 or own.dtype != torch.bfloat16:
        dtype = beside[0].dtype if beside else own.dtype  # autocast's may be another
        return activated(conv, torch.cat((x.to(dtype), *beside), dim=1))
    known = x.bfloat16()
    rest = (x - known).bfloat16()
    weight = torch.cat((own[:, : x.shape[1]], own), dim=1)
    return activated(conv, torch.cat((rest, known, *beside), dim=1), weight=weight)


def _can_fuse(conv: nn.Conv2d, x: Tensor) -> bool:
    is_low = x.device.type == "cpu" and x.dtype == conv.weight.dtype == torch.bfloat16
    return is_low and bool(torch.backends.mkldnn.enabled) and not torch.is_grad_enabled()


if FUSED is not None:

    @register_flop_formula(FUSED)
    def _count_flops(
        x: torch.Size,
        second: torch.Size,
        third: torch.Size | None,
        *_: object,
        out_shape: torch.Size,
        **__: object,
    ) -> int:
        """Let torch's counter see the work: its own formula for convolutions."""
        # what is added comes before the weight, the bias after it
        weight = third if third is not None and len(third) == 4 else second
        return int(conv_flop_count(list(x), list(weight), list(out_shape)))


class ResidualBlock(nn.Module):
    """Two convolutions and a shortcut, without normalisation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, c, h, w) to the same shape."""
        return convolve(self.conv2, convolve(self.conv1, x, slope=0), plus=x)
