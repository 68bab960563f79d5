"""The script that finds what has become slower."""

import json

import pytest
import typer

from scripts.check_speed import main

THEN = {
    "model": "basicvsr",
    "weights": "fast-x4",
    "width": 320,
    "height": 180,
    "precision": "bf16",
    "ratio": 4.0,
    "psnr_to_plain": 75.0,
    "gflop_per_frame": 20.0,
    "context_cost": 1.1,
    "memory_mb": 900.0,
}


def compare(tmp_path, *results):
    (tmp_path / "then.json").write_text(json.dumps([THEN]))
    (tmp_path / "now.json").write_text(json.dumps(results))
    main(tmp_path / "then.json", tmp_path / "now.json", tolerance=0.2)


def test_what_is_as_it_was_or_better_passes(tmp_path, capsys):
    compare(tmp_path, THEN | {"ratio": 3.5, "memory_mb": 600.0})
    assert capsys.readouterr().out.endswith("bf16: as it was, or better\n")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ratio": 3.1}, "slower: 3.10 times plain torch, was 4.00"),
        ({"psnr_to_plain": 60.0}, "less exact: 60.0 dB, was 75.0"),
        ({"context_cost": 1.5}, "more work: context_cost 1.50, was 1.10"),
        ({"memory_mb": 2000.0}, "more memory: 2000 MB, was 900"),
        ({"precision": "fp32"}, "not measured"),
    ],
)
def test_what_is_worse_is_named_and_fails(tmp_path, capsys, change, words):
    with pytest.raises(typer.Exit) as end:
        compare(tmp_path, THEN | change)
    assert end.value.exit_code == 1
    assert words in capsys.readouterr().out


def test_equal_pictures_are_the_best_there_are(tmp_path, capsys):
    compare(tmp_path, THEN | {"psnr_to_plain": None})
    assert capsys.readouterr().out.endswith("bf16: as it was, or better\n")


def test_a_model_without_its_network_is_a_fault(tmp_path, capsys):
    with pytest.raises(typer.Exit):
        compare(tmp_path, THEN | {"ratio": None})
    assert "not compared with plain torch" in capsys.readouterr().out
