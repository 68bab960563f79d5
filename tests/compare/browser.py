"""A real browser without a window, driven by chromedriver over W3C WebDriver's plain HTTP."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

DRIVER = shutil.which("chromedriver")
CHROME = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
Point = tuple[float, float]
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key that WebDriver gives elements
_KEYS = {"Enter": "\ue007", "Left": "\ue012", "Right": "\ue014", "Home": "\ue011", "End": "\ue010"}


def _move(point: Point) -> dict[str, Any]:
    x, y = map(round, point)
    return {"type": "pointerMove", "duration": 50, "x": x, "y": y, "origin": "viewport"}


class Browser:
    """A browser with one page.

    Args:
        folder: For the browser's own files.
    """

    def __init__(self, folder: Path) -> None:
        self._driver = subprocess.Popen(
            [DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        port = next(
            line.rsplit(" ", 1)[1].strip(" .\n")
            for line in self._driver.stdout
            if "started successfully on port" in line
        )
        self._address = f"http://127.0.0.1:{port}"
        try:
            self._start(folder)
        except BaseException:
            self._stop()
            raise

    def _start(self, folder: Path) -> None:
        arguments = ["--headless=new", "--hide-scrollbars", f"--user-data-dir={folder}"]
        arguments.append("--disable-dev-shm-usage")  # it is tiny in containers
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            arguments.append("--no-sandbox")  # as root, Chromium refuses to start with it
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": CHROME, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._address += f"/session/{session['sessionId']}"

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, content, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def close(self) -> None:
        try:
            self._call("DELETE", "")
        finally:
            self._stop()

    def _stop(self) -> None:
        self._driver.kill()
        self._driver.wait()
        self._driver.stdout.close()

    def open(self, page: Path) -> None:
        self._call("POST", "/url", {"url": page.resolve().as_uri()})

    def messages(self) -> list[str]:
        """Give what the page has said on its console since the last call."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def run(self, code: str, *arguments: Any) -> Any:
        """Run JavaScript in the page; give what it returns."""
        return self._call("POST", "/execute/sync", {"script": code, "args": list(arguments)})

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def attribute(self, selector: str, name: str) -> str:
        return self.run(
            "return document.querySelector(arguments[0]).getAttribute(arguments[1])",
            selector,
            name,
        )

    def box(self, selector: str) -> dict[str, float]:
        """Scroll an element into sight; give its x, y, width and height in the window."""
        return self.run(
            "const found = document.querySelector(arguments[0]);"
            "found.scrollIntoView({block: 'nearest'});"
            "return found.getBoundingClientRect().toJSON()",
            selector,
        )

    def _element(self, selector: str) -> str:
        body = {"using": "css selector", "value": selector}
        return self._call("POST", "/element", body)[_ELEMENT]

    def click(self, selector: str) -> None:
        self._call("POST", f"/element/{self._element(selector)}/click", {})

    def press(self, selector: str, *keys: str) -> None:
        """Press keys on an element that can have the focus."""
        text = "".join(_KEYS.get(key, key) for key in keys)
        self._call("POST", f"/element/{self._element(selector)}/value", {"text": text})

    def drag(self, start: Point, end: Point, kind: str) -> None:
        """Drag from one point of the window to another; equal points make a click.

        Args:
            start: (x, y) in CSS px.
            end: (x, y) in CSS px.
            kind: "mouse" or "touch".
        """
        down, up = ({"type": name, "button": 0} for name in ("pointerDown", "pointerUp"))
        self._act(kind, [_move(start), down, _move(end), up])

    def hover(self, point: Point) -> None:
        """Move the mouse to a point of the window: (x, y) in CSS px."""
        self._act("mouse", [_move(point)])

    def _act(self, kind: str, actions: list[dict[str, Any]]) -> None:
        parameters = {"pointerType": kind}
        pointer = {"type": "pointer", "id": kind, "parameters": parameters, "actions": actions}
        self._call("POST", "/actions", {"actions": [pointer]})
        self._call("DELETE", "/actions")

    def emulate(self, *, width: int, height: int = 900, theme: str = "light") -> None:
        """Set the size of the window's inside, in CSS px, and the theme: light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._devtools("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self._devtools("Emulation.setEmulatedMedia", {"features": features})
        # the page learns of its new size with the next picture, which a busy machine draws late
        drawn = "requestAnimationFrame(() => requestAnimationFrame(() => arguments[0]()))"
        self._call("POST", "/execute/async", {"script": drawn, "args": []})

    def _devtools(self, command: str, values: dict[str, Any]) -> Any:
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": values})

    def screenshot(self, *, is_full: bool = False) -> bytes:
        """Give the window, or the whole page, as PNG."""
        values = {"format": "png", "captureBeyondViewport": is_full}
        if is_full:
            size = self._devtools("Page.getLayoutMetrics", {})["cssContentSize"]
            values["clip"] = {**size, "scale": 1}
        return base64.b64decode(self._devtools("Page.captureScreenshot", values)["data"])
