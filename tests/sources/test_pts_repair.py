from itertools import pairwise

from vsfilter.sources.pts_repair import PtsRepair


def mended(times, *, has_pts=True, duration=2):
    """Mend (pts, dts) pairs."""
    repair = PtsRepair("clip", step=duration, has_pts=has_pts)
    return [repair(pts, dts=dts, duration=duration) for pts, dts in times]


def test_times_that_grow_are_kept_however_unevenly():
    times = [-3, 0, 1, 500, 501]
    assert mended([(time, time - 1) for time in times]) == times


def test_a_missing_pts_is_the_decoding_time_moved_like_the_first():
    assert mended([(4, 0), (None, 2), (8, 4)]) == [4, 6, 8]


def test_twice_the_same_pts_becomes_the_next_one():
    assert mended([(0, None), (2, None), (2, None), (5, None)]) == [0, 2, 4, 5]


def test_a_clip_without_times_counts_from_zero():
    assert mended([(None, None)] * 3) == [0, 2, 4]


def test_a_clock_that_is_set_anew_goes_on_where_it_was():
    first = [(1000 + 2 * n, 1000 + 2 * n) for n in range(30)]
    second = [(time, time) for time in (10, 12, 15, 16, 40)]
    found = mended(first + second)
    assert found[30:] == [1060, 1062, 1065, 1066, 1090]


def test_a_new_clock_that_runs_past_the_old_one_makes_no_second_jump():
    times = [(2 * n, 2 * n) for n in range(60)] + [(2 * n, 2 * n) for n in range(200)]
    assert {b - a for a, b in pairwise(mended(times))} == {2}


def test_decoding_times_alone_are_taken_as_they_are():
    """FFmpeg guesses a wrong pts for the first frames of an AVI file."""
    assert mended([(638, 0), (663, 638), (688, 663)], has_pts=False) == [0, 638, 663]
