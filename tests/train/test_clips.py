"""Where clips lie, and what of them is used."""

import logging
import re
import resource
import shutil
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.train.conftest import make_frames, write_clip
from tests.train.tiny import read_log, write_recipe
from vsfilter.errors import OptionError, SinkExistsError, SourceError
from vsfilter.resize import imresize
from vsfilter_train import picture_clip
from vsfilter_train.clip import ClipSize, Scene
from vsfilter_train.clip_index import apply_index, write_index
from vsfilter_train.clip_scan import scan
from vsfilter_train.clips import find_clips, list_clips, open_clip
from vsfilter_train.data import load_data
from vsfilter_train.data_commands import app
from vsfilter_train.data_settings import SourceSettings
from vsfilter_train.degraded_data import load_degraded_data
from vsfilter_train.lmdb_writer import LmdbWriter
from vsfilter_train.paired_clip import PairedClip, list_pairs
from vsfilter_train.picture_clip import read_picture
from vsfilter_train.picture_size import read_size
from vsfilter_train.recipe import read_recipe
from vsfilter_train.stored_pairs import StoredPair
from vsfilter_train.train import train
from vsfilter_train.video_clip import VideoClip

STATUS = Path("/proc/self/status")


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level(logging.WARNING)


def write_pictures(folder, frames, *, name="{:08}.png"):
    folder.mkdir(parents=True)
    for number, frame in enumerate(frames):
        cv2.imwrite(str(folder / name.format(number)), frame[..., ::-1])


@pytest.fixture
def recipe(clips, tmp_path):
    path = write_recipe(tmp_path / "tiny.toml", clips)
    return lambda *changes: read_recipe(path, changes=("data.validation=[]", *changes))


@pytest.mark.parametrize(
    ("layout", "name"),
    [
        ("000/{:08}.png", "000"),
        ("calendar/{:04}.png", "calendar"),
        ("00001/0266/im{}.png", "00001/0266"),
    ],
    ids=["REDS and Vid4", "Vid4", "Vimeo-90K"],
)
def test_folders_of_pictures_are_clips(tmp_path, layout, name):
    frames = make_frames(count=7)
    folder, _, file = layout.rpartition("/")
    write_pictures(tmp_path / "gt" / folder, frames, name=file)
    (clip,) = find_clips(tmp_path / "gt")
    assert clip.name == name
    np.testing.assert_array_equal(clip.read(), frames)
    np.testing.assert_array_equal(clip.read(2, 3), frames[2:5])
    assert (clip.size().frames, clip.size().height, clip.size().width) == (7, 72, 88)


def test_a_list_chooses_clips_as_vimeo_90k_s_lists_do(tmp_path):
    for name in ("00001/0001", "00001/0002", "00002/0001"):
        write_pictures(tmp_path / "sequences" / name, make_frames(count=2), name="im{}.png")
    chosen = tmp_path / "sep_trainlist.txt"
    chosen.write_text("00001/0002\n00002/0001 7 (256,448,3)\n\n")
    source = SourceSettings(folder=str(tmp_path / "sequences"), list=str(chosen))
    assert [clip.name for clip in list_clips(source)] == ["00001/0002", "00002/0001"]
    write_pictures(tmp_path / "sequences" / "my film", make_frames(count=2))
    chosen.write_text("my film\n")
    assert [clip.name for clip in list_clips(source)] == ["my film"]
    chosen.write_text("00009/0001\n")
    with pytest.raises(OptionError, match="names '00009/0001', which does not exist"):
        list_clips(source)


def test_udm10_holds_both_versions_of_each_clip(tmp_path):
    frames = make_frames(count=2)
    write_pictures(tmp_path / "archpeople" / "truth", frames, name="{:04}.png")
    write_pictures(tmp_path / "archpeople" / "blur4", frames[:, ::4, ::4], name="{:04}.png")
    source = SourceSettings(folder=str(tmp_path), low_folder=str(tmp_path))
    (pair,) = list_pairs(source)
    assert pair.name == "archpeople"
    np.testing.assert_array_equal(pair.high.read(), frames)
    np.testing.assert_array_equal(pair.low.read(), frames[:, ::4, ::4])


@pytest.fixture
def pictures(tmp_path):
    for seed, name in enumerate(("000", "001")):
        write_pictures(tmp_path / "gt" / name, make_frames(count=4, seed=seed))
    return tmp_path / "gt"


