"""What goes wrong during a run: what the user reads, what is kept; docs/reliability.md tells."""

import errno
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Timer

import cv2
import numpy as np
import pytest

from tests.clips import Clip, make_clip
from tests.fresh_python import install
from tests.ready_process import PROCESSES, run_with_streams
from tests.resume_runs import COUNT, FFV1, SEGMENT, SETTINGS, frames_of, make_film, run
from vsfilter.cli.transcode import run as run_command
from vsfilter.engine import patience
from vsfilter.errors import DeviceError, PluginError, SinkError, SourceError
from vsfilter.file_lock import FileLock
from vsfilter.input_settings import InputSettings
from vsfilter.transcode.transcode import Callbacks
from vsfilter.window import Grid

ROOT = Path(__file__).parents[1]
linux = pytest.mark.skipif(sys.platform != "linux", reason="it needs Linux's /proc")
LARGE = Clip(count=COUNT, width=240, height=180, options={"g": "1", "crf": "1"})
"""So large that no buffer holds it."""
AS_READ = InputSettings(deinterlace="off")
"""The search for fields reads far ahead."""


@pytest.fixture
def film(tmp_path):
    return make_film(tmp_path / "film.mp4")


@pytest.fixture
def fakes(tmp_path, monkeypatch):
    """Install the fake models as a plugin, by a real entry point."""
    (tmp_path / "fakes").mkdir()
    install(tmp_path / "fakes", "fakes", "from tests.small_models import *")
    monkeypatch.syspath_prepend(tmp_path / "fakes")
    return tmp_path / "fakes"


def at_frame(number, act):
    """Make callbacks that do something once, when so many frames are done."""

    def frame(done):
        if done == number:
            act()

    return Callbacks(frame=frame)


def kept(target):
    return len(list(target.with_name(f"{target.name}.part").glob("*.segment")))


def assert_goes_on(film, target, **options):
    """Give the same command again: it goes on, and the frames are those of a straight run."""
    before = kept(target)
    assert not target.exists()
    assert before > 0
    done = run(film, target, encoder=FFV1, **options)
    assert (done.frames, done.resumed_from) == (COUNT, before * SEGMENT)
    straight = target.with_name("straight.mkv")
    run(film, straight, encoder=FFV1, **options)
    assert frames_of(target) == frames_of(straight)


# The command, as a shell starts it


def become_command(arguments, folder, streams):
    """Turn a process into vsr-transcode, with these pipes as its streams; None closes one."""
    os.chdir(folder)
    for number, pipe in streams.items():
        if pipe is None:
            os.close(number)
        else:
            os.dup2(pipe.fileno(), number)
            pipe.close()
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = None if streams[2] is None else open(2, "w", closefd=False)  # noqa: SIM115
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)  # what started the tests may have had them ignored
    sys.argv = ["vsr-transcode", *arguments]
    run_command()
    os._exit(0)


@pytest.fixture
def command(tmp_path):
    """Start the command in a folder of its own; give its process."""
    started = []

    def start(*arguments, **streams):
        pipes = {int(name[1:]): pipe for name, pipe in streams.items()}
        process = PROCESSES.Process(target=become_command, args=(arguments, tmp_path, pipes))
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()


LONG = ("film.mp4", "out.mkv", "--model", "bicubic", "--scale", "1", "--codec", "ffv1")


def wait_for_segment(process, target):
    while kept(target) < 2:  # the first one is noted in the journal then
        assert process.is_alive()
        time.sleep(0.002)


def read_all(pipe):
    """Read a pipe to its end."""
    text = b""
    while part := os.read(pipe.fileno(), 4096):
        text += part
    pipe.close()
    return text.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_keeps_what_is_done_and_says_how_to_go_on(command, tmp_path, number):
    make_clip(tmp_path / "film.mp4", Clip(count=600))
    here, there = PROCESSES.Pipe()
    slow = ("--scale", "8")  # it must not end by itself before the signal comes
    process = command(*LONG, *slow, "--segment", "8", _2=there)
    there.close()
    wait_for_segment(process, tmp_path / "out.mkv")
    os.kill(process.pid, number)
    errors = read_all(here)
    process.join()

    assert process.exitcode == 130
    assert re.search(r"interrupted: \d+ frames are kept: the same command goes on", errors)
    assert "Traceback" not in errors
    assert kept(tmp_path / "out.mkv")
    assert not (tmp_path / "out.mkv").exists()


