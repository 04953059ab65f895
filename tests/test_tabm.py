"""TabM: the network against itself written out, folds that do not leak, the estimators."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris, make_friedman1
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import StandardScaler

from mlpkit import InvalidParameterError, TabMClassifier, TabMRegressor, make_tabm
from mlpkit.architecture import make_spec
from mlpkit.architecture.tabm import tabm_spec
from mlpkit.bins import piecewise_linear, quantile_bins
from mlpkit.estimators.folds import fold_numbers, folded, held_order
from mlpkit.estimators.learnt import Learnt, Sample
from mlpkit.estimators.tabm_network import TabMNetwork
from mlpkit.estimators.tabular import _temperature
from mlpkit.inference.outputs import tempered
from mlpkit.inference.tabm import TabMForward
from mlpkit.scaling import identity

SMALL = dict(
    n_estimators=4, hidden_layer_sizes=(16, 16), n_bins=6, epochs=5, jit_compile=False,
    random_state=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def friedman():
    return make_friedman1(200, n_features=5, random_state=0)


def small_spec(variant="mini", n_networks=2, task="multiclass", units=3):
    head = make_spec(task, 5, units, hidden_layer_sizes=(8, 8), dropout=0.1)
    return tabm_spec(
        head, n_numbers=2, chunks=(1, 2), n_networks=n_networks, n_members=3, output_dim=4,
        n_bins=5, variant=variant,
    )  # fmt: skip


def drawn_weights(spec, seed=0):
    """Give weights none of which is zero or one."""
    from mlpkit.network import tabm

    rng = np.random.RandomState(seed)
    weights = tabm.initial_weights(spec, seed)
    bins = quantile_bins(rng.normal(size=(50, 2)), spec.n_bins)
    weights = [w + rng.normal(scale=0.3, size=w.shape).astype("f") for w in weights]
    return tabm.place_bins(spec, weights, bins)


# --- bins ---------------------------------------------------------------------------------------


def test_bins_encode_as_the_paper_writes_them():
    x = np.random.RandomState(0).normal(size=(200, 1))
    bins = quantile_bins(x, 4)
    edges = np.quantile(x, [0, 0.25, 0.5, 0.75, 1])
    for value in (-9.0, -0.1, 0.4, 9.0):
        expected = [(value - a) / (b - a) for a, b in zip(edges, edges[1:], strict=False)]
        expected = np.array(expected)
        expected[1:] = expected[1:].clip(min=0)  # the first has no lower end
        expected[:-1] = expected[:-1].clip(max=1)  # the last no upper one
        assert_allclose(piecewise_linear(np.array([[value]]), bins)[0, 0], expected)


def test_nearly_constant_columns_have_no_bins():
    bins = quantile_bins(np.array([[1.0, 0.0], [1.0 + 1e-9, 1.0]]), 3)
    assert not bins.slope[0].any()
    assert bins.slope[1].any()


def test_edges_too_close_for_float32_are_left_out():
    x = 1e6 + np.array([0.0, 1e-4, 2e-4, 5.0, 9.0, 10.0])[:, np.newaxis]
    assert quantile_bins(x, 5).slope.max() < 1e4


# --- the network --------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["mini", "full"])
def test_trunk_is_the_formula_of_the_paper(variant):
    from mlpkit.network import tabm

    spec = small_spec(variant)
    weights = drawn_weights(spec)
    trunk = tabm.build_trunk(spec, 0)
    trunk.set_weights(weights)
    rows = np.random.RandomState(1).normal(size=(2, 7, 5)).astype("f")
    found = trunk(rows).numpy()
    for network in range(2):
        for member in range(3):
            z = by_hand(spec, weights, rows[network], network, member)
            assert_allclose(found[network, member], z, atol=2e-5)


def by_hand(spec, weights, rows, network, member):
    """Write out s * (W (r * x)) + b, one member at a time."""
    weights = iter(weights)
    w, b, v, *bins = (next(weights) for _ in range(6))
    encoded = piecewise_linear(rows[:, :2].astype(float), type(quantile_bins(rows, 2))(*bins))
    parts = [
        rows[:, j : j + 1] * w[network, j] + b[network, j] + encoded[:, j] @ v[network, j]
        for j in range(2)
    ]
    x = np.concatenate([*parts, rows[:, 2:]], axis=1)
    for layer in range(2):
        adapters = spec.adapters(layer)
        r = next(weights)[network, member, 0] if adapters else 1.0
        kernel = next(weights)[network]
        s = next(weights)[network, member, 0] if adapters == "all" else 1.0
        bias = next(weights)[network]
        x = np.maximum((r * x) @ kernel * s + bias[min(member, len(bias) - 1), 0], 0)
    return x @ next(weights)[network, member] + next(weights)[network, member, 0]


@pytest.mark.parametrize("variant", ["mini", "full"])
def test_numpy_gives_what_keras_gives(variant):
    from mlpkit.network import tabm

    spec = small_spec(variant)
    weights = drawn_weights(spec)
    model = tabm.build(spec)
    model.get_layer("trunk").set_weights(weights)
    rows = np.random.RandomState(1).normal(size=(9, 5)).astype("f")
    forward = TabMForward(spec, weights, identity(5), identity(3))
    assert_allclose(forward(rows), model(rows).numpy(), atol=1e-5)


@pytest.mark.parametrize("variant", ["mini", "full"])
def test_parameters_are_counted(variant):
    from mlpkit.network import tabm

    spec = small_spec(variant)
    trainable = tabm.build_trunk(spec).trainable_variables
    assert spec.n_parameters == sum(int(np.prod(v.shape)) for v in trainable)


def test_step_takes_the_mean_of_the_members_losses():
    """One step of the engine against Keras's own gradients and optimizer."""
    import keras
    import tensorflow as tf

    from mlpkit import compilation
    from mlpkit.network import tabm
    from mlpkit.training.ensemble_step import EnsembleStep
    from mlpkit.training.values import Batch

    spec = small_spec()
    spec = type(spec)(**{**vars(spec), "dropout": 0.0})
    weights = drawn_weights(spec)
    rng = np.random.RandomState(0)
    x, y = rng.normal(size=(8, 5)).astype("f"), rng.randint(3, size=(8, 1))
    weight = rng.uniform(0.5, 2, size=8).astype("f")

    twin = tabm.build_trunk(spec)
    twin.set_weights(weights)
    optimizer = keras.optimizers.Adam(0.01, epsilon=1e-3)
    with tf.GradientTape() as tape:
        p = keras.ops.softmax(twin(x.reshape(2, 4, 5)))
        losses = []
        for network in range(2):
            of = slice(4 * network, 4 * network + 4)
            labels, w = y[of].ravel(), weight[of]
            own = []
            for member in range(3):
                chosen = tf.gather(p[network, member], labels, axis=1, batch_dims=1)
                own.append(-tf.reduce_sum(w * tf.math.log(chosen)) / w.sum())
            losses.append(sum(own) / 3)
        total = sum(losses) / 2
    gradients = tape.gradient(total, twin.trainable_variables)
    optimizer.apply_gradients(zip(gradients, twin.trainable_variables, strict=True))

    model = tabm.build_trunk(spec)
    loss = compilation.make_loss("auto", spec.loss)
    adam = keras.optimizers.Adam(0.01, epsilon=1e-3)
    step = EnsembleStep(model, spec.outputs, "softmax", adam, loss, [], "float32")
    model.set_weights(weights)
    values = type(step.variables)(
        *(tuple(tf.constant(v.numpy()) for v in kind) for kind in step.variables)
    )
    batch = Batch(*(tf.constant(part) for part in (x, y, weight)))
    after, totals = step.train(values, step.fresh_totals(), batch, (), ())
    for ours, keras_own in zip(after.trained, twin.trainable_variables, strict=True):
        assert_allclose(ours.numpy(), keras_own.numpy(), atol=2e-6)
    assert_allclose(totals.loss / totals.weight, float(total), rtol=1e-5)


