"""Recordings that were joined byte by byte, so that the clock is set anew within the file."""

from fractions import Fraction
from itertools import pairwise

import pytest

from tests.clips import Clip, make_clip, remux, same_samples
from tests.sinks.test_excerpt_streams import cut
from tests.sinks.test_excerpt_streams import packets as spans
from tests.sinks.test_remux import packets, transcode
from tests.sinks.test_sync import MS, WRAP_S, sound_to_picture
from vsfilter.sources.indexed_file import IndexedFile
from vsfilter.sources.pyav_source import FileSource

PICTURE = Fraction(1, 24)
SOUND = Fraction(1024, 48000)
DEEP = {"bf": "2", "g": "12"}


def part(folder, *, start_s=0, audio_s=2, count=48, **changes):
    """Make a recording of 2 s whose clock begins somewhere; give its bytes."""
    options = {"output_ts_offset": str(start_s)} if start_s else {}
    clip = {"count": count, "options": DEEP, "audio_s": audio_s, "container_options": options}
    return make_clip(folder / "part.ts", Clip(**clip | changes)).read_bytes()


def join(path, *parts):
    path.write_bytes(b"".join(parts))
    return path


def gaps(times, step):
    """Give place and length of the steps that are not the usual one, in s."""
    return [
        (round(float(a), 2), round(float(b - a), 2))
        for a, b in pairwise(times)
        if abs(b - a - step) > 6 * MS
    ]


@pytest.mark.parametrize("after", ["out.mkv", "out.mp4"])
def test_shorter_sound_in_each_part_stays_with_its_pictures(tmp_path, after, caplog):
    source = join(tmp_path / "joined.ts", *[part(tmp_path, audio_s=1.6)] * 3)

    shown, heard = sound_to_picture(transcode(source, tmp_path / after))

    assert gaps(shown, PICTURE) == []
    assert gaps(heard, SOUND) == [(1.58, 0.4), (3.58, 0.4)]
    assert abs(heard[-1] + SOUND - 5.6) < SOUND
    assert [record.message for record in caplog.records if "clock" in record.message] == [
        f"{source} has a clock that was set anew (first from 2.0 to 0.0 s): all its streams go on "
        "together"
    ]


def test_sound_goes_on_where_pictures_are_missing(tmp_path):
    source = join(tmp_path / "joined.ts", *[part(tmp_path, count=38)] * 2)

    shown, heard = sound_to_picture(transcode(source, tmp_path / "out.mkv"))

    assert gaps(heard, SOUND) == []
    assert gaps(shown, PICTURE) == [(1.54, 0.46)]


def test_program_streams_have_one_clock_too(tmp_path):
    clip = Clip(count=48, codec="mpeg2video", options=DEEP, audio_s=1.6, audio_codec="mp2")
    one = make_clip(tmp_path / "part.vob", clip).read_bytes()
    source = join(tmp_path / "joined.vob", one, one)

    shown, heard = sound_to_picture(transcode(source, tmp_path / "out.mkv"))

    assert gaps(shown, PICTURE) == []
    assert gaps(heard, Fraction(1152, 48000)) == [(1.57, 0.42)]


@pytest.mark.parametrize(
    "starts_s",
    [
        (0, 1.5),  # the second part repeats half a second
        (1000, 50000),
        (1000, 900),  # FFmpeg takes that for a clock that ran over, and adds 2**33 ticks
        (50000, 10),
        (WRAP_S - 5, 70, 200),
    ],
)
def test_parts_follow_each_other_wherever_their_clocks_begin(tmp_path, starts_s):
    parts = [part(tmp_path, start_s=start_s) for start_s in starts_s]

    path = transcode(join(tmp_path / "joined.ts", *parts), tmp_path / "out.mkv")

    shown, heard = sound_to_picture(path)
    assert (len(shown), len(heard)) == (48 * len(parts), 94 * len(parts))
    assert gaps(shown, PICTURE) == gaps(heard, SOUND) == []


