"""The page in a real browser: what a mouse, a finger and the keyboard do, and what is seen."""

import numpy as np
import pytest

from tests.compare.browser import CHROME, DRIVER, Browser
from tests.compare.pictures import decode, write_folder
from vsfilter.compare.comparison import compare_clips
from vsfilter.compare.page import render_page
from vsfilter.compare.shown_pairs import ShownFrames

pytestmark = pytest.mark.skipif(
    not (DRIVER and CHROME),
    reason="needs chromium and chromedriver; test_page.py covers the page without them",
)
COUNT = 40
SHOWN = (5, 20, 38)
WORST = 12
RED, BLUE = 0, 2


def flat(colour):
    return np.broadcast_to(np.uint8(colour), (90, 160, 3))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A is red, B is blue, and the green tells the number of the frame."""
    folder = tmp_path_factory.mktemp("page")
    a = [flat((200, 2 * number, 0)) for number in range(COUNT)]
    b = [flat((0, 2 * number, 100 if number == WORST else 200)) for number in range(COUNT)]
    paths = write_folder(folder / "a", a), write_folder(folder / "b", b)
    compared = compare_clips(*paths, shown=ShownFrames(count=3, numbers=SHOWN))
    target = folder / "page.html"
    target.write_text("".join(render_page(compared, command="vsr compare")), encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("chrome"))
    yield browser
    browser.close()


@pytest.fixture
def browser(chrome, page):
    """The browser with the page just opened; it must not complain about anything."""
    chrome.emulate(width=1280)
    chrome.open(page)
    yield chrome
    assert chrome.messages() == []


def red_share(browser):
    """Give the share of the stage's width that is red, from a line below its tags."""
    box = browser.box("#stage")
    seen = decode(browser.screenshot())
    line = seen[round(box["y"] + 60), round(box["x"]) + 1 : round(box["x"] + box["width"]) - 1]
    return np.mean(line[:, RED].astype(int) > line[:, BLUE])


def frame_seen(browser):
    """Give the number of the frame that the picture is of, from its green."""
    box = browser.box("#stage")
    seen = decode(browser.screenshot())
    return round(seen[round(box["y"] + 60), round(box["x"] + box["width"] * 0.9), 1] / 2)


def divide(browser):
    return int(browser.attribute("#divide", "aria-valuenow"))


def at(box, across, down=0.3):
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def test_at_first_half_of_each_picture_is_seen(browser):
    assert divide(browser) == 50
    assert red_share(browser) == pytest.approx(0.5, abs=0.01)
    assert frame_seen(browser) == 20
    assert browser.text("#caption").startswith("Frame 20, 0:00.833, PSNR ")


@pytest.mark.parametrize("kind", ["mouse", "touch"])
@pytest.mark.parametrize(("start", "end"), [(0.5, 0.2), (0.8, 0.9), (0.3, 1.5)])
def test_dragging_uncovers_more_of_one_picture(browser, kind, start, end):
    box = browser.box("#stage")
    browser.drag(at(box, start), at(box, min(end, 1.005)), kind)
    shared = min(end, 1)
    assert divide(browser) == pytest.approx(100 * shared, abs=1)
    assert red_share(browser) == pytest.approx(shared, abs=0.01)


def test_the_arrow_keys_move_the_divide(browser):
    browser.press("#divide", "Right", "Right", "Right")
    assert divide(browser) == 53
    browser.press("#divide", "Left")
    assert divide(browser) == 52
    assert red_share(browser) == pytest.approx(0.52, abs=0.01)
    assert "52 %" in browser.attribute("#divide", "aria-valuetext")
    browser.press("#divide", "Home")
    assert red_share(browser) == 0
    browser.press("#divide", "End")
    assert red_share(browser) == 1


def test_a_key_flickers_between_the_pictures(browser):
    shares = []
    for key in "fffd":
        browser.press("body", key)
        shares.append(red_share(browser))
    assert shares == [0, 1, 0, pytest.approx(0.5, abs=0.01)]
    assert browser.attribute("button[data-view=both]", "aria-pressed") == "true"


