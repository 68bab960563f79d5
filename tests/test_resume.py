"""A run that was stopped, in whatever way, goes on; its frames equal those of a straight run."""

import os
import random
import resource
import signal
import time
from dataclasses import replace

import pytest
import torch

from tests.clips import Clip, make_clip
from tests.golden_case import read_weights
from tests.ready_process import PROCESSES
from tests.resume_runs import (
    COUNT,
    FFV1,
    SEGMENT,
    SETTINGS,
    X264,
    StopError,
    frames_of,
    make_film,
    packets_of,
    run,
    run_slowly,
    stop_after,
)
from vsfilter.errors import SinkError
from vsfilter.transcode.fingerprint import request
from vsfilter.transcode.transcode import Callbacks


@pytest.fixture
def film(tmp_path):
    return make_film(tmp_path / "film.mp4")


@pytest.fixture
def stopped(film, tmp_path):
    """Give an output of which 3 segments of 8 frames are done."""
    target = tmp_path / "out.mkv"
    stop_after(3 * SEGMENT + 3, film, target)
    assert len(segments(target)) == 3
    return target


def segments(target):
    return sorted(target.with_name(f"{target.name}.part").glob("*.segment"))


def journal(target):
    return target.with_name(f"{target.name}.part") / "journal"


def assert_same(target, straight):
    assert frames_of(target) == frames_of(straight)
    for kind in ("video", "audio"):
        assert packets_of(target, kind) == packets_of(straight, kind)
    assert not target.with_name(f"{target.name}.part").exists()


@pytest.mark.parametrize(
    ("encoder", "name"), [(X264, "out.mp4"), (X264, "out.mkv"), (FFV1, "out.mkv")]
)
def test_a_run_killed_at_random_moments_equals_a_straight_one(film, tmp_path, encoder, name):
    target, notes = tmp_path / name, tmp_path / "notes"
    moments = random.Random(name)
    for _ in range(4):
        before = len(segments(target))
        child = PROCESSES.Process(target=run_slowly, args=(film, target, encoder, notes))
        child.start()
        while child.is_alive() and len(segments(target)) == before:
            time.sleep(0.002)
        time.sleep(moments.random() / 10)
        child.kill()
        child.join()
        assert segments(target)
        assert not target.exists()
    done = run(film, target, encoder=encoder)

    went_on = [int(line) for line in notes.read_text().split()]
    assert went_on == sorted(went_on)
    assert done.resumed_from >= went_on[-1] > 0
    assert done.frames == COUNT
    straight = tmp_path / f"straight{target.suffix}"
    run(film, straight, encoder=encoder)
    assert_same(target, straight)


def tear_journal(target):
    data = journal(target).read_bytes()
    journal(target).write_bytes(data[: data.rindex(b'"segment":2') + 20])


def cut_segment(target):
    segments(target)[2].write_bytes(segments(target)[2].read_bytes()[:-1])


def flip_byte(target):
    data = bytearray(segments(target)[2].read_bytes())
    data[len(data) // 2] ^= 1
    segments(target)[2].write_bytes(data)


def leave_half_a_segment(target):
    segments(target)[2].rename(segments(target)[2].with_suffix(".segment.new"))


@pytest.mark.parametrize("damage", [tear_journal, cut_segment, flip_byte, leave_half_a_segment])
def test_what_a_crash_has_damaged_is_made_again(film, stopped, tmp_path, damage):
    damage(stopped)

    done = run(film, stopped)

    assert done.resumed_from == 2 * SEGMENT
    straight = tmp_path / "straight.mkv"
    run(film, straight)
    assert_same(stopped, straight)


def test_what_was_noted_of_a_damaged_segment_and_those_after_it_is_forgotten(film, stopped, caplog):
    segments(stopped)[1].write_bytes(b"damaged")
    stop_after(2 * SEGMENT + 3, film, stopped)
    assert "segment 1 of out.mkv is damaged" in caplog.text
    caplog.clear()

    assert run(film, stopped).resumed_from == 2 * SEGMENT
    assert caplog.text == ""


def test_a_run_that_was_stopped_while_joining_goes_on_too(film, tmp_path):
    target = tmp_path / "out.mkv"
    stop_after(COUNT, film, target)

    done = run(film, target)

    assert (done.frames, done.resumed_from) == (COUNT, COUNT // SEGMENT * SEGMENT)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"settings": replace(SETTINGS, strength=0.5)}, "setting strength was 1.0, is 0.5"),
        ({"settings": replace(SETTINGS, blend=0)}, "setting blend was 1, is 0"),
        ({"settings": replace(SETTINGS, precision="bf16")}, "precision was fp32, is bf16"),
        ({"encoder": replace(X264, crf=30)}, "encoder crf was None, is 30"),
    ],
)
def test_changed_settings_begin_anew_and_say_why(film, stopped, caplog, changes, word):
    assert run(film, stopped, **changes).resumed_from == 0
    assert f"out.mkv begins anew: {word}" in caplog.text


