import shutil

import numpy as np
import pytest
import torch

from tests.train.conftest import write_clip
from tests.train.tiny import write_recipe
from vsfilter.errors import OptionError, SourceError
from vsfilter.resize import imresize
from vsfilter_train.clips import list_clips, open_clip
from vsfilter_train.data import load_data
from vsfilter_train.data_settings import SourceSettings
from vsfilter_train.paired_clip import PairedClip, list_pairs
from vsfilter_train.pairs import HeldPair, make_pair, read_pairs
from vsfilter_train.recipe import read_recipe
from vsfilter_train.samples import Samples


def listed(folder, **settings):
    return list_clips(SourceSettings(folder=str(folder), **settings))


def opened(*paths):
    return [PairedClip(high=open_clip(path)) for path in paths]


@pytest.fixture(scope="module")
def pairs(clips):
    return read_pairs(list_pairs(SourceSettings(folder=str(clips))), scale=4)


def make_samples(pairs, **changes):
    values = {"side": 8, "frames": 3, "batch": 4, "seed": 1}
    return Samples(pairs, **{**values, **changes})


def same(a, b):
    return torch.equal(a.low, b.low) and torch.equal(a.high, b.high)


def test_a_lossless_clip_is_read_exactly(tmp_path):
    frames = write_clip(tmp_path / "a.mkv")
    np.testing.assert_array_equal(open_clip(tmp_path / "a.mkv").read(), frames)


def test_a_batch_is_a_pure_function_of_seed_and_step(pairs):
    first, second = make_samples(pairs), make_samples(pairs)
    forwards = [first[step] for step in range(6)]
    backwards = [second[step] for step in reversed(range(6))][::-1]
    assert all(same(a, b) for a, b in zip(forwards, backwards, strict=True))


def test_another_seed_or_step_gives_another_batch(pairs):
    batch = make_samples(pairs)[0]
    assert not same(batch, make_samples(pairs)[1])
    assert not same(batch, make_samples(pairs, seed=2)[0])


def test_a_batch_has_the_shape_and_range_that_it_promises(pairs):
    batch = make_samples(pairs, side=10, frames=5, batch=2)[3]
    assert batch.low.shape == (2, 5, 3, 10, 10)
    assert batch.high.shape == (2, 5, 3, 40, 40)
    for clip in (batch.low, batch.high):
        assert clip.dtype == torch.float32
        assert 0 <= clip.min() < clip.max() <= 1


def test_the_small_version_is_matlab_s_bicubic_of_the_large_one(pairs):
    for pair in pairs:
        for low, high in zip(pair.low, pair.high, strict=True):
            np.testing.assert_array_equal(low, imresize(high, 1 / 4))


def test_a_pair_is_cropped_to_a_multiple_of_the_scale():
    clip = np.zeros((2, 11, 14, 3), np.uint8)
    pair = make_pair("a", clip, scale=4)
    assert pair.high.shape == (2, 8, 12, 3)
    assert pair.low.shape == (2, 2, 3, 3)


