from pathlib import Path

import pytest

from tests.clips import Clip, clip_info, make_clip
from vsfilter.engine.settings import Settings
from vsfilter.errors import SinkError, SinkExistsError
from vsfilter.sinks.encoding.encoder import EncoderSettings
from vsfilter.sinks.output_path import check_output
from vsfilter.sinks.pyav_sink import FileSink
from vsfilter.sinks.segments.segment_store import Work
from vsfilter.transcode.transcode import transcode

FAST = EncoderSettings(codec="x264", preset="ultrafast", threads=1)


def test_the_input_is_never_overwritten(tmp_path):
    path = make_clip(tmp_path / "clip.mkv", Clip(count=2))

    with pytest.raises(SinkError, match="is the input itself"):
        FileSink(path, clip_info(), FAST, streams_from=path, work=Work(overwrite=True))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("out.avi", "suffix"),
        ("missing/out.mkv", "does not exist"),
        ("folder.mkv", "is a folder"),
    ],
)
def test_an_impossible_output_is_refused_before_any_work(tmp_path, name, reason):
    (tmp_path / "folder.mkv").mkdir()

    with pytest.raises(SinkError, match=reason):
        FileSink(tmp_path / name, clip_info(), FAST)


def test_a_folder_that_takes_no_files_is_refused(tmp_path):
    # /proc refuses new files even to root, whom no permission bits stop
    folder = Path("/proc/self")
    if not folder.is_dir():
        pytest.skip("this system has no /proc")

    with pytest.raises(SinkError, match="cannot write to"):
        FileSink(folder / "out.mkv", clip_info(), FAST)


def test_a_link_is_followed_to_the_file_that_it_names(tmp_path):
    disk, link = tmp_path / "disk", tmp_path / "out.mkv"
    disk.mkdir()
    link.symlink_to(disk / "film.mkv")
    source = make_clip(tmp_path / "in.mkv", Clip(count=2))

    settings, encoder = Settings(model="bicubic", scale=1), EncoderSettings(codec="ffv1")
    for overwrite in (False, True):
        transcode(str(source), str(link), settings=settings, encoder=encoder, overwrite=overwrite)
        assert link.is_symlink()
        assert [file.name for file in disk.iterdir()] == ["film.mkv"]
    with pytest.raises(SinkExistsError, match=r"film\.mkv' exists"):
        check_output(link, streams_from=None, overwrite=False)
