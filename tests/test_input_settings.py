from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsfilter.cli.input_options import parse_excerpt
from vsfilter.errors import OptionError
from vsfilter.input_settings import Excerpt, InputSettings


def inside(excerpt, starts):
    """Give the numbers of the frames that lie in an excerpt; the last start is the clip's end."""
    untils = [until - starts[0] for _, until in pairwise(starts)]
    places = [excerpt.place(number, until) for number, until in enumerate(untils)]
    assert places == sorted(places, key=["before", "inside", "after"].index)
    return [number for number, place in enumerate(places) if place == "inside"]


FILM = [Fraction(1001 * n, 24000) for n in range(101)]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("0", None, range(100)),
        ("1", None, range(23, 100)),  # frame 23 is shown from 0.959 to 1.001 s
        ("1.001", None, range(24, 100)),  # where frame 24 begins
        (None, "1.001", range(24)),
        (None, "1", range(23)),  # and so it is not in the part before
        ("0.333", "0.334", ()),  # both while frame 8 is shown
        (None, "4.2", range(100)),
        ("0.292", "0.5", range(7, 12)),  # frame 7 begins at 0.29196, frame 12 at 0.5005
        ("0.291", "0.501", range(7, 12)),  # the same, as a player may print it
    ],
)
def test_an_excerpt_begins_with_the_frame_that_a_player_shows(start, end, expected):
    if not expected and start:
        assert inside(Excerpt(start_s=Fraction(start), end_s=Fraction(end)), FILM) == []
    else:
        assert inside(parse_excerpt(start, end, None), FILM) == list(expected)


@given(
    st.lists(st.fractions(Fraction(1, 400), 1), min_size=1, max_size=30),
    st.lists(st.fractions(0, 20, max_denominator=1000), max_size=4),
)
def test_excerpts_that_meet_hold_each_frame_once(durations, cuts):
    starts = [Fraction(7, 3)]
    for duration in durations:
        starts.append(starts[-1] + duration)
    edges = [None, *sorted({cut for cut in cuts if cut > 0}), None]
    found = [
        number
        for start, end in pairwise(edges)
        for number in inside(Excerpt(start_s=start, end_s=end), starts)
    ]
    assert found == list(range(len(durations)))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("83.5", "83.5"),
        (" 0 ", "0"),
        (".25", "0.25"),
        ("1:23.5", "83.5"),
        ("90:00", "5400"),
        ("0:01:23.500", "83.5"),
        ("10:00:00", "36000"),
        ("120", "120"),
    ],
)
def test_a_time_is_seconds_or_a_timecode(text, seconds):
    assert parse_excerpt(text, None, None).start_s == Fraction(seconds)


@pytest.mark.parametrize(
    ("text", "first", "stop"), [("3:7", 3, 7), ("3:", 3, None), (":7", None, 7), ("0:1", 0, 1)]
)
def test_frame_numbers_exclude_the_second(text, first, stop):
    excerpt = parse_excerpt(None, None, text)
    assert (excerpt.first, excerpt.stop) == (first, stop)
    numbers = range(first or 0, 10 if stop is None else stop)
    assert inside(excerpt, FILM[:11]) == list(numbers)


@pytest.mark.parametrize(
    "options",
    [
        ("-1", None, None),
        ("1:60", None, None),
        ("1:60:00", None, None),
        ("a", None, None),
        ("1e3", None, None),
        ("", None, None),
        (None, "0", None),
        ("2", "2", None),
        ("3", "1:0:0.0.1", None),
        (None, None, ":"),
        (None, None, "5"),
        (None, None, "5:5"),
        (None, None, "7:5"),
        (None, None, ":0"),
        (None, None, "-3:5"),
        (None, None, "1:2:3"),
        ("1", None, "1:2"),
    ],
)
def test_what_holds_no_frame_is_refused_in_one_line(options):
    with pytest.raises(OptionError) as raised:
        parse_excerpt(*options)
    assert "\n" not in str(raised.value)
    assert any(word in str(raised.value) for word in ("give", "holds no frame", "not after"))


def test_the_words_for_fields_are_checked():
    with pytest.raises(OptionError, match="off, auto, frame, field"):
        InputSettings(deinterlace="yes")
