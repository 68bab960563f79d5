"""Scripts are evaluated as vspipe does it, and their output is streamed."""

import os
import sys
from fractions import Fraction

import numpy as np
import pytest
import vapoursynth as vs

from vsfilter.errors import ScriptError, SourceNotFoundError
from vsfilter.frame import Colour
from vsfilter.sources.script_source import open_script

HEAD = "import vapoursynth as vs\ncore = vs.core\n"


@pytest.fixture
def script(tmp_path):
    def write(body):
        path = tmp_path / "script.vpy"
        path.write_text(HEAD + body)
        return str(path)

    return write


NUMBERED = """
def fill(n, f):
    frame = f.copy()
    frame.props.update(props(n))
    for index in range(f.format.num_planes):
        import numpy
        numpy.asarray(frame[index])[...] = n
    return frame

def numbered(clip):
    return core.std.ModifyFrame(clip, clip, fill)
"""


def test_frames_come_in_order_with_their_samples_and_colour(script):
    path = script(
        NUMBERED + "def props(n): return dict(_Matrix=9, _Range=1, _SARNum=4, _SARDen=3)\n"
        "blank = core.std.BlankClip(format=vs.YUV420P10, width=10, height=6, length=70)\n"
        "numbered(core.std.AssumeFPS(blank, fpsnum=30000, fpsden=1001)).set_output()\n"
    )
    with open_script(path) as source:
        info = source.info
        frames = list(source)
    assert (info.width, info.height, info.frame_count) == (10, 6, 70)
    assert info.rate == Fraction(30000, 1001)
    assert info.sample_aspect_ratio == Fraction(4, 3)
    assert info.colour == Colour(matrix=9, is_full_range=True)
    for number, frame in enumerate(frames):
        assert frame.pts * info.time_base == number * Fraction(1001, 30000)
        assert frame.duration * info.time_base == Fraction(1001, 30000)
        assert [plane.shape for plane in frame.planes] == [(6, 10), (3, 5), (3, 5)]
        np.testing.assert_array_equal(frame.planes[2], number)


