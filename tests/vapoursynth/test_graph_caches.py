"""What the graph of a script keeps, by the memory that there is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vsfilter.vapoursynth.graph_caches import GraphCaches, GraphSize
from vsfilter.window import Grid

HD = 1920 * 1080
LARGE = GraphSize(  # four times as large in each direction, in 8 bits and 4:2:0
    grid=Grid(core=3, context=3),
    source_px=HD,
    restored_px=16 * HD,
    result_px=16 * HD,
    result_bytes=24 * HD,
)


def choose(size=LARGE, *, threads=16, room=10**15):
    return GraphCaches.choose(size, threads=threads, room=lambda wished: min(wished, room))


def test_where_there_is_memory_all_is_kept_that_may_be_asked_for_again():
    assert choose() == GraphCaches(windows=1 + 6, sources=6 + 21, results=16)
    small = replace(LARGE, source_px=64, restored_px=1024, result_px=1024, result_bytes=1536)
    assert choose(small) == GraphCaches(windows=1 + 22, sources=6 + 64, results=64)


def test_windows_of_one_frame_are_kept_as_frames():
    single = replace(LARGE, grid=Grid(core=1, context=3))
    assert choose(single).windows == 0
    assert choose(replace(single, grid=Grid(core=1, context=3, blend=1))).windows == 1 + 16 + 2


@given(
    room=st.integers(0, 10**11),
    threads=st.integers(1, 64),
    core=st.integers(1, 24),
    px=st.integers(1, 10**8),
)
def test_what_is_kept_fits_beside_the_windows_that_are_counted(room, threads, core, px):
    size = replace(LARGE, grid=Grid(core=core, context=3), restored_px=px)
    least = choose(size, threads=threads, room=0)
    kept = choose(size, threads=threads, room=room)
    assert kept == least or kept.bytes(size) <= room
    assert kept.results <= choose(size, threads=threads).results


def test_what_is_missing_is_said_with_a_number_of_threads_that_does(caplog):
    frame = 12 * 16 * HD
    choose(room=40 * frame)
    assert not caplog.text
    caches = choose(room=8 * frame)
    assert caches.results < 16
    assert f"set core.num_threads to {caches.results}" in caplog.text
    caplog.clear()
    choose(room=8 * frame, threads=caches.results)
    assert not caplog.text


@pytest.mark.parametrize("blend", [0, 1])
def test_no_cache_is_without_a_frame(blend):
    for threads in (1, 2, 64):
        caches = choose(replace(LARGE, grid=Grid(core=3, context=3, blend=blend)), room=0)
        assert caches.windows == (4 if blend else 2)
        assert min(caches.sources, caches.results, threads) >= 1
