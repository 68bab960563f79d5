"""Scripts run by the real vspipe."""

import hashlib
import re
from fractions import Fraction
from pathlib import Path

import pytest

from tests.clips import Clip, make_clip
from vsfilter.errors import VsfilterError
from vsfilter.frame import Colour
from vsfilter.vapoursynth import vspipe_setup

SCRIPTS = Path(__file__).parents[2] / "scripts"
WINDOWS_SCRIPT = """
import resource
import sys
import vapoursynth as vs
from tests.vapoursynth.clips import MeanRestorer, noise_clip
from vsfilter.vapoursynth.window_graph import build_graph

vs.core.num_threads = int(globals().get("threads", 2))
restorer = MeanRestorer(core=10, context=4)
length = int(globals().get("length", 103))
build_graph(noise_clip(length=length), restorer, cuts="off").set_output()

def report(calls=restorer.calls, log=sys.stderr, usage=resource.getrusage, own=0):  # RUSAGE_SELF
    print("windows", len(calls), "KiB", usage(own).ru_maxrss, file=log)

vs.register_on_destroy(report)
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


def windows_in(errors):
    return int(re.search(rb"windows (\d+)", errors)[1])


def test_threads_and_slices_do_not_change_a_frame(vspipe, script):
    path = script(WINDOWS_SCRIPT)
    whole = vspipe("-a", "threads=1", path, "-")
    frames = frames_in(whole.stdout)
    assert len(frames) == 103
    assert windows_in(whole.stderr) == 11
    for threads in (2, 8):
        again = vspipe("-a", f"threads={threads}", path, "-")
        assert frames_in(again.stdout) == frames
        # a thread that the system holds up may come back to a window that is gone, of so quick a
        # model: that is made again
        assert 11 <= windows_in(again.stderr) < 22
    slice_ = vspipe("-s", 37, "-e", 52, path, "-")
    assert frames_in(slice_.stdout) == frames[37:53]
    assert windows_in(slice_.stderr) >= 3


def test_memory_under_vspipe_does_not_grow_with_the_clip(vspipe, script):
    path = script(WINDOWS_SCRIPT)
    most = []
    for length in (200, 2000):
        done = vspipe("-a", f"length={length}", path, "--")
        most.append(int(re.search(rb"KiB (\d+)", done.stderr)[1]))
    assert most[1] - most[0] < 16384


def test_a_failing_script_ends_with_one_clear_line(vspipe, script):
    path = script(
        "import vapoursynth as vs, vsfilter\n"
        "vsfilter.upscale(vs.core.std.BlankClip(varsize=True)).set_output()\n"
    )
    failed = vspipe(path, "-", check=False)
    assert failed.returncode != 0
    assert b"upscale: clip has a variable size: resize it to one size first" in failed.stderr
    assert b"direct cause" not in failed.stderr


def test_a_failing_model_ends_vspipe_with_its_reason(vspipe, script):
    path = script(
        "from tests.vapoursynth.clips import MeanRestorer, noise_clip\n"
        "from vsfilter.vapoursynth.window_graph import build_graph\n"
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


OWN_TESTS = ("upscale_tape.vpy", "upscale_hdr.vpy")
OTHERS = sorted({path.name for path in SCRIPTS.glob("*.vpy")} - set(OWN_TESTS))


@pytest.mark.parametrize("name", OTHERS)
def test_the_ready_scripts_run_and_keep_variable_times(vspipe, variable_clip, tmp_path, name):
    times = tmp_path / "times.txt"
    arguments = ("-a", f"input={variable_clip}", "-a", "model=bicubic", "--timecodes", times)
    done = vspipe(*arguments, "-c", "y4m", SCRIPTS / name, "-")
    header, _, rest = done.stdout.partition(b"\n")
    sizes = {"compare.vpy": b"W256 H384", "upscale_anime.vpy": b"W1440 H1080"}
    assert header.startswith(b"YUV4MPEG2")
    assert sizes.get(name, b"W256 H192") in header
    assert (b"p10" in header) == (name in ("upscale_10bit.vpy", "upscale_anime.vpy"))
    assert rest.count(b"FRAME\n") == 9
    lines = [line for line in times.read_text().splitlines() if not line.startswith("#")]
    assert [round(float(line)) for line in lines[:9]] == [0, 33, 67, 150, 183, 217, 250, 400, 433]


def test_the_script_for_tapes_makes_frames_of_fields_and_keeps_the_shape_of_pixels(
    vspipe, tmp_path
):
    tape = make_clip(
        tmp_path / "tape.mkv",
        Clip(count=6, sample_aspect_ratio=Fraction(16, 15), time_base=Fraction(1, 25)),
    )
    times = tmp_path / "times.txt"
    arguments = ("-a", f"input={tape}", "-a", "model=bicubic", "-a", "field=bottom")
    script = SCRIPTS / "upscale_tape.vpy"
    done = vspipe(*arguments, "--timecodes", times, "-c", "y4m", script, "-")
    header, _, rest = done.stdout.partition(b"\n")
    assert b"W256 H192 F50:1 Ip" in header
    assert rest.count(b"FRAME\n") == 12
    assert b"--sar 16:15" in done.stderr
    lines = [line for line in times.read_text().splitlines() if not line.startswith("#")]
    assert [round(float(line)) for line in lines[:3]] == [0, 20, 40]


def test_the_script_for_hdr_tells_the_encoder_what_the_file_states(vspipe, tmp_path):
    display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    parameters = f"log-level=none:master-display={display}:max-cll=1000,400"
    film = make_clip(
        tmp_path / "film.mkv",
        Clip(
            count=2,
            codec="libx265",
            pix_fmt="yuv420p10le",
            colour=Colour(matrix=9, primaries=9, transfer=16),
            options={"x265-params": parameters},
        ),
    )
    arguments = ("-a", f"input={film}", "-a", "model=bicubic")
    done = vspipe(*arguments, "-c", "y4m", SCRIPTS / "upscale_hdr.vpy", "-")
    assert b"420p10" in done.stdout[:100]
    assert (
        "--colormatrix bt2020nc --colorprim bt2020 --transfer smpte2084 --max-cll 1000,400 "
        f"--master-display {display}"
    ) in done.stderr.decode()


def test_the_doctor_sees_a_fresh_environment_and_mends_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    before = vspipe_setup.inspect_vspipe()
    assert before.vspipe is not None
    assert not before.is_configured
    assert "vapoursynth config" in before.problem
    assert list(tmp_path.iterdir()) == []
    assert vspipe_setup.fix().problem == ""
    assert vspipe_setup.inspect_vspipe().is_configured
    assert {"bs", "bwdif", "resize", "std"} <= set(vspipe_setup.script_filters())


def test_the_doctor_says_when_mending_fails(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(blocked))
    with pytest.raises(VsfilterError, match="vapoursynth config did not help"):
        vspipe_setup.fix()
