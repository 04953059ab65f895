"""`make_classifier` and `make_regressor`: compiled Keras models after tables 10-1 and 10-2."""

import pickle
import random

import numpy as np
import pytest

from mlpkit import make_classifier, make_regressor
from mlpkit.errors import InvalidParameterError
from mlpkit.losses import LOSSES

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5)).astype("float32")


def small(make, *arguments, **parameters):
    """A factory's model with one narrow hidden layer, and without tracing a graph for each test."""
    model = make(*arguments, **{"hidden_layer_sizes": (6,), "random_state": 0, **parameters})
    model.run_eagerly = True
    return model


def targets(model, loss, low=0.0, high=1.0):
    """Targets of the shape and kind that a model's loss wants."""
    units = model.output_shape[1]
    if loss.startswith("sparse"):
        return RNG.integers(0, units, 40)
    if loss.startswith("categorical") or loss == "kl_divergence":
        return np.eye(units)[RNG.integers(0, units, 40)]
    if loss.startswith("binary"):
        return RNG.integers(0, 2, (40, units))
    return RNG.uniform(low, high, (40, units))


# Rows of the book's tables: arguments, units, output activation, loss class, auto metric.
TABLE = {
    "10-2 binary": (make_classifier, {}, 1, "sigmoid", "BinaryCrossentropy", "BinaryAccuracy"),
    "10-2 multilabel": (
        make_classifier, {"n_classes": 3, "multilabel": True}, 3, "sigmoid", "BinaryCrossentropy",
        "BinaryAccuracy",
    ),
    "10-2 two labels": (
        make_classifier, {"n_classes": 2, "multilabel": True}, 2, "sigmoid", "BinaryCrossentropy",
        "BinaryAccuracy",
    ),
    "10-2 multiclass": (
        make_classifier, {"n_classes": 3}, 3, "softmax", "SparseCategoricalCrossentropy",
        "SparseCategoricalAccuracy",
    ),
    "10-1 a value": (make_regressor, {}, 1, "linear", "MeanSquaredError", "RootMeanSquaredError"),
    "10-1 a box": (
        make_regressor, {"n_outputs": 4}, 4, "linear", "MeanSquaredError", "RootMeanSquaredError",
    ),
    "10-1 positive": (
        make_regressor, {"output_range": "positive"}, 1, "softplus", "MeanSquaredError",
        "RootMeanSquaredError",
    ),
    "10-1 positive by ReLU": (
        make_regressor, {"output_activation": "relu", "loss": "mae"}, 1, "relu",
        "MeanAbsoluteError", "RootMeanSquaredError",
    ),
    "10-1 bounded": (
        make_regressor, {"output_range": (0, 1), "loss": "huber"}, 1, "sigmoid", "Huber",
        "RootMeanSquaredError",
    ),
    "10-1 bounded by tanh": (
        make_regressor, {"output_range": (-1, 1), "output_activation": "tanh"}, 1, "tanh",
        "MeanSquaredError", "RootMeanSquaredError",
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", TABLE)
def test_the_book_s_tables(row):
    make, parameters, units, activation, loss, metric = TABLE[row]
    model = small(make, 5, **parameters)
    assert model.output_shape == (None, units)
    last = model.layers[-1]
    assert getattr(last, "activation", None).__name__ == activation
    assert type(model.loss).__name__ == loss
    assert model.loss.reduction == "mean_with_sample_weight"
    wanted = {"softmax": "sparse", "sigmoid": "binary"}.get(activation, "mse")
    model.train_on_batch(X, targets(model, wanted))
    assert [type(m).__name__ for m in model.metrics[1].metrics] == [metric]


FITTING = [
    (name, task) for name, row in LOSSES.items() for task in row.tasks
    if task != "multilabel" or name == "binary_crossentropy"
]  # fmt: skip


@pytest.mark.parametrize("loss, task", FITTING)
def test_every_loss_of_the_table_trains(loss, task):
    positive = {"output_range": "positive"} if LOSSES[loss].positive else {}
    makers = {
        "binary": lambda: small(make_classifier, 5, loss=loss),
        "multilabel": lambda: small(make_classifier, 5, 3, multilabel=True, loss=loss),
        "multiclass": lambda: small(make_classifier, 5, 3, loss=loss),
        "regression": lambda: small(make_regressor, 5, loss=loss, **positive),
        "multioutput": lambda: small(make_regressor, 5, 2, loss=loss, **positive),
    }
    model = makers[task]()
    one_hot = task == "multiclass" and LOSSES[loss].one_hot
    y = targets(model, "categorical" if one_hot else loss, low=0.1)
    before = model.get_weights()
    value = model.train_on_batch(X, y)[0]
    assert np.isfinite(value)
    assert not any(map(np.array_equal, before, model.get_weights()))
    # Keras's own loss of these predictions, computed apart from the model.
    model.set_weights(before)
    values = model.loss.call(y.astype("float32"), model(X))
    assert value == pytest.approx(float(np.mean(values)), rel=1e-5)


@pytest.mark.parametrize(
    "make, parameters, message",
    [
        (make_classifier, {"loss": "categorical_crossentropy"}, "output of a binary task"),
        (make_classifier, {"loss": "mae"}, "output of a binary task"),
        (make_classifier, {"n_classes": 3, "loss": "bce"}, "output of a multiclass task"),
        (make_classifier, {"n_classes": 3, "multilabel": True, "loss": "kld"}, "multilabel task"),
        (make_classifier, {"loss": "hinge"}, "output of a binary task"),
        (make_regressor, {"loss": "binary_crossentropy"}, "output of a regression task"),
        (make_regressor, {"loss": "poisson"}, "needs positive outputs"),
        (make_regressor, {"loss": "dice"}, "output of a regression task"),
        (make_classifier, {"n_classes": 1}, "n_classes must be an integer >= 2. Got 1."),
        (make_classifier, {"n_classes": 2.0}, "n_classes must be an integer >= 2. Got 2.0."),
        (make_classifier, {"n_classes": True}, "Got True."),
        (make_classifier, {"n_classes": "3"}, "Got '3'."),
        (make_classifier, {"n_classes": np.array([2, 3])}, r"Got array\(\[2, 3\]\)."),
        (make_classifier, {"n_classes": 0, "multilabel": True}, "integer >= 1. Got 0."),
        (make_classifier, {"multilabel": "yes"}, "multilabel must be True or False. Got 'yes'."),
        (make_regressor, {"n_outputs": 0}, "n_outputs must be an integer >= 1. Got 0."),
        (make_regressor, {"n_outputs": 1.0}, "Got 1.0."),
        (make_regressor, {"n_outputs": True}, "Got True."),
        (make_regressor, {"n_outputs": 2, "output_range": ["positive"]}, "each of the 2 output"),
    ],
)
def test_what_does_not_fit_is_refused(make, parameters, message):
    with pytest.raises(InvalidParameterError, match=message) as caught:
        make(5, **parameters)
    assert "\n" not in str(caught.value)


def test_all_problems_at_once_with_the_nearest_names():
    with pytest.raises(InvalidParameterError) as caught:
        make_classifier(0, 1, activation="rellu", optimizer="adaam", loss="bcee", dropout=-1)
    text = str(caught.value)
    assert text.splitlines()[0] == "6 arguments are wrong:"
    for name in ("'relu'", "'adam'", "'bce'"):
        assert f"Did you mean {name}?" in text


def test_one_label_is_one_sigmoid():
    assert small(make_classifier, 5, 1, multilabel=True).output_shape == (None, 1)


def test_a_list_of_quantiles_gives_one_output_each():
    model = small(make_regressor, 5, loss="quantile", quantile=[0.1, 0.5, 0.9])
    assert model.output_shape == (None, 3)
    y = RNG.normal(size=40)
    predicted = model(X).numpy()
    q = np.array([0.1, 0.5, 0.9])
    error = y[:, np.newaxis] - predicted
    expected = np.maximum(q * error, (q - 1) * error).mean()
    for shaped in (y, y[:, np.newaxis]):
        assert model.test_on_batch(X, shaped) == pytest.approx(expected, rel=1e-5)
    # Three rows against three quantiles: a plain vector is still a column.
    assert float(model.loss(y[:3], predicted[:3])) == pytest.approx(
        np.maximum(q * error, (q - 1) * error)[:3].mean(), rel=1e-5
    )


def test_trained_quantiles_cover_their_shares():
    x = np.ones((400, 1), "float32")
    y = np.random.default_rng(0).uniform(0, 1, 400)
    model = make_regressor(
        1, hidden_layer_sizes=(), loss="quantile", quantile=[0.1, 0.5, 0.9], optimizer="sgd",
        learning_rate=0.05, random_state=0,
    )  # fmt: skip
    for _ in range(600):
        model.train_on_batch(x, y)
    shares = (y[:, np.newaxis] <= model(x).numpy()).mean(axis=0)
    np.testing.assert_allclose(shares, [0.1, 0.5, 0.9], atol=0.06)


def test_outputs_stay_in_their_ranges_whatever_comes_in():
    ranges = [None, "positive", (-3, 4), (10, 20)]
    model = small(make_regressor, 5, 4, output_range=ranges)
    huge = np.vstack([X * 1e6, -X * 1e6, X * 1e30])
    plain, positive, left, right = model(huge).numpy().T
    assert abs(plain).max() > 1e5
    assert positive.min() >= 0 and positive.max() > 1e5
    for column, (low, high) in ((left, (-3, 4)), (right, (10, 20))):
        assert column.min() == pytest.approx(low, abs=1e-5) and column.min() >= low - 1e-5
        assert column.max() == pytest.approx(high, abs=1e-5) and column.max() <= high + 1e-5


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_bounded_outputs_are_in_the_target_s_units(activation):
    y = 100 + 50 * np.clip(X[:, 0] * 0.3 + 0.5, 0.05, 0.95)
    model = make_regressor(
        5, hidden_layer_sizes=(), output_range=(100, 150), output_activation=activation,
        learning_rate=0.1, random_state=0,
    )  # fmt: skip
    for _ in range(150):
        model.train_on_batch(X, y)
    loss, rmse = model.evaluate(X, y, verbose=0)
    assert rmse == pytest.approx(np.sqrt(loss), rel=1e-4)
    assert rmse < 3


def test_a_shape_is_flattened():
    images = RNG.normal(size=(7, 28, 28)).astype("float32")
    model = small(make_classifier, (28, 28), 10)
    assert [layer.name for layer in model.layers][:2] == ["flatten", "hidden_1"]
    flat = small(make_classifier, 784, 10)
    np.testing.assert_allclose(model(images), flat(images.reshape(7, 784)), rtol=1e-5, atol=1e-6)


def test_no_hidden_layer_is_the_linear_model():
    model = small(make_regressor, 5, hidden_layer_sizes=())
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model(X), X @ kernel + bias, rtol=1e-5, atol=1e-6)
    logistic = small(make_classifier, 5, hidden_layer_sizes=())
    kernel, bias = logistic.get_weights()
    np.testing.assert_allclose(
        logistic(X), 1 / (1 + np.exp(-(X @ kernel + bias))), rtol=1e-5, atol=1e-6
    )


def test_the_linear_model_learns_what_least_squares_gives():
    y = X @ np.arange(5) + 3 + 0.1 * np.random.default_rng(1).normal(size=40)
    model = make_regressor(5, hidden_layer_sizes=(), optimizer="sgd", learning_rate=0.1,
                           dtype="float64", random_state=0)  # fmt: skip
    wide = X.astype(float)
    for _ in range(400):
        model.train_on_batch(wide, y)
    design = np.column_stack([wide, np.ones(40)])
    expected = np.linalg.lstsq(design, y)[0]
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(np.append(kernel, bias), expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(5,), (2, 3)])
def test_standardize_is_adapted_to_rows_as_the_user_has_them(shape):
    rows = RNG.normal(size=(200, *shape)).astype("float32") * 7 + 3
    n_features = shape[0] if len(shape) == 1 else shape
    model = small(make_regressor, n_features, hidden_layer_sizes=(), standardize=True)
    layer = model.get_layer("standardize")
    kernel, bias = model.get_weights()[-2:]
    flat = rows.reshape(200, -1)
    np.testing.assert_allclose(model(rows), flat @ kernel + bias, rtol=1e-4, atol=1e-4)
    layer.adapt(rows)
    ready = (flat - flat.mean(axis=0)) / flat.std(axis=0)
    np.testing.assert_allclose(model(rows), ready @ kernel + bias, rtol=1e-4, atol=1e-4)