# --- folds --------------------------------------------------------------------------------------


def test_each_network_learns_all_folds_but_its_own():
    rng = np.random.RandomState(0)
    classes = np.repeat([0, 1, 2], [21, 9, 4])
    folds = fold_numbers(34, 4, classes, rng)
    assert np.ptp(np.bincount(folds)) <= 1
    for label in range(3):
        assert np.ptp(np.bincount(folds[classes == label], minlength=4)) <= 1
    sample = folded(Sample(np.zeros((34, 2)), np.zeros((34, 1)), np.ones(34)), folds, 4, 5)
    order = sample.order(rng)
    assert len(order) == sample.n_drawn
    batches = order.reshape(sample.n_steps, 4, 5)
    for network in range(4):
        learnt = batches[:, network].ravel()
        learnt = learnt[learnt < 34]
        assert_array_equal(np.sort(learnt), np.flatnonzero(folds != network))
    assert sample.weight[34] == 0


def test_each_network_judges_its_own_fold():
    folds = fold_numbers(50, 4, None, np.random.RandomState(0))
    order = held_order(folds, 4, 64, 32).reshape(2, 4, 8)
    for network in range(4):
        judged = order[:, network].ravel()
        assert_array_equal(np.sort(judged[judged < 50]), np.flatnonzero(folds == network))


