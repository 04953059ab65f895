"""Estimators that take tables as they are, through the encoder."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.utils import get_tags

from mlpkit import (
    InvalidParameterError,
    KerasClassifier,
    KerasRegressor,
    MLPClassifier,
    MLPRegressor,
    TabularEncoder,
)

N = 80
WIDTH = 11  # columns the table is encoded to; fits of other tables share its program
SMALL = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0, "jit_compile": False}


@pytest.fixture
def table():
    rng = np.random.RandomState(0)
    return pd.DataFrame(
        {
            "n": np.where(rng.rand(N) < 0.1, np.nan, rng.randn(N)),
            "town": rng.choice(["Oslo", "Rome", "Bern"], N),
            "size": pd.Categorical(rng.choice(["S", "L"], N)),
            "day": pd.date_range("2024-01-01", periods=N),
            "one": 1,
        }
    )


@pytest.fixture
def y(table):
    return (table["town"] == "Oslo") + table["n"].fillna(0).to_numpy()


def regressor(**options):
    return MLPRegressor(**{**SMALL, **options})


def classifier(**options):
    return MLPClassifier(**{**SMALL, **options})


def builder(n_features, task):
    import keras

    return keras.Sequential(
        [keras.Input((n_features,)), keras.layers.Dense(task.units, task.output_activation)]
    )


@pytest.mark.parametrize("encode", ["auto", True])
def test_a_mixed_table_is_what_its_encoded_columns_are(table, y, encode):
    encoded = TabularEncoder().fit_transform(table)
    fitted = regressor(encode=encode).fit(table, y)
    assert fitted.n_features_in_ == 5
    assert fitted.feature_names_in_.tolist() == table.columns.tolist()
    assert isinstance(fitted.encoder_, TabularEncoder)
    expected = regressor(encode=False).fit(encoded, y)
    np.testing.assert_array_equal(fitted.predict(table), expected.predict(encoded))
    row = table.iloc[[3]]
    np.testing.assert_allclose(fitted.predict(row), expected.predict(encoded[3:4]), rtol=1e-6)
    np.testing.assert_allclose(
        fitted.model_.predict(fitted.encoder_.transform(table), verbose=0).ravel(),
        fitted.predict(table), rtol=1e-5, atol=1e-6,
    )  # fmt: skip


def test_keras_estimators_take_them_too(table, y):
    fitted = KerasRegressor(builder, epochs=2, random_state=0, jit_compile=False).fit(table, y)
    assert fitted.model_.input_shape == (None, WIDTH)
    assert fitted.predict(table).shape == (N,)
    assert fitted.predict(table[:1]).shape == (1,)
    for estimator in (KerasClassifier, KerasRegressor):
        with pytest.raises(ValueError, match="numeric columns only"):
            estimator(builder, encode=False).fit(table, y > 0)
    with pytest.raises(InvalidParameterError, match="must take the 11 .* as many as encoder_"):
        KerasRegressor(lambda n, task: builder(5, task)).fit(table, y)


@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame, sp.csr_array])
def test_a_table_of_finite_numbers_is_left_as_it_is(form):
    X = np.random.RandomState(0).randint(0, 2, (N, WIDTH)).astype(float)
    X[:, 2] = 7  # would be left out, were it encoded
    fitted = regressor().fit(form(X), X[:, 0])
    assert fitted.encoder_ is None
    expected = regressor(encode=False).fit(form(X), X[:, 0])
    np.testing.assert_array_equal(fitted.predict(form(X)), expected.predict(form(X)))


@pytest.fixture
def gaps():
    X = np.random.RandomState(0).randn(N, WIDTH)
    X[:, 0], X[X[:, 1] > 1, 1] = 7, np.nan  # a column is left out, and a flag comes in
    return X


@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame, lambda X: X.tolist()])
def test_what_is_not_finite_is_encoded(gaps, y, form):
    fitted = regressor().fit(form(gaps), y)
    assert fitted.encoder_.groups_[-1].name == "x1_missing"
    assert np.isfinite(fitted.predict(form(gaps))).all()
    with pytest.raises(ValueError, match="X has 2 features, but MLPRegressor is expecting 11"):
        fitted.predict([[1, np.nan]])


def test_infinity_alone_is_encoded(gaps, y):
    gaps[:, 1] = np.where(np.isnan(gaps[:, 1]), np.inf, 0.5)
    encoder = regressor(epochs=1).fit(gaps, y).encoder_
    assert encoder.report()["encoding"][1] == "left out: constant"


def test_gaps_after_a_fit_without_say_what_to_do(gaps, y):
    full = np.nan_to_num(gaps)
    for form in (np.asarray, pd.DataFrame):
        fitted = regressor().fit(form(full), y)
        with pytest.raises(
            ValueError, match="contains NaN. MLPRegressor was fitted to finite .*enc"
        ):
            fitted.predict(form(gaps))


def test_columns_are_told_by_name(table, y):
    fitted = regressor().fit(table, y)
    expected = fitted.predict(table)
    np.testing.assert_array_equal(fitted.predict(table[table.columns[::-1]]), expected)
    with pytest.raises(ValueError, match="(?s)unseen at fit.*- new.*now missing.*- town"):
        fitted.predict(table.rename(columns={"town": "new"}))
    with pytest.raises(InvalidParameterError, match="numbers in column 'n', as at fit. Got 'x'"):
        fitted.predict(table.assign(n="x"))


def test_polars_tables(table, y):
    pl = pytest.importorskip("polars")
    fitted = regressor().fit(pl.from_pandas(table), y)
    expected = regressor().fit(table, y).predict(table)
    np.testing.assert_allclose(fitted.predict(pl.from_pandas(table)), expected, rtol=1e-5)


def test_validation_rows_go_through_the_fitted_encoder(table, y):
    later = table[:20].assign(town="Lima")
    fitted = regressor().fit(table, y, X_val=later, y_val=y[:20])
    encoder = TabularEncoder().fit(table)
    expected = regressor().fit(
        encoder.transform(table), y, X_val=encoder.transform(later), y_val=y[:20]
    )
    assert fitted.history_ == expected.history_
    with pytest.raises(ValueError, match="now missing:\n- town"):
        regressor().fit(table, y, X_val=later.drop(columns="town"), y_val=y[:20])


def test_rows_of_weight_zero_are_not_there(table, y):
    weight = np.r_[np.ones(N - 20), np.zeros(20)]
    odd = table.copy()
    odd.loc[N - 20 :, "town"] = "Lima"
    odd.loc[N - 20 :, "n"] = 1e6
    fitted = regressor().fit(odd, y, weight)
    expected = regressor().fit(odd[: N - 20], y[: N - 20])
    np.testing.assert_array_equal(fitted.predict(table), expected.predict(table))


def test_the_first_call_of_partial_fit_finds_the_encoding(table, y):
    fitted = regressor().partial_fit(table, y)
    encoder = fitted.encoder_
    fitted.partial_fit(table[:10].assign(town="Lima"), y[:10])
    assert fitted.encoder_ is encoder
    assert fitted.n_iter_ == 2


def test_warm_start_keeps_the_encoding_and_a_new_fit_does_not(table, y):
    fitted = regressor(warm_start=True).fit(table, y)
    encoder = fitted.encoder_
    assert fitted.fit(table[:60].assign(town="Lima"), y[:60]).encoder_ is encoder
    fitted.set_params(warm_start=False).fit(np.zeros((N, WIDTH)), y)
    assert fitted.encoder_ is None


def test_a_fit_that_fails_leaves_the_encoder(table, y):
    fitted = regressor().fit(table, y)
    encoder, expected = fitted.encoder_, fitted.predict(table)
    with pytest.raises(ValueError, match="inconsistent"):
        fitted.fit(table[["n", "town"]], y[:-1])
    assert fitted.encoder_ is encoder
    np.testing.assert_array_equal(fitted.predict(table), expected)


def test_datasets_are_not_encoded(table, y):
    from mlpkit.backend import tf

    X = np.random.RandomState(0).randn(N, 5).astype("float32")
    dataset = tf.data.Dataset.from_tensor_slices((X, np.asarray(y, "float32"))).batch(16)
    fitted = regressor().fit(table, y)
    with pytest.raises(InvalidParameterError, match="encodes tables as in the first fit"):
        copy.deepcopy(fitted).partial_fit(dataset)
    with pytest.raises(InvalidParameterError, match="encodes tables as in the first fit"):
        regressor().fit(table, y, X_val=dataset)
    assert fitted.fit(dataset).encoder_ is None
    assert fitted.predict(X).shape == (N,)


def test_cross_validation_pickles_and_clones(table, y):
    labels = np.where(y > y.median(), "up", "down")
    assert len(cross_val_score(classifier(), table, labels, cv=2, error_score="raise")) == 2
    fitted = classifier().fit(table, labels)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(table), fitted.predict_proba(table))
    assert clone(fitted).get_params()["encode"] == "auto"


def test_backups_know_an_encoded_table(table, y, tmp_path):
    fitted = regressor(backup_dir=tmp_path).fit(table, y)
    np.testing.assert_array_equal(fitted.predict(table), regressor().fit(table, y).predict(table))


def test_tags_say_what_is_taken():
    for estimator in (MLPClassifier, MLPRegressor, KerasClassifier, KerasRegressor):
        tags = get_tags(estimator()).input_tags
        assert (tags.allow_nan, tags.string, tags.categorical) == (True, True, True)
        tags = get_tags(estimator(encode=False)).input_tags
        assert (tags.allow_nan, tags.string, tags.categorical) == (False, False, False)


def test_diagnostics_look_at_encoded_rows(table, y):
    from mlpkit.diagnostics import input_gradients
    from mlpkit.estimators.examining import examined

    fitted = regressor().fit(table, y)
    assert examined(fitted, table, y).rows.shape == (N, WIDTH)
    names = fitted.encoder_.get_feature_names_out().tolist()
    assert set(input_gradients(fitted, table)["feature"]) == set(names)
