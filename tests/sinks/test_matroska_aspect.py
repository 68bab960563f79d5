from fractions import Fraction

import av
import pytest

from tests.clips import clip_info, frames_of, same_samples
from tests.sinks.test_pyav_sink import read
from tests.sinks.test_remux import rich_file
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.pyav_sink import FileSink


@pytest.mark.parametrize("aspect", [Fraction(16, 11), Fraction(64, 45), Fraction(8, 9)])
@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mkv", "ffv1"), ("a.mkv", "prores"), ("a.webm", "vp9"), ("a.mkv", "x264")],
)
def test_the_shape_of_pixels_is_kept_exactly(tmp_path, name, codec, aspect):
    info = clip_info("yuv422p10le" if codec == "prores" else "yuv420p", sample_aspect_ratio=aspect)
    preset = {"vp9": "8", "x264": "ultrafast"}.get(codec)
    settings = EncoderSettings(codec=codec, preset=preset, threads=1)
    with FileSink(tmp_path / name, info, settings) as sink:
        for frame in frames_of(info, 3):
            sink.write(frame)
    found_info, found = read(tmp_path / name)
    assert found_info.sample_aspect_ratio == aspect
    assert len(found) == 3


def test_all_else_in_the_file_stays_where_its_index_says(tmp_path):
    """Chapters, tags and fonts stand behind the header; seeking uses the cues at the end."""
    source = rich_file(tmp_path / "in.mkv")
    info = clip_info(sample_aspect_ratio=Fraction(16, 11))
    frames = frames_of(info, 48)
    settings = EncoderSettings(codec="ffv1", threads=1)
    with FileSink(tmp_path / "out.mkv", info, settings, streams_from=source) as sink:
        for frame in frames:
            sink.write(frame)
    found_info, found = read(tmp_path / "out.mkv")
    assert found_info.sample_aspect_ratio == Fraction(16, 11)
    assert all(same_samples(a, b) for a, b in zip(found, frames, strict=True))
    # FFmpeg then looks at the checksums and refuses elements that reach beyond their parents
    strict = {"err_detect": "crccheck+explode"}
    with av.open(str(tmp_path / "out.mkv"), options=strict) as container:
        assert len(container.chapters()) == 2
        assert container.streams.attachments[0].data == b"\0\1\0\0 a font"
        assert container.metadata["title"] == "A film"
        container.seek(1500, stream=container.streams.video[0])
        first = next(container.decode(video=0))
        assert 1000 < first.pts <= 1500
