"""What belongs to the whole process, and what a plugin changed of it."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import signal
import sys
import warnings
from pathlib import Path

import numpy as np
import torch


def read_global_state() -> dict[str, str]:
    """Describe, by name, what a plugin has to leave as it is."""
    backends = torch.backends
    state: dict[str, object] = {
        "torch's default dtype": torch.get_default_dtype(),
        "torch's default device": torch.get_default_device(),
        "torch's grad mode": torch.is_grad_enabled(),
        "torch's inference mode": torch.is_inference_mode_enabled(),
        "torch's autocast": [torch.is_autocast_enabled(kind) for kind in ("cpu", "cuda")],
        "torch's number of threads": torch.get_num_threads(),
        "torch's deterministic algorithms": torch.get_deterministic_debug_mode(),
        "torch's matmul precision": torch.get_float32_matmul_precision(),
        "torch.backends.cudnn": [
            getattr(backends.cudnn, name)
            for name in ("enabled", "benchmark", "deterministic", "allow_tf32")
        ],
        "torch.backends.mkldnn": backends.mkldnn.enabled,
        "the warnings filters": warnings.filters,
        "the working directory": Path.cwd(),
        "sys.path": sys.path,
        "sys.excepthook": sys.excepthook,
        "the handlers of the root logger": logging.root.handlers,
        "the level of the root logger": (logging.root.level, logging.root.manager.disable),
    }
    for number in signal.Signals:
        state[f"the handler of {number.name}"] = signal.getsignal(number)
    for name, value in os.environ.items():
        if name.startswith("TORCHINDUCTOR_"):
            continue  # torch's own compiler sets these
        state[f"the environment variable {name}"] = value
    return {name: repr(value) for name, value in state.items()}


def read_random_states() -> dict[str, str]:
    """Describe, by name, where the global random numbers stand."""
    states: dict[str, object] = {
        "torch's random numbers": torch.get_rng_state().tolist(),
        "numpy's random numbers": np.random.get_state(),
        "Python's random numbers": random.getstate(),
    }
    if torch.cuda.is_available():
        states["CUDA's random numbers"] = [s.tolist() for s in torch.cuda.get_rng_state_all()]
    return {
        name: hashlib.sha256(repr(value).encode()).hexdigest() for name, value in states.items()
    }


def find_changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Name what differs."""
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
