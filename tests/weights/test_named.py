import re
from pathlib import Path

import pytest

import vsfilter
from scripts.weights_table import DOCUMENT, END, START, table
from tests.bundled_sets import BUNDLED, BUNDLED_NAMES, PUBLISHED_COUNT
from vsfilter.errors import PluginError
from vsfilter.weights import NamedWeights, PublishedFile, read_published

SETS = [(backend, item) for backend in vsfilter.backends().values() for item in backend.weights]
PUBLISHED = [pair for pair in SETS if isinstance(pair[1].file, PublishedFile)]
WORDS = {
    "basicvsr": r"basicvsr-(reds|vimeo-b[id])(-basicsr)?",
    "iconvsr": r"iconvsr-(reds|vimeo-b[id])(-basicsr)?",
    "basicvsrpp": r"basicvsrpp-(reds|vimeo-b[id]|ntire-(bi|decompress[123])"
    r"|(davis-denoise|(dvd|gopro)-deblur)-official)",
    "edvr": r"edvr-[ml](-notsa)?-(reds(-srblur|-deblur|-deblurcomp)?|vimeo-bi)(-basicsr)?",
    "realbasicvsr": r"realbasicvsr(-nogan|-official)?",
}


def ids(pairs):
    return [item.name for _, item in pairs]


def test_every_family_has_published_sets_and_no_name_is_used_twice():
    assert {backend.name for backend, _ in PUBLISHED} == set(WORDS)
    names, files = ids(SETS), [item.file.name for _, item in PUBLISHED]
    assert len(names) == len(set(names)) == PUBLISHED_COUNT + len(BUNDLED_NAMES)
    assert len(files) == len(set(files))


@pytest.mark.parametrize(("backend", "item"), PUBLISHED, ids=ids(PUBLISHED))
def test_a_published_set_is_consistent(backend, item):
    assert re.fullmatch(WORDS[backend.name], item.name)
    assert item.scale in backend.scales
    assert item.degradation
    assert item.source
    assert item.licence
    assert item.file.page.startswith("https://")
    assert item.file.url.startswith("https://")
    if shown := re.search(r"-([0-9a-f]{8})\.pth$", item.file.name):
        assert item.sha256.startswith(shown[1])
    else:
        assert len(item.sha256) == 64
    if "openmmlab.com" in item.file.url:
        assert item.file.url.endswith("/" + item.file.name)
    for score in item.file.scores:
        assert 20 < score.psnr < 45
        assert 0.6 < score.ssim < 1
        assert score.channel in ("RGB", "Y")
    assert len({(score.data, score.channel) for score in item.file.scores}) == len(item.file.scores)


def test_a_name_tells_what_a_set_undoes():
    for _, item in PUBLISHED:
        if item.name.endswith(("-bd", "-bd-basicsr")):
            assert item.degradation == ("BD",)
        if "deblur" in item.name or "decompress" in item.name or "denoise" in item.name:
            assert item.scale == 1
        assert ("blur" in item.degradation) == ("blur" in item.name)


def test_the_figures_are_those_of_the_sources():
    figures = {
        (item.name, score.data, score.channel): (score.psnr, score.ssim)
        for _, item in PUBLISHED
        for score in item.file.scores
    }
    # one of each table: mmagic's metafile.yml and BasicSR's ModelZoo.md
    assert figures["basicvsrpp-vimeo-bd", "UDM10 (BD)", "Y"] == (40.7216, 0.9722)
    assert figures["basicvsr-vimeo-bi", "Vid4 (BI)", "Y"] == (27.2755, 0.8248)
    assert figures["iconvsr-reds", "REDS4 (BI)", "RGB"] == (31.6926, 0.8951)
    assert figures["edvr-m-reds", "REDS", "RGB"] == (30.4194, 0.8684)
    assert figures["edvr-l-vimeo-bi-basicsr", "Vid4", "Y"] == (27.35, 0.8264)


def test_only_bundled_sets_are_defaults():
    for backend in vsfilter.backends().values():
        assert all(isinstance(item.file, Path) for item in backend.bundled)
    found = {name: [i.name for i in each.bundled] for name, each in vsfilter.backends().items()}
    assert {name: sets for name, sets in found.items() if sets} == BUNDLED


def test_the_document_has_the_table():
    assert START + table() + END in DOCUMENT.read_text(encoding="utf-8")


def make(**changes):
    values = {"name": "a", "scale": 4, "sha256": "0" * 8, "source": "", "licence": ""}
    return NamedWeights(**{"file": Path("a.pth"), **values, **changes})


@pytest.mark.parametrize("name", ["", "Film", "two words", "a+b", "../a", ".a"])
def test_a_name_that_cannot_be_typed_is_refused(name):
    with pytest.raises(PluginError, match="name"):
        make(name=name)


@pytest.mark.parametrize("digest", ["", "1234567", "x" * 8, "A" * 8, "0" * 65])
def test_a_hash_that_proves_nothing_is_refused(digest):
    with pytest.raises(PluginError, match="hash"):
        make(sha256=digest)


@pytest.mark.parametrize("name", ["", "a/b.pth", "..", "/a.pth", ".hidden", "a\\b.pth"])
def test_a_published_name_that_leads_out_of_the_folder_is_refused(name):
    with pytest.raises(PluginError, match="no plain name"):
        PublishedFile(name=name, page="https://example.org")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/a.pth", "a.pth"])
def test_a_url_that_is_not_of_http_is_refused(url):
    with pytest.raises(PluginError, match="HTTP"):
        PublishedFile(name="a.pth", page="https://example.org", url=url)


@pytest.mark.parametrize(
    "change",
    [
        ('source = "a project"', 'sauce = "a project"'),
        ('file = "a.pth"', 'fil = "a.pth"'),
        ("scale = 4", "scale = 4\nscales = 4"),
        ('["Vid4", "Y", 27.5, 0.83]', '["Vid4", "Y", 27.5]'),
    ],
)
def test_a_table_with_a_wrong_field_is_refused_with_its_name(tmp_path, change):
    table = tmp_path / "table.toml"
    good = """
[[publisher]]
source = "a project"
page = "https://example.org"
licence = "MIT"
[[publisher.weights]]
name = "a"
file = "a.pth"
sha256 = "01234567"
scale = 4
degradation = ["BI"]
scores = [["Vid4", "Y", 27.5, 0.83]]
"""
    table.write_text(good)
    assert [item.name for item in read_published(table)] == ["a"]
    assert change[0] in good
    table.write_text(good.replace(*change))
    with pytest.raises(PluginError, match=r"table\.toml"):
        read_published(table)
