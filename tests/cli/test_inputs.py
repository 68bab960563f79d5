from pathlib import Path

import pytest
import typer

from vsfilter.cli.inputs import Job, batch_jobs, one_job
from vsfilter.errors import OptionError, SourceNotFoundError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Give a folder with inputs of many kinds, from where the command is called."""
    for name in ("film.mp4", "tape.AVI", "part 2.mkv", "part 10.mkv", "more/film.mp4", "s.vpy"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "shot.v2").mkdir()
    for number in range(3):
        (tmp_path / "shot.v2" / f"a_{number}.png").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def targets(*sources, container=None):
    return [Path(job.target).as_posix() for job in batch_jobs(list(sources), Path("o"), container)]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("film.mp4", "o/film.mp4"),
        ("tape.AVI", "o/tape.mkv"),
        ("s.vpy", "o/s.mkv"),
        ("shot.v2", "o/shot.v2.mkv"),
        ("shot.v2/a_%d.png", "o/a.mkv"),
        ("shot.v2/a_*.png", "o/a.mkv"),
        ("shot.v2/*.png", "o/shot.v2.mkv"),
        ("shot.v2/%d.png", "o/shot.v2.mkv"),
        ("no/such.mp4", "o/such.mp4"),
    ],
)
def test_an_output_is_named_after_its_input(folder, source, target):
    assert targets(source) == [target]


def test_a_container_may_be_wished(folder):
    assert targets("film.mp4", "shot.v2", container="mov") == ["o/film.mov", "o/shot.v2.mov"]
    assert targets("film.mp4", container="tiff") == ["o/film/%06d.tiff"]
    with pytest.raises(OptionError, match="container is 'avi': give one of mkv, mp4"):
        targets("film.mp4", container="avi")


def test_a_pattern_stands_for_files_in_natural_order_and_images_for_one_clip(folder):
    assert targets("part*.mkv") == ["o/part 2.mkv", "o/part 10.mkv"]
    assert targets("shot*/*.png") == ["o/shot.mkv"]


def test_two_inputs_never_get_one_output(folder):
    for pair in (("film.mp4", "more/film.mp4"), ("tape.AVI", "TAPE.mkv"), ("**/film.mp4", "s.vpy")):
        with pytest.raises(OptionError, match="would both become"):
            targets(*pair)
    assert targets("s.vpy", "*.vpy") == ["o/s.mkv"]


def test_a_pattern_that_fits_nothing_and_a_nameless_input_are_refused(folder):
    with pytest.raises(SourceNotFoundError, match=r"'\*\.webm' fits no file"):
        targets("*.webm")
    with pytest.raises(OptionError, match="standard input has no name"):
        targets("-")


def test_one_input_may_be_a_pattern_that_one_file_fits(folder):
    assert one_job(["fil*.mp4", "out.mkv"]) == Job(source="film.mp4", target="out.mkv")
    assert one_job(["shot.v2/*.png", "-"]) == Job(source="shot.v2/*.png", target="-")
    with pytest.raises(OptionError, match="fits 2 files: give --output-dir"):
        one_job(["part*.mkv", "out.mkv"])
    for paths in (["film.mp4"], ["a.mp4", "b.mp4", "out.mkv"]):
        with pytest.raises(typer.BadParameter, match="give IN and OUT, or inputs and --output-dir"):
            one_job(paths)


def test_a_pattern_runs_no_script_that_it_does_not_ask_for(folder):
    with pytest.raises(OptionError, match=r"fits 's\.vpy', a script.*name it"):
        targets("*")
    assert targets("*.vpy") == ["o/s.mkv"]


@pytest.mark.parametrize("name", ["...mkv", "....mp4"])
def test_an_input_named_by_dots_alone_stays_inside_the_folder(folder, name):
    assert targets(name, container="png") == ["o/video/%06d.png"]
    assert targets(name, container="mkv") == ["o/video.mkv"]
