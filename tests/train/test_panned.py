"""Pans over still frames, beside the clips of a training."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from tests.train.conftest import write_clip
from tests.train.tiny import write_recipe
from vsfilter.errors import OptionError, SourceError
from vsfilter_train.clip import Scene
from vsfilter_train.data import load_data
from vsfilter_train.data_hash import hash_clips
from vsfilter_train.data_settings import SourceSettings
from vsfilter_train.panned_clip import FRAMES, MARGIN, PannedClip, panned_clips
from vsfilter_train.recipe import read_recipe
from vsfilter_train.video_clip import VideoClip


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("panned") / "still.mkv"
    write_clip(path, count=4, height=96, width=128)
    return VideoClip(path)


def test_a_pan_is_what_its_size_says_and_the_same_each_time(clip):
    pan = panned_clips([clip], 1)[0]
    size, frames = pan.size(), pan.read()
    assert frames.shape == (size.frames, size.height, size.width, 3)
    assert size.frames == FRAMES
    assert size.height == 96 - 2 * int(MARGIN * 96)
    np.testing.assert_array_equal(pan.read(5, 2), frames[5:7])
    with pytest.raises(SourceError, match=r"a pan over 'still\.mkv' has no frame 12"):
        pan.read(FRAMES)


def test_a_pan_shows_the_frame_of_its_clip_and_moves_evenly(clip):
    still = clip.read()
    for pan in panned_clips([clip], 6):
        frames = pan.read().astype(np.float32).mean(-1)
        middle = frames[FRAMES // 2][16:-16, 16:-16]
        found = max(
            cv2.matchTemplate(s.astype(np.float32).mean(-1), middle, cv2.TM_CCOEFF_NORMED).max()
            for s in still
        )
        assert found > 0.9
        steps = [np.hypot(*cv2.phaseCorrelate(*pair)[0]) for pair in pairwise(frames)]
        assert np.ptp(steps) < 0.75
        assert sum(steps) <= 2 * MARGIN * 96 + 4


def test_pans_differ_and_take_turns_over_the_clips(clip):
    scene = Scene(clip=clip, start=1, count=2)
    pans = panned_clips([clip, scene], 5)
    assert [pan.clip for pan in pans] == [clip, scene, clip, scene, clip]
    assert not np.array_equal(pans[0].read(), pans[2].read())
    assert {pan.name for pan in pans} == {clip.name}


def test_without_clips_there_are_no_pans():
    assert panned_clips([], 3) == []


def test_the_hash_is_of_the_clip_and_the_pan(clip):
    pans = panned_clips([clip], 2)
    hashes = {hash_clips(each) for each in ([clip], pans[:1], pans[1:], pans, [clip, *pans])}
    assert len(hashes) == 5
    assert hash_clips(pans) == hash_clips(pans[::-1])
    scene = panned_clips([Scene(clip=clip, start=1, count=2)], 1)
    assert hash_clips(scene) != hash_clips(pans[:1])


def test_pans_have_no_small_versions_that_are_given():
    with pytest.raises(OptionError, match="panned is 3: give 0, as low_folder"):
        SourceSettings(folder="high", low_folder="low", panned=3)
    with pytest.raises(OptionError, match="panned is -1"):
        SourceSettings(folder="high", panned=-1)


def test_a_training_pans_over_what_it_learns_from_alone(clips, tmp_path):
    path = write_recipe(tmp_path / "recipe.toml", clips)
    own, panned = (
        load_data(read_recipe(path, changes=[f"data.panned={n}"]), scale=4, side=8) for n in (0, 4)
    )
    pans = [clip for clip in panned.samples.sources if isinstance(clip, PannedClip)]
    assert len(pans) == 4
    assert "b.mkv" not in {pan.clip.name for pan in pans}  # measures what was learned
    assert panned.samples.names == own.samples.names
    assert [pair.name for pair in panned.validation] == ["b.mkv"]