def weights_of(seed):
    return make_classifier(5, 3, hidden_layer_sizes=(4,), random_state=seed).get_weights()


def same(left, right):
    return all(map(np.array_equal, left, right))


def test_random_state_decides_every_bit_of_the_weights():
    assert same(weights_of(3), weights_of(3))
    assert same(weights_of(3), weights_of(np.int64(3)))
    assert same(weights_of(np.random.RandomState(3)), weights_of(np.random.RandomState(3)))
    assert not same(weights_of(3), weights_of(4))
    assert not same(weights_of(None), weights_of(None))
    shared = np.random.RandomState(0)
    assert not same(weights_of(shared), weights_of(shared))


def test_random_state_decides_dropout():
    def trained(seed):
        model = small(make_classifier, 5, dropout=0.5, random_state=seed)
        y = (X[:, 0] > 0).astype(int)
        for _ in range(2):
            model.train_on_batch(X, y)
        return model.get_weights()

    assert same(trained(0), trained(0))
    assert not same(trained(0), trained(1))


def test_global_generators_are_left_alone():
    before = random.getstate(), pickle.dumps(np.random.get_state())
    small(make_classifier, 5, dropout=0.5)
    assert (random.getstate(), pickle.dumps(np.random.get_state())) == before


def test_the_caller_s_optimizer_is_copied():
    import keras

    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    mine = keras.optimizers.SGD(schedule, momentum=0.7, nesterov=True)
    config = mine.get_config()
    models = [small(make_classifier, 5, optimizer=mine) for _ in range(2)]
    for model in models:
        model.train_on_batch(X, np.ones(40))
        assert model.optimizer.get_config() == config
    assert mine not in (models[0].optimizer, models[1].optimizer)
    assert models[0].optimizer is not models[1].optimizer
    assert not mine.built and int(mine.iterations) == 0 and mine.get_config() == config


