import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsfilter.compare.pairing import pair_by_number, pair_by_offset, pair_by_time

TIMES = st.lists(st.integers(1, 50), min_size=1, max_size=40).map(
    lambda steps: [sum(steps[:n]) for n in range(len(steps))]
)


def couples(pairs):
    return list(zip(pairs.a, pairs.b, strict=True))


def test_clips_of_as_many_frames_are_paired_by_number():
    assert couples(pair_by_number(3)) == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (0, [(0, 0), (1, 1), (2, 2)]),
        (2, [(2, 0), (3, 1), (4, 2)]),
        (4, [(4, 0)]),
        (5, []),
        (-1, [(0, 1), (1, 2)]),
        (-3, []),
    ],
)
def test_an_offset_says_which_frame_of_a_is_the_first_of_b(offset, expected):
    assert couples(pair_by_offset(5, 3, offset=offset)) == expected


@given(TIMES, TIMES)
def test_pairs_by_time_ascend_and_use_no_frame_twice(times_a, times_b):
    pairs = pair_by_time(times_a, times_b)
    for numbers in (pairs.a, pairs.b):
        assert list(numbers) == sorted(set(numbers))
    assert len(pairs.a) == len(pairs.b)


@given(TIMES, st.integers(-1000, 1000))
def test_a_clip_is_paired_with_itself_wherever_its_times_begin(times, shift):
    pairs = pair_by_time(times, [time + shift for time in times])
    assert len(pairs) == len(times)
    assert list(pairs.a) == list(pairs.b)


@given(TIMES, st.data())
def test_frames_that_one_clip_lacks_shift_no_other_frame(times, data):
    lost = data.draw(st.sets(st.integers(1, len(times))))  # the first frame stays
    kept = [number for number in range(len(times)) if number not in lost]
    pairs = pair_by_time(times, [times[number] for number in kept])
    assert couples(pairs) == [(number, place) for place, number in enumerate(kept)]


def test_a_part_that_kept_its_times_is_found_in_the_whole():
    whole = range(0, 1000, 10)
    assert couples(pair_by_time(whole, whole[40:60])) == [(40 + n, n) for n in range(20)]


def test_a_late_start_in_one_container_is_no_shift_when_the_end_is_lost_too():
    whole = range(0, 400, 40)
    late = [1400 + time for time in whole[:-1]]
    assert couples(pair_by_time(whole, late)) == [(n, n) for n in range(9)]


def test_of_a_clip_with_twice_the_rate_every_other_frame_is_compared():
    pairs = pair_by_time(range(0, 400, 40), range(0, 400, 20))
    assert couples(pairs) == [(n, 2 * n) for n in range(10)]


def test_the_sparse_frames_of_a_slow_part_have_no_partner_far_away():
    # A stands still for 400 units; B goes on at 40
    pairs = pair_by_time([0, 40, 80, 480], range(0, 480, 40))
    assert couples(pairs) == [(0, 0), (1, 1), (2, 2)]


def test_clips_that_never_meet_in_time_have_their_starts_paired():
    assert couples(pair_by_time([0, 10, 20], [5000, 5010])) == [(0, 0), (1, 1)]


@pytest.mark.parametrize("rate", [25, 30, 50, 60, 120])
def test_every_film_frame_has_a_partner_at_a_higher_rate(rate):
    film = [time * 600 for time in range(0, 600, 25)]  # in units of 1/360,000 s: 24 frames a second
    assert len(pair_by_time(film, range(0, 360_000, 360_000 // rate))) == len(film)


def test_a_single_picture_is_paired_with_the_nearest_frame():
    assert couples(pair_by_time([90], range(0, 400, 40))) == [(0, 2)]


def test_no_frames_make_no_pairs():
    assert couples(pair_by_time([], [1, 2])) == []
