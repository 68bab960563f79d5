"""Timing what is compared, in turn, so that other processes disturb all alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

ROUNDS = 3
ROUNDS_SECONDS = 60.0
"""No further round begins after these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A matrix product, which shows what the device can do."""

    run: Callable[[], Tensor]
    gflop: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Seconds of one run of each, right after one another."""

    ours: float
    product: float
    plain: float | None


def take_turns(
    ours: Callable[[], object],
    product: Callable[[], object],
    plain: Callable[[], object] | None,
    *,
    device: str,
) -> list[Round]:
    """Time a run of each, and again; a ratio is taken within a round.

    Args:
        ours: The model as the engine runs it.
        product: A matrix product; see `matrix_product`.
        plain: The network as published code runs it; None where there is none.
        device: The torch device of all.
    """
    rounds: list[Round] = []
    began = time.perf_counter()
    while len(rounds) < ROUNDS and time.perf_counter() - began < ROUNDS_SECONDS:
        rounds.append(
            Round(
                ours=_time(ours, device),
                product=_time(product, device),
                plain=_time(plain, device) if plain else None,
            )
        )
    return rounds


def matrix_product(dtype: torch.dtype, device: str) -> Product:
    """Prepare a large matrix product, and warm it up."""
    side = 8192 if torch.device(device).type == "cuda" else 2048
    matrix = torch.ones(side, side, dtype=dtype, device=device)
    matrix @ matrix
    return Product(run=lambda: matrix @ matrix, gflop=2 * side**3 / 1e9)


def _time(run: Callable[[], object], device: str) -> float:
    """Time one run, in seconds."""
    _wait(device)
    began = time.perf_counter()
    run()
    _wait(device)
    return time.perf_counter() - began


def _wait(device: str) -> None:
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)
