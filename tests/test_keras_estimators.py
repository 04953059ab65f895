"""`KerasClassifier` and `KerasRegressor`: the user's own model, copied, checked and trained."""

import copy
import pickle

import cloudpickle
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone

from mlpkit import InvalidParameterError, KerasClassifier, KerasRegressor, training
from mlpkit.backend import keras

N = 80


@pytest.fixture
def X():
    return np.random.RandomState(0).randn(N, 4)


@pytest.fixture
def y(X):
    return X[:, 0] + 2 * X[:, 1]


def network(n_features, units, activation, width=8, dropout=0.0):
    shape = n_features if isinstance(n_features, tuple) else (n_features,)
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Flatten(),
            keras.layers.Dense(width, activation="relu"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(units, activation=activation),
        ]
    )


def builder(n_features, task, width=8, dropout=0.0):
    return network(n_features, task.units, task.output_activation, width, dropout)


def classifier(model=builder, **options):
    return KerasClassifier(model, **{"epochs": 3, "random_state": 0, **options})


def regressor(model=builder, **options):
    return KerasRegressor(model, **{"epochs": 3, "random_state": 0, **options})


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize(
    "task", ["binary", "multiclass", "multilabel", "regression", "column", "two"]
)
def test_a_builder_serves_every_task(X, y, task, standardize):
    target = {
        "binary": np.where(y > 0, "up", "down"),
        "multiclass": np.digitize(y, [-1, 1]),
        "multilabel": (X[:, :3] > 0).astype(int),
        "regression": y,
        "column": y[:, None],
        "two": 100 + X[:, :2],
    }[task]
    numbers = task in ("regression", "column", "two")
    fitted = (regressor if numbers else classifier)(standardize=standardize).fit(X, target)
    predicted = fitted.predict(X)
    assert predicted.shape == target.shape
    assert predicted.dtype.kind == target.dtype.kind
    outputs = np.asarray(fitted.model_(X.astype("float32")))
    if numbers:
        outputs = outputs.reshape(predicted.shape)
        np.testing.assert_allclose(outputs, predicted, rtol=1e-4, atol=1e-5)
        return
    probability = fitted.predict_proba(X)
    assert probability.shape == (N, len(fitted.classes_))
    if task != "multilabel":
        np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-6)
    columns = probability[:, 1:] if task == "binary" else probability
    np.testing.assert_allclose(outputs, columns, rtol=1e-4, atol=1e-5)


def test_parameters_of_the_builder_by_constructor_and_set_params(X, y):
    by_constructor = regressor(model__width=5).fit(X, y)
    assert by_constructor.model_.count_params() == 4 * 5 + 5 + 5 + 1
    by_setting = regressor().set_params(model__width=5)
    assert by_setting.get_params()["model__width"] == 5
    assert np.array_equal(by_setting.fit(X, y).predict(X), by_constructor.predict(X))
    assert clone(by_setting).get_params() == by_constructor.get_params()
    assert "model__width=5" in repr(by_constructor)
    with pytest.raises(TypeError, match="unexpected keyword argument 'depth'"):
        regressor(model__depth=2).fit(X, y)
    with pytest.raises(TypeError, match="width. The builder's own parameters are spelt model__na"):
        regressor(width=5)
    with pytest.raises(ValueError, match="Invalid parameter 'width'"):
        regressor().set_params(width=5)


def test_a_built_model_is_copied_and_left_as_it_was(X, y):
    model = network(4, 1, None)
    model.compile(optimizer="sgd", loss="mae")
    model.build((None, 4))
    weights = model.get_weights()
    fitted = regressor(model).fit(X, y)
    assert fitted.model is model
    assert fitted.model_ is not model
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), weights, strict=True))
    assert not np.array_equal(fitted.model_.get_weights()[0], weights[0])
    assert model.optimizer.iterations.numpy() == 0
    with pytest.raises(InvalidParameterError, match="model__ parameters need a builder"):
        regressor(model, model__width=3).fit(X, y)


def test_the_compiled_loss_and_optimizer_are_taken_over(X, y):
    def compiled(n_features, task):
        model = builder(n_features, task)
        model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.5), loss="mae")
        return model

    def plain(n_features, task):
        return builder(n_features, task)

    sgd = keras.optimizers.SGD(0.05, momentum=0.5)
    expected = regressor(plain, loss="mae", optimizer=sgd).fit(X, y)
    for model in (compiled, compiled(4, expected.task_)):
        fitted = regressor(model).fit(X, y)
        assert fitted.history_ == expected.history_
        assert isinstance(fitted.model_.optimizer, keras.optimizers.SGD)
    overruled = regressor(compiled, loss="mse", optimizer="adam").fit(X, y)
    assert overruled.history_ == regressor(plain).fit(X, y).history_


def test_the_fitted_model_is_compiled_for_the_same_figures(X, y):
    fitted = regressor().fit(X, y, X_val=X, y_val=y)
    figures = fitted.model_.evaluate(X.astype("float32"), y, verbose=0, return_dict=True)
    assert figures["loss"] == pytest.approx(fitted.history_["val_loss"][-1], rel=1e-5)
    assert figures["root_mean_squared_error"] == pytest.approx(
        fitted.history_["val_root_mean_squared_error"][-1], rel=1e-5
    )


