from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.charts import COLUMNS, ROWS, chart
from tests.clips import Clip, clip_info, frames_of, make_clip
from vsfilter import source
from vsfilter.engine.settings import Settings
from vsfilter.errors import OptionError
from vsfilter.frame import Colour, Frame
from vsfilter.pixel_formats import PLANAR
from vsfilter.readers.rotated_reader import RotatedReader
from vsfilter.rgb_converter import FrameToRgb
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sources.pyav_source import FileSource
from vsfilter.transcode.fidelity_settings import FidelitySettings
from vsfilter.transcode.transcode import transcode


class Frames:
    """Frames in memory, as a reader gives them."""

    def __init__(self, info, frames):
        self.info, self._frames = info, frames
        self.is_closed = False

    def __iter__(self):
        return iter(self._frames)

    def close(self):
        self.is_closed = True


def turned(array, rotation, is_flipped):
    """Turn (..., rows, columns) as a player does."""
    mirrored = array[..., ::-1] if is_flipped else array
    return np.rot90(mirrored, rotation // 90, axes=(-2, -1))


@pytest.mark.parametrize("is_flipped", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("name", ["yuv420p10le", "yuv422p10le", "yuv444p10le", "gbrp", "gray"])
def test_a_turned_clip_shows_what_a_player_showed(name, rotation, is_flipped):
    format = PLANAR[name]
    location = 0 if format.subsampling_w else None
    matrix = 0 if format.family == "rgb" else 1
    colour = Colour(matrix=matrix, is_full_range=matrix == 0, chroma_location=location)
    info = clip_info(name, width=COLUMNS, height=ROWS, colour=colour, rotation=rotation)
    info = replace(info, is_flipped=is_flipped, sample_aspect_ratio=Fraction(16, 11))
    frame = Frame(planes=chart(format, colour), format=format, colour=colour, pts=0)

    with RotatedReader(Frames(info, [frame])) as reader:
        [found] = list(reader)
        after = reader.info

    shown = FrameToRgb(after).convert(found)
    expected = turned(FrameToRgb(info).convert(frame), rotation, is_flipped)
    assert shown.shape == expected.shape == (3, after.height, after.width)
    inside = (slice(None), slice(4, -4), slice(4, -4))
    # full chroma is turned exactly; subsampled chroma is resampled, in place
    tolerance = 0.004 if location == 0 else 1e-6
    assert np.abs(shown - expected)[inside].max() < tolerance
    assert abs((shown - expected)[inside].mean()) < tolerance / 10
    np.testing.assert_array_equal(found.planes[0], turned(frame.planes[0], rotation, is_flipped))
    is_lying = rotation in (90, 270)
    assert after.sample_aspect_ratio == (Fraction(11, 16) if is_lying else Fraction(16, 11))
    assert (after.rotation, after.is_flipped, after.format) == (0, False, format)


@pytest.mark.parametrize("rotation", [90, 270, 180])
def test_untagged_colours_are_those_of_the_size_that_the_file_has(tmp_path, rotation):
    info = clip_info("yuv420p", width=640, height=480, rotation=rotation, colour=Colour())
    reader = RotatedReader(Frames(info, frames_of(info, 1)))
    [found] = [replace(frame, colour=Colour()) for frame in frames_of(info, 1)]
    expected = turned(FrameToRgb(info).convert(found), rotation, is_flipped=False)
    [shown] = list(RotatedReader(Frames(info, [found])))
    rgb = FrameToRgb(reader.info).convert(shown)
    assert abs((rgb - expected).mean()) < 1e-3
    size = {"width": shown.width, "height": shown.height}
    assert shown.colour.resolved(info.format, **size).matrix == 6
    film = make_clip(tmp_path / "film.mp4", Clip(count=1, width=640, height=480))
    turning = make_clip(
        tmp_path / "turning.mp4", Clip(count=1, width=640, height=480, rotation=(rotation, False))
    )
    assert source(film).get_frame(0).props.get("_Matrix", 2) == 2
    assert source(turning).get_frame(0).props.get("_Matrix", 2) == (2 if rotation == 180 else 6)


def test_odd_sizes_and_alpha_are_turned_too():
    info = clip_info("yuv420p", width=37, height=23, rotation=90, has_alpha=True)
    [frame] = frames_of(info, 1)
    frame = replace(frame, alpha=frame.planes[0])
    reader = RotatedReader(Frames(info, [frame]))
    [found] = list(reader)
    assert (found.width, found.height) == (23, 37)
    np.testing.assert_array_equal(found.alpha, np.rot90(frame.alpha))


def test_a_transcode_turns_pixels_or_keeps_the_tag(tmp_path):
    film = make_clip(tmp_path / "film.mp4", Clip(count=3, rotation=(90, False)))
    settings = Settings(model="bicubic", scale=1)
    encoder = EncoderSettings(codec="ffv1", threads=1)
    for word, rotation, size in (("keep", 90, (64, 48)), ("apply", 0, (48, 64))):
        out = str(tmp_path / f"{word}.mkv")
        fidelity = FidelitySettings(rotate=word)
        transcode(str(film), out, settings=settings, encoder=encoder, fidelity=fidelity)
        with FileSource(out) as reader:
            assert (reader.info.width, reader.info.height) == size
            assert reader.info.rotation == rotation
    with pytest.raises(OptionError, match="'left': give keep or apply"):
        FidelitySettings(rotate="left")


def test_a_turned_file_is_entered_in_the_middle(tmp_path):
    clip = Clip(count=60, rotation=(90, False), options={"g": "8"})
    path = str(make_clip(tmp_path / "film.mp4", clip))
    with RotatedReader(FileSource(path)) as reader:
        whole = list(reader)
    source = FileSource(path)
    with RotatedReader(source) as reader:
        assert len(list(reader.frame_times())) == 61
        part = list(reader.frames_from(40))
    assert source.decoded_count < 40
    assert [frame.pts for frame in part] == [frame.pts for frame in whole[40:]]
    for found, expected in zip(part, whole[40:], strict=True):
        for a, b in zip(found.planes, expected.planes, strict=True):
            np.testing.assert_array_equal(a, b)
