"""What goes in: arrays, tables, sparse matrices and labels, and the errors for what cannot."""

import copy

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from mlpkit import InvalidParameterError, MLPClassifier, MLPRegressor, TargetError

N = 80
SMALL = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}


@pytest.fixture
def X():
    """Whole numbers, so that every type of column can hold them."""
    return np.random.RandomState(0).randint(0, 50, size=(N, 4)).astype(float)


@pytest.fixture
def y(X):
    return X[:, 0] - 2 * X[:, 1]


def regressor(**options):
    return MLPRegressor(**{**SMALL, **options})


def classifier(**options):
    return MLPClassifier(**{**SMALL, **options})


def frozen(X):
    X = X.copy()
    X.flags.writeable = False
    return X


FORMS = {
    "list": lambda X: X.tolist(),
    "tuples": lambda X: tuple(map(tuple, X)),
    "float32": lambda X: X.astype("float32"),
    "float16": lambda X: X.astype("float16"),
    "int": lambda X: X.astype(int),
    "uint8": lambda X: X.astype("uint8"),
    "object": lambda X: X.astype(object),
    "Fortran": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=0)[::2],
    "read-only": frozen,
    "DataFrame": pd.DataFrame,
    "mixed DataFrame": lambda X: pd.DataFrame(X).astype({0: "float32", 1: "int8", 2: "uint16"}),
    "nullable DataFrame": lambda X: pd.DataFrame(X).astype({0: "Int64", 1: "Float64", 2: "UInt8"}),
    "object DataFrame": lambda X: pd.DataFrame(X).astype({0: object, 1: object}),
    "sparse DataFrame": lambda X: pd.DataFrame(X).astype(pd.SparseDtype(float, 0)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table_gives_the_same(X, y, form):
    expected = regressor().fit(X, y).predict(X)
    given = FORMS[form](X)
    if hasattr(given, "columns"):
        given.columns = list("abcd")
    fitted = regressor().fit(given, y)
    np.testing.assert_allclose(fitted.predict(given), expected, rtol=1e-5)
    assert list(getattr(fitted, "feature_names_in_", "abcd")) == list("abcd")


@pytest.mark.parametrize("dtype", ["bool", "boolean", "object"])
def test_columns_of_booleans_are_numbers(X, y, dtype):
    flags = X[:, 0] > 25
    frame = pd.DataFrame({"flag": pd.Series(flags).astype(dtype), "b": X[:, 1]})
    expected = regressor().fit(np.c_[flags, X[:, 1]].astype(float), y)
    np.testing.assert_array_equal(
        regressor().fit(frame, y).predict(frame),
        expected.predict(np.c_[flags, X[:, 1]].astype(float)),
    )
    np.testing.assert_array_equal(
        regressor().fit(np.c_[flags, flags], y).predict(np.c_[flags, flags]),
        regressor().fit(np.c_[flags, flags] * 1.0, y).predict(np.c_[flags, flags] * 1.0),
    )


def test_polars(X, y):
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"a": X[:, 0], "b": X[:, 1].astype(int), "c": X[:, 2] > 25})
    same = np.c_[X[:, :2], X[:, 2] > 25]
    fitted = regressor().fit(frame, pl.Series(y))
    assert list(fitted.feature_names_in_) == ["a", "b", "c"]
    expected = regressor().fit(same, y).predict(same)
    np.testing.assert_array_equal(fitted.predict(frame), expected)
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(frame.rename({"a": "z"}))
    labels = pl.Series(np.where(y > 0, "up", "down").tolist())
    assert classifier().fit(frame, labels).classes_.tolist() == ["down", "up"]


def test_polars_columns_without_numbers_are_named():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"town": ["a", "b"], "n": [1, None]})
    with pytest.raises(ValueError, match=r"numeric columns only\. Got 'town' \(String\)"):
        regressor(encode=False).fit(frame, [0.0, 1.0])
    with pytest.raises(ValueError, match="contains NaN"):
        regressor(encode=False).fit(frame.select("n"), [0.0, 1.0])


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("form", [sp.csr_array, sp.csr_matrix, sp.csc_array, sp.csc_matrix])
def test_sparse_matrices_equal_dense_ones(X, y, form, standardize):
    X = np.where(X > 30, X / 50, 0)
    options = {"standardize": standardize, "dtype": "float64", "early_stopping": True}
    dense = regressor(**options).fit(X, y)
    sparse = regressor(**options).fit(form(X), y, X_val=None)
    np.testing.assert_allclose(sparse.predict(form(X)), dense.predict(X), rtol=1e-9)
    np.testing.assert_allclose(sparse.predict(X), dense.predict(X), rtol=1e-9)
    np.testing.assert_allclose(sparse.history_["loss"], dense.history_["loss"], rtol=1e-9)


def test_sparse_validation_rows_and_weights(X, y):
    X = np.where(X > 30, X / 50, 0)
    weight = np.arange(N) % 3
    arguments = {"y_val": y[:20], "sample_weight_val": weight[:20] + 1}
    dense = regressor(dtype="float64").fit(X, y, weight, X_val=X[:20], **arguments)
    sparse = regressor(dtype="float64")
    sparse.fit(sp.csr_array(X), y, weight, X_val=sp.csc_array(X[:20]), **arguments)
    np.testing.assert_allclose(sparse.history_["val_loss"], dense.history_["val_loss"], rtol=1e-9)


