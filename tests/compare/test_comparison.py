import logging
import math
from fractions import Fraction

import numpy as np
import pytest

from tests.clips import Clip, clip_info, make_clip
from tests.compare.pictures import add_noise, decode, make_pictures, write_folder
from vsfilter.compare.clip_input import ClipInput
from vsfilter.compare.comparison import Callbacks, compare_clips
from vsfilter.compare.picture_file import PngPair, encode_png, pack_pictures
from vsfilter.compare.picture_maker import PictureMaker, UprightSize, common_size, upright_size
from vsfilter.compare.shown_pairs import ShownFrames
from vsfilter.errors import OptionError, SourceError, SourceNotFoundError
from vsfilter.frame import Frame
from vsfilter.metrics import psnr, ssim
from vsfilter.resize import imresize

COUNT = 20
STRENGTHS = [3 + (number * 7) % COUNT for number in range(COUNT)]  # frame 17 is the worst
SHOWN = ShownFrames(count=8)


@pytest.fixture(scope="module")
def clean():
    return make_pictures(COUNT)


@pytest.fixture(scope="module")
def noisy(clean):
    return add_noise(clean, STRENGTHS)


@pytest.fixture(scope="module")
def folders(tmp_path_factory, clean, noisy):
    folder = tmp_path_factory.mktemp("folders")
    return write_folder(folder / "clean", clean), write_folder(folder / "noisy", noisy)


@pytest.fixture(scope="module")
def compared(folders):
    return compare_clips(*folders, shown=SHOWN)


def test_every_frame_has_the_psnr_and_ssim_of_its_two_pictures(compared, clean, noisy):
    expected = [psnr(a, b, luma=True) for a, b in zip(clean, noisy, strict=True)]
    assert compared.psnr_y == pytest.approx(expected, abs=1e-9)
    expected = [ssim(a, b, luma=True) for a, b in zip(clean, noisy, strict=True)]
    assert compared.ssim_y == pytest.approx(expected, abs=1e-9)
    assert compared.mean_ssim_y == pytest.approx(np.mean(expected), abs=1e-9)


def test_the_worst_frames_are_found_and_shown(compared):
    by_psnr = sorted(range(COUNT), key=lambda number: compared.psnr_y[number])
    by_ssim = sorted(range(COUNT), key=lambda number: compared.ssim_y[number])
    assert compared.worst_psnr == by_psnr[:2]
    assert compared.worst_ssim == by_ssim[:2]
    assert {*by_psnr[:2], *by_ssim[:2]} <= compared.pictures.pairs.keys()


def test_the_other_frames_are_spread_over_the_clip(compared):
    assert {2, 7, 12, 17} <= compared.pictures.pairs.keys()
    assert len(compared.pictures.pairs) <= 8


def test_the_shown_pictures_are_those_that_were_measured(compared, clean, noisy):
    assert compared.pictures.is_lossless
    for number, pair in compared.pictures.pairs.items():
        np.testing.assert_array_equal(decode(pair.a.content), clean[number])
        np.testing.assert_array_equal(decode(pair.b.content), noisy[number])


def test_the_user_may_name_the_frames(folders, compared):
    shown = ShownFrames(count=3, numbers=(1, 5, 19))
    pictures = compare_clips(*folders, shown=shown).pictures.pairs
    assert set(pictures) == {1, 5, 19, compared.worst_psnr[0], compared.worst_ssim[0]}


def test_the_user_may_name_a_part_of_the_clip(folders, compared):
    shown = ShownFrames(count=8, part=(4, 8))
    pictures = compare_clips(*folders, shown=shown).pictures.pairs
    assert set(pictures) == {4, 5, 6, 7, *compared.worst_psnr, *compared.worst_ssim}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"numbers": (3, 20)}, "frame 20 of A has no partner.* 20 frames from 0 to 19"),
        ({"part": (20, 30)}, "no frame of 20:30"),
    ],
)
def test_a_frame_that_is_not_there_is_refused(folders, changes, reason):
    with pytest.raises(OptionError, match=reason):
        compare_clips(*folders, shown=ShownFrames(**changes))


@pytest.mark.parametrize("changes", [{"count": 2}, {"part": (5, 5)}, {"part": (-3, 5)}])
def test_a_choice_of_no_frames_is_refused(changes):
    with pytest.raises(OptionError, match="is "):
        ShownFrames(**changes)


def test_equal_clips_have_no_worst_frame_and_infinite_psnr(folders):
    compared = compare_clips(folders[0], folders[0], shown=SHOWN)
    assert compared.equal_count == COUNT
    assert compared.mean_psnr_y == math.inf
    assert compared.mean_ssim_y == 1
    assert compared.worst_psnr == compared.worst_ssim == []
    assert len(compared.pictures.pairs) == 4


