"""The graph gives each frame once, and the same whatever is asked for and when."""

import random
from collections import Counter

import numpy as np
import pytest
import vapoursynth as vs

from tests.vapoursynth.clips import MeanRestorer, clip_hashes, frame_hash, noise_clip, samples
from vsfilter.vapoursynth.translation import pixel_format
from vsfilter.vapoursynth.window_graph import build_graph

core = vs.core
GRIDS = [(10, 4, 0), (3, 3, 0), (1, 0, 0), (1, 2, 0), (10, 4, 3), (3, 3, 3), (200, 5, 5)]


@pytest.mark.parametrize("threads", [1, 2, 8, 32])
@pytest.mark.parametrize(("core_frames", "context", "blend"), GRIDS)
def test_a_linear_pass_restores_each_window_and_decodes_each_frame_once(
    core_frames, context, blend, threads
):
    core.num_threads = threads
    counts = Counter()
    restorer = MeanRestorer(core=core_frames, context=context, blend=blend)
    clip = build_graph(noise_clip(counts=counts), restorer, cuts="off")
    for _ in clip.frames(close=True):
        pass
    assert len(restorer.calls) == -(-103 // core_frames)
    assert counts == Counter(range(103))


@pytest.mark.parametrize(("core_frames", "context", "blend"), [(10, 4, 0), (7, 3, 3)])
def test_frames_are_the_same_for_any_threads_and_any_order(core_frames, context, blend):
    def make():
        restorer = MeanRestorer(core=core_frames, context=context, blend=blend)
        return build_graph(noise_clip(), restorer, cuts="off")

    core.num_threads = 1
    expected = clip_hashes(make())
    for threads in (2, 8, 32):
        core.num_threads = threads
        assert clip_hashes(make()) == expected
    orders = [
        list(range(102, -1, -1)),
        random.Random(1).choices(range(103), k=150),
        list(range(0, 103, 7)),
        [50, 51, 49, 20, 52, 102, 0],
    ]
    for order in orders:
        clip = make()
        requests = [clip.get_frame_async(number) for number in order]
        found = [frame_hash(request.result()) for request in requests]
        assert found == [expected[number] for number in order]
    assert clip_hashes(make()[37:53]) == expected[37:53]


def test_what_is_restored_is_what_the_plan_says():
    source = noise_clip(format=vs.RGBS)
    restored = build_graph(source, MeanRestorer(core=10, context=4), cuts="off")
    pictures = np.array([samples(frame) for frame in source.frames()])
    window = pictures[16:34]  # window 2: core 20 to 30, context 4
    expected = (window[9] * 0.5 + window.mean(axis=0) * 0.5).repeat(2, 1).repeat(2, 2)
    np.testing.assert_allclose(samples(restored.get_frame(25)), expected, atol=1e-6)


def test_blended_frames_fade_from_one_window_to_the_next():
    source = noise_clip(format=vs.RGBS)
    plain = build_graph(source, MeanRestorer(core=10, context=4), cuts="off")
    blended = build_graph(source, MeanRestorer(core=10, context=4, blend=2), cuts="off")
    pictures = np.array([samples(frame) for frame in source.frames()])
    next_mean = pictures[6:24].mean(axis=0)  # window 1: core 10 to 20, context 4
    for number, share in ((8, 1 / 3), (9, 2 / 3)):
        own = np.array(samples(plain.get_frame(number)))
        other = (pictures[number] * 0.5 + next_mean * 0.5).repeat(2, 1).repeat(2, 2)
        mixed = own * (1 - share) + other * share
        np.testing.assert_allclose(samples(blended.get_frame(number)), mixed, atol=1e-6)
    for number in (7, 10, 102):
        assert frame_hash(blended.get_frame(number)) == frame_hash(plain.get_frame(number))


def test_one_frame_costs_one_window_and_its_inputs_alone():
    counts = Counter()
    restorer = MeanRestorer(core=10, context=4)
    clip = build_graph(noise_clip(counts=counts), restorer, cuts="off")
    assert restorer.calls == []
    assert not counts
    clip.get_frame(55)
    assert restorer.calls == [5]
    assert set(counts) == set(range(46, 64))


def two_shots():
    """Frames 0 to 16 are dark noise, frames 17 to 29 bright."""
    dark = noise_clip(length=17, format=vs.RGBS)
    bright = noise_clip(length=13, format=vs.RGBS, seed=1)
    bright = core.std.Expr(bright, "1 x 3 / -")
    return dark, bright


@pytest.mark.parametrize("cuts", ["auto", "props", (17,)])
def test_frames_beside_a_cut_equal_those_of_their_shot_alone(cuts):
    dark, bright = two_shots()
    if cuts == "props":
        marked = core.std.SetFrameProps(bright[0], _SceneChangePrev=1) + bright[1:]
        joined = dark + marked
    else:
        joined = dark + bright

    def hashes(clip):
        restorer = MeanRestorer(core=30, context=5)
        return clip_hashes(build_graph(clip, restorer, cuts=cuts if clip is joined else "off"))

    assert hashes(joined) == hashes(dark) + hashes(bright)


def test_a_mark_at_the_end_of_a_shot_counts_and_off_means_off():
    dark, bright = two_shots()
    marked = dark[:-1] + core.std.SetFrameProps(dark[-1], _SceneChangeNext=1) + bright

    def hashes(clip, cuts):
        return clip_hashes(build_graph(clip, MeanRestorer(core=30, context=5), cuts=cuts))

    assert hashes(marked, "props") == hashes(dark + bright, (17,))
    assert hashes(marked, "off") != hashes(marked, "props")
    assert hashes(dark + bright, "props") == hashes(dark + bright, "off")


def test_marks_that_deny_a_cut_are_believed():
    dark, bright = two_shots()
    denied = core.std.SetFrameProps(dark + bright, _SceneChangePrev=0, _SceneChangeNext=0)

    def hashes(cuts):
        return clip_hashes(build_graph(denied, MeanRestorer(core=30, context=5), cuts=cuts))

    assert hashes("auto") == hashes("off")


def test_properties_survive_and_tell_the_truth():
    clip = noise_clip(length=12).std.SetFrameProps(
        _DurationNum=1001,
        _DurationDen=30000,
        _SARNum=16,
        _SARDen=11,
        _Matrix=5,
        _Primaries=5,
        Text="words",
        Many=[1, 2, 3],
        Real=0.5,
        _SceneChangePrev=0,
        _SceneChangeNext=1,
    )
    alpha = core.std.BlankClip(format=vs.GRAY8, width=32, height=24, length=12)
    clip = clip.std.ClipToProp(alpha, prop="_Alpha")

    def add_bytes(n, f):
        changed = f.copy()
        changed.props["Binary"] = b"\x00\xff\x01"
        return changed

    clip = core.std.ModifyFrame(clip, clip, add_bytes)
    frame = build_graph(clip, MeanRestorer(core=5), cuts="off").get_frame(7)
    props = dict(frame.props)
    opacity = props.pop("_Alpha")
    assert (opacity.width, opacity.height, opacity.format.id) == (64, 48, vs.GRAY8)
    assert props == {
        "_DurationNum": 1001,
        "_DurationDen": 30000,
        "_SARNum": 16,
        "_SARDen": 11,
        "_Matrix": 5,
        "_Range": 0,
        "_Primaries": 5,
        "_Transfer": 6,
        "_ChromaLocation": 0,
        "_FieldBased": 0,
        "Text": "words",
        "Many": [1, 2, 3],
        "Real": 0.5,
        "_SceneChangePrev": 0,
        "_SceneChangeNext": 1,
        "Binary": b"\x00\xff\x01",
        "Number": 7,
    }


@pytest.mark.parametrize("depth", [None, vs.GRAY8, vs.GRAYS])
@pytest.mark.parametrize("format", [vs.YUV420P8, vs.YUV444P10, vs.RGB48, vs.RGBH, vs.GRAYS])
def test_opacity_is_enlarged_where_frames_have_it(format, depth):
    clip = core.std.BlankClip(noise_clip(length=9, format=format), keep=True)
    gray = clip.format.replace(color_family=vs.GRAY, subsampling_w=0, subsampling_h=0).id
    given = depth or gray
    top, given_top = (pixel_format(core.get_video_format(each)).highest for each in (gray, given))
    halves = [
        core.std.BlankClip(clip, width=16, format=given, color=color, length=9)
        for color in (0, given_top)
    ]
    alpha = core.std.StackHorizontal(halves).std.SetFrameProps(_Matrix=0, _Range=0)
    with_alpha = clip.std.ClipToProp(alpha, prop="_Alpha")
    joined = clip[:3] + with_alpha[3:6] + clip[6:]
    restored = build_graph(joined, MeanRestorer(core=2, context=1), cuts="off")
    for number, frame in enumerate(restored.frames()):
        assert ("_Alpha" in frame.props) == (number in (3, 4, 5))
    opacity = restored.get_frame(4).props["_Alpha"]
    assert (opacity.format.id, opacity.props["_Range"]) == (gray, 1)
    plane = np.asarray(opacity[0])
    assert plane.shape == (48, 64)
    assert (plane[:, :24] == 0).all()
    assert (plane[:, 40:] == top).all()


def test_opacity_of_another_size_is_refused():
    alpha = core.std.BlankClip(format=vs.GRAY8, width=8, height=8, length=4)
    clip = noise_clip(length=4).std.ClipToProp(alpha, prop="_Alpha")
    message = "upscale: frame 0: _Alpha is 8x8 Gray8: make it gray of 32x24, as the clip is"
    with pytest.raises(vs.Error, match=message):
        build_graph(clip, MeanRestorer(core=2), cuts="off").get_frame(0)


@pytest.mark.parametrize("rate", [(30000, 1001), (0, 1)])
def test_the_frame_rate_stays(rate):
    clip = core.std.BlankClip(noise_clip(length=9), fpsnum=rate[0], fpsden=rate[1])
    restored = build_graph(clip, MeanRestorer(core=4), cuts="off")
    assert restored.fps == clip.fps
    assert (restored.num_frames, restored.width, restored.height) == (9, 64, 48)


def test_two_filters_and_one_filter_twice_do_not_disturb_each_other():
    first, second = MeanRestorer(core=10, context=4), MeanRestorer(core=4, context=2)
    source = noise_clip(length=40)
    alone = clip_hashes(build_graph(source, first, cuts="off"))
    other = clip_hashes(build_graph(source, second, cuts="off"))
    clips = [build_graph(source, each, cuts="off") for each in (first, second, first)]
    together = core.std.Interleave(clips)
    hashes = clip_hashes(together)
    assert [hashes[0::3], hashes[1::3], hashes[2::3]] == [alone, other, alone]


def test_a_restored_clip_can_be_restored_again():
    source = noise_clip(length=20)
    once = build_graph(source, MeanRestorer(core=5, context=2), cuts="off")
    twice = build_graph(once, MeanRestorer(core=3, context=3), cuts="off")
    assert (twice.width, len(clip_hashes(twice))) == (128, 20)


def test_an_interlaced_frame_is_refused_when_it_comes():
    clip = noise_clip(length=30)
    clip = clip[:15] + clip[15:].std.SetFieldBased(2)
    restored = build_graph(clip, MeanRestorer(core=5, context=0), cuts="off")
    restored.get_frame(14)
    with pytest.raises(vs.Error, match=r"upscale: window 3 .*frame 15 is interlaced"):
        restored.get_frame(19)


def test_an_error_of_the_model_names_the_window_and_spares_the_others():
    class Broken(MeanRestorer):
        def restore(self, window, frames, cuts):
            if window.index == 2:
                raise RuntimeError("out of memory")
            return super().restore(window, frames, cuts)

    clip = build_graph(noise_clip(), Broken(core=10, context=4), cuts="off")
    message = r"upscale: window 2 \(frames 16 to 33\): out of memory$"
    with pytest.raises(vs.Error, match=message):
        clip.get_frame(25)
    clip.get_frame(30)


def test_memory_does_not_grow_with_the_length_of_the_clip():
    from tests.vapoursynth.resource_use import resident_kib

    clip = build_graph(
        noise_clip(length=2000, width=16, height=16), MeanRestorer(core=10, context=4), cuts="off"
    )
    before = 0
    for number, _ in enumerate(clip.frames(close=True)):
        if number == 300:
            before = resident_kib()
    assert resident_kib() - before < 8192


@pytest.mark.parametrize("has_alpha", [False, True])
def test_frames_that_are_asked_for_again_and_again_do_not_fill_the_memory(has_alpha):
    source = noise_clip(length=60, width=96, height=64)
    if has_alpha:
        opacity = core.std.BlankClip(source, format=vs.GRAY8)
        source = source.std.ClipToProp(opacity, prop="_Alpha")
    source.std.SetVideoCache(mode=0)
    core.num_threads = 2
    clip = build_graph(source, MeanRestorer(core=2, context=1), cuts="off")
    held = []
    for seed in range(8):
        for number in random.Random(seed).sample(range(60), 60):
            clip.get_frame(number).close()
            held.append(core.used_cache_size)
    assert max(held[120:]) <= 1.05 * max(held[:120])


@pytest.mark.parametrize(("core_frames", "blend"), [(3, 0), (3, 2), (1, 0)])
def test_where_memory_is_short_less_is_kept_and_the_frames_are_the_same(core_frames, blend, caplog):
    """Windows of 16 threads are many; what the graph may keep is no part of the settings."""
    core.num_threads = 16
    peaks, hashes = [], []
    for room in (10**12, 0):

        class Cramped(MeanRestorer):
            def room_for(self, wished, room=room):
                return min(wished, room)

        source = noise_clip(length=60, width=96, height=64)
        source.std.SetVideoCache(mode=0)
        restorer = Cramped(core=core_frames, context=2, blend=blend)
        clip = build_graph(source, restorer, cuts="off")
        before, peak, found = core.used_cache_size, 0, []
        for frame in clip.frames(close=True):
            found.append(frame_hash(frame))
            peak = max(peak, core.used_cache_size - before)
        peaks.append(peak)
        hashes.append(found)
    assert hashes[0] == hashes[1]
    assert peaks[1] < 0.6 * peaks[0]
    assert "of the frames that 16 threads ask for at once are kept; set core.num" in caplog.text
