from fractions import Fraction

import av
import pytest
from av.stream import Disposition

from tests.clips import Clip, clip_info, frames_of, make_clip, picture
from vsfilter.errors import SinkError
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sinks.streams.packet_order import PacketOrder
from vsfilter.sources.pyav_source import FileSource

FAST = EncoderSettings(codec="x264", preset="ultrafast", threads=1)


def transcode(source_path, path, settings=FAST):
    """Read the video of a file and write it with all else of the file."""
    with (
        FileSource(str(source_path)) as source,
        FileSink(path, source.info, settings, streams_from=source_path) as sink,
    ):
        for frame in source:
            sink.write(frame)
    return path


def packets(path, kind):
    """Give pts in seconds and bytes of all packets of the first stream of a kind."""
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        return [
            (packet.pts * Fraction(packet.time_base.num, packet.time_base.den), bytes(packet))
            for packet in container.demux(stream)
            if packet.size
        ]


@pytest.mark.parametrize("start_s", [0, 0.5])
@pytest.mark.parametrize(
    ("before", "after"), [("in.mkv", "out.mp4"), ("in.mp4", "out.mkv"), ("in.mp4", "out.mov")]
)
def test_audio_is_copied_packet_for_packet_and_in_sync(tmp_path, before, after, start_s):
    clip = Clip(count=48, audio_s=2, audio_start_s=start_s)
    source = make_clip(tmp_path / before, clip)

    path = transcode(source, tmp_path / after)

    given, found = packets(source, "audio"), packets(path, "audio")
    assert [data for _, data in found] == [data for _, data in given]
    assert all(abs(a - b) <= Fraction(1, 1000) for (a, _), (b, _) in zip(found, given, strict=True))
    with FileSource(str(source)) as a, FileSource(str(path)) as b:
        first, again = next(iter(a)), next(iter(b))
        moved = again.pts * b.info.time_base - first.pts * a.info.time_base
        assert abs(moved) <= Fraction(1, 1000)


def test_audio_and_video_lie_side_by_side_in_the_file(tmp_path):
    source = make_clip(tmp_path / "in.mkv", Clip(count=96, audio_s=4))

    path = transcode(source, tmp_path / "out.mkv")

    reached = {"audio": Fraction(0), "video": Fraction(0)}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size:
                time = Fraction(packet.pts * packet.time_base.num, packet.time_base.den)
                reached[packet.stream.type] = time
                assert abs(reached["audio"] - reached["video"]) < 1


