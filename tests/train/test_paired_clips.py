"""Which small version belongs to which clip."""

import logging

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.train.conftest import make_frames, write_clip
from tests.train.test_clips import write_pictures
from tests.train.tiny import write_recipe
from vsfilter.errors import OptionError
from vsfilter.resize import imresize
from vsfilter_train.clip_index import write_index
from vsfilter_train.clip_scan import scan
from vsfilter_train.clips import find_clips
from vsfilter_train.data import load_data
from vsfilter_train.data_commands import app
from vsfilter_train.data_settings import SourceSettings
from vsfilter_train.paired_clip import list_pairs
from vsfilter_train.recipe import read_recipe


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.WARNING)


@pytest.fixture
def load(clips, tmp_path):
    """Load the data of the tiny recipe with some settings changed."""
    path = write_recipe(tmp_path / "tiny.toml", clips)

    def make(*changes):
        settings = read_recipe(path, changes=("data.validation=[]", *changes))
        return load_data(settings, scale=4, side=8)

    return make


def small(frames):
    return np.stack([imresize(frame, 1 / 4) for frame in frames])


def write_versions(folder, name, frames):
    """Write a clip and its small version: one with other colours, so that it is known again."""
    write_pictures(folder / "high" / name, frames)
    write_pictures(folder / "low" / name, 255 - small(frames))


def folders(folder):
    return (
        f"data.folder='{(folder / 'high').as_posix()}'",
        f"data.low_folder='{(folder / 'low').as_posix()}'",
    )


@pytest.mark.parametrize("memory", ["data.memory_gb=0", "data.memory_gb=1"])
def test_small_versions_of_another_size_or_length_are_left_out(tmp_path, load, caplog, memory):
    frames = make_frames(count=8, seed=1)
    write_versions(tmp_path, "right", frames)
    for name, low in (("short", small(frames)[1:]), ("large", frames[:, ::2, ::2])):
        write_pictures(tmp_path / "high" / name, frames)
        write_pictures(tmp_path / "low" / name, low)
    data = load(*folders(tmp_path), memory)
    assert data.samples.names == ["right"]
    assert "small version of 'short' is 22x18 px with 7 frames" in caplog.text
    assert "small version of 'large' is 44x36 px with 8 frames" in caplog.text


def test_settings_beside_sources_that_would_be_ignored_are_refused(clips, load):
    sources = f"sources=[{{folder='{clips.as_posix()}'}}]"
    with pytest.raises(OptionError, match=r"data.panned is 3, but \[\[sources\]\] name"):
        load("data.folder=''", sources, "data.panned=3")


@pytest.mark.parametrize("memory", ["data.memory_gb=0", "data.memory_gb=1"])
def test_a_scene_of_an_index_has_the_same_frames_of_the_given_small_version(tmp_path, load, memory):
    first, second = make_frames(count=8, seed=1) // 2, 128 + make_frames(count=9, seed=2) // 2
    write_versions(tmp_path, "000", np.concatenate((first, second)))
    write_index(tmp_path / "high", list(scan(find_clips(tmp_path / "high"))))
    samples = load(*folders(tmp_path), memory, "data.batch=8").samples
    assert [pair.low_size.frames for pair in samples.pairs] == [8, 9]
    for number in range(3):
        batch = samples[number]
        levels = batch.high.mean(dim=(2, 3, 4)) + batch.low.mean(dim=(2, 3, 4))
        assert (levels - 1).abs().max() < 0.05  # the small version is the negative


def test_the_small_versions_of_a_training_are_not_those_of_its_validation_folder(tmp_path, load):
    write_versions(tmp_path, "000", make_frames(count=4, seed=1))
    frames = make_frames(count=4, seed=2)
    write_pictures(tmp_path / "validation" / "000", frames)
    other = f"data.validation_folder='{(tmp_path / 'validation').as_posix()}'"
    (pair,) = load(*folders(tmp_path), other).validation
    np.testing.assert_array_equal(pair.high, frames)
    np.testing.assert_array_equal(pair.low, small(frames))


def test_each_source_has_its_own_small_versions(tmp_path, load):
    contents = {"a": make_frames(count=4, seed=1), "b": make_frames(count=4, seed=2)}
    for name, frames in contents.items():
        write_versions(tmp_path / name, "000", frames)
    tables = ", ".join(
        f"{{folder='{(tmp_path / name / 'high').as_posix()}', "
        f"low_folder='{(tmp_path / name / 'low').as_posix()}'}}"
        for name in contents
    )
    sources = ("data.folder=''", f"sources=[{tables}]")
    for pair, frames in zip(load(*sources).samples.pairs, contents.values(), strict=True):
        np.testing.assert_array_equal(pair.low, 255 - small(frames))
    write_versions(tmp_path / "a", "001", contents["a"])
    held = load(*sources, "data.validation=['000']").validation
    for pair, frames in zip(held, contents.values(), strict=True):
        np.testing.assert_array_equal(pair.low, 255 - small(frames))


def test_what_imresize_writes_of_videos_are_their_small_versions(clips, tmp_path, load):
    arguments = ["imresize", str(clips), str(tmp_path / "low"), "--scale", "4"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    given = load(f"data.low_folder='{(tmp_path / 'low').as_posix()}'").samples
    assert given.names == ["a.mkv", "b.mkv", "c.mkv"]
    for pair, made in zip(given.pairs, load().samples.pairs, strict=True):
        assert len(pair.sources) == 2
        np.testing.assert_array_equal(pair.low, made.low)


def test_a_small_version_belongs_to_one_clip(tmp_path):
    high, low = tmp_path / "high", tmp_path / "low"
    for folder in (high, low):
        folder.mkdir()
        for name in ("a.mkv", "a.avi"):
            write_clip(folder / name, count=2)
    source = SourceSettings(folder=str(high), low_folder=str(low))
    assert all(pair.low.name == pair.name for pair in list_pairs(source))
    (low / "a.avi").unlink()
    with pytest.raises(OptionError, match=r"'a\.mkv' in .* of 'a\.avi' and of 'a\.mkv'"):
        list_pairs(source)


def test_a_validation_clip_without_its_small_version_is_named(tmp_path, load):
    write_versions(tmp_path, "000", make_frames(count=4))
    write_pictures(tmp_path / "high" / "001", make_frames(count=4))
    with pytest.raises(OptionError, match="low' has no clip named '001'"):
        load(*folders(tmp_path), "data.validation=['001']")
