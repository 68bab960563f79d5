import json
from importlib.metadata import entry_points
from textwrap import dedent

import pytest

from tests.fresh_python import install, run, run_code
from vsfilter.errors import OptionError
from vsfilter_train.degradation_tables import GROUP
from vsfilter_train.degradations.blur import Blur
from vsfilter_train.degradations.resize_to import ResizeTo
from vsfilter_train.recipe import read_recipe

HEAD = """
name = "tiny"
summary = "for tests"
degradation = "real"
licence = "CC0-1.0"

[model]
backend = "basicvsr"

[data]
folder = "clips"

[schedule]
steps = 20
"""

TABLES = """
[sharpen]
threshold = 5

[[degradations]]
kind = "blur"
probability = 0.8
sigma = [1, 2.5]
sizes = [7, 9]
cutoff = [1, 2]

[[degradations]]
kind = "jpeg"

[[degradations]]
kind = "shuffle"
groups = [
    [{ kind = "noise" }],
    [{ kind = "resize_to", methods = ["area"] }, { kind = "blur", probability = 0.5 }],
]
"""

READ = """
from pathlib import Path
from vsfilter.errors import VsfilterError
from vsfilter_train.recipe import read_recipe
try:
    print(read_recipe(Path({path!r})).degradations)
except VsfilterError as error:
    print("refused:", error)
"""


@pytest.fixture
def write(tmp_path):
    """Write a recipe with these degradations."""

    def write(text, **changes):
        path = tmp_path / "tiny.toml"
        head = HEAD
        for name, value in changes.items():
            head = head.replace('degradation = "real"', f'{name} = "{value}"')
        path.write_text(head + dedent(text))
        return path

    return write


def refusal(path):
    with pytest.raises(OptionError) as caught:
        read_recipe(path)
    message = str(caught.value)
    assert "\n" not in message
    assert "tiny.toml" in message
    return message


def test_degradations_are_read_in_their_order_with_their_settings(write):
    recipe = read_recipe(write(TABLES))
    blur, jpeg, shuffle = recipe.degradations
    assert [step.kind for step in recipe.degradations] == ["blur", "jpeg", "shuffle"]
    assert blur.degrade == Blur(sigma=(1.0, 2.5), sizes=(7, 9), cutoff=(1.0, 2.0))
    assert (blur.probability, jpeg.probability) == (0.8, 1.0)
    (noise,), (resize, inner) = shuffle.degrade.groups
    assert (noise.kind, resize.kind, inner.kind) == ("noise", "resize_to", "blur")
    assert resize.degrade == ResizeTo(methods=("area",))
    assert inner.probability == 0.5
    assert (recipe.sharpen.threshold, recipe.sharpen.weight) == (5.0, 0.5)


def test_the_header_s_copy_of_a_recipe_has_all_settings_and_can_be_read_again(write):
    recipe = read_recipe(write(TABLES))
    tables = json.loads(json.dumps(recipe.as_dict()))["degradations"]
    assert tables[0]["kind"] == "blur"
    assert tables[0]["sigma_step"] == 0.02
    assert tables[2]["groups"][1][0] == {
        "kind": "resize_to", "probability": 1.0, "width": 0, "height": 0, "factor": 0.0,
        "methods": ["area"],
    }  # fmt: skip
    again = read_recipe(write(""), changes=(f"degradations={to_toml(tables)}",))
    assert again.degradations == recipe.degradations


def to_toml(value):
    """Write JSON values as an inline value of TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {to_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_toml, value)) + "]"
    return json.dumps(value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('kind = "blur"\nsigma = "wide"', "1 (blur): sigma is 'wide': give a list"),
        ('kind = "blur"\nsigma = [1]', "sigma is [1]: give 2 values"),
        ('kind = "blur"\nsigma = [1, "x"]', "sigma is 'x': give a value of type"),
        ('kind = "blur"\nsigma = [3, 1]', "1 (blur): sigma is [3.0, 1.0]: give"),
        ('kind = "blur"\nsizes = [7.5]', "sizes is 7.5: give a value of type int"),
        ('kind = "blur"\nsigam = [1, 2]', "setting 'sigam', did you mean 'sigma'?"),
        ('kind = "resize"\nis_even = 1', "is_even is 1: give a value of type bool"),
        ('kind = "jpeg"\nprobability = 2', "1 (jpeg): probability is 2.0: give"),
        ('kind = "blurr"', "1 (blurr): unknown degradation, did you mean 'blur'?"),
        ('kind = "quux"', "choose one of bicubic, blur, blur_down, dv, interlace"),
        ("sigma = [1, 2]", "[[degradations]] 1 has the kind None: choose one of"),
        ('kind = "shuffle"', "give groups"),
        ('kind = "shuffle"\ngroups = [[3]]', "groups 1 is 3: give a table"),
        (
            'kind = "shuffle"\ngroups = [[{kind = "jpeg"}], [{kind = "jpeg"}, {kind = "median", '
            "radius = 4}]]",
            "[[degradations]] 1 (shuffle): groups 2 2 (median): radius is 4: give 1 or 2",
        ),
    ],
)
def test_a_wrong_degradation_is_refused_with_its_place(write, settings, words):
    assert words in refusal(write("[[degradations]]\n" + settings))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[degradations]\nblur = 3", "degradations is {'blur': 3}: give tables [[degradations]]"),
        ("[sharpen]\nsize = 4", "table [sharpen]: size is 4: give an odd number"),
        ("[sharpen]\nradius = 4", "table [sharpen]: unknown setting 'radius'"),
        ("[loss]\nepsilon = 0", "table [loss]: epsilon is 0.0: give a number above 0"),
        ("[loss]\ncleaning = -1", "table [loss]: cleaning is -1.0: give a number from 0"),
    ],
)
def test_a_wrong_table_beside_them_is_refused_by_name(write, text, words):
    assert words in refusal(write(text))


@pytest.mark.parametrize(
    ("word", "text", "hint"),
    [
        ("real", "", "the input is made by bicubic: write 'BI'"),
        ("BI", '[[degradations]]\nkind = "jpeg"', "made by jpeg: give another word"),
        ("BI", '[[degradations]]\nkind = "blur_down"', "made by blur_down: write 'BD'"),
        ("BD", "", "write 'BI'"),
        ("BI", TABLES, "made by blur, jpeg, shuffle: give another word"),
    ],
)
def test_the_header_s_word_for_the_degradation_has_to_be_true(write, word, text, hint):
    assert f"degradation is {word!r}" in refusal(write(text, degradation=word))
    assert hint in refusal(write(text, degradation=word))


@pytest.mark.parametrize(("word", "kind"), [("BI", "bicubic"), ("BD", "blur_down")])
def test_the_degradations_of_papers_have_their_names(write, word, kind):
    path = write(f'[[degradations]]\nkind = "{kind}"', degradation=word)
    assert read_recipe(path).degradation == word


def test_the_bundled_kinds_come_in_as_a_plugin_s_do():
    bundled = [entry for entry in entry_points(group=GROUP) if entry.dist.name == "vsfilter"]
    assert len(bundled) == 15
    for entry in bundled:
        assert callable(entry.load())


PLUGIN = """
from __future__ import annotations
from dataclasses import dataclass
from vsfilter.errors import OptionError

