"""Colours survive the way to RGB and back."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import vapoursynth as vs

from vsfilter.clip import ClipInfo
from vsfilter.colour import from_rgb, to_rgb
from vsfilter.errors import OptionError, SourceError
from vsfilter.frame import Colour, Frame, PixelFormat
from vsfilter.rgb_converter import FrameToRgb, RgbToFrame
from vsfilter.vapoursynth.translation import colour_of, pixel_format, video_format

core = vs.core
YUV420P8 = PixelFormat(family="yuv", bits=8, subsampling_w=1, subsampling_h=1)
YUV420P10 = PixelFormat(family="yuv", bits=10, subsampling_w=1, subsampling_h=1)
RGB24 = PixelFormat(family="rgb", bits=8)
GRAY8 = PixelFormat(family="gray", bits=8)
RGBS = PixelFormat(family="rgb", bits=32, is_float=True)
SUBSAMPLINGS = {"420": (1, 1), "422": (1, 0), "444": (0, 0), "440": (0, 1), "411": (2, 0)}
ALL_FORMATS = [
    *(
        PixelFormat(family="yuv", bits=bits, subsampling_w=w, subsampling_h=h)
        for w, h in SUBSAMPLINGS.values()
        for bits in (8, 10, 12, 16)
        if bits in (8, 16) or (w, h) in ((1, 1), (1, 0), (0, 0))
    ),
    PixelFormat(family="yuv", bits=32, is_float=True, subsampling_w=1, subsampling_h=1),
    PixelFormat(family="yuv", bits=16, is_float=True),
    *(PixelFormat(family="rgb", bits=bits) for bits in (8, 10, 12, 16)),
    PixelFormat(family="rgb", bits=16, is_float=True),
    RGBS,
    *(PixelFormat(family="gray", bits=bits) for bits in (8, 10, 16)),
    PixelFormat(family="gray", bits=32, is_float=True),
]


def name_of(format: PixelFormat) -> str:
    return video_format(format).name


def make_frame(format: PixelFormat, planes, colour: Colour | None = None) -> Frame:
    arrays = tuple(np.asarray(plane).astype(format.dtype) for plane in planes)
    return Frame(planes=arrays, format=format, colour=colour or Colour(), pts=7, duration=2)


def flat_frame(format: PixelFormat, values, *, width=16, height=12, colour=None) -> Frame:
    planes = [
        np.full(format.plane_shape(index, width=width, height=height), value)
        for index, value in zip(range(format.plane_count), values, strict=False)
    ]
    return make_frame(format, planes, colour)


def smooth_frame(format: PixelFormat, *, width=192, height=128, colour=None) -> Frame:
    """Waves of another direction in each plane, over most of the range."""
    planes = []
    for index in range(format.plane_count):
        rows, columns = format.plane_shape(index, width=width, height=height)
        y, x = np.mgrid[0:rows, 0:columns]
        y, x = y * height / rows, x * width / columns
        wave = np.sin((x * (1 + index) + y * (3 - index)) * 2 * np.pi / 400)
        if format.is_float:
            planes.append(0.4 * wave + (0.5 if index == 0 or format.family == "rgb" else 0))
        else:
            planes.append(np.rint((128 + 80 * wave) * 2 ** (format.bits - 8)))
    return make_frame(format, planes, colour)


def info_of(frame: Frame) -> ClipInfo:
    return ClipInfo(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        colour=frame.colour,
        time_base=Fraction(1, 25),
    )


def rgb_of(frame: Frame) -> np.ndarray:
    return FrameToRgb(info_of(frame)).convert(frame)


def round_trip(frame: Frame, format: PixelFormat | None = None) -> Frame:
    converter = RgbToFrame(format or frame.format, width=frame.width, height=frame.height)
    return converter.convert(rgb_of(frame), frame)


def largest_change(before: Frame, after: Frame) -> float:
    pairs = zip(before.planes, after.planes, strict=True)
    return max(float(np.abs(b.astype(np.float64) - a).max()) for b, a in pairs)


@pytest.mark.parametrize("matrix", [1, 4, 5, 6, 7, 8, 9])
@pytest.mark.parametrize("is_full_range", [False, True])
@pytest.mark.parametrize("bits", [8, 10])
def test_smooth_frames_return_within_one_code_value(bits, is_full_range, matrix):
    for (w, h), location in [(pair, 0) for pair in SUBSAMPLINGS.values()] + [
        ((1, 1), location) for location in range(6)
    ]:
        if (w, h) not in ((1, 1), (1, 0), (0, 0)) and bits != 8:
            continue
        format = PixelFormat(family="yuv", bits=bits, subsampling_w=w, subsampling_h=h)
        colour = Colour(matrix=matrix, is_full_range=is_full_range, chroma_location=location)
        frame = smooth_frame(format, colour=colour)
        assert largest_change(frame, round_trip(frame)) <= 1


@pytest.mark.parametrize("format", ALL_FORMATS, ids=name_of)
def test_every_format_returns_flat_colours_exactly(format):
    generator = np.random.default_rng(1)
    for _ in range(8):
        codes = generator.integers(16, 236, 3) * 2 ** (min(format.bits, 16) - 8)
        values = codes / 65536 - 0.3 if format.is_float else codes
        frame = flat_frame(format, values)
        change = largest_change(frame, round_trip(frame))
        assert change <= ({16: 1e-3, 32: 1e-6}[format.bits] if format.is_float else 0)


@pytest.mark.parametrize("colour", [Colour(matrix=9, transfer=16, primaries=9), Colour(matrix=4)])
def test_flat_colours_outside_rgb_are_not_clamped_on_the_way(colour):
    for values in ([16, 16, 240], [235, 240, 16], [0, 255, 255], [255, 0, 128]):
        frame = flat_frame(YUV420P8, values, colour=colour)
        assert largest_change(frame, round_trip(frame)) == 0


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 2), (3, 5), (17, 9), (31, 33)])
def test_odd_sizes_of_whole_chroma_formats_return_exactly(width, height):
    for format in (GRAY8, RGB24, PixelFormat(family="yuv", bits=8)):
        frame = smooth_frame(format, width=width, height=height)
        assert largest_change(frame, round_trip(frame)) == 0


@pytest.mark.parametrize(("width", "height"), [(1, 1), (33, 24), (32, 25), (61, 47)])
@pytest.mark.parametrize("subsampling", [(1, 1), (1, 0), (2, 0), (2, 2)])
def test_odd_sizes_with_subsampled_chroma_are_read_and_written(subsampling, width, height):
    w, h = subsampling
    format = PixelFormat(family="yuv", bits=8, subsampling_w=w, subsampling_h=h)
    frame = smooth_frame(format, width=width, height=height)
    assert rgb_of(frame).shape == (3, height, width)
    back = round_trip(frame)
    assert (back.width, back.height) == (width, height)
    assert largest_change(frame, back) <= 2  # a few coarse chroma samples make steep waves


def test_an_odd_size_changes_nothing_but_the_border():
    even = smooth_frame(YUV420P8, width=64, height=48)
    luma, *chroma = even.planes
    odd = make_frame(YUV420P8, [luma[:47, :63], *chroma])
    np.testing.assert_array_equal(rgb_of(odd), rgb_of(even)[:, :47, :63])


def test_rgb_of_any_depth_returns_exactly():
    for bits in (8, 10, 12, 16):
        frame = smooth_frame(PixelFormat(family="rgb", bits=bits))
        assert largest_change(frame, round_trip(frame)) == 0


def test_float_rgb_passes_unchanged_and_unclamped():
    frame = flat_frame(RGBS, [-0.25, 1.5, 0.1])
    np.testing.assert_array_equal(rgb_of(frame), np.stack(frame.planes))
    assert largest_change(frame, round_trip(frame)) == 0


@pytest.mark.parametrize(
    ("matrix", "kr", "kb"), [(1, 0.2126, 0.0722), (6, 0.299, 0.114), (9, 0.2627, 0.0593)]
)
@pytest.mark.parametrize("is_full_range", [False, True])
def test_rgb_is_what_the_standard_says(matrix, kr, kb, is_full_range):
    frame = flat_frame(
        YUV420P8, [100, 90, 180], colour=Colour(matrix=matrix, is_full_range=is_full_range)
    )
    y = 100 / 255 if is_full_range else (100 - 16) / 219
    cb, cr = (np.array([90, 180]) - 128) / (255 if is_full_range else 224)
    red, blue = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
    green = (y - kr * red - kb * blue) / (1 - kr - kb)
    np.testing.assert_allclose(rgb_of(frame)[:, 5, 5], [red, green, blue], atol=1e-6)


@pytest.mark.parametrize(
    ("location", "offset_x", "offset_y"),
    [(0, 0, 0.5), (1, 0.5, 0.5), (2, 0, 0), (3, 0.5, 0), (4, 0, 1), (5, 0.5, 1)],
)
def test_chroma_is_read_where_it_is_sited(location, offset_x, offset_y):
    y, x = np.mgrid[0:16, 0:16]
    ramp = 0.01 * (2 * x + offset_x) + 0.004 * (2 * y + offset_y) - 0.2
    format = PixelFormat(family="yuv", bits=32, is_float=True, subsampling_w=1, subsampling_h=1)
    colour = Colour(matrix=1, chroma_location=location)
    frame = make_frame(format, [np.full((32, 32), 0.5), ramp, np.zeros((16, 16))], colour)
    cb = (rgb_of(frame)[2] - 0.5) / (2 * (1 - 0.0722))
    y, x = np.mgrid[0:32, 0:32]
    inside = np.s_[8:-8, 8:-8]
    np.testing.assert_allclose(cb[inside], (0.01 * x + 0.004 * y - 0.2)[inside], atol=1e-5)


def test_gray_of_either_range_becomes_equal_channels():
    limited = rgb_of(flat_frame(GRAY8, [16 + 219 // 3]))
    full = rgb_of(flat_frame(GRAY8, [85], colour=Colour(is_full_range=True)))
    for rgb in (limited, full):
        np.testing.assert_allclose(rgb, 1 / 3, atol=1e-6)


@pytest.mark.parametrize(
    ("width", "height", "matrix"),
    [(16, 480, 6), (16, 576, 5), (16, 720, 1), (1280, 16, 1), (1279, 15, 6)],
)
def test_untagged_video_is_tagged_by_the_size_of_its_source(width, height, matrix):
    frame = flat_frame(YUV420P8, [100, 110, 140], width=width, height=height)
    rgb = np.repeat(rgb_of(frame), 2, axis=1).repeat(2, axis=2)
    converter = RgbToFrame(YUV420P8, width=2 * width, height=2 * height)
    result = converter.convert(rgb, frame)
    expected = Colour(
        matrix=matrix,
        is_full_range=False,
        primaries=matrix,
        transfer=1 if matrix == 1 else 6,
        chroma_location=0,
    )
    assert (result.colour, result.width, result.height) == (expected, 2 * width, 2 * height)
    assert [int(plane.mean().round()) for plane in result.planes] == [100, 110, 140]
    assert (result.pts, result.duration) == (7, 2)


def test_a_large_picture_of_bt601_s_matrix_has_the_primaries_of_today():
    jpeg = Colour(matrix=5, is_full_range=True, primaries=2, transfer=2)
    found = [jpeg.resolved(YUV420P8, width=720, height=height) for height in (576, 577)]
    assert [(each.matrix, each.primaries, each.transfer) for each in found] == [
        (5, 5, 6),
        (5, 1, 6),
    ]


def test_stated_colour_is_kept_at_another_depth():
    stated = Colour(matrix=9, is_full_range=True, primaries=9, transfer=16, chroma_location=2)
    frame = flat_frame(YUV420P8, [100, 110, 140], colour=stated)
    result = round_trip(frame, YUV420P10)
    assert result.colour == stated
    assert result.planes[0][0, 0] == round(100 * 1023 / 255)


def test_rgb_pictures_become_limited_bt709_video():
    frame = flat_frame(RGB24, [255, 0, 0])
    result = round_trip(frame, YUV420P8)
    assert result.colour.matrix == 1
    assert result.colour.is_full_range is False
    assert [int(plane[0, 0]) for plane in result.planes] == [63, 102, 240]


def test_yuv_becomes_full_range_rgb():
    frame = flat_frame(YUV420P8, [235, 128, 128])
    result = round_trip(frame, RGB24)
    assert (result.colour.matrix, result.colour.is_full_range) == (0, True)
    assert [int(plane[0, 0]) for plane in result.planes] == [255, 255, 255]


@pytest.mark.parametrize("matrix", [10, 13, 14])
def test_matrices_that_need_the_transfer_return_within_one_code_value(matrix):
    transfer = 16 if matrix == 14 else 14
    colour = Colour(matrix=matrix, primaries=9, transfer=transfer)
    frame = flat_frame(YUV420P8, [120, 126, 131], colour=colour)
    assert largest_change(frame, round_trip(frame)) <= 1


def test_unknown_primaries_and_transfer_do_no_harm():
    colour = Colour(matrix=1, primaries=3, transfer=99, is_full_range=False, chroma_location=0)
    result = round_trip(flat_frame(YUV420P8, [100, 110, 140], colour=colour))
    assert result.colour == colour


def test_an_unknown_matrix_is_refused_by_number():
    frame = flat_frame(YUV420P8, [100, 110, 140], colour=Colour(matrix=99))
    with pytest.raises(SourceError, match="matrix 99 is not supported"):
        rgb_of(frame)


def test_integers_of_32_bits_are_refused():
    with pytest.raises(OptionError, match="Gray32 is not supported"):
        pixel_format(core.get_video_format(vs.GRAY32))


@pytest.mark.parametrize("format", ALL_FORMATS, ids=name_of)
def test_streams_and_nodes_give_the_same_bits(format):
    frame = smooth_frame(format, width=32, height=24)

    def fill(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        filled = f.copy()
        for index, plane in enumerate(frame.planes):
            np.asarray(filled[index])[...] = plane
        return filled

    blank = core.std.BlankClip(format=video_format(format).id, width=32, height=24, length=1)
    clip = core.std.ModifyFrame(blank, blank, fill)
    rgb = to_rgb(clip).get_frame(0)
    np.testing.assert_array_equal(rgb_of(frame), [np.asarray(rgb[i]) for i in range(3)])
    back = from_rgb(to_rgb(clip), format).get_frame(0)
    streamed = round_trip(frame)
    for index in range(format.plane_count):
        np.testing.assert_array_equal(np.asarray(back[index]), streamed.planes[index])
    assert colour_of(back.props) == streamed.colour


def test_frames_of_another_matrix_become_those_of_the_clip():
    """A file states its matrix once, where a broadcast may change it."""
    first, later = Colour(matrix=1, is_full_range=False), Colour(matrix=6, is_full_range=False)
    frame = smooth_frame(YUV420P8, width=64, height=36, colour=later)
    plain = RgbToFrame(YUV420P8, width=64, height=36)
    steady = RgbToFrame(YUV420P8, width=64, height=36, colour=first)
    rgb = rgb_of(frame)
    assert plain.convert(rgb, frame).colour.matrix == 6
    converted = steady.convert(rgb, frame)
    assert converted.colour.matrix == 1
    assert np.abs(rgb_of(converted) - rgb).max() < 0.02


def test_memory_is_flat_over_ten_thousand_conversions():
    frame = smooth_frame(YUV420P8, width=64, height=36)
    forth = FrameToRgb(info_of(frame))
    back = RgbToFrame(YUV420P8, width=64, height=36)

    def resident_kib() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4

    for _ in range(1000):
        back.convert(forth.convert(frame), frame)
    before = resident_kib()
    for _ in range(10_000):
        back.convert(forth.convert(frame), frame)
    assert resident_kib() - before < 4096
