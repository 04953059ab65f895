"""The compiled loop trains as Keras does: weights after 50 steps equal those of train_on_batch."""

import numpy as np
import pytest
import scipy.sparse

from mlpkit import compilation, network, training
from mlpkit.architecture import make_spec
from mlpkit.backend import keras, tf
from mlpkit.losses import LOSSES
from mlpkit.tasks import TASKS

N, D, BATCH, EPOCHS = 100, 6, 16, 8  # seven steps an epoch, the last one smaller: 56 steps

OPTIMIZERS = {
    "sgd": lambda: "sgd",
    "momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "adam": lambda: "adam",
    "adamw": lambda: "adamw",
    "rmsprop": lambda: "rmsprop",
    "nadam": lambda: "nadam",
    "adamax": lambda: "adamax",
    "adagrad": lambda: "adagrad",
    "adadelta": lambda: "adadelta",
    "adafactor": lambda: "adafactor",
    "ftrl": lambda: "ftrl",
    "lion": lambda: "lion",
    "lamb": lambda: keras.optimizers.Lamb(0.01),
    "clipped": lambda: keras.optimizers.Adam(clipnorm=0.1),
    "clipped by the norm of all": lambda: keras.optimizers.Adam(global_clipnorm=0.1),
    "clipped by value": lambda: keras.optimizers.Adam(clipvalue=0.01),
    "decayed": lambda: keras.optimizers.SGD(0.01, weight_decay=0.1),
    "scheduled": lambda: keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    ),
}


def table(task, loss, seed=0):
    """Features, targets as the loss wants them, and weights."""
    rng = np.random.RandomState(seed)
    X = rng.randn(N, D)
    if task == "multiclass":
        index = rng.randint(3, size=(N, 1))
        y = np.eye(3)[index.ravel()] if LOSSES[loss].one_hot else index
    elif task in ("binary", "multilabel"):
        y = rng.randint(2, size=(N, 1 if task == "binary" else 3)).astype(float)
    else:
        y = rng.rand(N, 1 if task == "regression" else 2) * 3
    return X, y, rng.rand(N) + 0.5


def specs(task, loss, **options):
    units = {"multiclass": 3, "multilabel": 3, "multioutput": 2}.get(task, 1)
    if loss in LOSSES and LOSSES[loss].positive:
        options["output_range"] = "positive"
    return make_spec(task, D, units, hidden_layer_sizes=(10, 5), loss=loss, **options)


def by_keras(model, optimizer, loss, orders, X, y, w):
    """Weights after Keras's own training steps."""
    model.compile(optimizer=optimizer, loss=loss)
    for order in orders:
        for start in range(0, N, BATCH):
            rows = order[start : start + BATCH]
            model.train_on_batch(X[rows], y[rows], sample_weight=None if w is None else w[rows])
    return model.get_weights()


def engine(spec, optimizer, *, compiled=False, metrics=(), settings=None, hashed=False):
    """A program of the spec's network."""
    loss = compilation.make_loss(spec.loss, TASKS[spec.task].loss, dtype=spec.dtype)
    model, variables = network.build(spec, 0, hashed=hashed), {}
    if settings:
        model, variables = network.build_for_many_fits(spec)
    optimizer = compilation.make_optimizer(optimizer)
    joins = compiled and training.may_join(optimizer)  # as the estimators do
    step = training.Step(model, optimizer, loss, list(metrics), spec.dtype, variables, joins=joins)
    masks = compiled and spec.normalization == "batch"
    return training.Program(step, BATCH, compiled=compiled, masks=masks)


def run(program, spec, orders, X, y, w, *, seed=0, settings=None, units=None):
    """State and figures after the epochs of some orders."""
    n_filled = training.bucket(len(X)) if program.compiled else None
    weight = np.ones(len(X)) if w is None else w
    rows = training.make_rows(X, y, weight, spec.dtype, n_filled=n_filled)
    state = program.start(
        network.initial_weights(spec, seed), seed_states=network.dropout_states(spec, seed)
    )
    units = units or (tf.ones(spec.units, spec.dtype), tf.zeros(spec.units, spec.dtype))
    settings = program.settings(settings or {})
    return program.run(state, rows, None, np.array(orders), (0, 1), settings, units)


def by_engine(spec, optimizer, orders, X, y, w, *, compiled, settings=None, hashed=False):
    program = engine(spec, optimizer, compiled=compiled, settings=settings, hashed=hashed)
    state, _ = run(program, spec, orders, X, y, w, settings=settings)
    return program.weights(program.epochs.shown(state))


def orders(seed=0):
    rng = np.random.RandomState(seed)
    return [rng.permutation(N) for _ in range(EPOCHS)]