@dataclass(frozen=True, kw_only=True)
class Kind:
    amount: float = 0.5

    def __post_init__(self) -> None:
        if self.amount > 1:
            raise OptionError(f"amount is {self.amount}: give at most 1")

    def __call__(self, clip, random):
        return clip * self.amount
"""


def test_a_kind_of_another_package_is_used_as_the_bundled_ones(write, tmp_path):
    install(tmp_path, "darken", PLUGIN, group=GROUP)
    good = write('[[degradations]]\nkind = "darken"\namount = 1')
    assert "Kind(amount=1.0)" in run_code(READ.format(path=str(good)), folder=tmp_path)
    bad = write('[[degradations]]\nkind = "darken"\namount = 2')
    assert "1 (darken): amount is 2.0: give" in run_code(
        READ.format(path=str(bad)), folder=tmp_path
    )


def test_a_broken_kind_is_reported_by_name_while_the_others_work(write, tmp_path):
    install(tmp_path, "vanished", "import no_such_module", group=GROUP)
    install(tmp_path, "plain", "def Kind(clip, random): return clip", group=GROUP)
    for kind, reason in (
        ("vanished", "vanished:Kind cannot be loaded: ModuleNotFoundError: No module named"),
        ("plain", "plain:Kind is no dataclass"),
        ("quux", "plain, quarter_scenarios"),
    ):
        path = write(f'[[degradations]]\nkind = "{kind}"')
        message = run_code(READ.format(path=str(path)), folder=tmp_path)
        assert "refused:" in message
        assert f"1 ({kind})" in message
        assert reason in message
    path = write('[[degradations]]\nkind = "jpeg"')
    assert "Jpeg(" in run_code(READ.format(path=str(path)), folder=tmp_path)


def test_a_kind_that_two_packages_offer_names_both(write, tmp_path):
    install(tmp_path, "jpeg", PLUGIN, group=GROUP)
    path = write('[[degradations]]\nkind = "jpeg"')
    message = run_code(READ.format(path=str(path)), folder=tmp_path)
    assert "jpeg:Kind" in message
    assert "vsfilter_train.degradations.jpeg:Jpeg" in message
    assert "uninstall one" in message


def test_a_kind_that_gives_something_else_is_reported_by_name():
    code = """
    import numpy as np
    from vsfilter_train.degradations.step import Step
    for wrong in (lambda clip, random: clip[1:], lambda clip, random: None):
        try:
            clip = np.zeros((2, 4, 4, 3), np.float32)
            Step(kind="odd", degrade=wrong)(clip, np.random.default_rng(0))
        except Exception as error:
            print(type(error).__name__, error)
    """
    lines = run_code(code).splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("PluginError degradation 'odd' made ")


def test_video_compression_without_pyav_is_refused_before_any_clip_is_read(write):
    path = write('[[degradations]]\nkind = "video_compression"')
    code = "import sys; sys.modules['av'] = None\n" + READ.format(path=str(path))
    message = run_code(code)
    assert "1 (video_compression): video compression needs PyAV" in message
    assert "leave video_compression out of the recipe" in message


def test_the_other_degradations_need_no_pyav(write):
    path = write('[[degradations]]\nkind = "dv"\n[[degradations]]\nkind = "jpeg"')
    code = "import sys; sys.modules['av'] = None\n" + READ.format(path=str(path))
    assert "Dv(" in run_code(code)


def test_a_dry_run_shows_the_degradations(write, tmp_path):
    arguments = ["-m", "vsfilter_train", str(write(TABLES)), "--out", str(tmp_path), "--dry-run"]
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    assert [t["kind"] for t in json.loads(done.stdout)["degradations"]] == [
        "blur",
        "jpeg",
        "shuffle",
    ]
