"""Weights: files of every known container, and the names by which users call them.

What plugins need is here; importing it does not import torch.
"""

from .checkpoint import Checkpoint, read_checkpoint, save_weights
from .containers import Layout
from .named import NamedWeights, PublishedFile, Score, read_published
from .resolve import resolve_weights, split_stages, suggest
from .strict import blame_weights, load_strictly

__all__ = [
    "Checkpoint",
    "Layout",
    "NamedWeights",
    "PublishedFile",
    "Score",
    "blame_weights",
    "load_strictly",
    "read_checkpoint",
    "read_published",
    "resolve_weights",
    "save_weights",
    "split_stages",
    "suggest",
]
