"""Predictions of fitted estimators: the quick way for arrays, decisions, threads, memory."""

import copy
import gc
import pickle
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from mlpkit import KerasClassifier, KerasRegressor, MLPClassifier, MLPRegressor
from mlpkit.backend import keras
from mlpkit.estimators import inputs
from mlpkit.inference import MEMORY

N = 80
SMALL = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}
TASKS = ("binary", "multiclass", "multilabel", "regression")


@pytest.fixture
def X():
    return np.random.RandomState(0).randint(-20, 20, size=(N, 4)).astype(float)


def target(X, task):
    score = X[:, 0] + X[:, 1] / 2
    return {
        "binary": np.where(score > 5, "yes", "no"),
        "multiclass": np.digitize(score, np.quantile(score, [1 / 3, 2 / 3])),
        "multilabel": np.stack([score > 0, X[:, 3] > 0, score > 9], axis=1).astype(int),
        "regression": score,
    }[task]


def fitted_on(X, task, **options):
    kind = MLPRegressor if task == "regression" else MLPClassifier
    return kind(**{**SMALL, **options}).fit(X, target(X, task))


def builder(n_features, task):
    return keras.Sequential(
        [
            keras.Input((n_features,)),
            keras.layers.Dense(6, activation="tanh"),
            keras.layers.Dense(task.units, activation=task.output_activation),
        ]
    )


def keras_fitted_on(X, task, **options):
    kind = KerasRegressor if task == "regression" else KerasClassifier
    return kind(builder, epochs=2, random_state=0, **options).fit(X, target(X, task))


def outputs(fitted, X):
    return getattr(fitted, "predict_proba", fitted.predict)(X)


ARRAYS = {
    "float32": lambda X: X.astype("float32"),
    "int64": lambda X: X.astype("int64"),
    "int8": lambda X: X.astype("int8"),
    "Fortran": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3],
    "backwards": lambda X: X[::-1].copy()[::-1],
}


@pytest.mark.parametrize("fit", [fitted_on, keras_fitted_on])
@pytest.mark.parametrize("form", ARRAYS)
@pytest.mark.parametrize("standardize", [True, False])
def test_arrays_need_no_validation_and_give_what_validated_ones_give(
    X, fit, form, standardize, monkeypatch
):
    fitted = fit(X, "multiclass", standardize=standardize)
    expected = fitted.predict_proba(X.tolist())
    given = ARRAYS[form](X)
    kept = given.copy()
    given.flags.writeable = False
    monkeypatch.setattr(inputs, "validate_data", None)
    np.testing.assert_allclose(fitted.predict_proba(given), expected, rtol=1e-5, atol=1e-7)
    assert np.array_equal(given, kept)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("fit", [fitted_on, keras_fitted_on])
def test_what_cannot_be_predicted_is_refused_as_scikit_learn_does(X, task, fit):
    fitted = fit(X, task)
    holes, infinite = X.copy(), X.astype("float32")
    holes[3, 1], infinite[N - 1, 0] = np.nan, -np.inf
    for wrong, message in (
        (holes, "Input X contains NaN"),
        (infinite, "Input X contains infinity"),
        (X[:, :3], "expecting 4 features"),
        (X[0], "Expected 2D array"),
        (X[:0], "minimum of 1 is required"),
        (X[np.newaxis], "dim 3"),
        (X.astype(complex), "Complex data"),
    ):
        with pytest.raises(ValueError, match=message):
            outputs(fitted, wrong)
    with pytest.raises(NotFittedError):
        outputs(clone(fitted), X)


def test_a_value_missing_in_a_later_block_is_refused(X):
    fitted = fitted_on(X, "binary")
    fitted._learnt.forward.block_rows = 7
    X[N - 1, 0] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        fitted.predict(X)


def test_names_of_columns_are_asked_for_where_they_were_fitted(X):
    pd = pytest.importorskip("pandas")
    fitted = MLPRegressor(**SMALL).fit(pd.DataFrame(X, columns=list("abcd")), X[:, 0])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        fitted.predict(X)


