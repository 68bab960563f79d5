from fractions import Fraction
from itertools import pairwise

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from vsfilter.engine.blend import crossfade
from vsfilter.engine.tiles import restore_in_tiles, split_axis


class Doubling:
    """Repeats each pixel, and notes the sizes that it was given."""

    scale = 2

    def __init__(self):
        self.sizes = []

    def restore(self, frames, keep=slice(None)):
        self.sizes.append(tuple(frames.shape[-2:]))
        return frames[keep].repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)


class Folding:
    """Makes all pixels of a square of 2 the upper left one."""

    scale = 1

    def restore(self, frames, keep=slice(None)):
        h, w = frames.shape[-2:]
        corners = frames[keep][..., ::2, ::2]
        return corners.repeat_interleave(2, dim=-1).repeat_interleave(2, dim=-2)[..., :h, :w]


@given(st.integers(1, 5000), st.integers(64, 800))
def test_tiles_cover_an_axis_on_a_grid_and_overlap(size, side):
    tiles = split_axis(size, side)
    assert (tiles[0].start, tiles[-1].stop) == (0, size)
    assert all(tile.start % 16 == 0 for tile in tiles)
    assert all(tile.stop - tile.start == min(side, size) for tile in tiles[:-1])
    assert min(side, size) - 16 < tiles[-1].stop - tiles[-1].start <= side
    for earlier, later in pairwise(tiles):
        assert earlier.start < later.start
        assert earlier.stop - later.start >= 32


@given(st.integers(1, 5000), st.integers(64, 800))
def test_there_are_no_more_tiles_than_needed(size, side):
    count = len(split_axis(size, side))
    if count > 1:
        assert side + (count - 2) * (side - 47) < size


def test_only_the_kept_frames_come_back():
    frames = torch.rand(4, 3, 70, 150)
    model = Doubling()
    restored = restore_in_tiles(model, frames, slice(1, 3), 64)
    assert restored.shape == (2, 3, 140, 300)
    assert set(model.sizes) == {(h, w) for h in (64, 54) for w in (64, 54)}
    # a weighted mean of equal numbers, so only rounding differs
    torch.testing.assert_close(restored[..., ::2, ::2], frames[1:3], rtol=0, atol=1e-6)


def test_a_network_that_folds_pixels_sees_them_in_tiles_as_in_the_whole():
    frames = torch.rand(1, 3, 150, 170)
    whole = Folding().restore(frames)
    for side in (64, 65, 83):
        pieces = restore_in_tiles(Folding(), frames, slice(None), side)
        torch.testing.assert_close(pieces, whole, rtol=0, atol=1e-6)


def test_a_crossfade_goes_from_one_picture_to_the_other():
    a, b = np.zeros((3, 2, 2), np.float32), np.ones((3, 2, 2), np.float32)
    np.testing.assert_array_equal(crossfade(a, b, Fraction(0)), a)
    np.testing.assert_array_equal(crossfade(a, b, Fraction(1)), b)
    np.testing.assert_array_equal(crossfade(a, b, Fraction(1, 4)), b / 4)
    assert crossfade(a, b, Fraction(1, 3)).dtype == np.float32
