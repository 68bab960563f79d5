"""Reading the golden fixtures: numbers that the official implementations computed.

Weights follow a rule on the key names (see tests/golden/README.md), so that no weights are stored.
"""

import json
import math
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

GOLDEN = Path(__file__).parent / "golden"
CONSTANTS = re.compile(r"(^|\.)(mean|std|step_counter)$")


def read_meta(case: str) -> dict[str, Any]:
    return json.loads((GOLDEN / case / "meta.json").read_text())


def read_weights(case: str) -> dict[str, Tensor]:
    """Make the state dict of a case, with the official key names."""
    meta = read_meta(case)
    keys = json.loads((GOLDEN / case / "keys.json").read_text())
    return make_weights(keys, meta["weights"]["gains"], meta["weights"]["bias_std"])


def make_weights(
    keys: list[tuple[str, list[int]]], gains: list[tuple[str, float]], bias_std: float = 0.01
) -> dict[str, Tensor]:
    constants = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225), "step_counter": (0,)}
    state = {}
    for key, shape in keys:
        if CONSTANTS.search(key):
            state[key] = torch.tensor(constants[key.rsplit(".", 1)[-1]]).view(shape)
            continue
        random = np.random.Generator(np.random.PCG64(zlib.crc32(key.encode())))
        values = random.standard_normal(shape)
        if len(shape) > 1:
            gain = next(value for pattern, value in gains if re.search(pattern, key))
            values = values * gain / math.sqrt(math.prod(shape[1:]))
        else:
            values = values * bias_std
        state[key] = torch.from_numpy(values.astype(np.float32))
    return state


def read_input(case: str) -> Tensor:
    """Read the clips of a case: (n, t, 3, h, w), float32, RGB in [0, 1]."""
    pixels = np.load(GOLDEN / case / "input.npy")
    return torch.from_numpy(pixels.astype(np.float32) / np.float32(255))


def read_output(case: str) -> tuple[Tensor, int]:
    """Read the expected output and the stride at which it was saved."""
    meta = read_meta(case)["outputs"]["output.npy"]
    stride = int(re.search(r"::(\d+)", meta["crop"])[1])
    return torch.from_numpy(np.load(GOLDEN / case / "output.npy")), stride


def assert_close(actual: Tensor, case: str) -> None:
    """Compare with the golden output: 1e-4 at most, 1e-5 on average.

    The official models themselves differ by up to 2e-5 between float32 and float64.
    """
    expected, stride = read_output(case)
    difference = (actual[..., ::stride, ::stride] - expected).abs()
    assert difference.shape == expected.shape
    assert difference.max() <= 1e-4
    assert difference.mean() <= 1e-5
