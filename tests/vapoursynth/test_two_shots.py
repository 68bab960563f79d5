"""Two unrelated shots of real files, joined: neither leaves a trace in the other."""

from pathlib import Path

import pytest
import vapoursynth as vs

from tests.clips import Clip, make_clip
from tests.vapoursynth.clips import clip_hashes
from vsfilter import source, upscale

core = vs.core
DEMO = Path(__file__).parents[2] / "examples" / "demo.mp4"
FIRST = 11
"""Frames of the first shot."""


@pytest.fixture(scope="module")
def shots(tmp_path_factory):
    """The rendered demo scene, and a moving pattern, in one format."""
    pattern = make_clip(tmp_path_factory.mktemp("media") / "pattern.mp4", Clip(count=8))
    scene = source(DEMO).std.CropAbs(width=64, height=48, left=64, top=40)[:FIRST]
    second = source(pattern)
    return core.std.AssumeFPS(scene, fpsnum=24), core.std.AssumeFPS(second, fpsnum=24)


def restored(clip, weights, **settings):
    chosen = {"core": 30, "context": 4, "precision": "fp32", **settings}
    return clip_hashes(upscale(clip, weights=weights, **chosen))


@pytest.mark.parametrize("cuts", ["auto", "props", [FIRST]], ids=str)
def test_frames_on_either_side_equal_those_of_each_shot_alone(shots, basicvsr, cuts):
    scene, pattern = shots
    joined = scene + pattern
    if cuts == "props":
        joined = scene + pattern[0].std.SetFrameProps(_SceneChangePrev=1) + pattern[1:]
    alone = [restored(shot, basicvsr, cuts="off") for shot in shots]
    assert restored(joined, basicvsr, cuts=cuts) == alone[0] + alone[1]


def test_where_a_window_begins_at_the_cut_any_grid_gives_that(shots, basicvsr):
    scene, pattern = shots
    grid = {"core": 4, "context": 3}
    before, after = (restored(shot, basicvsr, cuts="off", **grid) for shot in (scene[:8], pattern))
    assert restored(scene[:8] + pattern, basicvsr, **grid) == before + after


def test_without_cuts_the_shots_disturb_each_other(shots, basicvsr):
    scene, pattern = shots
    assert restored(scene + pattern, basicvsr, cuts="off") != restored(
        scene + pattern, basicvsr, cuts="auto"
    )
