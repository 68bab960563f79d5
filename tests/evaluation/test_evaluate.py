"""Measures of restored clips, as papers report them."""

import csv
import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.small_models import SMALL, save_basicvsr
from tests.train.conftest import make_frames, write_clip
from vsfilter.cli.evaluate_table import table_rows, to_json
from vsfilter.cli.main import make_app
from vsfilter.discovery import backends
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.run_restorer import RunRestorer
from vsfilter.engine.settings import Settings
from vsfilter.errors import OptionError, SourceError
from vsfilter.evaluation import score_plot
from vsfilter.evaluation.clip_list import ListedClip, list_clips, match_smalls
from vsfilter.evaluation.clip_measure import ClipMeasure
from vsfilter.evaluation.coded_clip import code
from vsfilter.evaluation.evaluate import evaluate_clip, evaluate_real
from vsfilter.metrics import psnr


def noisy(frames, level, seed=0):
    noise = np.random.default_rng(seed).integers(-level, level + 1, frames.shape)
    return (frames.astype(int) + noise).clip(0, 255).astype(np.uint8)


def measured(restored, truth, *, is_centre=False, measures=(), crop=0):
    with ClipMeasure(crop=crop, measures=measures) as measure:
        for a, b in zip(restored, truth, strict=True):
            measure.add(a, b, b // 2)
        return measure.score("clip", is_centre=is_centre)


def test_the_middle_and_the_ends_of_a_clip_are_told_apart():
    truth = make_frames(count=7)
    restored = np.stack([noisy(f, 20 if n in (0, 1, 5, 6) else 4) for n, f in enumerate(truth)])
    score = measured(restored, truth)
    values = [psnr(a, b, luma=True) for a, b in zip(restored, truth, strict=True)]
    assert score.psnr_y == pytest.approx(np.mean(values))
    assert score.centre_psnr_y == pytest.approx(np.mean(values[2:5]))
    assert score.border_psnr_y == pytest.approx(np.mean(values[:2] + values[5:]))
    assert score.psnr_rgb < score.psnr_y
    assert measured(restored, truth, is_centre=True).psnr_y == pytest.approx(values[3])
    assert measured(restored, truth, is_centre=True).frames == 1


def test_flicker_is_what_changes_between_frames_and_should_not():
    truth = make_frames(count=4)
    steady = (truth * 0.9).astype(np.uint8)  # darker, always by the same
    flickering = np.stack([noisy(frame, 8, seed) for seed, frame in enumerate(truth)])
    assert measured(truth, truth).flicker == 0
    assert measured(steady, truth).flicker < measured(flickering, truth).flicker


def test_vmaf_and_xpsnr_fall_with_noise():
    truth = make_frames(count=4, height=144, width=176)
    scores = [
        measured(noisy(truth, level), truth, measures=("vmaf", "xpsnr")).measures
        for level in (2, 40)
    ]
    for name in ("vmaf", "xpsnr"):
        assert scores[0][name] > scores[1][name] + 5
    with pytest.raises(OptionError, match="measure is 'lpips': choose from vmaf, xpsnr"):
        measured(truth, truth, measures=("lpips",))


def evaluate(*arguments):
    words = ["evaluate", *(str(word) for word in arguments)]
    return CliRunner().invoke(make_app(), [*words, "--model", "bicubic", "--scale", "4"])


def test_the_command_measures_by_a_protocol(tmp_path):
    write_clip(tmp_path / "a.mkv", count=5, height=72, width=88)
    table = tmp_path / "table.csv"
    done = evaluate("--gt", tmp_path / "a.mkv", "--protocol", "vimeo", "--csv", table, "--json")
    assert done.exit_code == 0, done.output
    (clip,) = json.loads(done.stdout)["clips"]
    assert clip["frames"] == 1
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["clip"] for row in rows] == ["a", "mean"]
    assert float(rows[0]["psnr_y"]) == pytest.approx(clip["psnr_y"], abs=1e-3)
    refused = evaluate("--gt", tmp_path / "a.mkv", "--protocol", "set5")
    assert isinstance(refused.exception, OptionError)
    assert "give vid4, reds4, udm10, vimeo" in str(refused.exception)


