import av
import numpy as np
import pytest
from av.video.format import names

from tests.clips import same_samples
from vsfilter.pixel_formats import planar_name
from vsfilter.sources.decoded_frame import to_frame
from vsfilter.sources.sample_layouts import LAYOUTS

# swscale of FFmpeg 9 cannot make these, or makes them with errors of its own
_NOT_COMPARED = (
    *("gbrap1", "gbrapf", "gbrp10msb", "gbrp12msb", "gbrpf16be", "grayf16be", "rgbaf", "rgbf"),
    *("v30xbe", "x2bgr10be", "x2rgb10be", "xv30be", "y210be", "y212be", "y216be", "yaf"),
)
_COMPARED = sorted(name for name in LAYOUTS if name in names and not name.startswith(_NOT_COMPARED))


def plain(picture):
    return to_frame(picture, pts=0, duration=None, field_order="progressive")


@pytest.mark.parametrize("name", _COMPARED)
def test_samples_are_taken_out_of_every_format_unchanged(name):
    format = LAYOUTS[name].format
    random = np.random.default_rng(1)
    picture = av.VideoFrame(64, 48, planar_name(format))
    for plane in picture.planes:
        words = np.frombuffer(plane, format.dtype)
        words[:] = (
            random.random(words.shape)
            if format.is_float
            else random.integers(0, 1 << format.bits, words.shape)
        )
    packed = picture.reformat(format=name, src_color_range=2, dst_color_range=2)

    assert same_samples(plain(packed), plain(picture))


@pytest.mark.parametrize(("name", "letters"), [("nv12", "uv"), ("yuyv422", "yuyv")])
def test_odd_widths_keep_their_last_chroma_column(name, letters):
    picture = av.VideoFrame(5, 3, name)
    for plane in picture.planes:
        words = np.frombuffer(plane, np.uint8).reshape(plane.height, -1)
        words[:] = np.arange(words.shape[1])

    luma, u, v = plain(picture).planes

    assert luma.shape == (3, 5)
    first_u, step = (0, 2) if letters == "uv" else (1, 4)
    assert u[0].tolist() == [first_u + step * column for column in range(3)]
    assert v[0].tolist() == [first_u + step // 2 + step * column for column in range(3)]
