"""`vsr batch`: a list of inputs that is remembered from run to run."""

import io
import json
import sys
from pathlib import Path

import av
import pytest

from tests.clips import Clip, make_clip
from tests.ready_process import run_entry
from vsfilter.cli.batch_list import read_list
from vsfilter.cli.inputs import Job
from vsfilter.cli.ledger import Ledger
from vsfilter.errors import OptionError, SinkError, SourceNotFoundError

FAST = ["--model", "bicubic", "--scale", "1", "--segment", "2", "--codec", "ffv1"]
FAST += ["--container", "mkv"]


@pytest.fixture
def films(tmp_path):
    """Give a folder with a whole file, a broken one and a script."""
    folder = tmp_path / "films"
    folder.mkdir()
    make_clip(folder / "a.mkv", Clip(count=5))
    (folder / "b.mp4").write_text("this is no video\n" * 50)
    (folder / "c.vpy").write_text(
        "import vapoursynth as vs\nfrom pathlib import Path\n"
        f"Path({str(tmp_path / 'ran')!r}).touch()\n"
        "vs.core.std.BlankClip(format=vs.YUV420P8, width=64, height=48, length=2).set_output()\n"
    )
    return folder


@pytest.fixture
def batch(tmp_path):
    """Give a function that runs `vsr batch` and gives code, states by name, and stderr."""
    file = tmp_path / "list.txt"

    def run(*lines, options=()):
        file.write_text("\n".join(map(str, lines)) + "\n\n")
        done = run_entry(
            "vsfilter.cli.main:run",
            *("batch", file, "--output-dir", tmp_path / "out", "--json", *FAST, *options),
        )
        assert b"Traceback" not in done.stderr
        records = [json.loads(line) for line in done.stdout.splitlines()]
        states = {Path(each["source"]).name: each for each in records}
        return done.returncode, states, done.stderr.decode()

    return run


def words(states):
    return {name: (each["state"], each["is_left"]) for name, each in states.items()}


def frame_count(path):
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_list_is_done_once_and_what_failed_is_tried_again_when_asked_for(batch, films, tmp_path):
    lines = [films / "missing*.mkv", films / "a.*", films / "b.mp4", films / "c.vpy"]
    first = {
        "missing*.mkv": ("failed", False),
        "a.mkv": ("done", False),
        "b.mp4": ("failed", False),
        "c.vpy": ("failed", False),
    }

    code, states, errors = batch(*lines)
    assert (code, words(states)) == (1, first)
    assert "--allow-scripts" in states["c.vpy"]["error"]
    assert not (tmp_path / "ran").exists()
    assert frame_count(tmp_path / "out" / "a.mkv") == 5
    table = [line for line in errors.splitlines() if line.startswith(("done", "failed"))]
    assert [line.split()[0] for line in table] == ["failed", "done", "failed", "failed"]
    made = (tmp_path / "out" / "a.mkv").stat()

    code, states, errors = batch(*lines)
    again = {**first, "a.mkv": ("done", True), "b.mp4": ("failed", True)}
    assert (code, words(states)) == (1, again)
    assert "--retry-failed tries it again" in errors
    assert (tmp_path / "out" / "a.mkv").stat() == made

    make_clip(films / "b.mp4", Clip(count=3))  # it is another input now
    code, states, _ = batch(*lines[1:], options=["--allow-scripts"])
    third = {"a.mkv": ("done", True), "b.mp4": ("done", False), "c.vpy": ("done", False)}
    assert (code, words(states)) == (0, third)
    assert (tmp_path / "ran").exists()


def test_an_input_that_the_system_refuses_stops_no_other(batch, films):
    unreadable = Path("/proc/self/mem")  # for everybody: reading it is an input/output error
    lines = ["x" * 300, *([unreadable] if unreadable.exists() else []), films / "a.mkv"]
    for _ in range(2):
        code, states, errors = batch(*lines)
        assert code == 1
        assert states["a.mkv"]["state"] == "done"
        assert {each["state"] for name, each in states.items() if name != "a.mkv"} == {"failed"}
        assert "unexpected" not in errors