def test_windows_are_those_of_the_small_clip_that_the_model_is_given(tmp_path, monkeypatch):
    """Large clips get smaller windows; the truth is large, what is restored is not."""
    made = []

    class Recorded(Restorer):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            made.append(self)

    write_clip(tmp_path / "a.mkv", count=2, height=74, width=90)
    monkeypatch.setattr("vsfilter.engine.settle.CORE_PX", 5 * 72 * 88)
    monkeypatch.setattr("vsfilter.evaluation.evaluate.Restorer", Recorded)
    settings = Settings(model="bicubic", scale=4, device="cpu")
    (clip,) = list_clips(tmp_path)
    evaluate_clip(clip, settings)
    evaluate_real(clip, settings)
    with Restorer(settings, width=22, height=18) as restorer:
        assert restorer.grid.core == 5
        assert made[0].grid == restorer.grid
    assert made[1].grid.core == 1


def test_coded_pictures_are_the_same_ones_a_little_worse():
    truth = make_frames(count=30, height=47, width=65)
    coded = list(code(iter(truth)))
    values = [psnr(a, b, luma=True) for a, b in zip(coded, truth, strict=True)]
    assert 25 < min(values) <= max(values) < 60
    assert all(picture.shape == (47, 65, 3) for picture in coded)
    assert np.mean(coded) == pytest.approx(np.mean(truth), abs=1)
    assert all(np.array_equal(a, b) for a, b in zip(coded, code(iter(truth)), strict=True))
    assert list(code(iter(()))) == []


def test_a_model_of_the_same_size_is_given_coded_clips(tmp_path):
    write_clip(tmp_path / "a.mkv", count=4, height=46, width=64)
    options = replace(SMALL, scale=1, fold=2, flow_finest=0)
    weights = save_basicvsr(tmp_path / "same.safetensors", options, gain=0.0)  # gives its input

    def margins(*words):
        given = ["evaluate", "--gt", str(tmp_path / "a.mkv"), "--weights", str(weights), "--json"]
        done = CliRunner().invoke(make_app(), [*given, *words])
        assert done.exit_code == 0, done.output
        (clip,) = json.loads(done.stdout)["clips"]
        return clip["psnr_y"], clip["bicubic_psnr_y"]

    restored, given = margins()
    assert restored == pytest.approx(given, abs=1e-6)
    assert 25 < given < 60
    assert margins("--frames", "2")[1] == pytest.approx(given, abs=3)
    code_small = evaluate("--gt", tmp_path / "a.mkv", "--degradation", "coded", "--json")
    assert code_small.exit_code == 0, code_small.output
    refused = evaluate("--gt", tmp_path / "a.mkv", "--degradation", "bx")
    assert str(refused.exception) == "degradation is 'bx': give bi, bd, coded"
    small = tmp_path / "small.mkv"
    refused = evaluate("--gt", tmp_path / "a.mkv", "--lr", small, "--degradation", "bd")
    assert str(refused.exception) == f"--lr {small} are the small clips: leave --degradation out"


