"""Where packets go when the clock of a file jumps, told by numbers alone."""

from itertools import pairwise

from vsfilter.media.clock_joint import TICKS, Stamp
from vsfilter.media.joined_clock import JoinedClock

STEP = TICKS // 10
VIDEO, AUDIO, SUBTITLE = 0, 1, 2


def stamp(tenths, index=VIDEO, *, pos=None):
    """Make a packet of a tenth of a second."""
    time = tenths * STEP
    is_guide = index != SUBTITLE
    return Stamp(index=index, is_guide=is_guide, dts=time, pts=time, duration=STEP, pos=pos)


def placed(stamps):
    """Give stream and mended time, in tenths of a second, of packets in their order."""
    clock = JoinedClock()
    offsets = [offset for each in stamps for offset in clock.place(each)]
    offsets += clock.settle()
    return [
        (each.index, (each.dts + offset) // STEP)
        for each, offset in zip(stamps, offsets, strict=True)
    ]


def times(stamps, index=VIDEO):
    return [time for stream, time in placed(stamps) if stream == index]


def both(numbers):
    return [stamp(number, index) for number in numbers for index in (VIDEO, AUDIO)]


def test_what_does_not_jump_stays():
    stamps = both([0, 1, 2, 5, 6, 60, 61])
    assert placed(stamps) == [(each.index, each.dts // STEP) for each in stamps]


def test_all_streams_are_moved_by_what_the_longest_one_needs():
    first = [*both(range(16)), *(stamp(number) for number in range(16, 20))]
    found = placed([*first, *both(range(5))])
    assert found[len(first) :] == [(index, time) for time in range(20, 25) for index in (0, 1)]


def test_a_stray_packet_goes_where_its_stream_is_and_moves_nothing():
    for stray in (3, 500_000, -500_000):
        numbers = [*range(20), stray, *range(21, 40)]
        assert times([stamp(number) for number in numbers]) == list(range(40))
        assert placed(both(range(40))) == placed(
            [stamp(stray, VIDEO) if s == stamp(20) else s for s in both(range(40))]
        )


def test_a_stray_packet_at_the_end_is_no_loss():
    assert times([stamp(number) for number in [*range(20), 3]]) == list(range(21))


def test_packets_that_come_late_belong_to_where_they_lie_in_the_file():
    """The second part begins 0.5 s back: the times of late packets would fit both parts."""
    first = [stamp(number, index, pos=number) for number in range(20) for index in (0, 1)]
    late = first.pop()  # sound of the first part, complete when the second has begun
    second = [stamp(15 + n, index, pos=20 + n) for n in range(10) for index in (0, 1)]
    found = placed([*first, second[0], late, *second[1:]])
    assert found[len(first) + 1] == (AUDIO, 19)
    assert [time for index, time in found if index == AUDIO] == list(range(30))


def test_a_clock_that_overflows_does_so_in_each_stream_at_its_own_place():
    wrap = 1_000_000
    stamps = []
    for number in range(40):
        stamps.append(stamp(number + (wrap if number < 20 else 0), pos=number))
        behind = number - 7
        stamps.append(stamp(behind + (wrap if behind < 20 else 0), AUDIO, pos=number))
    assert times(stamps) == list(range(wrap, wrap + 40))
    assert times(stamps, AUDIO) == list(range(wrap - 7, wrap + 33))


def test_a_stream_that_pauses_is_no_jump_while_others_go_on():
    stamps = [stamp(number) for number in range(300)]
    stamps[10:10] = [stamp(number, AUDIO) for number in range(10)]
    stamps += [stamp(number, AUDIO) for number in range(300, 305)]
    assert times(stamps, AUDIO) == [*range(10), *range(300, 305)]


def test_programs_with_clocks_of_their_own_each_go_on():
    """Of such a recording the second program is put beside the first, and neither moves again."""
    stamps = [s for n in range(100) for s in (stamp(n), stamp(70_000 + n, AUDIO))]
    assert times(stamps) == list(range(100))
    assert {b - a for a, b in pairwise(times(stamps, AUDIO))} == {1}


def test_subtitles_follow_and_start_no_jump():
    stamps = both(range(20))
    stamps += [stamp(7, SUBTITLE), *both(range(10)), stamp(8, SUBTITLE), *both(range(10, 400))]
    stamps += [stamp(399, SUBTITLE)]
    found = times(stamps, SUBTITLE)
    assert found == [7, 28, 419]


def test_parts_that_are_shorter_than_the_wait_are_told_apart():
    stamps = [s for _ in range(5) for s in both(range(3))]
    assert times(stamps) == times(stamps, AUDIO) == list(range(15))


def test_the_newest_pictures_of_a_real_pause_were_decoded_before_it():
    """Packets are decoded two pictures before they are shown: their pts jump first."""
    shown = [*range(20), *range(300, 320)]
    decoded = [-2, -1, *shown[:-2]]
    stamps = [
        Stamp(
            index=VIDEO,
            is_guide=True,
            dts=dts * STEP,
            pts=pts * STEP,
            duration=STEP,
            pos=None,
        )
        for pts, dts in zip(shown, decoded, strict=True)
    ]
    assert times(stamps) == decoded