@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_duplicate_entries_of_a_sparse_matrix_are_summed_on_a_copy(index):
    data, columns, rows = [1.0, 2.0, 3.0, 4.0], [0, 0, 1, 1], [0, 2, 3, 4]
    X = sp.csr_array((data, np.array(columns, index), np.array(rows, index)), shape=(3, 2))
    before = copy.deepcopy(X)
    dense = X.toarray()
    y = [1.0, 2.0, 5.0]
    np.testing.assert_allclose(
        regressor().fit(X, y).predict(X), regressor().fit(dense, y).predict(dense), rtol=1e-5
    )
    assert X.nnz == 4
    assert np.array_equal(X.data, before.data)
    assert np.array_equal(X.indices, before.indices)


def test_a_sparse_indicator_of_labels(X):
    labels = (X > 25).astype(int)
    fitted = classifier().fit(X, sp.csr_array(labels))
    assert np.array_equal(fitted.predict(X), classifier().fit(X, labels).predict(X))


WORDS = {
    "text": (
        lambda X: pd.DataFrame({"n": X[:, 0], "town": ["Oslo"] * N}), r"'town' \((str|object)"
    ),
    "category": (
        lambda X: pd.DataFrame({"size": pd.Categorical(["S", "L"] * (N // 2))}), r"'size' \(cat"
    ),
    "date": (
        lambda X: pd.DataFrame({"day": pd.date_range("2024", periods=N)}), r"'day' \(datetime64"
    ),
    "duration": (
        lambda X: pd.DataFrame({"took": pd.to_timedelta(X[:, 0], "s")}), r"'took' \(timedelta64"
    ),
    "objects": (lambda X: pd.DataFrame({"mix": [1, "a"] * (N // 2)}), r"'mix' \(object\)"),
    "array of text": (lambda X: np.array([["1.5", "Oslo"]] * N), r"column 1 \('Oslo'\)"),
    "array of objects": (lambda X: np.array([[1, "a"]] * N, object), r"column 1 \('a'\)"),
    "list": (lambda X: [["a", 1.0]] * N, r"column 0 \('a'\)"),
    "array of dates": (
        lambda X: np.full((N, 2), "2024-01-01", "M8[D]"), r"column 0 \('2024-01-01'\), column 1"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WORDS)
def test_columns_without_numbers_are_named_with_what_to_do(X, y, kind):
    make, named = WORDS[kind]
    with pytest.raises(ValueError, match=rf"X must have numeric columns only\. Got {named}") as e:
        regressor(encode=False).fit(make(X), y)
    assert "make_pipeline(mlpkit.make_preprocessor(), estimator), or drop them." in str(e.value)


def test_many_columns_without_numbers_are_counted(y):
    frame = pd.DataFrame({f"c{i}": ["a"] * N for i in range(9)})
    with pytest.raises(ValueError, match="'c4' .* and 4 more"):
        regressor(encode=False).fit(frame, y)


@pytest.mark.parametrize(
    "value, message", [(np.nan, "contains NaN"), (np.inf, "infinity"), (-np.inf, "infinity")]
)
@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame, sp.csr_array])
def test_missing_and_infinite_values_are_refused(X, y, form, value, message):
    fitted = regressor().fit(X, y)
    X[3, 1] = value
    for call in (lambda: regressor(encode=False).fit(form(X), y), lambda: fitted.predict(form(X))):
        with pytest.raises(ValueError, match=message):
            call()


def test_missing_values_of_nullable_columns_are_refused(y):
    frame = pd.DataFrame({"a": pd.array([1, None] * (N // 2), "Int64")})
    with pytest.raises(ValueError, match="contains NaN"):
        regressor(encode=False).fit(frame, y)


def test_wrong_columns_at_predict(X, y):
    frame = pd.DataFrame(X, columns=list("abcd"))
    fitted = regressor().fit(frame, y)
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(frame[["b", "a", "c", "d"]])
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(frame[["a", "b"]])
    with pytest.raises(ValueError, match="expecting 4 features"):
        regressor().fit(X, y).predict(X[:, :3])
    with pytest.raises(ValueError, match="feature names should match"):
        regressor().fit(frame, y, X_val=frame[["a"]], y_val=y)


def test_wrong_lengths_and_shapes(X, y):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        regressor().fit(X, y[:-1])
    with pytest.raises(ValueError, match=r"sample_weight\.shape"):
        regressor().fit(X, y, np.ones(3))
    with pytest.raises(ValueError, match="Expected 2D array"):
        regressor().fit(X[:, 0], y)
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        regressor().fit(X[:0], y[:0])
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        regressor().fit(X, y).predict(X[:0])


@pytest.mark.parametrize(
    "weight, message",
    [
        (np.zeros(N), "(?i)sample.weights? must"),
        (np.r_[-1.0, np.ones(N - 1)], "Negative values"),
        (np.r_[np.nan, np.ones(N - 1)], "contains NaN"),
    ],
)
def test_wrong_weights(X, y, weight, message):
    with pytest.raises(ValueError, match=message):
        regressor().fit(X, y, weight)


LABELS = {
    "text": np.array(["b", "a", "c"]),
    "object": np.array(["b", "a", "c"], object),
    "bool": np.array([True, False]),
    "negative": np.array([-1, 1]),
    "floats": np.array([1.0, 2.0, 5.0]),
    "uint8": np.array([3, 200], np.uint8),
}
HOLDERS = {
    "array": np.asarray,
    "list": lambda labels: labels.tolist(),
    "Series": pd.Series,
    "Categorical": lambda labels: pd.Series(labels).astype("category"),
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_every_type_come_back(X, kind, holder):
    labels = LABELS[kind][np.arange(N) % len(LABELS[kind])]
    fitted = classifier(epochs=1).fit(X, HOLDERS[holder](labels))
    assert fitted.classes_.tolist() == sorted(LABELS[kind].tolist())
    predicted = fitted.predict(X)
    assert set(predicted.tolist()) <= set(labels.tolist())
    if holder == "array":
        assert predicted.dtype == labels.dtype
    assert fitted.score(X, labels) == np.mean(predicted == labels)


@pytest.mark.parametrize("dtype", ["string", "boolean", "Int64"])
def test_nullable_labels(X, dtype):
    labels = pd.Series((X[:, 0] > 25).astype(int)).astype(dtype)
    fitted = classifier(epochs=1).fit(X, labels)
    assert len(fitted.classes_) == 2
    labels[3] = pd.NA
    with pytest.raises(TargetError, match="missing"):
        fitted.fit(X, labels)


def test_a_column_of_labels_warns_as_scikit_learn_does(X):
    from sklearn.exceptions import DataConversionWarning

    labels = (X[:, :1] > 25).astype(int)
    with pytest.warns(DataConversionWarning, match="column-vector"):
        assert classifier(epochs=1).fit(X, labels).predict(X).shape == (N,)


@pytest.mark.parametrize(
    "target, message",
    [
        (lambda X: np.zeros(N), "one class only"),
        (lambda X: X[:, 0] + 0.5, "continuous"),
        (lambda X: (X[:, :2] % 5).astype(int), "multiclass-multioutput"),
        (lambda X: X[:, 0] + 1j, "Complex"),
        (lambda X: np.where(X[:, 0] > 25, 1, np.nan), "missing"),
        (lambda X: None, "y must be given"),
    ],
)
def test_targets_that_are_no_classes(X, target, message):
    with pytest.raises((TargetError, ValueError), match=message):
        classifier().fit(X, target(X))


def test_targets_that_are_no_numbers(X, y):
    for target, message in ((["a"] * N, "must hold numbers"), (np.where(y > 0, np.inf, y), "inf")):
        with pytest.raises(TargetError, match=message):
            regressor().fit(X, target)


def test_targets_in_a_dataframe(X, y):
    frame = pd.DataFrame({"one": y, "two": -y})
    assert regressor().fit(X, frame).predict(X).shape == (N, 2)
    assert regressor().fit(X, frame[["one"]]).predict(X).shape == (N, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_offsets_keep_their_small_variation(dtype):
    rng = np.random.RandomState(0)
    seconds = 1.7e9 + rng.randint(0, 60, size=(200, 1))
    y = 1e6 + np.sin(seconds.ravel() / 15)
    fitted = regressor(dtype=dtype, epochs=60, learning_rate=0.02, hidden_layer_sizes=(32,))
    assert fitted.fit(seconds, y).score(seconds, y) > 0.95
    assert np.unique(fitted.predict(seconds)).size == np.unique(seconds).size


def test_constant_columns_change_nothing(X, y):
    constant = np.c_[X, np.full(N, 1e6)]
    fitted = regressor().fit(constant, y)
    assert np.isfinite(fitted.predict(constant)).all()
    mean, variance = (np.ravel(getattr(fitted.model_.get_layer("standardize"), name))
                      for name in ("mean", "variance"))  # fmt: skip
    assert (mean[-1], variance[-1]) == (1e6, 1)
    sparse = regressor().fit(sp.csr_array(constant), y)
    assert np.isfinite(sparse.predict(sp.csr_array(constant))).all()
    flat = regressor().fit(X, np.full(N, 7.0))
    assert np.isfinite(flat.predict(X)).all()


def test_thousands_of_wrong_values_do_not_flood_the_message(X):
    with pytest.raises(TargetError) as caught:
        classifier().fit(X, np.arange(N) % 2).partial_fit(X, np.arange(N))
    assert len(str(caught.value)) < 300


def test_numbers_as_text_are_read(X, y):
    text = X.astype(str)
    np.testing.assert_array_equal(
        regressor().fit(text, y).predict(text), regressor().fit(X, y).predict(X)
    )


def test_parameters_are_checked_before_the_data():
    with pytest.raises(InvalidParameterError, match="epochs"):
        regressor(epochs=0).fit([["a"]], None)
