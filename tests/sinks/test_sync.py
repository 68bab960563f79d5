"""Sound and picture keep their distance through files whose times are odd."""

from fractions import Fraction

import av
import pytest

from tests.clips import Clip, make_clip
from tests.sinks.test_remux import packets, transcode

MS = Fraction(1, 1000)
WRAP_S = 2**33 // 90000


def sound_to_picture(path):
    """Give the first picture's time, and all times of pictures and sound beside it, in s."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        frames = list(container.decode(video))
        if container.format.name == "avi":  # FFmpeg knows its decoding times only
            times = range(frames[0].dts, frames[0].dts + len(frames))
        else:
            times = [frame.pts for frame in frames]
        shown = [time * video.time_base for time in times]
    heard = [time for time, _ in packets(path, "audio")]
    return [time - shown[0] for time in shown], [time - shown[0] for time in heard]


def assert_in_sync(source, path, *, tolerance=MS):
    for given, found in zip(sound_to_picture(source), sound_to_picture(path), strict=True):
        assert len(given) == len(found)
        assert all(abs(a - b) <= tolerance for a, b in zip(given, found, strict=True))


@pytest.mark.parametrize("after", ["out.mkv", "out.mp4"])
@pytest.mark.parametrize(
    ("before", "clip"),
    [
        ("late.mp4", Clip(count=40, pts=list(range(12, 52)), options={"bf": "2"}, audio_s=2)),
        ("late.mkv", Clip(count=40, pts=list(range(12, 52)), audio_s=2)),
        ("silent.mp4", Clip(count=40, audio_s=1, audio_start_s=0.7)),
        ("b-frames.avi", Clip(count=40, codec="mpeg4", options={"bf": "2"}, audio_s=2)),
        ("one.mp4", Clip(count=1, audio_s=0.5)),
        (
            "wrapped.ts",  # the 33 bits of its clock run over after 1.4 s
            Clip(count=80, audio_s=3, container_options={"output_ts_offset": str(WRAP_S - 3)}),
        ),
    ],
)
def test_odd_starts_are_kept(tmp_path, before, clip, after):
    source = make_clip(tmp_path / before, clip)
    path = transcode(source, tmp_path / after)
    assert_in_sync(source, path)
    with av.open(str(path)) as container:
        assert container.streams.video[0].start_time >= 0  # players hide what lies before


@pytest.mark.parametrize("start_s", [0, 30, 86400])
def test_the_clock_of_a_transport_stream_is_no_delay(tmp_path, start_s):
    options = {"output_ts_offset": str(start_s)}
    source = make_clip(tmp_path / "part.ts", Clip(count=24, audio_s=1, container_options=options))
    path = transcode(source, tmp_path / "out.mkv")
    assert_in_sync(source, path)
    with av.open(str(path)) as container:
        assert container.start_time / av.time_base < 0.1


@pytest.mark.parametrize("after", ["out.mkv", "out.mp4"])
def test_a_clock_that_is_set_anew_goes_on_where_it_was(tmp_path, after):
    part = make_clip(tmp_path / "part.ts", Clip(count=72, audio_s=3)).read_bytes()
    (tmp_path / "joined.ts").write_bytes(part + part)

    path = transcode(tmp_path / "joined.ts", tmp_path / after)

    one_shown, one_heard = sound_to_picture(tmp_path / "part.ts")
    shown, heard = sound_to_picture(path)
    packet_s = Fraction(1024, 48000)
    assert (len(shown), len(heard)) == (144, 2 * len(one_heard))
    for found, one in ((shown, one_shown), (heard, one_heard)):
        expected = [*one, *(time + 3 for time in one)]
        assert all(abs(a - b) <= packet_s + MS for a, b in zip(found, expected, strict=True))
