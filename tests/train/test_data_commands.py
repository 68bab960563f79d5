"""`vsr data`: what its commands write and refuse."""

import json
import shutil

import cv2
import lmdb
import numpy as np
import pytest
from typer.testing import CliRunner

from tests.train.conftest import make_frames, write_clip
from tests.train.test_clips import tape, write_pictures
from vsfilter.blur_down import blur_down
from vsfilter.errors import OptionError, SinkError, SinkExistsError
from vsfilter.resize import imresize
from vsfilter_train.clip_index import refuse_unwritable, write_index
from vsfilter_train.clips import find_clips
from vsfilter_train.data_commands import app
from vsfilter_train.sub_images import Grid

__all__ = ["tape"]  # a fixture


def run(*arguments):
    return CliRunner().invoke(app, [str(word) for word in arguments])


def test_extract_writes_every_frame(clips, tmp_path):
    assert run("extract", clips, tmp_path / "out").exit_code == 0
    found = find_clips(tmp_path / "out")
    assert [clip.name for clip in found] == ["a", "b", "c"]
    np.testing.assert_array_equal(found[0].read(), make_frames(seed=0))


def test_extract_replaces_nothing(clips, tmp_path):
    (tmp_path / "out" / "b").mkdir(parents=True)
    done = run("extract", clips, tmp_path / "out")
    assert isinstance(done.exception, SinkExistsError)
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    ("command", "source"),
    [
        (("extract",), "clips"),
        (("imresize", "--scale", 2), "clips"),
        (("subimages", "--side", 40, "--step", 24), "clips"),
        (("split", "--shortest", 4, "--longest", 5), "tape"),
    ],
)
def test_a_run_that_was_cut_short_goes_on(request, tmp_path, command, source):
    name, *options = command
    arguments = (name, request.getfixturevalue(source), tmp_path / "out", *options)
    assert run(*arguments).exit_code == 0
    whole = {clip.name: clip.read() for clip in find_clips(tmp_path / "out")}
    folders = sorted((tmp_path / "out").iterdir())
    shutil.rmtree(folders[1])
    (folders[0] / "00000000.png").write_bytes(b"kept")
    assert isinstance(run(*arguments).exception, SinkExistsError)
    assert run(*arguments, "--resume").exit_code == 0
    assert (folders[0] / "00000000.png").read_bytes() == b"kept"
    assert sorted((tmp_path / "out").iterdir()) == folders
    for clip in find_clips(tmp_path / "out")[1:]:
        np.testing.assert_array_equal(clip.read(), whole[clip.name])


def test_clips_of_one_name_are_refused_before_anything_is_written(tmp_path):
    (tmp_path / "gt").mkdir()
    for name in ("a.mkv", "a.avi"):
        write_clip(tmp_path / "gt" / name, count=2)
    done = run("extract", tmp_path / "gt", tmp_path / "out")
    assert "'a.avi' and 'a.mkv' have the same name: rename one" in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_split_writes_the_scenes_that_teach_something(tape, tmp_path):
    assert run("split", tape, tmp_path / "out", "--shortest", 4, "--longest", 5).exit_code == 0
    whole = find_clips(tape)[0].read()
    found = {clip.name: clip.read() for clip in find_clips(tmp_path / "out")}
    assert list(found) == ["tape_000", "tape_001", "tape_002"]
    for name, frames in (
        ("tape_000", whole[:5]),
        ("tape_001", whole[13:18]),
        ("tape_002", whole[18:22]),
    ):
        np.testing.assert_array_equal(found[name], frames)


def test_an_index_is_written_and_used(tape):
    done = run("index", tape)
    assert done.exit_code == 0
    (entry,) = json.loads((tape / "index.json").read_text())["clips"]
    assert (entry["frames"], len(entry["scenes"])) == (30, 4)


def test_a_link_that_leads_nowhere_is_damage(tmp_path):
    write_clip(tmp_path / "a.mkv")
    (tmp_path / "b.mkv").symlink_to(tmp_path / "gone.mkv")
    done = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert done.exit_code == 1
    assert "a.mkv" in done.stdout
    assert "1 of 2 clips are damaged" in done.stderr


def test_an_index_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(SinkError, match="none' cannot be written: No such file"):
        refuse_unwritable(tmp_path / "none")
    (tmp_path / "index.json.part").mkdir()
    with pytest.raises(SinkError, match=r"index\.json' cannot be written"):
        write_index(tmp_path, [])


def test_check_fails_when_anything_is_damaged(tmp_path):
    write_pictures(tmp_path / "clips" / "000", make_frames(count=3))
    assert run("check", tmp_path / "clips").exit_code == 0
    (tmp_path / "clips" / "bad.mkv").write_bytes(b"no video" * 100)
    done = run("check", tmp_path / "clips", "--json")
    assert done.exit_code == 1
    damage = {entry["name"]: entry["damage"] for entry in json.loads(done.stdout)}
    assert damage["000"] == ""
    assert "cannot be read" in damage["bad.mkv"]


@pytest.mark.parametrize(
    ("kind", "shrink"), [("bi", lambda f: imresize(f, 1 / 3)), ("bd", lambda f: blur_down(f, 3))]
)
def test_imresize_makes_the_small_versions_of_papers(tmp_path, kind, shrink):
    frames = write_clip(tmp_path / "a.mkv", count=2, height=74, width=88)
    out = tmp_path / "out"
    assert run("imresize", tmp_path / "a.mkv", out, "--scale", 3, "--kind", kind).exit_code == 0
    (clip,) = find_clips(out)
    expected = np.stack([shrink(frame[:72, :87]) for frame in frames])
    np.testing.assert_array_equal(clip.read(), expected)


def test_imresize_refuses_other_kinds(clips, tmp_path):
    done = run("imresize", clips, tmp_path / "out", "--kind", "linear")
    assert isinstance(done.exception, OptionError)
    assert not (tmp_path / "out").exists()


def test_sub_images_cover_a_frame_as_basicsr_s_do():
    assert Grid().starts(1280) == [0, 240, 480, 720, 800]
    assert Grid().starts(720) == [0, 240]
    assert Grid().starts(528) == [0]
    assert Grid().starts(529) == [0, 49]
    assert Grid().starts(479) == []


def test_subimages_writes_a_folder_for_each_place(tmp_path):
    frames = make_frames(count=2, height=40, width=50)
    write_pictures(tmp_path / "gt" / "000", frames)
    arguments = ("--side", 24, "--step", 16, "--threshold", 4)
    assert run("subimages", tmp_path / "gt", tmp_path / "out", *arguments).exit_code == 0
    found = {clip.name: clip.read() for clip in find_clips(tmp_path / "out")}
    assert list(found) == [f"000_s{n:03}" for n in range(1, 7)]
    np.testing.assert_array_equal(found["000_s003"], frames[:, :24, 26:50])
    np.testing.assert_array_equal(found["000_s004"], frames[:, 16:40, :24])


def test_lmdb_stores_png_files_as_they_are(tmp_path):
    write_pictures(tmp_path / "gt" / "000", make_frames(count=2))
    assert run("lmdb", tmp_path / "gt", tmp_path / "gt.lmdb").exit_code == 0
    database = lmdb.open(str(tmp_path / "gt.lmdb"), readonly=True, lock=False)
    with database, database.begin() as transaction:
        packed = bytes(transaction.get(b"000/00000001"))
    assert packed == (tmp_path / "gt" / "000" / "00000001.png").read_bytes()
    assert cv2.imdecode(np.frombuffer(packed, np.uint8), cv2.IMREAD_COLOR).shape == (72, 88, 3)
