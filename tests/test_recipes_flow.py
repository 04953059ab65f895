"""The recipes about equal units and lost gradients show what they say."""

import importlib

import numpy as np
import pandas as pd
import pytest


def test_units_that_start_equal_are_as_good_as_one(cooked):
    printed, folder = cooked("symmetry")
    assert {path.name for path in folder.iterdir()} == {"symmetry.csv", "symmetry.png"}
    table = pd.read_csv(folder / "symmetry.csv").set_index("start")
    assert table["distinct at first"].to_dict() == {
        "one unit": 1, "all 0": 1, "all 0.5": 1, "random": 16
    }  # fmt: skip
    assert (table["distinct at last"] == table["distinct at first"]).all()
    accuracy = table["accuracy"]
    assert abs(accuracy["all 0.5"] - accuracy["one unit"]) < 0.03
    assert accuracy["all 0"] == 0.5
    assert accuracy["random"] > accuracy["one unit"] + 0.05
    assert "all 0.5: its 16 units are only 1 different; start from random weights" in printed
    assert "one unit: healthy." in printed and "random: healthy." in printed


def test_equal_weights_are_equal_after_every_epoch(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root))
    recipe = importlib.import_module("recipes.symmetry")
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), rng.integers(0, 2, 40)
    path = recipe.train(recipe.start(4, 0.5), X, y, 5)
    assert path.shape == (6, 2, 4)
    np.testing.assert_allclose(path, path[:, :, :1] + np.zeros(4), atol=1e-6)
    assert abs(path[-1] - path[0]).max() > 0.01
    free = recipe.train(recipe.start(4, None), X, y, 1)
    assert len(np.unique(free[-1][0].round(4))) == 4


def test_gradients_vanish_explode_and_units_die(cooked):
    printed, folder = cooked("vanishing_gradients")
    assert {path.name for path in folder.iterdir()} == {
        "flow.csv", "gradient_flow.png", "trained.csv"
    }  # fmt: skip
    table = pd.read_csv(folder / "flow.csv")
    ends = table.groupby("network", sort=False)["z_gradient"].agg(["first", "last"])
    share = ends["first"] / ends["last"]
    assert share["sigmoid"] < 1e-4
    for name in ("ReLU, He", "sigmoid, batch normalisation", "SELU, LeCun"):
        assert 0.1 < share[name] < 10
        assert f"{name}, 8 layers: Healthy" in printed
    assert share["ReLU, weights three times He's"] > 1e3
    assert "sigmoid, 8 layers: Ill: vanishing gradients in layers 1 to " in printed
    assert "ReLU, weights three times He's, 8 layers: Ill: exploding signals" in printed
    dead = table[table["layer"] == 2].set_index("network")["dead"]
    assert dead["ReLU after steps of 0.05"] < 0.1
    assert dead["ReLU after steps of 2.0"] > 0.8
    accuracy = pd.read_csv(folder / "trained.csv").set_index("network")["accuracy"]
    assert accuracy["sigmoid"] < 0.2 and accuracy["ReLU, He"] > 0.6


@pytest.mark.parametrize("name", ["symmetry", "vanishing_gradients"])
def test_bad_input_is_one_line(name, root, monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(str(root))
    recipe = importlib.import_module(f"recipes.{name}")
    file = tmp_path / "file"
    file.touch()
    assert recipe.main(["--quick", "--out", str(file)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: --out must be a folder.") and err.count("\n") == 1
