"""The rules that every source keeps; a new source joins the list."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from tests.clips import Clip, clip_info, frames_of, make_clip, same_samples
from vsfilter.discovery import inspect_plugin
from vsfilter.errors import SourceNotFoundError
from vsfilter.sinks.y4m_sink import Y4MSink

COUNT = 7


def make_file(folder):
    return str(make_clip(folder / "clip.mkv", Clip(count=COUNT)))


def make_y4m(folder):
    path = folder / "clip.y4m"
    with path.open("wb") as stream, Y4MSink(stream, clip_info()) as sink:
        for frame in frames_of(clip_info(), COUNT):
            sink.write(frame)
    return str(path)


def make_images(folder):
    (folder / "images").mkdir()
    for number in range(COUNT):
        cv2.imwrite(str(folder / "images" / f"{number}.png"), np.full((9, 11, 3), number, np.uint8))
    return str(folder / "images")


def make_pattern(folder):
    return f"{make_images(folder)}/*.png"


def make_numbered(folder):
    return f"{make_images(folder)}/%d.png"


def make_script(folder):
    script = "import vapoursynth as vs\nvs.core.std.BlankClip(length={}).set_output()\n"
    (folder / "script.vpy").write_text(script.format(COUNT))
    return str(folder / "script.vpy")


SOURCES = {
    "file": make_file,
    "y4m": make_y4m,
    "images": make_images,
    "pattern": make_pattern,
    "numbered": make_numbered,
    "script": make_script,
}


def bundled():
    import vsfilter.sources

    return inspect_plugin(vsfilter.sources, name="source").sources


def source_for(path):
    accepting = [source for source in bundled() if source.accepts(path)]
    chosen = [source for source in accepting if not source.is_fallback] or accepting
    assert len(chosen) == 1
    return chosen[0]


@pytest.fixture(params=SOURCES)
def path(request, tmp_path):
    return SOURCES[request.param](tmp_path)


def test_every_frame_comes_once_and_pts_grow(path):
    with source_for(path).open(path) as reader:
        pts = [frame.pts for frame in reader]

    assert len(pts) == COUNT
    assert pts == sorted(set(pts))


def test_the_info_holds_for_every_frame(path):
    with source_for(path).open(path) as reader:
        info = reader.info
        for frame in reader:
            assert (frame.width, frame.height) == (info.width, info.height)
            assert (frame.format, frame.colour) == (info.format, info.colour)

    assert info.time_base > 0
    assert info.rate > 0


def test_reading_twice_gives_the_same_frames(path):
    with source_for(path).open(path) as reader:
        first = list(reader)
    with source_for(path).open(path) as reader:
        second = list(reader)

    assert all(same_samples(a, b) for a, b in zip(first, second, strict=True))


def test_planes_belong_to_the_frame_alone(path):
    with source_for(path).open(path) as reader:
        first = next(iter(reader))
        kept = [plane.copy() for plane in first.planes]
        list(reader)

    for plane, copy in zip(first.planes, kept, strict=True):
        assert plane.flags.c_contiguous
        assert plane.flags.writeable
        assert np.array_equal(plane, copy)


def test_closing_twice_is_fine(path):
    reader = source_for(path).open(path)
    reader.close()
    reader.close()


@pytest.mark.parametrize("name", ["no.mkv", "no.y4m", "no*.png", "no%d.png"])
def test_a_missing_input_is_one_line_that_names_it(tmp_path, name):
    path = str(tmp_path / name)

    with pytest.raises(SourceNotFoundError, match="no") as raised:
        source_for(path).open(path)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("-", "stdin"),
        ("a.Y4M", "y4m"),
        ("a.vpy", "script"),
        ("a.mkv", "file"),
        ("a%03d*.png", "images"),
        ("a%03d.png", "images"),
    ],
)
def test_the_name_alone_tells_the_source(path, name):
    assert source_for(path).name == name


def test_finding_the_sources_imports_no_media_library():
    code = (
        "import sys, vsfilter.sources as source\n"
        "source.vsfilter_sources()\n"
        "print(sorted({'av', 'numpy', 'vapoursynth', 'torch'} & set(sys.modules)))\n"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
