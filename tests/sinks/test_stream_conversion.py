"""Streams that the output holds in another codec only, and those that it cannot hold at all."""

import re
from fractions import Fraction

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.stream import Disposition

from tests.clips import Clip, make_clip, picture
from tests.sinks.test_remux import packets, transcode
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.streams.audio_target import choose_audio
from vsfilter.sinks.streams.stream_plan import plan_file

RATE = 48000
WEBM = EncoderSettings(preset="8", threads=1)
LINES = [(250, 400, b"<i>Guten</i> Tag\nzwei"), (1200, 500, b"Ende")]
ASS = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def subtitled(path, codec="subrip", lines=LINES):
    """Make a film of 2 s with one subtitle track."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=24, width=64, height=48)
        text = container.add_stream(codec)
        text.codec_context.subtitle_header = ASS
        text.time_base = text.codec_context.time_base = Fraction(1, 1000)
        text.metadata["language"] = "ger"
        text.disposition = Disposition.forced | Disposition.hearing_impaired
        container.start_encoding()
        for number in range(48):
            frame = picture(number, 64, 48)
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(video.encode(frame))
        for start, duration, words in lines:
            line = av.Packet(words)
            line.pts = line.dts = start
            line.duration, line.time_base, line.stream = duration, Fraction(1, 1000), text
            container.mux(line)
        container.mux(video.encode(None))
    return path


def texts(path):
    """Give start and end in s and the words of each subtitle, as a player shows them."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[0]
        unit = Fraction(stream.time_base.numerator, stream.time_base.denominator)
        for packet in container.demux(stream):
            lines = packet.decode() if packet.size else []
            words = b"\n".join(line.dialogue for line in lines).decode()
            if words:
                start = packet.pts * unit
                plain = re.sub(r"{[^}]*}", "", words)
                found.append((start, start + packet.duration * unit, plain))
    return found


@pytest.mark.parametrize(
    ("before", "after", "codec"),
    [("in.mkv", "out.mp4", "mov_text"), ("in.mkv", "out.mov", "mov_text")],
)
def test_text_becomes_the_containers_own_and_comes_back(tmp_path, before, after, codec):
    source = subtitled(tmp_path / before)
    there = transcode(source, tmp_path / after)
    back = transcode(there, tmp_path / "back.mkv")
    with av.open(str(there)) as a, av.open(str(back)) as b:
        assert a.streams.subtitles[0].codec_context.codec.canonical_name == codec
        assert b.streams.subtitles[0].codec_context.codec.canonical_name == "subrip"
        assert {s.metadata["language"] for s in (*a.streams.subtitles, *b.streams.subtitles)} == {
            "ger"
        }
    assert texts(there) == texts(source)
    assert texts(back) == texts(source)
    assert packets(back, "subtitle")[0][1].startswith(b"<i>Guten</i> Tag")


def test_text_becomes_webvtt_in_webm(tmp_path):
    source = subtitled(tmp_path / "in.mkv")
    path = transcode(source, tmp_path / "out.webm", WEBM)
    assert texts(path) == texts(source)
    with av.open(str(path)) as container:
        text = container.streams.subtitles[0]
        assert text.codec_context.codec.canonical_name == "webvtt"
        assert text.disposition & Disposition.forced


def test_the_words_of_ass_are_kept_and_its_styles_are_said_to_be_lost(tmp_path, caplog):
    line = b"0,0,Default,,0,0,0,,{\\an8\\fs40}Guten {\\b1}Tag{\\b0}\\Nzwei"
    source = subtitled(tmp_path / "in.mkv", codec="ass", lines=[(250, 400, line)])
    path = transcode(source, tmp_path / "out.mp4")
    assert texts(path) == [(Fraction(250, 1000), Fraction(650, 1000), "Guten Tag\nzwei")]
    assert "its styles are lost" in caplog.text
    assert plan_file(source, suffix=".mp4").losses() == [
        "stream 1 (subtitle ass): its styles are lost"
    ]
    assert plan_file(source, suffix=".mkv").losses() == []


