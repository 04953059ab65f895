"""gradient_flow: its numbers against Keras, faults found and named, healthy models left alone."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.exceptions import NotFittedError

from mlpkit import MLPClassifier, MLPRegressor, gradient_flow
from mlpkit.errors import InvalidParameterError

SEEDS = range(20)
N_FEATURES, N_CLASSES = 10, 3


@pytest.fixture(scope="module")
def keras():
    from mlpkit.backend import keras

    return keras


@pytest.fixture
def dense(keras):
    """A function that builds a compiled classifier of plain Dense layers."""

    def build(hidden=(16, 16), activation="relu", initializer="he_normal", bias="zeros", seed=0):
        def initial(i):
            if initializer not in ("constant", "zeros"):
                kind = {"class_name": initializer, "config": {"seed": 100 * seed + i}}
                return keras.initializers.get(kind)
            return keras.initializers.Constant(0.3 if initializer == "constant" else 0.0)

        layers = [
            keras.layers.Dense(
                units, activation, name=f"hidden_{i}", kernel_initializer=initial(i),
                bias_initializer=bias,
            )
            for i, units in enumerate(hidden, start=1)
        ]  # fmt: skip
        last = keras.layers.Dense(
            N_CLASSES, "softmax", name="output", kernel_initializer=initial(0),
            bias_initializer=bias,
        )  # fmt: skip
        model = keras.Sequential([keras.Input((N_FEATURES,)), *layers, last])
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    return build


def rows(seed=0, n=64):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, N_FEATURES)), rng.integers(0, N_CLASSES, n)


def kinds(flow):
    return {problem.kind for problem in flow.problems}


def layers(flow, kind):
    return [problem.layer for problem in flow.problems if problem.kind == kind]


# The bars: each fault, in 20 draws of weights and rows.


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sigmoid_net_of_20_layers_vanishes(seed, dense):
    flow = gradient_flow(dense((16,) * 20, "sigmoid", "glorot_uniform", seed=seed), *rows(seed))
    assert kinds(flow) == {"vanishing"}
    found = layers(flow, "vanishing")
    assert found == list(range(1, len(found) + 1)) and len(found) > 10
    assert flow.frame.loc[0, "z_gradient"] < 1e-9 * flow.frame.loc[19, "z_gradient"]
    assert "try relu with he_normal" in flow.verdicts[0]
    assert flow.summary == f"Ill: vanishing gradients in layers 1 to {len(found)}."


@pytest.mark.parametrize("seed", SEEDS)
def test_weights_ten_times_too_large_explode(seed, dense):
    model = dense((16,) * 3, seed=seed)
    model.set_weights([10 * weight for weight in model.get_weights()])
    flow = gradient_flow(model, *rows(seed))
    assert flow.problems[0] == (1, "exploding")
    assert layers(flow, "exploding") == [1, 2, 3, 4]
    # Steps grow with the gradient, and the softmax errs with certainty.
    assert kinds(flow) <= {"exploding", "saturated", "update too large"}
    assert "start from smaller weights" in flow.verdicts[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_biases_of_minus_ten_are_dead(seed, dense, keras):
    bias = keras.initializers.Constant(-10.0)
    flow = gradient_flow(dense((16,) * 3, bias=bias, seed=seed), *rows(seed))
    assert flow.problems == ((1, "dead"), (2, "dead"), (3, "dead"))
    assert flow.frame["dead"].tolist() == [1, 1, 1, 0]
    assert flow.verdicts[1].startswith("layer 2: 100 % of units never fire on these rows; ")


@pytest.mark.parametrize("seed", SEEDS)
def test_constant_weights_are_symmetric(seed, dense):
    flow = gradient_flow(dense(initializer="constant", seed=seed), *rows(seed))
    assert flow.problems == ((1, "symmetric"), (2, "symmetric"))
    assert flow.frame["distinct"].tolist() == [1, 1, 1]
    assert "its 16 units are only 1 different; start from random weights" in flow.verdicts[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_net_is_left_alone(seed, dense):
    activation, initializer = [
        ("relu", "he_normal"), ("tanh", "glorot_uniform"), ("selu", "lecun_normal"),
        ("gelu", "he_normal"), ("elu", "he_uniform"),
    ][seed % 5]  # fmt: skip
    hidden = [(16,) * 3, (64, 32), (16,) * 10, (8, 8)][seed % 4]
    flow = gradient_flow(dense(hidden, activation, initializer, seed=seed), *rows(seed))
    assert flow.ok, str(flow)
    assert flow.summary.startswith("Healthy: layer 1's gradient is ")
    relu = gradient_flow(dense((16,) * (1 + seed % 6), seed=seed), *rows(seed, n=100))
    assert relu.ok, str(relu)


# What is healthy besides, and what is not, by its right name.


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_large_weights_of_bounded_activations_are_found_too(activation, dense):
    model = dense((16,) * 3, activation, "glorot_uniform")
    model.set_weights([10 * weight for weight in model.get_weights()])
    assert "exploding" in kinds(gradient_flow(model, *rows()))


@pytest.mark.parametrize("activation", ["tanh", "selu", "sigmoid", "silu", "relu6"])
def test_biases_of_minus_ten_silence_or_saturate_any_activation(activation, dense, keras):
    model = dense((16, 16), activation, bias=keras.initializers.Constant(-10.0))
    kind = "saturated" if activation in ("tanh", "selu") else "dead"
    assert gradient_flow(model, *rows()).problems[:2] == ((1, kind), (2, kind))


def test_zeros_are_symmetric_and_nothing_else(dense):
    flow = gradient_flow(dense(initializer="zeros"), *rows())
    assert flow.problems == ((1, "symmetric"), (2, "symmetric"))


def test_the_layer_that_is_the_cause_is_named(dense):
    model = dense((16,) * 4)
    model.layers[2].bias.assign(np.full(16, -50.0))
    flow = gradient_flow(model, *rows())
    assert flow.problems == ((3, "dead"),)
    blocked = "next to no gradient reaches it, because of layer 3."
    assert flow.verdicts[:2] == (f"layer 1: {blocked}", f"layer 2: {blocked}")
    assert flow.verdicts[3] == "layer 4: layer 3 gives it nothing but zeros."
    assert flow.frame["z_gradient"].tolist()[:3] == [0, 0, 0]
    assert f"layers 1 to 2: {blocked}" in str(flow)


def test_a_share_of_dead_units_is_told_in_the_issue_s_words(dense):
    model = dense((100, 100, 100))
    X, y = rows(n=300)
    z = model.layers[2](model.layers[1](model.layers[0](X))).numpy()
    alive = np.flatnonzero((z > 0).any(axis=0))
    assert len(alive) > 80
    bias = np.zeros(100)
    bias[alive[: len(alive) - 59]] = -100
    model.layers[2].bias.assign(bias)
    flow = gradient_flow(model, X, y)
    assert flow.problems == ((3, "dead"),)
    assert flow.verdicts[2] == (
        "layer 3: 41 % of units never fire on these rows; "
        "lower the learning rate or try leaky_relu."
    )


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_rows_leave_many_units_off_which_is_no_fault(n, dense):
    flow = gradient_flow(dense((64, 64)), *rows(n=n))
    assert "dead" not in kinds(flow)
    if n == 1:
        assert flow.frame.loc[0, "dead"] > 0.3


def test_a_few_dead_units_are_a_remark(dense):
    model = dense((50,))
    model.layers[0].bias.assign(np.where(np.arange(50) < 5, -50.0, 0.0))
    flow = gradient_flow(model, *rows())
    assert flow.ok
    assert flow.verdicts[0] == "layer 1: healthy; 10 % of units never fire on these rows."


def test_units_count_as_equal_only_with_their_biases(dense):
    model = dense((4,), initializer="constant")
    assert gradient_flow(model, *rows()).frame.loc[0, "distinct"] == 1
    model.layers[0].bias.assign([0.0, 0.0, 1.0, 2.0])
    flow = gradient_flow(model, *rows())
    assert flow.frame.loc[0, "distinct"] == 3
    assert "symmetric" not in kinds(flow)


def test_constant_weights_stay_symmetric_while_they_are_trained(dense):
    model = dense((8, 8), "tanh", initializer="constant")
    X, y = rows()
    model.fit(X, y, epochs=5, verbose=0)
    assert layers(gradient_flow(model, X, y), "symmetric") == [1, 2]


def test_outputs_that_start_from_zero_are_no_fault(dense):
    model = dense()
    model.layers[-1].kernel.assign(np.zeros((16, N_CLASSES)))
    flow = gradient_flow(model, *rows())
    assert flow.ok
    assert "because of layer 3" in flow.verdicts[0]


def test_rows_that_are_fitted_exactly_are_no_fault(keras):
    layers = [keras.layers.Dense(8, "relu"), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((2,)), *layers])
    X = np.eye(2)
    flow = gradient_flow(model, X, model.predict(X, verbose=0), loss="mse")
    assert flow.ok and flow.loss < 1e-12
    model.set_weights([np.zeros_like(w) + i for i, w in enumerate(model.get_weights())])
    exact = gradient_flow(model, X, model.predict(X, verbose=0), loss="mse")
    assert "the loss of these rows cannot fall" in exact.summary or not exact.ok


def test_outputs_may_be_sure_of_what_is_true(keras):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "sigmoid")])
    model.set_weights([np.array([[30.0]]), np.zeros(1)])
    X = np.array([[-1.0], [1.0], [2.0]])
    right = gradient_flow(model, X, [0, 1, 1], loss="binary_crossentropy")
    assert right.frame.loc[0, "saturated"] == 1 and "saturated" not in kinds(right)
    wrong = gradient_flow(model, X, [1, 0, 0], loss="binary_crossentropy")
    assert layers(wrong, "saturated") == [1]
    assert "100 % of rows are answered wrongly with certainty" in wrong.verdicts[0]


def test_numbers_beyond_all_bounds_are_exploding(dense):
    model = dense((8, 8))
    model.set_weights([1e38 * weight for weight in model.get_weights()])
    flow = gradient_flow(model, 1e300 * rows()[0], rows()[1])
    assert "exploding" in kinds(flow)
    assert "infinite or missing" in str(flow)


@pytest.mark.parametrize(
    ("optimizer", "kind"),
    [({"class_name": "SGD", "config": {"learning_rate": 1e3}}, "update too large"),
     ({"class_name": "Adam", "config": {"learning_rate": 1e-9}}, "update too small")],
)  # fmt: skip
def test_the_learning_rate_is_judged_by_what_it_does(optimizer, kind, dense, keras):
    model = dense()
    model.compile(keras.optimizers.get(optimizer), model.loss)
    flow = gradient_flow(model, *rows())
    assert kinds(flow) == {kind}
    assert ("lower" if kind.endswith("large") else "raise") + " the learning rate" in str(flow)


def test_a_schedule_that_warms_up_is_no_fault(dense, keras):
    model = dense()
    schedule = keras.optimizers.schedules.PolynomialDecay(1e-12, 100, end_learning_rate=0.1)
    model.compile(keras.optimizers.SGD(schedule), model.loss)
    assert gradient_flow(model, *rows()).ok


CASES = {
    "digits": (MLPClassifier, load_digits, {"hidden_layer_sizes": (64, 32)}),
    "iris": (MLPClassifier, load_iris, {"activation": "tanh", "hidden_layer_sizes": (16, 16)}),
    "diabetes": (MLPRegressor, load_diabetes, {"activation": "gelu"}),
    "batch": (
        MLPClassifier,
        load_iris,
        {"hidden_layer_sizes": (16,) * 4, "normalization": "batch"},
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("training", [False, True])
def test_trained_estimators_are_healthy(case, training):
    kind, load, parameters = CASES[case]
    X, y = load(return_X_y=True)
    model = kind(epochs=15, early_stopping=False, random_state=0, **parameters).fit(X, y)
    before = model.predict(X[:5])
    flow = gradient_flow(model, X, y, training=training)
    assert flow.ok, str(flow)
    np.testing.assert_array_equal(model.predict(X[:5]), before)


TABLES = {
    "phoneme": (MLPClassifier, ["nasal_oral"]),
    "magic_telescope": (MLPClassifier, ["class"]),
    "energy_efficiency": (MLPRegressor, ["heating_load", "cooling_load"]),
}


@pytest.mark.parametrize("name", TABLES)
def test_estimators_trained_on_real_tables_are_healthy(name, shared_table):
    kind, target = TABLES[name]
    table = shared_table(name).sample(n=700, random_state=0)
    X, y = table.drop(columns=target), table[target].squeeze(axis=1)
    model = kind((128, 64), epochs=30, early_stopping=False, random_state=0).fit(X, y)
    flow = gradient_flow(model, X, y)
    assert flow.ok, str(flow)


# The numbers.


def test_the_frame_is_what_keras_gives(dense):
    from mlpkit.backend import keras, tf

    model, (X, y) = dense((16, 8)), rows()
    frame = gradient_flow(model, X, y).frame
    with tf.GradientTape() as tape:
        outputs = model(X)
        loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y[:, None], outputs))
    found = tape.gradient(loss, [layer.kernel for layer in model.layers])
    norms = [float(tf.norm(gradient)) for gradient in found]
    np.testing.assert_allclose(frame["kernel_gradient"], norms, rtol=1e-4)
    means = [float(tf.reduce_mean(abs(gradient))) for gradient in found]
    np.testing.assert_allclose(frame["kernel_gradient_mean"], means, rtol=1e-4)
    ratios = [
        0.01 * norm / float(tf.norm(layer.kernel))
        for norm, layer in zip(norms, model.layers, strict=True)
    ]
    np.testing.assert_allclose(frame["update_ratio"], ratios, rtol=1e-4)
    first = model.layers[0](X).numpy()
    np.testing.assert_allclose(frame.loc[0, ["a_mean", "a_std"]].tolist(),
                               [first.mean(), first.std()], rtol=1e-5)  # fmt: skip
    # Softmax and cross-entropy give p - y for each row.
    p_minus_y = outputs.numpy() - np.eye(N_CLASSES)[y]
    expected = np.sqrt((p_minus_y**2).sum(axis=1).mean())
    assert frame.loc[2, "z_gradient"] == pytest.approx(expected, rel=1e-4)
    assert frame["units"].tolist() == [16, 8, 3]
    assert frame["name"].tolist() == ["hidden_1", "hidden_2", "output"]


def test_adam_s_first_step_moves_each_weight_by_the_rate(dense):
    model = dense((16, 8), "tanh")
    model.compile("adam", model.loss)
    frame = gradient_flow(model, *rows()).frame
    kernels = [layer.kernel.numpy() for layer in model.layers]
    expected = [0.001 * np.sqrt(kernel.size) / np.linalg.norm(kernel) for kernel in kernels]
    np.testing.assert_allclose(frame["update_ratio"], expected, rtol=5e-3)  # epsilon


def test_saturation_is_the_share_where_the_slope_is_flat(keras):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "tanh"),
                              keras.layers.Dense(1)])  # fmt: skip
    weights = [np.array([[1.0, 5.0]]), np.zeros(2), np.ones((2, 1)), np.zeros(1)]
    model.set_weights(weights)
    X = np.array([[0.5], [1.0], [-1.0], [4.0]])  # tanh is flat beyond 3: of x 4, of 5x 1, -1, 4
    flow = gradient_flow(model, X, np.zeros(4), loss="mse")
    assert flow.frame.loc[0, "saturated"] == 0.5
    assert flow.frame.loc[0, "dead"] == 0


def test_relu_s_silent_half_is_not_saturated(dense):
    frame = gradient_flow(dense((32,)), *rows()).frame
    assert frame.loc[0, "saturated"] == 0


def test_activations_of_one_s_own_are_not_guessed(keras):
    hidden = [
        keras.layers.Dense(8, lambda z: keras.ops.maximum(z, 0) ** 2),
        keras.layers.Dense(8), keras.layers.ReLU(negative_slope=0.5),
        keras.layers.Dense(8), keras.layers.PReLU(),
    ]  # fmt: skip
    model = keras.Sequential([keras.Input((N_FEATURES,)), *hidden, keras.layers.Dense(1)])
    frame = gradient_flow(model, *rows(), loss="mse").frame
    assert np.isnan(frame["dead"]).tolist() == [True, True, False, False]


def test_a_frozen_layer_has_no_step(dense):
    model = dense()
    model.layers[0].trainable = False
    flow = gradient_flow(model, *rows())
    assert np.isnan(flow.frame["update_ratio"]).tolist() == [True, False, False]
    assert flow.frame.loc[0, "z_gradient"] > 0
    assert flow.ok and " - " in str(flow)


def test_the_model_is_left_as_it_is(dense):
    model = dense()
    weights = model.get_weights()
    gradient_flow(model, *rows())
    assert all(map(np.array_equal, weights, model.get_weights()))
    assert int(model.optimizer.iterations) == 0


def test_rows_are_drawn_by_the_seed(dense):
    model, (X, y) = dense(), rows(n=200)
    first, again, other, every = (
        gradient_flow(model, X, y, max_samples=most, random_state=seed).loss
        for most, seed in ((50, 0), (50, 0), (50, 1), (None, 0))
    )
    assert first == again != other
    assert every == gradient_flow(model, X.tolist(), y.tolist(), max_samples=200).loss
    assert every == pytest.approx(first, rel=0.5)


def test_the_picture_and_the_page(dense):
    flow = gradient_flow(dense(), *rows())
    figure = flow.plot()
    np.testing.assert_allclose(figure.axes[1].get_lines()[0].get_ydata(),
                               flow.frame["kernel_gradient"])  # fmt: skip
    lines = str(flow).splitlines()
    assert lines[0].split()[:3] == ["layer", "name", "activation"]
    assert lines[1].split()[:4] == ["1", "hidden_1", "relu", "16"]
    assert lines[-1] == flow.summary


def test_what_cannot_be_looked_at_is_refused(dense, keras):
    model, (X, y) = dense(), rows()
    with pytest.raises(InvalidParameterError, match="y must be given"):
        gradient_flow(model, X, None)
    with pytest.raises(InvalidParameterError, match="(?s)2 arguments.*training.*max_samples"):
        gradient_flow(model, X, y, training=1, max_samples=0)
    with pytest.raises(InvalidParameterError, match="y must have a row for each"):
        gradient_flow(model, X, y[:-1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        gradient_flow(model, X, y[:-1], max_samples=5)
    with pytest.raises((InvalidParameterError, NotFittedError), match="fit"):
        gradient_flow(MLPClassifier(), X, y)
    plain = keras.Sequential([keras.Input((N_FEATURES,)), keras.layers.Dense(1)])
    with pytest.raises(InvalidParameterError, match="compiled with a loss"):
        gradient_flow(plain, X, y)
    no_kernel = keras.Sequential([keras.Input((1,)), keras.layers.ReLU()])
    with pytest.raises(InvalidParameterError, match="a layer with a kernel"):
        gradient_flow(no_kernel, [[1.0]], [1.0], loss="mse")