def test_the_smaller_clip_is_enlarged_and_measured_at_the_larger_size(tmp_path, clean, folders):
    small = [imresize(picture, 0.5) for picture in clean]
    path = write_folder(tmp_path / "small", small)
    compared = compare_clips(path, folders[0], shown=SHOWN)
    enlarged = [imresize(picture, 2) for picture in small]
    expected = [psnr(a, b, luma=True) for a, b in zip(enlarged, clean, strict=True)]
    assert (compared.size.width, compared.size.height) == (64, 48)
    assert compared.psnr_y == pytest.approx(expected, abs=1e-9)
    number, pair = next(iter(compared.pictures.pairs.items()))
    np.testing.assert_array_equal(decode(pair.a.content), enlarged[number])


def test_a_clip_that_lacks_a_frame_is_compared_by_time_and_said_in_one_line(tmp_path, caplog):
    whole = make_clip(tmp_path / "whole.mkv", Clip(count=12))
    times = [number for number in range(12) if number != 5]
    lossy = make_clip(tmp_path / "lossy.mkv", Clip(count=11, pts=times))
    compared = compare_clips(str(whole), str(lossy), shown=SHOWN)
    assert list(compared.pairs.a) == times
    assert list(compared.pairs.b) == list(range(11))
    assert compared.times_s == pytest.approx([number / 24 for number in times], abs=1e-3)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "A has 12 frames and B 11: compared are the 11" in record.message


def test_clips_of_as_many_frames_are_compared_by_number_whatever_their_times(tmp_path):
    steady = make_clip(tmp_path / "steady.mkv", Clip(count=6, codec="ffv1"))
    clip = Clip(count=6, codec="ffv1", pts=[0, 1, 2, 40, 41, 90])
    jumps = make_clip(tmp_path / "jumps.mkv", clip)
    compared = compare_clips(str(steady), str(jumps), shown=SHOWN)
    assert len(compared.pairs) == compared.equal_count == 6


def test_a_part_whose_times_begin_at_zero_is_found_by_its_offset(tmp_path, noisy, folders):
    part = write_folder(tmp_path / "part", noisy[5:9])
    compared = compare_clips(folders[1], part, shown=SHOWN, offset=5)
    assert list(compared.pairs.a) == [5, 6, 7, 8]
    assert compared.equal_count == 4
    assert compared.times_s == pytest.approx([number / 24 for number in (5, 6, 7, 8)])


def test_clips_without_a_common_frame_are_refused(folders):
    with pytest.raises(OptionError, match=r"no frame of .*clean.* \(20 frames\).*--offset"):
        compare_clips(*folders, shown=SHOWN, offset=20)


def test_a_script_is_compared_as_well(tmp_path):
    script = tmp_path / "flat.vpy"
    script.write_text(
        "import vapoursynth as vs\n"
        "clip = vs.core.std.BlankClip(None, 32, 24, vs.RGB24, 5, 24, 1, color=[10, 20, 30])\n"
        "clip.set_output()\n"
    )
    flat = np.broadcast_to(np.uint8([10, 20, 31]), (24, 32, 3))
    folder = write_folder(tmp_path / "flat", [flat] * 5)
    scanned = []
    callbacks = Callbacks(scan=scanned.append)
    compared = compare_clips(str(script), folder, shown=SHOWN, callbacks=callbacks)
    expected = 20 * math.log10(255 / (24.966 / 255))  # a blue step of 1 in BT.601 luma
    assert compared.psnr_y == pytest.approx([expected] * 5)
    assert compared.a.duration_s == pytest.approx(5 / 24)
    assert scanned == []  # both say how many frames they have


def test_the_caller_hears_of_the_progress(tmp_path):
    path = str(make_clip(tmp_path / "clip.mkv", Clip(count=4)))
    scanned, begun, done = [], [], []
    callbacks = Callbacks(scan=scanned.append, begin=begun.append, pair=done.append)
    compare_clips(path, path, shown=SHOWN, callbacks=callbacks)
    assert (scanned, begun, done) == ([path, path], [4], [1, 2, 3, 4])


@pytest.mark.parametrize("path", ["-", "missing.mkv"])
def test_an_input_that_cannot_be_read_twice_or_at_all_is_refused(path, folders):
    with pytest.raises((OptionError, SourceNotFoundError), match=path):
        compare_clips(folders[0], path, shown=SHOWN)


