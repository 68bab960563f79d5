"""A real recurrent model: a frame is the same however a script, an editor or vspipe asks for it."""

import random
from collections import Counter

import pytest
import vapoursynth as vs

from tests.vapoursynth.clips import MeanRestorer, clip_hashes, frame_hash, noise_clip
from vsfilter import upscale
from vsfilter.vapoursynth.window_graph import build_graph

core = vs.core
COUNT = 30
SETTINGS = {"core": 8, "context": 2, "precision": "fp32", "cuts": "off"}
SCRUB = [0, 1, 2, 3, 28, 27, 26, 25, 24, 12, 13, 14, 13, 12, 11, 10, 0, 29]


@pytest.fixture(scope="module")
def make(basicvsr):
    """Build the restored clip anew: nothing of an earlier one is cached."""

    def build(**settings):
        clip = noise_clip(length=COUNT, width=16, height=16)
        return upscale(clip, weights=basicvsr, **{**SETTINGS, **settings})

    return build


@pytest.fixture(scope="module")
def expected(make):
    core.num_threads = 1
    return clip_hashes(make())


@pytest.mark.parametrize("threads", [2, 8, 32])
def test_any_number_of_threads_gives_the_same_frames(make, expected, threads):
    core.num_threads = threads
    assert clip_hashes(make()) == expected


@pytest.mark.parametrize(
    "order",
    [range(COUNT - 1, -1, -1), range(0, COUNT, 7), random.Random(2).choices(range(COUNT), k=40)],
    ids=["backward", "strided", "random"],
)
def test_any_order_gives_the_same_frames(make, expected, order):
    clip = make()
    requests = [clip.get_frame_async(number) for number in order]
    assert [frame_hash(each.result()) for each in requests] == [expected[n] for n in order]


def test_a_scrub_leaves_no_trace(make, expected):
    clip = make()
    assert [frame_hash(clip.get_frame(n)) for n in SCRUB] == [expected[n] for n in SCRUB]
    assert clip_hashes(clip) == expected


def test_slices_and_rearranged_clips_give_the_same_frames(make, expected):
    clip = make()
    assert clip_hashes(clip[9:21]) == expected[9:21]
    assert clip_hashes(clip[::-3]) == expected[::-3]
    assert clip_hashes(core.std.Interleave([clip, clip[1:]], extend=True))[:4] == [
        expected[n] for n in (0, 1, 1, 2)
    ]


def test_other_filters_of_the_script_do_not_disturb_one(make, expected):
    other = make(core=5, context=1)
    alone = clip_hashes(make(core=5, context=1))
    together = clip_hashes(core.std.Interleave([make(), other, make()]))
    assert [together[0::3], together[1::3], together[2::3]] == [expected, alone, expected]


@pytest.mark.parametrize("threads", [1, 2, 8, 32])
@pytest.mark.parametrize("step", [1, -1, 3])
def test_a_pass_restores_each_window_once(threads, step):
    core.num_threads = threads
    restorer = MeanRestorer(core=10, context=4)
    clip_hashes(build_graph(noise_clip(), restorer, cuts="off")[::step])
    assert Counter(restorer.calls) == Counter(range(11))


def test_a_scrub_restores_each_window_once_while_the_cache_holds_it():
    core.num_threads = 8
    restorer = MeanRestorer(core=10, context=4)
    clip = build_graph(noise_clip(), restorer, cuts="off")
    for number in (5, 55, 4, 56, 99, 3, 57, 98, 0, 50, 90):
        clip.get_frame(number)
    assert sorted(restorer.calls) == [0, 5, 9]
