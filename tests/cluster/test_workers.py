"""Windows restored by workers: real processes of a real cluster, which die and hang."""

import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from tests.engine.test_stream import make_frame, make_shots, pixels
from tests.resume_runs import FFV1, frames_of, make_film, run, stop_after
from vsfilter.cluster.quiet_ray import import_ray
from vsfilter.cluster.worker_place import WorkerPlace
from vsfilter.cluster.worker_pool import WorkerPool
from vsfilter.engine.footprint import measure_footprint
from vsfilter.engine.geometry import Demand
from vsfilter.engine.memory_limit import USED_SHARE
from vsfilter.engine.restorer import Restorer
from vsfilter.engine.settings import Settings
from vsfilter.engine.stream import Picture, restore_clip
from vsfilter.errors import ModelHangsError, WorkerError
from vsfilter.transcode.transcode import Callbacks

COUNT = 30
_HANG_S = 240
"""No machine is so slow that what is waited for takes this long."""
SIZE = {"width": 12, "height": 8}


@pytest.fixture(scope="module")
def pool(cluster):
    """Two workers: the test after this module finds the cluster free."""
    with WorkerPool(WorkerPlace(address=cluster.address)) as pool:
        yield pool


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "told"
    path.mkdir()
    return path


def told(folder, **settings):
    """Give settings of the model that files in a folder tell what to do."""
    options = {"folder": str(folder)}
    return Settings(model="told", precision="fp32", threads=1, options=options, **settings)


def make_clip(count=COUNT):
    """Make a clip whose frame n has a brightness of n percent."""
    return [
        Picture(frame=make_frame(n), rgb=np.full((3, 8, 12), n / 100, np.float32))
        for n in range(count)
    ]


def restore(pool, settings, clip):
    with pool.open(settings, **SIZE) as restorer:
        return list(restore_clip(clip, restorer))


def calls(folder):
    """Give the process and the brightness of the first frame of each call, in order."""
    file = folder / "calls"
    lines = file.read_text().splitlines() if file.exists() else []
    return [tuple(map(int, line.split())) for line in lines]


def processes(folder):
    """Give the processes that have restored windows."""
    return {process for process, _ in calls(folder)}


def until(is_so):
    """Wait for something that other processes do."""
    deadline = time.monotonic() + _HANG_S
    while not is_so():
        assert time.monotonic() < deadline, "it hangs"
        time.sleep(0.05)


def assert_repeated(restored, clip):
    np.testing.assert_array_equal(
        pixels(restored), pixels(clip).repeat(2, axis=-1).repeat(2, axis=-2)
    )


def test_the_result_is_that_of_a_run_without_workers_bit_for_bit(pool, basicvsr):
    clip = make_shots(9, 4, 12)
    for threads in (1, 2):
        settings = Settings(
            weights=basicvsr, core=4, context=2, blend=1, precision="fp32", threads=threads
        )
        with Restorer(settings, **SIZE) as restorer:
            alone = list(restore_clip(clip, restorer))
        with pool.open(settings, **SIZE) as restorer:
            assert restorer.workers == 2
            together = list(restore_clip(clip, restorer))
        np.testing.assert_array_equal(pixels(together), pixels(alone))


def test_under_uv_run_nothing_is_copied_or_installed_for_the_workers(pool, folder):
    with pool.open(told(folder), **SIZE):
        assert import_ray().get_runtime_context().runtime_env == {}


def test_all_workers_work_and_no_more_than_two_windows_each_are_under_way(pool, folder):
    (folder / "stuck").touch()
    read = 0

    def reading():
        nonlocal read
        for picture in make_clip():
            read += 1
            yield picture

    def release():
        until(lambda: len({process for process, _ in calls(folder)}) == 2)
        (folder / "release").touch()

    threading.Thread(target=release).start()
    with pool.open(told(folder), **SIZE) as restorer:
        ahead = [read - done for done, _ in enumerate(restore_clip(reading(), restorer))]

    assert max(ahead) <= 4 * 3 + 1  # cores of 3 frames, and the context after the last


def test_the_window_of_a_killed_worker_is_restored_by_another_one(pool, folder, caplog):
    (folder / "die").touch()
    clip = make_clip()

    assert_repeated(restore(pool, told(folder), clip), clip)

    windows = [first for _, first in calls(folder)]
    assert len(windows) == COUNT // 3 + 1
    assert "a worker died: frames" in caplog.text


def test_workers_that_died_while_they_had_nothing_to_do_are_not_held_against_a_window(pool, folder):
    clip = make_clip()
    with pool.open(told(folder), **SIZE) as restorer:
        until(lambda: len(list(restore_clip(clip, restorer))) and len(processes(folder)) == 2)
        for process in processes(folder):
            os.kill(process, signal.SIGKILL)
        again = list(restore_clip(clip[:3], restorer))
    assert_repeated(again, clip[:3])  # one window, which both of them would have had


