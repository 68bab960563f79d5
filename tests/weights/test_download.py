import errno
import hashlib
import os
import random
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tests.file_server import Answer, run_proxy, serve
from vsfilter.errors import DownloadError, WeightsError
from vsfilter.weights.download import ATTEMPTS, Download, fetch

CONTENT = random.Random(1).randbytes(300_000)
OTHER = random.Random(2).randbytes(300_000)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def ask(url, folder, *, content=CONTENT, **changes):
    values = {"sha256": hashlib.sha256(content).hexdigest()[:8], **changes}
    return Download(url=url, target=folder / "file.pth", **values)


def get(download, *, report=lambda done, total: None):
    fetch(download, report, pause=lambda seconds: None)


def refusal(download, kind=DownloadError):
    """Give the one line with which a download is refused; nothing has the final name."""
    with pytest.raises(kind) as caught:
        get(download)
    assert not download.target.exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_comes_whole_and_leaves_nothing_else(tmp_path):
    reports = []
    with serve(CONTENT) as site:
        download = ask(site.url, tmp_path, size=len(CONTENT))
        get(download, report=lambda done, total: reports.append((done, total)))
    assert download.target.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [download.target]
    assert reports[-1] == (len(CONTENT), len(CONTENT))
    assert reports == sorted(reports)


def test_a_dropped_connection_is_continued_and_only_the_rest_is_fetched(tmp_path):
    with serve(CONTENT, Answer(cut=100_000), Answer(cut=50_000)) as site:
        get(ask(site.url, tmp_path))
    assert (tmp_path / "file.pth").read_bytes() == CONTENT
    assert site.asked("Range") == [None, "bytes=100000-", "bytes=150000-"]
    assert site.asked("If-Range") == [None, '"one"', '"one"']
    assert site.sent == len(CONTENT)


def test_what_an_earlier_process_left_is_continued(tmp_path):
    (tmp_path / "file.pth.part").write_bytes(CONTENT[:200_000])
    with serve(CONTENT) as site:
        get(ask(site.url, tmp_path))
    assert (tmp_path / "file.pth").read_bytes() == CONTENT
    assert site.sent == 100_000


def test_what_was_whole_already_needs_no_network(tmp_path):
    (tmp_path / "file.pth.part").write_bytes(CONTENT)
    with serve(CONTENT) as site:
        get(ask(site.url, tmp_path))
    assert (tmp_path / "file.pth").read_bytes() == CONTENT
    assert site.requests == []


@pytest.mark.parametrize("length", [1000, 300_000, 400_000])
def test_a_beginning_of_another_file_is_thrown_away(tmp_path, length):
    (tmp_path / "file.pth.part").write_bytes((OTHER + OTHER)[:length])
    with serve(CONTENT) as site:
        get(ask(site.url, tmp_path))
    assert (tmp_path / "file.pth").read_bytes() == CONTENT
    assert site.asked("Range") == [f"bytes={length}-", None]


def test_a_server_without_ranges_is_read_from_the_beginning(tmp_path):
    answers = [Answer(cut=100_000, etag=None), Answer(ignores_range=True)]
    with serve(CONTENT, *answers) as site:
        get(ask(site.url, tmp_path))
    assert (tmp_path / "file.pth").read_bytes() == CONTENT
    assert site.sent == 400_000


def test_a_server_that_sends_another_range_is_read_from_the_beginning(tmp_path):
    with serve(CONTENT, Answer(cut=100_000), Answer(range_start=7)) as site:
        get(ask(site.url, tmp_path))
    assert (tmp_path / "file.pth").read_bytes() == CONTENT
    assert site.asked("Range") == [None, "bytes=100000-", None]


def test_a_file_that_changes_between_attempts_is_never_mixed(tmp_path):
    with serve(CONTENT, Answer(content=OTHER, cut=100_000, etag='"old"')) as site:
        get(ask(site.url, tmp_path))
    assert (tmp_path / "file.pth").read_bytes() == CONTENT
    assert site.asked("If-Range") == [None, '"old"']
    assert site.sent == 400_000


def test_a_weak_etag_is_not_trusted_but_the_hash_is(tmp_path):
    with serve(CONTENT, Answer(cut=100_000, etag='W/"one"')) as site:
        get(ask(site.url, tmp_path))
    assert (tmp_path / "file.pth").read_bytes() == CONTENT
    assert site.asked("If-Range") == [None, None]


def test_wrong_bytes_are_refused_and_deleted(tmp_path):
    with serve(OTHER) as site:
        message = refusal(ask(site.url, tmp_path))
    assert "something else" in message
    assert hashlib.sha256(OTHER).hexdigest()[:8] in message
    assert list(tmp_path.iterdir()) == []


