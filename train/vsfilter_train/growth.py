"""Fitting the weights of a smaller network into a larger one."""

import re
from collections import defaultdict
from collections.abc import Mapping

from torch import Tensor

NEW_BLOCK = 0.1
"""Of its random weights a new block begins with so much: a residual one then changes little."""


def repeated(source: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Find a tensor for each wanted key: the same one, or that of a block that is repeated."""
    lengths = _chains(source)
    names = {key: key if key in source else _stands_in(key, source, lengths) for key in wanted}
    return {key: source[name] for key, name in names.items() if name}


def grown(source: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Fit weights into a network that is wider and deeper, so that it does what they do.

    Channels that are new come behind the others, and those hear nothing of them at first; new
    blocks begin with small weights. Chen et al., Net2Net: Accelerating Learning via Knowledge
    Transfer, ICLR 2016, with zeros in place of copies of channels.

    Args:
        source: The weights.
        wanted: Those of the larger network, as it begins.

    Returns:
        What replaces `wanted`, where `source` has something for it.
    """
    lengths = _chains(source)
    found = {}
    for key, own in wanted.items():
        if key in source:
            found[key] = _widened(source[key], own)
        elif _stands_in(key, source, lengths):
            found[key] = own * NEW_BLOCK
    return found


def _widened(small: Tensor, large: Tensor) -> Tensor:
    """Put a layer's weights into those of a wider one; as they are where it is none."""
    is_wider = small.dim() == large.dim() and all(
        few == many or (few < many and number < 2)
        for number, (few, many) in enumerate(zip(small.shape, large.shape, strict=True))
    )
    if not is_wider:
        return small
    wide = large.clone()
    wide[: len(small)] = 0
    wide[tuple(slice(n) for n in small.shape)] = small.to(wide.dtype)
    return wide


def _chains(source: Mapping[str, Tensor]) -> dict[str, int]:
    """Count the blocks of each chain, by what stands before their numbers."""
    lengths: defaultdict[str, int] = defaultdict(int)
    for key in source:
        for match in re.finditer(r"\.(\d+)(?=\.)", key):
            before = key[: match.start()]
            lengths[before] = max(lengths[before], int(match[1]) + 1)
    return lengths


def _stands_in(key: str, source: Mapping[str, Tensor], lengths: Mapping[str, int]) -> str:
    """Name the tensor that stands in for one of a block beyond the end of a chain, or nothing."""
    for match in re.finditer(r"\.(\d+)(?=\.)", key):
        length = lengths.get(key[: match.start()], 0)
        if 0 < length <= int(match[1]):
            shorter = f"{key[: match.start(1)]}{int(match[1]) % length}{key[match.end(1) :]}"
            if shorter in source:
                return shorter
    return ""
