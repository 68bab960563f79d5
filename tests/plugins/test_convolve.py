import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from vsfilter_edvr.layers import ResidualBlock, activated, activated_in_full, convolve

SIZE = (2, 5, 9, 11)


@pytest.fixture(params=[torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
def layer(request):
    """A convolution and its input, in one precision."""
    torch.manual_seed(1)
    conv = nn.Conv2d(5, 7, 3, padding=1).to(request.param)
    return conv, torch.randn(SIZE, dtype=request.param)


@pytest.mark.parametrize("slope", [None, 0, 0.1])
def test_convolution_and_activation_equal_one_after_the_other(layer, slope):
    conv, x = layer
    with torch.inference_mode():
        plain = conv.float()(x.float())
        expected = plain if slope is None else F.leaky_relu(plain, slope)
        found = convolve(conv.to(x.dtype), x, slope=slope)
    assert found.dtype == x.dtype
    tolerance = 1e-5 if x.dtype == torch.float32 else 2**-7
    assert torch.allclose(found.float(), expected, atol=tolerance, rtol=tolerance)


def test_convolution_and_sum_equal_one_after_the_other(layer):
    conv, x = layer
    other = torch.randn(2, 7, 9, 11, dtype=x.dtype)
    with torch.inference_mode():
        expected = conv.float()(x.float()) + other.float()
        found = convolve(conv.to(x.dtype), x, plus=other)
    tolerance = 1e-5 if x.dtype == torch.float32 else 2**-7
    assert torch.allclose(found.float(), expected, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_the_flop_counter_sees_every_convolution(precision):
    block = ResidualBlock(8).to(precision)
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        block(torch.randn(1, 8, 10, 12, dtype=precision))
    assert counter.get_total_flops() == 2 * (2 * 8 * 8 * 9 * 10 * 12)


def test_gradients_flow_through_the_block_in_either_precision():
    for precision in (torch.float32, torch.bfloat16):
        block = ResidualBlock(4).to(precision)
        block(torch.randn(1, 4, 6, 6, dtype=precision)).sum().backward()
        assert all(weight.grad.abs().sum() > 0 for weight in block.parameters())


@pytest.mark.parametrize("can_fuse", [True, False])
def test_pictures_are_not_rounded_to_bfloat16(can_fuse, monkeypatch):
    if not can_fuse:
        monkeypatch.setattr("vsfilter_edvr.layers.FUSED", None)
    torch.manual_seed(1)
    conv = nn.Conv2d(5, 7, 3, padding=1, stride=2)
    conv.bfloat16().float()  # weights that bfloat16 holds: all that differs comes of the pictures
    pictures, features = torch.rand(2, 3, 32, 32), torch.rand(2, 2, 32, 32).bfloat16()
    with torch.inference_mode():
        expected = F.leaky_relu(conv(torch.cat((pictures, features.float()), dim=1)), 0.1)
        in_float = activated_in_full(conv, pictures, features.float())
        conv.bfloat16()
        found = activated_in_full(conv, pictures, features)
        rounded = activated(conv, torch.cat((pictures.bfloat16(), features), dim=1))
    assert torch.equal(in_float, expected)
    assert found.dtype == torch.bfloat16
    least = error(expected.bfloat16(), expected)  # the rounding of what comes out
    assert error(found, expected) < 1.02 * least < error(rounded, expected)


def error(found, expected):
    return float((found.float() - expected).square().mean())
