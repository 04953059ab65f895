"""The recipes that look into a network show what they say."""

import importlib

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def recipe(root, monkeypatch):
    """A function from the name of a recipe to its module."""
    monkeypatch.syspath_prepend(str(root))
    return lambda name: importlib.import_module(f"recipes.{name}")


def test_forward_and_backward(recipe, tmp_path, capsys):
    module = recipe("forward_and_backward")
    assert module.main(["--quick", "--out", str(tmp_path / "out")]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "gradients.csv", "graph.png", "network.png"
    }  # fmt: skip
    table = pd.read_csv(tmp_path / "out" / "gradients.csv")
    assert len(table) == sum(values.size for values in module.WEIGHTS.values()) == 13
    np.testing.assert_allclose(table["backpropagation"], table["by_hand"], rtol=1e-12)
    np.testing.assert_allclose(table["central_difference"], table["by_hand"], rtol=1e-8)
    assert table["by_hand"].abs().min() > 0.01  # no weight whose gradient shows nothing
    printed = capsys.readouterr().out
    assert "One step of 0.5 times the gradient lowers the loss from 1.2049 to 0.9000" in printed
    assert module.main(["--quick", "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == printed


def test_each_step_of_forward_and_backward_lowers_the_loss(recipe):
    losses = recipe("forward_and_backward").descend(50)
    assert (np.diff(losses) < 0).all()
    assert losses[-1] < 0.1 * losses[0]


def test_forward_and_backward_answers_bad_input_with_one_line(recipe, tmp_path, capsys):
    assert recipe("forward_and_backward").main(["--out", str(tmp_path), "--steps", "3"]) == 2
    assert capsys.readouterr().err.startswith("error: unrecognized arguments: --steps 3")
    assert not list(tmp_path.iterdir())
