import io
from fractions import Fraction

import cv2
import numpy as np
import pytest

from tests.clips import Clip, make_clip
from vsfilter.errors import OptionError
from vsfilter.input_limits import InputLimits
from vsfilter.readers.open_clip import open_clip
from vsfilter.readers.rated_reader import RatedReader, open_rated, to_rate
from vsfilter.sources.deinterlaced import Deinterlaced
from vsfilter.sources.png_stream import PngStream


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("25", Fraction(25)),
        ("12.5", Fraction(25, 2)),
        ("30000/1001", Fraction(30000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("0.5", Fraction(1, 2)),
    ],
)
def test_a_rate_may_be_written_in_the_usual_ways(text, rate):
    assert to_rate(text) == rate


@pytest.mark.parametrize("text", ["fast", "0", "-25", "1/0", "1001", "inf", "nan"])
def test_what_is_no_rate_is_named(text):
    with pytest.raises(OptionError, match=f"fps is '?{text}"):
        to_rate(text)


def test_images_have_the_rate_that_is_given(tmp_path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((8, 8, 3), number, np.uint8))

    with open_rated(str(tmp_path), Fraction(50)) as reader:
        times = [frame.pts * reader.info.time_base for frame in reader]

    assert reader.info.rate == 50
    assert times == [0, Fraction(1, 50), Fraction(2, 50)]


def test_a_bare_stream_has_the_rate_that_is_given(tmp_path):
    bare = make_clip(tmp_path / "bare.264", Clip(count=4, format="h264", options={"bf": "2"}))

    with open_rated(str(bare), Fraction(60)) as reader:
        times = [frame.pts * reader.info.time_base for frame in reader]

    assert times == [Fraction(number, 60) for number in range(4)]


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4", "film.avi"])
def test_the_times_of_a_file_are_not_overruled(tmp_path, name):
    film = make_clip(tmp_path / name, Clip(count=3, codec="mpeg4"))

    with pytest.raises(OptionError, match=r"times of its own.*leave --fps out"):
        open_rated(str(film), Fraction(25))


@pytest.mark.parametrize("kind", ["limited", "rated"])
def test_an_input_that_is_read_in_order_goes_on_behind_what_was_surveyed(tmp_path, kind):
    """The first 200 frames are looked at for fields; a stream stands behind them then."""
    count = 230
    if kind == "limited":
        film = tmp_path / "film.y4m"
        frames = (b"FRAME\n" + bytes([n]) * 24 for n in range(count))
        film.write_bytes(b"YUV4MPEG2 W4 H4 F25:1 Ip C420\n" + b"".join(frames))
        reader = open_clip(str(film), InputLimits(max_frames=count))
    else:
        pictures = (np.full((4, 4), n, np.uint8) for n in range(count))
        images = b"".join(cv2.imencode(".png", picture)[1].tobytes() for picture in pictures)
        reader = RatedReader(PngStream(io.BytesIO(images)), Fraction(25), name="-")
    with Deinterlaced(reader, "auto") as clip:
        found = [(frame.pts, int(frame.planes[0][0, 0])) for frame in clip.frames_from(220)]
    assert found == [(n, n) for n in range(220, count)]
