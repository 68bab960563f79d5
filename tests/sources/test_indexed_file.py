import random
import threading
from fractions import Fraction

import av
import pytest

from tests.clips import Clip, make_clip, same_samples
from vsfilter.errors import SourceError
from vsfilter.sources.indexed_file import IndexedFile
from vsfilter.sources.pyav_source import FileSource

CLIPS = {
    "b-frames.mp4": Clip(count=60, options={"bf": "3", "g": "12"}),
    "open-gop.mkv": Clip(
        count=60, options={"bf": "3", "g": "12", "x264-params": "open-gop=1:b-pyramid=normal"}
    ),
    "intra-refresh.mkv": Clip(
        count=60, options={"bf": "0", "g": "12", "x264-params": "intra-refresh=1"}
    ),
    "vfr.mkv": Clip(
        count=60,
        pts=[number * 40 + (number * number) % 23 for number in range(60)],
        time_base=Fraction(1, 1000),
        options={"g": "10"},
    ),
    "equal-times.mkv": Clip(
        count=60,
        codec="ffv1",
        pts=[(number - (number in (7, 30, 52))) * 40 for number in range(60)],
        time_base=Fraction(1, 1000),
    ),
    "mpeg2.ts": Clip(
        count=60, codec="mpeg2video", time_base=Fraction(1, 25), options={"bf": "2", "g": "12"}
    ),
    "h264.ts": Clip(count=60, options={"bf": "2", "g": "12"}),
    "mpeg4.avi": Clip(count=60, codec="mpeg4", options={"g": "12"}),
    "raw.264": Clip(count=20, format="h264", options={"bf": "2", "g": "8"}),
    "moving.gif": Clip(count=20, codec="gif", pix_fmt="rgb8", time_base=Fraction(1, 20)),
    "one-frame.mp4": Clip(count=1),
}


@pytest.fixture(params=CLIPS)
def path(request, tmp_path):
    return str(make_clip(tmp_path / request.param, CLIPS[request.param]))


def test_frames_in_any_order_are_those_of_reading_from_the_start(path):
    with FileSource(path) as source:
        expected = list(source)
    order = list(range(len(expected))) * 2
    random.Random(7).shuffle(order)

    with IndexedFile(path) as file:
        assert file.info.frame_count == len(expected)
        assert file.pts == [frame.pts for frame in expected]
        for number in order:
            found = file.frame(number)
            assert (found.pts, found.duration) == (expected[number].pts, expected[number].duration)
            assert same_samples(found, expected[number]), number


def test_frames_in_order_need_no_seek(path):
    with IndexedFile(path) as file:
        for number in range(len(file.pts)):
            file.frame(number)

        assert file.seek_count == 0


@pytest.mark.parametrize("name", ["b-frames.mp4", "equal-times.mkv"])
@pytest.mark.parametrize("number", [50, 52, 53])
def test_a_far_frame_is_reached_by_a_seek(tmp_path, name, number):
    path = make_clip(tmp_path / name, CLIPS[name])

    with IndexedFile(str(path)) as file:
        file.frame(number)

        assert 1 <= file.seek_count <= 2


def test_threads_may_share_a_file(tmp_path):
    path = str(make_clip(tmp_path / "clip.mp4", CLIPS["b-frames.mp4"]))
    with FileSource(path) as source:
        expected = list(source)
    wrong = []

    def read(file, seed):
        for number in random.Random(seed).sample(range(60), 30):
            if not same_samples(file.frame(number), expected[number]):
                wrong.append(number)

    with IndexedFile(path) as file:
        threads = [threading.Thread(target=read, args=(file, seed)) for seed in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert wrong == []


@pytest.mark.parametrize("number", [-1, 60])
def test_a_frame_outside_the_clip_is_refused(tmp_path, number):
    path = make_clip(tmp_path / "clip.mp4", CLIPS["b-frames.mp4"])

    with IndexedFile(str(path)) as file, pytest.raises(SourceError, match="it has 60"):
        file.frame(number)


def test_a_start_that_an_edit_list_hides_stays_hidden(tmp_path):
    whole = make_clip(tmp_path / "whole.mp4", Clip(count=30, options={"bf": "0", "g": "30"}))
    cut = tmp_path / "cut.mp4"
    with av.open(str(whole)) as source, av.open(str(cut), "w") as target:
        copy = target.add_stream_from_template(source.streams.video[0], opaque=True)
        offset = round(Fraction(10, 24) / source.streams.video[0].time_base)
        for packet in source.demux(video=0):
            if packet.size:
                packet.pts -= offset
                packet.dts -= offset
                packet.stream = copy
                target.mux(packet)
    with FileSource(str(cut)) as source:
        expected = list(source)

    with IndexedFile(str(cut)) as file:
        assert len(file.pts) == len(expected) == 20
        assert same_samples(file.frame(19), expected[19])
        assert same_samples(file.frame(0), expected[0])