def test_both_patches_of_a_sample_show_the_same_place_time_and_turn():
    # each small pixel has a value of its own, which its 4x4 large ones repeat
    low = np.arange(5 * 12 * 12, dtype=np.uint16).reshape(5, 12, 12, 1)
    low = np.concatenate([low % 251, low // 251, low % 13], axis=-1).astype(np.uint8)
    high = low.repeat(4, axis=1).repeat(4, axis=2)
    samples = make_samples([HeldPair(name="a", high=high, low=low)], batch=8)
    for step in range(8):
        batch = samples[step]
        assert torch.equal(batch.high[..., ::4, ::4], batch.low)
        assert torch.equal(batch.high[..., 3::4, 3::4], batch.low)


def test_samples_are_turned_and_mirrored_in_space_and_time():
    low = np.zeros((3, 8, 8, 3), np.uint8)
    low[0, 0, 1] = 255  # one mark in the first frame, beside a corner
    high = low.repeat(2, axis=1).repeat(2, axis=2)
    samples = make_samples([HeldPair(name="a", high=high, low=low)], batch=16)
    marks = {
        tuple(map(int, sample[:, 0].nonzero()[0])) for n in range(8) for sample in samples[n].low
    }
    assert {t for t, _, _ in marks} == {0, 2}
    assert {(y, x) for _, y, x in marks} == {
        (0, 1), (1, 0), (0, 6), (6, 0), (1, 7), (7, 1), (6, 7), (7, 6),
    }  # fmt: skip


def test_longer_and_larger_clips_are_drawn_more_often():
    small = np.zeros((3, 8, 8, 3), np.uint8)
    large = np.full((9, 16, 16, 3), 255, np.uint8)
    pairs = [HeldPair(name=n, low=x, high=x) for n, x in (("small", small), ("large", large))]
    samples = make_samples(pairs, batch=16)
    share = np.mean([samples[step].low.mean().item() for step in range(8)])
    assert share > 0.8  # 12 times the pixels: 92 % are expected


def test_clips_that_are_too_short_or_small_are_left_out(pairs):
    short = make_pair("short", np.zeros((2, 72, 88, 3), np.uint8), scale=4)
    assert [p.name for p in make_samples([*pairs, short]).pairs] == [p.name for p in pairs]
    with pytest.raises(OptionError, match="no clip has 99 frames of 8x8 px"):
        make_samples(pairs, frames=99)
    with pytest.raises(OptionError, match="no clip has 3 frames of 99x99 px"):
        make_samples(pairs, side=99)


def test_clips_that_no_sample_fits_into_are_named(recipe, clips, tmp_path, caplog):
    folder = tmp_path / "clips"
    folder.mkdir()
    write_clip(folder / "long.mkv", count=6)
    write_clip(folder / "short.mkv", count=2)
    changes = (f"data.folder='{folder.as_posix()}'", "data.validation=[]")
    data = load_data(recipe(*changes), scale=4, side=8)
    assert data.samples.names == ["long.mkv"]
    assert "1 of 2 clips in " in caplog.text
    assert "frames of 8x8 px: short.mkv" in caplog.text


def test_a_clip_that_is_smaller_than_the_scale_is_named():
    with pytest.raises(SourceError, match="'tiny' is 60x3 px: at least 4x4 px are needed"):
        make_pair("tiny", np.zeros((2, 3, 60, 3), np.uint8), scale=4)
    pair = make_pair("flat", np.zeros((2, 4, 60, 3), np.uint8), scale=4)
    with pytest.raises(SourceError, match="'flat' is 15x1 px: at least 4x4 px"):
        pair.cropped(4)


def test_the_ground_truth_is_used_at_each_size(clips):
    found = read_pairs(opened(clips / "a.mkv"), scale=4, shrink=(1.0, 0.5))
    assert [pair.high.shape[1:3] for pair in found] == [(72, 88), (36, 44)]
    assert [pair.low.shape[1:3] for pair in found] == [(18, 22), (9, 11)]


def test_barred_licences_are_left_out(clips):
    assert [p.name for p in listed(clips)] == ["a.mkv", "b.mkv", "c.mkv"]
    kept = listed(clips, leave_out_licences=("CC BY-NC", "CC0"))
    assert [p.name for p in kept] == ["b.mkv"]


def test_licences_without_a_manifest_are_an_error(clips, tmp_path):
    shutil.copy(clips / "a.mkv", tmp_path)
    with pytest.raises(OptionError, match=r"manifest\.json' is missing"):
        listed(tmp_path, leave_out_licences=("CC BY-NC",))


def test_a_clip_without_a_stated_licence_is_left_out_where_licences_count(clips, tmp_path, caplog):
    shutil.copytree(clips, tmp_path / "clips")
    shutil.copy(clips / "a.mkv", tmp_path / "clips" / "unknown.mkv")
    kept = listed(tmp_path / "clips", leave_out_licences=("CC BY-NC",))
    assert [p.name for p in kept] == ["a.mkv", "b.mkv"]
    assert "licences of unknown.mkv are not stated" in caplog.text


@pytest.mark.parametrize("text", ["no json", '{"a": 3}', '[{"file": "a.mkv"}]', "[3]"])
def test_a_manifest_that_cannot_be_read_is_one_clear_error(clips, tmp_path, text):
    shutil.copy(clips / "a.mkv", tmp_path)
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(OptionError, match=r"manifest\.json") as caught:
        listed(tmp_path, leave_out_licences=("CC BY-NC",))
    assert "\n" not in str(caught.value)


def test_a_folder_without_clips_is_an_error(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(SourceError, match="has no video files and no folders of pictures"):
        listed(tmp_path)
    with pytest.raises(SourceError, match=r"folder '.*missing' does not exist"):
        listed(tmp_path / "missing")


def test_a_damaged_file_is_reported_and_left_out(clips, tmp_path, caplog):
    (tmp_path / "bad.mkv").write_bytes(b"no video" * 100)
    found = read_pairs(opened(clips / "a.mkv", tmp_path / "bad.mkv", clips / "b.mkv"), scale=4)
    assert [pair.name for pair in found] == ["a.mkv", "b.mkv"]
    assert "left out" in caplog.text
    assert "bad.mkv" in caplog.text


@pytest.fixture
def recipe(clips, tmp_path):
    path = write_recipe(tmp_path / "tiny.toml", clips)
    return lambda *changes: read_recipe(path, changes=changes)


def test_clips_for_validation_are_not_learned_from(recipe):
    data = load_data(recipe(), scale=4, side=8)
    assert {pair.name for pair in data.samples.pairs} == {"a.mkv", "c.mkv"}
    assert [pair.name for pair in data.validation] == ["b.mkv"]


def test_a_missing_or_barred_validation_clip_is_named(recipe):
    missing = recipe("data.validation=['z.mkv']")
    barred = recipe("data.validation=['c.mkv']", "data.leave_out_licences=['CC BY-NC']")
    for settings, name in ((missing, "z.mkv"), (barred, "c.mkv")):
        with pytest.raises(OptionError, match=f"{name}' does not exist or is barred"):
            load_data(settings, scale=4, side=8)
