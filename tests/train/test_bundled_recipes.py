"""The pages say of the bundled weights which recipe made them, and how that of today differs."""

import json
import re
from pathlib import Path

import pytest

from scripts.model_costs import count_cost
from vsfilter.discovery import backends
from vsfilter.weights import read_checkpoint
from vsfilter_train.recipe import read_recipe
from vsfilter_train.recipe_changes import list_changes

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "train" / "recipes"
BUNDLED = [item for backend in backends().values() for item in backend.bundled]
NEUTRAL = {
    "data.drawn null -> 0",
    "data.panned null -> 0",
    "loss.colours null -> 0.0",
    "loss.detail null -> 0.0",
    "loss.epsilon null -> 1e-12",
    "model.start_grows null -> false",
    "model.start_without null -> []",
}
"""Settings that came later, with what held before."""


def read_today(item):
    name = item.source.rpartition(" ")[2]
    return read_recipe(RECIPES / f"{name}.toml")


@pytest.mark.parametrize("item", BUNDLED, ids=lambda item: item.name)
def test_a_card_names_what_differs_from_the_recipe_in_the_header(item):
    header = read_checkpoint(Path(str(item.file))).header
    changes = list_changes(header["recipe"], read_today(item).as_dict())
    differing = {change.split()[0].rpartition(".")[2] for change in set(changes) - NEUTRAL}
    card = (ROOT / "docs" / "models" / f"{item.name}.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"^`vsr weights info \S+` shows.*?\n\n", card, re.MULTILINE | re.DOTALL)
    assert f"`vsr weights info {item.name}`" in told
    assert set(re.findall(r"`(?:\w+\.)*(\w+)(?: = [^`]*)?`", told)) & known_settings() == differing


def known_settings():
    """Give the names of all settings that a card may name."""
    settings = json.loads(json.dumps(read_today(BUNDLED[0]).as_dict()))
    tables = (settings["data"], settings["schedule"], settings["model"], settings["loss"])
    return {"flow_levels", "flow_finest"}.union(*tables)


def test_the_work_on_the_page_is_that_of_the_recipes():
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    real, clean = re.search(
        r"It costs (\d+) GFLOP a frame of 320x180, `basicvsr_fast_x4` (\d+)", text
    ).groups()
    for name, told in (("realbasicvsr_fast_x4", real), ("basicvsr_fast_x4", clean)):
        model = read_recipe(RECIPES / f"{name}.toml").model
        cost = count_cost(backends()[model.backend], model.options, context=3)
        assert round(cost.gflops) == int(told)