def test_the_frame_is_chosen_by_list_buttons_and_keys(browser):
    seen = []
    browser.click("#next")
    seen.append(frame_seen(browser))
    browser.press("body", "p", "p")
    seen.append(frame_seen(browser))
    browser.click(f"[data-show='{WORST}']")
    seen.append(frame_seen(browser))
    browser.press("#frame", "End")
    seen.append(frame_seen(browser))
    assert seen == [38, 12, 12, 38]


def test_a_click_on_the_plot_shows_the_nearest_frame_with_pictures(browser):
    box = browser.box("#plot")
    browser.drag(at(box, 0.15), at(box, 0.15), "mouse")
    assert frame_seen(browser) == 5
    assert browser.text("#caption").startswith("Frame 5,")
    assert browser.run("return document.querySelectorAll('#plot circle.current').length") == 2


def test_hovering_over_the_plot_tells_each_frame(browser):
    box = browser.box("#plot")
    browser.hover(at(box, 0.999))
    assert browser.text("#readout").startswith(f"Frame {COUNT - 1}, 0:01.625, PSNR ")
    assert browser.text("#caption").startswith("Frame 20,")


def test_the_plot_is_used_with_the_keyboard_alone(browser):
    browser.press("#plot", "Home", "Right")
    assert browser.attribute("#plot", "aria-valuenow") == "1"
    assert browser.attribute("#plot", "aria-valuetext").startswith("Frame 1,")
    browser.press("#plot", "Enter")
    assert frame_seen(browser) == 5


def test_the_curves_have_a_point_for_every_frame_within_their_panel(browser):
    curves = browser.run(
        "return [...document.querySelectorAll('#plot polyline')].map("
        "curve => [...curve.points].map(point => [point.x, point.y]))"
    )
    for curve, (top, bottom) in zip(curves, [(26, 146), (172, 292)], strict=True):
        assert len(curve) == COUNT
        assert all(top <= y <= bottom for _, y in curve)
        assert [x for x, _ in curve] == sorted(x for x, _ in curve)
        assert max(curve, key=lambda point: point[1]) == curve[WORST]


def test_zoom_shows_each_pixel_as_a_square_and_the_mouse_pulls_the_picture(browser):
    browser.emulate(width=400, height=300)
    browser.press("body", "4")
    size = "const s = document.querySelector('#sheet'); return [s.clientWidth, s.clientHeight]"
    assert browser.run(size) == [640, 360]
    style = "return getComputedStyle(document.querySelector('.pair img')).imageRendering"
    assert browser.run(style) == "pixelated"
    assert red_share(browser) == pytest.approx(0.5, abs=0.01)
    scrolled = "return document.querySelector('#view').scrollLeft"
    before = browser.run(scrolled)
    box = browser.box("#stage")
    browser.drag(at(box, 0.3), at(box, 0.1), "mouse")
    assert browser.run(scrolled) > before + 30
    assert divide(browser) == 50
    assert red_share(browser) == pytest.approx(0.5, abs=0.01)
    browser.press("body", "0")
    assert browser.run(size)[0] < 400


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_text_is_readable_and_nothing_is_wider_than_the_window(browser, width, theme):
    browser.emulate(width=width, theme=theme)
    assert browser.run("return document.documentElement.scrollWidth") <= width
    text, ground = browser.run(
        "const body = getComputedStyle(document.body);"
        "const quiet = getComputedStyle(document.querySelector('.keys'));"
        "return [quiet.color, body.backgroundColor]"
    )
    assert contrast(text, ground) > 4.5  # WCAG 2.2, 1.4.3
    assert (luminance(ground) < 0.1) == (theme == "dark")
    for name in ("psnr", "ssim"):
        curve = f"return getComputedStyle(document.querySelector('.curve.{name}')).stroke"
        assert contrast(browser.run(curve), ground) > 3  # 1.4.11


def luminance(colour):
    """Compute the relative luminance of `rgb(r, g, b)`, as WCAG 2.2 defines it."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    dark, light = sorted([luminance(a), luminance(b)])
    return (light + 0.05) / (dark + 0.05)
