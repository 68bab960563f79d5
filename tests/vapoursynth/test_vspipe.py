"""Scripts run by the real vspipe."""

import hashlib
from fractions import Fraction
from pathlib import Path

import pytest

from tests.clips import Clip, make_clip
from vsfilter import vspipe_setup
from vsfilter.errors import VsfilterError

SCRIPTS = Path(__file__).parents[2] / "scripts"
WINDOWS_SCRIPT = """
import sys
import vapoursynth as vs
from tests.vapoursynth.clips import MeanRestorer, noise_clip
from vsfilter.window_graph import build_graph

vs.core.num_threads = int(globals().get("threads", 2))
restorer = MeanRestorer(core=10, context=4)
build_graph(noise_clip(), restorer, cuts="off").set_output()
vs.register_on_destroy(
    lambda calls=restorer.calls, log=sys.stderr: print("windows", len(calls), file=log)
)
"""
FRAME_BYTES = 64 * 48 * 3 // 2


@pytest.fixture
def script(tmp_path):
    def write(text):
        path = tmp_path / "script.vpy"
        path.write_text(text)
        return path

    return write


def frames_in(stream):
    return [
        hashlib.sha1(stream[start : start + FRAME_BYTES]).hexdigest()
        for start in range(0, len(stream), FRAME_BYTES)
    ]


def test_threads_and_slices_do_not_change_a_frame(vspipe, script):
    path = script(WINDOWS_SCRIPT)
    whole = vspipe("-a", "threads=1", path, "-")
    frames = frames_in(whole.stdout)
    assert len(frames) == 103
    assert b"windows 11" in whole.stderr
    for threads in (2, 8):
        again = vspipe("-a", f"threads={threads}", path, "-")
        assert frames_in(again.stdout) == frames
        assert b"windows 11" in again.stderr
    slice_ = vspipe("-s", 37, "-e", 52, path, "-")
    assert frames_in(slice_.stdout) == frames[37:53]
    assert b"windows 3" in slice_.stderr


def test_a_failing_script_ends_with_one_clear_line(vspipe, script):
    path = script(
        "import vapoursynth as vs, vsfilter\n"
        "vsfilter.upscale(vs.core.std.BlankClip(varsize=True)).set_output()\n"
    )
    failed = vspipe(path, "-", check=False)
    assert failed.returncode != 0
    assert b"upscale: clip has a variable size: resize it to one size first" in failed.stderr


def test_a_failing_model_ends_vspipe_with_its_reason(vspipe, script):
    path = script(
        "from tests.vapoursynth.clips import MeanRestorer, noise_clip\n"
        "from vsfilter.window_graph import build_graph\n"
        "class Broken(MeanRestorer):\n"
        "    def restore(self, window, frames, cuts):\n"
        "        raise RuntimeError('out of memory')\n"
        "build_graph(noise_clip(), Broken(), cuts='off').set_output()\n"
    )
    failed = vspipe(path, "-", check=False)
    assert failed.returncode != 0
    assert b"upscale: window 0 (frames 0 to 13): out of memory" in failed.stderr


@pytest.fixture(scope="module")
def variable_clip(tmp_path_factory):
    clip = Clip(count=9, pts=[0, 33, 67, 150, 183, 217, 250, 400, 433], time_base=Fraction(1, 1000))
    return make_clip(tmp_path_factory.mktemp("media") / "variable.mkv", clip)


@pytest.mark.parametrize("name", sorted(path.name for path in SCRIPTS.glob("*.vpy")))
def test_the_ready_scripts_run_and_keep_variable_times(vspipe, variable_clip, tmp_path, name):
    times = tmp_path / "times.txt"
    arguments = ("-a", f"input={variable_clip}", "-a", "model=bicubic", "--timecodes", times)
    done = vspipe(*arguments, "-c", "y4m", SCRIPTS / name, "-")
    header, _, rest = done.stdout.partition(b"\n")
    size = b"W256 H384" if name == "compare.vpy" else b"W256 H192"
    assert header.startswith(b"YUV4MPEG2")
    assert size in header
    assert (b"p10" in header) == (name == "upscale_10bit.vpy")
    assert rest.count(b"FRAME\n") == 9
    lines = [line for line in times.read_text().splitlines() if not line.startswith("#")]
    assert [round(float(line)) for line in lines[:9]] == [0, 33, 67, 150, 183, 217, 250, 400, 433]


def test_the_doctor_sees_a_fresh_environment_and_mends_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    before = vspipe_setup.inspect_vspipe()
    assert before.vspipe is not None
    assert not before.is_configured
    assert "vapoursynth config" in before.problem
    assert list(tmp_path.iterdir()) == []
    assert vspipe_setup.fix().problem == ""
    assert vspipe_setup.inspect_vspipe().is_configured


def test_the_doctor_says_when_mending_fails(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(blocked))
    with pytest.raises(VsfilterError, match="vapoursynth config did not help"):
        vspipe_setup.fix()
