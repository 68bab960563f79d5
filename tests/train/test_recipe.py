from pathlib import Path

import pytest
import torch

from vsfilter.discovery import find_backend
from vsfilter.errors import OptionError
from vsfilter_train.command import train
from vsfilter_train.growth import repeated
from vsfilter_train.network import make_module
from vsfilter_train.recipe import read_recipe

RECIPES = sorted((Path(__file__).parents[2] / "train" / "recipes").glob("*.toml"))

TEXT = """
name = "tiny"
summary = "for tests"
degradation = "BI"
licence = "CC0-1.0"

[model]
backend = "basicvsr"
options = { channels = 8, scale = 2 }

[data]
folder = "clips"
shrink = [1, 0.5]

[schedule]
steps = 20
rate = 1
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TEXT)
    return path


def refusal(path, *changes):
    """Give the message with which a recipe is refused: one line."""
    with pytest.raises(OptionError) as caught:
        read_recipe(path, changes=changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_the_shipped_recipes_are_read_and_their_models_exist(path):
    recipe = read_recipe(path)
    backend = find_backend(recipe.model.backend)
    assert backend.create(**recipe.model.options).scale in backend.scales


def test_every_network_has_a_recipe_for_small_machines():
    backends = {read_recipe(p).model.backend for p in RECIPES if "small" in p.name}
    assert backends == {"edvr", "basicvsr", "iconvsr", "basicvsrpp", "realbasicvsr"}


@pytest.mark.parametrize(
    ("first", "then", "new", "kept"),
    [
        ("edvr_m_wotsa_x4", "edvr_m_x4", {"features"}, "best"),
        ("edvr_m_x4", "edvr_deep_x4", set(), "best"),
        ("edvr_l_wotsa_x4", "edvr_l_x4", {"features"}, "best"),
        ("edvr_small_wotsa_x4", "edvr_small_x4", {"features"}, "best"),
        ("edvr_small_x4", "edvr_small_deep_x4", set(), "best"),
        ("realbasicvsr_small_x4", "realbasicvsr_small_gan_x4", set(), "last"),
    ],
)
def test_a_stage_starts_from_the_one_before(first, then, new, kept):
    folder = RECIPES[0].parent
    before, after = (read_recipe(folder / f"{name}.toml") for name in (first, then))
    assert after.model.start == f"runs/{before.name}/{kept}.safetensors"
    with torch.device("meta"):
        states = [make_module(recipe)[0].state_dict() for recipe in (before, after)]
    found = repeated(*states)
    assert all(found[key].shape == states[1][key].shape for key in found)
    assert {key.partition(".")[0] for key in states[1].keys() - found.keys()} == new


@pytest.mark.parametrize(
    ("name", "factors", "alone", "periods", "restarts"),
    [
        # BasicSR's options/train/EDVR: dcn_lr_mul, tsa_iter, periods, restart_weights
        ("edvr_m_wotsa_x4", {}, 0, [150_000] * 4, [1.0] * 4),
        ("edvr_m_x4", {}, 50_000, [50_000, 100_000, *[150_000] * 3], [1.0] * 5),
        ("edvr_l_wotsa_x4", {}, 0, [150_000] * 4, [1.0, 0.5, 0.5, 0.5]),
        ("edvr_l_x4", {}, 50_000, [50_000, 100_000, *[150_000] * 3], [1.0, *[0.5] * 4]),
        # mmagic's and the authors' configs: lr_mult
        ("basicvsr_x4", {"spynet": 0.125}, 0, [], []),
        ("iconvsr_x4", {"spynet": 0.125}, 0, [], []),
        ("basicvsrpp_x4", {"spynet": 0.25}, 0, [], []),
        ("realbasicvsr_x4", {"spynet": 1.0}, 0, [], []),
    ],
)
def test_recipes_of_publications_have_their_rates(name, factors, alone, periods, restarts):
    recipe = read_recipe(RECIPES[0].parent / f"{name}.toml")
    schedule = recipe.schedule
    with torch.device("meta"):
        module, _ = make_module(recipe)
    has_flow = any("spynet" in key for key, _ in module.named_parameters())
    own = {part.name: part.factor for part in recipe.parts}
    assert own | ({"spynet": schedule.flow_rate_factor} if has_flow else {}) == factors
    assert (schedule.first_only, schedule.first_only_steps) == (
        ("fusion", alone) if alone else ("", 0)
    )
    assert list(schedule.periods) == periods
    assert list(schedule.restarts or [1.0] * len(periods)) == restarts


def test_there_are_shipped_recipes():
    assert RECIPES


def test_a_recipe_is_read_with_its_defaults(recipe):
    settings = read_recipe(recipe)
    assert (settings.name, settings.data.patch) == ("tiny", 32)
    assert settings.model.options == {"channels": 8, "scale": 2}
    assert settings.data.shrink == (1.0, 0.5)
    assert settings.data.leave_out_licences == ()


def test_a_whole_number_serves_where_a_fraction_is_wanted(recipe):
    rate = read_recipe(recipe).schedule.rate
    assert (rate, type(rate)) == (1.0, float)


def test_a_recipe_turns_into_json_values(recipe):
    settings = read_recipe(recipe).as_dict()
    assert settings["schedule"]["steps"] == 20
    assert settings["data"]["folder"] == "clips"


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ("schedule.rate=5e-4", lambda r: r.schedule.rate == 5e-4),
        ("schedule.rate=2", lambda r: r.schedule.rate == 2.0),
        ("data.folder=other/clips", lambda r: r.data.folder == "other/clips"),
        ('data.folder="7"', lambda r: r.data.folder == "7"),
        ('data.validation=["a.mkv"]', lambda r: r.data.validation == ("a.mkv",)),
        ("model.options.channels=16", lambda r: r.model.options["channels"] == 16),
        ("model.options.flow_widths=[8, 4]", lambda r: r.model.options["flow_widths"] == [8, 4]),
        ("name=large", lambda r: r.name == "large"),
    ],
)
def test_settings_are_changed_from_the_command_line(recipe, change, read):
    assert read(read_recipe(recipe, changes=(change,)))


def test_the_last_of_several_changes_counts(recipe):
    changes = ("schedule.steps=5", "schedule.steps=7")
    assert read_recipe(recipe, changes=changes).schedule.steps == 7


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("schedule.stesp=5", ["[schedule]", "'stesp'", "did you mean 'steps'?"]),
        ("data.leave_out_license=[]", ["did you mean 'leave_out_licences'?"]),
        ("sumary=x", ["'sumary'", "did you mean 'summary'?"]),
        ("schedule.quux=5", ["'quux'", "known: steps"]),
        ("shedule.steps=5", ["'shedule'", "did you mean 'schedule'?"]),
    ],
)
def test_an_unknown_setting_suggests_the_nearest_name(recipe, change, words):
    message = refusal(recipe, change)
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('schedule.steps="many"', ["steps is 'many'", "int"]),
        ("schedule.steps=2.5", ["steps is 2.5", "int"]),
        ("schedule.steps=true", ["steps is True", "int"]),
        ('schedule.rate="fast"', ["rate is 'fast'", "float"]),
        ("data.folder=7", ["folder is 7", "str"]),
        ('data.validation="a.mkv"', ["validation is 'a.mkv'", "give a list"]),
        ("data.validation=[3]", ["validation is 3", "str"]),
        ('data.shrink=["half"]', ["shrink is 'half'", "float"]),
        ("model.options=3", ["options is 3", "table"]),
        ("model=3", ["model", "table"]),
        ("name.first=x", ["name", "table"]),
        ("schedule.steps", ["not of the form"]),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_with_the_value(recipe, change, words):
    message = refusal(recipe, change)
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("schedule.steps=0", ["0 steps"]),
        ("schedule.flow_steps=21", ["21 of them"]),
        ("schedule.flow_steps=-1", ["-1 of them"]),
        ("schedule.evaluate_every=0", ["evaluate_every is 0"]),
        ("data.patch=0", ["patch is 0"]),
        ("data.frames=0", ["frames is 0"]),
        ("data.batch=0", ["batch is 0"]),
        ("data.shrink=[]", ["shrink"]),
        ("data.shrink=[0]", ["shrink"]),
        ("schedule.average=1.5", ["average is 1.5"]),
        ("schedule.rate=0", ["rate is 0"]),
    ],
)
def test_a_setting_that_cannot_train_is_refused(recipe, change, words):
    message = refusal(recipe, change)
    for word in words:
        assert word in message


def test_a_missing_setting_is_named(tmp_path, recipe):
    recipe.write_text(TEXT.replace('name = "tiny"\n', "").replace("steps = 20\n", ""))
    assert "steps" in refusal(recipe)
    recipe.write_text(TEXT.replace('name = "tiny"\n', ""))
    assert "name" in refusal(recipe)


def test_a_recipe_that_is_no_toml_is_refused(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("steps: 20\n")
    assert "is no TOML" in refusal(path)
    path.write_bytes(b"\xff\xfe")
    assert "is no TOML" in refusal(path)


def test_a_recipe_that_does_not_exist_is_refused(tmp_path):
    assert "does not exist" in refusal(tmp_path / "missing.toml")
    assert str(tmp_path) in refusal(tmp_path)


@pytest.mark.parametrize("name", ["../../x", "..", "/tmp/x", ""])
def test_the_name_of_a_recipe_leads_to_no_other_folder(tmp_path, monkeypatch, name):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(TEXT.replace('name = "tiny"', f'name = "{name}"'))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OptionError, match="no name of a folder: give --out"):
        train(recipe)
    assert list(tmp_path.iterdir()) == [recipe]
