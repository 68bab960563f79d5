"""The demo clip and the scripts that make it and the picture in the README."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "examples" / "demo.mp4"
BT709, LIMITED = 1, 1


def run_script(name, *arguments):
    command = [sys.executable, str(ROOT / "scripts" / name), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)


def read_pictures(path):
    with av.open(path) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_the_demo_clip_is_whole_and_light():
    assert all(picture.shape == (180, 320, 3) for picture in read_pictures(DEMO))
    assert len(read_pictures(DEMO)) == 48
    assert DEMO.stat().st_size < 120_000


def test_the_demo_clip_states_its_colours():
    with av.open(DEMO) as container:
        frame = next(container.decode(video=0))

    assert frame.format.name == "yuv420p"
    assert (frame.colorspace, frame.color_primaries, frame.color_trc) == (BT709, BT709, BT709)
    assert frame.color_range == LIMITED


def test_the_demo_clip_has_sound_and_a_title():
    with av.open(DEMO) as container:
        title = container.metadata["title"]
        sound = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)

    assert title == "Harbour town"
    assert sound.shape[0] == 2
    assert abs(sound.shape[1] / 48_000 - 2) < 0.05
    assert 0.01 < np.abs(sound).max() < 0.3


def test_rendering_twice_gives_equal_pixels(tmp_path):
    for name in "ab":
        outputs = tmp_path / f"{name}.mp4", tmp_path / f"{name}.mkv"
        run_script(
            "render_demo.py", "--frames", 2, "--output", outputs[0], "--ground-truth", outputs[1]
        )

    for suffix, shape in ((".mp4", (180, 320, 3)), (".mkv", (720, 1280, 3))):
        first, second = (read_pictures(tmp_path / f"{name}{suffix}") for name in "ab")
        assert len(first) == 2
        assert first[0].shape == shape
        np.testing.assert_array_equal(first, second)


def test_the_demo_clip_moves():
    first, *_, last = read_pictures(DEMO)
    assert np.abs(first.astype(int) - last).mean() > 5


def test_before_after_shows_both_halves_and_the_zoomed_parts(tmp_path):
    output = tmp_path / "page.png"

    run_script("make_before_after.py", "--frame", 2, "--model", "bicubic", "--output", output)

    page = cv2.imread(str(output))
    assert page.shape[1] == 1280
    assert page.shape[0] > 720 + 2 * 200
    assert output.stat().st_size < 900_000
