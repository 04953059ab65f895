"""Schedules and factors of learning rate and weight decay: the steps are Keras's own."""

import math

import numpy as np
import pytest
from test_engine import (
    BATCH,
    EPOCHS,
    D,
    N,
    assert_equal_weights,
    by_keras,
    orders,
    specs,
    table,
)

from mlpkit import KerasRegressor, MLPRegressor, compilation, network, schedules, training
from mlpkit.backend import keras, tf
from mlpkit.errors import InvalidParameterError

STEPS = EPOCHS * math.ceil(N / BATCH)


class Steps(keras.optimizers.schedules.LearningRateSchedule):
    """A rate for each step, from a table."""

    def __init__(self, rates):
        self.rates = tf.constant(rates, "float32")

    def __call__(self, step):
        return tf.gather(self.rates, tf.cast(step, "int32"))


def program_of(model, optimizer, *, compiled, scheduled=(), dtype="float64", joins=False):
    loss = compilation.make_loss("mse", "mse", dtype=dtype)
    step = training.Step(model, optimizer, loss, [], dtype, joins=joins)
    return training.Program(step, BATCH, compiled=compiled, scheduled=scheduled)


def trained(program, weights, orders, factors=None):
    X, y, w = table("regression", "mean_squared_error")
    rows = training.make_rows(X, y, w, "float64", n_filled=128 if program.compiled else None)
    units = (tf.ones(1, "float64"), tf.zeros(1, "float64"))
    settings = program.settings({})
    state = program.start(weights)
    state, _ = program.run(state, rows, None, np.array(orders), (0, 1), settings, units, factors)
    return program.weights(program.epochs.shown(state)), program.learning_rate(state)


def test_a_schedule_gives_the_steps_that_keras_takes_with_one():
    X, y, w = table("regression", "mean_squared_error")
    spec = specs("regression", "mean_squared_error", dtype="float64")
    start = network.initial_weights(spec, 0)
    program = program_of(
        network.build(spec, 0), keras.optimizers.AdamW(0.01), compiled=True,
        scheduled=("learning_rate",), joins=True,
    )  # fmt: skip
    factors = schedules.factors("coslog4", np.arange(STEPS) / STEPS)
    ours, rate = trained(program, start, orders(), factors.reshape(EPOCHS, -1, 1))
    adamw = keras.optimizers.AdamW(Steps(np.float32(0.01) * factors.astype("float32")))
    loss = compilation.make_loss("mse", "mse", dtype="float64")
    theirs = by_keras(network.build(spec, 0), adamw, loss, orders(), X, y, w)
    assert_equal_weights(ours, theirs, 1e-6)
    assert rate == pytest.approx(0.01)  # callbacks see, and may change, what is multiplied


def test_factors_of_variables_by_hand():
    # Gradients of the mean squared error of f = 2x + 1 over the rows: 65/2 and 23/2 by weight.
    X, y, w = np.array([[1.0], [3.0]]), np.array([[1.0], [0.0]]), np.array([1.0, 3.0])
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    layer = model.layers[0]
    layer.kernel.learning_rate_factor, layer.bias.weight_decay_factor = 6.0, 0.0
    adamw = keras.optimizers.AdamW(0.1, weight_decay=0.5, epsilon=1e-7)
    program = program_of(model, adamw, compiled=False, dtype="float32", joins=True)
    assert not program.step.packing.joins
    rows = training.make_rows(X, y, w, "float32")
    units, settings = (tf.ones(1), tf.zeros(1)), program.settings({})
    state = program.start([np.array([[2.0]]), np.array([1.0])])
    state, _ = program.run(state, rows, None, np.array([[0, 1]]), (0, 1), settings, units)
    kernel, bias = program.weights(program.epochs.shown(state))
    # Adam's first step is the learning rate, whatever the gradient.
    np.testing.assert_allclose(kernel, 2 - 6 * 0.1 * 0.5 * 2 - 6 * 0.1, rtol=1e-5)
    np.testing.assert_allclose(bias, 1 - 0.1, rtol=1e-5)


def in_two_groups(optimizers, orders, X, y, w):
    """Weights where Keras's optimizers each train the kernels or the biases of a network."""
    spec = specs("regression", "mean_squared_error", dtype="float64")
    model = network.build(spec, 0)
    groups = [model.trainable_variables[i::2] for i in (0, 1)]
    loss = compilation.make_loss("mse", "mse", dtype="float64")
    for optimizer, group in zip(optimizers, groups, strict=True):
        optimizer.build(group)
    for order in orders:
        for start in range(0, N, BATCH):
            rows = order[start : start + BATCH]
            with tf.GradientTape() as tape:
                value = loss(y[rows], model(X[rows], training=True), sample_weight=w[rows])
            gradients = tape.gradient(value, groups)
            for optimizer, part, group in zip(optimizers, gradients, groups, strict=True):
                optimizer.apply(part, group)
    return model.get_weights()


