"""The page as a file, without a browser: its numbers, pictures, structure and escaping."""

import base64
import json
import re
import shlex
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.clips import Clip, make_clip
from tests.compare.pictures import add_noise, decode, make_pictures, write_folder
from tests.fresh_python import run
from vsfilter.compare.comparison import compare_clips
from vsfilter.compare.page import render_page
from vsfilter.compare.page_file import PageFile
from vsfilter.compare.shown_pairs import ShownFrames
from vsfilter.compare.wording import clock, describe_clip, notes
from vsfilter.errors import SinkError, SinkExistsError
from vsfilter.frame import Colour
from vsfilter.metrics import psnr, ssim

COUNT = 16
VOID = {"meta", "link", "img", "br", "hr", "input"}
NASTY = "a</script><img src=x onerror=alert(1)>&\"'$data.mkv"


class Page(HTMLParser):
    """What stands in a page: elements with their attributes and text; every end tag must fit."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self._open = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, "text": "", **dict(attributes)}
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open.pop()["tag"] == tag

    def handle_data(self, text):
        if self._open:
            self._open[-1]["text"] += text

    def all(self, tag, **attributes):
        return [
            element
            for element in self.elements
            if element["tag"] == tag and all(element.get(k) == v for k, v in attributes.items())
        ]

    @property
    def numbers(self):
        return json.loads(self.all("script", id="data")[0]["text"])


def render(comparison, command="vsr compare"):
    return "".join(render_page(comparison, command=command))


@pytest.fixture(scope="module")
def clean():
    return make_pictures(COUNT)


@pytest.fixture(scope="module")
def noisy(clean):
    """Noise of another strength a frame; frame 3 is equal."""
    pictures = add_noise(clean, [4 + (number * 5) % COUNT for number in range(COUNT)])
    return [*pictures[:3], clean[3], *pictures[4:]]


@pytest.fixture(scope="module")
def compared(tmp_path_factory, clean, noisy):
    folder = tmp_path_factory.mktemp("folders")
    paths = write_folder(folder / "clean", clean), write_folder(folder / "noisy", noisy)
    return compare_clips(*paths, shown=ShownFrames(count=8))


@pytest.fixture(scope="module")
def page(compared):
    return Page(render(compared))


def test_the_numbers_of_the_page_are_those_of_the_pictures(page, clean, noisy):
    numbers = page.numbers
    pairs = list(zip(clean, noisy, strict=True))
    expected = [psnr(a, b, luma=True) for a, b in pairs]
    assert numbers["psnr"][3] is None
    del numbers["psnr"][3], expected[3]
    assert numbers["psnr"] == pytest.approx(expected, abs=1e-4)
    expected = [ssim(a, b, luma=True) for a, b in pairs]
    assert numbers["ssim"] == pytest.approx(expected, abs=1e-6)
    assert numbers["frames"] == numbers["framesB"] == list(range(COUNT))
    assert numbers["times"] == pytest.approx([n / 24 for n in range(COUNT)], abs=1e-3)
    assert (numbers["width"], numbers["height"], numbers["pixelAspect"]) == (64, 48, 1)


def test_the_pictures_of_the_page_are_the_right_frames(page, clean, noisy):
    assert [int(pair["data-index"]) for pair in page.all("div", **{"class": "pair"})] == (
        page.numbers["shown"]
    )
    images = page.all("img")
    assert len(images) == 2 * len(page.numbers["shown"])
    for number, a, b in zip(page.numbers["shown"], images[::2], images[1::2], strict=True):
        for image, pictures, name in ((a, clean, "A, clean"), (b, noisy, "B, noisy")):
            kind, content = image["src"].split(";base64,")
            assert kind == "data:image/webp"
            np.testing.assert_array_equal(decode(base64.b64decode(content)), pictures[number])
            assert image["alt"] == f"Frame {number} of {name}"
            assert (image["width"], image["height"]) == ("64", "48")


def test_the_worst_frames_are_listed_and_lead_to_their_pictures(page, compared):
    buttons = [int(b["data-show"]) for b in page.all("button") if "data-show" in b]
    assert buttons == [*compared.worst_ssim, *compared.worst_psnr]
    assert set(buttons) <= set(page.numbers["shown"])
    assert 3 not in buttons


def test_the_page_needs_nothing_from_elsewhere(page):
    for element in page.elements:
        assert element["tag"] not in ("iframe", "object", "embed", "base", "form")
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert element.get(name, "data:").startswith("data:")
    text = "".join(element["text"] for element in page.all("style") + page.all("script"))
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", text)
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy["content"].startswith("default-src 'none'; img-src data:;")


def test_the_page_has_the_structure_that_browsers_and_screen_readers_expect(page):
    assert page.all("html")[0]["lang"] == "en"
    assert page.all("title")[0]["text"] == "clean and noisy compared"
    assert page.all("meta", charset="utf-8")
    assert page.all("meta", name="viewport")[0]["content"].startswith("width=device-width")
    assert len(page.all("h1")) == 1
    assert all(image["alt"] for image in page.all("img"))
    ids = [element["id"] for element in page.elements if "id" in element]
    assert len(ids) == len(set(ids))
    named = [e["aria-labelledby"] for e in page.elements if "aria-labelledby" in e]
    assert set(named) <= set(ids)
    for slider in (e for e in page.elements if e.get("role") == "slider"):
        assert slider["tabindex"] == "0"
        assert slider["aria-label"]
        assert {"aria-valuemin", "aria-valuemax", "aria-valuenow"} <= slider.keys()
    assert all(button["text"].strip() for button in page.all("button"))


def test_the_head_says_what_was_compared(page, compared):
    facts = [element["text"] for element in page.all("span", **{"class": "facts"})]
    assert facts == ["64x48, RGB 8 bit, 16 frames, 0:00.667, 24 fps"] * 2
    scores = [element["text"] for element in page.all("dd")]
    assert scores == [
        f"{compared.mean_psnr_y:.2f} dB",
        f"{min(compared.psnr_y):.2f} dB",
        f"{compared.mean_ssim_y:.4f}",
        f"{min(compared.ssim_y):.4f}",
        "16 (1 of them equal)",
    ]


def test_no_name_can_break_out_of_its_place(compared):
    evil = replace(
        compared,
        a=replace(compared.a, path=f"in/{NASTY}"),
        b=replace(compared.b, path=f"out/{NASTY}"),
    )
    command = shlex.join(["vsr", "compare", f"in/{NASTY}"])
    page = Page(render(evil, command))
    assert page.all("code")[0]["text"] == command
    # the files are called alike, so that each has its folder too
    names = [element["text"] for element in page.all("span", **{"class": "name"})]
    assert [Path(name) for name in names] == [Path(f"in/{NASTY}"), Path(f"out/{NASTY}")]
    plain = Page(render(compared))
    assert [e["tag"] for e in page.elements] == [e["tag"] for e in plain.elements]
    assert not [e for e in page.elements if "onerror" in e]
    assert page.numbers == plain.numbers


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0:00.000"), (61.0005, "1:01.000"), (59.9996, "1:00.000"), (3725.25, "1:02:05.250")],
)
def test_times_are_written_as_on_a_clock(seconds, expected):
    assert clock(seconds) == expected


def test_a_turned_hdr_tape_is_described_with_all_that_was_done_to_it(tmp_path):
    colour = Colour(matrix=9, is_full_range=False, primaries=9, transfer=16)
    options = {"rotation": (90, False), "sample_aspect_ratio": Clip().sample_aspect_ratio * 4 / 3}
    clip = Clip(count=3, pix_fmt="yuv420p10le", codec="libx265", colour=colour, **options)
    clip = replace(clip, options={"x265-params": "log-level=none"})
    phone = make_clip(tmp_path / "phone.mp4", clip)
    other = write_folder(tmp_path / "other", make_pictures(3, width=96, height=128))
    compared = compare_clips(str(phone), other, shown=ShownFrames())
    assert "64x48 (pixels 4:3), YUV 4:2:0 10 bit, BT.2020 PQ, limited" in describe_clip(compared.a)
    assert notes(compared) == [
        "Frames are paired by number.",
        "A is enlarged from 48x64 to 96x128 by MATLAB's bicubic, and measured at this size.",
        "A is shown turned by 90 degrees counter-clockwise, as its file asks for.",
        "A has more than 8 bits: it is rounded to 8 to be shown and measured.",
        "A is HDR (PQ): without tone mapping it looks dull here.",
        "A is shown 0.562:1 and B 0.750:1: they do not show the same part of the picture, or one "
        "states a wrong pixel shape.",
    ]


def test_a_page_gets_its_name_only_when_it_is_whole(tmp_path):
    target = tmp_path / "page.html"

    def pieces():
        yield "<!doctype html>"
        assert not target.exists()
        raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        PageFile(target, inputs=(), overwrite=False) as file,
    ):
        file.write(pieces())
    assert list(tmp_path.iterdir()) == []
    with PageFile(target, inputs=(), overwrite=False) as file:
        assert file.write(["<p>\n", "ä"]) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert target.read_bytes() == "<p>\nä".encode()


def test_a_page_replaces_another_one_only_if_asked_and_never_an_input(tmp_path):
    target = tmp_path / "page.html"
    target.write_text("old")
    with pytest.raises(SinkExistsError, match="--overwrite"):
        PageFile(target, inputs=(), overwrite=False)
    with pytest.raises(SinkError, match="is the input itself"):
        PageFile(target, inputs=("other.mkv", str(target)), overwrite=True)
    with pytest.raises(SinkError, match=r"'.mkv': use .html"):
        PageFile(tmp_path / "page.mkv", inputs=(), overwrite=True)
    assert target.read_text() == "old"
    with PageFile(target, inputs=(), overwrite=True) as file:
        file.write(["new"])
    assert target.read_text() == "new"


def vsr(*arguments):
    """Run `vsr`; say on the last line of stderr whether torch was imported."""
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr))\n"
        "from vsfilter.cli.main import run; run()"
    )
    return run("-c", code, *map(str, arguments))


def test_the_command_writes_the_page_and_reports(tmp_path, compared):
    target = tmp_path / "page.html"
    done = vsr("compare", compared.a.path, compared.b.path, "-o", target, "--json", "--count", 8)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == ["False"]  # it needs no torch
    report = json.loads(done.stdout)
    assert report["bytes"] == target.stat().st_size
    assert report["frames"] == report["a"]["frames"] == COUNT
    assert report["psnr_y"] == pytest.approx(compared.mean_psnr_y)
    assert report["ssim_y_least"] == pytest.approx(min(compared.ssim_y))
    assert report["worst_by_ssim"] == list(compared.worst_ssim)
    assert report["shown"] == list(compared.pictures.pairs)
    page = Page(target.read_text(encoding="utf-8"))
    assert page.all("code")[0]["text"].startswith("vsr compare ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.mkv"], ["missing.mkv", "does not exist"]),
        (["B", "--frames", "1:b"], ["'1:b'", "FIRST:END"]),
    ],
)
def test_the_command_fails_in_one_line_and_leaves_nothing(tmp_path, compared, arguments, words):
    others = [compared.b.path if word == "B" else word for word in arguments]
    done = vsr("compare", compared.a.path, *others, "-o", tmp_path / "page.html")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()  # a failed command ends before atexit
    assert line.startswith("error: ")
    assert all(word in line for word in words)
    assert list(tmp_path.iterdir()) == []


def test_names_that_are_no_text_cost_no_page(tmp_path):
    target = tmp_path / "page.html"
    with PageFile(target, inputs=(), overwrite=False) as file:
        file.write(["n\udcff.mkv"])
    assert target.read_text(encoding="utf-8") == "n\\udcff.mkv"
