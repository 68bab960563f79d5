"""Flags, tags, languages and chapters: what a container lacks of them is named, nothing else."""

from fractions import Fraction

import av
import pytest
from av.stream import Disposition

from tests.clips import Clip, make_clip
from tests.sinks.test_remux import FAST, transcode
from tests.sinks.test_stream_conversion import WEBM
from vsfilter.sinks.streams.languages import keeps_language, language_for
from vsfilter.sinks.streams.stream_plan import plan_file

FLAGS = ["dub", "original", "comment", "forced", "hearing_impaired", "visual_impaired"]
NO_FLAGS = Disposition(0)
SUFFIXES = [".mkv", ".mp4", ".mov", ".webm"]


def film_with_labels(path, *, flags=NO_FLAGS, tags=None, chapters=()):
    """Write a film whose sound and subtitles have flags and tags."""
    base = make_clip(path.with_name("base.mkv"), Clip(count=24, audio_s=1))
    unit = Fraction(1, 1000)
    with av.open(str(base)) as source, av.open(str(path), "w") as target:
        copies = [target.add_stream_from_template(s, opaque=True) for s in source.streams]
        text = target.add_mux_stream("subrip")
        for stream in (copies[1], text):
            stream.disposition = flags
            stream.metadata.update(tags or {})
        target.set_chapters(
            [
                {"id": n, "start": start, "end": end, "time_base": unit, "metadata": {}}
                for n, (start, end) in enumerate(chapters)
            ]
        )
        line = av.Packet(b"Guten Tag")
        line.pts = line.dts = 250
        line.duration, line.time_base, line.stream = 400, unit, text
        target.mux(line)
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                target.mux(packet)
    return path


def labels(path):
    """Give flags and tags of the first sound and the first subtitles, names in small letters."""
    with av.open(str(path)) as container:
        return [
            (stream.disposition, {n.lower(): text for n, text in stream.metadata.items()})
            for stream in (container.streams.audio[0], container.streams.subtitles[0])
        ]


def losses(source, suffix):
    """Give what the plan says of the sound and of the subtitles."""
    fates = plan_file(source, suffix=suffix).fates
    return [fates[index].loss or "" for index in (1, 2)]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("names", [FLAGS, ["descriptions"]])
def test_flags_that_are_lost_are_named(tmp_path, suffix, names):
    flags = NO_FLAGS
    for name in names:
        flags |= Disposition[name]
    source = film_with_labels(tmp_path / "in.mkv", flags=flags)
    path = transcode(source, tmp_path / f"out{suffix}", WEBM if suffix == ".webm" else FAST)
    for (before, _), (after, _), loss in zip(
        labels(source), labels(path), losses(source, suffix), strict=True
    ):
        lost = [flag.name for flag in Disposition if flag & before & flags and not flag & after]
        assert (f"its flags {' and '.join(lost)} are lost" in loss) == bool(lost)
        assert ("flags" in loss) == bool(lost)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_tag_that_is_lost_is_named(tmp_path, suffix, caplog):
    given = {"title": "Ton", "language": "ger", "SOURCE": "tape"}
    source = film_with_labels(tmp_path / "in.mkv", tags=given)
    path = transcode(source, tmp_path / f"out{suffix}", WEBM if suffix == ".webm" else FAST)
    for (_, found), loss in zip(labels(path), losses(source, suffix), strict=True):
        assert found.get("title", found.get("name")) == "Ton"
        assert found["language"] == "ger"
        assert ("its tags SOURCE are lost" in loss) == ("source" not in found)
    assert ("SOURCE" in caplog.text) == (suffix in (".mp4", ".mov"))


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("language", ["deu", "hrv", "de-AT"])
def test_a_language_that_is_lost_is_named(tmp_path, suffix, language):
    source = film_with_labels(tmp_path / "in.mkv", tags={"language": language})
    path = transcode(source, tmp_path / f"out{suffix}")
    format = suffix[1:]
    for (_, tags), loss in zip(labels(path), losses(source, suffix), strict=True):
        is_kept = tags.get("language") == language_for(language, format)
        assert keeps_language(language, format) == is_kept
        assert (f"its language {language} is lost" in loss) == (not is_kept)


@pytest.mark.parametrize(
    ("chapters", "is_lost"), [([(0, 300), (500, 900)], True), ([(0, 500), (500, 900)], False)]
)
def test_chapters_with_gaps_are_named_where_they_are_lost(tmp_path, caplog, chapters, is_lost):
    source = film_with_labels(tmp_path / "in.mkv", chapters=chapters)
    path = transcode(source, tmp_path / "out.mp4")
    with av.open(str(path)) as container:
        first = container.chapters()[0]
    end_s = first["end"] * Fraction(first["time_base"].numerator, first["time_base"].denominator)
    assert (end_s != Fraction(chapters[0][1], 1000)) == is_lost
    said = plan_file(source, suffix=".mp4").losses()
    assert any("ends of chapters" in line for line in said) == is_lost
    assert ("cannot hold the ends of chapters" in caplog.text) == is_lost
    assert not plan_file(source, suffix=".mkv").losses()
