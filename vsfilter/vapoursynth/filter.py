"""The VapourSynth filter: `upscale` for scripts."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import vapoursynth as vs

from vsfilter.clip import ClipInfo
from vsfilter.errors import OptionError, VsfilterError
from vsfilter.frame import Colour
from vsfilter.output_size import OutputSize, SizeSettings, output_size, to_scale
from vsfilter.vapoursynth.translation import pixel_format
from vsfilter.vapoursynth.window_graph import build_graph
from vsfilter.worker_threads import let_idle_workers_sleep

if TYPE_CHECKING:
    from vsfilter.engine.settings import Cuts, Settings

log = logging.getLogger(__name__)
_NO_ARGUMENTS = {"name", "options", "watchdog_s"}
"""What elsewhere is a setting, and so no name for an option of a model."""


def upscale(  # noqa: PLR0913  # the promised entry point
    clip: vs.VideoNode,
    model: str | None = None,
    *,
    weights: str | PathLike[str] | None = None,
    quality: str | None = None,
    scale: float | Fraction | None = None,
    core: int | None = None,
    context: int | None = None,
    blend: int | None = None,
    device: str | None = None,
    precision: str = "auto",
    threads: int | None = None,
    deterministic: bool = False,
    tile: int | None = None,
    cuts: str | Iterable[int] = "auto",
    ghost_guard: str = "auto",
    strength: float = 1.0,
    **options: Any,  # Any: each backend checks its own options by name
) -> vs.VideoNode:
    """Restore and enlarge a clip with a neural model.

    The result has the format, frame rate and properties of the clip at the new size. A frame costs
    the window that it lies in; frames of the same window come with it.

    Args:
        clip: RGB, YUV or GRAY of 8 to 16 bits or float, of constant format and size, progressive.
        model: A name of `vsr models`, or "name:weights"; None for the one that the weights belong
            to.
        weights: A named set or a file; None for the model's default.
        quality: "fast" (the default), "good" or "best": which of the model's sets is taken, where
            none is named; "best" takes eight times as long as "good".
        scale: How many times larger the result is, such as 2 or 1.5; None for the scale of the
            weights. Where the model has another one, its result is resized in RGB.
        core: Frames delivered by one window; None for the model's default, or fewer for large
            clips and where memory is short.
        context: Frames read on each side of the core; None for the model's default.
        blend: Frames over which neighbouring windows are crossfaded.
        device: A torch device; None for the first GPU, else the CPU.
        precision: "auto", "fp32", "bf16" or "fp16".
        threads: Threads of the model on a CPU; None for what torch takes.
        deterministic: Compute in fp32 with a fixed number of threads, so that no frame depends on
            the number of cores.
        tile: Side of the tiles in which large frames are restored, in px; None for whole frames, or
            tiles where memory does not do for these.
        cuts: Where shots begin: "auto" (`_SceneChangePrev` and `_SceneChangeNext` where frames have
            them, else found by comparing frames), "props", "off", or the frame numbers.
        ghost_guard: Keeps what appears or vanishes between frames, such as subtitles, from leaving
            ghosts: "auto" for models that need it, "on", or "off".
        strength: Share of the model's result, in [0, 1]; the rest is bicubic.
        options: The model's own options.

    Raises:
        vapoursynth.Error: An argument is wrong, or the model cannot be loaded.
    """
    let_idle_workers_sleep()
    try:
        _check_clip(clip)
        settings = _settings(
            {
                "model": model,
                "weights": weights,
                "quality": quality,
                "scale": None if scale is None else _scale(scale),
                "core": core,
                "context": context,
                "blend": blend,
                "device": device,
                "precision": precision,
                "threads": threads,
                "deterministic": deterministic,
                "tile": tile,
                "cuts": _cuts(cuts),
                "ghost_guard": ghost_guard,
                "strength": strength,
                "options": options,
            }
        )
        from vsfilter.engine.restorer import Restorer  # torch takes a second: not on import

        settings = _within(settings, clip.num_frames)
        restorer = Restorer(settings, width=clip.width, height=clip.height)
        size = _output_size(clip, settings.scale or restorer.scale)
        return build_graph(clip, restorer, cuts=settings.cuts, size=(size.width, size.height))
    except VsfilterError as error:
        log.debug("upscale failed", exc_info=True)
        raise vs.Error(f"upscale: {error}") from None  # vspipe prints the whole chain


def _within(settings: Settings, frame_count: int) -> Settings:
    """Give the same windows of a short clip by smaller numbers: a graph has a node for each place.

    Where one window holds the clip, nothing is blended.
    """
    core, context = settings.core, settings.context
    if core is not None and core >= frame_count:
        settings = replace(settings, core=frame_count, blend=0)
    if context is not None:  # one that is less than `blend` would be refused
        context = min(context, max(frame_count, settings.blend))
    return replace(settings, context=context)


def _check_clip(clip: object) -> None:
    if not isinstance(clip, vs.VideoNode):
        raise OptionError(f"clip is of type {type(clip).__name__}: give a VideoNode")
    if clip.format is None or clip.format.color_family == vs.UNDEFINED:
        raise OptionError("clip has a variable format: convert it to one format first")
    if not clip.width or not clip.height:
        raise OptionError("clip has a variable size: resize it to one size first")
    if clip.gpu_resident:
        raise OptionError("clip is in GPU memory: give clip.std.GPUDownload()")
    pixel_format(clip.format)


def _settings(arguments: dict[str, object]) -> Settings:
    """Check the types of arguments and make settings of those that are given."""
    from vsfilter.engine.settings import Settings  # torch takes a second: not on import

    types: dict[str, type | tuple[type, ...]] = {
        **dict.fromkeys(("model", "quality", "device", "precision", "ghost_guard"), str),
        **dict.fromkeys(("core", "context", "blend", "threads", "tile"), int),
        "deterministic": bool,
        "weights": (str, PathLike),
        "strength": (int, float),
    }
    given: dict[str, Any] = {k: v for k, v in arguments.items() if v is not None}  # Any: for **
    for name, expected in types.items():
        value = given.get(name, expected)
        if value is expected:
            continue
        is_bool = isinstance(value, bool)  # which Python takes for a number
        if not isinstance(value, expected) or (is_bool and expected is not bool):
            names = expected if isinstance(expected, tuple) else (expected,)
            wanted = " or ".join(each.__name__ for each in names)
            raise OptionError(f"{name} is {value!r}: give a value of type {wanted}")
    if missing := sorted(_NO_ARGUMENTS & given["options"].keys()):
        raise OptionError(f"there is no argument {missing[0]!r}: leave it out")
    if "weights" in given:
        given["weights"] = fspath(given["weights"])
    return Settings(**given)


def _scale(scale: object) -> Fraction:
    if not isinstance(scale, int | float | Fraction) or isinstance(scale, bool):
        raise OptionError(f"scale is {scale!r}: give a number such as 4 or 1.5")
    return to_scale(scale)


def _output_size(clip: vs.VideoNode, scale: Fraction | int) -> OutputSize:
    format = pixel_format(clip.format)
    info = ClipInfo(
        width=clip.width,
        height=clip.height,
        format=format,
        colour=Colour(),
        time_base=Fraction(1),  # no time is asked for
    )
    return output_size(info, scale, SizeSettings(), format)


def _cuts(cuts: object) -> Cuts:
    if isinstance(cuts, str):
        return cuts  # type: ignore[return-value]  # Settings refuses other words
    wrong = OptionError(f"cuts is {cuts!r}: give 'auto', 'props', 'off' or a list of frame numbers")
    if not isinstance(cuts, Iterable) or isinstance(cuts, bytes):
        raise wrong
    numbers = tuple(cuts)
    for number in numbers:
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise wrong
    return numbers
