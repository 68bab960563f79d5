"""Two clips compared frame by frame: what `vsr compare` does before it writes its page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass

from vsfilter.compare.clip_input import ClipInput
from vsfilter.compare.clip_times import in_common_unit
from vsfilter.compare.measuring import MeasuredPair, measure_pairs
from vsfilter.compare.pairing import Pairs, pair_by_number, pair_by_offset, pair_by_time
from vsfilter.compare.picture_file import pack_pictures
from vsfilter.compare.picture_maker import PictureMaker, UprightSize, common_size, upright_size
from vsfilter.compare.result import ComparedClip, Comparison
from vsfilter.compare.shown_pairs import PairKeeper, ShownFrames, choose_pairs
from vsfilter.engine.read_ahead import ReadAhead
from vsfilter.errors import OptionError

log = logging.getLogger(__name__)
_FRAMES_AHEAD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """What the caller wants to hear about.

    Attributes:
        scan: Called with an input that is read to its end to count its frames.
        begin: Called with the number of pairs, before the first is measured.
        pair: Called after each pair with the number of pairs done.
    """

    scan: Callable[[str], None] = lambda path: None
    begin: Callable[[int], None] = lambda count: None
    pair: Callable[[int], None] = lambda done: None


def compare_clips(
    path_a: str,
    path_b: str,
    *,
    shown: ShownFrames,
    offset: int | None = None,
    callbacks: Callbacks | None = None,
) -> Comparison:
    """Compare two clips; memory holds a few pictures, and some numbers for each frame.

    Args:
        path_a: A file, a folder of images or a `.vpy` script.
        path_b: The same.
        shown: The frames whose pictures are kept.
        offset: Frame of A that belongs to the first one of B; None pairs by number or time.
        callbacks: Told about the progress.

    Raises:
        SourceError: A clip cannot be read.
        OptionError: No frames belong together, a frame to be shown is not compared, or a picture
            is smaller than the 11 px that SSIM needs.
    """
    callbacks = callbacks or Callbacks()
    with ClipInput(path_a) as a, ClipInput(path_b) as b:
        size_a, size_b = upright_size(a.info), upright_size(b.info)
        size = common_size(size_a, size_b)
        pairs = _pair(a, b, offset=offset, callbacks=callbacks)
        chosen = choose_pairs(pairs, shown)
        keeper = PairKeeper(chosen, worst_count=shown.worst_count)
        callbacks.begin(len(pairs))
        psnr_y: list[float] = []
        ssim_y: list[float] = []
        # closed before the inputs are, whatever happens: its threads read them
        with closing(_measured(a, b, pairs, size)) as measured:
            for pair in measured:
                psnr_y.append(pair.psnr_y)
                ssim_y.append(pair.ssim_y)
                keeper.offer(pair)
                callbacks.pair(len(psnr_y))
        order = dict.fromkeys([*keeper.worst_ssim, *keeper.worst_psnr, *chosen])
        return Comparison(
            a=_describe(a, size_a),
            b=_describe(b, size_b),
            size=size,
            pairs=pairs,
            times_s=[a.times.elapsed_s(number) for number in pairs.a],
            psnr_y=psnr_y,
            ssim_y=ssim_y,
            worst_psnr=keeper.worst_psnr,
            worst_ssim=keeper.worst_ssim,
            pictures=pack_pictures(keeper.pictures, list(order)),
        )


def _pair(a: ClipInput, b: ClipInput, *, offset: int | None, callbacks: Callbacks) -> Pairs:
    counts = [_count(each, callbacks) for each in (a, b)]
    if offset is not None:
        pairs = pair_by_offset(*counts, offset=offset)
    elif counts[0] == counts[1]:
        pairs = pair_by_number(counts[0])
    else:
        for each in (a, b):
            _scan(each, callbacks)
        pairs = pair_by_time(*in_common_unit(a.times, b.times))
    if not pairs:
        raise OptionError(
            f"no frame of '{a.path}' ({counts[0]} frames) has a partner in '{b.path}' "
            f"({counts[1]} frames): give --offset, the frame of A that the first of B shows"
        )
    if pairs.by == "time":
        log.warning(
            "A has %d frames and B %d: compared are the %d that have a partner in time; "
            "--offset N pairs frame N of A with the first of B",
            *counts,
            len(pairs),
        )
    return pairs


def _count(clip: ClipInput, callbacks: Callbacks) -> int:
    if clip.frame_count is None:
        _scan(clip, callbacks)
    return clip.frame_count or 0


def _scan(clip: ClipInput, callbacks: Callbacks) -> None:
    if not clip.is_scanned:
        callbacks.scan(clip.path)
        clip.scan()


def _measured(
    a: ClipInput, b: ClipInput, pairs: Pairs, size: UprightSize
) -> Generator[MeasuredPair]:
    """Read, convert and measure all pairs; both clips are read ahead, each on its own thread."""
    with (
        ReadAhead(a.frames(pairs.a), PictureMaker(a.info, size), ahead=_FRAMES_AHEAD) as from_a,
        ReadAhead(b.frames(pairs.b), PictureMaker(b.info, size), ahead=_FRAMES_AHEAD) as from_b,
    ):
        yield from measure_pairs(zip(from_a, from_b, strict=True))


def _describe(clip: ClipInput, size: UprightSize) -> ComparedClip:
    count = clip.frame_count or 0
    is_whole = clip.times.frame_count == count
    return ComparedClip(
        path=clip.path,
        info=clip.info,
        size=size,
        frame_count=count,
        duration_s=clip.times.duration_s if is_whole else None,
    )