@pytest.mark.parametrize("kind, compiled", [("AdamW", True), ("SGD", False)])
def test_factors_give_the_steps_of_two_optimizers(kind, compiled):
    X, y, w = table("regression", "mean_squared_error")
    spec = specs("regression", "mean_squared_error", dtype="float64")
    model = network.build(spec, 0)
    for bias in model.trainable_variables[1::2]:
        bias.learning_rate_factor, bias.weight_decay_factor = 0.25, 0.5

    def optimizer(rate, decay):
        return getattr(keras.optimizers, kind)(rate, weight_decay=decay)

    program = program_of(model, optimizer(0.02, 0.1), compiled=compiled)
    ours, _ = trained(program, network.initial_weights(spec, 0), orders()[:2])
    groups = optimizer(0.02, 0.1), optimizer(0.005, 0.05)
    assert_equal_weights(ours, in_two_groups(groups, orders()[:2], X, y, w), 1e-5)


def rows_of(n=120, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.randn(n, D)
    return X, X[:, 0] - X[:, 1] ** 2 + 0.1 * rng.randn(n)


SETTINGS = dict(
    hidden_layer_sizes=(6,), epochs=7, batch_size=16, early_stopping=False, random_state=0,
    learning_rate_schedule=schedules.WarmUp("flat_cos", 0.2), dtype="float64", learning_rate=0.01,
)  # fmt: skip


class Looks(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.rate = float(self.model.optimizer.learning_rate)


class LooksAtBatches(Looks):
    rates = ()

    def on_train_batch_begin(self, batch, logs=None):
        self.rates = (*self.rates, float(self.model.optimizer.learning_rate))


@pytest.fixture(scope="module")
def scheduled_fit():
    X, y = rows_of()
    return MLPRegressor(**SETTINGS).fit(X, y)


@pytest.mark.parametrize(
    "options",
    [
        {"jit_compile": True},
        {"verbose": 1},
        {"callbacks": Looks()},
        {"callbacks": LooksAtBatches()},
    ],
    ids=["compiled", "epoch a call", "watched", "by Keras"],
)
def test_every_way_of_training_has_the_same_rates(options, scheduled_fit, capsys):
    X, y = rows_of()
    fitted = MLPRegressor(**SETTINGS, **options).fit(X, y)
    ours = scheduled_fit.model_.get_weights(), fitted.model_.get_weights()
    assert_equal_weights(*ours, 1e-6)
    if "callbacks" in options:
        assert options["callbacks"].rate == pytest.approx(0.01)
    if hasattr(options.get("callbacks"), "rates"):
        t = np.arange(7 * 8) / (7 * 8)
        expected = 0.01 * schedules.factors(SETTINGS["learning_rate_schedule"], t)
        np.testing.assert_allclose(options["callbacks"].rates, expected, rtol=1e-5)


def test_streamed_rows_have_the_same_rates(scheduled_fit, monkeypatch):
    from mlpkit.training import streams

    monkeypatch.setattr(streams, "MEMORY_SHARE", 0.0)
    monkeypatch.setattr(streams, "SEGMENT_BYTES", 16 * D * 8 * 3)  # three steps a segment
    X, y = rows_of()
    fitted = MLPRegressor(**SETTINGS, jit_compile=True).fit(X, y)
    ours = scheduled_fit.model_.get_weights(), fitted.model_.get_weights()
    assert_equal_weights(*ours, 1e-6)


def small_model():
    model = keras.Sequential(
        [keras.Input((D,)), keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1)]
    )
    model.layers[0].bias.learning_rate_factor = 0.0
    return model


def test_factors_of_a_model_of_the_users_stay_with_its_copies():
    X, y = rows_of()
    fitted = KerasRegressor(small_model(), epochs=1, random_state=0).fit(X, y)
    biases = [layer.bias.numpy() for layer in fitted.model_.layers]
    assert not biases[0].any() and biases[1].any()


def test_keras_would_not_honour_factors_and_so_is_not_asked_to():
    X, y = rows_of()
    with pytest.raises(InvalidParameterError, match="one learning rate and one weight decay"):
        KerasRegressor(small_model(), epochs=1, callbacks=LooksAtBatches()).fit(X, y)


def test_schedule_and_epochs_change_no_program_and_no_key():
    X, y = rows_of()
    more = {**SETTINGS, "jit_compile": True}
    MLPRegressor(**more).fit(X, y)
    before = training.cache_info().misses
    for schedule in ("cosine", lambda t: 1 - t):
        MLPRegressor(**{**more, "learning_rate_schedule": schedule, "epochs": 5}).fit(X, y)
    assert training.cache_info().misses == before


def test_a_constant_schedule_changes_no_bit():
    X, y = rows_of()
    plain = MLPRegressor(**{**SETTINGS, "learning_rate_schedule": None}).fit(X, y)
    constant = MLPRegressor(**{**SETTINGS, "learning_rate_schedule": "constant"}).fit(X, y)
    assert np.array_equal(plain.predict(X), constant.predict(X))


def test_all_rows_are_learnt_along_the_schedule_of_the_epochs_planned(monkeypatch):
    from mlpkit.estimators import phases

    runs, train = [], phases.train_network

    def noted(learnt, sample, **options):
        runs.append(options["settings"])
        return train(learnt, sample, **options)

    monkeypatch.setattr(phases, "train_network", noted)
    X, y = rows_of(400)
    noise = np.random.RandomState(1).randn(400)  # nothing to learn: an early epoch is the best
    settings = {**SETTINGS, "learning_rate": 0.1, "patience": 2, "early_stopping": "auto"}
    fitted = MLPRegressor(**settings).fit(X, noise)
    first, second = runs
    assert (second.epochs, second.horizon) == (fitted.best_epoch_, 7)
    assert fitted.best_epoch_ < 7 and second.schedules == first.schedules


def test_partial_fit_knows_no_end_and_keeps_to_its_rate():
    X, y = rows_of()
    ours = MLPRegressor(**SETTINGS).partial_fit(X, y)
    plain = MLPRegressor(**{**SETTINGS, "learning_rate_schedule": None}).partial_fit(X, y)
    assert np.array_equal(ours.predict(X), plain.predict(X))


@pytest.mark.parametrize("wrong", ["cosinus", 3, lambda t: -t, lambda t: "a", lambda: 1])
def test_a_wrong_schedule_is_refused(wrong):
    X, y = rows_of()
    with pytest.raises(InvalidParameterError, match="learning_rate_schedule must be"):
        MLPRegressor(learning_rate_schedule=wrong).fit(X, y)


def test_a_schedule_that_turns_wrong_is_refused():
    X, y = rows_of()
    with pytest.raises(InvalidParameterError, match="Got -1 at t=0.7"):
        MLPRegressor(
            **{**SETTINGS, "learning_rate_schedule": lambda t: -1 if 0.7 <= t < 0.8 else 1}
        ).fit(X, y)


def test_an_optimizer_with_a_schedule_of_its_own_is_refused_another():
    X, y = rows_of()
    own = keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
    with pytest.raises(InvalidParameterError, match="schedule of its own"):
        MLPRegressor(**{**SETTINGS, "learning_rate": None}, optimizer=own).fit(X, y)


def test_weight_decay_and_dropout_follow_schedules_too():
    X, y, w = table("regression", "mean_squared_error")
    spec = specs("regression", "mean_squared_error", dropout=0.5)
    model, variables = network.build_for_many_fits(spec)
    loss = compilation.make_loss("mse", "mse")
    adamw = keras.optimizers.AdamW(0.01, weight_decay=0.3)
    step = training.Step(model, adamw, loss, [], "float32", variables)
    program = training.Program(step, BATCH, scheduled=("dropout", "weight_decay"))
    start = network.initial_weights(spec, 0)
    rows = training.make_rows(X, y, w, "float32")
    given = dict(settings=program.settings({"dropout": 0.5, "weight_decay": 0.3}))
    none = dict(settings=program.settings({"dropout": 0.0, "weight_decay": 0.0}))
    ones, zeros = np.ones((EPOCHS, STEPS // EPOCHS, 2)), np.zeros((EPOCHS, STEPS // EPOCHS, 2))
    weights = []
    for settings, factors in ((given, zeros), (none, ones), (given, ones)):
        state = program.start(start, seed_states=network.dropout_states(spec, 0))
        state, _ = program.run(
            state, rows, None, np.array(orders()), (0, 1),
            units=(tf.ones(1), tf.zeros(1)), factors=factors, **settings,
        )  # fmt: skip
        weights.append(program.weights(program.epochs.shown(state)))
    for nothing, none_given, both in zip(*weights, strict=True):
        assert np.array_equal(nothing, none_given)
        assert np.abs(both - nothing).max() > 1e-3
