"""Clips that a training draws itself."""

import numpy as np
import pytest
from typer.testing import CliRunner

from vsfilter.errors import OptionError, SourceError
from vsfilter_train.clips import find_clips, list_clips
from vsfilter_train.data_commands import app
from vsfilter_train.data_hash import hash_clips
from vsfilter_train.data_settings import SourceSettings
from vsfilter_train.drawn.drawn_clip import FRAMES, SIZE, DrawnClip, drawn_clips

NUMBERS = range(6)


@pytest.fixture(scope="module")
def drawn():
    return {number: DrawnClip(number=number).read() for number in NUMBERS}


def test_a_clip_is_what_its_size_says_and_the_same_each_time(drawn):
    clip = DrawnClip(number=0)
    size = clip.size()
    assert (size.width, size.height, size.frames) == (*SIZE, FRAMES)
    assert drawn[0].shape == (FRAMES, size.height, size.width, 3)
    np.testing.assert_array_equal(clip.read(), drawn[0])
    np.testing.assert_array_equal(clip.read(5, 2), drawn[0][5:7])
    with pytest.raises(SourceError, match=f"'drawn_000' has no frame {FRAMES}"):
        clip.read(FRAMES)


def test_clips_differ_have_edges_and_most_move(drawn):
    moving = 0
    for number in NUMBERS:
        frames = drawn[number].astype(np.float32)
        assert np.abs(np.diff(frames[0], axis=1)).max() > 40
        moving += np.abs(np.diff(frames, axis=0)).mean() > 0.3
        for other in range(number):
            assert np.abs(frames[0] - drawn[other][0]).mean() > 10
    assert moving >= 4


def test_edges_are_antialiased(drawn):
    """A figure's outline has levels between its colours: more than a fill without would give."""
    levels = np.unique(drawn[0][0].reshape(-1, 3), axis=0)
    assert len(levels) > 200


def test_the_hash_is_of_what_is_drawn():
    assert hash_clips(drawn_clips(2)) == hash_clips(reversed(drawn_clips(2)))
    assert hash_clips(drawn_clips(2)) != hash_clips(drawn_clips(3))


def test_a_source_brings_drawn_clips_beside_its_own(clips):
    found = list_clips(SourceSettings(folder=str(clips), drawn=2))
    assert [clip.name for clip in found][-2:] == ["drawn_000", "drawn_001"]
    assert len(found) == len(list_clips(SourceSettings(folder=str(clips)))) + 2
    with pytest.raises(OptionError, match="drawn is -1"):
        SourceSettings(folder=str(clips), drawn=-1)


def test_the_command_writes_what_a_training_would_draw(tmp_path, drawn):
    done = CliRunner().invoke(app, ["draw", str(tmp_path / "out"), "--clips", "2"])
    assert done.exit_code == 0
    found = find_clips(tmp_path / "out")
    assert [clip.name for clip in found] == ["drawn_000", "drawn_001"]
    np.testing.assert_array_equal(found[1].read(), drawn[1])


def test_an_opencv_without_outline_fonts_is_named(monkeypatch):
    monkeypatch.delattr("cv2.FontFace")
    with pytest.raises(OptionError, match="cannot draw outline fonts: install version 5"):
        drawn_clips(1)