def test_a_changed_input_begins_anew_and_says_why(film, stopped, caplog):
    data = bytearray(film.read_bytes())
    stat = film.stat()
    data[-1] ^= 1
    film.write_bytes(data)
    os.utime(film, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert run(film, stopped).resumed_from == 0
    assert "begins anew: content of the input was" in caplog.text


def test_changed_weights_begin_anew_and_say_why(tmp_path, caplog):
    film = make_clip(tmp_path / "film.mkv", Clip(count=SEGMENT + 2, width=16, height=16))
    target, weights = tmp_path / "out.mkv", tmp_path / "edvr.pth"
    state = read_weights("edvr_tsa_5f")
    torch.save({"params": state}, weights)
    settings = replace(SETTINGS, model="auto", weights=str(weights), scale=None, context=None)
    stop_after(SEGMENT + 1, film, target, settings=settings)
    torch.save({"params": {name: value * 1.01 for name, value in state.items()}}, weights)

    assert run(film, target, settings=settings).resumed_from == 0
    assert "begins anew: hash of the weights was" in caplog.text


def test_no_resume_begins_anew_without_a_word(film, stopped, caplog):
    assert run(film, stopped, resume=False).resumed_from == 0
    assert caplog.records == []


def test_a_failure_before_the_first_segment_leaves_nothing(film, tmp_path):
    stop_after(SEGMENT - 1, film, tmp_path / "out.mkv")

    assert sorted(tmp_path.iterdir()) == [film]


def run_on_a_small_disk(film, target, bytes_free, reports):
    # a file that grows beyond the limit fails to be written, as on a full disk
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_free, bytes_free))
    kept = []
    try:
        run(film, target, encoder=FFV1, callbacks=Callbacks(safe=kept.append))
    except SinkError as error:
        reports.send((str(error), kept))


def test_a_full_disk_keeps_the_segments_and_the_next_run_goes_on(film, tmp_path):
    straight, target = tmp_path / "straight.mkv", tmp_path / "out.mkv"
    run(film, straight, encoder=FFV1)
    here, there = PROCESSES.Pipe()

    # each segment fits, the whole file does not
    bytes_free = straight.stat().st_size // 2
    arguments = (film, target, bytes_free, there)
    child = PROCESSES.Process(target=run_on_a_small_disk, args=arguments)
    child.start()
    assert here.poll(60)
    message, kept = here.recv()
    assert "cannot write" in message
    assert kept == [COUNT]
    child.join()

    assert not target.exists()
    assert run(film, target, encoder=FFV1).resumed_from == COUNT
    assert_same(target, straight)


def test_two_runs_at_once_do_not_disturb_each_other(film, tmp_path):
    target, notes = tmp_path / "out.mkv", tmp_path / "notes"
    child = PROCESSES.Process(target=run_slowly, args=(film, target, X264, notes))
    child.start()
    while not notes.exists():
        assert child.is_alive()
        time.sleep(0.002)

    with pytest.raises(SinkError, match=r"out\.mkv' is being written by another run"):
        run(film, target, overwrite=True)

    child.join()
    assert child.exitcode == 0
    assert len(frames_of(target)) == COUNT


def test_a_run_goes_on_with_the_windows_that_fitted_into_the_memory_of_the_run_before(
    film, tmp_path, monkeypatch
):
    free = [0]
    monkeypatch.setattr("vsfilter.engine.memory_limit.free_bytes", lambda device, sharers: free[0])
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path / "cache"))
    settings = replace(SETTINGS, core=None)
    cores, left = [], []

    def begin(plan, done):
        cores.append(plan.core)
        left.append(done)

    def frame(done):
        if done == 3 * SEGMENT + 3:
            raise StopError

    target = tmp_path / "out.mkv"
    free[0] = 2_000_000
    with pytest.raises(StopError):
        run(film, target, settings=settings, callbacks=Callbacks(begin=begin, frame=frame))
    free[0] = 10**12
    run(film, target, settings=settings, callbacks=Callbacks(begin=begin))
    run(film, tmp_path / "new.mkv", settings=settings, callbacks=Callbacks(begin=begin))
    assert cores[0] == cores[1] < cores[2]
    assert left[1] > 0 == left[0] == left[2]


def test_a_run_begins_anew_where_the_windows_of_the_run_before_no_longer_fit(
    film, tmp_path, monkeypatch, caplog
):
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path / "cache"))
    settings = replace(SETTINGS, core=None)
    target = tmp_path / "out.mkv"
    stop_after(3 * SEGMENT + 3, film, target, settings=settings)
    monkeypatch.setattr(
        "vsfilter.engine.memory_limit.free_bytes", lambda device, sharers: 2_000_000
    )
    left = []
    begin = Callbacks(begin=lambda plan, done: left.append(done))
    run(film, target, settings=settings, callbacks=begin)
    assert left == [0]
    assert "out.mkv begins anew: core was" in caplog.text


def test_windows_of_a_run_that_asked_for_others_are_not_taken_over(film, tmp_path, caplog):
    target = tmp_path / "out.mkv"
    stop_after(SEGMENT + 1, film, target)
    assert run(film, target, settings=replace(SETTINGS, core=None)).resumed_from == 0
    assert "core was 4, is 8" in caplog.text


def test_a_folder_of_images_is_its_images(tmp_path):
    for number in range(2):
        (tmp_path / f"{number}.png").write_bytes(bytes([number]))
    sources = (str(tmp_path), str(tmp_path / "*.png"), str(tmp_path / "%d.png"))
    before = [request(source) for source in sources]
    for name in (".DS_Store", "._0.png", "Thumbs.db", "notes.txt"):
        (tmp_path / name).write_text("x")
    assert [request(source) for source in sources] == before
    (tmp_path / "2.png").write_bytes(b"2")
    assert not any(request(source) == was for source, was in zip(sources, before, strict=True))