def test_rows_in_a_file(X, tmp_path):
    fitted = fitted_on(X, "multiclass", standardize=False)
    mapped = np.memmap(tmp_path / "X", "float32", "w+", shape=X.shape)
    mapped[:] = X
    found = fitted.predict_proba(mapped)
    assert type(found) is np.ndarray
    assert np.array_equal(found, fitted.predict_proba(X.astype("float32")))


def test_values_whose_squares_overflow_are_finite(X):
    fitted = fitted_on(X, "regression", dtype="float64")
    assert np.isfinite(fitted.predict(X * 1e160)).all()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("fit", [fitted_on, keras_fitted_on])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array, sp.csc_matrix])
def test_blocks_give_what_all_rows_at_once_give(X, task, fit, form):
    fitted = fit(X, task, standardize=True)
    methods = ["predict"]
    if task != "regression":
        methods += ["predict_proba", "predict_log_proba"]
    if hasattr(fitted, "decision_function"):
        methods.append("decision_function")
    whole = {name: getattr(fitted, name)(X) for name in methods}
    fitted._learnt.forward.block_rows = 7
    for name in methods:
        found = getattr(fitted, name)(form(X))
        assert found.dtype == whole[name].dtype
        if found.dtype.kind == "f":
            np.testing.assert_allclose(found, whole[name], rtol=1e-4, atol=1e-6)
        else:
            assert np.array_equal(found, whole[name])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_decisions_are_what_the_output_activation_takes(X, task, dtype):
    fitted = fitted_on(X, task, dtype=dtype)
    decisions = fitted.decision_function(X)
    assert decisions.shape == ((N,) if task == "binary" else (N, 3))
    assert decisions.dtype == dtype
    predicted = fitted.predict(X)
    if task == "multiclass":
        assert np.array_equal(fitted.classes_[decisions.argmax(axis=1)], predicted)
    else:
        chosen = predicted == "yes" if task == "binary" else predicted == 1
        assert np.array_equal(decisions > 0, chosen)
    model = fitted.model_
    model.layers[-1].activation = keras.activations.linear
    expected = np.asarray(model(X.astype(dtype))).reshape(decisions.shape)
    tolerance = 1e-6 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(decisions, expected, atol=tolerance * abs(expected).max())


@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_decisions_and_labels_agree_where_the_probability_is_rounded_to_one_half(X, task):
    fitted = fitted_on(X, task)
    kernel, bias = fitted._learnt.weights[-2:]
    kernel[:] = 0
    for tiny in np.float32([1e-3, 1e-7, 5e-8, 1e-8, 1e-30, 0, -1e-8, -1e-7]):
        bias[:] = tiny
        fresh = copy.deepcopy(fitted)  # which has not predicted yet
        chosen = fresh.predict(X) == ("yes" if task == "binary" else 1)
        assert np.array_equal(fresh.decision_function(X) > 0, chosen)


def test_decisions_tell_certain_rows_apart(X):
    fitted = fitted_on(X, "binary")
    far = X * 1e3
    decisions, probability = fitted.decision_function(far), fitted.predict_proba(far)[:, 1]
    assert np.unique(decisions[probability == 1]).size > 5


def test_a_model_of_the_users_has_no_decisions(X):
    assert not hasattr(keras_fitted_on(X, "binary"), "decision_function")


@pytest.mark.parametrize("fit", [fitted_on, keras_fitted_on])
def test_threads_give_the_serial_result_to_the_bit(X, fit):
    fitted = fit(X, "multiclass", standardize=True)
    rng = np.random.default_rng(1)
    tables = [rng.normal(size=(n, 4)) for n in (1, 1, 300, 1, 501, 40, 1, 300)] * 4
    expected = [fitted.predict_proba(table) for table in tables]
    fresh = pickle.loads(pickle.dumps(fitted))  # its first prediction is made by the threads
    for step in (None, 7):
        if step:
            fitted._learnt.forward.block_rows = fresh._learnt.forward.block_rows = step
            expected = [fitted.predict_proba(table) for table in tables]
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(fresh.predict_proba, tables))
        assert all(map(np.array_equal, found, expected))


