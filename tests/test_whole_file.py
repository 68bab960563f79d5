import pytest

from vsfilter.whole_file import whole_file


def write_half(path, error):
    with whole_file(path) as part:
        part.write_text("half", encoding="utf-8")
        raise error


def test_a_file_takes_its_name_when_it_is_whole(tmp_path):
    path = tmp_path / "table.csv"
    with whole_file(path) as part:
        part.write_text("half", encoding="utf-8")
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "half"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_was_there_stays_when_the_work_fails(tmp_path, error):
    path = tmp_path / "table.csv"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(error):
        write_half(path, error)
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_made_where_nothing_can_be(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_half(tmp_path / "missing" / "table.csv", OSError)
    assert not list(tmp_path.iterdir())
