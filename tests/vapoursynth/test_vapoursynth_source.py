"""`source` in scripts: every frame exact, with its time and colour."""

import random
from fractions import Fraction

import numpy as np
import pytest
import vapoursynth as vs

from tests.clips import Clip, make_clip
from tests.vapoursynth.clips import samples
from vsfilter import source
from vsfilter.frame import Colour
from vsfilter.sources.pyav_source import FileSource

TIMES = [0, 33, 67, 150, 183, 217, 250, 400, 433, 470]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("media")


@pytest.fixture(scope="module")
def variable(folder):
    return make_clip(
        folder / "variable.mkv", Clip(count=10, pts=TIMES, time_base=Fraction(1, 1000))
    )


@pytest.fixture(scope="module")
def tagged(folder):
    colour = Colour(matrix=1, is_full_range=False, primaries=1, transfer=1, chroma_location=0)
    clip = Clip(
        count=60,
        pix_fmt="yuv420p10le",
        colour=colour,
        sample_aspect_ratio=Fraction(16, 11),
        options={"g": "12", "bf": "3"},
    )
    return make_clip(folder / "tagged.mkv", clip)


def test_frames_in_any_order_are_those_of_a_linear_pass(tagged):
    with FileSource(str(tagged)) as reader:
        expected = [frame.planes for frame in reader]
    clip = source(tagged)
    assert (clip.num_frames, clip.format.id) == (len(expected), vs.YUV420P10)
    for number in random.Random(1).sample(range(60), 60):
        for plane, other in zip(samples(clip.get_frame(number)), expected[number], strict=True):
            np.testing.assert_array_equal(plane, other)


def test_properties_state_what_the_file_states(tagged):
    props = dict(source(tagged).get_frame(30).props)
    assert props.pop("_AbsoluteTime") == pytest.approx(30 / 24)
    assert props == {
        "_Matrix": 1,
        "_Range": 0,
        "_Primaries": 1,
        "_Transfer": 1,
        "_ChromaLocation": 0,
        "_SARNum": 16,
        "_SARDen": 11,
        "_FieldBased": 0,
        "_DurationNum": props["_DurationNum"],
        "_DurationDen": props["_DurationDen"],
    }
    assert props["_DurationNum"] / props["_DurationDen"] == pytest.approx(1 / 24, abs=1e-3)


def test_times_of_a_variable_rate_are_true(variable):
    clip = source(variable)
    assert clip.num_frames == 10
    for number, frame in enumerate(clip.frames()):
        assert frame.props["_AbsoluteTime"] == pytest.approx(TIMES[number] / 1000)
        if number < 9:
            duration = Fraction(frame.props["_DurationNum"], frame.props["_DurationDen"])
            assert duration == Fraction(TIMES[number + 1] - TIMES[number], 1000)


def test_a_constant_rate_shows_the_nearest_frames(variable):
    frames = [samples(frame) for frame in source(variable).frames()]
    clip = source(variable, fps=(20, 1))
    assert clip.fps == 20
    for number, frame in enumerate(clip.frames()):
        time = number * 50
        shown = max(index for index, start in enumerate(TIMES) if start <= time + 25)
        np.testing.assert_array_equal(samples(frame)[0], frames[shown][0])
        assert Fraction(frame.props["_DurationNum"], frame.props["_DurationDen"]) == Fraction(1, 20)


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("nowhere", {"path": "nowhere.mkv"}),
        ("fps is 0", {"fps": 0}),
        ("fps is 'fast'", {"fps": "fast"}),
        (r"fps is \(1, 0\)", {"fps": (1, 0)}),
        ("track is -1", {"track": -1}),
        ("track", {"track": 5}),
        ("path is 5", {"path": 5}),
    ],
)
def test_a_wrong_argument_is_named_in_one_line(variable, message, arguments):
    with pytest.raises(vs.Error, match=f"^source: .*{message}") as caught:
        source(**{"path": variable, **arguments})
    assert "\n" not in str(caught.value)
