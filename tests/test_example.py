"""The example package, as a stranger would use it: from wheels, in an environment of its own."""

import json
import shutil
import tomllib
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from tests.train.conftest import write_clip
from tests.wheels import build_wheel, make_environment
from vsfilter.weights import read_checkpoint

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "vsfilter-trio"
DEMO = ROOT / "examples" / "demo.mp4"
FRAMES = 20  # more than the core of a window
WHERE = """
import torch, vsfilter, vsfilter_basicvsr, vsfilter_trio
print(vsfilter.__file__, vsfilter_basicvsr.__file__, vsfilter_trio.__file__, sep="\\n")
for name in ("auto", "trio"):
    print(*vsfilter.load(name).restore(torch.rand(2, 3, 8, 8)).shape)
"""
SCRIPT = """
import vsfilter

vsfilter.upscale(vsfilter.source(source), "trio").set_output()
"""
RUN_VSPIPE = "import sys, vapoursynth; sys.exit(vapoursynth.vspipe())"


@pytest.fixture(scope="module")
def environment(tmp_path_factory, wheel):
    """A fresh environment with the wheels of vsfilter and of the example."""
    folder = tmp_path_factory.mktemp("example")
    example = build_wheel(EXAMPLE, folder)
    return make_environment(folder / "environment", wheel, example)


def test_both_wheels_work_outside_the_checkout(environment, tmp_path):
    *files, default, trio = environment.run("-c", WHERE, cwd=tmp_path).stdout.decode().splitlines()
    assert [Path(file).parents[1] for file in files] == [environment.folder] * 3
    assert (default, trio) == ("2 3 32 32", "2 3 16 16")


def test_the_example_is_listed_with_its_package_and_weights(environment, tmp_path):
    plugins = json.loads(environment.run("vsr", "plugins", "--json", cwd=tmp_path).stdout)
    [found] = [plugin for plugin in plugins if plugin["name"] == "trio"]
    assert found["distribution"] == "vsfilter-trio 0.1.0"
    assert (found["backends"], found["problem"], found["clashes"]) == (["trio"], None, [])
    models = json.loads(environment.run("vsr", "models", "--json", cwd=tmp_path).stdout)
    [sets] = [model for model in models if model["name"] == "trio"]
    assert (sets["weights"], sets["scale"]) == ("trio-x2", 2)


def shrink_demo(path):
    """Write the first frames of the demo clip, half as large."""
    with av.open(str(DEMO)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=24, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for frame in islice(source.decode(video=0), FRAMES):
            target.mux(stream.encode(frame.reformat(160, 90)))
        target.mux(stream.encode(None))
    return path


def test_transcode_and_vspipe_give_the_same_frames_by_the_example_s_model(environment, tmp_path):
    source, out = shrink_demo(tmp_path / "in.mp4"), tmp_path / "out.mkv"
    flags = ("--model", "trio", "--codec", "ffv1", "--quiet")
    environment.run("vsr-transcode", source, out, *flags, cwd=tmp_path)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        transcoded = [frame.to_ndarray() for frame in container.decode(stream)]
        assert (stream.width, stream.height) == (320, 180)
        assert stream.codec_context.pix_fmt == "yuv420p"
    assert len(transcoded) == FRAMES
    with av.open(str(source)) as container:
        small = next(container.decode(video=0))
    larger = small.reformat(320, 180, interpolation="BICUBIC").to_ndarray()
    difference = np.abs(transcoded[0].astype(int) - larger.astype(int))
    assert 0.1 < difference.mean() < 4  # the same picture, restored

    script = tmp_path / "script.vpy"
    script.write_text(SCRIPT)
    environment.run("-m", "vapoursynth", "config", cwd=tmp_path)
    arguments = ("-a", f"source={source}", "-c", "y4m", script, "-")
    stdout = environment.run("-c", RUN_VSPIPE, *arguments, cwd=tmp_path).stdout
    header, _, rest = stdout.partition(b"\n")
    assert b"W320 H180" in header
    _, *pictures = rest.split(b"FRAME\n")
    assert pictures == [frame.tobytes() for frame in transcoded]


def test_the_example_passes_its_own_tests(environment, tmp_path):
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    done = environment.run("-m", "pytest", "-q", "-W", "error", "tests", cwd=tmp_path)
    assert b" passed" in done.stdout


def test_the_example_s_recipe_trains_it(environment, tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    for seed, name in enumerate(("a.mkv", "b.mkv")):
        write_clip(clips / name, seed=seed)
    changes = {
        "data.folder": clips,
        "data.leave_out_licences": [],
        "data.validation": ["b.mkv"],
        "data.patch": 16,
        "schedule.flow_steps": 1,
    }
    flags = [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
    arguments = (EXAMPLE / "trio_x2.toml", "--out", "out", "--steps", 2, *flags)
    environment.run("vsr", "train", *arguments, cwd=tmp_path)
    header = read_checkpoint(tmp_path / "out" / "best.safetensors").header
    assert (header["backend"], header["scale"], header["data"]) == ("trio", 2, ["a.mkv"])


def test_the_example_s_weights_are_small_and_tell_what_made_them():
    [file] = EXAMPLE.rglob("*.safetensors")
    assert file.stat().st_size < 400_000
    header = read_checkpoint(file).header
    recipe = tomllib.loads((EXAMPLE / "trio_x2.toml").read_text())
    assert header["options"] == recipe["model"]["options"]
    assert header["recipe"]["schedule"]["steps"] == recipe["schedule"]["steps"]
    assert not [clip for clip in recipe["data"]["validation"] if clip in header["data"]]