def test_copied_packets_that_are_damaged_cost_no_frame(tmp_path, caplog):
    """MP4 wants AAC without the headers that it has in a transport stream."""
    source = make_clip(tmp_path / "in.ts", Clip(count=48, audio_s=2, format="mpegts"))
    data = source.read_bytes()
    header = b"\xff\xf1"
    half = data.index(header, len(data) // 2)
    damaged = data[:half] + data[half:].replace(header, b"\0\0", 2)
    source.write_bytes(damaged)

    path = transcode(source, tmp_path / "out.mp4")

    assert "is damaged: parts of its streams are left out" in caplog.text
    with FileSource(str(path)) as found:
        assert len(list(found)) == 48
    assert len(packets(path, "audio")) > 40


@pytest.mark.parametrize("tick", [Fraction(1, 48000), Fraction(1, 1000)])
def test_mended_times_grow_in_ticks_of_the_output(tick, caplog):
    order = PacketOrder("in.ts", takes_equal_times=False)
    unit, last = Fraction(1, 90000), -1
    for dts, pts in [(0, 90), (3000, None), (3000, 3000), (2000, 9000), (3001, 0), (90000, 90000)]:
        packet = packet_at(dts, pts, unit)
        order.mend(packet, 0, tick)
        assert ticks_of(packet, tick) > last
        assert packet.pts >= packet.dts
        last = ticks_of(packet, tick)
    assert (packet.dts, packet.pts) == (90000, 90000)
    assert "backward times" in caplog.text


@pytest.mark.parametrize("takes_equal_times", [True, False])
@pytest.mark.parametrize("unit", [Fraction(1, 1000), Fraction(1, 90000)])
def test_packets_shorter_than_the_clocks_of_files_stay_in_time(takes_equal_times, unit, caplog):
    """TrueHD has 1,200 packets a second."""
    tick = Fraction(1, 1000 if takes_equal_times else 48000)
    order = PacketOrder("in.mkv", takes_equal_times=takes_equal_times)
    last = -1
    for number in range(2400):
        packet = packet_at(round(number / 1200 / unit), None, unit)
        order.mend(packet, 1, tick)
        ticks = ticks_of(packet, tick)
        assert ticks > last or (takes_equal_times and ticks == last)
        assert abs(ticks * tick - Fraction(number, 1200)) <= max(tick, unit)
        last = ticks
    assert not caplog.text


def packet_at(dts, pts, unit):
    packet = av.Packet(b"1")
    packet.time_base, packet.dts, packet.pts = unit, dts, pts
    return packet


def ticks_of(packet, tick):
    return round(packet.dts * Fraction(packet.time_base.num, packet.time_base.den) / tick)


def rich_file(path):
    """Write a Matroska file with tags, chapters, subtitles, a font and a cover."""
    base = make_clip(path.with_name("base.mkv"), Clip(count=24, audio_s=1))
    with av.open(str(base)) as source, av.open(str(path), "w") as target:
        copies = {}
        for stream in source.streams:
            copy = target.add_stream_from_template(stream, opaque=True)
            copy.metadata.update({"language": "fre", "title": f"piste {stream.index}"})
            copies[stream.index] = copy
        copies[1].disposition = Disposition.default | Disposition.comment
        text = target.add_mux_stream("subrip")
        text.metadata["language"] = "ger"
        target.metadata["title"] = "A film"
        target.add_attachment("font.ttf", "application/x-truetype-font", b"\0\1\0\0 a font")
        target.add_attachment("cover.jpg", "image/jpeg", jpeg())
        unit = Fraction(1, 1000)
        target.set_chapters(
            [
                {"id": 1, "start": 0, "end": 500, "time_base": unit, "metadata": {"title": "one"}},
                {"id": 2, "start": 500, "end": 1000, "time_base": unit, "metadata": {"title": "b"}},
            ]
        )
        line = av.Packet(b"Guten Tag")
        line.pts = line.dts = 250
        line.duration = 400
        line.time_base = unit
        line.stream = text
        target.mux(line)
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                target.mux(packet)
    return path


def jpeg():
    context = av.CodecContext.create("mjpeg", "w")
    context.width = context.height = 16
    context.pix_fmt = "yuvj420p"
    context.time_base = Fraction(1, 25)
    return b"".join(bytes(packet) for packet in context.encode(picture(0, 16, 16, "yuvj420p")))


def test_tags_chapters_subtitles_fonts_and_cover_are_kept(tmp_path):
    source = rich_file(tmp_path / "in.mkv")

    path = transcode(source, tmp_path / "out.mkv")

    with av.open(str(source)) as a, av.open(str(path)) as b:
        assert b.metadata["title"] == "A film"
        assert [(c["start"], c["end"], c["metadata"]) for c in b.chapters()] == [
            (c["start"], c["end"], c["metadata"]) for c in a.chapters()
        ]
        for kind in ("video", "audio", "subtitle", "attachment"):
            given = [stream for stream in a.streams if stream.type == kind]
            found = [stream for stream in b.streams if stream.type == kind]
            assert len(given) == len(found) > 0
            for old, new in zip(given, found, strict=True):
                assert new.disposition == old.disposition
                for tag in ("language", "title", "filename", "mimetype"):
                    assert new.metadata.get(tag) == old.metadata.get(tag)
        assert b.streams.attachments[0].data == a.streams.attachments[0].data
    assert packets(path, "subtitle") == packets(source, "subtitle")


def test_what_the_container_cannot_hold_is_one_warning(tmp_path, caplog):
    source = rich_file(tmp_path / "in.mkv")

    path = transcode(source, tmp_path / "out.mp4")

    assert [record.getMessage().split(": ")[1] for record in caplog.records] == [
        "the output cannot hold these streams",
        "streams are converted for the output",
    ]
    assert "attachment font.ttf" in caplog.records[0].getMessage()
    with av.open(str(path)) as container:
        assert len(container.streams.audio) == 1
        assert len(container.chapters()) == 2
        assert container.streams.video[1].disposition == Disposition.attached_pic


def test_the_clock_of_a_broadcast_becomes_zero_for_all_streams(tmp_path):
    base = make_clip(tmp_path / "base.mp4", Clip(count=24, audio_s=1))
    source = tmp_path / "in.ts"
    with av.open(str(base)) as old, av.open(str(source), "w") as new:
        copies = [new.add_stream_from_template(stream, opaque=True) for stream in old.streams]
        for packet in old.demux():
            if packet.size:
                day = round(86400 / packet.time_base)
                packet.pts += day
                packet.dts += day
                packet.stream = copies[packet.stream_index]
                new.mux(packet)

    path = transcode(source, tmp_path / "out.mkv")

    starts = [packets(path, kind)[0][0] for kind in ("video", "audio")]
    given = [packets(source, kind)[0][0] for kind in ("video", "audio")]
    assert 0 <= min(starts) < 1
    assert abs((starts[1] - starts[0]) - (given[1] - given[0])) <= Fraction(2, 1000)


def test_an_input_that_cannot_be_read_leaves_nothing(tmp_path):
    text = tmp_path / "in.mkv"
    text.write_text("no film")

    with pytest.raises(SinkError, match="cannot copy streams"):
        FileSink(tmp_path / "out.mkv", clip_info(), FAST, streams_from=text)

    assert list(tmp_path.iterdir()) == [text]


def test_frames_of_another_count_than_the_input_still_end_with_all_audio(tmp_path):
    source = make_clip(tmp_path / "in.mkv", Clip(count=48, audio_s=2))
    info = clip_info()
    path = tmp_path / "out.mkv"

    with FileSink(path, info, FAST, streams_from=source) as sink:
        for frame in frames_of(info, 3):
            sink.write(frame)

    assert len(packets(path, "audio")) == len(packets(source, "audio"))


def test_lines_that_begin_at_the_same_time_keep_it(tmp_path, caplog):
    base = make_clip(tmp_path / "base.mkv", Clip(count=6))
    with av.open(str(base)) as old, av.open(str(tmp_path / "in.mkv"), "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0], opaque=True)
        text = new.add_mux_stream("subrip")
        for number in range(5):
            line = av.Packet(f"layer {number}".encode())
            line.pts = line.dts = 40
            line.duration, line.time_base, line.stream = 100, Fraction(1, 1000), text
            new.mux(line)
        for packet in old.demux():
            if packet.size:
                packet.stream = copy
                new.mux(packet)

    path = transcode(tmp_path / "in.mkv", tmp_path / "out.mkv")

    assert packets(path, "subtitle") == packets(tmp_path / "in.mkv", "subtitle")
    assert "backward times" not in caplog.text
