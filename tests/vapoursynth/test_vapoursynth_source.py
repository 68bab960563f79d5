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
from vsfilter.vapoursynth.source_timeline import own_timeline

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
        "_PictType": props["_PictType"],
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


def assert_equals_bestsource(path):
    """Compare all frames, asked for in a random order, and what both say of them."""
    clip = source(path)
    theirs = vs.core.bs.VideoSource(str(path), cachemode=0, showprogress=False)
    assert clip.num_frames == theirs.num_frames
    assert clip.format.id == theirs.format.id
    for number in random.Random(3).sample(range(clip.num_frames), clip.num_frames):
        frame, other = clip.get_frame(number), theirs.get_frame(number)
        for plane, their_plane in zip(samples(frame), samples(other), strict=True):
            rows, columns = their_plane.shape
            np.testing.assert_array_equal(plane[:rows, :columns], their_plane)
        for name in ("_PictType", "_FieldBased", "_Range", "_DurationNum", "_DurationDen"):
            if number < clip.num_frames - 1:
                assert frame.props.get(name) == other.props.get(name), name
        assert ("_Alpha" in frame.props) == ("_Alpha" in other.props)
        if "_Alpha" in frame.props:
            alphas = (np.asarray(each.props["_Alpha"][0]) for each in (frame, other))
            np.testing.assert_array_equal(*alphas)


SHARED = {
    "open-gop.mkv": Clip(
        count=40, options={"bf": "3", "g": "12", "x264-params": "open-gop=1:b-pyramid=normal"}
    ),
    "variable.mkv": Clip(
        count=40,
        pts=[number * 40 + (number * number) % 23 for number in range(40)],
        time_base=Fraction(1, 1000),
    ),
    "mpeg2.ts": Clip(
        count=40, codec="mpeg2video", time_base=Fraction(1, 25), options={"bf": "2", "g": "12"}
    ),
    "odd.mkv": Clip(count=5, width=61, height=43, codec="ffv1"),
    "deep.mkv": Clip(count=5, codec="ffv1", pix_fmt="yuv444p10le"),
    "turned.mp4": Clip(count=5, rotation=(90, False)),
    "turned-back.mp4": Clip(count=5, rotation=(-90, False)),
    "mirrored.mp4": Clip(count=5, rotation=(0, True)),
    "upside-down.mp4": Clip(count=5, rotation=(180, False)),
    "opaque.mkv": Clip(count=5, codec="ffv1", pix_fmt="yuva420p"),
    "opaque.mov": Clip(count=5, codec="png", pix_fmt="rgba"),
}


@pytest.mark.parametrize("name", SHARED)
def test_frames_are_those_of_bestsource(folder, name):
    assert_equals_bestsource(make_clip(folder / name, SHARED[name]))


def test_an_odd_size_is_filled_up_by_its_last_column_and_row(folder):
    path = make_clip(folder / "odd-yuv.mkv", SHARED["odd.mkv"])
    with FileSource(str(path)) as reader:
        luma, *chroma = next(iter(reader)).planes
    clip = source(path)
    assert (clip.width, clip.height) == (62, 44)
    shown, *shown_chroma = samples(clip.get_frame(0))
    np.testing.assert_array_equal(shown[:43, :61], luma)
    np.testing.assert_array_equal(shown[:, 61], shown[:, 60])
    np.testing.assert_array_equal(shown[43], shown[42])
    np.testing.assert_array_equal(shown_chroma, chroma)


@pytest.mark.parametrize(
    ("rotation", "location"), [((90, False), 5), ((-90, False), 3), ((180, False), 1)]
)
def test_chroma_sites_and_the_shape_of_pixels_turn_with_the_picture(folder, rotation, location):
    clip = Clip(count=1, rotation=rotation, sample_aspect_ratio=Fraction(4, 3))
    shown = source(make_clip(folder / f"turned{rotation[0]}.mp4", clip))
    props = shown.get_frame(0).props
    is_upright = rotation[0] == 180
    assert props["_ChromaLocation"] == location
    assert (props["_SARNum"], props["_SARDen"]) == ((4, 3) if is_upright else (3, 4))
    assert (shown.width, shown.height) == ((64, 48) if is_upright else (48, 64))


def test_hdr_metadata_is_stated(folder):
    parameters = (
        "log-level=none:master-display=G(13250,34500)B(7500,3000)R(34000,16000)"
        "WP(15635,16450)L(10000000,50):max-cll=1000,400"
    )
    options = {"x265-params": parameters}
    clip = Clip(count=2, codec="libx265", pix_fmt="yuv420p10le", options=options)
    props = source(make_clip(folder / "hdr.mkv", clip)).get_frame(1).props
    assert props["MasteringDisplayPrimariesX"] == pytest.approx([0.68, 0.265, 0.15])
    assert props["MasteringDisplayPrimariesY"] == pytest.approx([0.32, 0.69, 0.06])
    assert props["MasteringDisplayWhitePointX"] == pytest.approx(0.3127)
    assert props["MasteringDisplayMaxLuminance"] == pytest.approx(1000)
    assert props["MasteringDisplayMinLuminance"] == pytest.approx(0.005)
    assert (props["ContentLightLevelMax"], props["ContentLightLevelAverage"]) == (1000, 400)


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (23.976, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (24.0, Fraction(24)),
        (12.5, Fraction(25, 2)),
        (14.985, Fraction(15000, 1001)),
        (1.0, Fraction(1)),
        (0.0004, Fraction(1, 2500)),
    ],
)
def test_a_rounded_rate_is_the_one_that_it_means(tmp_path, fps, rate):
    path = make_clip(tmp_path / "clip.mkv", Clip(count=3))
    assert source(path, fps=fps).fps == rate


@pytest.mark.parametrize("film", [Fraction(24000, 1001), Fraction(24)])
def test_times_in_whole_milliseconds_leave_the_rate_that_is_nearest(film):
    times = [Fraction(round(number / film * 1000), 1000) for number in range(40)]
    assert own_timeline(times, None).rate == film
    assert own_timeline(times, film).rate == film


def test_a_rate_that_is_none_is_refused(tmp_path):
    path = make_clip(tmp_path / "clip.mkv", Clip(count=3))
    with pytest.raises(vs.Error, match="fps is True"):
        source(path, fps=True)