def test_two_softmax_units_for_two_classes(X, y):
    labels = np.where(y > 0, "up", "down")
    fitted = classifier(network(4, 2, "softmax"), epochs=30, learning_rate=0.05).fit(X, labels)
    assert fitted.predict_proba(X).shape == (N, 2)
    assert fitted.classes_.tolist() == ["down", "up"]
    assert fitted.score(X, labels) > 0.9


def two_inputs():
    left, right = keras.Input((2,)), keras.Input((2,))
    joined = keras.layers.Concatenate()([left, right])
    return keras.Model([left, right], keras.layers.Dense(1, activation="sigmoid")(joined))


def two_outputs():
    features = keras.Input((4,))
    return keras.Model(features, [keras.layers.Dense(1)(features), keras.layers.Dense(1)(features)])


WRONG = {
    "missing": (lambda: None, "model must be a Keras model or a function"),
    "text": (lambda: "mlp", "model must be a Keras model or a function"),
    "no model": (lambda: lambda n, task: 3, r"model must return a keras\.Model\. .* returned int"),
    "units": (lambda: network(4, 2, "softmax"), r"must have 3 output unit\(s\) .* Got 2"),
    "linear": (lambda: network(4, 3, None), "must end in softmax for this multi.* Got linear"),
    "sigmoid": (lambda: network(4, 3, "sigmoid"), "must end in softmax .* Got sigmoid"),
    "features": (lambda: network(5, 3, "softmax"), r"the 4 features of X\. It takes shape \(5,"),
    "two inputs": (two_inputs, "model must have one input. Got 2: .* out of scope"),
    "two outputs": (two_outputs, "model must give one output"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_models_that_do_not_fit(X, y, kind):
    make, message = WRONG[kind]
    unfit = classifier(make())
    with pytest.raises(InvalidParameterError, match=message):
        unfit.fit(X, np.digitize(y, [-1, 1]))
    assert not hasattr(unfit, "classes_")


def test_losses_that_do_not_fit_are_refused(X, y):
    with pytest.raises(InvalidParameterError, match="loss must fit the output of a binary task"):
        classifier(loss="mae").fit(X, y > 0)
    logits = keras.losses.BinaryCrossentropy(from_logits=True)
    with pytest.raises(InvalidParameterError, match="from_logits"):
        classifier(loss=logits).fit(X, y > 0)
    with pytest.raises(InvalidParameterError, match="Did you mean 'mean_squared_error'"):
        regressor(loss="mean_square_error", optimizer="adm").fit(X, y)


class Own(keras.Model):
    """A subclassed model: built when first called."""

    def __init__(self, units, activation):
        super().__init__()
        self.hidden = keras.layers.Dense(8, activation="relu")
        self.dropout = keras.layers.Dropout(0.2)
        self.last = keras.layers.Dense(units, activation=activation)

    def call(self, inputs, training=False):
        return self.last(self.dropout(self.hidden(inputs), training=training))


def test_a_subclassed_model_by_a_builder(X, y):
    def own(n_features, task):
        return Own(task.units, task.output_activation)

    fitted = classifier(own).fit(X, y > 0)
    assert fitted.predict_proba(X).shape == (N, 2)
    assert np.array_equal(classifier(own).fit(X, y > 0).predict_proba(X), fitted.predict_proba(X))
    with pytest.raises(InvalidParameterError, match="Pass a builder function in its place"):
        classifier(Own(1, "sigmoid")).fit(X, y > 0)


@pytest.mark.parametrize("standardize", [False, True])
def test_images_come_as_flat_rows(standardize):
    rng = np.random.RandomState(0)
    X = rng.rand(60, 64) * 16
    y = (X[:, :8].mean(axis=1) > 8).astype(int)
    fitted = classifier(network((8, 8), 1, "sigmoid"), standardize=standardize).fit(X, y)
    probability = fitted.predict_proba(X)[:, 1]
    images = X.reshape(-1, 8, 8).astype("float32")
    np.testing.assert_allclose(np.ravel(fitted.model_(images)), probability, rtol=1e-4, atol=1e-6)
    sparse = clone(fitted).fit(sp.csr_array(X), y)
    np.testing.assert_allclose(sparse.predict_proba(sp.csr_array(X))[:, 1], probability, rtol=1e-4)


def test_sparse_rows_equal_dense_ones(X, y):
    X = np.where(X > 0, X, 0)
    dense, sparse = regressor(standardize=True).fit(X, y), regressor(standardize=True)
    sparse.fit(sp.csc_array(X), y)
    np.testing.assert_allclose(sparse.predict(X), dense.predict(X), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    "copied",
    [lambda e: pickle.loads(pickle.dumps(e)), lambda e: cloudpickle.loads(cloudpickle.dumps(e)),
     copy.deepcopy],
    ids=["pickle", "cloudpickle", "deepcopy"],
)  # fmt: skip
@pytest.mark.parametrize("model", [builder, network(4, 1, None)], ids=["builder", "model"])
def test_copies_predict_the_same(X, y, model, copied):
    fitted = regressor(model, standardize=True, epochs=1).fit(X, 100 + y)
    other = copied(fitted)
    assert np.array_equal(other.predict(X), fitted.predict(X))
    assert np.asarray(other.model_(X.astype("float32"))).shape == (N, 1)
    again = other.fit(X, 100 + y)
    assert again.history_.keys() == fitted.history_.keys()


def test_the_random_state_decides_everything(X, y):
    fitted = [regressor(model__dropout=0.3, early_stopping=True).fit(X, y) for _ in range(2)]
    assert fitted[0].history_ == fitted[1].history_
    assert np.array_equal(fitted[0].predict(X), fitted[1].predict(X))
    other = regressor(model__dropout=0.3, early_stopping=True, random_state=1).fit(X, y)
    assert not np.array_equal(other.predict(X), fitted[0].predict(X))


@pytest.mark.parametrize("form", ["builder", "model", "functional"])
def test_one_program_serves_the_fits_of_one_architecture(X, y, form, monkeypatch):
    def functional(n_features, task):
        features = keras.Input((n_features,))
        inner = keras.Sequential([keras.Input((n_features,)), keras.layers.Dense(7, "relu")])
        return keras.Model(features, keras.layers.Dense(task.units)(inner(features)))

    made, start = [], training.Program.__init__
    monkeypatch.setattr(
        training.Program, "__init__", lambda *a, **k: made.append(1) or start(*a, **k)
    )
    model = {"builder": builder, "model": network(4, 1, None), "functional": functional}[form]
    sizes = {"model__width": 7} if form == "builder" else {}
    fits = []
    for rate, seed in ((0.001, 0), (0.01, 1), (0.01, 2)):
        fits.append(regressor(model, learning_rate=rate, random_state=seed, **sizes).fit(X, y))
    assert len(made) <= 1
    assert len({fitted.history_["loss"][-1] for fitted in fits}) == 3


def test_a_built_model_starts_from_new_weights_and_with_warm_start_from_its_own(X, y):
    model = network(4, 1, None)
    model(X.astype("float32"))
    outputs = np.ravel(model(X.astype("float32")))
    still = {"learning_rate": 1e-12, "epochs": 1}
    warm = regressor(model, warm_start=True, **still).fit(X, y)
    np.testing.assert_allclose(warm.predict(X), outputs, rtol=1e-4, atol=1e-6)
    assert not np.allclose(regressor(model, **still).fit(X, y).predict(X), outputs)


def test_warm_start_and_partial_fit_go_on(X, y):
    warm = regressor(warm_start=True, learning_rate=0.02)
    first = warm.fit(X, y).history_["loss"]
    assert max(warm.fit(X, y).history_["loss"]) < min(first)
    with pytest.raises(InvalidParameterError, match="only with the same architecture"):
        warm.set_params(model__width=3).fit(X, y)
    parts = classifier(learning_rate=0.02)
    for _ in range(3):
        parts.partial_fit(X, y > 0, classes=[False, True])
    assert parts.n_iter_ == 3
    assert parts.history_["loss"][-1] < parts.history_["loss"][0]


def test_weights_of_rows_and_classes(X, y):
    labels = y > 0
    weight = np.arange(N) % 3
    weighted = classifier(batch_size=1000).fit(X, labels, weight)
    rows = np.repeat(np.arange(N), weight)
    repeated = classifier(batch_size=1000).fit(X[rows], labels[rows])
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-4)
    by_class = classifier(class_weight={True: 3.0}).fit(X, labels)
    by_row = classifier().fit(X, labels, np.where(labels, 3.0, 1.0))
    assert np.array_equal(by_class.predict_proba(X), by_row.predict_proba(X))


def test_early_stopping_brings_the_best_weights_back(X, y):
    noise = np.random.RandomState(1).permutation(y[:30])
    fitted = regressor(early_stopping=True, patience=2, epochs=50, learning_rate=0.1)
    fitted.fit(X, y, X_val=X[:30], y_val=noise)
    losses = fitted.history_["val_loss"]
    assert fitted.best_epoch_ == np.argmin(losses) + 1 == len(losses) - 2
    mse = np.mean((fitted.predict(X[:30]) - noise) ** 2)
    assert mse == pytest.approx(min(losses), rel=1e-5)


def test_the_fitted_model_is_saved_and_loaded(X, y, tmp_path):
    fitted = regressor(standardize=True).fit(X, 100 + y)
    fitted.model_.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(np.ravel(loaded(X.astype("float32"))), fitted.predict(X), rtol=1e-5)


def test_a_model_in_float64(X, y):
    def double(n_features, task):
        layer = keras.layers.Dense(task.units, dtype="float64")
        return keras.Sequential([keras.Input((n_features,), dtype="float64"), layer])

    fitted = regressor(double, standardize=True).fit(X, y)
    assert np.asarray(fitted.model_(X)).dtype == np.float64
    np.testing.assert_allclose(np.ravel(fitted.model_(X)), fitted.predict(X), rtol=1e-12)
