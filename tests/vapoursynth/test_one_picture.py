"""The two front ends run the same code: a file by the command, a script by the real vspipe."""

import subprocess
import sys

import numpy as np
import pytest

from tests.clips import Clip, make_clip
from vsfilter.sources.pyav_source import FileSource
from vsfilter.sources.y4m_source import Y4MSource

SCRIPT = """
import vsfilter
clip = vsfilter.source({path!r})
vsfilter.upscale(clip, core=6, context=2, blend={blend}).set_output()
"""


def planes(source):
    with source as reader:
        return [frame.planes for frame in reader]


@pytest.mark.parametrize(
    ("pix_fmt", "size", "blend"),
    [("yuv420p", (64, 48), 0), ("yuv422p10le", (50, 38), 2)],
)
def test_the_command_and_vspipe_give_the_same_planes(vspipe, tmp_path, pix_fmt, size, blend):
    clip = Clip(count=15, width=size[0], height=size[1], pix_fmt=pix_fmt)
    film = make_clip(tmp_path / "film.mkv", clip)
    (tmp_path / "script.vpy").write_text(SCRIPT.format(path=str(film), blend=blend))
    vspipe("-c", "y4m", tmp_path / "script.vpy", tmp_path / "piped.y4m")
    command = [sys.executable, "-m", "vsfilter.cli.transcode", film, tmp_path / "out.mkv"]
    settings = ["--codec", "ffv1", "--core", "6", "--context", "2", "--blend", str(blend)]
    subprocess.run([*map(str, command), *settings], check=True, capture_output=True)
    piped = planes(Y4MSource(str(tmp_path / "piped.y4m")))
    written = planes(FileSource(str(tmp_path / "out.mkv")))
    assert len(piped) == len(written) == 15
    for ours, theirs in zip(piped, written, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
