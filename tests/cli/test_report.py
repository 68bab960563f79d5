import json
import logging
import subprocess
import sys

import pytest
import torch

import vsfilter
from tests.fresh_python import run
from vsfilter.cli.evaluate import evaluate
from vsfilter.cli.report import FrameProgress, report_error, show_warnings
from vsfilter.cli.transcode import transcode
from vsfilter.errors import OptionError

APP = """
import sys, typer
from vsfilter.cli.report import run_app
from vsfilter.errors import OptionError, PluginError

app = typer.Typer(pretty_exceptions_enable=False)

@app.command()
def work(kind: str, count: int = 1):
    if kind == "option":
        raise OptionError("core is 0:\\n  give at least 1")
    if kind == "bug":
        raise ZeroDivisionError("division by zero")
    if kind == "plugin":
        try:
            {}["cfg"]
        except KeyError as error:
            raise PluginError("model 'odd' failed: KeyError: 'cfg'") from error
    if kind == "exit":
        sys.exit("needs a GPU\\nof this year")
    if kind == "interrupt":
        raise KeyboardInterrupt
    print("done")

run_app(app)
"""


def work(*arguments):
    return run("-c", APP, *arguments)


def vsr(*arguments):
    return run("-c", "from vsfilter.cli.main import run; run()", *map(str, arguments))


def assert_one_line(done, *words):
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    for word in words:
        assert word in line


def test_a_command_that_works_returns_zero():
    done = work("well")
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_an_error_of_ours_is_one_line():
    done = work("option")
    assert done.stderr == "error: core is 0: give at least 1\n"
    assert done.returncode == 1


def test_an_unexpected_error_is_one_line_that_says_how_to_see_more():
    assert_one_line(work("bug"), "unexpected ZeroDivisionError: division by zero", "--debug")


def test_what_a_plugin_raises_is_one_line_that_says_how_to_see_more():
    assert_one_line(work("plugin"), "model 'odd' failed: KeyError: 'cfg' (--debug shows where)")


def test_what_an_exit_says_is_an_error_of_one_line():
    assert_one_line(work("exit"), "error: needs a GPU of this year")


@pytest.mark.parametrize("arguments", [["--debug", "bug"], ["bug", "--debug"]])
def test_debug_shows_the_traceback_wherever_it_stands(arguments):
    done = work(*arguments)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr


def test_debug_changes_nothing_when_all_is_well():
    assert work("well", "--debug").stdout == "done\n"


@pytest.mark.parametrize("arguments", [[], ["well", "--nonsense"], ["well", "--count", "many"]])
def test_wrong_usage_returns_two(arguments):
    done = work(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_an_interrupted_command_returns_130_without_a_traceback():
    done = work("interrupt")
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["models", "--nonsense"], ["evaluate"], ["train"]]
)
def test_vsr_refuses_wrong_usage(arguments):
    done = vsr(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_vsr_alone_shows_its_help():
    done = vsr()
    assert "models" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "--gt", "missing.mp4"], ["missing.mp4", "does not exist"]),
        (["train", "missing.toml", "--out", "out"], ["missing.toml", "does not exist"]),
    ],
)
def test_vsr_reports_a_failure_in_one_line(arguments, words):
    assert_one_line(vsr(*arguments), *words)


