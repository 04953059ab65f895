"""The recipes of the first neurons show what they say."""

import importlib
import re

import numpy as np
import pandas as pd
import pytest

from mlpkit.neurons import RosenblattPerceptron


def test_logic_gates(cooked):
    out, folder = cooked("logic_gates")
    assert "A and not B: output fires when A (wired twice) is active and B is silent" in out
    table = pd.read_csv(folder / "truth_table.csv")
    expected = (table["A"] & ~table["B"]) | table["C"]
    np.testing.assert_array_equal(table["output"], expected)
    assert len(list(folder.glob("*.png"))) == 1


def test_logic_gates_of_another_expression(cooked, root, monkeypatch, capsys):
    _, folder = cooked("logic_gates", "--expression", "not a xor b")
    table = pd.read_csv(folder / "truth_table.csv")
    np.testing.assert_array_equal(table["output"], (table["a"] == table["b"]).astype(int))
    recipe = importlib.import_module("recipes.logic_gates")
    assert recipe.main(["--expression", "A and"]) == 2
    assert "at character 6" in capsys.readouterr().err


def test_perceptron_convergence(cooked):
    out, folder = cooked("perceptron_convergence")
    table = pd.read_csv(folder / "mistakes.csv")
    assert (table["mistakes"] <= table["bound"]).all()
    assert table["margin"].is_monotonic_decreasing and table["bound"].is_monotonic_increasing
    assert table["mistakes"].iloc[-1] > table["mistakes"].iloc[0]
    assert re.search(r"wrong side: \d+ mistakes in 40 passes", out)


def test_the_bound_is_that_of_the_rows_as_they_are(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root))
    recipe = importlib.import_module("recipes.perceptron_convergence")
    X, y = recipe.flowers(0.1)
    rows = np.column_stack([np.ones(len(X)), X])
    signed = np.where(y == 1, 1, -1) * (rows @ [-0.5, 0.8, 0.6]) / np.sqrt(1.25)
    assert signed.min() == pytest.approx(0.1 / np.sqrt(1.25))
    longest = np.linalg.norm(rows, axis=1).max()
    assert recipe.bound(X, y) == pytest.approx((longest / signed.min()) ** 2)
    assert not recipe.never_ending(X, y).converged_
    assert RosenblattPerceptron().fit(X, y).converged_


def test_xor(cooked):
    out, folder = cooked("xor")
    table = pd.read_csv(folder / "xor.csv")
    assert (table["by hand"] == table["XOR"]).all()
    assert (table["MLP, learnt"] == table["XOR"]).all()
    assert (table["Perceptron"] == table["XOR"]).sum() <= 3
    assert "by hand: 4 of 4 right" in out


def test_linear_collapse(cooked):
    out, folder = cooked("linear_collapse")
    table = pd.read_csv(folder / "predictions.csv")
    assert "f(g(x)) = 10x + 1" in out
    np.testing.assert_allclose(table["linear"], table["collapsed"], atol=1e-5)
    slopes = np.diff(table["linear"]) / np.diff(table["x"])
    np.testing.assert_allclose(slopes, np.median(slopes), rtol=0.05)  # a straight line
    error = {n: np.sqrt(np.mean((table[n] - table["y"]) ** 2)) for n in ("linear", "relu")}
    assert error["relu"] < 0.6 * error["linear"]


def test_activations_gallery(cooked):
    out, folder = cooked("activations_gallery")
    table = pd.read_csv(folder / "activations.csv").set_index("activation")
    assert table.loc["sigmoid", "largest derivative"] == 0.25
    assert table.loc["tanh", "largest derivative"] == 1
    assert table.loc[["heaviside", "sgn"], "largest derivative"].eq(0).all()
    assert "at most 9.5e-07 in sigmoids" in out
    assert len(list(folder.glob("*.png"))) == 2
