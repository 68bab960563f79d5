"""PNG images on a pipe, as they come."""

import io
import struct
import subprocess
import sys

import cv2
import numpy as np
import pytest

from vsfilter.errors import SourceError
from vsfilter.sources.png_stream import PngStream


def png(value, shape=(6, 8, 3), dtype=np.uint16):
    """Make the bytes of a PNG whose blue, the first of OpenCV's channels, is 9."""
    pixels = np.full(shape, value, dtype)
    if len(shape) == 3:
        pixels[..., 0] = 9
    done, data = cv2.imencode(".png", pixels)
    assert done
    return data.tobytes()


def test_images_are_frames_with_all_their_bits():
    with PngStream(io.BytesIO(png(40001) + png(7))) as source:
        frames = list(source)

    assert (source.info.width, source.info.height, source.info.format.bits) == (8, 6, 16)
    assert [frame.pts for frame in frames] == [0, 1]
    assert [int(plane[0, 0]) for plane in frames[0].planes] == [40001, 40001, 9]
    assert [int(plane[5, 7]) for plane in frames[1].planes] == [7, 7, 9]


def lying(length):
    """Make a PNG of which a part claims to be longer than any image."""
    data = bytearray(png(1))
    data[8:12] = struct.pack(">I", length)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png(1) + png(2)[:-1], "cut off in image 1"),
        (png(1) + b"\x89PN", "image 1 on standard input is no PNG"),
        (png(1) + b"garbage!", "image 1 on standard input is no PNG"),
        (png(1) + png(2, (6, 9, 3)), "image 1 on standard input is 9x6 rgb of 16 bits"),
        (png(1) + png(2, dtype=np.uint8), "image 1 on standard input is 8x6 rgb of 8 bits"),
        (b"", "empty"),
        (lying(2**32 - 1), "claims to have 4294967295 bytes"),
        (lying(500), "cut off in image 0"),
        (png(1)[:40] + bytes(200) + png(1)[240:], "cut off|damaged|no picture"),
    ],
)
def test_what_is_no_image_is_named(data, words):
    with pytest.raises(SourceError, match=words):
        list(PngStream(io.BytesIO(data)))


def test_a_process_tells_by_the_first_byte_what_comes():
    code = (
        "from vsfilter.sources import standard_input\n"
        "try:\n"
        "    source = standard_input.open_standard_input()\n"
        "    for frame in source: print(frame.pts, flush=True)\n"
        "except Exception as error: print(error)\n"
    )
    data = png(1) + png(2)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdin.write(data[:-10])
        process.stdin.flush()
        first = process.stdout.readline()  # comes before the second image is whole
        rest, _ = process.communicate(data[-10:], timeout=60)
    assert (first, rest) == (b"0\n", b"1\n")

    for given, words in ((b"", b"is empty"), (b"hello\n", b"neither a Y4M stream nor PNG")):
        done = subprocess.run(
            [sys.executable, "-c", code], input=given, capture_output=True, check=True
        )
        assert words in done.stdout


def test_a_transparent_image_among_opaque_ones_is_refused():
    clear = np.full((6, 8, 4), 40, np.uint8)
    data = png(9, dtype=np.uint8) + cv2.imencode(".png", clear)[1].tobytes()
    message = "image 1 on standard input has transparent pixels, the first one has no alpha"
    with PngStream(io.BytesIO(data)) as source, pytest.raises(SourceError, match=message):
        list(source)