def assert_equal_weights(ours, theirs, tolerance):
    for mine, other in zip(ours, theirs, strict=True):
        scale = np.abs(other).max() or 1.0
        assert np.abs(mine - other).max() / scale <= tolerance


in_both = pytest.mark.parametrize("compiled", [False, True], ids=["graph", "compiled"])

MATRICES = {("multilabel", "binary_crossentropy"), ("multioutput", "huber")}
WEIGHTED = [
    (task, loss, True)
    for loss, row in LOSSES.items()
    for task in row.tasks
    if task not in ("multilabel", "multioutput") or (task, loss) in MATRICES
]
PLAIN = [(task, row.loss, False) for task, row in TASKS.items()]


@in_both
@pytest.mark.parametrize("task, loss, weighted", WEIGHTED + PLAIN)
def test_each_loss_trains_as_keras_does(task, loss, weighted, compiled):
    X, y, w = table(task, loss)
    spec = specs(task, loss, dtype="float64")
    w = w if weighted else None
    ours = by_engine(spec, "adam", orders(), X, y, w, compiled=compiled)
    keras_loss = compilation.make_loss(loss, loss, dtype="float64")
    assert keras_loss.reduction == "mean_with_sample_weight"
    theirs = by_keras(network.build(spec, 0), "adam", keras_loss, orders(), X, y, w)
    assert_equal_weights(ours, theirs, 1e-5)


@in_both
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_trains_as_keras_does(name, compiled):
    X, y, w = table("regression", "mean_squared_error")
    spec = specs("regression", "mean_squared_error", dtype="float64")
    ours = by_engine(spec, OPTIMIZERS[name](), orders(), X, y, w, compiled=compiled)
    loss = compilation.make_loss("mse", "mse", dtype="float64")
    theirs = by_keras(network.build(spec, 0), OPTIMIZERS[name](), loss, orders(), X, y, w)
    assert_equal_weights(ours, theirs, 1e-5)