@pytest.mark.parametrize("fit", [fitted_on, keras_fitted_on])
def test_a_prediction_leaves_nothing_in_pickles_and_copies(X, fit):
    fitted = fit(X, "multiclass")
    before = pickle.dumps(fitted)
    expected = fitted.predict_proba(X)
    assert len(pickle.dumps(fitted)) == len(before)
    for other in (copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        assert other._learnt.forward is not fitted._learnt.forward
        assert np.array_equal(other.predict_proba(X), expected)


@pytest.mark.parametrize("fit", [fitted_on, keras_fitted_on])
def test_training_on_changes_the_predictions(X, fit):
    fitted = fit(X, "regression")
    first = fitted.predict(X)
    second = fitted.partial_fit(X, target(X, "regression")).predict(X)
    assert not np.array_equal(first, second)
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), second)
    shorter = X[:, :2]
    assert fitted.fit(shorter, X[:, 0]).predict(shorter).shape == (N,)


def test_nothing_grows_over_3000_predictions(X):
    fitted = fitted_on(X, "multiclass")

    def predict(times):
        for i in range(times):
            fitted.predict_proba(X[: 1 + i % 5])
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        predict(100)
        assert predict(3000) - predict(0) < 2000
        assert predict(3000) - predict(10) < 2000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "task, method",
    [
        ("regression", "predict"),
        *(
            (task, method)
            for task in ("binary", "multiclass", "multilabel")
            for method in ("predict", "predict_proba", "predict_log_proba", "decision_function")
        ),
    ],
)
def test_memory_beside_the_result_is_bounded(X, task, method):
    fitted = fitted_on(X, task, hidden_layer_sizes=(100,))
    rows = np.random.default_rng(0).normal(size=(200_000, 4))
    tracemalloc.start()
    try:
        result = getattr(fitted, method)(rows)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= result.nbytes + MEMORY


FRESH = """
import pickle, sys
import numpy as np
fitted = pickle.load(sys.stdin.buffer)
X = np.zeros((3, 4))
fitted.predict(X), fitted.predict_proba(X), fitted.decision_function(X)
print(*{"tensorflow", "keras", "matplotlib"} & set(sys.modules))
"""


def test_a_fresh_process_predicts_without_tensorflow(X, root):
    dumped = pickle.dumps(fitted_on(X, "multiclass"))
    command = [sys.executable, "-W", "error", "-c", FRESH]
    done = subprocess.run(command, cwd=root, input=dumped, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_a_keras_model_is_traced_once_for_all_numbers_of_rows(X):
    fitted = keras_fitted_on(X, "multiclass")
    for n in (1, 2, 80, 17):
        expected = np.asarray(fitted.model_(X[:n].astype("float32")))
        np.testing.assert_allclose(fitted.predict_proba(X[:n]), expected, atol=1e-6)
        fitted.predict(X[:n].astype("float32"))
    assert fitted._learnt.forward.n_traces == 1


def test_a_keras_model_that_was_changed_predicts_as_it_is_now(X):
    fitted = keras_fitted_on(X, "multiclass")

    def assert_as_the_model_is():
        expected = np.asarray(fitted.model_(X.astype("float32")))
        np.testing.assert_allclose(fitted.predict_proba(X), expected, atol=1e-6)

    fitted.predict_proba(X)
    fitted.model_.set_weights([w + 0.1 for w in fitted.model_.get_weights()])
    assert_as_the_model_is()
    assert fitted._learnt.forward.n_traces == 1
    layer = fitted.model_.layers[0]
    layer.enable_lora(rank=2)  # other variables
    layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))
    assert_as_the_model_is()
    assert fitted._learnt.forward.n_traces == 2


def test_a_model_with_wide_layers_has_smaller_blocks():
    def images(n_features, task):
        return keras.Sequential(
            [
                keras.Input((32, 32, 1)),
                keras.layers.Conv2D(256, 3, padding="same"),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )

    X = np.random.RandomState(0).rand(6, 32 * 32)
    fitted = KerasClassifier(images, epochs=1, random_state=0).fit(X, [0, 1] * 3)
    forward = fitted._learnt.forward
    assert forward.block_rows == 256  # a row has 32 * 32 * 256 numbers, and 256 are the least
    whole = fitted.predict_proba(X)
    forward.block_rows = 2
    np.testing.assert_allclose(fitted.predict_proba(X), whole, atol=1e-6)
