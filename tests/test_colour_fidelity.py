"""Colours through a whole transcode: the same values, at the same place."""

from fractions import Fraction

import numpy as np
import pytest

from tests.charts import COLUMNS, ROWS, chart
from vsfilter.clip import ClipInfo
from vsfilter.engine.settings import Settings
from vsfilter.frame import Colour, Frame
from vsfilter.pixel_formats import PLANAR
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sources.pyav_source import FileSource
from vsfilter.transcode.transcode import transcode

LOSSLESS = EncoderSettings(codec="ffv1", threads=1)
BORDER_PX = 3  # where kernels reach beyond the picture
MATRICES = (1, 4, 5, 6, 7, 8, 9)
FORMATS = ("yuv411p", "yuv422p10le", "yuv440p", "yuv444p12le", "yuv420p12le", "gray", "gbrp10le")


def colour(**changes):
    stated = {"matrix": 1, "is_full_range": False, "primaries": 1, "transfer": 1}
    return Colour(**{**stated, "chroma_location": 0, **changes})


CASES = [
    *(("yuv420p10le", colour(matrix=m, is_full_range=full)) for m in MATRICES for full in (0, 1)),
    *(("yuv420p", colour(chroma_location=location)) for location in range(4)),
    *((name, colour()) for name in FORMATS),
]


def through(folder, name, stated, planes, *, scale):
    """Give the planes of a chart after a transcode."""
    format = PLANAR[name]
    info = ClipInfo(
        width=COLUMNS,
        height=ROWS,
        format=format,
        colour=stated,
        time_base=Fraction(1, 25),
        rate=Fraction(25),
    )
    with FileSink(folder / "in.mkv", info, LOSSLESS) as sink:
        sink.write(Frame(planes=planes, format=format, colour=stated, pts=0, duration=1))
    settings = Settings(model="bicubic", scale=scale)
    given, made = str(folder / "in.mkv"), str(folder / "out.mkv")
    transcode(given, made, settings=settings, encoder=LOSSLESS)
    with FileSource(str(folder / "out.mkv")) as source:
        [frame] = list(source)
        assert (source.info.format, source.info.colour) == (format, stated)
        return frame.planes


def errors(found, expected, *, border_px):
    """Give the mean error and the mean size of the error of each plane, in code values."""
    inside = slice(border_px, -border_px or None)
    differences = [
        a[inside, inside].astype(float) - b[inside, inside]
        for a, b in zip(found, expected, strict=True)
    ]
    return [abs(d.mean()) for d in differences], [np.abs(d).mean() for d in differences]


def meant(name, stated):
    """Give the colour that a format can state."""
    format = PLANAR[name]
    if format.family == "rgb":
        return colour(matrix=0, is_full_range=True, chroma_location=None)
    is_subsampled = format.subsampling_w or format.subsampling_h
    location = stated.chroma_location if is_subsampled else None
    return colour(
        matrix=stated.matrix,
        is_full_range=bool(stated.is_full_range),
        chroma_location=location,
    )


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize(("name", "stated"), CASES)
def test_a_ramp_keeps_its_colours_and_its_place(tmp_path, name, stated, scale):
    """A quarter of a pixel of shift would be 2 code values of 10 bits in these ramps.

    At twice the size the ideal chart is rounded at other places than the given one, so that single
    values may differ by a rounding of each; their mean may not.
    """
    stated = meant(name, stated)
    format = PLANAR[name]
    found = through(tmp_path, name, stated, chart(format, stated), scale=scale)
    ideal = chart(format, stated, scale=scale)
    mean, size = errors(found, ideal, border_px=BORDER_PX * scale)
    assert max(mean) < 0.5
    assert max(size) < (0.5 if scale == 1 else 0.75)


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p10le", "yuv444p", "gbrp", "gray"])
def test_a_flat_colour_is_exact(tmp_path, name):
    stated = meant(name, colour(matrix=6))
    format = PLANAR[name]
    flat = (0.5, 0.5, 0.5) if name == "gray" else (0.7, 0.3, 0.2)
    given = chart(format, stated, flat=flat)
    found = through(tmp_path, name, stated, given, scale=2)
    ideal = chart(format, stated, flat=flat, scale=2)
    assert max(errors(found, ideal, border_px=0)[1]) == 0


def test_gray_with_a_matrix_of_constant_luminance_keeps_its_values(tmp_path):
    stated = colour(matrix=10, primaries=9, transfer=14, chroma_location=None)
    gray = np.linspace(16, 235, COLUMNS * ROWS).astype(np.uint8).reshape(ROWS, COLUMNS)
    [found] = through(tmp_path, "gray", stated, (gray,), scale=1)
    assert np.abs(found.astype(int) - gray).max() <= 1
