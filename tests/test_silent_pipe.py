"""A pipe on standard input that says no more: the reader of it can be stopped all the same."""

import os
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest

from vsfilter.standard_streams import _Input

FRAMES = 300  # more than what is looked at before the first window
IMAGE = np.zeros((48, 64, 3), np.uint8)
Y4M = b"YUV4MPEG2 W64 H48 F24:1 Ip C420jpeg\n" + FRAMES * (b"FRAME\n" + bytes(64 * 48 * 3 // 2))
PNG = FRAMES * cv2.imencode(".png", IMAGE)[1].tobytes()
CODE = "from vsfilter.cli.transcode import run; run()"
SETTINGS = ("--model", "bicubic", "--scale", "1", "--segment", "2", "--codec", "ffv1")


@pytest.mark.skipif(os.name == "nt", reason="pipes cannot be waited for there")
@pytest.mark.parametrize("data", [Y4M, PNG], ids=["y4m", "png"])
def test_a_run_whose_input_is_silent_can_be_stopped(tmp_path, data):
    with subprocess.Popen(
        [sys.executable, "-c", CODE, "-", "out.mkv", *SETTINGS],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdin.write(data)
        process.stdin.flush()
        told = process.stderr.readline()  # the work has begun
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=60)
        rest = process.stderr.read()
    assert code == 130
    assert told.startswith(b"-: 64x48")
    assert rest.endswith(b"interrupted: nothing is kept\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="pipes cannot be waited for there")
def test_what_has_come_is_read_and_a_pipe_that_was_given_up_ends():
    reading, writing = os.pipe()
    try:
        pipe = _Input(reading)
        os.write(writing, b"two")
        assert pipe.read(100) == b"two"
        pipe.is_given_up = True
        assert pipe.read(100) == b""
    finally:
        os.close(reading)
        os.close(writing)
