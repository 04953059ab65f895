"""A short run of each benchmark: it prints its table and writes it, and its figures are right."""

import json

import numpy as np
import pytest

from benchmarks import book, defaults, imports


@pytest.fixture
def out(tmp_path):
    return tmp_path / "results"


def rows_of(out, name):
    return json.loads((out / f"{name}.json").read_text())["rows"]


def test_defaults(out, tmp_path, capsys):
    arguments = ["--data", str(tmp_path), "--only", "iris,diabetes", "--epochs", "2"]
    defaults.main([*arguments, "--out", str(out)])
    rows = rows_of(out, "defaults")
    assert [row["table"] for row in rows] == ["iris", "diabetes"]
    assert [row["rows"] for row in rows] == [112, 331]
    lower = np.mean([row["mlpkit"] < row["sklearn"] for row in rows])
    assert f"lower error on {lower:.0%} of 2 tables" in capsys.readouterr().out


def test_book(out, tmp_path, capsys):
    book.main(["--data", str(tmp_path), "--seeds", "1", "--epochs", "2", "--out", str(out)])
    rows = rows_of(out, "book")
    assert [row["model"] for row in rows] == ["mlpkit", "scikit-learn"]
    assert all(row["min"] == row["median"] == row["max"] for row in rows)
    assert "California housing is left out" in capsys.readouterr().out


def test_imports(out, capsys):
    imports.main(["--runs", "1", "--out", str(out)])
    loaded = {row["statement"]: row["tensorflow"] for row in rows_of(out, "imports")}
    assert loaded["import mlpkit"] is False
    assert loaded["import mlpkit.backend  (TensorFlow and Keras)"] is True
    assert "TensorFlow loaded" in capsys.readouterr().out
