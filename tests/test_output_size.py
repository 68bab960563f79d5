from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clips import clip_info
from vsfilter.errors import OptionError
from vsfilter.output_size import SizeSettings, nearest_scale, output_size, to_scale, wished_scale
from vsfilter.pixel_formats import PLANAR

PLAIN = SizeSettings()


def sized(clip, scale, size=PLAIN, pix_fmt="yuv420p"):
    found = output_size(clip, scale, size, PLANAR[pix_fmt])
    return (found.width, found.height, found.sample_aspect_ratio)


@pytest.mark.parametrize(
    ("value", "scale"),
    [("4", 4), ("1.5", Fraction(3, 2)), ("2/3", Fraction(2, 3)), (2 / 3, Fraction(2, 3))],
)
def test_a_scale_is_a_number_or_a_fraction(value, scale):
    assert to_scale(value) == scale


@pytest.mark.parametrize("value", ["0", "-2", "wide", "1/0", "", float("inf"), float("nan")])
def test_a_scale_that_is_none_is_refused(value):
    with pytest.raises(OptionError, match="scale is"):
        to_scale(value)


def test_a_whole_scale_is_exact_even_for_odd_sizes():
    assert sized(clip_info(width=63, height=47), 3) == (189, 141, 1)


def test_a_fraction_gives_whole_chroma():
    clip = clip_info(width=62, height=46)
    assert sized(clip, Fraction(3, 2)) == (94, 70, 1)
    assert sized(clip, Fraction(3, 2), pix_fmt="yuv444p") == (93, 69, 1)


def test_a_height_keeps_the_shape_of_pixels():
    clip = clip_info(width=720, height=576, sample_aspect_ratio=Fraction(16, 15))
    assert sized(clip, 2, SizeSettings(height=1080)) == (1350, 1080, Fraction(16, 15))


@pytest.mark.parametrize(
    ("clip", "size", "aspect"),
    [
        ((720, 576, Fraction(16, 15)), (768, 576), Fraction(1)),
        ((720, 576, Fraction(64, 45)), (1920, 1080), Fraction(1)),
        ((854, 480, Fraction(1)), (1920, 1080), Fraction(1)),  # 0.08 % is rounding
        ((64, 48, Fraction(1)), (200, 96), Fraction(16, 25)),
        ((1440, 1080, Fraction(4, 3)), (2880, 2160), Fraction(4, 3)),
    ],
)
def test_a_size_makes_the_clip_look_as_before(clip, size, aspect):
    info = clip_info(width=clip[0], height=clip[1], sample_aspect_ratio=clip[2])
    wish = SizeSettings(width=size[0], height=size[1])
    assert sized(info, 2, wish) == (*size, aspect)


SIDES = st.integers(360, 4320)  # an aspect ratio of 16-bit numbers cannot tell more apart


@given(SIDES, SIDES, SIDES, SIDES)
def test_the_shape_on_screen_stays_within_a_fifth_of_a_percent(w, h, width, height):
    found = output_size(
        clip_info(width=w, height=h), 1, SizeSettings(width=width, height=height), PLANAR["gray"]
    )
    before, after = Fraction(w, h), found.sample_aspect_ratio * Fraction(width, height)
    assert abs(after / before - 1) < Fraction(1, 500)
    assert max(found.sample_aspect_ratio.as_integer_ratio()) <= 65535


@given(st.integers(1, 4096), st.integers(1, 4096), st.fractions(Fraction(1, 20), 4))
def test_a_side_is_at_most_one_chroma_sample_off(w, h, scale):
    found = output_size(clip_info(width=w, height=h), scale, PLAIN, PLANAR["yuv420p"])
    for side, exact in ((found.width, w * scale), (found.height, h * scale)):
        assert side > 0
        assert abs(side - exact) <= 2
        assert scale.denominator == 1 or side % 2 == 0


def test_a_size_wishes_for_the_larger_of_its_two_scales():
    clip = clip_info(width=640, height=480)
    assert wished_scale(clip, None, SizeSettings(width=1280, height=720)) == 2
    assert wished_scale(clip, None, SizeSettings(height=720)) == Fraction(3, 2)
    assert wished_scale(clip, 3, PLAIN) == 3
    with pytest.raises(OptionError, match="scale is 3"):
        wished_scale(clip, 3, SizeSettings(height=720))


@pytest.mark.parametrize(("wish", "found"), [(1, 2), (2, 2), (3, 4), (4, 4), (9, 4)])
def test_the_scale_next_above_a_wish_is_taken_else_the_largest(wish, found):
    assert nearest_scale((4, 2), wish, (4, 2)) == found


@pytest.mark.parametrize("sides", [{"width": 64}, {"height": 0}, {"width": 70000, "height": 9}])
def test_a_size_that_no_picture_has_is_refused(sides):
    with pytest.raises(OptionError):
        SizeSettings(**sides)


@pytest.mark.parametrize(
    ("size", "stored"),
    [
        (SizeSettings(width=320, height=568), (568, 320)),
        (SizeSettings(height=640), (640, 360)),
        (PLAIN, (640, 360)),
    ],
)
def test_a_size_is_that_of_the_picture_as_players_turn_it(size, stored):
    clip = clip_info(width=320, height=180, rotation=90)
    scale = wished_scale(clip, None, size) or 2
    found = output_size(clip, scale, size, PLANAR["yuv422p"])
    assert (found.width, found.height, found.sample_aspect_ratio) == (*stored, 1)
