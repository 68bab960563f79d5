import struct
import zlib
from fractions import Fraction

import cv2
import numpy as np
import pytest

from vsfilter.errors import OptionError, SourceError, SourceNotFoundError
from vsfilter.sources.image_source import ImageSource, find_images


def write(path, value, *, dtype=np.uint8, shape=(6, 8, 3)):
    pixels = np.full(shape, value, dtype)
    if len(shape) == 3:
        pixels[..., 0] = 9  # OpenCV writes B, G, R
    assert cv2.imwrite(str(path), pixels)


def write_palette_png(path, pixels, *, opacities=()):
    """Write a PNG of three colours; `opacities` are those of the first colours."""
    height, width = pixels.shape
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes((10, 20, 30, 40, 50, 60, 70, 80, 90))),
        (b"tRNS", bytes(opacities)),
        (b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in pixels))),
        (b"IEND", b""),
    )
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in chunks:
            if data or kind == b"IEND":
                check = struct.pack(">I", zlib.crc32(kind + data))
                file.write(struct.pack(">I", len(data)) + kind + data + check)


@pytest.mark.parametrize("suffix", ["png", "tiff", "bmp", "webp", "jpg"])
def test_a_folder_is_read_in_natural_order(tmp_path, suffix):
    for number in (10, 2, 1):
        write(tmp_path / f"frame{number}.{suffix}", number * 20)
    (tmp_path / "notes.txt").write_text("no image")

    with ImageSource(str(tmp_path)) as source:
        found = list(source)

    assert source.info.frame_count == 3
    assert [frame.pts for frame in found] == [0, 1, 2]
    levels = [int(frame.planes[0].mean()) for frame in found]
    assert levels == sorted(levels)
    assert len(set(levels)) == 3


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_16_bit_samples_are_kept(tmp_path, suffix):
    write(tmp_path / f"a.{suffix}", 40001, dtype=np.uint16)

    with ImageSource(str(tmp_path)) as source:
        frame = next(iter(source))

    assert [int(plane[0, 0]) for plane in frame.planes] == [40001, 40001, 9]


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "png", "tif", "bmp", "webp"])
def test_images_are_read_that_are_larger_than_what_ffmpeg_looks_at_to_guess(tmp_path, suffix):
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    assert cv2.imwrite(str(tmp_path / f"a.{suffix}"), pixels)
    assert (tmp_path / f"a.{suffix}").stat().st_size > 1 << 16

    with ImageSource(str(tmp_path)) as source:
        frame = next(iter(source))

    assert (frame.width, frame.height) == (400, 300)


def test_gray_images_stay_gray(tmp_path):
    write(tmp_path / "a.png", 77, shape=(5, 7))

    with ImageSource(str(tmp_path)) as source:
        frame = next(iter(source))

    assert (frame.format.family, frame.width, frame.height) == ("gray", 7, 5)
    assert int(frame.planes[0][4, 6]) == 77


def test_a_pattern_picks_images_and_the_rate_is_given(tmp_path):
    for name in ("a1.png", "a2.png", "b1.png"):
        write(tmp_path / name, 5)

    with ImageSource(str(tmp_path / "a*.png"), rate=Fraction(30000, 1001)) as source:
        assert source.info.frame_count == 2
        assert source.info.time_base == Fraction(1001, 30000)


def test_images_of_another_size_are_refused_by_name(tmp_path):
    write(tmp_path / "1.png", 5)
    write(tmp_path / "2.png", 5, shape=(6, 9, 3))

    with ImageSource(str(tmp_path)) as source, pytest.raises(SourceError, match=r"2\.png.*9x6"):
        list(source)


def test_a_folder_without_images_is_one_line(tmp_path):
    with pytest.raises(SourceNotFoundError, match="has no images"):
        ImageSource(str(tmp_path))


def test_a_rate_must_be_positive(tmp_path):
    write(tmp_path / "1.png", 5)

    with pytest.raises(OptionError, match="rate is 0"):
        ImageSource(str(tmp_path), rate=Fraction(0))


def test_a_number_in_a_name_picks_images_and_gaps_are_said(tmp_path, caplog):
    for number in (3, 4, 7):
        write(tmp_path / f"a{number:03d}.png", number * 20)
    write(tmp_path / "b005.png", 1)

    with ImageSource(str(tmp_path / "a%03d.png")) as source:
        found = [int(frame.planes[0][0, 0]) for frame in source]

    assert found == [60, 80, 140]
    assert "2 images" in caplog.text
    assert "the first is number 5" in caplog.text


def test_a_number_that_no_file_has_is_named(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"a%d\.png' has no images"):
        ImageSource(str(tmp_path / "a%d.png"))


def test_images_of_another_sampling_are_refused(tmp_path):
    write(tmp_path / "1.jpg", 5)
    pixels = np.full((6, 8, 3), 5, np.uint8)
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    assert cv2.imwrite(str(tmp_path / "2.jpg"), pixels, sampling)

    with (
        ImageSource(str(tmp_path)) as source,
        pytest.raises(SourceError, match=r"2\.jpg.*yuv 4:4:4.*first one is 8x6 yuv 4:2:0"),
    ):
        list(source)


def test_a_palette_has_alpha_where_one_of_its_colours_is_transparent(tmp_path):
    pixels = (np.arange(8 * 6).reshape(6, 8) % 3).astype(np.uint8)
    write_palette_png(tmp_path / "a.png", pixels, opacities=(255, 128))
    write_palette_png(tmp_path / "b.png", pixels)

    with ImageSource(str(tmp_path)) as source:
        clear, opaque = source
    with ImageSource(str(tmp_path / "b*.png")) as source:
        assert not source.info.has_alpha

    assert clear.alpha is not None
    np.testing.assert_array_equal(clear.alpha, np.where(pixels == 1, 128, 255))
    np.testing.assert_array_equal(clear.planes[0], np.array((10, 40, 70))[pixels])
    assert opaque.alpha is None


def test_a_palette_that_becomes_transparent_is_refused(tmp_path):
    pixels = np.ones((6, 8), np.uint8)
    write_palette_png(tmp_path / "a.png", pixels)
    write_palette_png(tmp_path / "b.png", pixels, opacities=(255, 0))

    with (
        ImageSource(str(tmp_path)) as source,
        pytest.raises(SourceError, match=r"b\.png' has transparent pixels"),
    ):
        list(source)


def test_alpha_counts_once_a_pixel_is_transparent(tmp_path):
    write(tmp_path / "1.png", 5)
    for name, opacity in (("2.png", 255), ("3.png", 254)):
        pixels = np.full((6, 8, 4), 255, np.uint8)
        pixels[2, 3, 3] = opacity
        assert cv2.imwrite(str(tmp_path / name), pixels)

    with ImageSource(str(tmp_path)) as source:
        frames = iter(source)
        assert [next(frames).is_opaque for _ in range(2)] == [True, True]
        with pytest.raises(SourceError, match=r"3\.png' has transparent pixels"):
            next(frames)


def test_hidden_files_are_no_images(tmp_path):
    write(tmp_path / "a.png", 5)
    (tmp_path / "._a.png").write_bytes(b"what macOS leaves on foreign disks")

    assert find_images(str(tmp_path)) == [tmp_path / "a.png"]


@pytest.mark.parametrize("suffix", ["jpg", "tiff", "png"])
def test_gray_images_go_from_black_to_white(tmp_path, suffix):
    write(tmp_path / f"a.{suffix}", 0, shape=(6, 8))

    with ImageSource(str(tmp_path)) as source:
        assert source.info.colour.is_full_range
        assert next(iter(source)).colour.is_full_range