def test_the_command_draws_curves_of_each_clip(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for seed, name in enumerate("ab"):
        write_clip(folder / f"{name}.mkv", count=5, seed=seed)
    for name, start in (("curves.svg", b"<?xml"), ("curves.PNG", b"\x89PNG")):
        done = evaluate("--gt", folder, "--plot", tmp_path / name)
        assert done.exit_code == 0, done.output
        assert (tmp_path / name).read_bytes().startswith(start)
    drawn = (tmp_path / "curves.svg").read_text()
    for text in (">a<", ">b<", "PSNR-Y (dB)", ">bicubic<", ">restored<"):
        assert text in drawn
    before = (tmp_path / "curves.svg").read_bytes()
    evaluate("--gt", folder, "--plot", tmp_path / "curves.svg")
    assert (tmp_path / "curves.svg").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clips", "curves.PNG", "curves.svg"]


def test_curves_of_clips_without_ground_truth_have_the_other_measures(tmp_path):
    write_clip(tmp_path / "a.mkv", count=2, height=64, width=64)
    done = evaluate("--real", tmp_path / "a.mkv", "--plot", tmp_path / "curves.svg")
    assert done.exit_code == 0, done.output
    drawn = (tmp_path / "curves.svg").read_text()
    for text in ("NIQE, lower is better", "blur, 0 is sharp", "flicker (grey levels)"):
        assert text in drawn


def test_a_scale_that_the_weights_do_not_have_is_refused(tmp_path):
    write_clip(tmp_path / "a.mkv", count=2, height=64, width=64)
    for kind in ("--gt", "--real"):
        asked = ("--model", "basicvsr", "--weights", "fast-x4", "--scale", "2")
        done = CliRunner().invoke(make_app(), ["evaluate", kind, str(tmp_path / "a.mkv"), *asked])
        assert done.exit_code != 0
        assert "scale is 2, but the model with these weights enlarges by 4" in str(done.exception)


def test_a_curve_has_the_value_of_each_frame():
    truth = make_frames(count=5)
    restored = noisy(truth, 9)
    score = measured(restored, truth)
    expected = [psnr(a, b, luma=True) for a, b in zip(restored, truth, strict=True)]
    assert score.curves["psnr_y"] == pytest.approx(expected)
    assert np.mean(score.curves["bicubic_psnr_y"]) == pytest.approx(score.bicubic_psnr_y)


def test_a_plot_that_cannot_be_made_is_refused_before_the_work(tmp_path, monkeypatch):
    write_clip(tmp_path / "a.mkv", count=2)
    refused = evaluate("--gt", tmp_path / "a.mkv", "--plot", tmp_path / "curves.gif")
    assert "curves.gif' is no .svg or .png" in str(refused.exception)
    refused = evaluate("--gt", tmp_path / "a.mkv", "--plot", tmp_path / "none" / "curves.svg")
    assert "its folder does not exist" in str(refused.exception)
    assert "a ..." not in refused.stderr
    monkeypatch.setattr(score_plot, "MOST_CLIPS", 0)
    refused = evaluate("--gt", tmp_path / "a.mkv", "--plot", tmp_path / "curves.svg")
    assert "would show 1 clips" in str(refused.exception)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    refused = evaluate("--gt", tmp_path / "a.mkv", "--plot", tmp_path / "curves.svg")
    assert str(refused.exception) == "--plot needs matplotlib: pip install vsfilter[plots]"
    assert "a ..." not in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.mkv"]


def test_all_bundled_sets_are_measured_in_one_table(tmp_path):
    write_clip(tmp_path / "a.mkv", count=3, height=48, width=64)
    names = [item.name for backend in backends().values() for item in backend.bundled]
    words = ["evaluate", "--all", "--gt", str(tmp_path / "a.mkv"), "--precision", "fp32"]
    table = CliRunner().invoke(make_app(), words).stdout
    rows = [line.split("\t") for line in table.splitlines()]
    assert rows[0][:3] == ["set", "clip", "frames"]
    assert [row[:2] for row in rows[1:]] == [[n, c] for n in names for c in ("a", "mean")]
    record = json.loads(CliRunner().invoke(make_app(), [*words, "--json"]).stdout)
    assert list(record["sets"]) == names
    for row in rows[1::2]:
        shown = float(row[rows[0].index("margin")])
        assert record["sets"][row[0]]["mean_margin"] == pytest.approx(shown, abs=1e-3)


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (("--weights", "fast-x4"), "--all measures the bundled sets as they are"),
        (("--quality", "best"), "--all measures the bundled sets as they are"),
        (("--scale", "3"), "scale is 3: no bundled set enlarges by that"),
    ],
)
def test_all_sets_are_measured_as_they_are(tmp_path, choice, told):
    write_clip(tmp_path / "a.mkv")
    words = ["evaluate", "--all", "--gt", str(tmp_path / "a.mkv"), *choice]
    refused = CliRunner().invoke(make_app(), words)
    assert isinstance(refused.exception, OptionError)
    assert told in str(refused.exception)


