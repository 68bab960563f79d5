import pytest

from tests.clips import clip_info
from vsfilter.errors import OptionError, SinkError
from vsfilter.pixel_formats import PLANAR
from vsfilter.sinks.encoder import EncoderSettings, choose_encoder
from vsfilter.sinks.pyav_sink import FileSink


@pytest.mark.parametrize(
    ("codec", "source", "chosen"),
    [
        (None, "yuv420p", "yuv420p"),
        (None, "yuv422p10le", "yuv422p10le"),
        (None, "yuv444p12le", "yuv444p12le"),
        ("x264", "gray", "gray"),
        ("x264", "yuv420p9le", "yuv420p10le"),
        ("x264", "yuv411p", "yuv422p"),
        ("x264", "yuv410p", "yuv420p"),
        ("x264", "gbrp", "yuv444p"),
        ("x264rgb", "gbrp", "bgr0"),
        ("x265", "gbrp10le", "gbrp10le"),
        ("svtav1", "gray", "yuv420p"),
        ("prores", "yuv420p", "yuv422p10le"),
        ("ffv1", "gbrp", "bgr0"),
        ("vp9", "yuv440p", "yuv440p"),
    ],
)
def test_the_nearest_format_without_loss_is_chosen(codec, source, chosen):
    encoder = choose_encoder(EncoderSettings(codec=codec), PLANAR[source], suffix=".mkv")

    assert encoder.pix_fmt == chosen


def test_a_pixel_format_of_the_user_is_taken_or_refused():
    wanted = EncoderSettings(codec="x264", pix_fmt="yuv444p10le")
    impossible = EncoderSettings(codec="svtav1", pix_fmt="yuv444p")

    encoder = choose_encoder(wanted, PLANAR["yuv420p"], suffix=".mkv")
    assert encoder.format == PLANAR["yuv444p10le"]
    with pytest.raises(OptionError, match="takes no pix_fmt 'yuv444p'"):
        choose_encoder(impossible, PLANAR["yuv420p"], suffix=".mkv")


def test_a_crf_for_a_lossless_encoder_is_refused():
    settings = EncoderSettings(codec="ffv1", crf=18)

    with pytest.raises(OptionError, match="has no crf"):
        choose_encoder(settings, PLANAR["yuv420p"], suffix=".mkv")


def test_an_odd_size_says_which_encoder_takes_it(tmp_path):
    with pytest.raises(SinkError, match="use vp9 or ffv1"):
        FileSink(tmp_path / "out.mkv", clip_info(width=63), EncoderSettings(codec="x264"))
