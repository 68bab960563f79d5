"""Putting the restored pictures of a clip together."""

from collections.abc import Iterator

import torch
from torch import Tensor


def join(pictures: Iterator[Tensor], count: int) -> Tensor:
    """Put pictures together as they come: they are most of what a large clip needs memory for.

    Args:
        pictures: (b, c, h, w) each, at least one.
        count: How many there are.

    Returns:
        (b, count, c, h, w), row by row.
    """
    if torch.is_grad_enabled():  # what gradients are taken through is not written into
        return torch.stack([picture.contiguous() for picture in pictures], dim=1)
    first = next(pictures)
    whole = first.new_empty((len(first), count, *first.shape[1:]))
    whole[:, 0] = first
    del first
    for number, picture in enumerate(pictures, start=1):
        whole[:, number] = picture
    return whole
