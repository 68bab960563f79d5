from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.fresh_python import run
from tests.train.conftest import write_clip
from vsfilter.errors import OptionError, SinkError, SinkExistsError, SourceError
from vsfilter_train.degradations.low_clip import make_low
from vsfilter_train.pairs import make_pair
from vsfilter_train.preview import (
    GAP_PX,
    LABEL_PX,
    Look,
    check_sheet_path,
    make_sheet,
    save_sheet,
)
from vsfilter_train.recipe import read_recipe

RECIPE = """
name = "tiny"
summary = "for tests"
degradation = "real"
licence = "CC0-1.0"

[model]
backend = "basicvsr"
options = { channels = 8, blocks = 1, flow_levels = 1, scale = 2 }

[data]
folder = "clips"
frames = 3

[schedule]
steps = 1

[[degradations]]
kind = "noise"

[[degradations]]
kind = "resize_to"
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Give a clip of 8 frames of 88x72 px, and its frames."""
    path = tmp_path_factory.mktemp("video") / "clip.mkv"
    return path, write_clip(path, count=8)


def cell(sheet, number, *, height, width, columns):
    row, column = divmod(number, columns)
    y = GAP_PX + row * (height + LABEL_PX + GAP_PX) + LABEL_PX
    x = GAP_PX + column * (width + GAP_PX)
    label = sheet[y - LABEL_PX : y, x : x + width]
    return sheet[y : y + height, x : x + width], label


def test_a_sheet_shows_the_ground_truth_and_each_degradation_of_it(recipe, video):
    path, frames = video
    settings = read_recipe(recipe)
    sheet = make_sheet(settings, path, Look(frame=5, seed=3, count=2, side=48), scale=2)
    middle = frames[:, 12:60, 20:68]
    shown, label = cell(sheet, 0, height=48, width=48, columns=3)
    np.testing.assert_array_equal(shown, middle[5])
    assert label.max() == 255
    for number, seed in ((1, 3), (2, 4)):
        random = np.random.default_rng(seed)
        # a sample has three frames: 4 to 6 around the one that is shown
        low = make_low(middle[4:7], settings.degradations, scale=2, random=random)[1]
        shown, label = cell(sheet, number, height=48, width=48, columns=3)
        np.testing.assert_array_equal(shown, low.repeat(2, axis=0).repeat(2, axis=1))
        assert label.max() == 255
    # the last frame may have none after it
    last = make_sheet(settings, path, Look(frame=7, count=1, side=48), scale=2)
    shown, _ = cell(last, 0, height=48, width=48, columns=2)
    np.testing.assert_array_equal(shown, middle[7])


def test_a_sharpened_ground_truth_is_shown_too(recipe, video):
    path, frames = video
    recipe.write_text(RECIPE + "[sharpen]\nthreshold = 2\n")
    sheet = make_sheet(read_recipe(recipe), path, Look(count=1, side=48), scale=2)
    plain, _ = cell(sheet, 0, height=48, width=48, columns=3)
    sharp, _ = cell(sheet, 1, height=48, width=48, columns=3)
    np.testing.assert_array_equal(plain, frames[0, 12:60, 20:68])
    assert sharp.std() > plain.std()


def test_a_sheet_without_degradations_shows_the_bicubic_one(recipe, video):
    path, frames = video
    recipe.write_text(RECIPE.partition("[[")[0].replace('"real"', '"BI"'))
    sheet = make_sheet(read_recipe(recipe), path, Look(count=1, side=48), scale=2)
    low = make_pair("a", frames[:1, 12:60, 20:68], scale=2).low[0]
    shown, _ = cell(sheet, 1, height=48, width=48, columns=2)
    assert np.abs(shown[::2, ::2].astype(int) - low).max() <= 1


def test_the_command_writes_the_sheet_as_png(recipe, video, tmp_path):
    out = tmp_path / "sheet.png"
    arguments = [str(recipe), str(video[0]), str(out), "--count", "5", "--side", "48"]
    done = run_vsr("data", "preview", *arguments, "--frame", "2", "--set", "data.frames=1")
    assert done.returncode == 0, done.stderr
    pixels = cv2.imread(str(out))[..., ::-1]
    shown, _ = cell(pixels, 0, height=48, width=48, columns=4)
    np.testing.assert_array_equal(shown, video[1][2, 12:60, 20:68])
    assert pixels.shape == (2 * (48 + LABEL_PX + GAP_PX) + GAP_PX, 4 * (48 + GAP_PX) + GAP_PX, 3)
    again = run_vsr("data", "preview", *arguments)
    assert again.returncode == 1
    assert again.stderr.splitlines() == [
        f"error: output '{out}' exists: use --overwrite or another name"
    ]


def run_vsr(*arguments):
    code = f"import sys; sys.argv = ['vsr', *{list(arguments)!r}]\n"
    return run("-c", code + "from vsfilter.cli.main import run; run()")


@pytest.mark.parametrize("frame", [8, 9, 90])
def test_a_frame_beyond_the_end_is_refused(recipe, video, frame):
    with pytest.raises((OptionError, SourceError), match="has no frame"):
        make_sheet(read_recipe(recipe), video[0], Look(frame=frame), scale=2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"count": 0}, "count is 0: give at least 1"),
        ({"frame": -1}, "frame is -1: give at least 0"),
        ({"seed": -1}, "seed is -1"),
        ({"side": 8}, "side is 8: give at least 32"),
    ],
)
def test_a_look_at_nothing_is_refused(change, reason):
    with pytest.raises(OptionError, match=reason):
        Look(**change)


def test_a_clip_too_small_or_unreadable_is_refused(recipe, video, tmp_path):
    write_clip(tmp_path / "small.mkv", height=6, width=40)
    with pytest.raises(OptionError, match=r"small\.mkv' has 40x6 px: at least 8x8"):
        make_sheet(read_recipe(recipe), tmp_path / "small.mkv", Look(), scale=2)
    with pytest.raises(SourceError, match=r"tiny\.toml' cannot be read by FFmpeg"):
        make_sheet(read_recipe(recipe), recipe, Look(), scale=2)


def test_an_output_that_cannot_be_written_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(SinkError, match=r"use \.png"):
        check_sheet_path(tmp_path / "a.jpg", overwrite=True)
    with pytest.raises(SinkError, match="does not exist: make it first"):
        check_sheet_path(tmp_path / "none" / "a.png", overwrite=False)
    (tmp_path / "a.png").touch()
    with pytest.raises(SinkExistsError):
        check_sheet_path(tmp_path / "a.png", overwrite=False)
    check_sheet_path(tmp_path / "a.png", overwrite=True)
    (tmp_path / "b.png").mkdir()
    with pytest.raises(SinkError, match="cannot write"):
        save_sheet(np.zeros((4, 4, 3), np.uint8), tmp_path / "b.png")
    assert {path.name for path in Path(tmp_path).iterdir()} == {"a.png", "b.png"}