def test_workers_whose_model_hangs_are_ended_for_the_next_clip(pool, folder):
    (folder / "hold").write_text("1")
    clip = make_clip()
    with pytest.raises(ModelHangsError, match=r"more than 0\.5 s"):
        restore(pool, told(folder, watchdog_s=0.5), clip)
    held = processes(folder)
    pool.abandon()

    with pool.open(told(folder), **SIZE) as restorer:
        (folder / "hold").unlink()
        again = list(restore_clip(clip, restorer))

    assert_repeated(again, clip)
    assert not {process for process, _ in calls(folder)[-(COUNT // 3) :]} & held


def test_a_window_that_takes_too_long_is_restored_twice_and_the_first_result_counts(pool, folder):
    (folder / "stuck").touch()
    clip = make_clip()

    assert_repeated(restore(pool, told(folder), clip), clip)

    windows = [first // 10_000 for _, first in calls(folder)]
    assert sorted(windows) == sorted([*range(0, COUNT, 3), windows[0]])
    (folder / "release").touch()


def test_a_worker_that_would_compute_something_else_is_left_out(pool, folder, caplog):
    (folder / "odd").touch()
    clip = make_clip()

    assert_repeated(restore(pool, told(folder), clip), clip)

    until(lambda: "a worker is left out: scale is 1 instead of 2" in caplog.text)
    assert len({process for process, _ in calls(folder)}) == 1


def put_into_container(pool, folder, free_bytes):
    """Make workers believe that their machine has so much memory: it is the model that does."""
    (container := folder / "container").mkdir()
    for name, text in (("max", str(int(free_bytes))), ("current", "0"), ("stat", "")):
        (container / f"memory.{name}").write_text(text)
    pool.open(told(folder), **SIZE).close()


def test_workers_of_one_machine_have_a_part_of_its_memory_each(pool, folder, basicvsr, caplog):
    clip = make_shots(9, 4, 12)
    settings = Settings(weights=basicvsr, blend=1, precision="fp32", threads=1)
    with Restorer(settings, **SIZE) as restorer:
        wanted, loaded = restorer.geometry, restorer.loaded
    demand = Demand(
        footprint=measure_footprint(loaded),
        scale=loaded.model.scale,
        may_tile=True,
        may_shrink=True,
        is_shipped=True,
        **SIZE,
    )
    put_into_container(pool, folder, 1.5 * demand.bytes(wanted) / USED_SHARE)

    with pool.open(settings, **SIZE) as restorer:
        chosen = restorer.geometry
        together = list(restore_clip(clip, restorer))

    assert chosen == demand.choose(wanted, limit=int(0.75 * demand.bytes(wanted))) != wanted
    assert f"memory: {chosen}, since {wanted} would take" in caplog.text
    with Restorer(replace(settings, core=chosen.grid.core), **SIZE) as restorer:
        alone = list(restore_clip(clip, restorer))
    np.testing.assert_array_equal(pixels(together), pixels(alone))


def test_workers_go_on_with_the_windows_of_a_run_that_had_less_memory(
    pool, folder, tmp_path, monkeypatch
):
    film, out = make_film(tmp_path / "film.mkv"), tmp_path / "out.mkv"
    options = {"settings": told(folder), "encoder": FFV1}
    with monkeypatch.context() as patch:
        patch.setenv("VSFILTER_CACHE", str(tmp_path / "cache"))
        patch.setattr("vsfilter.engine.memory_limit.free_bytes", lambda device, sharers: 0)
        stop_after(20, film, out, **options)
    cores = []
    begin = Callbacks(begin=lambda plan, done: cores.append(plan.core))

    done = run(film, out, models=pool, callbacks=begin, **options)

    assert cores == [1]
    assert done.resumed_from > 0
    assert done.frames == len(frames_of(out))


def test_an_error_of_the_model_is_the_same_as_without_workers(pool, basicvsr):
    weightless = Settings(model="bicubic", options={"colour": 1}, threads=1)
    messages = []
    for open_restorer in (
        lambda: Restorer(weightless, **SIZE),
        lambda: pool.open(weightless, **SIZE),
    ):
        with pytest.raises(Exception, match="colour") as error:
            open_restorer()
        messages.append((type(error.value), str(error.value)))
    assert messages[0] == messages[1]


def test_a_window_that_kills_its_workers_is_named_and_the_run_goes_on_without_them(
    pool, folder, tmp_path
):
    film = make_film(tmp_path / "film.mkv")
    whole, cut = tmp_path / "whole.mkv", tmp_path / "cut.mkv"
    run(film, whole, settings=told(folder), encoder=FFV1)
    windows = [brightness for _, brightness in calls(folder)]
    first = 3 * windows.index(poison := windows[10])
    (folder / "poison").write_text(str(poison))
    safe = []
    options = {"settings": told(folder), "encoder": FFV1, "callbacks": Callbacks(safe=safe.append)}

    with pytest.raises(WorkerError, match=f"frames {first} to {first + 2} have ended 2 workers"):
        run(film, cut, models=pool, **options)
    (folder / "poison").unlink()
    done = run(film, cut, **options)

    assert done.resumed_from == safe[0] > 0
    assert frames_of(cut) == frames_of(whole)
