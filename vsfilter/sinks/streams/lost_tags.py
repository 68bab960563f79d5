"""Tags as an output container knows them."""

from __future__ import annotations

from collections.abc import Mapping

_BRAND_TAGS = ("major_brand", "minor_version", "compatible_brands")
_STALE_TAGS = (
    *("duration", "bps", "number_of_", "_statistics_", "encoder", "vendor_id", "alpha_mode"),
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
"""Tags for which FFmpeg's muxer of MP4 has a box (libavformat/movenc.c)."""
_TRACK_TAGS = frozenset((
    "language", "title", "handler_name", "creation_time", "timecode", "filename", "mimetype",
))
# fmt: on
"""The same of a track of MP4 and QuickTime; names of files belong to Matroska's attachments."""


def kept_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Give the tags of a stream or a file that say something about a new file, too.

    A track's title is called `name` in MP4 and QuickTime.
    """
    kept = {name: text for name, text in tags.items() if not _is_stale(name)}
    if "name" in kept:
        kept.setdefault("title", kept.pop("name"))
    return kept


def _is_stale(name: str) -> bool:
    return name.lower().startswith(_STALE_TAGS)


def kept_file_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Give the global tags that a new file gets; brands are those of the old container."""
    kept = {name: text for name, text in tags.items() if not _is_stale(name)}
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
    names = kept_file_tags(tags)
    return tuple(sorted(name for name in names if name.lower().partition("-")[0] not in _MP4_TAGS))


def lost_track_tags(tags: Mapping[str, str], format: str, *, is_cover: bool) -> tuple[str, ...]:
    """Name the tags of a stream that MP4 and QuickTime cannot hold.

    Args:
        tags: The tags of the stream.
        format: FFmpeg's name of the output's muxer.
        is_cover: The stream is cover art, which is no track there and has no title.
    """
    if format not in ("mp4", "mov"):
        return ()
    known = _TRACK_TAGS - {"title"} if is_cover else _TRACK_TAGS
    return tuple(sorted(name for name in kept_tags(tags) if name.lower() not in known))
