"""The two front ends run the same code: a file by the command, a script by the real vspipe."""

import numpy as np
import pytest

from tests.clips import Clip, make_clip
from tests.ready_process import run_entry
from vsfilter.sources.pyav_source import FileSource
from vsfilter.sources.y4m_source import Y4MSource

SCRIPT = """
import vsfilter
clip = vsfilter.source({path!r})
clip = vsfilter.upscale(clip, core=6, context=2, blend={blend})
clip.set_output(0)
if {has_alpha}:
    clip.std.PropToClip("_Alpha").set_output(1)
"""


def frames(source):
    with source as reader:
        return list(reader)


@pytest.mark.parametrize(
    ("pix_fmt", "size", "blend"),
    [("yuv420p", (64, 48), 0), ("yuva422p10le", (50, 38), 2)],
)
def test_the_command_and_vspipe_give_the_same_planes(vspipe, tmp_path, pix_fmt, size, blend):
    has_alpha = pix_fmt.startswith("yuva")
    codec = "ffv1" if has_alpha else "libx264"
    clip = Clip(count=9, width=size[0], height=size[1], pix_fmt=pix_fmt, codec=codec)
    film = make_clip(tmp_path / "film.mkv", clip)
    script = tmp_path / "script.vpy"
    script.write_text(SCRIPT.format(path=str(film), blend=blend, has_alpha=has_alpha))
    vspipe("-c", "y4m", script, tmp_path / "piped.y4m")
    settings = ["--codec", "ffv1", "--core", 6, "--context", 2, "--blend", blend]
    done = run_entry("vsfilter.cli.transcode:run", film, tmp_path / "out.mkv", *settings)
    assert done.returncode == 0, done.stderr
    piped = frames(Y4MSource(str(tmp_path / "piped.y4m")))
    written = frames(FileSource(str(tmp_path / "out.mkv")))
    assert len(piped) == len(written) == 9
    for ours, theirs in zip(piped, written, strict=True):
        for a, b in zip(ours.planes, theirs.planes, strict=True):
            np.testing.assert_array_equal(a, b)
    if has_alpha:
        raw = vspipe("-o", 1, script, "-").stdout
        piped_alpha = np.frombuffer(raw, np.uint16).reshape(9, 4 * size[1], 4 * size[0])
        np.testing.assert_array_equal(piped_alpha, [frame.alpha for frame in written])