def test_a_failed_input_is_tried_again_with_a_flag_and_other_settings_are_another_job(batch, films):
    assert batch(films / "b.mp4")[0] == 1
    code, states, _ = batch(films / "b.mp4", options=["--retry-failed"])
    assert (code, words(states)) == (1, {"b.mp4": ("failed", False)})

    assert batch(films / "a.mkv")[0] == 0
    code, states, _ = batch(films / "a.mkv", options=["--strength", "0.5"])
    assert (code, states["a.mkv"]["state"]) == (1, "failed")
    assert "exists: use --overwrite" in states["a.mkv"]["error"]
    code, states, _ = batch(films / "a.mkv", options=["--strength", "0.5", "--overwrite"])
    assert (code, words(states)) == (0, {"a.mkv": ("done", False)})


def test_names_in_a_list_never_lead_out_of_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["../../etc/passwd.mkv", "/etc/x.mkv", "a/../../b.mp4", "...mkv", "..", "~/x", "/"]
    (tmp_path / "list").write_text("\n".join(names))
    folder = tmp_path / "out"

    for container in (None, "png"):
        for job in read_list("list", folder, container, allow_scripts=False):
            if job.refusal is None:
                inside = Path(job.target).resolve()
                assert folder.resolve() in inside.parents, job


def test_a_line_that_cannot_be_done_is_a_job_that_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbfa/x.mkv\r\n\r\nb/x.mkv\na/x.mkv\n-\nc\xff.mkv\n")

    jobs = read_list("list", Path("out"), None, allow_scripts=False)

    assert [job.source for job in jobs] == ["a/x.mkv", "b/x.mkv", "-", "c\udcff.mkv"]
    assert [job.refusal is None for job in jobs] == [True, False, False, True]
    assert "would both become" in str(jobs[1].refusal)
    assert jobs[0].target == str(Path("out") / "x.mkv")


def test_a_list_that_is_none_is_an_error(tmp_path):
    (tmp_path / "empty").write_text("\n \n")
    with pytest.raises(SourceNotFoundError, match="is no file"):
        read_list(str(tmp_path / "none"), tmp_path, None, allow_scripts=False)
    with pytest.raises(OptionError, match="names no input"):
        read_list(str(tmp_path / "empty"), tmp_path, None, allow_scripts=False)
    with pytest.raises(OptionError, match="container is"):
        read_list(str(tmp_path / "empty"), tmp_path, "avi", allow_scripts=False)


def test_one_batch_at_a_time_writes_into_a_folder(tmp_path):
    with Ledger(tmp_path), pytest.raises(SinkError, match="another batch writes into"):
        Ledger(tmp_path)
    Ledger(tmp_path).close()
    assert [path.name for path in tmp_path.iterdir()] == ["batch.ledger"]


def test_a_torn_ledger_forgets_its_last_line_only(tmp_path):
    from vsfilter.cli.batch import JobState

    jobs = [Job(source=name, target=str(tmp_path / name)) for name in ("a", "b")]
    with Ledger(tmp_path) as ledger:
        for job in jobs:
            ledger.note(JobState(job=job, state="failed", error="no"), {"crf": "16"})
    file = tmp_path / "batch.ledger"
    file.write_bytes(file.read_bytes()[:-5])

    with Ledger(tmp_path) as ledger:
        assert [ledger.past(job, {"crf": "16"}) is None for job in jobs] == [False, True]
        assert ledger.past(jobs[0], {"crf": "17"}) is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_list_may_be_written_by_windows(tmp_path, monkeypatch, encoding):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list").write_bytes("über/x.mkv\r\ny.mkv\r\n".encode(encoding))
    jobs = read_list("list", Path("out"), None, allow_scripts=False)
    assert [job.source for job in jobs] == ["über/x.mkv", "y.mkv"]
    (tmp_path / "list").write_bytes("x.mkv".encode("utf-16-le"))
    with pytest.raises(OptionError, match="is no text in UTF-8"):
        read_list("list", Path("out"), None, allow_scripts=False)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_list_on_standard_input_is_read_as_a_file_is(tmp_path, monkeypatch, encoding):
    make_clip(tmp_path / "film.mkv", Clip(count=2))
    text = f"{tmp_path / 'film.mkv'}\n".encode(encoding)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    (job,) = read_list("-", tmp_path / "out", "mkv", allow_scripts=False)
    assert (job.source, job.refusal) == (str(tmp_path / "film.mkv"), None)