def test_equal_frames_count_in_no_mean_and_json_knows_no_infinity(tmp_path):
    truth = make_frames(count=4)
    truth[0] = 0
    restored = noisy(truth, 6)
    restored[0] = 0
    score = measured(restored, truth)
    values = [psnr(a, b, luma=True) for a, b in zip(restored[1:], truth[1:], strict=True)]
    assert score.psnr_y == pytest.approx(np.mean(values))
    assert np.isfinite(score.margin)
    record = json.loads(to_json({"": [score, measured(truth, truth)]}))
    assert record["clips"][1]["psnr_y"] is None
    assert record["mean_margin"] == pytest.approx(score.margin)
    assert table_rows({"": [score]})[0][0] == "clip"


def test_small_clips_are_found_by_whole_names(tmp_path):
    folders = []
    for kind in ("high", "low"):
        for name in ("shot.001", "shot.002"):
            folder = tmp_path / kind / name
            folder.mkdir(parents=True)
            folders.append(folder)
    (tmp_path / "high" / "._x.mkv").write_bytes(b"")  # as macOS leaves them
    (tmp_path / "high" / ".hidden").mkdir()
    clips = list_clips(tmp_path / "high")
    assert [(clip.path, clip.name) for clip in clips] == [(each, each.name) for each in folders[:2]]
    assert match_smalls(clips, tmp_path / "low") == folders[2:]
    for name in ("a.mkv", "a.mp4"):
        (tmp_path / "low" / name).write_bytes(b"")
    with pytest.raises(OptionError, match="several clips are named 'a'"):
        match_smalls([ListedClip(path=tmp_path / "a.mkv", name="a")], tmp_path / "low")
    (tmp_path / "low" / "_first.mkv").write_bytes(b"")  # once in each: it is not the one
    with pytest.raises(OptionError, match="several clips are named 'a'"):
        match_smalls([ListedClip(path=tmp_path / "_first.mkv", name="_first")], tmp_path / "low")