@pytest.mark.parametrize(
    "options, compiled",
    [
        ({}, False),
        ({"l2": 0.01}, False),
        ({"l2": 0.01}, True),
        ({"normalization": "batch"}, False),
        ({"normalization": "batch"}, True),
        ({"normalization": "layer", "activation": "prelu"}, False),
        ({"normalization": "layer", "activation": "prelu"}, True),
        # A filled-up batch draws more random numbers than Keras's smaller one.
        ({"dropout": 0.3}, False),
        ({"activation": "selu", "dropout": 0.2}, False),
    ],
    ids=lambda value: "+".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_each_layer_trains_as_keras_does_in_float32(options, compiled):
    X, y, w = table("multiclass", "sparse_categorical_crossentropy")
    spec = specs("multiclass", "sparse_categorical_crossentropy", **options)
    ours = by_engine(spec, "sgd", orders(), X, y, w, compiled=compiled)
    loss = compilation.make_loss("auto", spec.loss)
    theirs = by_keras(network.build(spec, 0), "sgd", loss, orders(), X.astype("float32"), y, w)
    assert_equal_weights(ours, theirs, 1e-5)


@in_both
def test_penalty_and_dropout_may_change_from_fit_to_fit(compiled):
    X, y, w = table("multiclass", "sparse_categorical_crossentropy")
    program = None
    for values in ({"l2": 0.01, "dropout": 0.3}, {"l2": 0.3, "dropout": 0.1}):
        spec = specs("multiclass", "sparse_categorical_crossentropy", **values)
        program = program or engine(spec, "sgd", compiled=compiled, settings=values)
        state, _ = run(program, spec, orders(), X, y, w, settings=values)
        fixed = by_engine(spec, "sgd", orders(), X, y, w, compiled=compiled, hashed=True)
        assert_equal_weights(program.weights(program.epochs.shown(state)), fixed, 1e-5)


@in_both
def test_weight_decay_may_change_from_fit_to_fit(compiled):
    X, y, w = table("regression", "mean_squared_error")
    spec = specs("regression", "mean_squared_error", dtype="float64")
    program = engine(spec, keras.optimizers.AdamW(weight_decay=0.5), compiled=compiled)
    loss = compilation.make_loss("mse", "mse", dtype="float64")
    for decay in (0.5, 0.01):
        state, _ = run(program, spec, orders(), X, y, w, settings={"weight_decay": decay})
        adamw = keras.optimizers.AdamW(weight_decay=decay)
        theirs = by_keras(network.build(spec, 0), adamw, loss, orders(), X, y, w)
        assert_equal_weights(program.weights(program.epochs.shown(state)), theirs, 1e-5)


@in_both
def test_one_step_by_hand(compiled):
    X, y, w = np.array([[1.0], [3.0]]), np.array([[1.0], [0.0]]), np.array([1.0, 3.0])
    spec = make_spec("regression", 1, hidden_layer_sizes=(), dtype="float64")
    program = engine(spec, keras.optimizers.SGD(0.1), compiled=compiled)
    state = program.start([np.array([[2.0]]), np.array([1.0])])
    units = (tf.ones(1, "float64"), tf.zeros(1, "float64"))
    rows = training.make_rows(X, y, w, "float64", n_filled=64 if compiled else None)
    state, figures = program.run(state, rows, None, np.array([[0, 1]]), (0, 1), (), units)
    # f = 2x + 1 errs by 2 and 7; weighted gradients (1*2*2*1 + 3*2*7*3) / 4 and (4 + 3*14) / 4.
    assert figures[0, 0] == pytest.approx((1 * 4 + 3 * 49) / 4)
    kernel, bias = program.weights(program.epochs.shown(state))
    # Keras keeps its learning rate in float32.
    np.testing.assert_allclose(kernel, 2 - 0.1 * 130 / 4, rtol=1e-6)
    np.testing.assert_allclose(bias, 1 - 0.1 * 46 / 4, rtol=1e-6)


def test_sparse_rows_train_as_dense_ones_do():
    X, y, w = table("regression", "mean_squared_error")
    X[np.abs(X) < 0.8] = 0
    spec = specs("regression", "mean_squared_error", dtype="float64")
    units = (tf.ones(1, "float64"), tf.zeros(1, "float64"))
    center, factor = X.mean(axis=0), 1 / X.std(axis=0)
    dense = training.make_rows((X - center) * factor, y, w, "float64")
    sparse = training.make_rows(scipy.sparse.csr_array(X), y, w, "float64", center, factor)
    weights = []
    for rows in (dense, sparse):
        program = engine(spec, "adam")
        state = program.start(network.initial_weights(spec, 0))
        state, _ = program.run(state, rows, None, np.array(orders()), (0, 1), (), units)
        weights.append(program.weights(program.epochs.shown(state)))
    assert_equal_weights(*weights, 1e-10)


@in_both
def test_losses_and_metrics_equal_keras_evaluate(compiled):
    X, y, _ = table("multiclass", "sparse_categorical_crossentropy")
    spec = specs("multiclass", "sparse_categorical_crossentropy", l2=0.01)
    metrics = compilation.make_metrics("auto", "multiclass")
    program = engine(spec, keras.optimizers.SGD(0.0), compiled=compiled, metrics=metrics)
    held = training.make_rows(X, y, np.ones(N), "float32", n_filled=128 if compiled else None)
    few = training.make_rows(X[:9], y[:9], np.ones(9), "float32", n_filled=64 if compiled else None)
    state = program.start(network.initial_weights(spec, 3), stops=True)
    units = (tf.ones(3), tf.zeros(3))
    _, figures = program.run(state, few, held, np.arange(9)[np.newaxis], (N, 1), (), units)
    model = network.build(spec, 3)
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    for part, (loss, accuracy) in zip((X[:9], X), figures.reshape(2, 2), strict=True):
        expected = model.evaluate(
            part.astype("float32"), y[: len(part)], verbose=0, return_dict=True
        )
        assert loss == pytest.approx(expected["loss"], rel=1e-5)
        assert accuracy == pytest.approx(expected["accuracy"], rel=1e-6)


def test_objects_of_the_users_own_have_no_key():
    class Mine(keras.layers.Dense):
        pass

    built_in = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="relu")])
    same = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="relu")])
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="tanh")])
    own = keras.Sequential([keras.Input((3,)), Mine(2)])
    own_activation = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, activation=lambda z: z)]
    )
    assert training.stable_key(built_in) == training.stable_key(same) is not None
    assert training.stable_key(built_in) != training.stable_key(other)
    assert training.stable_key(own) is None
    assert training.stable_key(own_activation) is None


def test_the_running_average_is_kept_where_asked_for():
    from mlpkit import MLPRegressor

    X, y, _ = table("regression", "mean_squared_error")
    settings = dict(hidden_layer_sizes=(5,), random_state=0, dtype="float64", early_stopping=False)
    weights = [
        MLPRegressor(**settings, epochs=epochs, average=False)
        .fit(X, y.ravel())
        .model_.get_weights()
        for epochs in (1, 2, 3)
    ]
    averaged = MLPRegressor(**settings, epochs=3, average=True).fit(X, y.ravel())
    # The memory grows from nothing: 1/2 of the first and second epoch, then 3/5 of that.
    for first, second, third, mean in zip(*weights, averaged.model_.get_weights(), strict=True):
        np.testing.assert_allclose(0.6 * (first + second) / 2 + 0.4 * third, mean, rtol=1e-9)
