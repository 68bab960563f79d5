"""Excerpts and deinterlaced clips, in a run that was stopped and went on."""

import random
import time
from dataclasses import replace
from fractions import Fraction

import pytest

from tests.interlaced import woven_film
from tests.ready_process import PROCESSES
from tests.resume_runs import (
    SEGMENT,
    X264,
    frames_of,
    make_film,
    packets_of,
    run,
    run_slowly,
    stop_after,
)
from tests.test_resume_fidelity import LARGER, SETTINGS, X265, film_with_everything
from vsfilter.errors import OptionError
from vsfilter.input_settings import Excerpt, InputSettings
from vsfilter.transcode.fidelity_settings import FidelitySettings

PART = InputSettings(excerpt=Excerpt(start_s=Fraction(1, 5), end_s=Fraction(2)))
FIELDS = InputSettings(excerpt=Excerpt(first=5, stop=29), deinterlace="field")


def kill_twice(film, target, notes, **options):
    """Start a run and kill it at a random moment after each new segment; give where it went on."""
    moments = random.Random(target.name)
    work = target.with_name(f"{target.name}.part")
    for _ in range(2):
        before = len(list(work.glob("*.segment")))
        child = PROCESSES.Process(
            target=run_slowly, args=(film, target, X264, notes), kwargs=options
        )
        child.start()
        while child.is_alive() and len(list(work.glob("*.segment"))) == before:
            time.sleep(0.002)
        time.sleep(moments.random() / 10)
        child.kill()
        child.join()
        assert not target.exists()
    return [int(line) for line in notes.read_text().split()]


@pytest.mark.parametrize(
    ("reading", "name", "make"),
    [(PART, "out.mp4", make_film), (FIELDS, "out.mkv", woven_film)],
)
def test_a_killed_excerpt_equals_a_straight_one(tmp_path, reading, name, make):
    film = make(tmp_path / "film.mp4")
    target, straight = tmp_path / name, tmp_path / f"straight.{name}"

    went_on = kill_twice(film, target, tmp_path / "notes", reading=reading)
    done = run(film, target, reading=reading)
    whole = run(film, straight, reading=reading)

    assert done.resumed_from >= went_on[-1] > 0
    assert done.frames == whole.frames > done.resumed_from
    assert frames_of(target) == frames_of(straight)
    for kind in ("video", "audio"):
        assert packets_of(target, kind) == packets_of(straight, kind)


def test_fields_of_an_excerpt_are_those_of_the_whole_clip(tmp_path):
    """Windows and the first frame of an excerpt lie where they do in the whole clip."""
    film = woven_film(tmp_path / "film.mp4")
    lossless = replace(X264, codec="ffv1", preset=None, options=())
    options = {"encoder": lossless}
    run(film, tmp_path / "part.mkv", reading=FIELDS, **options)
    run(film, tmp_path / "all.mkv", reading=InputSettings(deinterlace="field"), **options)
    part, whole = frames_of(tmp_path / "part.mkv"), frames_of(tmp_path / "all.mkv")
    assert [samples for _, samples in part] == [samples for _, samples in whole[10:58]]
    first = part[0][0] - whole[10][0]
    assert all(
        abs(a - b - first) <= Fraction(1, 1000)
        for (a, _), (b, _) in zip(part, whole[10:58], strict=True)
    )


@pytest.mark.parametrize("rotate", ["keep", "apply"])
def test_all_streams_of_an_excerpt_are_the_same_after_a_stop(tmp_path, rotate):
    film, _ = film_with_everything(tmp_path)
    target, straight = tmp_path / "out.mp4", tmp_path / "straight.mp4"
    options = {
        "settings": SETTINGS,
        "encoder": X265,
        "size": LARGER,
        "fidelity": FidelitySettings(rotate=rotate),
        "reading": InputSettings(excerpt=Excerpt(first=3), deinterlace="field"),
    }
    stop_after(2 * SEGMENT + 3, film, target, **options)

    assert run(film, target, **options).resumed_from == 2 * SEGMENT

    assert run(film, straight, **options).frames == 54
    assert target.read_bytes() == straight.read_bytes()


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        (replace(PART, excerpt=Excerpt(start_s=Fraction(1, 4))), "input excerpt was"),
        (replace(PART, deinterlace="frame"), "input deinterlace was auto, is frame"),
    ],
)
def test_another_excerpt_or_other_fields_begin_anew(tmp_path, caplog, changed, word):
    film = make_film(tmp_path / "film.mp4")
    target = tmp_path / "out.mkv"
    stop_after(SEGMENT + 1, film, target, reading=PART)
    stop_after(SEGMENT + 2, film, target, reading=PART)
    assert "begins anew" not in caplog.text
    assert run(film, target, reading=changed).resumed_from == 0
    assert word in caplog.text


def test_an_excerpt_without_frames_leaves_an_earlier_run_alone(tmp_path):
    film = make_film(tmp_path / "film.mp4")
    target = tmp_path / "out.mkv"
    stop_after(SEGMENT + 1, film, target)
    with pytest.raises(OptionError, match="begins after the end"):
        run(film, target, reading=InputSettings(excerpt=Excerpt(first=1000)))
    assert run(film, target).resumed_from == SEGMENT
