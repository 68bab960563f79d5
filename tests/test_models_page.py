"""docs/models.md says what is installed; the scripts that make it count right."""

import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from scripts.model_costs import count_cost
from scripts.published_models import PUBLISHED
from vsfilter.discovery import backends
from vsfilter.plugin import Backend

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "models.md"
KEYS = ROOT / "tests" / "golden" / "keys"
BUNDLED = [(name, item) for name, backend in backends().items() for item in backend.bundled]


def section(name):
    text = PAGE.read_text(encoding="utf-8")
    return re.search(f"<!-- begin {name} -->\n(.*)<!-- end {name} -->", text, re.DOTALL)[1]


def rows(name):
    """Give the rows of a table as lists of cells, without the head."""
    lines = section(name).splitlines()[2:]
    return [[cell.strip(" `*") for cell in line.strip("|").split("|")] for line in lines]


def test_every_backend_has_its_rows_and_its_picture_or_the_reason_why_not():
    assert {row[0] for row in rows("costs")} == set(backends())
    assert {row[0] for row in rows("windows")} == set(backends())
    assert set(re.findall(r"^\*\*`(\w+)`", section("pictures"), re.MULTILINE)) == set(backends())


def test_the_windows_on_the_page_are_those_of_the_backends():
    known = backends()
    expected = [[b.name, str(b.core), str(b.context), b.paper] for b in known.values()]
    assert rows("windows") == expected


@pytest.mark.parametrize(("name", "item"), BUNDLED, ids=lambda value: getattr(value, "name", value))
def test_every_bundled_set_has_a_row_and_a_light_picture(name, item):
    scales = [row[2] for row in rows("costs") if row[:2] == [name, item.name]]
    assert scales == [str(item.scale)]
    picture = f"images/model-{name}-{item.name}.png"
    assert f"({picture})" in section("pictures")
    assert (PAGE.parent / picture).stat().st_size < 150_000


def test_a_backend_without_trained_weights_says_so():
    for backend in backends().values():
        has_none = f"**`{backend.name}`**: no trained weights come with it yet" in section(
            "pictures"
        )
        is_here = any(name == backend.name for name, _ in BUNDLED)
        assert has_none == (backend.create is not None and not is_here)


@pytest.mark.parametrize("size", PUBLISHED, ids=lambda size: size.name)
def test_every_published_size_has_as_many_parameters_as_its_checkpoint(size):
    with torch.device("meta"):
        network = backends()[size.backend].create(**size.options)
    count = sum(item.numel() for item in network.parameters())
    assert count == json.loads((KEYS / "index.json").read_text())[size.keys]["num_params"]
    row = next(row for row in rows("costs") if row[:2] == [size.backend, size.name])
    assert row[3] == f"{count / 1e6:.2f} M"
    assert row[6] == size.use


def test_operations_are_counted_for_delivered_frames_with_and_without_context():
    class Doubling(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.layer = nn.Conv2d(3, 4 * width, 1, bias=False)

        def forward(self, clips, keep=slice(None)):
            large = nn.functional.pixel_shuffle(self.layer(clips[0]), 2)
            return large[None, keep, :3]

    backend = Backend(
        name="doubling", summary="", scales=(2,), core=4, context=2, load=None, create=Doubling
    )
    cost = count_cost(backend, {"width": 3})
    frame = 2 * 3 * 12 * 320 * 180 / 1e9
    assert (cost.scale, cost.parameters) == (2, 36)
    assert cost.gflops_alone == pytest.approx(frame)
    assert cost.gflops == pytest.approx(frame * 8 / 4)