def test_a_length_longer_than_the_file_is_refused_and_what_came_is_kept(tmp_path):
    lies = [Answer(claims=500_000, ignores_range=True)] * (ATTEMPTS + 1)
    with serve(CONTENT, *lies) as site:
        message = refusal(ask(site.url, tmp_path))
    assert "after 300000 of 500000 bytes" in message
    assert len(site.requests) == ATTEMPTS + 1
    assert (tmp_path / "file.pth.part").read_bytes() == CONTENT


def test_a_length_shorter_than_the_file_is_refused(tmp_path):
    with serve(CONTENT, Answer(claims=1000)) as site:
        assert "something else" in refusal(ask(site.url, tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("claims", [1000, 400_000])
def test_a_length_other_than_the_published_one_is_refused_before_anything_comes(tmp_path, claims):
    with serve(CONTENT, Answer(claims=claims)) as site:
        message = refusal(ask(site.url, tmp_path, size=len(CONTENT)))
    assert f"offers {claims} bytes and not 300000" in message
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_stated_length_is_read_to_its_end(tmp_path):
    with serve(CONTENT, Answer(claims=0)) as site:
        get(ask(site.url, tmp_path))
    assert (tmp_path / "file.pth").read_bytes() == CONTENT


def test_a_file_that_goes_on_beyond_its_size_is_not_read_to_its_end(tmp_path):
    with serve(CONTENT * 30, Answer(claims=0)) as site:
        reports = []
        download = ask(site.url, tmp_path, size=len(CONTENT))
        with pytest.raises(DownloadError, match="something else"):
            get(download, report=lambda done, total: reports.append(done))
    assert reports[-1] < 2 * len(CONTENT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_file_that_is_not_there_is_refused_at_once_and_what_came_is_kept(tmp_path, status):
    (tmp_path / "file.pth.part").write_bytes(CONTENT[:1000])
    with serve(CONTENT, Answer(status=status)) as site:
        assert f"the server answers {status}" in refusal(ask(site.url, tmp_path))
    assert len(site.requests) == 1
    assert (tmp_path / "file.pth.part").read_bytes() == CONTENT[:1000]


def test_a_server_that_is_busy_for_a_moment_is_asked_again(tmp_path):
    with serve(CONTENT, Answer(status=500), Answer(status=503), Answer(status=429)) as site:
        get(ask(site.url, tmp_path))
    assert (tmp_path / "file.pth").read_bytes() == CONTENT
    assert len(site.requests) == 4


def test_a_server_that_stays_busy_is_given_up_after_longer_and_longer_pauses(tmp_path):
    pauses = []
    with (
        serve(CONTENT, *[Answer(status=500)] * 9) as site,
        pytest.raises(DownloadError, match="500 Internal Server Error"),
    ):
        fetch(ask(site.url, tmp_path), lambda done, total: None, pause=pauses.append)
    assert len(site.requests) == ATTEMPTS
    assert pauses == sorted(set(pauses))


def test_a_redirection_is_followed(tmp_path):
    with serve(CONTENT) as goal, serve(b"", Answer(status=302, location=goal.url)) as site:
        get(ask(site.url, tmp_path))
    assert (tmp_path / "file.pth").read_bytes() == CONTENT


def test_a_server_that_is_not_there_is_one_clear_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    message = refusal(ask(f"http://127.0.0.1:{port}/file.pth", tmp_path))
    assert "cannot be fetched" in message
    assert "Connection refused" in message or os.strerror(errno.ECONNREFUSED) in message


def test_a_proxy_is_used_where_the_environment_names_one(tmp_path, monkeypatch):
    with serve(CONTENT) as site, run_proxy() as (address, lines):
        monkeypatch.setenv("HTTP_PROXY", address)
        get(ask(site.url, tmp_path))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        get(ask(site.url, tmp_path, content=CONTENT))
    assert lines == [f"GET {site.url} HTTP/1.1"]
    assert len(site.requests) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_clear_line(tmp_path):
    (tmp_path / "file.pth.part").symlink_to("/dev/full")
    with serve(CONTENT) as site:
        message = refusal(ask(site.url, tmp_path), WeightsError)
    assert f"{os.strerror(errno.ENOSPC)}" in message
    assert "VSFILTER_WEIGHTS" in message


def test_the_full_hash_is_compared_where_it_is_known(tmp_path):
    full = hashlib.sha256(CONTENT).hexdigest()
    with serve(CONTENT) as site:
        download = ask(site.url, tmp_path, sha256=full)
        get(download)
        download.target.unlink()
        refusal(replace(download, sha256=full[:-1] + ("0" if full[-1] != "0" else "1")))
