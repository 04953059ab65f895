"""Rows that are streamed train as rows on the device do; datasets train as their rows do."""

import numpy as np
import pytest

from mlpkit import KerasClassifier, MLPClassifier, MLPRegressor
from mlpkit.backend import keras, tf
from mlpkit.training import streams

N, D = 700, 5


@pytest.fixture
def streamed(monkeypatch):
    """Everything is too large for the device, and a segment holds three batches of 32 rows."""

    def switch():
        monkeypatch.setattr(streams, "MEMORY_SHARE", 0.0)
        monkeypatch.setattr(streams, "SEGMENT_BYTES", 4 * D * 32 * 3)

    return switch


def classes(n=N):
    rng = np.random.RandomState(0)
    X = rng.randn(n, D) * 3 + 1000
    return X, np.where(X[:, 0] > X[:, 1], "yes", "no")


def batches(X, y, size=32, *more):
    return tf.data.Dataset.from_tensor_slices((X, y, *more)).batch(size)


def assert_same_fit(ours, theirs, rtol=1e-5):
    assert ours.history_.keys() == theirs.history_.keys()
    for name, figures in ours.history_.items():
        assert figures == pytest.approx(theirs.history_[name], rel=rtol)
    for a, b in zip(ours._learnt.weights, theirs._learnt.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-6)


PARAMETERS = dict(hidden_layer_sizes=(8,), epochs=4, batch_size=32, random_state=0)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_streamed_table_trains_as_one_on_the_device(streamed, jit_compile, early_stopping):
    X, y = classes()
    parameters = dict(PARAMETERS, early_stopping=early_stopping, jit_compile=jit_compile)
    weight = np.random.RandomState(1).rand(N) + 0.5
    whole = MLPClassifier(**parameters).fit(X, y, sample_weight=weight)
    streamed()
    parts = MLPClassifier(**parameters).fit(X, y, sample_weight=weight)
    assert_same_fit(parts, whole)
    assert (parts.best_epoch_, parts.n_iter_) == (whole.best_epoch_, whole.n_iter_)


def test_callbacks_see_streamed_epochs_too(streamed):
    X, y = classes()
    whole = MLPClassifier(**PARAMETERS, callbacks=keras.callbacks.Callback()).fit(X, y)
    streamed()
    seen = []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(logs["loss"])
    )
    parts = MLPClassifier(**PARAMETERS, callbacks=callback).fit(X, y)
    assert seen == pytest.approx(whole.history_["loss"], rel=1e-5)
    assert_same_fit(parts, whole)
    hooks = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    with pytest.raises(ValueError, match="callbacks with batch hooks.* streamed"):
        MLPClassifier(**PARAMETERS, callbacks=hooks).fit(X, y)


def test_the_rows_of_a_segment_stay_below_its_bytes():
    assert streams.segment_rows(row_bytes=400, batch_size=32) * 400 <= streams.SEGMENT_BYTES
    assert streams.segment_rows(row_bytes=10**9, batch_size=32) == 32
    assert streams.is_streamed(streams.device_memory())
    assert not streams.is_streamed(10**6)


def test_streams_serve_layers_of_any_width(streamed):
    X, y = classes()
    wholes = [MLPClassifier((n,), epochs=2, random_state=0).fit(X, y) for n in (4, 9)]
    streamed()
    for whole, n in zip(wholes, (4, 9), strict=True):
        assert_same_fit(MLPClassifier((n,), epochs=2, random_state=0).fit(X, y), whole)


class InOrder(np.random.RandomState):
    """Draws what every generator of its seed draws, but leaves rows in their order."""

    def permutation(self, n):
        return np.arange(n)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_dataset_trains_as_its_rows_in_order(jit_compile):
    X, y = classes()
    weight = np.random.RandomState(1).randint(0, 3, N).astype(float)
    parameters = dict(PARAMETERS, early_stopping=False, jit_compile=jit_compile)
    # A whole number of batches of rows that count, so that batches are the same in both.
    order = np.concatenate([np.flatnonzero(weight)[:480], np.flatnonzero(weight == 0)])
    X, y, weight = X[order], y[order], weight[order]
    parameters["random_state"] = InOrder(0)
    theirs = MLPClassifier(**parameters, class_weight="balanced").fit(X, y, weight)
    parameters["random_state"] = InOrder(0)
    ours = MLPClassifier(**parameters, class_weight="balanced").fit(batches(X, y, 32, weight))
    assert ours.classes_.tolist() == ["no", "yes"] and ours.n_features_in_ == D
    assert_same_fit(ours, theirs)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)


