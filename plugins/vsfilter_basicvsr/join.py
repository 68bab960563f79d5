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
        (b, count, c, h, w).
    """
    if torch.is_grad_enabled():
        return torch.stack(list(pictures), dim=1)
    first = next(pictures)
    whole = first.new_empty((len(first), count, *first.shape[1:]))
    whole[:, 0] = first
    del first
    for number, picture in enumerate(pictures, start=1):
        whole[:, number] = picture
    return whole
