from fractions import Fraction

import av
import pytest

from tests.clips import Clip, make_clip
from vsfilter.errors import SourceError, SourceNotFoundError
from vsfilter.sources.pyav_source import FileSource


def times(path):
    with FileSource(str(path)) as source:
        return [frame.pts * source.info.time_base for frame in source]


def test_frames_without_times_are_counted_and_that_is_said_once(tmp_path, caplog):
    path = make_clip(tmp_path / "clip.264", Clip(count=9, format="h264", options={"bf": "2"}))

    found = times(path)

    assert found == [Fraction(number, 24) for number in range(9)]
    assert len(caplog.records) == 1


def test_a_damaged_packet_is_skipped_and_that_is_said_once(tmp_path, caplog):
    path = make_clip(tmp_path / "clip.mp4", Clip(count=24, options={"g": "4", "bf": "0"}))
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        holes = [(packet.pos, packet.size) for packet in packets[9:11]]
    data = bytearray(path.read_bytes())
    for position, size in holes:
        data[position : position + size] = b"\xff" * size
    path.write_bytes(data)

    found = times(path)

    assert 20 <= len(found) < 24
    assert len(caplog.records) == 1


def test_a_track_whose_header_is_damaged_is_refused_in_one_line(tmp_path):
    path = make_clip(tmp_path / "a.mkv", Clip(count=3, codec="libx265"))
    data = path.read_bytes()
    with av.open(str(path)) as container:
        header = bytes(container.streams.video[0].codec_context.extradata)
    damaged = header[:23] + b"\xff" * (len(header) - 23)
    path.write_bytes(data.replace(header, damaged))
    with pytest.raises(SourceError, match=r"its header is damaged") as caught:
        FileSource(str(path))
    assert "\n" not in str(caught.value)


def test_a_change_of_size_is_refused(tmp_path):
    first = make_clip(tmp_path / "a.264", Clip(count=3, format="h264"))
    second = make_clip(tmp_path / "b.264", Clip(count=3, width=32, format="h264"))
    both = tmp_path / "both.264"
    both.write_bytes(first.read_bytes() + second.read_bytes())

    with FileSource(str(both)) as source, pytest.raises(SourceError, match="changes at pts"):
        list(source)


def test_a_change_of_the_shape_of_pixels_is_said_once(tmp_path, caplog):
    """As where a film in 16:9 follows an announcement in 4:3."""
    shapes = {"a.ts": Fraction(16, 15), "b.ts": Fraction(64, 45), "c.ts": Fraction(16, 15)}
    parts = [
        make_clip(tmp_path / name, Clip(count=3, format="mpegts", sample_aspect_ratio=shape))
        for name, shape in shapes.items()
    ]
    whole = tmp_path / "whole.ts"
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    with FileSource(str(whole)) as source:
        assert source.info.sample_aspect_ratio == Fraction(16, 15)
        assert len(list(source)) == 9
    assert caplog.text.count("changes the shape of its pixels at pts") == 1
    assert "from 16/15 to 64/45" in caplog.text


def test_a_cut_off_file_tells_how_many_frames_are_missing(tmp_path):
    clip = Clip(count=24, options={"bf": "0"}, container_options={"movflags": "faststart"})
    path = make_clip(tmp_path / "clip.mp4", clip)
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        end = packets[20].pos
    path.write_bytes(path.read_bytes()[:end])

    with pytest.raises(SourceError, match="4 of its 24 frames are missing"):
        FileSource(str(path))


def test_a_missing_file_is_named():
    with pytest.raises(SourceNotFoundError, match=r"nowhere\.mkv"):
        FileSource("nowhere.mkv")


def test_what_is_no_video_is_refused_in_one_line(tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("this is a letter, not a film\n" * 40)
    empty = tmp_path / "empty.mp4"
    empty.touch()
    whole = make_clip(tmp_path / "whole.mp4", Clip(count=24)).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 2])
    tone = make_clip(tmp_path / "tone.mkv", Clip(count=1, audio_s=0.2))
    sound = tmp_path / "sound.mka"
    with av.open(str(tone)) as source, av.open(str(sound), "w") as target:
        copy = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = copy
                target.mux(packet)

    for path in (text, empty, cut, sound, tmp_path):
        with pytest.raises(SourceError) as raised:
            FileSource(str(path))
        assert "\n" not in str(raised.value)
        assert path.name in str(raised.value)
