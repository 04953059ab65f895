"""The mixed table and its recipe: what is made, what is told, and what is refused."""

import re

import numpy as np
import pandas as pd
import pytest

from recipes._people import people


@pytest.fixture
def recipe(cooked):
    """The recipe's module; the current folder is a fresh one."""
    import recipes.adult_income

    return recipes.adult_income


def test_made_people_are_as_tables_are():
    table = people(4000, seed=1)
    pd.testing.assert_frame_equal(table, people(4000, seed=1))
    assert set(table["income"]) == {"<=50K", ">50K"}
    assert 0.3 < (table["income"] == ">50K").mean() < 0.6
    gaps = table.isna().mean()
    assert set(gaps[gaps > 0].index) == {"employer_size", "remote", "since"}
    assert table["since"].dtype.kind == "M" and table["since"].max() <= pd.Timestamp("2025-01-01")
    assert table["town"].nunique() == 40 and table["town"].value_counts().min() < 20
    own = table.groupby("self_employed")["employer_size"].apply(lambda size: size.isna().mean())
    assert own[True] > 3 * own[False]


def test_adult_income(cooked):
    printed, folder = cooked("adult_income")
    assert {path.name for path in folder.iterdir()} == {
        "encoding.csv", "scores.csv", "reliability.png",
    }  # fmt: skip
    encoding = pd.read_csv(folder / "encoding.csv").set_index("column")
    assert encoding["kind"].to_dict() == {
        "age": "number", "education": "category", "occupation": "category", "town": "category",
        "hours": "number", "gains": "number", "employer_size": "number", "remote": "category",
        "self_employed": "boolean", "commute": "number", "since": "date",
    }  # fmt: skip
    assert f"11 columns have become {encoding['columns_out'].sum()}, all numbers" in printed
    scores = pd.read_csv(folder / "scores.csv").set_index("model")
    assert list(scores.index) == ["histogram boosting", "mlpkit MLP", "mlpkit TabM"]
    assert (scores["error"] < 0.45).all() and (scores["log_loss"] < 0.75).all()
    chances = re.findall(
        r"^(?:as in the table|education never seen.*|age missing) .*$", printed, re.M
    )
    assert len(chances) == 3
    assert all(0 <= float(p) <= 1 for line in chances for p in re.findall(r"\d\.\d\d", line))


def test_probabilities_are_off_by_what_they_miss(recipe):
    came_true, p = np.array([0, 1, 1, 1]), np.array([0.2, 0.2, 0.8, 0.8])
    # Groups of two: 0.5 came true of 0.2, and 1 of 0.8.
    assert recipe.off_by(came_true, p, bins=2) == pytest.approx((0.3 + 0.2) / 2)
    assert recipe.off_by(came_true, came_true.astype(float), bins=2) == 0


def test_what_trees_get(recipe):
    zone = pd.Timestamp("1970-01-11 12:00", tz="UTC")
    train = pd.DataFrame({"a": ["x", "y"], "n": [1.0, np.nan], "d": [zone, pd.NaT]})
    given = train.copy()
    found = recipe.ForTrees().fit(train).transform(train.assign(a=["x", "new"]))
    assert found["a"].cat.categories.tolist() == ["x", "y"]
    assert found["a"].isna().tolist() == [False, True]
    assert found["d"].tolist()[0] == 10.5 and np.isnan(found["d"].tolist()[1])
    pd.testing.assert_frame_equal(train, given)
    many = pd.DataFrame({"a": [f"{i:03d}" for i in range(300)]})
    codes = recipe.ForTrees().fit(many).transform(many)["a"]
    assert codes.tolist() == list(range(300))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"income": ["a", "b", "c", "d"] * 30}, "must hold two values"),
        ({"pay": [1, 2] * 60}, "must have a column 'income'. Got age, pay"),
        ({"income": ["a", "b"] * 10}, "at least 100 people"),
    ],
)
def test_bad_tables_are_refused(columns, said, recipe, tmp_path, capsys):
    n = len(next(iter(columns.values())))
    pd.DataFrame({"age": range(n), **columns}).to_csv(tmp_path / "t.csv", index=False)
    assert recipe.main(["--quick", "--data", str(tmp_path / "t.csv")]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and err.count("\n") == 1
    assert said in err
