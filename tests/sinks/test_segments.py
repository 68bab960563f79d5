"""Segments of an output: their files, their journal, and what joins them."""

import errno
import os
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from threading import Event

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clips import clip_info, frames_of
from vsfilter import file_lock
from vsfilter.errors import SinkError
from vsfilter.file_lock import FileLock
from vsfilter.sinks.encoding.encoder import EncoderSettings, choose_encoder
from vsfilter.sinks.encoding.encoder_setup import EncoderSetup
from vsfilter.sinks.packet_times import decoding_times
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sinks.segments.decode_check import can_decode
from vsfilter.sinks.segments.journal import Journal
from vsfilter.sinks.segments.packet_file import read_frames
from vsfilter.sinks.segments.segment_encoder import SegmentEncoder
from vsfilter.sinks.segments.segment_store import Work
from vsfilter.sinks.segments.work_folder import WorkFolder
from vsfilter.sinks.written_file import Expected, check_written

X264 = EncoderSettings(codec="x264", threads=1, options=(("bf", "3"),))


def encode(path, settings=X264, count=12):
    """Encode one segment; give its file, how it was made, and the codec's headers."""
    encoder = choose_encoder(settings, clip_info().format, suffix=".mkv")
    info = clip_info(format=encoder.format, width=128, height=96)
    setup = EncoderSetup(encoder=encoder, info=info, suffix=".mkv", threads=1)
    headers = setup.open().codec_context.extradata or b""
    segment = SegmentEncoder(path, setup, headers=headers)
    for frame in frames_of(info, count):
        segment.write(frame)
    assert segment.finish().frames == count
    return setup, headers


@given(st.permutations(range(12)), st.lists(st.integers(1, 90), min_size=12, max_size=12))
def test_decoding_times_grow_and_are_never_late(order, steps):
    shown = [sum(steps[:index]) for index in range(12)]
    pts = [shown[index] for index in order]

    dts = decoding_times(pts)

    assert all(before < after for before, after in pairwise(dts))
    assert all(decoded <= time for decoded, time in zip(dts, pts, strict=True))


def test_frames_without_reordering_are_decoded_when_they_are_shown():
    assert decoding_times([3, 5, 9]) == [3, 5, 9]
    assert decoding_times([]) == []


@pytest.mark.parametrize("codec", ["x264", "x265", "svtav1", "vp9", "ffv1", "prores"])
def test_every_encoder_makes_segments_that_can_be_decoded_and_joined(tmp_path, codec):
    settings = EncoderSettings(codec=codec, threads=1)
    encoder = choose_encoder(settings, clip_info().format, suffix=".mkv")
    info = clip_info(format=encoder.format, width=128, height=96)
    written = {}
    for name, length in (("joined.mkv", 4), ("straight.mkv", 99)):
        with FileSink(tmp_path / name, info, settings, work=Work(segment_frames=length)) as sink:
            for frame in frames_of(info, 10):
                sink.write(frame)
        with av.open(str(tmp_path / name)) as container:
            written[name] = [frame.pts for frame in container.decode(video=0)]

    assert written["joined.mkv"] == written["straight.mkv"]
    assert len(written["joined.mkv"]) == 10


def test_a_segment_that_breaks_off_is_noticed(tmp_path):
    path = tmp_path / "0.segment"
    encode(path)
    whole = path.read_bytes()
    for size in (len(whole) - 1, 10):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match="breaks off"):
            list(read_frames(path))


def test_the_decoder_finds_what_is_damaged(tmp_path):
    path = tmp_path / "0.segment"
    setup, headers = encode(path)
    assert can_decode(path, setup, headers=headers, stop=Event())
    first, second, *others = read_frames(path)
    spoilt = replace(second, data=second.data[:200] + bytes(len(second.data) - 200))
    path.write_bytes(b"".join(frame.to_bytes() for frame in (first, spoilt, *others)))

    with pytest.raises(SinkError, match=r"0\.segment.*--no-resume"):
        can_decode(path, setup, headers=headers, stop=Event())


def test_a_check_can_be_left_undone(tmp_path):
    setup, headers = encode(tmp_path / "0.segment")
    stop = Event()
    stop.set()
    assert not can_decode(tmp_path / "0.segment", setup, headers=headers, stop=stop)


