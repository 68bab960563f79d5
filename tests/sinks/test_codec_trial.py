import tempfile
from fractions import Fraction

import pytest

from tests.clips import Clip, clip_info, make_clip
from vsfilter.clip import TimeRange
from vsfilter.engine.settings import Settings
from vsfilter.errors import SinkError
from vsfilter.sinks.codec_trial import try_codec
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.transcode.forecast import forecast
from vsfilter.transcode.transcode import transcode


@pytest.fixture(autouse=True)
def temporary(monkeypatch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("codec", "suffix"), [("vc2", ".mkv"), ("rawvideo", ".mov"), ("qtrle", ".mov")]
)
def test_an_encoder_that_opens_and_then_fails_is_refused(codec, suffix):
    pix_fmt = "gbrp" if codec == "qtrle" else "yuv420p"
    with pytest.raises(SinkError, match=f"a trial of encoder {codec} gave no {suffix} .*64x48"):
        try_codec(EncoderSettings(codec=codec), clip_info(pix_fmt), suffix=suffix)


def test_a_container_that_cannot_hold_it_says_which_can():
    with pytest.raises(SinkError, match=r"\.mkv cannot hold cinepak: give a \.mov file"):
        try_codec(EncoderSettings(codec="cinepak"), clip_info("gray"), suffix=".mkv")


@pytest.mark.parametrize("rate", [Fraction(24), None])
def test_an_encoder_that_works_passes(rate):
    covers = TimeRange(start_s=Fraction(3), end_s=None)
    info = clip_info(rate=rate, covers=covers)
    try_codec(EncoderSettings(codec="mpeg4"), info, suffix=".mov")


def test_nothing_is_restored_before_the_trial(tmp_path):
    source = make_clip(tmp_path / "in.mp4", Clip(count=3))
    given = {"settings": Settings(model="bicubic"), "encoder": EncoderSettings(codec="vc2")}
    with pytest.raises(SinkError, match="a trial of encoder vc2"):
        transcode(str(source), str(tmp_path / "out.mkv"), **given)
    with pytest.raises(SinkError, match="a trial of encoder vc2"):
        forecast(str(source), str(tmp_path / "out.mkv"), **given)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]
