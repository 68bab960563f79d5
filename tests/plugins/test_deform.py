import math

import pytest
import torch

from vsfilter_edvr import deform
from vsfilter_edvr.deform import DeformConv, deform_conv2d


def sample(plane, y, x):
    """Read a plane (h, w) between its pixels; it is zero outside."""
    h, w = plane.shape
    total = 0.0
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < h and 0 <= column < w:
                total += (1 - abs(y - row)) * (1 - abs(x - column)) * plane[row, column].item()
    return total


def convolve_slowly(x, offset, mask, weight, bias):
    """Write the definition down: one loop for each index."""
    b, c, h, w = x.shape
    kernel_h, kernel_w = weight.shape[2:]
    taps = kernel_h * kernel_w
    groups = mask.shape[1] // taps
    result = bias.view(1, -1, 1, 1).repeat(b, 1, h, w)
    for n in range(b):
        for row in range(h):
            for column in range(w):
                for channel in range(c):
                    group = channel // (c // groups)
                    for tap in range(taps):
                        at = group * taps + tap
                        dy, dx = offset[n, 2 * at : 2 * at + 2, row, column].tolist()
                        y = row + tap // kernel_w - kernel_h // 2 + dy
                        x_ = column + tap % kernel_w - kernel_w // 2 + dx
                        value = sample(x[n, channel], y, x_) * mask[n, at, row, column]
                        kernel = weight[:, channel, tap // kernel_w, tap % kernel_w]
                        result[n, :, row, column] += kernel * value
    return result


def make_inputs(size, *, groups, kernel=(3, 3), spread=2.0):
    """Make x (2, 4, h, w), offsets of `spread` px, masks, five kernels and biases."""
    random = torch.Generator().manual_seed(7)
    taps = kernel[0] * kernel[1]
    return (
        torch.randn(2, 4, *size, generator=random),
        torch.randn(2, groups * taps * 2, *size, generator=random) * spread,
        torch.rand(2, groups * taps, *size, generator=random),
        torch.randn(5, 4, *kernel, generator=random),
        torch.randn(5, generator=random),
    )


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("size", [(1, 1), (1, 5), (4, 3)])
def test_it_equals_the_definition_written_as_loops(groups, size):
    inputs = make_inputs(size, groups=groups)
    assert torch.allclose(deform_conv2d(*inputs), convolve_slowly(*inputs), atol=1e-5)


def test_kernels_need_not_be_square():
    inputs = make_inputs((3, 4), groups=2, kernel=(1, 5))
    assert torch.allclose(deform_conv2d(*inputs), convolve_slowly(*inputs), atol=1e-5)


def test_without_offsets_it_is_an_ordinary_convolution():
    x, offset, mask, weight, bias = make_inputs((6, 7), groups=2)
    expected = torch.nn.functional.conv2d(x, weight, bias, padding=1)
    actual = deform_conv2d(x, offset * 0, torch.ones_like(mask), weight, bias)
    assert torch.allclose(actual, expected, atol=1e-5)


def test_far_outside_there_is_nothing():
    x, offset, mask, weight, _ = make_inputs((4, 4), groups=2)
    for distance in (50.0, 1e9):
        out = deform_conv2d(x, offset * 0 + distance, mask, weight)
        assert torch.equal(out, torch.zeros_like(out))


def test_strips_of_any_height_give_the_same(monkeypatch):
    inputs = make_inputs((7, 5), groups=2)
    whole = deform_conv2d(*inputs)
    for values in (1, 2 * 4 * 9 * 5 * 3):
        monkeypatch.setattr(deform, "STRIP_VALUES", values)
        assert torch.allclose(deform_conv2d(*inputs), whole, atol=1e-6)


def test_gradients_reach_every_input_and_are_right():
    x, offset, mask, weight, bias = make_inputs((3, 3), groups=2, spread=0.7)
    inputs = [value.requires_grad_() for value in (x, offset, mask, weight, bias)]
    deform_conv2d(*inputs).square().sum().backward()
    for value in inputs:
        step = torch.zeros_like(value)
        at = tuple(size // 2 for size in value.shape)
        step[at] = 1e-2
        with torch.no_grad():
            high, low = (
                deform_conv2d(*(v + sign * step if v is value else v for v in inputs))
                .square()
                .sum()
                for sign in (1, -1)
            )
        assert value.grad[at].item() == pytest.approx((high - low).item() / 2e-2, rel=2e-2)


def test_sixteen_bits_sample_in_float32_and_keep_the_type():
    x, offset, mask, weight, bias = make_inputs((12, 16), groups=2, spread=20.0)
    full = deform_conv2d(x, offset, mask, weight, bias)
    for dtype in (torch.bfloat16, torch.float16):
        low = deform_conv2d(x.to(dtype), offset, mask, weight.to(dtype), bias.to(dtype))
        assert low.dtype == dtype
        assert (low.float() - full).square().mean() < 1e-4 * full.square().mean()


def test_a_new_layer_is_an_ordinary_convolution_at_half_strength():
    layer = DeformConv(8, groups=4)
    x = torch.randn(1, 8, 5, 6)
    with torch.inference_mode():
        out, distance = layer(x, torch.randn(1, 8, 5, 6))
    expected = torch.nn.functional.conv2d(x, 0.5 * layer.weight, padding=1)
    assert torch.allclose(out, expected, atol=1e-5)
    assert distance.tolist() == [0]