@pytest.mark.parametrize("is_there", [True, False])
def test_messages_that_nobody_can_read_do_not_end_the_work(command, tmp_path, is_there):
    make_clip(tmp_path / "film.mp4", Clip(count=20))
    here, there = PROCESSES.Pipe()
    process = command(*LONG, _2=there if is_there else None)
    here.close()  # before the first message: whether it comes or not, it cannot be written
    there.close()
    process.join()

    assert process.exitcode == 0
    assert len(frames_of(tmp_path / "out.mkv")) == 20


def test_a_reader_of_y4m_that_goes_ends_the_run_in_one_line(command, tmp_path):
    make_clip(tmp_path / "film.mp4", Clip(count=200))
    (here, there), (errors, their_errors) = (
        PROCESSES.Pipe(duplex=False),
        PROCESSES.Pipe(duplex=False),
    )
    process = command("film.mp4", "-", "--model", "bicubic", "-q", _1=there, _2=their_errors)
    there.close()
    their_errors.close()
    os.read(here.fileno(), 10)
    here.close()
    text = read_all(errors)
    process.join()

    assert process.exitcode == 1
    assert re.fullmatch(r"error: the reader of the Y4M stream closed it after \d+ frames\n", text)


# The input


@linux
@pytest.mark.parametrize("name", ["film.mp4", "film.ts"])
def test_a_disk_that_fails_is_not_taken_for_the_end_of_the_film(tmp_path, name):
    film, target = make_clip(tmp_path / name, LARGE), tmp_path / "out.mkv"

    def fail():
        """Let reads of the film fail, as of a disk: where this file begins, nothing can be read."""
        memory = os.open("/proc/self/mem", os.O_RDONLY)
        for link in Path("/proc/self/fd").iterdir():
            if link.exists() and link.resolve() == film:
                os.dup2(memory, int(link.name))
        os.close(memory)

    with pytest.raises(
        (SourceError, SinkError), match=r"cannot be read to (its|their) end"
    ) as caught:
        run(film, target, encoder=FFV1, reading=AS_READ, callbacks=at_frame(2 * SEGMENT, fail))
    assert os.strerror(errno.EIO) in str(caught.value)
    assert_goes_on(film, target, reading=AS_READ)


def test_a_film_that_changes_during_the_run_gives_no_output(film, tmp_path):
    def change():
        data = bytearray(film.read_bytes())
        data[-1] ^= 1
        film.write_bytes(data)

    with pytest.raises(SourceError, match="changed while it was read"):
        run(film, tmp_path / "out.mkv", encoder=FFV1, callbacks=at_frame(SEGMENT, change))
    assert not (tmp_path / "out.mkv").exists()


def test_a_film_that_is_only_touched_is_the_same_film(film, tmp_path):
    touch = at_frame(SEGMENT, lambda: os.utime(film, (1, 1)))
    assert run(film, tmp_path / "out.mkv", encoder=FFV1, callbacks=touch).frames == COUNT


def test_images_that_change_during_the_run_give_no_output(tmp_path):
    (tmp_path / "images").mkdir()
    for number in range(12):
        cv2.imwrite(str(tmp_path / f"images/{number}.png"), np.full((8, 8, 3), number, np.uint8))
    first = tmp_path / "images/0.png"
    grow = at_frame(2, lambda: first.write_bytes(first.read_bytes() + b"x"))
    with pytest.raises(SourceError, match="changed while it was read"):
        run(tmp_path / "images", tmp_path / "out.mkv", encoder=FFV1, callbacks=grow)


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
def test_a_film_that_is_deleted_during_the_run_is_done_to_its_end(film, tmp_path):
    straight = tmp_path / "straight.mkv"
    run(film, straight, encoder=FFV1)
    run(film, tmp_path / "out.mkv", encoder=FFV1, callbacks=at_frame(SEGMENT, film.unlink))

    assert frames_of(tmp_path / "out.mkv") == frames_of(straight)


