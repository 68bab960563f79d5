"""Ways to damage a file at random, each a function of a source of chance."""

from __future__ import annotations

import random
from collections.abc import Callable


def _flip(data: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.choice((1, 5, 50, 500))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return data


def _cut(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(1, len(data))]


def _behead(data: bytearray, chance: random.Random) -> bytearray:
    return data[chance.randrange(1, min(len(data), 20_000)) :]


def _damage_header(data: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.randrange(1, 30)):
        data[chance.randrange(min(len(data), 4096))] = chance.randrange(256)
    return data


def _damage_end(data: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.randrange(1, 30)):
        data[-1 - chance.randrange(min(len(data), 4096))] = chance.randrange(256)
    return data


def _swap(data: bytearray, chance: random.Random) -> bytearray:
    size = min(chance.choice((64, 1024, 8192)), len(data) // 2)
    a, b = (chance.randrange(len(data) - size + 1) for _ in range(2))
    data[a : a + size], data[b : b + size] = data[b : b + size], data[a : a + size]
    return data


def _blank(data: bytearray, chance: random.Random) -> bytearray:
    start = chance.randrange(len(data))
    size = min(chance.choice((16, 512, 8192)), len(data) - start)
    data[start : start + size] = bytes(size)
    return data


def _insert(data: bytearray, chance: random.Random) -> bytearray:
    start = chance.randrange(len(data))
    data[start:start] = chance.randbytes(chance.choice((1, 188, 4096)))
    return data


def _lie(data: bytearray, chance: random.Random) -> bytearray:
    """Write a number of four bytes somewhere near the start or the end, as of a size or count."""
    value = chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, chance.randrange(1 << 32)))
    near = min(len(data) - 4, 8192)
    start = (
        chance.randrange(near) if chance.random() < 0.5 else len(data) - 4 - chance.randrange(near)
    )
    data[start : start + 4] = value.to_bytes(4, "big")
    return data


DAMAGES: dict[str, Callable[[bytearray, random.Random], bytearray]] = {
    "bytes changed": _flip,
    "cut off": _cut,
    "start missing": _behead,
    "header changed": _damage_header,
    "end changed": _damage_end,
    "blocks swapped": _swap,
    "block blanked": _blank,
    "garbage inserted": _insert,
    "number changed": _lie,
}
