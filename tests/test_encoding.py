"""`TabularEncoder`: what it tells of a table, later tables, pipelines, scikit-learn's checks."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlpkit import InvalidParameterError, TabularEncoder
from mlpkit.encoding import Group

N = 40


@parametrize_with_checks([TabularEncoder(), TabularEncoder(embed_above=2, binary_as_sign=True)])
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "town": ["Oslo", "Rome", None, "Bern"] * 10,
            "flag": [True, False] * 20,
            "age": [30.0, np.nan, 50, 41] * 10,
            "constant": 1.0,
            "day": pd.date_range("2024-01-01", periods=N, freq="12h"),
            "again": [30.0, np.nan, 50, 41] * 10,
            "size": np.arange(N),
        }
    )


NAMES = [
    "age", "day_days", "day_month", "day_day", "day_weekday", "size", "flag", "age_missing",
    "day_hour", "town_Bern", "town_Oslo", "town_Rome", "town_missing",
]  # fmt: skip


def test_numbers_come_first_then_flags_then_levels(table):
    # All of the days lie in January; a flag where a column has two values.
    names = [name for name in NAMES if name != "day_month"]
    encoder = TabularEncoder().fit(table)
    assert encoder.get_feature_names_out().tolist() == names
    assert encoder.transform(table).shape == (N, len(names))
    kinds = [(group.name, group.kind) for group in encoder.groups_]
    assert kinds[-2:] == [("day_hour", "flag"), ("town", "one-hot")]
    assert encoder.groups_[-1] == Group("town", "one-hot", 8, 12)
    stops = [group.stop for group in encoder.groups_]
    assert [group.start for group in encoder.groups_] == [0, *stops[:-1]]


def test_the_report_tells_each_column(table):
    report = TabularEncoder().fit(table).report().set_index("column")
    assert report.index.tolist() == table.columns.tolist()
    assert report.loc["town"].tolist() == [
        "category", "a column a level; missing is a level", 3, 10, 4,
    ]  # fmt: skip
    assert report["encoding"]["age"] == "as it is; missing: 41, and a flag"
    assert report["encoding"]["constant"] == "left out: constant"
    assert report["encoding"]["again"] == "left out: the same as 'age'"
    assert report["encoding"]["day"] == "days since 1970, day, weekday, hour"
    assert report["encoding"]["flag"] == "0 and 1"
    assert report["missing"]["age"] == report["missing"]["again"] == 10
    assert report["columns_out"].sum() == 12


def test_columns_in_another_order_are_put_in_order(table):
    encoder = TabularEncoder().fit(table)
    expected = encoder.transform(table)
    np.testing.assert_array_equal(encoder.transform(table[table.columns[::-1]]), expected)
    pl = pytest.importorskip("polars")
    np.testing.assert_allclose(encoder.transform(pl.from_pandas(table)), expected)


def test_missing_and_new_columns_are_listed_in_one_error(table):
    encoder = TabularEncoder().fit(table)
    with pytest.raises(ValueError, match="(?s)unseen at fit.*- new.*now missing.*- town"):
        encoder.transform(table.rename(columns={"town": "new"}))
    with pytest.raises(ValueError, match="now missing:\n- age\n- town"):
        encoder.transform(table.drop(columns=["age", "town"]))
    with pytest.raises(ValueError, match="unseen at fit time:\n- new"):
        encoder.transform(table.assign(new=1))
    with pytest.raises(ValueError, match="X has 1 features, but TabularEncoder is expecting 2"):
        TabularEncoder().fit([[1, "a"], [2, "b"]]).transform([[1]])


def test_names_of_a_table_without_names():
    encoder = TabularEncoder().fit([[1, "a"], [2, "b"], [3, None]])
    assert encoder.get_feature_names_out(["n", "t"]).tolist() == ["n", "t_a", "t_b", "t_missing"]


def test_it_is_cloned_pickled_and_gives_frames(table):
    encoder = TabularEncoder(max_categories=3).fit(table)
    assert clone(encoder).get_params() == encoder.get_params()
    again = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(again.transform(table), encoder.transform(table))
    frame = TabularEncoder().set_output(transform="pandas").fit_transform(table.set_index("size"))
    assert frame.index.tolist() == list(range(N))
    assert frame["town_Oslo"].sum() == 10


def test_the_table_is_left_as_it_is(table):
    before = table.copy(deep=True)
    array = np.array([[1.0, np.nan], [np.inf, 2], [3, 4]])
    kept = array.copy()
    TabularEncoder().fit(table).transform(table)
    TabularEncoder().fit(array).transform(array)
    pd.testing.assert_frame_equal(table, before)
    np.testing.assert_array_equal(array, kept)


def test_all_wrong_parameters_are_told_at_once():
    with pytest.raises(InvalidParameterError, match="(?s)max_categories.*min_frequency") as caught:
        TabularEncoder(min_frequency=0, max_categories=1, binary_as_sign=2).fit([[1], [2]])
    assert "binary_as_sign" in str(caught.value)


def test_nothing_of_later_rows_is_learnt(table):
    encoder = TabularEncoder().fit(table)
    expected = encoder.transform(table)
    later = table.assign(age=1e9, town="Lima")
    encoder.transform(later)
    np.testing.assert_array_equal(encoder.transform(table), expected)


def test_a_pipeline_learns_nothing_of_the_rows_it_is_scored_on():
    # Each row has a level of its own, which tells the class to who has seen all of them.
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"id": [f"id {i}" for i in range(200)], "noise": rng.randn(200)})
    y = rng.randint(0, 2, 200)
    pipeline = make_pipeline(
        TabularEncoder(min_frequency=1, max_categories=500), LogisticRegression()
    )
    scores = cross_val_score(pipeline, X, y)
    assert abs(np.mean(scores) - max(y.mean(), 1 - y.mean())) < 0.1
    folds = []
    for rows in (slice(0, 100), slice(100, 200)):
        folds.append(TabularEncoder(min_frequency=1).fit(X[rows]).transform(X[100:]))
    assert not folds[0][:, 1:].any()  # all levels are unknown
    assert folds[1][:, 1:].any()


def test_a_hundred_thousand_levels(table):
    n = 100_000
    many = pd.DataFrame({"id": np.arange(n).astype(str), "often": np.arange(n) % 1000})
    many["often"] = many["often"].astype(str)
    encoder = TabularEncoder().fit(many)
    assert encoder.report()["encoding"][0] == "left out: no level in 5 rows"
    assert encoder.transform(many).shape == (n, 64)
    codes = TabularEncoder(embed_above=64).fit(many)
    assert codes.groups_ == (Group("often", "codes", 0, 1, 1001),)
    assert codes.transform(many).max() == 1000


def test_float32_stays_float32_and_numbers_pass_as_they_are():
    X = np.random.RandomState(0).randn(50, 3)
    np.testing.assert_array_equal(TabularEncoder().fit_transform(X), X)
    np.testing.assert_array_equal(TabularEncoder().fit_transform(pd.DataFrame(X)), X)
    out = TabularEncoder().fit_transform(X.astype("float32"))
    assert out.dtype == np.float32
    huge = np.array([[1e308], [1e308], [1.0], [2]])
    np.testing.assert_array_equal(TabularEncoder().fit_transform(huge), huge)
