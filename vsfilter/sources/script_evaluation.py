"""Evaluation of a VapourSynth script in this process, as vspipe does it."""

from __future__ import annotations

import sys
import traceback
from contextlib import chdir, redirect_stdout
from pathlib import Path

import vapoursynth as vs

from vsfilter.errors import OptionError, ScriptError, SourceNotFoundError
from vsfilter.vapoursynth.alpha import ALPHA
from vsfilter.vapoursynth.translation import pixel_format, reason


def evaluate(path: str) -> vs.VideoNode:
    """Run a script in its own folder, and give its output 0; what it prints goes to stderr.

    Opacity that the script sets beside its output goes into the frames, as `_Alpha`.

    Raises:
        SourceNotFoundError: There is no such file.
        ScriptError: The script fails, or has no video of constant format as its output 0.
    """
    file = Path(path)
    if not file.is_file():
        raise SourceNotFoundError(f"script {path!r} does not exist")
    vs.clear_outputs()
    try:
        with chdir(file.absolute().parent), redirect_stdout(sys.stderr):
            code = compile((Path.cwd() / file.name).read_bytes(), path, "exec")
            exec(code, {"__name__": "__vapoursynth__", "__file__": str(Path.cwd() / file.name)})
        return _checked_output(path)
    except ScriptError:
        raise
    except (Exception, SystemExit) as error:  # a script may raise anything
        raise ScriptError(f"script {path!r}{_place(error, path)}: {_reason(error)}") from error
    finally:
        vs.clear_outputs()


def _checked_output(path: str) -> vs.VideoNode:
    output = vs.get_outputs().get(0)
    if output is None:
        raise ScriptError(f"script {path!r} has no output 0: call set_output() on its clip")
    if not isinstance(output, vs.VideoOutputTuple):
        raise ScriptError(f"output 0 of script {path!r} is audio: set a video output")
    clip = output.clip
    if clip.format is None or clip.format.color_family == vs.UNDEFINED or not clip.width:
        raise ScriptError(f"the output of script {path!r} varies in format or size: resize it")
    try:
        pixel_format(clip.format)
    except OptionError as error:
        raise ScriptError(f"the output of script {path!r}: {error}") from error
    if output.alpha is None:
        return clip
    return vs.core.std.ClipToProp(clip, output.alpha, prop=ALPHA)


def _place(error: BaseException, path: str) -> str:
    """Name the line of the script that an error comes from, if it comes from one."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return f", line {error.lineno}"
    steps = traceback.extract_tb(error.__traceback__)
    lines = [step.lineno for step in steps if step.filename == path]
    return f", line {lines[-1]}" if lines else ""


def _reason(error: BaseException) -> str:
    if isinstance(error, vs.Error):
        return reason(error)
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {' '.join(text.split())}"