@pytest.mark.parametrize("tail", [b"", b"00000000 {}\n", b"1234", b'{"a": 5}\n', b"\xff\n"])
def test_a_journal_gives_back_what_was_noted_before_it_was_torn(tmp_path, tail):
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.append({"a": 1})
    journal.append({"b": [2, "ü"]})
    journal.close()
    path.write_bytes(path.read_bytes() + tail)

    again = Journal(path)
    assert again.entries == [{"a": 1}, {"b": [2, "ü"]}]
    again.append({"c": 3})
    again.close()

    last = Journal(path)
    assert [*last.entries][-1] == {"c": 3}
    last.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it needs Linux's /dev/full")
def test_a_journal_on_a_full_disk_fails_once(tmp_path):
    journal = Journal(tmp_path / "journal")
    journal._file.close()
    journal._file = Path("/dev/full").open("wb")  # noqa: SIM115
    with pytest.raises(OSError, match="No space left"):
        journal.append({"segment": 0})
    journal.close()
    assert journal._file.closed


def test_a_lock_is_held_once_and_can_be_given_back(tmp_path):
    with FileLock(tmp_path / "lock"), pytest.raises(BlockingIOError):
        FileLock(tmp_path / "lock").take()
    with FileLock(tmp_path / "lock") as lock:
        assert lock.is_held


class Interruption:
    """Does what it stands for once, and is interrupted before it can tell."""

    def __init__(self, function):
        self._function = function
        self._is_first = True

    def __call__(self, *arguments):
        result = self._function(*arguments)
        if self._is_first:
            self._is_first = False
            raise KeyboardInterrupt
        return result


@pytest.mark.parametrize("place", ["os.open", "_try_lock"])
def test_an_interrupt_while_a_work_folder_is_taken_leaves_nothing(tmp_path, monkeypatch, place):
    folder = WorkFolder(tmp_path / "out.mkv")
    name = f"vsfilter.file_lock.{place}"
    function = os.open if place == "os.open" else file_lock._try_lock
    monkeypatch.setattr(name, Interruption(function))
    with pytest.raises(KeyboardInterrupt):
        folder.take()
    monkeypatch.undo()
    folder.leave()
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_while_another_run_holds_the_folder_takes_nothing_from_it(
    tmp_path, monkeypatch
):
    other = WorkFolder(tmp_path / "out.mkv")
    other.take()
    other.segment(0).write_bytes(b"a segment")
    folder = WorkFolder(tmp_path / "out.mkv")
    monkeypatch.setattr("vsfilter.file_lock.os.open", Interruption(os.open))
    with pytest.raises(KeyboardInterrupt):
        folder.take()
    folder.leave()
    assert other.segment(0).read_bytes() == b"a segment"
    other.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_lacks_a_stream_or_a_frame_is_refused(tmp_path):
    info = clip_info()
    path = tmp_path / "out.mkv"
    with FileSink(path, info, X264) as sink:
        for frame in frames_of(info, 3):
            sink.write(frame)
    times = [Fraction(number, 24) for number in range(3)]

    def check(times_s, counts):
        unknown = Fraction(0)
        expected = Expected(times_s=times_s, last_duration_s=unknown, stream_counts=counts)
        check_written(path, expected)

    check(times, {"video": 1})
    with pytest.raises(SinkError, match="has 0 of 1 audio streams"):
        check(times, {"video": 1, "audio": 1})
    with pytest.raises(SinkError, match="4 frames went into"):
        check([*times, Fraction(1)], {"video": 1})
    with pytest.raises(SinkError, match=r"frame 2 of .* not at 0\.5"):
        check([*times[:2], Fraction(1, 2)], {"video": 1})


def test_a_file_that_fails_its_check_keeps_its_temporary_name(tmp_path, monkeypatch):
    info = clip_info()

    def refuse(path, expected):
        raise SinkError(f"{path} is wrong")

    monkeypatch.setattr("vsfilter.sinks.pyav_sink.check_written", refuse)
    sink = FileSink(tmp_path / "out.mkv", info, X264)
    for frame in frames_of(info, 3):
        sink.write(frame)
    with pytest.raises(SinkError, match="is wrong"):
        sink.finish()

    assert not (tmp_path / "out.mkv").exists()
    assert (tmp_path / "out.mkv.part" / "out.mkv").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no file systems without locks")
def test_a_file_system_without_locks_is_said_and_written_to(tmp_path, monkeypatch, caplog):
    def unable(descriptor):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(file_lock, "_try_lock", unable)
    with FileLock(tmp_path / "lock") as lock:
        assert lock.is_held
    assert "cannot be locked there" in caplog.text
