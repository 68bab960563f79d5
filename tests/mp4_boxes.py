"""Boxes put into MP4 files, for what no muxer of FFmpeg's writes."""

import struct


def box(name, content):
    """Make a box of an MP4 file."""
    return struct.pack(">I4s", 8 + len(content), name) + content


def add_box(path, added):
    """Put boxes behind all that an MP4 file with x264 says of its pictures."""
    data = bytearray(path.read_bytes())
    start = data.find(b"avc1", data.find(b"stsd")) - 4
    end = start + struct.unpack_from(">I", data, start)[0]
    data[end:end] = added
    for name in (b"avc1", b"stsd", b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        place = data.rfind(name, 0, end) - 4
        length = struct.unpack_from(">I", data, place)[0]
        struct.pack_into(">I", data, place, length + len(added))
    path.write_bytes(data)
