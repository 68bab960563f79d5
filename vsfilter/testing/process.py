"""Checks in a Python of their own: what finding and running a plugin does to its process."""

from __future__ import annotations

import base64
import json
import pickle
import random
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from vsfilter.discovery import discover
from vsfilter.testing.case import Case, make_clip
from vsfilter.testing.global_state import find_changes, read_global_state, read_random_states

HEAVY = ("av", "cv2", "numpy", "torch", "vapoursynth")
FIND = """
import json, sys
from importlib.metadata import entry_points
from vsfilter.discovery import inspect_plugin
[entry] = [e for e in entry_points(group="vsfilter") if e.name == {name!r}]
inspect_plugin(entry.load(), name=entry.name)
print("\\n" + json.dumps([name for name in {heavy!r} if name in sys.modules]))
"""
RUN = """
import base64, json, pickle
from vsfilter.testing.process import find_traces
case = pickle.loads(base64.b64decode({case!r}))
print("\\n" + json.dumps(find_traces(case)))
"""


def is_found_without_heavy_imports(case: Case) -> None:
    """Find the plugin in a new process: `--help` must not wait for torch."""
    owners = [p.name for p in discover() if case.backend in [b.name for b in p.backends]]
    promise = f"is found by its plugin {owners[0]!r} without importing torch and its like"
    heavy, _ = _run(case, FIND.format(name=owners[0], heavy=HEAVY), promise)
    case.expect(not heavy, promise, f"{', '.join(heavy)} came with it: import inside load")


def leaves_the_process_as_it_is(case: Case) -> None:
    """Load and restore in a new process: its global state stays, and stdout stays empty."""
    promise = "leaves the process as it is"
    packed = base64.b64encode(pickle.dumps(replace(case))).decode()
    traces, printed = _run(case, RUN.format(case=packed), promise)
    case.expect(not traces, promise, f"changes {', '.join(traces)}")
    promise = "prints nothing on stdout, where the video goes"
    case.expect(not printed, promise, f"printed {printed.splitlines()[0] if printed else ''!r}")


def find_traces(case: Case) -> list[str]:
    """Load and restore; name what that changed in this process.

    To load may draw random numbers, as every `torch.nn.Module` does, but not seed them.
    """
    frames = make_clip(3, 16, 20).to(case.device)
    ends = []
    before = read_global_state()
    model = case.loaded.model
    for seed in (1, 2):
        torch.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)
        case.load()
        ends.append(read_random_states())
    traces = [f"{name} (seeded by load)" for name in ends[0] if ends[0][name] == ends[1][name]]
    case.restore(frames, model=model)
    traces += [f"{name} (by restore)" for name in find_changes(ends[1], read_random_states())]
    return traces + find_changes(before, read_global_state())


def _run(case: Case, code: str, promise: str) -> tuple[Any, str]:  # Any: JSON values
    """Run code in a new Python; give what its last line says, and what came before it."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    case.expect(done.returncode == 0, promise, f"the process failed: {reason}")
    printed, _, answer = done.stdout.rstrip("\n").rpartition("\n")
    return json.loads(answer), printed.strip()
