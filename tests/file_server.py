"""A real HTTP server on this machine that misbehaves as told, and a real proxy."""

import re
import threading
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(kw_only=True)
class Answer:
    """How one request is answered; by default with what it asks for."""

    status: int | None = None
    content: bytes | None = None
    etag: str | None = None
    location: str | None = None
    ignores_range: bool = False
    claims: int | None = None  # as Content-Length; 0 for none at all
    cut: int | None = None  # the connection is closed after so many bytes of the body
    range_start: int | None = None  # what Content-Range says


@dataclass
class FileServer:
    """What is served, and what was asked.

    The first request gets the first of `answers`, and so on; all later ones are answered well.
    """

    content: bytes
    etag: str = '"one"'
    answers: list[Answer] = field(default_factory=list)
    requests: list[dict[str, str | None]] = field(default_factory=list)
    sent: int = 0  # bytes of bodies
    port: int = 0
    cut_reached = None  # an event: a cut answer has been sent as far as it goes
    release = None  # an event that a cut answer waits for, before it closes

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/file.pth"

    def asked(self, header):
        """List what the requests said in a header."""
        return [request.get(header) for request in self.requests]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        site = self.server.site
        site.requests.append({"line": self.requestline, **dict(self.headers)})
        answer = site.answers.pop(0) if site.answers else Answer()
        content = site.content if answer.content is None else answer.content
        etag = answer.etag or site.etag
        start, status = self.find_start(content, etag, answer)
        body = content[start:] if status in (200, 206) else b"sorry"
        self.send_response(answer.status or status)
        if answer.location:
            self.send_header("Location", answer.location)
        if status == 206:
            first = start if answer.range_start is None else answer.range_start
            span = f"bytes {first}-{len(content) - 1}/{len(content)}"
            self.send_header("Content-Range", span)
        if etag:
            self.send_header("ETag", etag)
        if answer.claims != 0:
            self.send_header("Content-Length", str(answer.claims or len(body)))
        self.end_headers()
        body = body[: answer.cut]
        self.wfile.write(body)
        site.sent += len(body)
        if answer.cut is not None and site.cut_reached is not None:
            site.cut_reached.set()
            site.release.wait(30)

    def find_start(self, content, etag, answer):
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if answer.ignores_range or asked is None:
            return 0, 200
        if self.headers.get("If-Range") not in (None, etag):
            return 0, 200
        start = int(asked[1])
        return (start, 206) if start < len(content) else (0, 416)

    def log_message(self, *_):
        pass


class Proxy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.lines.append(self.requestline)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.path) as response:
            body = response.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def running(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serve(content, *answers):
    """Serve a file; give the record of what was asked."""
    with running(Handler) as server:
        server.site = FileServer(content, answers=list(answers), port=server.server_port)
        yield server.site


@contextmanager
def run_proxy():
    """Run a proxy; give its address and the request lines that it saw."""
    with running(Proxy) as server:
        server.lines = []
        yield f"http://127.0.0.1:{server.server_port}", server.lines