def write_lmdb(clips, folder):
    with LmdbWriter(folder) as writer:
        for clip in clips:
            writer.add(clip)
        writer.finish()
    return writer.count


def test_an_lmdb_has_the_same_clips(pictures, tmp_path):
    assert write_lmdb(find_clips(pictures), tmp_path / "gt.lmdb") == 8
    lines = (tmp_path / "gt.lmdb" / "meta_info.txt").read_text().splitlines()
    assert lines[0] == "000/00000000.png (72,88,3) 1"
    found = find_clips(tmp_path / "gt.lmdb")
    assert [clip.name for clip in found] == ["000", "001"]
    for clip, expected in zip(found, find_clips(pictures), strict=True):
        np.testing.assert_array_equal(clip.read(), expected.read())
        np.testing.assert_array_equal(clip.read(1, 2), expected.read(1, 2))
    with pytest.raises(SinkExistsError, match=r"gt\.lmdb' exists"):
        write_lmdb(find_clips(pictures), tmp_path / "gt.lmdb")


def test_pictures_without_leading_zeros_are_in_the_order_of_their_numbers(tmp_path):
    frames = make_frames(count=12)
    write_pictures(tmp_path / "gt" / "000", frames, name="{}.png")
    (clip,) = find_clips(tmp_path / "gt")
    np.testing.assert_array_equal(clip.read(), frames)
    assert write_lmdb([clip], tmp_path / "gt.lmdb") == 12
    (stored,) = find_clips(tmp_path / "gt.lmdb")
    np.testing.assert_array_equal(stored.read(), frames)
    assert stored.digest() == clip.digest()


def test_a_picture_without_a_number_has_the_same_place_in_a_folder_and_an_lmdb(tmp_path):
    frames = make_frames(count=2)
    write_pictures(tmp_path / "gt" / "000", frames, name="a{}.png")
    (tmp_path / "gt" / "000" / "a0.png").rename(tmp_path / "gt" / "000" / "a.png")
    (clip,) = find_clips(tmp_path / "gt")
    write_lmdb([clip], tmp_path / "gt.lmdb")
    (stored,) = find_clips(tmp_path / "gt.lmdb")
    np.testing.assert_array_equal(stored.read(), clip.read())


