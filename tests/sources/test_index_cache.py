"""The index of a file is kept between runs, and believed only while the file is the same."""

import os

import pytest

from tests.clips import Clip, make_clip, same_samples
from vsfilter.sources import file_index, index_cache
from vsfilter.sources.indexed_file import IndexedFile
from vsfilter.sources.pyav_source import FileSource


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "index"


@pytest.fixture
def path(tmp_path):
    return make_clip(tmp_path / "clip.mkv", Clip(count=30, options={"bf": "3", "g": "10"}))


@pytest.fixture
def decoded(monkeypatch):
    """Learn which files are decoded from their start to their end."""
    files = []
    decode = file_index._decode

    def count(decoder):
        files.append(decoder.path)
        return decode(decoder)

    monkeypatch.setattr(file_index, "_decode", count)
    return files


def assert_gives_the_frames_of(path, order=(25, 3, 29, 0, 14)):
    with FileSource(str(path)) as reader:
        expected = list(reader)
    with IndexedFile(str(path)) as file:
        assert file.pts == [frame.pts for frame in expected]
        for number in order:
            assert same_samples(file.frame(number), expected[number])


def test_a_file_is_decoded_once_and_found_again(path, decoded):
    for _ in range(3):
        assert_gives_the_frames_of(path)
    assert decoded == [str(path)]


def test_a_file_that_changed_is_decoded_anew(path, decoded):
    assert_gives_the_frames_of(path)
    make_clip(path, Clip(count=12))
    assert_gives_the_frames_of(path, order=(11, 0, 5))
    assert len(decoded) == 2


def test_other_pictures_of_the_same_size_and_time_are_noticed(tmp_path, decoded):
    path = tmp_path / "raw.mkv"
    make_clip(path, Clip(count=30, codec="rawvideo", colour=Clip().colour))
    assert_gives_the_frames_of(path)
    state = path.stat()
    changed = bytearray(path.read_bytes())
    with IndexedFile(str(path)) as file:
        first = file.frame(0).planes[0].tobytes()
    place = changed.index(first)
    changed[place : place + len(first)] = bytes(len(first))
    path.write_bytes(changed)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert path.stat().st_size == state.st_size
    assert_gives_the_frames_of(path)
    assert len(decoded) == 2


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x1f\x8b\x08\x00 cut off"])
def test_a_damaged_index_is_made_anew(path, folder, decoded, content):
    assert_gives_the_frames_of(path)
    (index,) = folder.iterdir()
    index.write_bytes(content)
    assert_gives_the_frames_of(path)
    assert_gives_the_frames_of(path)
    assert len(decoded) == 2


def test_a_cache_that_cannot_be_written_costs_time_only(path, folder):
    folder.parent.write_text("a file where the folder should be")
    assert_gives_the_frames_of(path)


def test_the_indexes_unused_for_longest_are_forgotten(tmp_path, folder, monkeypatch):
    monkeypatch.setattr(index_cache, "_KEPT_FILES", 2)
    for number in range(4):
        path = make_clip(tmp_path / f"{number}.mkv", Clip(count=2))
        with IndexedFile(str(path)):
            pass
        for index in folder.iterdir():
            os.utime(index, (index.stat().st_mtime - 60,) * 2)
    assert len(list(folder.iterdir())) == 2