@pytest.mark.parametrize("rate", ["fpsnum=0, fpsden=1", "fpsnum=30, fpsden=1"])
@pytest.mark.parametrize("ticks", [1000, 90000, 15360])
def test_variable_times_are_exact(script, rate, ticks):
    durations = [ticks // 30 + number % 3 for number in range(40)]
    path = script(
        NUMBERED + f"durations = {durations}\n"
        f"def props(n): return dict(_DurationNum=durations[n], _DurationDen={ticks})\n"
        f"blank = core.std.BlankClip(width=8, height=8, length=40, {rate})\n"
        "numbered(blank).set_output()\n"
    )
    with open_script(path) as source:
        frames = list(source)
        times = [frame.pts * source.info.time_base for frame in frames]
    if ticks == 15360 and "30" in rate:  # nothing in the first frame tells of such ticks
        expected = [Fraction(sum(durations[:number]), ticks) for number in range(40)]
        assert max(abs(a - b) for a, b in zip(times, expected, strict=True)) < 1e-5
    else:
        assert times == [Fraction(sum(durations[:number]), ticks) for number in range(40)]


def test_marks_and_fields_are_passed_on(script):
    path = script(
        NUMBERED + "def props(n):\n"
        "    marks = {3: dict(_SceneChangePrev=1), 5: dict(_SceneChangeNext=1)}\n"
        "    return dict(_FieldBased=n % 3) | marks.get(n, {})\n"
        "numbered(core.std.BlankClip(width=8, height=8, length=8)).set_output()\n"
    )
    with open_script(path) as source:
        frames = list(source)
    assert [frame.is_cut for frame in frames] == [None, None, None, True, None, None, True, None]
    assert [frame.field_order for frame in frames[:3]] == ["progressive", "bottom", "top"]


def test_a_script_runs_in_its_own_folder_under_its_own_name(script, capfd):
    path = os.path.relpath(
        script(
            "import os\n"
            "print(__name__, os.path.isabs(__file__), os.path.exists('script.vpy'))\n"
            "core.std.BlankClip(length=1).set_output()\n"
        )
    )
    before = (list(sys.path), sys.modules.get("__vapoursynth__"))
    with open_script(path):
        pass
    output = capfd.readouterr()
    assert output.out == ""
    assert "__vapoursynth__ True True" in output.err
    assert (sys.path, sys.modules.get("__vapoursynth__")) == before


def test_outputs_of_others_are_neither_used_nor_left(script):
    vs.core.std.BlankClip(length=5).set_output(0)
    with pytest.raises(ScriptError, match="has no output 0"):
        open_script(script(""))
    open_script(script("core.std.BlankClip(length=2).set_output()")).close()
    assert dict(vs.get_outputs()) == {}


def test_alpha_comes_with_the_frames_and_other_outputs_are_left_aside(script):
    path = script(
        "clip = core.std.BlankClip(length=2, width=16, height=8)\n"
        "alpha = core.std.BlankClip(clip, format=vs.GRAY8, color=77)\n"
        "clip.set_output(0, alpha=alpha)\n"
        "core.std.BlankClip(length=7).set_output(1)\n"
    )
    with open_script(path) as source:
        assert source.info.frame_count == 2
        assert source.info.format.family == "rgb"
        assert source.info.has_alpha
        for frame in source:
            np.testing.assert_array_equal(frame.alpha, np.full((8, 16), 77))


@pytest.mark.parametrize(
    ("format", "value", "expected"),
    [("GRAY8", 77, 77), ("GRAY16", 257 * 77 + 20, 77), ("GRAY10", 512, 128), ("GRAYS", 2, 255)],
)
def test_alpha_gets_the_depth_of_its_frame(script, format, value, expected):
    path = script(
        "clip = core.std.BlankClip(length=1, width=16, height=8)\n"
        f"alpha = core.std.BlankClip(clip, format=vs.{format}, color={value})\n"
        "clip.std.ClipToProp(alpha, '_Alpha').set_output()\n"
    )
    with open_script(path) as source:
        (frame,) = source
    assert (frame.alpha.dtype, np.unique(frame.alpha)) == (np.uint8, [expected])


def test_alpha_of_another_size_is_refused_by_its_frame(script):
    path = script(
        "clip = core.std.BlankClip(length=2, width=16, height=8)\n"
        "alpha = core.std.BlankClip(width=8, height=8, format=vs.GRAY8)\n"
        "clip.std.ClipToProp(alpha, '_Alpha').set_output()\n"
    )
    message = "frame 0: _Alpha is 8x8 Gray8: make it gray of 16x8, as the clip is"
    with open_script(path) as source, pytest.raises(ScriptError, match=message):
        next(iter(source))


BROKEN = {
    "line 4: ZeroDivisionError: division by zero": "x = 1\n1 / 0\n",
    "line 3: SyntaxError: invalid syntax": "def = 3\n",
    "line 3: ModuleNotFoundError: No module named 'nowhere'": "import nowhere\n",
    "line 4: SystemExit: 3": "import sys\nsys.exit(3)\n",
    "line 4: Trim: invalid": "clip = core.std.BlankClip()\nclip.std.Trim(first=-1)\n",
    "varies in format or size": "core.std.BlankClip(varsize=True).set_output()\n",
    "format Gray32 is not supported": "core.std.BlankClip(format=vs.GRAY32).set_output()\n",
    "is audio": "core.std.BlankAudio().set_output()\n",
}


@pytest.mark.parametrize("message", BROKEN)
def test_a_broken_script_is_one_line_with_its_place(script, message):
    with pytest.raises(ScriptError) as caught:
        open_script(script(BROKEN[message]))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_frame_that_fails_is_one_line_with_its_number(script):
    path = script(
        "def fail(n, f):\n"
        "    if n == 3:\n"
        "        raise ValueError('no such luck')\n"
        "    return f\n"
        "blank = core.std.BlankClip(length=9)\n"
        "core.std.ModifyFrame(blank, blank, fail).set_output()\n"
    )
    with (
        open_script(path) as source,
        pytest.raises(ScriptError, match=r"frame 3: no such luck$"),
    ):
        list(source)


def test_a_missing_script_is_named(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"nowhere\.vpy"):
        open_script(str(tmp_path / "nowhere.vpy"))


def test_a_source_can_be_closed_in_the_middle_and_twice(script):
    source = open_script(script("core.std.BlankClip(length=500).set_output()"))
    frames = iter(source)
    next(frames)
    source.close()
    source.close()
    with pytest.raises(ScriptError, match="is closed"):
        next(iter(source))
