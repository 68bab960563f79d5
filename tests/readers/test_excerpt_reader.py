"""An excerpt holds the right frames, and each is what it is in the whole clip."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import av
import pytest

from tests.clips import Clip, clip_info, frames_of, make_clip, same_samples
from vsfilter.errors import OptionError
from vsfilter.input_settings import Excerpt
from vsfilter.readers.excerpt_reader import ExcerptReader
from vsfilter.sources.pyav_source import FileSource
from vsfilter.window import Grid

GRID = Grid(core=4, context=1)


class Streamed:
    """A clip that can only be read in order."""

    def __init__(self, pts, **changes):
        self.info = clip_info("gray", width=16, height=16, **changes)
        frames = frames_of(self.info, len(pts))
        durations = [*(b - a for a, b in pairwise(pts)), 3]
        self.frames = [
            replace(frame, pts=time, duration=duration)
            for frame, time, duration in zip(frames, pts, durations, strict=True)
        ]

    def __iter__(self):
        return iter(self.frames)

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def wanted(reader, excerpt, grid=GRID):
    """Give the pts of the wanted frames, and the numbers of all that are read."""
    excerpted = ExcerptReader(reader, excerpt, grid)
    read = list(excerpted)
    numbers = [each.number for each in read]
    assert numbers == list(range(excerpted.first, excerpted.first + len(read)))
    return [each.frame.pts for each in read if each.is_wanted], range(numbers[0], numbers[-1] + 1)


VFR = [100, 140, 141, 200, 260, 300, 301, 302, 350, 400, 460, 500, 540]


@pytest.mark.parametrize(
    ("excerpt", "expected", "read"),
    [
        (Excerpt(first=5, stop=7), VFR[5:7], range(3, 9)),
        (Excerpt(first=4), VFR[4:], range(3, 13)),
        (Excerpt(stop=4), VFR[:4], range(5)),
        (Excerpt(start_s=Fraction(199, 1000)), VFR[4:], range(3, 13)),  # shown from 260 to 300
        (Excerpt(start_s=Fraction(1, 10), end_s=Fraction(11, 50)), VFR[3:7], range(9)),
        (Excerpt(end_s=Fraction(442, 1000)), VFR[:12], range(13)),
        (Excerpt(end_s=Fraction(443, 1000)), VFR, range(13)),  # the end of the clip
    ],
)
def test_times_count_from_the_first_frame_and_windows_are_read_whole(excerpt, expected, read):
    reader = Streamed(VFR, time_base=Fraction(1, 1000), rate=None)
    assert wanted(reader, excerpt) == (expected, read)


def test_the_times_of_an_excerpt_are_told_on_the_clock_of_the_input():
    reader = Streamed(VFR, time_base=Fraction(1, 1000), rate=Fraction(25))
    covers = ExcerptReader(reader, Excerpt(first=5), GRID).info.covers
    assert (covers.start_s, covers.end_s) == (Fraction(300, 1000), None)
    covers = ExcerptReader(reader, Excerpt(end_s=Fraction(1, 10)), GRID).info.covers
    assert (covers.start_s, covers.end_s) == (Fraction(1, 10), Fraction(2, 10))


def test_numbers_count_frames_of_the_input_where_each_gives_two():
    reader = Streamed(list(range(20)))
    excerpted = ExcerptReader(reader, Excerpt(first=3, stop=5), GRID, pictures_per_frame=2)
    assert [each.number for each in excerpted if each.is_wanted] == [6, 7, 8, 9]


class InFields(Streamed):
    """A file whose packets are fields: what it tells without decoding are times of these."""

    def frame_times(self):
        for frame in self.frames:
            yield from (frame.pts, frame.pts + frame.duration // 2)
        yield frame.pts + frame.duration

    def frames_from(self, number):
        return iter(self.frames[number:])


def test_packets_that_are_fields_are_not_taken_for_frames():
    reader = InFields(range(0, 120, 10))
    excerpted = ExcerptReader(reader, Excerpt(stop=4), GRID)
    read = [each.frame.pts for each in excerpted if each.is_wanted]
    assert read == [0, 10, 20, 30]
    assert excerpted.info.covers.end_s is None or not excerpted.info.covers.is_end_exact


@pytest.mark.parametrize("excerpt", [Excerpt(first=13), Excerpt(start_s=Fraction(443, 1000))])
def test_an_excerpt_after_the_end_is_refused_with_the_length(excerpt):
    reader = Streamed(VFR, time_base=Fraction(1, 1000))
    with pytest.raises(OptionError, match=r"begins after the end .* 13 frames"):
        ExcerptReader(reader, excerpt, GRID)


def test_an_excerpt_within_one_frame_is_refused_with_its_number():
    reader = Streamed(VFR, time_base=Fraction(1, 1000))
    excerpt = Excerpt(start_s=Fraction(110, 1000), end_s=Fraction(120, 1000))
    with pytest.raises(OptionError, match="while frame 3 is shown"):
        ExcerptReader(reader, excerpt, GRID)


@pytest.mark.parametrize(
    ("excerpt", "is_short"),
    [
        (Excerpt(first=2, stop=14), True),
        (Excerpt(first=2, stop=13), False),
        (Excerpt(end_s=Fraction(9)), True),
        (Excerpt(end_s=Fraction(444, 1000)), False),
    ],
)
def test_an_end_after_the_clip_s_end_is_said(excerpt, is_short, caplog):
    list(ExcerptReader(Streamed(VFR, time_base=Fraction(1, 1000)), excerpt, GRID))
    assert ("ends before the excerpt" in caplog.text) == is_short


OPEN_GOP = {"g": "8", "bf": "3", "x264-params": "open-gop=1:scenecut=0:keyint=8:min-keyint=8"}


@pytest.mark.parametrize(
    ("name", "clip", "can_seek"),
    [
        ("open.mkv", Clip(count=60, options=OPEN_GOP), True),
        ("open.mp4", Clip(count=60, options=OPEN_GOP), True),
        ("open.ts", Clip(count=60, options=OPEN_GOP), False),
        ("late.mkv", Clip(count=60, pts=list(range(50, 110)), options=OPEN_GOP), True),
        (
            "vfr.mp4",
            Clip(
                count=60,
                time_base=Fraction(1, 12800),
                pts=[512 * n + 100 * (n % 3) for n in range(60)],
                options=OPEN_GOP,
            ),
            True,
        ),
        ("old.avi", Clip(count=60, codec="mpeg4", options={"g": "8", "bf": "2"}), False),
    ],
)
def test_reading_from_the_middle_gives_the_frames_that_reading_all_gives(
    tmp_path, name, clip, can_seek
):
    path = str(make_clip(tmp_path / name, clip))
    with FileSource(path) as source:
        whole = list(source)
    for number in (1, 37, 59):
        with FileSource(path) as source:
            times = list(source.frame_times())
            found = list(source.frames_from(number))
            decoded = source.decoded_count
        assert [frame.pts for frame in found] == [frame.pts for frame in whole[number:]]
        assert all(same_samples(a, b) for a, b in zip(found, whole[number:], strict=True))
        assert can_seek == (times[-1] is not None)
        if can_seek:
            assert times[:-1] == [frame.pts for frame in whole]
            assert number < 30 or decoded < len(found) + 25


def test_a_file_that_begins_inside_a_group_of_pictures_is_cut_by_what_is_shown(tmp_path):
    whole = make_clip(tmp_path / "whole.ts", Clip(count=90, options=OPEN_GOP)).read_bytes()
    packet = 188
    cut = whole[: 20 * packet] + whole[len(whole) // packet // 3 * packet :]
    (tmp_path / "cut.ts").write_bytes(cut)
    with FileSource(str(tmp_path / "cut.ts")) as source:
        frames = list(source)
    with FileSource(str(tmp_path / "cut.ts")) as source:
        part = ExcerptReader(source, Excerpt(first=9, stop=15), GRID)
        found = [each.frame for each in part if each.is_wanted]
    assert [frame.pts for frame in found] == [frame.pts for frame in frames[9:15]]
    assert all(same_samples(a, b) for a, b in zip(found, frames[9:15], strict=True))


def test_a_packet_that_gives_no_frame_moves_no_cut(tmp_path):
    clip = make_clip(tmp_path / "clip.mkv", Clip(count=40, options={"g": "40", "bf": "0"}))
    path = str(tmp_path / "damaged.mkv")
    with av.open(str(clip)) as source, av.open(path, "w") as target:
        copy = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(p for p in source.demux() if p.size):
            made = av.Packet(b"\xff" * 40 if number == 9 else bytes(packet))
            made.pts, made.dts, made.time_base = packet.pts, packet.dts, packet.time_base
            made.is_keyframe, made.stream = packet.is_keyframe, copy
            target.mux(made)
    with FileSource(path) as source:
        whole = [frame.pts for frame in source]
        unit = source.info.time_base
    assert len(whole) == 39

    with FileSource(path) as source:
        part = ExcerptReader(source, Excerpt(start_s=whole[20] * unit), GRID)
        found = [each for each in part if each.is_wanted]

    assert [each.frame.pts for each in found] == whole[20:]
    assert found[0].number == 20
