import pytest

from vsfilter.errors import OptionError
from vsfilter.key_value import parse_key_value, parse_key_values


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("center=2", ("center", 2)),
        ("refine_threshold = 2.5", ("refine_threshold", 2.5)),
        ("padding=reflection", ("padding", "reflection")),
        ('padding="new info"', ("padding", "new info")),
        ("sequential_cleaning=true", ("sequential_cleaning", True)),
        ("widths=[32, 16]", ("widths", [32, 16])),
        ("filter=a=b", ("filter", "a=b")),
    ],
)
def test_a_value_is_toml_and_a_bare_word_a_string(text, pair):
    assert parse_key_value(text, flag="--option") == pair


@pytest.mark.parametrize("text", ["", "center", "center=", "=2", " = "])
def test_what_has_no_key_or_no_value_is_refused(text):
    with pytest.raises(OptionError, match=r"--option .* is not of the form key=value"):
        parse_key_value(text, flag="--option")


def test_a_key_that_comes_twice_is_refused():
    with pytest.raises(OptionError, match="--option gives 'center' twice"):
        parse_key_values(["center=1", "center=2"], flag="--option")
