"""Flags of streams that an output container has no place for."""

from __future__ import annotations

from av.stream import Disposition

from vsfilter.media.media_file import ASIDE

_MATROSKA = (
    Disposition.default
    | Disposition.dub
    | Disposition.original
    | Disposition.comment
    | Disposition.forced
    | Disposition.hearing_impaired
    | Disposition.visual_impaired
)
_WEBM = Disposition.default | Disposition.forced
_TEXT_KINDS = Disposition.captions | Disposition.descriptions
_KEPT_FLAGS = {
    "matroska": _MATROSKA,
    "webm": _WEBM,
    "mov": Disposition.default,
    "mp4": (_MATROSKA | _TEXT_KINDS) & ~Disposition.original,
}
_KEPT_SUBTITLE_FLAGS = {
    **_KEPT_FLAGS,
    "matroska": _MATROSKA | Disposition.descriptions,
    "webm": _WEBM | _TEXT_KINDS | Disposition.metadata,
}
"""What FFmpeg's muxers write and its demuxers read again; a cover is told by other means."""
_ONE_MEANING = {
    Disposition.captions: Disposition.hearing_impaired,
    Disposition.descriptions: Disposition.visual_impaired,
}
"""Pairs that transport streams and MP4 set together: the one says all that the other does."""


def lost_flags(flags: Disposition, format: str, *, is_subtitle: bool) -> tuple[str, ...]:
    """Name the flags of a stream that a container has no place for."""
    known = (_KEPT_SUBTITLE_FLAGS if is_subtitle else _KEPT_FLAGS)[format] | ASIDE
    lost = [flag for flag in Disposition if flag & flags & ~known]
    return tuple(
        flag.name or ""
        for flag in lost
        if not _ONE_MEANING.get(flag, Disposition(0)) & flags & known
    )