def test_lines_at_the_same_time_are_all_shown_in_mp4(tmp_path, caplog):
    """There a text lasts until the next one begins."""
    lines = [
        (100, 300, b"<i>A</i>"),
        (100, 300, b"<i>sign</i>"),
        (500, 400, b"B"),
        (700, 400, b"C"),
        (1300, 100, b"D"),
    ]
    source = subtitled(tmp_path / "in.mkv", lines=lines)
    path = transcode(source, tmp_path / "out.mp4")
    spans = [(round(a * 1000), round(b * 1000), words) for a, b, words in texts(path)]
    assert spans == [
        (100, 400, "A\nsign"),
        (500, 700, "B"),
        (700, 900, "B\nC"),
        (900, 1100, "C"),
        (1300, 1400, "D"),
    ]
    assert "backward times" not in caplog.text
    back = transcode(path, tmp_path / "back.mkv")
    assert packets(back, "subtitle")[0][1].startswith(b"<i>A</i>")


def tone(path, codec, *, layout="stereo", start_s=0, block=1024):
    """Make a film with a tone of 440 Hz whose loudness grows second by second."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=24, width=64, height=48)
        audio = container.add_stream(codec, rate=RATE, layout=layout)
        for number in range(48):
            frame = picture(number, 64, 48)
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        seconds = np.arange(RATE * 2) / RATE
        wave = np.sin(seconds * 2 * np.pi * 440) * np.where(seconds < 1, 0.02, 0.5)
        channels = audio.codec_context.layout.nb_channels
        samples = np.repeat(wave[None].astype(np.float32), channels, axis=0)
        resampler = av.AudioResampler(
            format=audio.codec_context.format,
            layout=layout,
            rate=RATE,
            frame_size=audio.codec_context.frame_size or block,
        )
        frame = AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.sample_rate, frame.pts = RATE, int(start_s * RATE)
        frame.time_base = Fraction(1, RATE)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(audio.encode(part))
        container.mux(audio.encode(None))
    return path


def heard(path):
    """Give the time in s at which the tone becomes loud, and all samples of a channel."""
    resampler = av.AudioResampler(format="fltp", rate=RATE)
    samples, first = [], None
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            if first is None:
                first = Fraction(frame.pts) * Fraction(
                    frame.time_base.numerator, frame.time_base.denominator
                )
            samples += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    wave = np.concatenate(samples)
    return float(first) + np.argmax(np.abs(wave) > 0.2) / RATE, wave


@pytest.mark.parametrize(
    ("codec", "layout", "start_s"),
    [("aac", "stereo", 0), ("aac", "stereo", 0.37), ("ac3", "5.1(side)", 0), ("flac", "mono", 0)],
)
def test_audio_that_webm_cannot_hold_becomes_opus_in_sync(tmp_path, caplog, codec, layout, start_s):
    source = tone(tmp_path / "in.mkv", codec, layout=layout, start_s=start_s)
    path = transcode(source, tmp_path / "out.webm", WEBM)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.codec.canonical_name == "opus"
        channels = av.AudioLayout(layout).nb_channels
        assert stream.codec_context.layout.nb_channels == channels
    (loud, wave), (expected, original) = heard(path), heard(source)
    assert loud == pytest.approx(expected, abs=0.0025)  # ticks of 1 ms
    assert len(wave) == pytest.approx(len(original), abs=2 * 1024)
    assert "kbit/s" in caplog.text


def test_pcm_that_a_container_lacks_becomes_pcm_that_it_has_sample_for_sample(tmp_path):
    source = tone(tmp_path / "in.mov", "pcm_s24be")
    path = transcode(source, tmp_path / "out.mkv")
    np.testing.assert_array_equal(heard(path)[1], heard(source)[1])
    assert plan_file(source, suffix=".mkv").losses() == []


@pytest.mark.parametrize(("codec", "layout"), [("pcm_f32le", "stereo"), ("pcm_s32le", "5.1")])
def test_pcm_whose_channels_have_no_stated_places_gets_the_usual_ones_in_mp4(
    tmp_path, codec, layout
):
    source = tone(tmp_path / "in.mkv", codec, layout=layout)
    path = transcode(source, tmp_path / "out.mp4")
    with av.open(str(source)) as before, av.open(str(path)) as after:
        assert before.streams.audio[0].layout.name.endswith(" channels")  # Matroska says no more
        assert after.streams.audio[0].layout.name == layout
    samples = [b"".join(data for _, data in packets(file, "audio")) for file in (source, path)]
    assert samples[0] == samples[1]
    assert plan_file(source, suffix=".mp4").losses() == []


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "wavpack", "tta"])
@pytest.mark.parametrize("layout", ["stereo", "5.1"])
def test_lossless_sound_that_players_misread_in_mp4_becomes_flac_sample_for_sample(
    tmp_path, caplog, codec, layout
):
    source = tone(tmp_path / "in.mkv", codec, layout=layout)
    path = transcode(source, tmp_path / "out.mp4")
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == "flac"
        assert container.streams.audio[0].layout.name.removesuffix("(side)") == layout
    (loud, wave), (expected, original) = heard(path), heard(source)
    assert loud == pytest.approx(expected, abs=0.0005)
    np.testing.assert_array_equal(wave, original)
    assert "to flac)" in caplog.text
    assert plan_file(source, suffix=".mp4").losses() == []


def test_a_second_video_track_is_copied_where_the_container_holds_it(tmp_path):
    base = make_clip(tmp_path / "base.mkv", Clip(count=12))
    source = tmp_path / "in.mkv"
    with av.open(str(base)) as old, av.open(str(source), "w") as new:
        stream = old.streams.video[0]
        copies = [new.add_stream_from_template(stream, opaque=True) for _ in range(2)]
        copies[1].metadata["title"] = "second angle"
        for packet in list(old.demux(stream)):
            for copy in copies if packet.size else ():
                again = av.Packet(bytes(packet))
                again.pts, again.dts, again.time_base = packet.pts, packet.dts, packet.time_base
                again.is_keyframe, again.stream = packet.is_keyframe, copy
                new.mux(again)

    path = transcode(source, tmp_path / "out.mp4")

    with av.open(str(path)) as container:
        second = container.streams.video[1]
        given = [bytes(packet) for packet in container.demux(second) if packet.size]
    with av.open(str(source)) as container:
        assert given == [
            bytes(packet) for packet in container.demux(container.streams.video[1]) if packet.size
        ]
    assert [fate.action for fate in plan_file(source, suffix=".webm").fates] == ["restore", "drop"]


@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv"])
def test_the_time_code_of_a_camera_is_kept(tmp_path, suffix):
    base = make_clip(tmp_path / "base.mp4", Clip(count=12, time_base=Fraction(1, 25)))
    source = tmp_path / "in.mov"
    with av.open(str(base)) as old, av.open(str(source), "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0], opaque=False)
        copy.codec_context.framerate = 25
        copy.metadata["timecode"] = "01:02:03:04"
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = copy
                new.mux(packet)
    with av.open(str(source)) as container:
        assert [stream.type for stream in container.streams] == ["video", "data"]

    path = transcode(source, tmp_path / f"out{suffix}")

    with av.open(str(path)) as container:
        assert container.streams.video[0].metadata.get("timecode") == "01:02:03:04" or (
            container.streams.video[0].metadata.get("TIMECODE") == "01:02:03:04"
        )
        assert len(container.streams) == (1 if suffix == ".mkv" else 2)
    assert plan_file(source, suffix=suffix).losses() == []


def test_sound_of_a_broadcast_gets_the_header_that_mp4_wants(tmp_path):
    source = make_clip(tmp_path / "in.ts", Clip(count=48, audio_s=2))
    given = [data for _, data in packets(source, "audio")]
    assert given[0][:1] == b"\xff"  # ADTS
    for name in ("out.mp4", "out.mkv"):
        found = packets(transcode(source, tmp_path / name), "audio")
        assert [data for _, data in found] == [data[7:] for data in given]


def test_tags_that_mp4_has_no_box_for_are_named(tmp_path, caplog):
    source = make_clip(tmp_path / "in.mkv", Clip(count=3))
    tagged = tmp_path / "tagged.mkv"
    with av.open(str(source)) as old, av.open(str(tagged), "w") as new:
        tags = {"title": "A film", "MOOD": "blue", "CREATION_TIME": "2001-02-03T04:05:06Z"}
        new.metadata.update(tags)
        copy = new.add_stream_from_template(old.streams.video[0], opaque=True)
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = copy
                new.mux(packet)
    transcode(tagged, tmp_path / "out.mp4")
    assert caplog.text.rstrip().endswith("cannot hold these tags: MOOD")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.metadata["creation_time"].startswith("2001-02-03T04:05:06")


def test_sound_whose_packets_are_shorter_than_a_millisecond_stays_in_time(tmp_path, caplog):
    source = tone(tmp_path / "in.mkv", "pcm_s16le", block=40)  # as TrueHD's
    assert len(packets(source, "audio")) == 2 * 1200
    path = transcode(source, tmp_path / "out.mkv")
    assert packets(path, "audio") == packets(source, "audio")
    assert "backward times" not in caplog.text


def test_sound_that_changes_its_channels_is_converted_to_its_end(tmp_path, caplog):
    """As broadcasts do where advertisements begin."""
    wide = tone(tmp_path / "wide.ts", "ac3", layout="5.1(side)")
    narrow = tone(tmp_path / "narrow.ts", "ac3", layout="stereo")
    source = tmp_path / "in.ts"
    source.write_bytes(wide.read_bytes() + narrow.read_bytes() + wide.read_bytes())
    path = transcode(source, tmp_path / "out.webm", WEBM)
    wave = heard(path)[1]
    assert len(wave) == pytest.approx(3 * 2 * RATE, abs=6 * 1536)
    assert np.sqrt(np.mean(wave[-RATE // 2 :] ** 2)) > 0.1
    assert "damaged" not in caplog.text


@pytest.mark.parametrize(("rate", "expected"), [(22254, 24000), (5512, 7350), (96000, 48000)])
def test_sound_of_a_rate_that_aac_lacks_gets_the_next_higher_one(rate, expected):
    context = av.CodecContext.create("adpcm_ima_wav", "r")
    context.sample_rate, context.layout = rate, "mono"
    assert choose_audio(context, "mp4").rate == expected


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_chapter_without_length_is_kept(tmp_path, suffix):
    base, source = make_clip(tmp_path / "base.mkv", Clip(count=24)), tmp_path / "in.mkv"
    with av.open(str(base)) as given, av.open(str(source), "w") as target:
        copy = target.add_stream_from_template(given.streams.video[0])
        target.set_chapters([chapter(1, 0, 500), chapter(2, 500, 1000), chapter(3, 1000, 1000)])
        for packet in given.demux():
            if packet.size:
                packet.stream = copy
                target.mux(packet)
    with (
        av.open(str(source)) as given,
        av.open(str(transcode(source, tmp_path / f"out{suffix}"))) as made,
    ):
        titles = [[each["metadata"]["title"] for each in each.chapters()] for each in (given, made)]
    assert titles == [["1", "2", "3"]] * 2


def chapter(number, start, end):
    unit, title = Fraction(1, 1000), {"title": str(number)}
    return {"id": number, "start": start, "end": end, "time_base": unit, "metadata": title}
