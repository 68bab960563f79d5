"""Two ways to sample: pixels as vectors, without gradients on a CPU, and planes one by one."""

import pytest
import torch

from vsfilter_basicvsr.warp import LEAST_VECTOR, warp
from vsfilter_edvr import bilinear
from vsfilter_edvr.bilinear import can_gather
from vsfilter_edvr.deform import deform_conv2d

pytestmark = pytest.mark.skipif(
    not bilinear.HAS_FAST_BAGS, reason="grid_sample is all that is used on this processor"
)


def both_ways(function, *inputs):
    """Give what comes out without gradients and with them."""
    with torch.enable_grad():
        assert not can_gather(inputs[0])
        planes = function(*inputs)
    with torch.no_grad():
        assert can_gather(inputs[0])
        return function(*inputs), planes


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 6)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_features_are_warped_alike(size, layout):
    random = torch.Generator().manual_seed(1)
    x = torch.randn(2, LEAST_VECTOR, *size, generator=random).to(memory_format=layout)
    flow = 4 * torch.randn(2, 2, *size, generator=random)
    vectors, planes = both_ways(warp, x, flow)
    assert vectors.shape == planes.shape
    assert torch.allclose(vectors, planes, atol=1e-5)


def test_whole_steps_copy_pixels_and_zeros_come_from_outside():
    x = torch.arange(LEAST_VECTOR * 12.0).view(1, LEAST_VECTOR, 3, 4)
    flow = torch.tensor([1.0, -1.0]).view(1, 2, 1, 1).expand(1, 2, 3, 4)
    expected = torch.zeros_like(x)
    expected[..., 1:, :3] = x[..., :2, 1:]
    with torch.no_grad():
        assert torch.equal(warp(x, flow), expected)


def test_strips_give_what_the_whole_gives(monkeypatch):
    x, flow = torch.randn(1, LEAST_VECTOR, 7, 5), 3 * torch.randn(1, 2, 7, 5)
    with torch.no_grad():
        whole = warp(x, flow)
        for values in (1, 2 * 5 * LEAST_VECTOR):
            monkeypatch.setattr("vsfilter_basicvsr.warp.STRIP_VALUES", values)
            assert torch.equal(warp(x, flow), whole)


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_deformable_convolutions_are_alike(groups, layout):
    random = torch.Generator().manual_seed(2)
    size = (6, 9)
    x = torch.randn(2, 8, *size, generator=random).to(memory_format=layout)
    offset = 3 * torch.randn(2, groups * 18, *size, generator=random).to(memory_format=layout)
    mask = torch.rand(2, groups * 9, *size, generator=random).to(memory_format=layout)
    weight, bias = torch.randn(5, 8, 3, 3, generator=random), torch.randn(5, generator=random)
    before = [value.clone() for value in (x, offset, mask)]
    vectors, planes = both_ways(deform_conv2d, x, offset, mask, weight, bias)
    assert torch.allclose(vectors, planes, atol=1e-4)
    assert all(map(torch.equal, (x, offset, mask), before))


def test_sixteen_bits_come_out_channels_last_and_as_exact_as_their_steps():
    x = torch.randn(1, LEAST_VECTOR, 8, 8).bfloat16()
    flow = 2 * torch.randn(1, 2, 8, 8)
    vectors, planes = both_ways(warp, x, flow)
    assert vectors.dtype == torch.bfloat16
    assert vectors.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(vectors.float(), planes.float(), rtol=2**-7, atol=1e-3)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e30])
def test_positions_that_are_no_numbers_stay_inside_the_table(value):
    x, flow = torch.ones(1, LEAST_VECTOR, 4, 4), torch.zeros(1, 2, 4, 4)
    flow[0, :, 1, 2] = value
    with torch.no_grad():
        warped = warp(x, flow)
    hole = warped[0, 0, 1, 2].item()
    assert hole == 0 or hole != hole  # nothing is out there; no number gives no number
    warped[..., 1, 2] = 1
    assert torch.equal(warped, x)


@pytest.mark.parametrize("padding", ["zeros", "border"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_flow_that_is_no_number_is_not_hidden_where_planes_are_read(value, padding):
    """A GPU reads zeros there, so that the result would seem to be sound."""
    x, flow = torch.ones(1, 3, 4, 4), torch.zeros(1, 2, 4, 4)
    flow[0, 1, 1, 2] = value
    warped = warp(x, flow, padding=padding)
    assert warped[0, :, 1, 2].isnan().all()
    warped[..., 1, 2] = 1
    assert torch.equal(warped, x)


def test_a_flow_may_lie_in_memory_in_any_order():
    x, flow = torch.randn(1, LEAST_VECTOR, 13, 17), torch.randn(1, 2, 17, 13).transpose(2, 3)
    vectors, planes = both_ways(warp, x, flow)
    assert torch.allclose(vectors, planes, atol=1e-5)
