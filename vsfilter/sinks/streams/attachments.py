"""Files inside a container: fonts, other attachments and cover art."""

from __future__ import annotations

from pathlib import Path

from av.container import OutputContainer
from av.stream import AttachmentStream, Disposition, Stream

from vsfilter.media.media_file import open_media

COVER_TYPES = {
    "mjpeg": ("cover.jpg", "image/jpeg"),
    "png": ("cover.png", "image/png"),
    "bmp": ("cover.bmp", "image/bmp"),
    "gif": ("cover.gif", "image/gif"),
    "webp": ("cover.webp", "image/webp"),
}
"""Names and types of covers by FFmpeg's codec; Matroska finds a cover by its name."""


def is_cover(stream: Stream) -> bool:
    """Tell whether a stream is cover art, one picture that FFmpeg shows as video."""
    return bool(stream.disposition & Disposition.attached_pic)


def add_attachment(output: OutputContainer, stream: AttachmentStream) -> bool:
    """Copy an attachment; tell whether the output can hold it."""
    if output.format.name != "matroska":
        return False
    name = stream.name or f"attachment-{stream.index}"
    copy = output.add_attachment(name, stream.mimetype or "application/octet-stream", stream.data)
    copy.metadata.update(stream.metadata)
    return True


def add_cover(output: OutputContainer, stream: Stream, path: Path) -> bool:
    """Copy cover art into Matroska, where it is an attachment.

    Args:
        output: The output container.
        stream: The cover of the input.
        path: The input, from which the picture is read.

    Returns:
        Whether the output holds it now.
    """
    found = COVER_TYPES.get(stream.codec_context.name)
    if output.format.name != "matroska" or found is None:
        return False
    picture = _picture(path, stream.index)
    if picture is None:
        return False
    name, mimetype = found
    copy = output.add_attachment(stream.metadata.get("filename", name), mimetype, picture)
    copy.metadata.update(stream.metadata)
    return True


def _picture(path: Path, index: int) -> bytes | None:
    """Read the one packet of a cover; demuxers give it before all others."""
    with open_media(path) as container:
        packet = next(container.demux(container.streams[index]), None)
        return bytes(packet) if packet is not None and packet.size else None
