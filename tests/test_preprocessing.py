"""Mixed tables become dense numbers, and nothing of a test fold is learnt."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlpkit.preprocessing import make_preprocessor


def named(preprocessor, X):
    """The transformed table with the names of its columns."""
    return pd.DataFrame(preprocessor.transform(X), columns=preprocessor.get_feature_names_out())


@pytest.fixture
def table():
    n = 40
    return pd.DataFrame(
        {
            "number": np.arange(n, dtype=float),
            "gaps": [1.0, np.nan, 3.0, 7.0] * 10,
            "empty": np.full(n, np.nan),
            "nullable": pd.array([1, None] * 20, dtype="Int64"),
            "flag": [True, False] * 20,
            "word": ["x", "y", None, "z"] * 10,
            "mixed": ["x", 1, 2.5, None] * 10,
            "category": pd.Categorical(["u", None] * 20),
            "nothing": pd.Series([None] * n, dtype=object),
            "day": pd.date_range("1970-01-02", periods=n),
            "hours": pd.to_timedelta(np.arange(n) * 12, unit="h"),
        }
    )


def test_a_column_of_each_kind(table):
    out = named(make_preprocessor().fit(table), table)
    assert out["numbers__number"].tolist() == table["number"].tolist()
    assert out["numbers__gaps"][:4].tolist() == [1, 3, 3, 7]  # 3 is the median
    assert out["numbers__missingindicator_gaps"][:4].tolist() == [0, 1, 0, 0]
    assert out["numbers__empty"].tolist() == [0] * len(table)
    assert out["numbers__nullable"].tolist() == [1] * len(table)
    assert out["categories__flag_True"][:2].tolist() == [1, 0]
    assert out["categories__word_y"][:4].tolist() == [0, 1, 0, 0]
    assert out["categories__word_nan"][:4].tolist() == [0, 0, 1, 0]
    assert out["categories__mixed_2.5"][:4].tolist() == [0, 0, 1, 0]
    assert out["categories__category_u"][:2].tolist() == [1, 0]
    assert out["dates__day"][:3].tolist() == [1, 2, 3]
    assert out["dates__hours"][:3].tolist() == [0, 0.5, 1]


def test_the_output_is_a_dense_finite_matrix(table):
    out = make_preprocessor().fit_transform(table)
    assert isinstance(out, np.ndarray)
    assert out.dtype == np.float64
    assert np.isfinite(out).all()


def test_unknown_categories_are_zeros_and_the_width_stays(table):
    preprocessor = make_preprocessor().fit(table)
    new = table.assign(word="never seen", number=np.nan)
    out = named(preprocessor, new)
    assert out.shape[1] == preprocessor.transform(table).shape[1]
    assert (out.filter(like="word_") == 0).all(axis=None)
    assert (out["numbers__number"] == np.median(table["number"])).all()


def test_rare_categories_share_a_column():
    X = pd.DataFrame({"word": ["common"] * 10 + ["a", "b", "c", "d"]})
    preprocessor = make_preprocessor().fit(X)
    names = list(preprocessor.get_feature_names_out())
    assert names == ["categories__word_common", "categories__word_infrequent_sklearn"]
    many = pd.DataFrame({"word": [f"w{i}" for i in range(100)] * 5})
    assert make_preprocessor().fit_transform(many).shape[1] == 64


def test_a_column_empty_in_the_training_rows_only(table):
    preprocessor = make_preprocessor().fit(table.assign(gaps=np.nan, word=None))
    assert np.isfinite(preprocessor.transform(table)).all()


def test_columns_are_found_by_name(table):
    preprocessor = make_preprocessor().fit(table)
    turned = table[table.columns[::-1]]
    np.testing.assert_array_equal(preprocessor.transform(turned), preprocessor.transform(table))


def test_integer_names_are_names():
    X = pd.DataFrame({1: [0.5, 1.5], 0: ["a", "b"]})
    out = make_preprocessor().fit_transform(X)
    assert out[:, 0].tolist() == [0.5, 1.5]


@pytest.mark.parametrize("dtype", [float, object])
def test_arrays(dtype):
    X = np.array([[1.0, 2.0], [3.0, 4.0]]).astype(dtype)
    np.testing.assert_array_equal(make_preprocessor().fit_transform(X), X.astype(float))


def test_the_table_is_left_as_it_was(table):
    before = table.copy()
    make_preprocessor().fit(table).transform(table)
    pd.testing.assert_frame_equal(table, before)


def test_pickles(table):
    preprocessor = make_preprocessor().fit(table)
    copy = pickle.loads(pickle.dumps(preprocessor))
    np.testing.assert_array_equal(copy.transform(table), preprocessor.transform(table))


def test_in_a_pipeline_only_training_rows_are_learnt_from(table):
    model = make_pipeline(make_preprocessor(), StandardScaler(), LogisticRegression())
    y = np.arange(len(table)) % 2
    found = cross_validate(model, table, y, cv=4, return_estimator=True, return_indices=True)
    for fitted, rows in zip(found["estimator"], found["indices"]["train"], strict=True):
        imputer = fitted[0].named_transformers_["numbers"][-1]
        assert imputer.statistics_[0] == np.median(table["number"][rows])