def test_a_clock_that_comes_to_where_it_began_makes_no_step(tmp_path):
    """FFmpeg adds 2**33 ticks to all times of the second part that lie 60 s before the first."""
    parts = [part(tmp_path, start_s=1000), part(tmp_path, start_s=938.5)]

    path = transcode(join(tmp_path / "joined.ts", *parts), tmp_path / "out.mkv")

    shown, heard = sound_to_picture(path)
    assert gaps(shown, PICTURE) == gaps(heard, SOUND) == []


@pytest.mark.parametrize("name", ["in.mkv", "in.mp4"])
def test_a_long_gap_is_real_where_clocks_do_not_jump(tmp_path, name, caplog):
    pts = [*range(24), *range(504, 528)]
    source = make_clip(tmp_path / name, Clip(count=48, pts=pts, audio_s=1))

    shown, _ = sound_to_picture(transcode(source, tmp_path / "out.mkv"))

    assert gaps(shown, PICTURE) == [(0.96, 20.04)]
    assert "clock" not in caplog.text


def test_a_pause_of_one_stream_is_no_jump(tmp_path, caplog):
    """A still picture of 12 s, while the sound goes on."""
    pts = [*range(24), *range(312, 336)]
    film = make_clip(tmp_path / "in.mkv", Clip(count=48, pts=pts, audio_s=14, options={"bf": "0"}))
    source = remux(film, tmp_path / "in.ts")

    shown, heard = sound_to_picture(transcode(source, tmp_path / "out.mkv"))

    assert gaps(shown, PICTURE) == [(0.96, 12.04)]
    assert gaps(heard, SOUND) == []
    assert "clock" not in caplog.text


def test_an_excerpt_across_joints_is_a_part_of_the_whole(tmp_path):
    source = join(tmp_path / "joined.ts", *[part(tmp_path, audio_s=1.6)] * 3)
    whole = packets(transcode(source, tmp_path / "whole.mkv"), "audio")
    shown, _ = sound_to_picture(tmp_path / "whole.mkv")

    cut(source, tmp_path / "part.mkv", Fraction(3, 2), Fraction(9, 2))

    here, heard = sound_to_picture(tmp_path / "part.mkv")
    assert [time + shown[36] for time in here] == pytest.approx(shown[36:108], abs=0.002)
    copies = [data for _, _, data in spans(tmp_path / "part.mkv", "audio")]
    first = [data for _, data in whole].index(copies[0])
    assert copies == [data for _, data in whole[first : first + len(copies)]]
    start = sound_to_picture(tmp_path / "whole.mkv")[1][first] - heard[0]
    found = [time - shown[36] for time in sound_to_picture(tmp_path / "whole.mkv")[1]]
    assert abs(start - shown[36]) <= 2 * MS
    assert heard == pytest.approx(found[first : first + len(copies)], abs=0.002)


def test_a_run_that_goes_on_has_the_times_of_a_straight_one(tmp_path, caplog):
    source = join(tmp_path / "joined.ts", *[part(tmp_path, audio_s=1.6)] * 3)
    with FileSource(str(source)) as straight, FileSource(str(source)) as again:
        expected = [(frame.pts, frame.duration) for frame in straight]
        caplog.clear()
        for number in (100, 60, 30):  # back too, as after a survey of the fields
            found = [(frame.pts, frame.duration) for frame in again.frames_from(number)]
            assert found == expected[number:]
    assert len(caplog.records) == 1


def test_any_frame_of_joined_recordings_is_reached(tmp_path):
    parts = [part(tmp_path, start_s=start_s) for start_s in (1000, 50000)]
    path = str(join(tmp_path / "joined.ts", *parts))
    with FileSource(path) as source:
        expected = list(source)

    for _ in range(2):  # the second time from the index that was stored
        with IndexedFile(path) as file:
            assert file.pts == [frame.pts for frame in expected]
            for number in (90, 3, 60, 30, 95, 47, 48):
                assert same_samples(file.frame(number), expected[number])
        assert file.seek_count
