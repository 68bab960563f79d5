"""Work folders that somebody else has made: nothing in them is trusted."""

import hashlib
import json
import os
import struct
import zlib

import pytest

from tests.resume_runs import COUNT, SEGMENT, frames_of, make_film, run, stop_after
from vsfilter.errors import SinkError


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture(scope="module")
def straight(film):
    run(film, film.with_name("straight.mkv"))
    return frames_of(film.with_name("straight.mkv"))


@pytest.fixture
def stopped(film, tmp_path):
    """Give an output of which 3 segments of 8 frames are done."""
    stop_after(3 * SEGMENT + 3, film, tmp_path / "out.mkv")
    return tmp_path / "out.mkv"


def work(target):
    return target.with_name(f"{target.name}.part")


def line(text):
    return b"%08x %s\n" % (zlib.crc32(text), text)


def entry(**values):
    return line(json.dumps(values).encode())


def forge(target, index, data, frames):
    """Put a segment there, and an entry in the journal that vouches for it."""
    (work(target) / f"{index:06d}.segment").write_bytes(data)
    noted = {"frames": frames, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    lines = (work(target) / "journal").read_bytes().splitlines(keepends=True)
    kept = [each for each in lines if b'"segment"' in each][:index]
    (work(target) / "journal").write_bytes(
        b"".join([lines[0], *kept, entry(segment=index, **noted)])
    )


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b"{}",
        b'{"segment":0}',
        b'{"segment":"x","frames":1,"size":1,"sha256":""}',
        b'{"segment":0,"frames":1e999,"size":1,"sha256":""}',
        b'{"segment":0,"frames":[],"size":{},"sha256":null}',
        b'{"decoded":null}',
    ],
    ids=lambda text: text[:30].decode(),
)
def test_a_journal_that_no_run_has_written_is_not_followed(film, stopped, straight, text):
    first = (work(stopped) / "journal").read_bytes().splitlines(keepends=True)[0]
    (work(stopped) / "journal").write_bytes(first + line(text) + entry(decoded=0))

    assert run(film, stopped).frames == COUNT
    assert frames_of(stopped) == straight


@pytest.mark.parametrize("frames", [SEGMENT - 1, 10**12, -3])
def test_a_segment_of_which_the_journal_lies_is_made_again(film, stopped, straight, frames):
    forge(stopped, 2, (work(stopped) / "000002.segment").read_bytes(), frames)

    assert run(film, stopped).resumed_from == 2 * SEGMENT
    assert frames_of(stopped) == straight


@pytest.mark.parametrize("size", [2**63, 2**40, 100])
def test_a_frame_that_claims_more_bytes_than_there_are_is_made_again(film, stopped, straight, size):
    forge(stopped, 0, struct.pack("<qqQQ?", 0, 1, size, 0, True) + bytes(9), 1)

    assert run(film, stopped).resumed_from == 0
    assert frames_of(stopped) == straight


@pytest.mark.parametrize("name", ["journal", "lock", "out.mkv", "000000.segment.new"])
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_in_a_work_folder_writes_nothing_elsewhere(film, tmp_path, name, link):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "out.mkv.part").mkdir()
    link(tmp_path / "mine", tmp_path / "out.mkv.part" / name)

    with pytest.raises(SinkError, match=rf"{name}' is a link or no file.*remove it"):
        run(film, tmp_path / "out.mkv")

    assert (tmp_path / "mine").read_text() == "mine"


def test_a_work_folder_that_lies_elsewhere_is_refused(film, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out.mkv.part").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(SinkError, match="is a link or no file"):
        run(film, tmp_path / "out.mkv")

    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_pipe_in_a_work_folder_holds_nothing_up(film, tmp_path):
    (tmp_path / "out.mkv.part").mkdir()
    os.mkfifo(tmp_path / "out.mkv.part" / "journal")

    with pytest.raises(SinkError, match="is a link or no file"):
        run(film, tmp_path / "out.mkv")