def test_an_input_that_became_shorter_is_an_error(tmp_path, clean):
    folder = write_folder(tmp_path / "clip", clean[:3])
    with ClipInput(folder) as clip, pytest.raises(SourceError, match="ends before its frame 3"):
        list(clip.frames([0, 3]))


def test_a_picture_too_small_for_ssim_is_refused(tmp_path):
    folder = write_folder(tmp_path / "tiny", make_pictures(2, width=64, height=8))
    with pytest.raises(OptionError, match="at least 11 px"):
        compare_clips(folder, folder, shown=SHOWN)


CORNERS = {
    "top left": (0, 0),
    "top right": (0, -1),
    "bottom left": (-1, 0),
    "bottom right": (-1, -1),
}


@pytest.mark.parametrize(
    ("rotation", "is_flipped", "corner"),
    [
        (0, False, "top left"),
        (90, False, "bottom left"),
        (180, False, "bottom right"),
        (270, False, "top right"),
        (0, True, "top right"),
        (90, True, "top left"),
        (180, True, "bottom left"),
        (270, True, "bottom right"),
    ],
)
def test_pictures_are_turned_as_a_player_turns_them(rotation, is_flipped, corner):
    info = clip_info("gbrp", width=30, height=20, rotation=rotation, is_flipped=is_flipped)
    plane = np.zeros((20, 30), np.uint8)
    plane[0, 0] = 255  # the stored picture is bright in its top left corner
    frame = Frame(planes=(plane,) * 3, format=info.format, colour=info.colour, pts=0)
    size = upright_size(info)
    picture = PictureMaker(info, size)(frame)
    assert picture.shape == (size.height, size.width, 3)
    assert (size.width, size.height) == ((20, 30) if rotation in (90, 270) else (30, 20))
    assert picture[CORNERS[corner]].tolist() == [255, 255, 255]
    assert picture.sum() == 3 * 255


def test_turning_a_picture_turns_the_shape_of_its_pixels():
    info = clip_info(width=720, height=576, sample_aspect_ratio=Fraction(16, 15), rotation=90)
    assert upright_size(info).pixel_aspect == Fraction(15, 16)
    assert upright_size(info).display_aspect == Fraction(3, 4)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((320, 180), (1280, 720), (1280, 720)),
        ((1280, 720), (320, 180), (1280, 720)),
        ((720, 576), (1024, 576), (1024, 576)),
        ((720, 1280), (1280, 720), (1280, 1280)),
    ],
)
def test_no_clip_loses_a_pixel(a, b, expected):
    sizes = [UprightSize(width=width, height=height) for width, height in (a, b)]
    common = common_size(*sizes)
    assert (common.width, common.height) == expected


def test_the_page_keeps_the_shape_of_the_larger_clip():
    tape = UprightSize(width=720, height=576, pixel_aspect=Fraction(64, 45))
    square = UprightSize(width=1024, height=576)
    assert common_size(tape, square).display_aspect == Fraction(16, 9)
    assert common_size(square, tape).pixel_aspect == 1
    assert common_size(tape, tape).pixel_aspect == Fraction(64, 45)


def pack(pictures, **options):
    pairs = {number: PngPair(a=encode_png(p), b=encode_png(p)) for number, p in pictures.items()}
    return pack_pictures(pairs, list(pictures), **options)


def test_pictures_that_are_too_large_become_fine_jpeg_then_the_least_important_go(clean):
    random = np.random.default_rng(0)
    noise = {n: random.integers(0, 256, (96, 96, 3)).astype(np.uint8) for n in (7, 3, 9)}
    whole = pack(noise)
    lossless = sum(pair.size for pair in whole.pairs.values())
    fine = pack(noise, most_bytes=lossless - 1)
    assert (whole.is_lossless, fine.is_lossless) == (True, False)
    assert list(fine.pairs) == [3, 7, 9]
    for number, pair in fine.pairs.items():
        assert pair.a.kind == "jpeg"
        assert psnr(decode(pair.a.content), noise[number]) > 37  # the hardest picture there is
    jpeg = sum(pair.size for pair in fine.pairs.values())
    fewer = pack(noise, most_bytes=jpeg - 1)
    assert (list(fewer.pairs), fewer.left_out) == ([3, 7], [9])
    assert list(pack(noise, most_bytes=1).pairs) == [7]


def test_a_picture_too_wide_for_webp_is_shown_as_png():
    wide = np.arange(16_400 * 3, dtype=np.uint32).astype(np.uint8).reshape(1, 16_400, 3)
    picture = pack({0: wide}).pairs[0].a
    assert picture.kind == "png"
    np.testing.assert_array_equal(decode(picture.content), wide)