def test_optimizer_by_name_and_learning_rate():
    model = small(make_classifier, 5, optimizer="AdamW", learning_rate=0.25)
    assert type(model.optimizer).__name__ == "AdamW"
    assert float(model.optimizer.learning_rate) == pytest.approx(0.25)
    assert float(small(make_classifier, 5).optimizer.learning_rate) == pytest.approx(1e-3)


def test_the_caller_s_loss_and_metrics_are_copied():
    import keras

    loss = keras.losses.Huber(delta=2.5)
    metric = keras.metrics.MeanAbsoluteError(name="mine")
    model = small(make_regressor, 5, loss=loss, metrics=[metric, "rmse"], dtype="float64")
    results = model.test_on_batch(X, 10 + X[:, 0], return_dict=True)
    assert set(results) == {"loss", "mine", "root_mean_squared_error"}
    assert model.loss is not loss and loss.reduction == "sum_over_batch_size"
    assert model.loss.dtype == "float64" and loss.dtype == "float32"
    assert float(metric.count) == 0
    error = abs(10 + X[:, 0] - model(X).numpy()[:, 0])
    expected = np.where(error < 2.5, error**2 / 2, 2.5 * error - 2.5**2 / 2).mean()
    assert results["loss"] == pytest.approx(expected, rel=1e-5)