def test_models_are_listed_as_json():
    done = vsr("models", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    entries = json.loads(done.stdout)
    assert {entry["name"] for entry in entries} == set(vsfilter.backends())
    for entry in entries:
        assert {"name", "weights", "scale", "source", "hash"} <= set(entry)
    (bicubic,) = (entry for entry in entries if entry["name"] == "bicubic")
    assert (bicubic["weights"], bicubic["scale"]) == (None, [1, 2, 3, 4])


def test_models_are_listed_for_people():
    done = vsr("models")
    assert (done.returncode, done.stderr) == (0, "")
    for name, backend in vsfilter.backends().items():
        assert name in done.stdout
        assert all(item.name in done.stdout for item in backend.bundled)


def test_plugins_are_listed_as_json():
    done = vsr("plugins", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    entries = {entry["name"]: entry for entry in json.loads(done.stdout)}
    assert entries["basicvsr"]["backends"] == ["basicvsr", "iconvsr", "basicvsrpp"]
    assert set(entries["sources"]["sources"]) == {"file", "stdin", "y4m", "images", "script"}
    assert [entry["problem"] for entry in entries.values()] == [None] * len(entries)
    assert [entry["clashes"] for entry in entries.values()] == [[]] * len(entries)


def test_weights_of_another_architecture_are_refused_with_their_keys(tmp_path):
    weights = tmp_path / "edvr.pth"
    torch.save({"params": {"conv_first.weight": torch.zeros(1)}}, weights)
    (tmp_path / "in.y4m").write_bytes(b"YUV4MPEG2 W2 H2 F25:1 C420\nFRAME\n" + bytes(6))
    source, target = tmp_path / "in.y4m", tmp_path / "out.mkv"
    done = run("-m", "vsfilter.cli.transcode", *map(str, (source, target, "--weights", weights)))
    assert_one_line(done, "edvr.pth", "conv_first.weight")
    assert not target.exists()


def test_a_report_and_a_clip_cannot_share_stdout():
    with pytest.raises(OptionError, match="--json"):
        transcode(["in.mp4", "-"], as_json=True)


def test_an_unknown_degradation_is_refused(tmp_path, warn):
    with pytest.raises(OptionError, match="'jpeg': give bi, bd, coded"):
        evaluate(ground_truth=tmp_path, degradation="jpeg")


@pytest.fixture
def warn():
    """Give the library's logger; take away the handlers that the test adds."""
    log = logging.getLogger("vsfilter")
    before = list(log.handlers)
    yield log.getChild("engine")
    for handler in log.handlers[:]:
        if handler not in before:
            log.removeHandler(handler)


def test_warnings_are_single_lines_and_each_comes_once(warn, capsys):
    show_warnings(quiet=False)
    for _ in range(3):
        warn.warning("frame %d is dark", 3)
    warn.warning("frame 4 is dark")
    warn.info("read 3 frames")
    assert capsys.readouterr().err.splitlines() == [
        "warning: frame 3 is dark",
        "warning: frame 4 is dark",
    ]


def test_quiet_leaves_warnings_out(warn, capsys):
    show_warnings(quiet=True)
    warn.warning("frame 3 is dark")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("total", "expected"),
    [(100, "21 of 100 frames, 2.00 fps, 40 s left"), (None, "21 frames, 2.00 fps")],
)
def test_progress_without_a_terminal_is_a_line_now_and_then(monkeypatch, capsys, total, expected):
    now = [0.0]
    monkeypatch.setattr("vsfilter.cli.report.time.monotonic", lambda: now[0])
    progress = FrameProgress(total, quiet=False)
    for done in range(1, 25):
        now[0] = done / 2  # the first frame restarts the wait for a line
        progress.update(done)
    progress.close()
    assert capsys.readouterr() == ("", f"{expected}\n")


def test_quiet_shows_no_progress(monkeypatch, capsys):
    progress = FrameProgress(5, quiet=True)
    monkeypatch.setattr(FrameProgress, "LINE_EVERY_S", 0)
    progress.update(3)
    progress.close()
    assert capsys.readouterr() == ("", "")


def test_what_strangers_have_named_does_not_steer_the_terminal(capsys):
    escape = "a\x1b]0;owned\x07b\u202etxt\udcff.mkv"
    spelt = r"a\x1b]0;owned\x07b\u202etxt\udcff.mkv"
    logger = logging.getLogger("vsfilter")
    before = list(logger.handlers)
    logger.propagate = False  # a report of pytest's with its log would be no UTF-8
    try:
        show_warnings(quiet=False)
        logger.warning("tag of %s\nis lost", escape)
    finally:
        logger.handlers[:] = before
        logger.propagate = True
    report_error(OptionError(escape))

    assert capsys.readouterr().err == f"warning: tag of {spelt} is lost\nerror: {spelt}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="the shell that closes the streams is another")
@pytest.mark.parametrize(
    ("closed", "told"),
    [(">&-", "unknown thing"), ("<&-", "standard input is closed")],
)
def test_closed_streams_cost_no_traceback(closed, told):
    code = APP.replace("core is 0:\\n  give at least 1", "unknown thing").replace(
        'if kind == "bug":', 'if kind == "input":\n        standard_input()\n    if kind == "bug":'
    )
    code = "from vsfilter.standard_streams import standard_input\n" + code
    kind = "option" if closed == ">&-" else "input"
    command = f'"{sys.executable}" -c "$0" {kind} {closed}'
    done = subprocess.run(["sh", "-c", command, code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert told in done.stderr
