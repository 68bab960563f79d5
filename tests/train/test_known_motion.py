"""Pictures in motion whose flow is known, and a flow network that learns from them."""

import pytest
import torch
import torch.nn.functional as F

from vsfilter_basicvsr.spynet import SpyNet
from vsfilter_basicvsr.warp import warp
from vsfilter_train.known_motion import move
from vsfilter_train.losses import flow_error
from vsfilter_train.moving_layer import SPEEDS_PX


def stills(count=6, side=96, seed=0):
    """Make soft textures with few details: (count, 3, side, side)."""
    noise = torch.rand(
        count, 3, side // 8, side // 8, generator=torch.Generator().manual_seed(seed)
    )
    return F.interpolate(noise, size=(side, side), mode="bicubic").clamp(0, 1)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_the_flow_leads_from_each_picture_to_the_other(scale):
    moved = move(stills(), scale=scale, seed=1)
    side = 96 // scale
    assert moved.first.shape == moved.second.shape == (12, 3, side, side)
    assert moved.flow.shape == (12, 2, side, side)
    along = warp(moved.second, moved.flow, padding="border")
    before, after = ((each - moved.first).abs().mean() for each in (moved.second, along))
    assert after < 0.6 * before
    assert (along - moved.first).abs().median() < 0.025  # noise; what is hidden is more
    torch.testing.assert_close(moved.first[:6], moved.second[6:])


def test_the_way_back_ends_where_the_way_there_began():
    there, back = move(stills(), scale=4, seed=2).flow.chunk(2)
    returned = there + warp(back, there, padding="border")
    inside = returned[..., 8:-8, 8:-8].norm(dim=1)
    assert inside.median() < 0.02
    assert inside.quantile(0.7) < 0.1  # other layers hide the rest


def test_some_pictures_hardly_move_and_some_move_fast():
    pace = torch.cat([move(stills(), scale=4, seed=n).flow for n in range(10)]).norm(dim=1)
    middles = pace[:, 12, 12]
    assert middles.min() < 0.2
    assert middles.max() > SPEEDS_PX[1] / 3


def test_a_seed_gives_the_same_motion_and_another_one_another():
    first, same, other = (move(stills(), scale=4, seed=seed) for seed in (5, 5, 6))
    assert torch.equal(first.flow, same.flow)
    assert torch.equal(first.second, same.second)
    assert not torch.equal(first.flow, other.flow)


def test_a_flow_network_learns_from_it():
    torch.manual_seed(0)
    network = SpyNet(levels=3, widths=(16, 16), kernel=5)
    optimizer = torch.optim.Adam(network.parameters(), 5e-3)
    moved = move(stills(side=64), scale=2, seed=0)
    for _ in range(120):
        loss = flow_error(network.refine(moved.first, moved.second), moved.flow)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        still = flow_error([torch.zeros_like(moved.flow)], moved.flow)
        found = flow_error([network(moved.first, moved.second)], moved.flow)
    assert found < 0.6 * still


def test_the_error_counts_all_levels_in_their_own_pixels():
    truth = torch.zeros(1, 2, 8, 8)
    truth[:, 0] = 3.0
    coarse, fine = torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 8, 8)
    assert float(flow_error([coarse, fine], truth)) == pytest.approx(1.5 + 3.0, abs=1e-3)
    coarse[:, 0], fine[:, 0] = 1.5, 3.0
    assert float(flow_error([coarse, fine], truth)) == pytest.approx(0.02, abs=1e-3)