# The output


def test_an_output_folder_that_vanishes_is_named(film, tmp_path):
    target = tmp_path / "gone" / "out.mkv"
    target.parent.mkdir()
    vanish = at_frame(SEGMENT // 2, lambda: shutil.rmtree(target.parent))

    with pytest.raises(SinkError, match=r"cannot write .*out\.mkv.*No such file"):
        run(film, target, encoder=FFV1, callbacks=vanish)
    assert not target.parent.exists()


def run_on_a_small_disk(film, target, bytes_free, reports):
    # a file that grows beyond the limit fails to be written, as on a full disk
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_free, bytes_free))
    try:
        run(film, target, encoder=FFV1)
    except SinkError as error:
        reports.send(str(error))
    else:
        reports.send("done")


@pytest.mark.parametrize("stage", ["lock", "journal", "segment", "join"])
def test_a_full_disk_at_any_stage_is_one_line_and_the_next_run_goes_on(film, tmp_path, stage):
    straight, target = tmp_path / "straight.mkv", tmp_path / "out.mkv"
    run(film, straight, encoder=FFV1)
    whole = straight.stat().st_size
    room = {"lock": 0, "journal": 100, "segment": whole // COUNT, "join": whole // 2}
    here, there = PROCESSES.Pipe()
    arguments = (film, target, room[stage], there)
    child = PROCESSES.Process(target=run_on_a_small_disk, args=arguments)
    child.start()
    assert here.poll(60)
    message = here.recv()
    child.join()

    assert "cannot write" in message
    assert "\n" not in message
    assert not target.exists()
    assert run(film, target, encoder=FFV1).frames == COUNT
    assert frames_of(target) == frames_of(straight)


@linux
@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts; the test above needs no root")
@pytest.mark.parametrize("kilobytes", [8, 40, 120])
def test_a_full_disk_of_its_own_is_one_line_and_the_next_run_goes_on(film, tmp_path, kilobytes):
    disk = tmp_path / "disk"
    disk.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets not even root mount")
    try:
        with pytest.raises(SinkError, match=r"cannot write.*No space left on device"):
            run(film, disk / "out.mkv", encoder=FFV1)
        assert not (disk / "out.mkv").exists()
        subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
        assert run(film, disk / "out.mkv", encoder=FFV1).frames == COUNT
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_clock_that_jumps_changes_nothing(film, tmp_path, monkeypatch):
    straight = tmp_path / "straight.mkv"
    run(film, straight, encoder=FFV1)
    real = time.time
    jumps = iter([1e6, -1e9, 3e8] * COUNT)
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    monkeypatch.setattr(time, "time_ns", lambda: int(time.time() * 1e9))
    back = at_frame(SEGMENT, lambda: os.utime(tmp_path / "out.mkv.part", (1, 1)))

    run(film, tmp_path / "out.mkv", encoder=FFV1, callbacks=back)

    assert frames_of(tmp_path / "out.mkv") == frames_of(straight)


def hold_and_die(path, notes):
    FileLock(path).take()
    notes.write_text("held")
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_dead_process_keeps_no_lock(film, tmp_path):
    (tmp_path / "out.mkv.part").mkdir()
    lock = tmp_path / "out.mkv.part" / "lock"
    child = PROCESSES.Process(target=hold_and_die, args=(lock, tmp_path / "notes"))
    child.start()
    child.join()
    assert (tmp_path / "notes").read_text() == "held"
    assert lock.exists()

    assert run(film, tmp_path / "out.mkv", encoder=FFV1).frames == COUNT


# The model


def run_with(film, target, model, **settings):
    chosen = replace(SETTINGS, model=model, scale=None, core=SEGMENT, blend=0, **settings)
    return run(film, target, settings=chosen, encoder=FFV1)


@pytest.mark.usefixtures("fakes")
@pytest.mark.parametrize(
    ("model", "kind", "message"),
    [
        ("raising", PluginError, r"model 'raising' failed: KeyError: 'conv\.weight'"),
        ("nothing", PluginError, "returned a NoneType instead of a tensor"),
        ("misshapen", PluginError, "instead of torch.float32"),
        ("hopeless", PluginError, "values that are not finite for frames 0 to 7"),
        ("lost", DeviceError, r"device failed .*device-side assert\).*the same command again"),
    ],
)
def test_a_model_that_fails_is_named_in_one_line(film, tmp_path, model, kind, message):
    target = tmp_path / "out.mkv"
    with pytest.raises(kind, match=message) as caught:
        run_with(film, target, model)

    assert "\n" not in str(caught.value)
    assert not target.exists()
    assert kept(target) == (0 if model in ("misshapen", "hopeless") else 1)


@pytest.mark.usefixtures("fakes")
def test_a_lost_device_leaves_what_was_done_to_the_next_run(film, tmp_path):
    with pytest.raises(DeviceError):
        run_with(film, tmp_path / "out.mkv", "lost")
    with pytest.raises(DeviceError):  # its second window fails again, which is the third now
        run_with(film, tmp_path / "out.mkv", "lost")

    assert kept(tmp_path / "out.mkv") == 2


def run_hanging(folder, film, target, reports):
    sys.path.insert(0, str(folder))
    try:
        run_with(film, target, "hanging", watchdog_s=0.3)
    except PluginError as error:
        reports.send(str(error))
    os._exit(0)  # as the command does: nothing else ends a model that hangs


def test_a_model_that_hangs_is_ended_by_the_watchdog(fakes, film, tmp_path):
    here, there = PROCESSES.Pipe()
    arguments = (fakes, film, tmp_path / "out.mkv", there)
    child = PROCESSES.Process(target=run_hanging, args=arguments)
    child.start()
    assert here.poll(60)
    message = here.recv()
    child.join()

    assert "'hanging' has worked on frames 8 to 15 for more than 0.3 s, the limit of" in message
    assert kept(tmp_path / "out.mkv") == 1


def become_batch(folder, paths):
    sys.path.insert(0, str(folder))
    settings = ("--model", "hanging", "--core", "8", "--segment", "8", "--codec", "ffv1")
    call = ["vsr-transcode", "a.mkv", "b.mkv", "--output-dir", "out", *settings]
    call += ["--watchdog", "0.5", "--container", "mkv"]
    run_with_streams("vsfilter.cli.transcode:run", call, paths, folder.parent)


def test_a_batch_begins_anew_with_its_next_input_after_a_model_that_hangs(fakes, tmp_path):
    for name in ("a.mkv", "b.mkv"):
        make_clip(tmp_path / name, Clip(count=20))
    paths = [tmp_path / name for name in ("in", "output", "errors")]
    paths[0].touch()
    child = PROCESSES.Process(target=become_batch, args=(fakes, paths))
    child.start()
    child.join()

    assert child.exitcode == 1
    # the number of a window tells that the model has worked on the one before
    assert paths[2].read_text().count("'hanging' has worked on frames 8 to 15 for more than") == 2
    assert [kept(tmp_path / "out" / name) for name in ("a.mkv", "b.mkv")] == [1, 1]


@pytest.mark.usefixtures("fakes")
def test_without_a_watchdog_a_slow_model_is_said_and_waited_for(monkeypatch, caplog):
    monkeypatch.setattr(patience, "_WORD_AFTER_S", 0.01)
    slow = Future()
    window = Grid(core=4, context=0).window(1, 8)
    Timer(0.2, slow.set_result, ["done"]).start()

    assert patience.wait_for(slow, window, model="slow", limit_s=None) == "done"
    assert "has worked on frames 4 to 7" in caplog.text


def test_every_row_of_the_table_names_a_test_that_exists():
    text = (ROOT / "docs" / "reliability.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    names = [re.findall(r"`(?:([\w/]+\.py)::)?(test_\w+)`", row) for row in rows]
    assert len(rows) > 15
    assert all(names)
    for file, name in (found for row in names for found in row):
        assert f"def {name}(" in (ROOT / "tests" / (file or "test_reliability.py")).read_text(), (
            name
        )
