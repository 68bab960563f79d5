"""Tags, flags and languages as an output container knows them."""

from __future__ import annotations

from collections.abc import Mapping

from av.stream import Disposition

_BRAND_TAGS = ("major_brand", "minor_version", "compatible_brands")
_STALE_TAGS = (
    *("DURATION", "BPS", "NUMBER_OF_", "_STATISTICS_", "encoder", "ENCODER", "vendor_id"),
    *("alpha_mode", "ALPHA_MODE"),
)
"""Beginnings of tags that describe the old file's bytes; muxers write their own."""
# fmt: off
_MP4_TAGS = frozenset((
    "album", "album_artist", "artist", "comment", "compilation", "composer", "copyright",
    "creation_time", "date", "description", "disc", "episode_id", "episode_sort",
    "gapless_playback", "genre", "grouping", "hd_video", "keywords", "location", "lyrics",
    "media_type", "network", "season_number", "show", "synopsis", "timecode", "title",
    "track",
))
# fmt: on
"""Tags for which FFmpeg's muxer of MP4 has a box (libavformat/movenc.c)."""


def kept_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Give the tags of a stream or a file that say something about a new file, too.

    A track's title is called `name` in MP4 and QuickTime.
    """
    kept = {name: text for name, text in tags.items() if not name.startswith(_STALE_TAGS)}
    if "name" in kept:
        kept.setdefault("title", kept.pop("name"))
    return kept


def kept_file_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Give the global tags that a new file gets; brands are those of the old container."""
    kept = {name: text for name, text in tags.items() if not name.startswith(_STALE_TAGS)}
    return {name: text for name, text in kept.items() if name.lower() not in _BRAND_TAGS}


def lost_tags(tags: Mapping[str, str], format: str) -> tuple[str, ...]:
    """Name the global tags that MP4 cannot hold; the other containers take any.

    Args:
        tags: The tags of the input.
        format: FFmpeg's name of the output's muxer.
    """
    if format != "mp4":
        return ()
    # a tag such as location-eng repeats location with its language
    names = (name for name in kept_file_tags(tags) if name.partition("-")[0] not in _MP4_TAGS)
    return tuple(sorted(names))


_MAC_LANGUAGES = {
    "fre": "fra", "deu": "ger", "nld": "dut", "ell": "gre", "isl": "ice", "zho": "chi",
}  # fmt: skip
"""QuickTime numbers its languages; FFmpeg knows each by one of its two ISO 639-2 codes."""


def language_for(language: str, format: str) -> str:
    """Give the code under which a container knows a language."""
    return _MAC_LANGUAGES.get(language, language) if format == "mov" else language


_KEPT_FLAGS = {
    "mov": Disposition.default,
    "webm": Disposition.default | Disposition.forced,
}
"""Of the muxers that keep few; a cover is told by other means."""


def lost_flags(flags: Disposition, format: str) -> tuple[str, ...]:
    """Name the flags of a stream that a container has no place for."""
    if format not in _KEPT_FLAGS:
        return ()
    known = _KEPT_FLAGS[format] | Disposition.attached_pic | Disposition.timed_thumbnails
    return tuple(flag.name or "" for flag in Disposition if flag & flags & ~known)
