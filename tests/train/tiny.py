"""A recipe that trains in a second, for tests of the loop."""

import json
import signal
import subprocess
import sys
import time

import torch

from vsfilter.weights import read_checkpoint

RECIPE = """
name = "tiny"
summary = "for tests"
degradation = "BI"
licence = "CC0-1.0"

[model]
backend = "basicvsr"

[model.options]
channels = 8
blocks = 1
scale = 4
tail_width = 0
flow_levels = 2
flow_widths = [8]
flow_kernel = 3
flow_finest = 1

[data]
folder = "{folder}"
validation = ["b.mkv"]
patch = 16
frames = 3
batch = 2

[schedule]
steps = 20
rate = 4e-3
warmup = 1
average = 0.8
evaluate_every = 10
"""

EDVR = (
    "model.backend=edvr",
    "model.options={channels=8, frames=3, groups=2, extract_blocks=1, reconstruct_blocks=2}",
)
"""Changes that make an EDVR of it."""


def write_recipe(path, clips):
    path.write_text(RECIPE.format(folder=clips.as_posix()))
    return path


def read_log(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def events(folder):
    return [entry for entry in read_log(folder) if "event" in entry]


def read_weights(path):
    return read_checkpoint(path).state


def read_state(folder):
    return torch.load(folder / "state" / "state.pt", weights_only=True)


def assert_equal(a, b):
    assert set(a) == set(b)
    assert all(torch.equal(a[key], b[key]) for key in a)


def stop_training(recipe, out, number, *words):
    """Train in a process of its own until a few steps are logged, then send it a signal.

    Gives its exit status and what it told.
    """
    changes = ("schedule.steps=3000", "schedule.evaluate_every=100000", "output.log_every=1")
    sets = [word for change in changes for word in ("--set", change)]
    before = signal.signal(number, signal.default_int_handler)  # nohup's ears would be inherited
    process = subprocess.Popen(
        [sys.executable, "-m", "vsfilter_train", str(recipe), "--out", str(out), *sets, *words],
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(number, before)
    try:
        log = out / "log.jsonl"
        while process.poll() is None and not (log.exists() and len(log.read_bytes()) > 300):
            time.sleep(0.05)
        process.send_signal(number)
        told = process.communicate(timeout=120)[1]
    finally:
        process.kill()
    return process.returncode, told
