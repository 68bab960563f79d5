"""The end of a run: an output gets its name once, and what no later run could use is not kept."""

import os
from dataclasses import replace

import pytest

from tests.clips import Clip, make_clip
from tests.resume_runs import COUNT, FFV1, SEGMENT, SETTINGS, StopError, frames_of, run, stop_after
from vsfilter.cli.batch import JobState
from vsfilter.cli.inputs import Job
from vsfilter.cli.ledger import Ledger
from vsfilter.cli.transcode_report import Reporter
from vsfilter.errors import SinkExistsError, SourceError
from vsfilter.input_limits import InputLimits
from vsfilter.input_settings import InputSettings
from vsfilter.sinks.segments.work_folder import WorkFolder
from vsfilter.transcode.transcode import Callbacks

MADE_FROM = {"crf": "16"}


@pytest.fixture
def film(tmp_path):
    return make_clip(tmp_path / "film.mkv", Clip(count=COUNT))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_nothing_is_kept_of_an_input_that_no_later_run_can_know_again(film, tmp_path):
    reading = InputSettings(limits=InputLimits(allow_url=True))
    kept = []

    def frame(done):
        if done == 2 * SEGMENT:
            raise StopError

    with pytest.raises(StopError):
        run(
            f"file:{film}",
            tmp_path / "out.mkv",
            reading=reading,
            callbacks=Callbacks(frame=frame, safe=kept.append),
        )
    assert kept == [0]
    assert names(tmp_path) == ["film.mkv"]


def test_nothing_is_kept_of_an_input_that_changed_while_it_was_read(film, tmp_path):
    kept = []

    def frame(done):
        if done == COUNT:
            with film.open("ab") as file:
                file.write(b"more")

    with pytest.raises(SourceError, match="changed while it was read"):
        run(
            film,
            tmp_path / "out.mkv",
            callbacks=Callbacks(frame=frame, safe=kept.append),
        )
    assert kept == [0]
    assert names(tmp_path) == ["film.mkv"]


@pytest.mark.parametrize(
    ("resume", "words"),
    [(True, "the same command goes on"), (False, "the same command without --no-resume goes on")],
)
def test_the_command_that_goes_on_is_named(capsys, resume, words):
    reporter = Reporter(resume=resume, quiet=False)
    reporter.safe(8)
    reporter.__exit__(StopError, StopError(), None)
    assert capsys.readouterr().err == f"8 frames are kept: {words} from there\n"


@pytest.mark.parametrize(("name", "newcomer"), [("out.mkv", "out.mkv"), ("i/%d.png", "i/7.png")])
def test_an_output_that_somebody_else_has_put_there_meanwhile_stays(film, tmp_path, name, newcomer):
    target = tmp_path / name
    encoder = replace(FFV1, codec=None)

    def frame(done):
        if done == COUNT:
            (tmp_path / newcomer).write_text("not ours")

    with pytest.raises(SinkExistsError, match="--overwrite"):
        run(film, target, encoder=encoder, callbacks=Callbacks(frame=frame))
    assert (tmp_path / newcomer).read_text() == "not ours"
    assert run(film, target, encoder=encoder, overwrite=True).resumed_from == COUNT
    assert (tmp_path / newcomer).read_bytes()[:8] != b"not ours"


@pytest.fixture
def published(film, tmp_path, monkeypatch):
    """Give an output whose run was stopped right after it had got its name."""
    target = tmp_path / "out.mkv"
    with monkeypatch.context() as patch:
        patch.setattr(WorkFolder, "remove", WorkFolder.release)
        run(film, target)
    assert names(tmp_path) == ["film.mkv", "out.mkv", "out.mkv.part"]
    return target


def test_what_is_left_after_an_output_got_its_name_is_tidied_up(film, published, tmp_path):
    with pytest.raises(SinkExistsError):
        run(film, published)
    assert names(tmp_path) == ["film.mkv", "out.mkv"]
    assert len(frames_of(published)) == COUNT


def test_segments_stay_when_another_output_has_the_name(film, published, tmp_path):
    published.write_text("not ours")
    with pytest.raises(SinkExistsError):
        run(film, published)
    assert run(film, published, overwrite=True).resumed_from == COUNT


def past(folder, target):
    with Ledger(folder) as ledger:
        return ledger.past(Job(source="film.mkv", target=str(target)), MADE_FROM)


@pytest.mark.parametrize("has_folder", [True, False])
def test_a_batch_that_was_stopped_before_it_noted_an_output_knows_it(film, tmp_path, has_folder):
    target = tmp_path / "out.mkv"
    with Ledger(tmp_path) as ledger:
        job = Job(source=str(film), target=str(target))
        ledger.note(JobState(job=job, state="running"), MADE_FROM)
    assert past(tmp_path, target) is None

    run(film, target)
    if has_folder:
        folder = WorkFolder(target)
        folder.path.mkdir()
        state = target.stat()
        folder.publishing.write_text(f"{state.st_size} {state.st_mtime_ns}")
    assert past(tmp_path, target).is_done

    folder = WorkFolder(target)
    folder.path.mkdir(exist_ok=True)
    folder.publishing.unlink(missing_ok=True)
    assert past(tmp_path, target) is None  # segments: the run was stopped before


def test_an_output_that_a_batch_would_have_replaced_is_not_taken_for_its_own(film, tmp_path):
    target = tmp_path / "out.mkv"
    target.write_text("old")
    with Ledger(tmp_path) as ledger:
        job = Job(source=str(film), target=str(target))
        ledger.note(JobState(job=job, state="running"), MADE_FROM)
    assert past(tmp_path, target) is None


@pytest.mark.skipif(os.name == "nt", reason="links need rights there; files are tested above")
def test_a_linked_output_goes_on_with_the_windows_of_the_run_before(film, tmp_path, monkeypatch):
    free = [2_000_000]
    monkeypatch.setattr("vsfilter.engine.memory_limit.free_bytes", lambda device, sharers: free[0])
    monkeypatch.setenv("VSFILTER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "far").mkdir()
    target = tmp_path / "out.mkv"
    target.symlink_to(tmp_path / "far" / "film.mkv")
    settings = replace(SETTINGS, core=None)
    stop_after(3 * SEGMENT + 3, film, target, settings=settings)
    free[0] = 10**12
    assert run(film, target, settings=settings).resumed_from > 0
    assert len(frames_of(tmp_path / "far" / "film.mkv")) == COUNT
