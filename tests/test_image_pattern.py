from pathlib import Path

import pytest

from vsfilter.image_pattern import (
    is_image_pattern,
    is_pattern,
    natural_key,
    numbered_images,
    takes_in,
)


@pytest.mark.parametrize(
    ("name", "number", "file"),
    [
        ("a/%d.png", 7, "a/7.png"),
        ("a/x_%05d.tiff", 7, "a/x_00007.tiff"),
        ("%03d.PNG", 1234, "1234.PNG"),
    ],
)
def test_a_number_stands_for_many_files(name, number, file):
    images = numbered_images(name)

    assert images.file(number) == Path(file)
    assert images.number_of(Path(file)) == number


@pytest.mark.parametrize("name", ["a.png", "%d.mkv", "%d-%d.png", "%s.png", "%5d.png", "%d/a.png"])
def test_any_other_name_is_no_number(name):
    assert numbered_images(name) is None


def test_only_files_whose_number_is_written_so_are_found(tmp_path):
    for name in ("a02.png", "a10.png", "a002.png", "a2.png", "a03.tif", "b04.png", "a100.png"):
        (tmp_path / name).touch()

    found = numbered_images(str(tmp_path / "a%02d.png")).existing()

    assert list(found) == [2, 10, 100]
    assert found[10] == tmp_path / "a10.png"


def test_the_name_of_a_file_is_no_pattern_whatever_is_in_it(tmp_path):
    film = tmp_path / "film [2020] %d.png"
    film.touch()

    assert not is_pattern(str(film))
    assert not is_image_pattern(str(film))
    assert is_pattern(str(tmp_path / "film [2021].mkv"))
    assert not is_image_pattern(str(tmp_path / "*.mkv"))
    assert is_image_pattern(str(tmp_path / "*.PNG"))


def test_numbers_in_names_count_as_numbers():
    names = ["b1.png", "a10.png", "a2.png", "a02b.png"]

    assert sorted(names, key=lambda name: natural_key(Path(name))) == [
        "a2.png",
        "a02b.png",
        "a10.png",
        "b1.png",
    ]


def test_an_input_takes_in_what_would_be_found_in_it(tmp_path):
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "x1.png"

    inside = ["a", "a/x%d.png", "a/*.png", "*/x?.png", "b/../a/x%d.png"]
    outside = [".", "a/x%02d.png", "a/y*.png", "b/x%d.png", "film.mkv"]

    assert [name for name in inside if not takes_in(str(tmp_path / name), file)] == []
    assert [name for name in outside if takes_in(str(tmp_path / name), file)] == []


def test_digits_that_are_no_decimal_ones_are_letters():
    names = [Path(name) for name in ("a10.png", "a2.png", "①10.png", "①2.png")]
    assert sorted(names, key=natural_key) == [names[1], names[0], names[3], names[2]]


def test_equal_numbers_have_one_order():
    names = [Path(name) for name in ("01.png", "1.png", "A.png", "a.png")]
    assert len({tuple(natural_key(name)) for name in names}) == len(names)
