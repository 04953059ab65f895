"""RealMLP and the layers it is made of, against formulas written out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_iris, make_friedman1

from mlpkit import InvalidParameterError, RealMLPClassifier, RealMLPRegressor, make_realmlp
from mlpkit.architecture import make_spec
from mlpkit.architecture.realmlp import realmlp_spec
from mlpkit.inference.realmlp import RealMLPForward, start_weights
from mlpkit.scaling import fit_robust_units, identity

SMALL = dict(hidden_layer_sizes=(16, 16), epochs=8, jit_compile=False, random_state=0)


def small_spec():
    head = make_spec("multiclass", 5, 3, hidden_layer_sizes=(8, 6), activation="selu", dropout=0.1)
    return realmlp_spec(head, n_numbers=2, n_flags=2, n_codes=(4,), category_dim=3)


def rows_of(spec, n=40):
    rng = np.random.RandomState(0)
    numbers, flags = rng.normal(size=(n, 2)), rng.randint(2, size=(n, 2))
    return np.column_stack([numbers, flags, rng.randint(4, size=n)]).astype("float32")


def by_hand(spec, weights, rows):
    """Write the network out, number by number."""
    w1, b1, w2, b2, table, factor, *rest = (w.astype(float) for w in weights)
    clipped = rows[:, :4] / np.sqrt(1 + (rows[:, :4] / 3) ** 2)
    parts = []
    for j in range(2):
        x = clipped[:, j : j + 1]
        parts += [np.cos(2 * np.pi * (w1[j] * x) + b1[j]) @ w2[j] + b2[j], x]
    parts += [clipped[:, 2:], table[rows[:, 4].astype(int)]]
    x = np.concatenate(parts, axis=1) * factor
    for i in range(0, 6, 3):
        kernel, bias, alpha = rest[i : i + 3]
        z = x @ kernel / np.sqrt(len(kernel)) + bias
        selu = 1.05070098 * np.where(z > 0, z, 1.67326324 * (np.exp(z) - 1))
        x = z + alpha * (selu - z)
    kernel, bias = rest[6:]
    return x @ kernel / np.sqrt(len(kernel)) + bias


def drawn_weights(spec):
    rng = np.random.RandomState(1)
    weights = start_weights(spec, rows_of(spec), 0)
    return [w + rng.normal(scale=0.2, size=w.shape).astype("f") for w in weights]


def test_trunk_is_the_formula_of_the_paper():
    from mlpkit.network import realmlp

    spec = small_spec()
    weights, rows = drawn_weights(spec), rows_of(spec)
    trunk = realmlp.build_trunk(spec, 0)
    trunk.set_weights(weights)
    found = trunk(rows[np.newaxis]).numpy()[0, 0]
    assert_allclose(found, by_hand(spec, weights, rows), atol=2e-5)
    assert spec.n_parameters == sum(int(np.prod(v.shape)) for v in trunk.trainable_variables)


def test_numpy_gives_what_keras_gives():
    from mlpkit.network import realmlp

    spec = small_spec()
    weights, rows = drawn_weights(spec), rows_of(spec)
    model = realmlp.build(spec)
    model.get_layer("trunk").set_weights(weights)
    forward = RealMLPForward(spec, weights, identity(5), identity(3))
    assert_allclose(forward(rows), model(rows).numpy(), atol=1e-5)


def test_initial_weights_give_every_unit_deviation_1():
    spec = small_spec()
    rows = rows_of(spec, 400)
    weights = start_weights(spec, rows, 0)
    z = by_hand(spec, weights, rows)
    assert_allclose(z.std(axis=0), 1, rtol=1e-4)
    assert (z.min(axis=0) < 0).all() and (z.max(axis=0) > 0).all()


def test_factors_are_those_of_the_paper():
    from mlpkit.network import realmlp

    trunk = realmlp.build_trunk(small_spec(), 0)
    found = {
        (v.path.split("/")[-2], v.name): (
            getattr(v, "learning_rate_factor", 1.0),
            getattr(v, "weight_decay_factor", 1.0),
        )
        for v in trunk.trainable_variables
    }
    assert found["scale", "factor"] == (6.0, 1.0)
    assert found["hidden_1", "kernel"] == (1.0, 1.0)
    assert found["hidden_1", "bias"] == (0.1, 0.0)
    assert found["hidden_1_selu", "alpha"][0] == 0.1
    assert found["numbers", "frequency"][0] == found["numbers", "kernel"][0] == 0.1


def test_robust_units_take_quartiles():
    X = np.array([[0.0, 5, 0], [1, 5, 0], [2, 5, 0], [3, 5, 0], [100, 5, 1]])
    units = fit_robust_units(X, 3)
    assert_allclose(units.offset, [2, 5, 0])
    assert_allclose(units.scale, [2, 1, 0.5])


def test_smoothed_labels_are_keras_own():
    import keras
    import tensorflow as tf

    from mlpkit.training.ensemble_step import EnsembleStep

    logits = np.random.RandomState(0).normal(size=(1, 1, 6, 3)).astype("f")
    y = np.random.RandomState(1).randint(3, size=(1, 6, 1))
    step = object.__new__(EnsembleStep)
    step.by_logits, step.label_smoothing = "softmax", 0.1
    found = step._member_losses(tf.constant(y), tf.constant(logits), None).numpy()
    keras_own = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=0.1, reduction=None
    )
    assert_allclose(found[0, 0], keras_own(np.eye(3)[y[0, :, 0]], logits[0, 0]), rtol=1e-5)


def test_hashed_dropout_keeps_its_share():
    import keras

    from mlpkit.layers import HashDropout

    layer = HashDropout(0.3, seed=1)
    x = np.ones((200, 500), "float32")
    first, second = layer(x, training=True).numpy(), layer(x, training=True).numpy()
    for masked in (first, second):
        assert abs((masked == 0).mean() - 0.3) < 0.01
        assert_allclose(masked.max(), 1 / 0.7, rtol=1e-5)
    both = ((first == 0) & (second == 0)).mean()
    assert abs(both - 0.09) < 0.01  # another mask each time, and an independent one
    rate = keras.Variable(0.0, trainable=False)
    changing = HashDropout(rate, seed=1)
    assert_array_equal(changing(x, training=True), x)
    rate.assign(0.5)
    assert abs((changing(x, training=True).numpy() == 0).mean() - 0.5) < 0.01


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def test_classifier_learns_and_gives_the_same_bits(iris):
    X, y = iris
    model = RealMLPClassifier(**{**SMALL, "epochs": 40}).fit(X, y)
    assert model.score(X, y) > 0.93
    assert_array_equal(model.predict_proba(X), clone(model).fit(X, y).predict_proba(X))
    assert model.best_epoch_ > 1


def test_regressor_stays_in_the_range_it_has_seen():
    X, y = make_friedman1(150, n_features=5, random_state=0)
    model = RealMLPRegressor(**{**SMALL, "epochs": 120}).fit(X, y)
    assert model.score(X, y) > 0.8
    far = model.predict(100 * X)
    assert y.min() - 1e-6 <= far.min() <= far.max() <= y.max() + 1e-6
    several = RealMLPRegressor(**SMALL).fit(X, np.column_stack([y, -y]))
    assert several.predict(X).shape == (150, 2)


def test_mixed_tables(iris):
    import pandas as pd

    rng = np.random.RandomState(0)
    cities = np.array([f"city {i}" for i in range(12)])
    table = pd.DataFrame({"x": rng.normal(size=150), "city": rng.choice(cities, 150)})
    y = table["city"].isin(cities[:6]).to_numpy()
    model = RealMLPClassifier(**{**SMALL, "epochs": 40}).fit(table, y)
    assert model.spec_.n_codes
    assert model.score(table, y) > 0.9
    unknown = table.assign(city="nowhere")
    assert np.isfinite(model.predict_proba(unknown)).all()


def test_wrong_arguments_are_all_told(iris):
    with pytest.raises(InvalidParameterError, match="2 arguments are wrong"):
        RealMLPClassifier(label_smoothing=1, weight_decay=-1).fit(*iris)


def test_factory_trains_by_keras_and_is_saved(iris, tmp_path):
    import keras

    X, y = iris
    model = make_realmlp("multiclass", X, 3, hidden_layer_sizes=(16,), epochs=6, random_state=0)
    history = model.fit(X, y, epochs=6, batch_size=256, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    model.save(tmp_path / "realmlp.keras")
    again = keras.models.load_model(tmp_path / "realmlp.keras")
    assert_allclose(again(X[:5]), model(X[:5]), atol=1e-6)
