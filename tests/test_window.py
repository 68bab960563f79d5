from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsfilter.errors import OptionError
from vsfilter.window import Grid, split_at_cuts

frame_counts = st.integers(0, 200)
cut_sets = st.sets(st.integers(-5, 205))


@st.composite
def grids(draw):
    core, context = draw(st.integers(1, 40)), draw(st.integers(0, 40))
    return Grid(core=core, context=context, blend=draw(st.integers(0, min(core, context))))


@given(grids(), frame_counts)
def test_the_cores_deliver_each_frame_exactly_once(grid, frame_count):
    windows = list(grid.windows(frame_count))
    delivered = [n for window in windows for n in range(window.core_start, window.core_stop)]
    assert delivered == list(range(frame_count))
    assert len(windows) == grid.count(frame_count)


@given(grids(), frame_counts)
def test_the_parts_of_a_window_lie_in_order_and_inside_the_clip(grid, frame_count):
    for window in grid.windows(frame_count):
        assert 0 <= window.start <= window.lead <= window.core_start
        assert window.core_start < window.core_stop <= window.stop <= frame_count


@given(grids(), frame_counts)
def test_context_is_whole_except_where_the_clip_ends(grid, frame_count):
    for window in grid.windows(frame_count):
        assert window.start == max(0, window.core_start - grid.context)
        assert window.stop == min(frame_count, window.core_start + grid.core + grid.context)


@given(grids(), st.integers(1, 200), st.data())
def test_the_window_of_a_frame_does_not_depend_on_where_reading_began(grid, frame_count, data):
    frame = data.draw(st.integers(0, frame_count - 1))
    (from_the_start,) = [
        window
        for window in grid.windows(frame_count)
        if window.core_start <= frame < window.core_stop
    ]
    assert grid.window(frame // grid.core, frame_count) == from_the_start


@given(grids(), st.integers(0, 20), st.integers(1, 300))
def test_a_window_that_the_clip_holds_whole_does_not_depend_on_its_length(grid, index, frame_count):
    endless = grid.window(index)
    if endless.stop <= frame_count:
        assert grid.window(index, frame_count) == endless


@given(grids(), st.integers(1, 200), cut_sets)
def test_the_kept_frames_of_the_runs_are_exactly_those_that_the_window_wants(
    grid, frame_count, cuts
):
    for window in grid.windows(frame_count):
        runs = split_at_cuts(window, cuts)
        kept = [n for run in runs for n in range(run.keep_start, run.keep_stop)]
        assert kept == list(range(window.lead, window.core_stop))


@given(grids(), st.integers(1, 200), cut_sets)
def test_a_run_never_crosses_a_cut(grid, frame_count, cuts):
    for window in grid.windows(frame_count):
        for run in split_at_cuts(window, cuts):
            assert not any(run.start < cut < run.stop for cut in cuts)


@given(grids(), st.integers(1, 200), cut_sets)
def test_a_run_ends_only_at_a_cut_or_with_its_window(grid, frame_count, cuts):
    for window in grid.windows(frame_count):
        for run in split_at_cuts(window, cuts):
            assert run.start in cuts | {window.start}
            assert run.stop in cuts | {window.stop}


@given(grids(), st.integers(1, 200), cut_sets)
def test_keep_counts_from_the_start_of_the_run(grid, frame_count, cuts):
    for window in grid.windows(frame_count):
        for run in split_at_cuts(window, cuts):
            frames = range(run.start, run.stop)
            assert frames[run.keep] == range(run.keep_start, run.keep_stop)
            assert 0 <= run.keep.start < run.keep.stop <= len(frames)


@given(grids(), st.integers(1, 200), cut_sets)
def test_cuts_outside_a_window_change_nothing(grid, frame_count, cuts):
    for window in grid.windows(frame_count):
        inside = {cut for cut in cuts if window.start < cut < window.stop}
        assert split_at_cuts(window, cuts) == split_at_cuts(window, inside)


@given(grids(), st.integers(1, 200))
def test_the_blend_weight_rises_towards_the_next_window_and_stays_below_one(grid, frame_count):
    for window in grid.windows(frame_count):
        core = range(window.core_start, window.core_stop)
        weights = [grid.blend_weight(frame, frame_count) for frame in core]
        assert weights == sorted(weights)
        assert all(0 <= weight < 1 for weight in weights)


@given(grids(), st.integers(1, 200))
def test_only_the_last_frames_before_another_window_are_blended(grid, frame_count):
    windows = list(grid.windows(frame_count))
    blended = {n for window in windows[1:] for n in range(window.lead, window.core_start)}
    mixed = {n for n in range(frame_count) if grid.blend_weight(n, frame_count) > 0}
    assert mixed == blended


@given(grids(), st.integers(1, 200))
def test_both_windows_compute_each_blended_frame(grid, frame_count):
    windows = list(grid.windows(frame_count))
    for earlier, later in pairwise(windows):
        assert earlier.core_start <= later.lead
        assert later.core_start == earlier.core_stop


def test_the_blend_grows_in_equal_steps():
    grid = Grid(core=8, context=4, blend=3)
    weights = [grid.blend_weight(frame, 16) for frame in range(4, 8)]
    assert weights == [0, Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)]


def test_a_window_between_two_cuts_has_no_context():
    window = Grid(core=4, context=2).window(1, 12)
    (run,) = split_at_cuts(window, {4, 8})
    assert (run.start, run.keep_start, run.keep_stop, run.stop) == (4, 4, 8, 8)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"core": 0, "context": 1}, "core is 0"),
        ({"core": -3, "context": 1}, "core is -3"),
        ({"core": 1, "context": -1}, "context is -1"),
        ({"core": 4, "context": 2, "blend": 3}, "blend is 3"),
        ({"core": 2, "context": 4, "blend": 3}, "blend is 3"),
        ({"core": 2, "context": 2, "blend": -1}, "blend is -1"),
    ],
)
def test_a_grid_that_cannot_work_is_refused_with_its_value(values, name):
    with pytest.raises(OptionError, match=name):
        Grid(**values)


@given(grids(), st.integers(1, 200), st.data())
def test_the_reach_of_some_frames_holds_each_window_that_computes_them(grid, frame_count, data):
    first = data.draw(st.integers(0, frame_count - 1))
    stop = data.draw(st.integers(first + 1, frame_count))
    needed = [
        window
        for window in grid.windows(frame_count)
        if window.lead < stop and first < window.core_stop
    ]
    reach = grid.reach(first, stop)
    assert reach.start == needed[0].start
    assert min(reach.stop, frame_count) == needed[-1].stop
