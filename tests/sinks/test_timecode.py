"""Time codes count frames as SMPTE ST 12-1 lays down."""

from fractions import Fraction

import pytest

from vsfilter.sinks.streams.timecode import moved_timecode

PAL, NTSC, FILM = Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001)


@pytest.mark.parametrize(
    ("text", "rate", "frames", "expected"),
    [
        ("01:00:00:00", PAL, 0, "01:00:00:00"),
        ("01:00:00:24", PAL, 1, "01:00:01:00"),
        ("23:59:59:24", PAL, 1, "00:00:00:00"),
        ("00:59:59:23", FILM, 1, "01:00:00:00"),
        ("00:00:59;29", NTSC, 1, "00:01:00;02"),
        ("00:09:59;29", NTSC, 1, "00:10:00;00"),
        ("00:00:59:29", NTSC, 1, "00:01:00:00"),
        ("00:00:00;00", NTSC, 107892, "01:00:00;00"),  # an hour of the clock
        ("00:00:59;59", 2 * NTSC, 1, "00:01:00;04"),
    ],
)
def test_a_later_frame_has_a_later_code(text, rate, frames, expected):
    found = moved_timecode(text, rate=rate, new_rate=rate, start_s=frames / rate)
    assert found == expected


@pytest.mark.parametrize(
    ("text", "rate", "expected"),
    [("01:00:00:12", PAL, "01:00:00:24"), ("00:01:00;02", NTSC, "00:01:00;04")],
)
def test_a_frame_from_each_field_doubles_the_count(text, rate, expected):
    start_s = Fraction(0)
    assert moved_timecode(text, rate=rate, new_rate=2 * rate, start_s=start_s) == expected


@pytest.mark.parametrize("number", [0, 1799, 1800, 17981, 17982, 53946, 100000])
def test_drop_frame_codes_count_each_frame_once(number):
    first, second = (
        moved_timecode("00:00:00;00", rate=NTSC, new_rate=NTSC, start_s=frames / NTSC)
        for frames in (number, number + 1)
    )
    assert moved_timecode(first, rate=NTSC, new_rate=NTSC, start_s=1 / NTSC) == second
    assert first < second


@pytest.mark.parametrize("text", ["", "noon", "1:2:3:4"])
def test_what_is_no_time_code_stays(text):
    assert moved_timecode(text, rate=PAL, new_rate=PAL, start_s=Fraction(9)) == text
