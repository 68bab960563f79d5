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
    """Fit weights into a network that is deeper, so that it begins as nearly what they are.

    New blocks begin with a little of their random weights. Chen et al., Net2Net: Accelerating
    Learning via Knowledge Transfer, ICLR 2016 (Net2DeeperNet), asks for blocks that do nothing.

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
            found[key] = source[key]
        elif _stands_in(key, source, lengths):
            found[key] = own * NEW_BLOCK
    return found


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
