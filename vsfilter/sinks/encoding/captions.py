"""Closed captions inside an encoded stream of H.264 or HEVC.

An encoder knows nothing of them here: PyAV cannot attach them to a picture. They travel in a
message of their own (SEI, "user data registered by ITU-T T.35") before the picture's slices, as
ATSC A/53 part 4, section 6.2.3 lays down, and annex B of H.264 and HEVC how messages are framed.
"""

from __future__ import annotations

_START = b"\0\0\0\1"
_HEADERS = {
    "h264": b"\x06",  # nal_unit_type 6
    "hevc": b"\x4e\x01",  # nal_unit_type 39 (prefix SEI), layer 0, temporal id 0
}
_REGISTERED = 4
_ATSC = b"\xb5\x00\x31GA94\x03"
_MOST_TRIPLETS = 31


def keeps_captions(codec: str) -> bool:
    """Tell whether captions can be written into a codec, by FFmpeg's name of it."""
    return codec in _HEADERS


def with_captions(codec: str, data: bytes, captions: bytes | None) -> bytes:
    """Give an encoded frame with its captions, if it has any and the codec can hold them.

    Args:
        codec: FFmpeg's name of the codec.
        data: The frame, of annex B, as x264 and x265 give it.
        captions: Triplets of bytes (ATSC A/53 part 4).
    """
    if not captions or not keeps_captions(codec):
        return data
    place = _first_slice(data, codec)
    return data[:place] + _message(codec, captions) + data[place:]


def _first_slice(data: bytes, codec: str) -> int:
    """Find the start code of the first unit with samples of the picture."""
    place = data.find(b"\0\0\1")
    while place >= 0 and place + 3 < len(data):
        head = data[place + 3]
        is_slice = 1 <= head & 31 <= 5 if codec == "h264" else head >> 1 & 63 < 32
        if is_slice:
            return place - 1 if place and data[place - 1] == 0 else place
        place = data.find(b"\0\0\1", place + 3)
    return 0


def _message(codec: str, captions: bytes) -> bytes:
    count = min(len(captions) // 3, _MOST_TRIPLETS)
    payload = _ATSC + bytes((0x40 | count, 0xFF)) + captions[: 3 * count] + b"\xff"
    body = bytes((_REGISTERED, len(payload))) + payload + b"\x80"
    return _START + _HEADERS[codec] + _escaped(body)


def _escaped(body: bytes) -> bytes:
    """Keep start codes out of a unit: after two zeros, a byte up to 3 gets a 3 before it."""
    made = bytearray()
    zeros = 0
    for byte in body:
        if zeros == 2 and byte <= 3:
            made.append(3)
            zeros = 0
        made.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(made)
