"""What FFmpeg sees of a file when it is opened."""

from fractions import Fraction

import av

from tests.clips import encode_tone, picture
from vsfilter.media.media_file import open_media

PART = 24 * 8


def test_a_sound_in_the_middle_of_a_programme_stream_is_seen(tmp_path):
    """Its files list their streams nowhere, and a DVD's subtitles begin after minutes."""
    path = tmp_path / "a.vob"
    with av.open(str(path), "w", format="vob") as container:
        video = container.add_stream(
            "mpeg2video", rate=24, width=320, height=240, bit_rate=2_000_000, options={"g": "1"}
        )
        sound = container.add_stream("mp2", rate=48000)
        for number in range(2 * PART):
            made = picture(number, 320, 240)
            made.pts, made.time_base = number, Fraction(1, 24)
            container.mux(video.encode(made))
            if number == PART:
                encode_tone(container, sound, seconds=0.5, start_s=8)
        container.mux(video.encode(None))
    with av.open(str(path)) as plain:
        assert [stream.type for stream in plain.streams] == ["video"]
    with open_media(path) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
