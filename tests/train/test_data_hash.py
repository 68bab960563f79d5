"""The hash of all that a training has learned from."""

import os
import shutil

import pytest

from tests.train.conftest import make_frames, write_clip
from tests.train.test_clips import write_pictures
from tests.train.tiny import write_recipe
from vsfilter.errors import SourceError
from vsfilter_train import data_hash
from vsfilter_train.clip import Scene
from vsfilter_train.clips import find_clips
from vsfilter_train.data import load_data
from vsfilter_train.data_hash import hash_clips
from vsfilter_train.lmdb_writer import LmdbWriter
from vsfilter_train.recipe import read_recipe


@pytest.fixture
def folder(tmp_path):
    """A video and a folder of pictures."""
    path = tmp_path / "clips"
    write_pictures(path / "000", make_frames(count=3))
    write_clip(path / "a.mkv", count=3, seed=1)
    return path


def copy(folder, name, *, time=1_000_000_000):
    """Copy a folder to where another machine has it, with other times."""
    there = folder.parent / name / "data"
    shutil.copytree(folder, there)
    for path in there.rglob("*.*"):
        os.utime(path, (time, time))
    return there


def hash_folder(folder):
    return hash_clips(find_clips(folder))


def test_the_same_files_have_the_same_hash_on_another_machine(folder, tmp_path, monkeypatch):
    there = copy(folder, "elsewhere")
    here = hash_folder(folder)
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path / "another-cache"))
    assert hash_folder(there) == here
    assert hash_clips(reversed(find_clips(there))) == here
    assert len(here) == 64


@pytest.mark.parametrize("name", ["a.mkv", "000/00000001.png"])
def test_one_byte_of_a_file_makes_another_hash(folder, name):
    before = hash_folder(folder)
    path = folder / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, (1_000_000_000, 1_000_000_000))  # the clock of a file system may be coarse
    assert hash_folder(folder) != before


def test_the_scenes_that_are_used_count(folder):
    video, pictures = clips = find_clips(folder)
    scenes = [Scene(clip=video, start=start, count=1) for start in (0, 2)]
    hashes = {hash_clips(used) for used in (clips, [pictures, *scenes], [pictures, scenes[0]])}
    assert len(hashes) == 3
    assert hash_clips([*scenes, scenes[0]]) == hash_clips(scenes)


def test_files_are_read_once(folder, monkeypatch):
    before = hash_folder(folder)

    def refuse(paths):
        raise AssertionError(f"{paths} are read again")

    for module in ("picture_clip", "video_clip"):
        monkeypatch.setattr(f"vsfilter_train.{module}.hash_files", refuse)
    assert hash_folder(folder) == before
    monkeypatch.undo()
    for file in (data_hash.cache_folder() / "data").rglob("*.json"):
        file.write_text("no json")
    assert hash_folder(folder) == before


def test_a_database_has_a_hash_of_its_pictures(folder, tmp_path):
    with LmdbWriter(tmp_path / "a.lmdb") as writer:
        for clip in find_clips(folder):
            writer.add(clip)
        writer.finish()
    one = hash_folder(tmp_path / "a.lmdb")
    assert hash_folder(copy(tmp_path / "a.lmdb", "elsewhere")) == one
    assert hash_clips(find_clips(tmp_path / "a.lmdb")[:1]) != one


def test_a_file_that_vanishes_is_one_clear_error(folder):
    clips = find_clips(folder)
    (folder / "a.mkv").unlink()
    with pytest.raises(SourceError, match=r"'a\.mkv' cannot be read: No such file"):
        hash_clips(clips)


@pytest.mark.parametrize("memory", ["data.memory_gb=0", "data.memory_gb=1"])
def test_a_training_names_what_its_samples_are_cut_from(clips, tmp_path, memory):
    path = write_recipe(tmp_path / "tiny.toml", clips)
    samples = load_data(read_recipe(path, changes=(memory,)), scale=4, side=8).samples
    learned = [clip for clip in find_clips(clips) if clip.name in samples.names]
    assert hash_clips(samples.sources) == hash_clips(learned) != hash_folder(clips)
