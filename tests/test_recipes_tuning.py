"""The recipes on depth, width and search show what they say."""

import pandas as pd


def test_universal_approximation(cooked):
    out, folder = cooked("universal_approximation")
    table = pd.read_csv(folder / "errors.csv").set_index("width")["rmse"]
    assert table.index.tolist() == [1, 4, 16, 64]
    assert table[64] < 0.5 * table[4] < table[1]
    assert "Notice: 1 unit misses by" in out


def test_depth_or_width(cooked):
    out, folder = cooked("depth_or_width")
    table = pd.read_csv(folder / "scores.csv")
    means = table.groupby(["depth", "width"])["test_score"].mean()
    assert means[1, 100] > means[1, 10]  # width pays
    assert means[5, 10] < means[1, 10]  # depth does not, here
    assert len(table) == 2 * 2 * 2
    assert "accuracy of held-out rows" in out


def test_tune(cooked, capsys):
    out, folder = cooked("tune")
    table = pd.read_csv(folder / "trials.csv")
    assert table.groupby("round")["candidate"].nunique().tolist() == [4, 2]
    assert table.groupby("round")["epochs"].first().tolist() == [2, 6]
    # Those that go on are the best of the round before.
    first = table[table["round"] == 0].nlargest(2, "accuracy")["candidate"]
    assert set(table.loc[table["round"] == 1, "candidate"]) == set(first)
    assert "Notice: 12 fits in" in out