def test_batches_of_any_size_and_a_dataset_that_shuffles_itself():
    X, y = classes()
    y = X[:, 0] - X[:, 1]
    dataset = batches(X, y, 50).concatenate(batches(X[:33], y[:33], 20)).shuffle(100)
    regressor = MLPRegressor((), epochs=60, learning_rate=0.05, l2=0, random_state=0).fit(dataset)
    assert regressor.score(X, y) > 0.99
    more = np.concatenate([X, X[:33]])
    found = regressor._learnt.features
    np.testing.assert_allclose(found.offset, more.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.scale, more.std(axis=0), rtol=1e-9)


def test_validation_rows_beside_a_dataset():
    X, y = classes()
    X_val, y_val = classes(90)
    parameters = dict(hidden_layer_sizes=(8,), epochs=30, patience=2, random_state=0)
    arrays = MLPClassifier(**parameters).fit(batches(X, y), X_val=X_val, y_val=y_val)
    dataset = MLPClassifier(**parameters).fit(batches(X, y), X_val=batches(X_val, y_val))
    assert arrays.history_["val_loss"] == dataset.history_["val_loss"]
    with pytest.raises(ValueError, match="early_stopping=True needs X_val"):
        MLPClassifier(**parameters, early_stopping=True).fit(batches(X, y))


def test_datasets_go_into_partial_fit_and_the_users_own_models():
    X, y = classes()
    images = batches(X[:, :4].reshape(-1, 2, 2), y)
    flat = keras.Sequential(
        [keras.Input((4,)), keras.layers.Reshape((2, 2)), keras.layers.Flatten(),
         keras.layers.Dense(1, "sigmoid")]
    )  # fmt: skip
    classifier = KerasClassifier(flat, standardize=True, epochs=2, random_state=0).fit(images)
    assert classifier.predict(X[:, :4]).shape == (N,)
    partial = MLPClassifier((4,), random_state=0)
    for _ in range(2):
        partial.partial_fit(batches(X, y), None, classes=["no", "yes"])
    assert partial.n_iter_ == 2


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda d: d.repeat(), "must be a dataset that ends"),
        (lambda d: d.unbatch(), "batches of rows. Got x of shape"),
        (lambda d: d.map(lambda x, y: x), r"batches \(x, y\) or \(x, y, sample_weight\)"),
        (lambda d: d.take(0), "at least one row"),
        (lambda d: d.map(lambda x, y: ({"x": x}, y)), "single tensors of known rank"),
        (lambda d: d.map(lambda x, y: (x / 0, y)), "finite numbers only. Got NaN or infinity"),
        (lambda d: d.map(lambda x, y: (x, y, -x[:, 0])), "finite numbers >= 0"),
        (lambda d: d.map(lambda x, y: (tf.strings.as_string(x), y)), "X must hold numbers only"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(spoil, message):
    X, y = classes()
    classifier = MLPClassifier(**PARAMETERS)
    with pytest.raises(ValueError, match=message):
        classifier.fit(spoil(batches(X, y)))
    assert not hasattr(classifier, "n_features_in_")


def test_targets_and_weights_come_with_the_dataset():
    X, y = classes()
    with pytest.raises(ValueError, match="y and sample_weight must come with the batches"):
        MLPClassifier(**PARAMETERS).fit(batches(X, y), y)
    with pytest.raises(ValueError, match="y_val must come with the batches of X_val"):
        MLPClassifier(**PARAMETERS).fit(X, y, X_val=batches(X, y), y_val=y)
    fitted = MLPClassifier(**PARAMETERS).partial_fit(X, y, classes=["no", "yes"])
    with pytest.raises(TypeError, match="only fit and partial_fit take datasets"):
        fitted.predict(batches(X, y))
    with pytest.raises(ValueError, match="X has 4 features"):
        fitted.partial_fit(batches(X[:, :4], y), None)


def test_a_dataset_whose_later_batches_are_larger_is_refused():
    X, y = classes()
    passes = []

    def rows():
        passes.append(1)
        size = 32 if len(passes) == 1 else 40
        for start in range(0, N, size):
            yield X[start : start + size], X[start : start + size, 0]

    spec = tf.TensorSpec((None, D), tf.float64), tf.TensorSpec((None,), tf.float64)
    dataset = tf.data.Dataset.from_generator(rows, output_signature=spec)
    with pytest.raises(ValueError, match="batches of at most 32 rows"):
        MLPRegressor(**PARAMETERS).fit(dataset)