def test_a_loss_object_of_the_user_s_own_class_is_copied():
    import keras

    class Cubic(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(abs(y_true - y_pred) ** 3, axis=-1)

    mine = Cubic()
    model = small(make_regressor, 5, loss=mine)
    assert type(model.loss) is Cubic and model.loss is not mine
    assert mine.reduction == "sum_over_batch_size"
    expected = (abs(1 - model(X).numpy()) ** 3).mean()
    assert model.test_on_batch(X, np.ones(40))[0] == pytest.approx(expected, rel=1e-5)


def test_delta_is_in_the_target_s_units():
    model = small(make_regressor, 5, loss="huber", delta=3)
    error = abs(100 - model(X).numpy())
    assert model.test_on_batch(X, np.full(40, 100.0))[0] == pytest.approx(
        (3 * error - 4.5).mean(), rel=1e-5
    )


def test_metrics_by_name_keep_their_names():
    for _ in range(2):
        model = small(make_classifier, 5, metrics=["accuracy", "auc", "precision", "mse"])
        results = model.test_on_batch(X, X[:, 0] > 0, return_dict=True)
        assert set(results) == {"loss", "accuracy", "auc", "precision", "mse"}
    assert set(small(make_classifier, 5, metrics=None).test_on_batch(
        X, X[:, 0] > 0, return_dict=True
    )) == {"loss"}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("compiled", [True, False], ids=["graph", "eager"])
def test_penalties_are_part_of_keras_s_loss(dtype, compiled):
    plain = small(make_regressor, 5, dtype=dtype)
    model = small(make_regressor, 5, dtype=dtype, l2=0.1)
    model.run_eagerly = plain.run_eagerly = not compiled
    penalty = 0.1 * sum((w.astype(float) ** 2).sum() for w in model.get_weights() if w.ndim == 2)
    y = X[:, 0]
    expected = plain.test_on_batch(X, y)[0] + penalty
    assert model.train_on_batch(X.astype(dtype), y)[0] == pytest.approx(expected, rel=1e-5)


def test_sample_weights_divide_the_loss_of_a_batch():
    model = small(make_regressor, 5)
    weight = np.random.default_rng(0).integers(0, 3, 40)
    y = X[:, 0]
    twice = model.test_on_batch(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    once = model.test_on_batch(X, y, sample_weight=weight)
    assert once[0] == pytest.approx(twice[0], rel=1e-5)


SAVED = {
    "binary": (make_classifier, {}),
    "multiclass": (make_classifier, {"n_classes": 3, "dropout": 0.2, "activation": "selu"}),
    "multilabel": (make_classifier, {"n_classes": 3, "multilabel": True, "standardize": True}),
    "regression": (make_regressor, {"loss": "huber", "delta": 2.0, "normalization": "batch"}),
    "ranges": (make_regressor, {"n_outputs": 3, "output_range": [None, "positive", (5, 9)]}),
    "bounded": (make_regressor, {"output_range": (5, 9), "l2": 0.1, "dtype": "float64"}),
    "quantiles": (make_regressor, {"loss": "quantile", "quantile": [0.1, 0.9]}),
    "GLU": (make_regressor, {"activation": "glu", "normalization": "layer"}),
    "PReLU": (make_regressor, {"activation": "prelu"}),
    "function": (make_regressor, {"loss": "a function of Keras's"}),
}


# Keras 3.10 wraps the input of a loaded functional model in a list, and warns of it itself.
@pytest.mark.filterwarnings(r"ignore:[\s\S]*The structure of `inputs`:UserWarning")
@pytest.mark.parametrize("case", SAVED)
def test_a_saved_model_predicts_and_goes_on_the_same(case, tmp_path):
    import keras

    make, parameters = SAVED[case]
    if "loss" in parameters and parameters["loss"].startswith("a function"):
        parameters = {**parameters, "loss": keras.losses.mean_absolute_error}
    model = small(make, 5, **parameters)
    y = np.abs(RNG.normal(size=(40, 1 if "quantile" in parameters else model.output_shape[1])))
    if make is make_classifier:
        y = (
            (y > 1).astype(int)
            if model.layers[-1].activation.__name__ == "sigmoid"
            else y[:, 0] > 1
        )
    model.train_on_batch(X, y)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    again.run_eagerly = True
    np.testing.assert_array_equal(again(X), model(X))
    assert type(again.loss) is type(model.loss)
    far = y * 10 if make is make_regressor else y
    for _ in range(1 if "dropout" in parameters else 2):  # Keras saves no dropout state
        theirs, ours = (each.evaluate(X, far, verbose=0) for each in (again, model))
        np.testing.assert_allclose(theirs, ours, rtol=1e-6)
        again.train_on_batch(X, far)
        model.train_on_batch(X, far)


def test_fit_summary_and_evaluate_work_as_they_are(capsys):
    model = make_classifier(5, 3, hidden_layer_sizes=(8,), random_state=0)
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    history = model.fit(X, y, epochs=3, validation_data=(X, y), verbose=0).history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history["loss"][-1] < history["loss"][0]
    model.summary()
    assert "hidden_1" in capsys.readouterr().out
    np.testing.assert_allclose(model.predict(X, verbose=0).sum(axis=1), 1, rtol=1e-5)
