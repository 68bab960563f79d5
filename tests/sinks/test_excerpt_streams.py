"""What becomes of the other streams when a part of the input is written."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import av
import pytest

from tests.clips import Clip, make_clip, remux
from tests.sinks.test_remux import FAST, jpeg
from vsfilter.engine.settings import Settings
from vsfilter.input_settings import Excerpt, InputSettings
from vsfilter.readers.excerpt_reader import ExcerptReader
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sources.pyav_source import FileSource
from vsfilter.transcode.transcode import transcode
from vsfilter.window import Grid

MS = Fraction(1, 1000)


def cut(source_path, path, start_s, end_s):
    """Write a part of a file with all else of that part."""
    with FileSource(str(source_path)) as source:
        excerpt = Excerpt(start_s=start_s, end_s=end_s)
        part = ExcerptReader(source, excerpt, Grid(core=4, context=1))
        with FileSink(path, part.info, FAST, streams_from=source_path) as sink:
            for each in part:
                if each.is_wanted:
                    sink.write(each.frame)
    return part.info.covers


def packets(path, kind):
    """Give begin in s, end in s and bytes of each packet of the first stream of a kind."""
    with av.open(str(path)) as container:
        stream = next(stream for stream in container.streams if stream.type == kind)
        return [
            (packet.pts * unit, (packet.pts + (packet.duration or 0)) * unit, bytes(packet))
            for packet in container.demux(stream)
            if packet.size
            for unit in [Fraction(packet.time_base.numerator, packet.time_base.denominator)]
        ]


@pytest.mark.parametrize("audio_start_s", [0, 0.7])
@pytest.mark.parametrize(
    ("names", "start_s", "end_s"),
    [
        (("in.mkv", "out.mp4"), Fraction(1), Fraction(5, 2)),
        (("in.mp4", "out.mkv"), Fraction(4, 3), None),
        (("in.mp4", "out.mov"), Fraction(4, 3), Fraction(3, 2)),
        (("in.ts", "out.mkv"), Fraction(1, 2), Fraction(2)),
        (("in.mkv", "out.mkv"), None, Fraction(1)),
    ],
)
def test_what_is_heard_during_the_excerpt_is_kept_in_sync(
    tmp_path, names, start_s, end_s, audio_start_s
):
    clip = Clip(count=72, options={"bf": "2"}, audio_s=3, audio_start_s=audio_start_s)
    source, target = make_clip(tmp_path / names[0], clip), tmp_path / names[1]

    covers = cut(source, target, start_s, end_s)

    given, found = packets(source, "audio"), packets(target, "audio")
    start = min(begin for begin, _, _ in packets(target, "video"))
    end = covers.end_s or given[-1][1]
    expected = [p for p in given if p[1] > covers.start_s and p[0] < end]
    for (there, _, data), (here, _, copy) in zip(expected, found, strict=True):
        assert data.endswith(copy)  # TS has a header before each packet
        assert abs((there - covers.start_s) - (here - start)) <= MS


def test_sound_that_is_counted_in_packets_keeps_its_place(tmp_path):
    """AVI tells times in whole packets of sound, of which a cut is no multiple."""
    clip = make_clip(tmp_path / "in.mkv", Clip(count=48, codec="mpeg4", audio_s=2))
    path = remux(clip, tmp_path / "in.avi")

    covers = cut(path, tmp_path / "out.mkv", Fraction(1), None)

    given, found = packets(path, "audio"), packets(tmp_path / "out.mkv", "audio")
    start = packets(tmp_path / "out.mkv", "video")[0][0]
    times = {data: begin - covers.start_s for begin, _, data in given}
    assert all(abs(times[data] - (begin - start)) <= MS for begin, _, data in found)


def film_with_text(path, codec="subrip"):
    """Write 4 s of video with lines at known times, chapters, a font and a cover."""
    base = make_clip(path.with_name("base.mkv"), Clip(count=96))
    with av.open(str(base)) as source, av.open(str(path), "w") as target:
        video = target.add_stream_from_template(source.streams.video[0])
        text = target.add_mux_stream(codec)
        target.add_attachment("font.ttf", "application/x-truetype-font", b"\0\1\0\0 a font")
        target.add_attachment("cover.jpg", "image/jpeg", jpeg())
        names = ["before", "around the start", "inside", "around the end", "after"]
        edges = [0, 900, 1500, 2000, 3000, 4000]
        target.set_chapters(
            [
                {"id": n, "start": a, "end": b, "time_base": MS, "metadata": {"title": name}}
                for n, (name, (a, b)) in enumerate(zip(names, pairwise(edges), strict=True), 1)
            ]
        )
        waiting = [
            (100, 700, b"gone"),
            (200, 1200, b"stands"),
            (900, 1600, b"stands too"),
            (1700, 1900, b"inside"),
            (2400, 3500, b"stays"),
            (3000, 3300, b"later"),
        ]
        for packet in source.demux():
            while waiting and packet.size and waiting[0][0] * MS <= packet.pts * packet.time_base:
                begin, end, words = waiting.pop(0)
                line = av.Packet(words)
                line.pts = line.dts = begin
                line.duration, line.time_base, line.stream = end - begin, MS, text
                target.mux(line)
            if packet.size:
                packet.stream = video
                target.mux(packet)
    return path


def test_subtitles_are_shown_while_they_are_in_the_excerpt(tmp_path):
    source = film_with_text(tmp_path / "in.mkv")

    cut(source, tmp_path / "out.mkv", Fraction(1), Fraction(5, 2))

    lines = packets(tmp_path / "out.mkv", "subtitle")
    assert [(bytes(w), round(a * 1000), round(b * 1000)) for a, b, w in lines] == [
        (b"stands", 0, 200),
        (b"stands too", 1, 600),  # a tick later, since decoding times must grow
        (b"inside", 700, 900),
        (b"stays", 1400, 1500),
    ]


def test_chapters_are_cut_and_files_inside_the_container_are_kept(tmp_path):
    source = film_with_text(tmp_path / "in.mkv")

    cut(source, tmp_path / "out.mkv", Fraction(1), Fraction(5, 2))

    with av.open(str(tmp_path / "out.mkv")) as container:
        chapters = [
            (c["metadata"]["title"], c["start"] * c["time_base"], c["end"] * c["time_base"])
            for c in container.chapters()
        ]
        kinds = [stream.type for stream in container.streams]
    assert chapters == [
        ("around the start", 0, Fraction(1, 2)),
        ("inside", Fraction(1, 2), 1),
        ("around the end", 1, Fraction(3, 2)),
    ]
    assert kinds.count("attachment") + kinds.count("video") == 3  # the film, its font and cover


def display_set(number):
    """Make a picture of PGS without objects: a composition, and the end."""
    composition = bytes([0, 64, 0, 48, 16, 0, number, 128, 0, 0, 0])
    return b"\x16\0\x0b" + composition + b"\x80\0\0"


def test_a_bitmap_that_stands_when_the_excerpt_begins_is_shown(tmp_path):
    path = tmp_path / "in.mkv"
    base = make_clip(tmp_path / "base.mkv", Clip(count=96))
    with av.open(str(base)) as source, av.open(str(path), "w") as target:
        video = target.add_stream_from_template(source.streams.video[0])
        bitmaps = target.add_mux_stream("hdmv_pgs_subtitle")
        for time, number in ((100, 1), (800, 2), (2000, 3)):
            packet = av.Packet(display_set(number))
            packet.pts = packet.dts = time
            packet.time_base, packet.stream = MS, bitmaps
            target.mux(packet)
        for packet in source.demux():
            if packet.size:
                packet.stream = video
                target.mux(packet)

    cut(path, tmp_path / "out.mkv", Fraction(1), Fraction(3))

    found = packets(tmp_path / "out.mkv", "subtitle")
    assert [(round(begin * 1000), data) for begin, _, data in found] == [
        (0, display_set(2)),
        (1000, display_set(3)),
    ]


def test_a_second_video_begins_with_its_first_keyframe(tmp_path):
    path = tmp_path / "in.mkv"
    bases = [
        make_clip(tmp_path / f"{gap}.mkv", Clip(count=72, options={"g": str(gap), "bf": "0"}))
        for gap in (72, 10)
    ]
    with av.open(str(path), "w") as target:
        sources = [av.open(str(base)) for base in bases]
        copies = [target.add_stream_from_template(source.streams.video[0]) for source in sources]
        for source, copy in zip(sources, copies, strict=True):
            for packet in source.demux():
                if packet.size:
                    packet.stream = copy
                    target.mux(packet)
            source.close()

    cut(path, tmp_path / "out.mkv", Fraction(1), None)

    with av.open(str(tmp_path / "out.mkv")) as container:
        second = container.streams.video[1]
        found = [(p.pts, p.is_keyframe) for p in container.demux(second) if p.size]
    assert found[0] == (250, True)  # frame 30 of the input, 0.25 s after frame 24
    assert len(found) == 42


def test_a_clip_without_other_streams_begins_at_zero(tmp_path):
    source = make_clip(tmp_path / "in.mkv", Clip(count=30))
    with FileSource(str(source)) as reader:
        part = ExcerptReader(reader, Excerpt(first=12), Grid(core=4, context=0))
        with FileSink(tmp_path / "out.mkv", replace(part.info), FAST) as sink:
            for each in part:
                if each.is_wanted:
                    sink.write(each.frame)
    assert packets(tmp_path / "out.mkv", "video")[0][0] == 0


@pytest.mark.parametrize("suffix", [".mov", ".mkv"])
def test_the_time_code_is_that_of_the_excerpt_s_first_frame(tmp_path, suffix):
    base = make_clip(tmp_path / "base.mp4", Clip(count=50, time_base=Fraction(1, 25)))
    source, target = tmp_path / "in.mov", tmp_path / f"out{suffix}"
    with av.open(str(base)) as old, av.open(str(source), "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0], opaque=False)
        copy.codec_context.framerate = 25
        copy.metadata["timecode"] = "01:02:03:04"
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = copy
                new.mux(packet)

    cut(source, target, Fraction(6, 5), None)

    with av.open(str(target)) as container:
        tags = container.streams.video[0].metadata
        assert tags.get("timecode", tags.get("TIMECODE")) == "01:02:04:09"


def test_sound_is_cut_where_the_video_ends_though_its_rate_varies(tmp_path):
    """The times of a transport stream are not known before it is read."""
    pts = [*range(0, 100, 5), *range(100, 150)]  # 4 s at 5 frames a second, then 2 s at 25
    clip = Clip(count=70, time_base=Fraction(1, 25), pts=pts, audio_s=6)
    source, target = make_clip(tmp_path / "in.ts", clip), tmp_path / "out.mkv"
    transcode(
        str(source),
        str(target),
        settings=Settings(model="bicubic", scale=1, core=4),
        encoder=FAST,
        reading=InputSettings(excerpt=Excerpt(first=0, stop=30)),
    )
    video, audio = packets(target, "video"), packets(target, "audio")
    assert abs(video[-1][1] - Fraction(22, 5)) < MS
    assert abs(audio[-1][1] - video[-1][1]) < Fraction(1, 20)
    assert all(abs(after[0] - before[1]) < 2 * MS for before, after in pairwise(audio))