def make_pictures(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_the_public_sets_are_found_as_they_are_packed(tmp_path):
    vid4, reds = tmp_path / "GT", tmp_path / "train_sharp"
    make_pictures(vid4, "calendar/00.png", "city/00.png", "city/thumbnails/00.png")
    make_pictures(reds, "000/00000000.png", "011/00000000.png")
    udm10, vimeo = tmp_path / "UDM10", tmp_path / "vimeo"
    make_pictures(udm10, "archpeople/truth/0001.png", "archpeople/blur4/0001.png")
    make_pictures(vimeo, "sequences/00001/0001/im1.png", "sequences/00001/0002/im1.png")
    make_pictures(vimeo, "sequences/00002/0001/im1.png")
    names = {path: [clip.name for clip in list_clips(path)] for path in (vid4, reds, udm10)}
    assert names == {vid4: ["calendar", "city"], reds: ["000", "011"], udm10: ["archpeople"]}
    assert list_clips(udm10)[0].path == udm10 / "archpeople" / "truth"
    assert [clip.name for clip in list_clips(vid4 / "city")] == ["city"]
    everything = [clip.name for clip in list_clips(vimeo / "sequences")]
    assert everything == ["00001/0001", "00001/0002", "00002/0001"]
    (vimeo / "sep_testlist.txt").write_text("00001/0002\n\n00009/0001\n")
    assert [clip.name for clip in list_clips(vimeo / "sequences")] == ["00001/0002"]
    (vimeo / "sep_testlist.txt").write_text("00009/0001\n")
    with pytest.raises(SourceError, match=r"has none of the clips of '.*sep_testlist\.txt'"):
        list_clips(vimeo / "sequences")


def test_folders_of_pictures_beside_videos_are_said_to_be_left_out(tmp_path, caplog):
    for name in ("pictures", "notes"):
        (tmp_path / name).mkdir()
    (tmp_path / "pictures" / "1.png").touch()
    (tmp_path / "a.mkv").touch()
    assert list_clips(tmp_path) == [ListedClip(path=tmp_path / "a.mkv", name="a")]
    assert "its folders of pictures are not measured: pictures" in caplog.text
    assert "notes" not in caplog.text


def test_a_table_that_cannot_be_written_costs_no_results(tmp_path, monkeypatch):
    write_clip(tmp_path / "a, b.mkv", count=2)
    refused = evaluate("--gt", tmp_path / "a, b.mkv", "--csv", tmp_path / "none" / "t.csv")
    assert "its folder does not exist" in str(refused.exception)
    assert "a, b ..." not in refused.stderr
    (tmp_path / "t.csv").mkdir()
    failed = evaluate("--gt", tmp_path / "a, b.mkv", "--csv", tmp_path / "t.csv")
    assert "t.csv' cannot be written" in str(failed.exception)
    assert failed.stdout.startswith("clip\t")
    done = evaluate("--gt", tmp_path / "a, b.mkv", "--csv", tmp_path / "u.csv")
    assert done.exit_code == 0
    rows = list(csv.reader((tmp_path / "u.csv").read_text().splitlines()))
    assert rows[1][0] == "a, b"
    assert len({len(row) for row in rows}) == 1


def test_what_was_measured_before_a_stop_is_printed(tmp_path, monkeypatch):
    for name in ("a.mkv", "b.mkv"):
        write_clip(tmp_path / name, count=2)

    def stop(clip, *arguments, **options):
        if clip.name == "b":
            raise KeyboardInterrupt
        return evaluate_clip(clip, *arguments, **options)

    monkeypatch.setattr("vsfilter.evaluation.evaluate.evaluate_clip", stop)
    done = evaluate("--gt", tmp_path, "--csv", tmp_path / "t.csv")
    assert done.exit_code == 130
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["clip", "a", "mean"]
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 3


def test_several_clips_load_a_model_once_and_a_bad_one_costs_no_clip(tmp_path, monkeypatch):
    for name in ("a.mkv", "b.mkv"):
        write_clip(tmp_path / name, count=2)
    made = []

    class Counted(RunRestorer):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr("vsfilter.engine.model_pool.RunRestorer", Counted)
    assert evaluate("--gt", tmp_path).exit_code == 0
    assert len(made) == 1
    refused = evaluate("--gt", tmp_path, "--option", "sharpness=1")
    assert isinstance(refused.exception, OptionError)
    assert "..." not in refused.stderr


def test_a_damaged_clip_costs_no_results_of_the_others(tmp_path):
    for name in ("a.mkv", "c.mkv"):
        write_clip(tmp_path / name, count=2)
    whole = (tmp_path / "a.mkv").read_bytes()
    (tmp_path / "b.mkv").write_bytes(whole[:300])
    done = evaluate("--gt", tmp_path, "--csv", tmp_path / "t.csv", "--json")
    assert [clip["clip"] for clip in json.loads(done.stdout)["clips"]] == ["a", "c"]
    assert "left out: " in done.stderr
    assert isinstance(done.exception, SourceError)
    assert str(done.exception) == "1 of 3 clips could not be measured: b"
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 4
    alone = evaluate("--gt", tmp_path / "b.mkv")
    assert "b.mkv'" in str(alone.exception)
    assert not alone.stdout
    assert "left out" not in alone.stderr