def test_rows_of_folds_fit_where_the_table_fills_its_program():
    """64 rows fill a program's shape, and the row of weight 0 behind them is the 65th."""
    from mlpkit.estimators.placing import engine_rows

    sample = Sample(np.ones((64, 5)), np.ones((64, 1)), np.ones(64))
    train = folded(sample, np.arange(64) % 2, 2, 8)
    network = TabMNetwork(small_spec(task="regression", units=1), None, {})
    learnt = Learnt(network, [], identity(5), identity(1))
    rows, _ = engine_rows(learnt, train, None, 64, 16, compiled=True)
    assert (rows.n, rows.columns.y.shape[0]) == (65, 128)


def test_a_network_has_not_seen_the_rows_it_judges():
    """Targets that are noise cannot be learnt by heart for the rows that validate."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(120, 3)), rng.normal(size=120)
    options = {**SMALL, "epochs": 60}
    model = TabMRegressor(**options, learning_rate=0.02, patience=60).fit(X, y)
    losses = model.history_
    assert losses["loss"][-1] < 0.5
    assert min(losses["val_loss"]) > 0.8


# --- estimators ---------------------------------------------------------------------------------


def test_classifier_learns_and_gives_the_same_bits(iris):
    X, y = iris
    model = TabMClassifier(**{**SMALL, "epochs": 30}).fit(X, y)
    assert model.score(X, y) > 0.9
    assert_array_equal(model.predict_proba(X), clone(model).fit(X, y).predict_proba(X))
    assert_allclose(model.predict_proba(X).sum(axis=1), 1, atol=1e-5)
    assert model.n_folds_ == 4
    assert "4 networks" in str(model.spec_)


@pytest.mark.parametrize("cv", [None, 2])
def test_keras_model_predicts_what_the_estimator_does(friedman, cv):
    X, y = friedman
    model = TabMRegressor(**SMALL, cv=cv).fit(X, y)
    predicted = model.model_(X.astype("float32")).numpy().ravel()
    assert_allclose(predicted, model.predict(X), rtol=1e-4, atol=1e-3)


def test_all_tasks(friedman):
    X, y = friedman
    labels = (np.column_stack([y, -y, X[:, 0]]) > np.median(y)).astype(int)
    multilabel = TabMClassifier(**SMALL, cv=2).fit(X, labels)
    assert multilabel.predict_proba(X).shape == (200, 3)
    several = TabMRegressor(**SMALL).fit(X, np.column_stack([y, 100 * y]))
    ratio = several.predict(X)[:, 1].std() / several.predict(X)[:, 0].std()
    assert 50 < ratio < 200
    quantiles = TabMRegressor(
        **{**SMALL, "epochs": 20}, loss="quantile", quantile=[0.1, 0.9], output_range=(0, 40)
    )
    low, high = quantiles.fit(X, y).predict(X).T
    assert np.mean(low < high) > 0.95
    assert 0 <= low.min() <= high.max() <= 40


def test_sample_weight_zero_is_absence(iris):
    X, y = iris
    weight = np.ones(150)
    weight[::7] = 0
    with_zeros = TabMClassifier(**SMALL).fit(X, y, sample_weight=weight)
    without = TabMClassifier(**SMALL).fit(X[weight > 0], y[weight > 0])
    assert_array_equal(with_zeros.predict_proba(X), without.predict_proba(X))


def test_class_weight_moves_the_border():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)[:, :4]
    plain = TabMClassifier(**SMALL).fit(X, y).predict(X).mean()
    heavy = TabMClassifier(**SMALL, class_weight={0: 20, 1: 1}).fit(X, y).predict(X).mean()
    assert heavy < plain


def test_temperature_lowers_the_validation_loss(iris):
    X, y = iris
    options = {**SMALL, "epochs": 40, "learning_rate": 0.02}
    model = TabMClassifier(**options, cv=None, calibrate=True).fit(X, y)
    assert 0.2 < model.temperature_ < 5
    plain = clone(model).set_params(calibrate=False).fit(X, y)
    assert plain.temperature_ == 1
    expected = tempered(plain.predict_proba(X), "multiclass", model.temperature_)
    assert_allclose(model.predict_proba(X), expected, atol=1e-5)


def test_few_rows_that_are_all_right_want_no_temperature_of_0():
    p = np.tile([[0.8, 0.1, 0.1]], (10, 1))
    found = _temperature(p, np.zeros((10, 1), int), np.ones(10), "multiclass")
    # One row in twelve is spread over three classes: the lowest loss is where p is those shares.
    own = 1 - 1 / 12 + 1 / 36
    expected = (np.log(0.8) - np.log(0.1)) / (np.log(own) - np.log(1 / 36))
    assert_allclose(found, expected, rtol=1e-4)


def test_temperature_divides_logits():
    p = np.array([[0.2, 0.3, 0.5]])
    z = np.log(p) / 3
    assert_allclose(tempered(p, "multiclass", 3.0), np.exp(z) / np.exp(z).sum())
    odds = np.log(0.2 / 0.8) / 3
    assert_allclose(tempered(np.array([[0.2]]), "binary", 3.0), [[1 / (1 + np.exp(-odds))]])


def test_mixed_tables_in_cross_validation():
    rng = np.random.RandomState(0)
    table = pd.DataFrame({
        "x": np.where(rng.rand(120) < 0.1, np.nan, rng.normal(size=120)),
        "c": rng.choice(["a", "b", None], 120),
    })  # fmt: skip
    y = (table["c"] == "a").to_numpy()
    model = TabMClassifier(**{**SMALL, "epochs": 25}, learning_rate=0.02)
    scores = cross_val_score(model, table, y, cv=2)
    assert scores.min() > 0.9


def test_validation_rows_of_the_user(iris):
    X, y = iris
    model = TabMClassifier(**SMALL).fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert model.n_folds_ == 1
    best = min(model.history_["val_loss"])
    assert_allclose(
        log_loss(y[1::2], tempered(
            model.predict_proba(X[1::2]).astype(float), "multiclass", 1 / model.temperature_)),
        best, rtol=1e-3,
    )  # fmt: skip


def test_wrong_arguments_are_all_told(iris):
    with pytest.raises(InvalidParameterError, match="3 arguments are wrong") as error:
        TabMClassifier(0, variant="tiny", cv=5).fit(*iris)
    assert "cv must be 'auto' or None or 2, 4 or 8. Got 5" in str(error.value)
    with pytest.raises(InvalidParameterError, match="at most half the number of rows"):
        TabMClassifier(cv=8).fit(iris[0][::20], iris[1][::20])
    assert not hasattr(TabMClassifier(), "partial_fit")


# --- the factory --------------------------------------------------------------------------------


def test_factory_trains_by_keras_and_is_saved(iris, tmp_path):
    import keras

    X, y = iris
    model = make_tabm("multiclass", X, 3, n_estimators=3, hidden_layer_sizes=(16,), random_state=0)
    history = model.fit(X, y, epochs=8, batch_size=16, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    model.save(tmp_path / "tabm.keras")
    again = keras.models.load_model(tmp_path / "tabm.keras")
    assert_allclose(again(X[:5]), model(X[:5]), atol=1e-6)


def test_factory_loss_is_the_mean_over_members(iris):
    X, y = iris
    model = make_tabm("multiclass", X, 3, n_estimators=3, dropout=0.0, random_state=0)
    members = model(X[:10], training=True).numpy()
    assert members.shape == (10, 3, 3)
    expected = np.mean([log_loss(y[:10], p, labels=[0, 1, 2]) for p in members.swapaxes(0, 1)])
    loss = model.compute_loss(x=X[:10], y=y[:10], y_pred=model(X[:10], training=True))
    assert_allclose(float(loss), expected, rtol=1e-5)
    assert_allclose(model(X[:10]).numpy(), members.mean(axis=1), atol=1e-6)