def test_an_lmdb_that_fails_leaves_nothing(pictures, tmp_path):
    (pictures / "001" / "00000003.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match=r"00000003\.png' is no picture"):
        write_lmdb(find_clips(pictures), tmp_path / "gt.lmdb")
    assert [path.name for path in tmp_path.iterdir()] == ["gt"]


def test_an_lmdb_leaves_a_damaged_clip_out_with_all_its_frames(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr("vsfilter_train.lmdb_writer.FRAMES_A_COMMIT", 2)
    (pictures / "000" / "00000003.png").write_bytes(b"no picture")
    folder = tmp_path / "gt.lmdb"
    done = CliRunner().invoke(app, ["lmdb", str(pictures), str(folder)])
    assert done.exit_code == 1
    assert re.search(r"^000 left out: '.+00000003\.png' is no picture", done.stderr, re.MULTILINE)
    assert done.stderr.endswith("001: 4 frames\n4 frames\n1 of 2 clips are damaged\n")
    (kept,) = find_clips(folder)
    assert kept.name == "001"
    np.testing.assert_array_equal(kept.read(), find_clips(pictures)[1].read())
    assert kept.database.stat()["entries"] == 4


def test_an_lmdb_of_nothing_is_not_written(pictures, tmp_path):
    for name in ("000", "001"):
        (pictures / name / "00000000.png").write_bytes(b"no picture")
    done = CliRunner().invoke(app, ["lmdb", str(pictures), str(tmp_path / "gt.lmdb")])
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (1, "2 of 2 clips are damaged")
    assert [path.name for path in tmp_path.iterdir()] == ["gt"]


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells the memory in this way")
def test_an_lmdb_is_written_in_bounded_memory(tmp_path):
    class Endless:
        """A clip of pictures that do not compress, 200 kB each, as long as is wanted."""

        def __init__(self, count):
            self.name, self.count = "noise", count

        def frames(self, start=0):
            random = np.random.default_rng(0)
            for _ in range(self.count):
                yield random.integers(0, 256, (256, 256, 3), np.uint8)

    def own_memory():
        lines = STATUS.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1000

    write_lmdb([Endless(34)], tmp_path / "short.lmdb")
    before = own_memory()
    write_lmdb([Endless(140)], tmp_path / "long.lmdb")
    stored = (tmp_path / "long.lmdb" / "data.mdb").stat().st_size / 1e6
    assert stored > 26
    assert own_memory() - before < 9  # MB: what is not committed is 6


def test_an_lmdb_grows_beyond_its_first_room(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr("vsfilter_train.lmdb_writer.FIRST_BYTES", 1 << 14)
    assert write_lmdb(find_clips(pictures), tmp_path / "gt.lmdb") == 8
    assert len(find_clips(tmp_path / "gt.lmdb")) == 2


def batches(settings, count=3):
    samples = load_data(settings, scale=4, side=settings.data.patch).samples
    return samples, [samples[number] for number in range(count)]


@pytest.mark.parametrize("changes", [(), ("data.shrink=[1, 0.9]",)], ids=["whole", "shrunken"])
def test_samples_read_from_the_disk_are_those_held_in_memory(recipe, changes):
    _, held = batches(recipe(*changes))
    samples, stored = batches(recipe("data.memory_gb=0", *changes))
    assert all(isinstance(pair, StoredPair) for pair in samples.pairs)
    for a, b in zip(held, stored, strict=True):
        assert torch.equal(a.high, b.high)
        assert torch.equal(a.low, b.low)


def test_given_small_versions_are_used(tmp_path, recipe):
    frames = make_frames(count=4)
    write_pictures(tmp_path / "gt" / "000", frames)
    write_pictures(tmp_path / "low" / "000", 255 - np.stack([imresize(f, 1 / 4) for f in frames]))
    folders = [
        f"data.{n}='{(tmp_path / f).as_posix()}'"
        for n, f in (("folder", "gt"), ("low_folder", "low"))
    ]
    for memory in ("data.memory_gb=0", "data.memory_gb=1"):
        _, (batch, *_) = batches(recipe(*folders, memory))
        small = 1 - batch.low
        large = torch.nn.functional.avg_pool2d(batch.high.flatten(0, 1), 4).view_as(small)
        assert (small - large).abs().mean() < 0.05


def test_given_small_versions_that_do_not_fit_are_refused(tmp_path, recipe):
    frames = make_frames(count=4)
    write_pictures(tmp_path / "gt" / "000", frames)
    write_pictures(tmp_path / "low" / "001", frames[:, ::4, ::4])
    folders = [
        f"data.{n}='{(tmp_path / f).as_posix()}'"
        for n, f in (("folder", "gt"), ("low_folder", "low"))
    ]
    with pytest.raises(OptionError, match="low' has no clip named '000'"):
        batches(recipe(*folders))
    with pytest.raises(OptionError, match=r"low_folder gives small versions, but"):
        load_degraded_data(recipe(*folders, "data.mirror=true"), scale=4)


def test_sources_are_mixed_by_their_weights(tmp_path, recipe):
    for name, level, count in (("dark", 0, 20), ("light", 255, 4)):
        write_pictures(tmp_path / name / "000", np.full((count, 72, 72, 3), level, np.uint8))
    tables = ", ".join(
        f"{{folder='{(tmp_path / name).as_posix()}', weight={weight}}}"
        for name, weight in (("dark", 1), ("light", 3))
    )
    settings = recipe("data.folder=''", f"sources=[{tables}]", "data.batch=40")
    _, drawn = batches(settings, count=5)
    share = float(torch.cat([batch.high for batch in drawn]).mean())
    assert 0.65 < share < 0.85  # 3 of 4, although there are five times as many dark frames


def test_clips_that_are_too_short_take_nothing_from_the_weight_of_their_source(
    tmp_path, recipe, caplog
):
    for name, count in (("dark/000", 8), ("light/000", 4), ("none/000", 2)):
        level = 255 if name == "light/000" else 0
        write_pictures(tmp_path / name, np.full((count, 72, 72, 3), level, np.uint8))
    for number in range(1, 7):
        write_pictures(tmp_path / "light" / f"{number:03}", np.zeros((2, 72, 72, 3), np.uint8))
    tables = ", ".join(
        f"{{folder='{(tmp_path / name).as_posix()}'}}" for name in ("dark", "light", "none")
    )
    settings = recipe("data.folder=''", f"sources=[{tables}]", "data.batch=40")
    _, drawn = batches(settings, count=5)
    share = float(torch.cat([batch.high for batch in drawn]).mean())
    assert 0.4 < share < 0.6  # as often as the other, although 12 of its 16 frames are not used
    assert "6 of 7 clips in " in caplog.text
    assert "none' are not used, as they have not 3 frames of 16x16 px: 000" in caplog.text


def test_scenes_of_a_film_are_held_out_by_a_pattern(tmp_path, recipe):
    for name in ("a_000", "a_001", "b_000"):
        write_pictures(tmp_path / "gt" / name, make_frames(count=4))
    folder = f"data.folder='{(tmp_path / 'gt').as_posix()}'"
    data = load_data(recipe(folder, "data.validation=['a_*']"), scale=4, side=8)
    assert data.samples.names == ["b_000"]
    assert [pair.name for pair in data.validation] == ["a_000", "a_001"]
    with pytest.raises(OptionError, match=r"'.*c_\*' does not exist .* patterns such as 'film_\*'"):
        load_data(recipe(folder, "data.validation=['a_*', 'c_*']"), scale=4, side=8)


def test_a_validation_folder_inside_that_of_the_training_is_not_learned(tmp_path, recipe):
    for name in ("train/000", "train/001", "val/000"):
        write_pictures(tmp_path / "gt" / name, make_frames(count=4))
    folders = (
        f"data.folder='{(tmp_path / 'gt').as_posix()}'",
        f"data.validation_folder='{(tmp_path / 'gt' / 'val').as_posix()}'",
    )
    data = load_data(recipe(*folders), scale=4, side=8)
    assert data.samples.names == ["train/000", "train/001"]
    assert [pair.name for pair in data.validation] == ["000"]


def test_samples_longer_than_clips_that_are_made_are_refused(recipe):
    with pytest.raises(OptionError, match=r"frames is 13, .* have 12: .* or panned to 0"):
        batches(recipe("data.panned=2", "data.frames=13"))


def test_a_folder_that_is_not_there_is_called_that(tmp_path, recipe):
    with pytest.raises(SourceError, match=r"folder '.*nowhere' does not exist"):
        batches(recipe(f"data.folder='{(tmp_path / 'nowhere').as_posix()}'"))


def test_a_recipe_needs_one_way_to_name_its_clips(recipe):
    with pytest.raises(OptionError, match=r"give data\.folder, or tables \[\[sources\]\]"):
        batches(recipe("data.folder=''"))


def test_a_clip_that_is_damaged_while_it_trains_is_replaced_and_named(tmp_path, recipe, caplog):
    for name in ("000", "001"):
        write_pictures(tmp_path / "gt" / name, make_frames(count=4))
    folder = f"data.folder='{(tmp_path / 'gt').as_posix()}'"
    samples = load_data(recipe(folder, "data.memory_gb=0"), scale=4, side=8).samples
    for path in (tmp_path / "gt" / "000").iterdir():
        path.write_bytes(b"no picture")
    for number in range(6):
        assert samples[number].low.shape == (2, 3, 3, 8, 8)
    assert list(samples.left_out) == ["000"]
    assert caplog.text.count("left out") == 1


def test_a_clip_that_is_damaged_while_it_trains_stands_in_the_log(tmp_path, recipe):
    for name in ("000", "001"):
        write_pictures(tmp_path / "gt" / name, make_frames(count=4))
    (tmp_path / "gt" / "000" / "00000002.png").write_bytes(b"no picture")
    folder = f"data.folder='{(tmp_path / 'gt').as_posix()}'"
    changes = ("data.memory_gb=0", "schedule.steps=6", "schedule.evaluate_every=3")
    train(recipe(folder, *changes), tmp_path / "out")
    told = [entry["left_out"] for entry in read_log(tmp_path / "out") if "left_out" in entry]
    assert len(told) == 1
    assert "00000002.png' is no picture, or damaged" in told[0]


def write_scenes(path, *parts):
    """Write a lossless clip of pieces that follow each other."""
    frames = np.concatenate(parts)
    write_pictures(path, frames)
    return frames


@pytest.fixture
def tape(tmp_path):
    """A moving scene, a dark static one, another moving one, and the first one again."""
    first, other = make_frames(count=8, seed=1), make_frames(count=9, seed=2) // 2
    still = np.repeat(make_frames(count=1, seed=3) // 5, 5, axis=0)
    write_scenes(tmp_path / "tapes" / "tape", first, still, other, first)
    return tmp_path / "tapes"


def test_a_scan_finds_scenes_that_do_not_move_and_those_that_come_again(tape):
    (found,) = scan(find_clips(tape))
    scenes = [(s.start, s.count, s.is_static, s.same_as) for s in found.scenes]
    assert scenes == [
        (0, 8, False, ""),
        (8, 5, True, ""),
        (13, 9, False, ""),
        (22, 8, False, "tape"),
    ]
    assert found.summary == "tape: 30 frames of 88x72 px, 4 scenes, 1 static, repeats tape"


def used_of(folder, clips):
    return [pair.high for pair in apply_index(folder, [PairedClip(high=clip) for clip in clips])]


def test_an_index_divides_clips_and_leaves_out_what_teaches_nothing(tape):
    clips = find_clips(tape)
    assert used_of(tape, clips) == clips
    write_index(tape, list(scan(clips)))
    used = used_of(tape, clips)
    assert [(scene.start, scene.count) for scene in used] == [(0, 8), (13, 9)]
    assert all(isinstance(scene, Scene) for scene in used)
    np.testing.assert_array_equal(used[1].read(2), clips[0].read(15, 7))
    np.testing.assert_array_equal(used[1].read(7, 5), clips[0].read(20, 2))


def test_an_index_of_a_clip_that_has_changed_is_not_used(tape, caplog):
    write_index(tape, list(scan(find_clips(tape))))
    (tape / "tape" / "00000030.png").write_bytes((tape / "tape" / "00000000.png").read_bytes())
    clips = find_clips(tape)
    assert used_of(tape, clips) == clips
    assert "'tape' has changed: run vsr data index" in caplog.text


@pytest.mark.parametrize(
    "text", ["no json", '{"format": 9, "clips": []}', '{"format": 1, "clips": [{}]}']
)
def test_a_damaged_index_is_one_clear_error(tape, text):
    (tape / "index.json").write_text(text)
    with pytest.raises(SourceError, match="make it anew with vsr data index"):
        used_of(tape, find_clips(tape))


def test_a_scan_says_what_is_damaged(tmp_path):
    write_clip(tmp_path / "cut.mkv", count=40)
    whole = (tmp_path / "cut.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bad.mkv").write_bytes(b"no video" * 100)
    write_pictures(tmp_path / "000", make_frames(count=9))
    for name in ("00000001.png", "00000003.png", "00000004.png"):
        (tmp_path / "000" / name).write_bytes(b"no picture")
    found = {clip.name: clip for clip in scan(find_clips(tmp_path))}
    assert [clip.name for clip in found.values() if clip.damage] == ["bad.mkv", "cut.mkv", "000"]
    assert "cannot be read by FFmpeg" in found["bad.mkv"].damage
    assert f"is cut off at frame {found['cut.mkv'].frames}: its" in found["cut.mkv"].damage
    assert "is no picture, or damaged" in found["000"].damage
    assert found["000"].damage.count("is no picture, or damaged") == 2
    assert [(scene.start, scene.count) for scene in found["000"].scenes] == [(0, 1), (2, 1), (5, 4)]
    assert found["000"].frames == 6


def test_a_shot_that_goes_on_behind_damage_is_no_repetition(tmp_path):
    frames = make_frames(count=2)[[0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]]  # the mean stays
    write_pictures(tmp_path / "000", frames)
    for number in (4, 8):
        (tmp_path / "000" / f"{number:08}.png").write_bytes(b"no picture")
    write_pictures(tmp_path / "001", frames[:4])
    found, again = scan(find_clips(tmp_path))
    assert [scene.is_useful for scene in found.scenes] == [True, True, True]
    assert [scene.same_as for scene in again.scenes] == ["000"]


def test_a_late_part_of_a_video_is_found_without_decoding_all_of_it(tmp_path, monkeypatch):
    frames = write_clip(tmp_path / "long.mkv", count=40, height=16, width=16)
    monkeypatch.setattr("vsfilter_train.pyav_reader.MOST_SKIPPED", 10)
    clip = open_clip(tmp_path / "long.mkv")
    np.testing.assert_array_equal(clip.read(30, 5), frames[30:35])
    assert clip.size().frames == 40


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff", ".bmp"])
def test_the_size_of_a_picture_is_told_by_its_header(suffix):
    for rows, columns in ((1, 1), (5, 300)):
        picture = np.zeros((rows, columns, 3), np.uint8)
        assert read_size(cv2.imencode(suffix, picture)[1].tobytes()) == (columns, rows)


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_header_of_a_picture_is_read_as_a_size_or_as_none(data):
    suffix = data.draw(st.sampled_from([".png", ".jpg", ".tiff", ".bmp"]))
    packed = bytearray(cv2.imencode(suffix, np.zeros((2, 3, 3), np.uint8))[1].tobytes())
    for at in data.draw(st.lists(st.integers(0, len(packed) - 1), max_size=4)):
        packed[at] = data.draw(st.integers(0, 255))
    del packed[data.draw(st.integers(0, len(packed))) :]
    size = read_size(bytes(packed))
    assert size is None or min(size) >= 0


@pytest.mark.parametrize("number", [30_000, 2**31 - 1])
def test_a_picture_that_claims_to_be_huge_takes_no_memory(tmp_path, number):
    packed = bytearray(cv2.imencode(".png", np.zeros((2, 3, 3), np.uint8))[1].tobytes())
    packed[16:24] = struct.pack(">II", number, number)
    packed[29:33] = struct.pack(">I", zlib.crc32(packed[12:29]))
    (tmp_path / "large.png").write_bytes(packed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SourceError, match=f"has pictures of {number}x{number} px: training reads"):
        read_picture(tmp_path / "large.png")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


def test_a_picture_with_more_rows_than_opencv_takes_is_one_line(tmp_path):
    packed = bytearray(cv2.imencode(".bmp", np.zeros((2, 1, 3), np.uint8))[1].tobytes())
    packed[22:26] = struct.pack("<i", 100_000_000)
    (tmp_path / "tall.bmp").write_bytes(packed)
    with pytest.raises(SourceError, match=r"tall\.bmp' is no picture, or damaged"):
        read_picture(tmp_path / "tall.bmp")


def test_pictures_of_other_kinds_are_refused(tmp_path):
    packed = cv2.imencode(".webp", np.zeros((8, 8, 3), np.uint8))[1]
    (tmp_path / "a.png").write_bytes(packed.tobytes())
    with pytest.raises(SourceError, match=r"a\.png' is no .*: give PNG, JPEG, TIFF or BMP"):
        read_picture(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["video", "pictures"])
def test_a_size_is_read_once_while_the_file_stays_as_it_is(tmp_path, monkeypatch, kind):
    def write(**size):
        if kind == "video":
            write_clip(tmp_path / "a.mkv", **size)
        else:
            shutil.rmtree(tmp_path / "a", ignore_errors=True)
            write_pictures(tmp_path / "a", make_frames(**size))

    write(count=3, height=40, width=48)
    (clip,) = find_clips(tmp_path)
    reads = []
    read = VideoClip._video if kind == "video" else picture_clip.read_picture
    counted = (VideoClip, "_video") if kind == "video" else (picture_clip, "read_picture")
    monkeypatch.setattr(*counted, lambda what: reads.append(what) or read(what))
    assert [clip.size() for _ in range(3)] == [ClipSize(frames=3, height=40, width=48)] * 3
    write(count=3, height=56, width=64)
    assert clip.size() == ClipSize(frames=3, height=56, width=64)
    assert len(reads) == 2


def test_hidden_files_and_folders_are_no_clips(tmp_path):
    write_clip(tmp_path / "film.mkv", count=2)
    (tmp_path / "._film.mkv").write_bytes(b"as macOS leaves them")
    for folder in ("pictures", ".trash"):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "0.png"), np.zeros((16, 16, 3), np.uint8))
    (tmp_path / "pictures" / "._0.png").write_bytes(b"as macOS leaves them")
    found = find_clips(tmp_path)
    assert [clip.name for clip in found] == ["film.mkv", "pictures"]
    assert [clip.size().frames for clip in found] == [2, 1]
