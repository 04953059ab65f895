"""What is written down of a network is what it computes: held against Keras and NumPy."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from mlpkit import activations, diagnostics
from mlpkit.backend import keras, tf
from mlpkit.diagnostics.passes import run_pass
from mlpkit.diagnostics.subject import subject_of
from mlpkit.errors import InvalidParameterError
from mlpkit.estimators import KerasClassifier, KerasRegressor, MLPClassifier, MLPRegressor
from mlpkit.losses import LOSSES
from mlpkit.network import Halving, WidePenalty

layers = keras.layers
RNG = np.random.RandomState(0)
X, Y = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 2))


def drawn(scale=1.0):
    """A kernel's initializer that draws the same numbers in every run."""
    return keras.initializers.RandomNormal(stddev=scale, seed=RNG.randint(1000))


def dense(units, activation=None, **options):
    options = {"kernel_initializer": drawn(), "bias_initializer": drawn(0.5), **options}
    return layers.Dense(units, activation, **options)


def sequential(*parts, n_features=3):
    return keras.Sequential([keras.Input((n_features,)), *parts])


def branched():
    """A sum of two branches, a ReLU behind it, and a skip connection."""
    rows = keras.Input((3,))
    left, right = dense(2, name="left")(rows), dense(2, "tanh", name="right")(rows)
    summed = layers.ReLU()(layers.Add()([left, right]))
    return keras.Model(rows, dense(2, name="out")(summed) + left * 0.5)


def nested():
    """Two functional models inside a model, whose layers have the same names."""
    parts = []
    for name in ("first", "second"):
        rows = keras.Input((3,))
        parts.append(keras.Model(rows, dense(3, "tanh", name="dense")(rows), name=name))
    rows = keras.Input((3,))
    return keras.Model(rows, dense(2, name="dense")(parts[1](parts[0](rows))))


def shared():
    rows, twice = keras.Input((3,)), dense(3, "elu", name="twice")
    return keras.Model(rows, dense(2)(twice(twice(rows))))


def normalized():
    first = layers.Normalization(name="units")
    first.adapt(10 + 3 * X)
    return sequential(first, dense(4, "relu"), layers.Dropout(0.5), dense(2))


def own_columns():
    """A column of outputs with a softplus, the other with none."""
    rows = keras.Input((3,))
    z = dense(2, name="output")(dense(3, "tanh")(rows))
    parts = [
        layers.Activation(name)(z[:, i : i + 1]) for i, name in enumerate(["softplus", "linear"])
    ]
    return keras.Model(rows, layers.Concatenate()(parts))


MODELS = {
    "plain": lambda: sequential(dense(4, "relu"), dense(2)),
    "activation layers": lambda: sequential(
        dense(4), layers.LeakyReLU(), dense(3), layers.ELU(), dense(2)
    ),
    "a layer as activation": lambda: sequential(dense(4, layers.LeakyReLU(0.3)), dense(2)),
    "prelu": lambda: sequential(dense(4), layers.PReLU(alpha_initializer=drawn()), dense(2)),
    "glu": lambda: sequential(dense(4), Halving("glu"), dense(2)),
    "normalisations": lambda: sequential(
        dense(4, use_bias=False), layers.BatchNormalization(), layers.ReLU(),
        dense(3), layers.LayerNormalization(), layers.Activation("tanh"), dense(2),
    ),
    "penalties": lambda: sequential(
        dense(4, "tanh", kernel_regularizer="l2"), dense(2, activity_regularizer="l2")
    ),
    "lambda": lambda: sequential(layers.Lambda(lambda rows: 2 * rows), dense(2)),
    "branches": branched,
    "nested": nested,
    "a layer twice": shared,
    "normalized": normalized,
    "own columns": own_columns,
    "no hidden layer": lambda: sequential(dense(2)),
}  # fmt: skip


def tapes_own(model, rows, targets):
    """Loss and gradients as Keras's user would find them, on the model itself."""
    with tf.GradientTape() as tape:
        outputs = model(rows.astype("float32"), training=False)
        squared = tf.reduce_mean(tf.square(outputs - targets.astype("float32")))
        loss = tf.add_n([squared, *model.losses])
    return float(loss), tape.gradient(loss, model.trainable_variables)


@pytest.mark.parametrize("kind", MODELS)
def test_a_pass_gives_the_models_outputs_and_the_tapes_gradients(kind):
    model = MODELS[kind]()
    before = [weight.copy() for weight in model.get_weights()]
    rows = 10 + 3 * X if kind == "normalized" else X
    passed = run_pass(subject_of(model, rows, Y, loss="mse"))
    np.testing.assert_allclose(passed.outputs, model(rows), rtol=1e-5, atol=1e-6)
    loss, expected = tapes_own(model, rows, Y)
    assert passed.loss == pytest.approx(loss, rel=1e-5)
    assert len(passed.gradients) == len(expected)
    for found, gradient in zip(passed.gradients.values(), expected, strict=True):
        np.testing.assert_allclose(found, gradient, rtol=1e-4, atol=1e-5)
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("kind", MODELS)
def test_each_stage_obeys_the_equations_of_backpropagation(kind):
    """dL/dW = a'ᵀ dz and dL/db = Σ dz, where a' went into the layer; dz = da φ'(z)."""
    model = MODELS[kind]()
    passed = run_pass(subject_of(model, X, Y, loss="mse", dtype="float64"))
    for stage in passed.stages:
        assert set(stage.variables) <= set(passed.gradients)
        names = activations.names()
        if stage.activation in names and activations.get(stage.activation).elementwise:
            entry = activations.get(stage.activation)
            if stage.activation not in ("prelu", "leaky_relu"):
                np.testing.assert_allclose(entry(stage.z), stage.a, atol=1e-12)
                np.testing.assert_allclose(
                    entry.derivative(stage.z) * stage.da, stage.dz, atol=1e-12
                )
    first = passed.stages[0]
    if kind in ("plain", "activation layers", "prelu", "glu", "own columns", "no hidden layer"):
        np.testing.assert_allclose(X @ first.kernel + first.bias, first.z, atol=1e-12)
        kernel, bias = first.variables[:2]
        np.testing.assert_allclose(passed.gradients[kernel], X.T @ first.dz, atol=1e-12)
        np.testing.assert_allclose(passed.gradients[bias], first.dz.sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(passed.by_rows, first.dz @ first.kernel.T, atol=1e-12)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "sparse_categorical_crossentropy"])
def test_the_loss_is_derived_by_the_probabilities_too(loss):
    """Keras takes a short cut from the loss to z, and would give dL/da = 0."""
    output, targets = outputs_and_targets(LOSSES[loss])
    model = sequential(dense(4, "tanh"), output)
    last = run_pass(subject_of(model, X, targets, loss=loss, dtype="float64")).stages[-1]
    slope = activations.get(last.activation).derivative(last.z)
    if loss == "binary_crossentropy":
        y = targets[:, np.newaxis]
        np.testing.assert_allclose(last.da, (last.a - y) / (last.a * (1 - last.a)) / 5, rtol=1e-4)
        np.testing.assert_allclose(last.dz, last.da * slope, rtol=1e-4)
    else:
        y = np.eye(3)[targets]
        # -log(p_k / Σp), as Keras has it; the softmax's Jacobian takes no notice of the Σp.
        np.testing.assert_allclose(last.da, (1 - y / last.a) / 5, atol=1e-6)
        np.testing.assert_allclose(last.dz, np.einsum("ni,nij->nj", last.da, slope), atol=1e-6)
    np.testing.assert_allclose(last.dz, (last.a - y) / 5, atol=1e-12)


def activations_of(kind):
    return [stage.activation for stage in run_pass(subject_of(MODELS[kind](), X)).stages]


def test_activations_are_told_by_name():
    assert activations_of("activation layers") == ["leaky_relu", "elu", "linear"]
    assert activations_of("a layer as activation") == ["leaky_relu", "linear"]
    assert activations_of("normalisations") == ["relu", "tanh", "linear"]
    assert activations_of("own columns") == ["tanh", "softplus, linear"]
    # A ReLU of the sum of two branches is the activation of neither, nor of the last layer.
    assert activations_of("branches") == ["linear", "tanh", "linear"]


def test_weights_are_found_by_their_layers_names():
    found = diagnostics.gradients(nested(), X, Y, loss="mse")
    assert list(found) == [
        "first/dense/kernel", "first/dense/bias", "second/dense/kernel", "second/dense/bias",
        "dense/kernel", "dense/bias",
    ]  # fmt: skip
    stages = run_pass(subject_of(nested(), X)).stages
    assert [stage.name for stage in stages] == ["first/dense", "second/dense", "dense"]
    twice = diagnostics.gradients(shared(), X, Y, loss="mse")
    assert sum(path.startswith("twice/") for path in twice) == 2


def test_an_estimators_weights_have_its_layers_names():
    regressor = MLPRegressor((4,), epochs=1, random_state=0).fit(X, Y)
    found = diagnostics.gradients(regressor, X, Y)
    assert list(found) == ["hidden_1/kernel", "hidden_1/bias", "output/kernel", "output/bias"]
    assert found["hidden_1/kernel"].shape == (3, 4)


def test_gradients_print_as_a_table():
    found = diagnostics.gradients(sequential(dense(2, name="output")), X, Y, loss="mse")
    frame = found.to_frame()
    assert frame.loc["output/kernel", "norm"] == pytest.approx(
        np.linalg.norm(found["output/kernel"]), rel=1e-6
    )
    assert repr(found).startswith(f"loss {found.loss:.6g}\n")
    assert "output/bias" in repr(found)


def test_training_mode_takes_the_rows_own_mean():
    model = sequential(dense(3, use_bias=False), layers.BatchNormalization(), dense(2))
    passed = run_pass(subject_of(model, X, Y, loss="mse"), training=True)
    np.testing.assert_allclose(passed.stages[0].z.mean(axis=0), 0, atol=1e-6)
    at_rest = run_pass(subject_of(model, X, Y, loss="mse"))
    assert np.abs(at_rest.stages[0].z.mean(axis=0)).max() > 0.01


def test_looking_leaves_the_global_generators():
    before = np.random.get_state()[1].copy()
    diagnostics.forward_trace(sequential(layers.Dense(2)), X)
    np.testing.assert_array_equal(before, np.random.get_state()[1])


# The trace


def test_trace_of_a_net_worked_by_hand():
    model = sequential(layers.Dense(2, "relu"), layers.Dense(1, "sigmoid"), n_features=2)
    W1, b1 = np.array([[1.0, -1.0], [2.0, 0.5]]), np.array([0.5, 0.0])
    W2, b2 = np.array([[1.0], [-2.0]]), np.array([-1.0])
    model.set_weights([W1, b1, W2, b2])
    frame = diagnostics.forward_trace(model, pd.DataFrame([[1.0, 0.5]], index=["first"]))
    # z1 = (1 + 1 + 0.5, -1 + 0.25), a1 = (2.5, 0), z2 = 2.5 - 0 - 1
    assert frame["z"].tolist() == [2.5, -0.75, 1.5]
    np.testing.assert_allclose(frame["a"], [2.5, 0.0, 1 / (1 + np.exp(-1.5))], rtol=1e-6)
    assert frame["layer"].tolist() == [1, 1, 2]
    assert frame["unit"].tolist() == [0, 1, 0]
    assert frame["activation"].tolist() == ["relu", "relu", "sigmoid"]
    assert frame["row"].tolist() == ["first"] * 3


def test_trace_goes_row_by_row():
    frame = diagnostics.forward_trace(sequential(dense(3, "tanh"), dense(2)), X)
    assert frame["row"].tolist() == np.repeat(range(5), 5).tolist()
    assert frame["layer"].tolist() == [1, 1, 1, 2, 2] * 5
    one = diagnostics.forward_trace(MODELS["glu"](), X[:1])
    assert one["a"].isna().tolist() == [False, False, True, True, False, False]


def test_trace_of_an_estimator_takes_raw_features_of_any_kind():
    raw = 100 + 10 * X
    classifier = MLPClassifier((4,), epochs=2, random_state=0).fit(raw, [0, 1, 0, 1, 1])
    frame = diagnostics.forward_trace(classifier, raw)
    last = frame[frame["layer"] == 2]
    np.testing.assert_allclose(last["a"], classifier.predict_proba(raw)[:, 1], rtol=1e-5)
    sparse = diagnostics.forward_trace(classifier, csr_matrix(raw))
    pd.testing.assert_frame_equal(frame, sparse)


def test_trace_refuses_a_table_beyond_reason():
    model = sequential(dense(2000))
    with pytest.raises(InvalidParameterError, match="6,000 rows of a model with 2,000 units"):
        diagnostics.forward_trace(model, np.zeros((6000, 3)))


# Backpropagation against central differences


def net_with(activation):
    parts = {"prelu": layers.PReLU(alpha_initializer=drawn()), "glu": Halving("glu")}
    return sequential(dense(4), parts.get(activation) or layers.Activation(activation), dense(2))


@pytest.mark.parametrize("activation", activations.names(trains=True))
def test_backpropagation_through_every_activation(activation):
    report = diagnostics.check_gradients(net_with(activation), X, Y, loss="mse")
    assert report["checked"].sum() >= 0.9 * report["size"].sum()
    assert report["checked"].min() > 0
    assert (report["relative_error"] <= 1e-6).all(), report


def outputs_and_targets(row):
    """An output layer that a loss fits, with targets for it."""
    tasks = row.tasks or ("regression",)
    if "multiclass" in tasks and not set(tasks) & {"binary"}:
        labels = np.array([0, 2, 1, 1, 0])
        return dense(3, "softmax"), np.eye(3)[labels] if row.one_hot else labels
    if "binary" in tasks:
        return dense(1, "sigmoid"), np.array([0, 1, 1, 0, 1])
    if row.positive:
        return dense(2, "softplus"), np.abs(Y)
    return dense(2), Y


@pytest.mark.parametrize("loss", [name for name, row in LOSSES.items() if row.tasks])
def test_backpropagation_of_every_loss(loss):
    output, targets = outputs_and_targets(LOSSES[loss])
    model = sequential(dense(4, "tanh"), output)
    report = diagnostics.check_gradients(model, X, targets, loss=loss)
    assert report["checked"].min() > 0
    assert (report["relative_error"] <= 1e-6).all(), report
    assert report["gradient"].abs().max() > 1e-3


@pytest.mark.parametrize(
    "kind", ["penalties", "branches", "nested", "a layer twice", "normalisations", "own columns"]
)
def test_backpropagation_through_models_of_all_kinds(kind):
    report = diagnostics.check_gradients(MODELS[kind](), X, Y, loss="mse")
    assert (report["relative_error"] <= 1e-6).all(), report


def test_the_penalty_of_a_float64_layer_is_checked_in_all_digits():
    model = sequential(dense(4, "tanh", kernel_regularizer=WidePenalty(0.3)), dense(2))
    assert (diagnostics.check_gradients(model, X, Y, loss="mse")["relative_error"] <= 1e-6).all()


def test_a_wrong_gradient_is_found():
    @tf.custom_gradient
    def tanh(z):
        return tf.tanh(z), lambda upstream: upstream * 1.001 * (1 - tf.tanh(z) ** 2)

    def wrong(z):
        return tanh(z)

    report = diagnostics.check_gradients(sequential(dense(4, wrong), dense(2)), X, Y, loss="mse")
    errors = report["relative_error"].to_numpy()
    assert (errors[:2] > 1e-4).all()
    assert (errors[2:] <= 1e-6).all()


def test_a_kink_between_is_told_and_left_out():
    neuron = layers.Dense(1, "relu", kernel_initializer="ones", name="neuron")
    model = sequential(neuron, n_features=2)  # z = 0 in this row: the kink of the ReLU
    report = diagnostics.check_gradients(model, [[1.0, -1.0]], [1.0], loss="mse")
    assert report["kinks"].tolist() == [2, 1]
    assert report["checked"].sum() == 0
    assert report["relative_error"].isna().all()


def test_the_kink_of_one_row_among_many_is_found_by_smaller_steps():
    rng = np.random.default_rng(0)
    neuron = layers.Dense(1, "relu", kernel_initializer="ones", name="neuron")
    rows = np.column_stack([rng.uniform(1, 2, 4000), np.ones(4000)])
    rows[0] = [1.0, -1.0 - 5e-6]  # z = -5e-6: a step of 1e-5 to the right reaches the slope
    model = sequential(neuron, n_features=2)
    report = diagnostics.check_gradients(model, rows, np.zeros(4000), loss="mae")
    assert report["kinks"].tolist() == [2, 1]
    near = diagnostics.check_gradients(model, rows, np.zeros(4000), loss="mae", epsilon=1e-6)
    assert near["kinks"].sum() == 0 and (near["relative_error"] <= 1e-6).all()


def test_only_so_many_weights_are_checked():
    model = sequential(dense(20, "tanh"), dense(2))
    report = diagnostics.check_gradients(model, X, Y, loss="mse", max_checks=7)
    assert report["checked"].tolist() == [7, 7, 7, 2]
    other = diagnostics.check_gradients(model, X, Y, loss="mse", max_checks=7, random_state=1)
    assert report["gradient"].tolist() != other["gradient"].tolist()
    with pytest.raises(InvalidParameterError, match="(?s)epsilon must.*max_checks must"):
        diagnostics.check_gradients(model, X, Y, loss="mse", epsilon=0, max_checks=0)


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel", "regression"])
def test_backpropagation_of_estimators(task):
    targets = {
        "binary": np.array(["no", "yes", "no", "yes", "yes"]),
        "multiclass": np.array(["a", "b", "c", "a", "b"]),
        "multilabel": (Y > 0).astype(int),
        "regression": Y,
    }[task]
    kind = MLPRegressor if task == "regression" else MLPClassifier
    estimator = kind((4,), activation="tanh", epochs=1, random_state=0, dtype="float64")
    report = diagnostics.check_gradients(estimator.fit(X, targets), X, targets)
    assert (report["relative_error"] <= 1e-6).all(), report
    one = diagnostics.gradients(estimator, X[:1], targets[:1])  # a row has one class at most
    assert np.isfinite(one.loss)


# The computational graph


def test_the_graph_holds_every_nodes_value_and_gradient():
    model = sequential(dense(4, "relu"), layers.Dropout(0.5), dense(2, use_bias=False))
    graph = diagnostics.computational_graph(model, X, Y, loss="mse")
    frame, found = graph.to_frame(), diagnostics.gradients(model, X, Y, loss="mse")
    assert frame.index.tolist() == ["X", "W1", "b1", "z1", "a1", "W2", "z2", "a2", "L"]
    norms = found.to_frame()["norm"].to_numpy()
    np.testing.assert_allclose(frame.loc[["W1", "b1", "W2"], "gradient_norm"], norms, rtol=1e-6)
    assert frame.loc["X", "shape"] == (5, 3)
    assert frame.loc["L", "norm"] == pytest.approx(found.loss)
    texts = [text.get_text() for text in graph.plot().axes[0].texts]
    for text in ("X", "z1 = X W1 + b1", "a1 = relu(z1)", "z2 = a1 W2", f"L = {graph.loss:.4g}"):
        assert text in texts
    assert f"{norms[0]:.2g}" in texts  # the first layer's weights, whose input is no layer's


@pytest.mark.parametrize("kind", ["plain", "nested", "normalisations", "own columns"])
def test_a_chain_of_layers_has_a_graph(kind):
    frame = diagnostics.computational_graph(MODELS[kind](), X, Y, loss="mse").to_frame()
    assert np.isfinite(frame["gradient_norm"]).all()


@pytest.mark.parametrize("kind", ["branches", "a layer twice"])
def test_other_models_and_the_graph(kind):
    if kind == "branches":
        with pytest.raises(InvalidParameterError, match="Got one that branches"):
            diagnostics.computational_graph(MODELS[kind](), X, Y, loss="mse")
    else:
        frame = diagnostics.computational_graph(MODELS[kind](), X, Y, loss="mse").to_frame()
        # The layer's weights have one gradient, the sum of both uses.
        assert frame.loc["W1", "gradient_norm"] == frame.loc["W2", "gradient_norm"]


# Gradients by the inputs


def slope_of(function, rows, feature, step=1e-4):
    moved = rows.copy()
    moved[:, feature] += step
    back = rows.copy()
    back[:, feature] -= step
    return (function(moved) - function(back)) / (2 * step)


def lines(frame, row, feature):
    return frame[(frame["row"] == row) & (frame["feature"] == feature)]


def fitted_regressor(**options):
    raw = pd.DataFrame(X * [1, 10, 100] + 50, columns=["a", "b", "c"])
    target = 1000 + 30 * np.tanh(X[:, 0]) + X[:, 1] ** 2
    options = {"activation": "tanh", "dtype": "float64", "random_state": 0, "epochs": 20, **options}
    return MLPRegressor((8,), **options).fit(raw, target), raw


@pytest.mark.parametrize(
    "options", [{}, {"loss": "log_cosh"}, {"output_range": "positive"}, {"output_range": (0, 2000)}]
)
def test_input_gradients_of_a_regressor_are_in_the_users_units(options):
    regressor, raw = fitted_regressor(**options)
    frame = diagnostics.input_gradients(regressor, raw)
    for j, name in enumerate(raw.columns):
        step = 1e-3 * raw[name].std()
        slopes = slope_of(
            lambda rows: regressor.predict(pd.DataFrame(rows, columns=raw.columns)),
            raw.to_numpy(), j, step,
        )  # fmt: skip
        found = frame[frame["feature"] == name].sort_values("row")
        np.testing.assert_allclose(found["gradient"], slopes, rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(
            found["effect"], found["gradient"] * raw[name].std(ddof=0), rtol=1e-6
        )
        np.testing.assert_allclose(found["value"], raw[name], rtol=1e-9)


def test_input_gradients_have_the_largest_effect_first():
    regressor, raw = fitted_regressor()
    raw.index = list("pqrst")
    frame = diagnostics.input_gradients(regressor, raw)
    assert frame["row"].tolist() == np.repeat(list("pqrst"), 3).tolist()
    for _, part in frame.groupby("row"):
        assert part["effect"].abs().is_monotonic_decreasing


def test_input_gradients_of_the_predicted_class():
    labels = np.array(["a", "b", "c", "a", "b"])
    classifier = MLPClassifier((6,), epochs=20, random_state=0, dtype="float64").fit(X, labels)
    frame = diagnostics.input_gradients(classifier, X)
    predicted = classifier.predict(X)
    assert frame["output"].tolist() == np.repeat(predicted, 3).tolist()
    column = np.searchsorted(classifier.classes_, predicted)
    slopes = slope_of(classifier.predict_proba, X, 0)[np.arange(5), column]
    found = frame[frame["feature"] == "x0"].sort_values("row")["gradient"]
    np.testing.assert_allclose(found, slopes, rtol=1e-4, atol=1e-8)
    of_c = diagnostics.input_gradients(classifier, X, output="c")
    slopes = slope_of(classifier.predict_proba, X, 0)[:, 2]
    found = of_c[of_c["feature"] == "x0"].sort_values("row")["gradient"]
    np.testing.assert_allclose(found, slopes, rtol=1e-4, atol=1e-8)


def test_input_gradients_of_two_classes_are_opposite():
    labels = np.array(["no", "yes", "no", "yes", "yes"])
    classifier = MLPClassifier((6,), epochs=20, random_state=0).fit(X, labels)
    yes, no = (diagnostics.input_gradients(classifier, X[:1], output=c) for c in ("yes", "no"))
    np.testing.assert_array_equal(yes["gradient"], -no["gradient"])
    default = diagnostics.input_gradients(classifier, X[:1])
    pd.testing.assert_frame_equal(default, yes)
    # p = σ(score), thus dp = p (1 - p) d(score)
    p = classifier.predict_proba(X[:1])[0, 1]
    score = diagnostics.input_gradients(classifier, X[:1], of="score")
    np.testing.assert_allclose(p * (1 - p) * score["gradient"], yes["gradient"], rtol=1e-5)


def test_input_gradients_of_a_keras_model():
    model = normalized()
    rows = 10 + 3 * X
    frame = diagnostics.input_gradients(model, rows[:1])
    assert frame["output"].tolist() == [0, 0, 0, 1, 1, 1]
    tensor = tf.convert_to_tensor(rows[:1].astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        second = model(tensor)[:, 1]
    expected = tape.gradient(second, tensor)[0].numpy()
    found = frame[frame["output"] == 1].set_index("feature").loc[["x0", "x1", "x2"]]
    np.testing.assert_allclose(found["gradient"], expected, rtol=1e-4)
    np.testing.assert_allclose(found["effect"], expected * rows.std(axis=0), rtol=1e-4)


def test_input_gradients_refuse_what_is_not_there():
    model = sequential(dense(2))
    with pytest.raises(InvalidParameterError, match="output must be one of 0, 1, or None. Got 2"):
        diagnostics.input_gradients(model, X, output=2)
    with pytest.raises(InvalidParameterError, match="of must be one of 'output', 'score'"):
        diagnostics.input_gradients(model, X, of="logit")
    with pytest.raises(InvalidParameterError, match="computes on"):
        diagnostics.input_gradients(sequential(dense(2), layers.Rescaling(3.0)), X, of="score")


# The user's own models in estimators


def test_estimators_of_the_users_own_model():
    labels = np.array(["a", "b", "c", "a", "b"])
    model = sequential(dense(4, "tanh"), dense(3, "softmax"))
    classifier = KerasClassifier(model, epochs=2, random_state=0).fit(10 + X, labels)
    frame = diagnostics.forward_trace(classifier, 10 + X)
    probabilities = frame[frame["layer"] == 2]["a"].to_numpy().reshape(5, 3)
    np.testing.assert_allclose(probabilities, classifier.predict_proba(10 + X), rtol=1e-5)
    report = diagnostics.check_gradients(classifier, 10 + X, labels)
    assert (report["relative_error"] <= 1e-6).all()


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = keras.layers.Dense(1)

    def call(self, rows):
        return self.inner(rows)


def test_a_subclassed_model_is_refused_in_words():
    with pytest.raises(InvalidParameterError, match="Sequential or functional.*Subclassed"):
        diagnostics.forward_trace(Subclassed(), X)
    fitted = KerasRegressor(lambda *_: Subclassed(), epochs=1).fit(X, Y[:, 0])
    with pytest.raises(InvalidParameterError, match="build the same layers functionally"):
        diagnostics.forward_trace(fitted, X)


# What is refused


class Quartic(keras.regularizers.Regularizer):
    """A penalty that is not registered with Keras."""

    def __call__(self, w):
        return 0.1 * tf.reduce_sum(w**4)

    def get_config(self):
        return {}


def test_functions_and_classes_of_the_users_are_taken_over():
    model = sequential(
        dense(3, lambda z: z * tf.sigmoid(z), kernel_initializer=lambda *_, **__: tf.ones((3, 3))),
        dense(2, kernel_regularizer=Quartic()),
    )
    report = diagnostics.check_gradients(model, X, Y, loss="mse")
    assert (report["relative_error"] <= 1e-6).all()


def two_outputs():
    rows = keras.Input((3,))
    return keras.Model(rows, [dense(1)(rows), dense(2)(rows)])


WRONG = {
    "no model": (lambda: ("mlp", X, Y), "fitted mlpkit estimator or a keras.Model. Got str"),
    "not fitted": (lambda: (MLPRegressor(), X, Y), "MLPRegressor: fit it first"),
    "columns": (lambda: (sequential(dense(2)), X[:, :2], Y), r"shape \(n_samples, 3\).*\(5, 2\)"),
    "one row": (lambda: (sequential(dense(2)), X[0], Y[:1]), r"pass a single row as \[row\]"),
    "no row": (lambda: (sequential(dense(2)), X[:0], Y[:0]), "at least one row"),
    "text": (lambda: (sequential(dense(2)), [["a", "b", "c"]], Y), "X must hold numbers"),
    "ragged": (lambda: (sequential(dense(2)), [[1, 2, 3], [1]], Y), "rows of one length"),
    "NaN": (lambda: (sequential(dense(2)), X * np.nan, Y), "X must be finite"),
    "NaN in y": (lambda: (sequential(dense(2)), X, Y * np.nan), "y must be finite"),
    "rows of y": (lambda: (sequential(dense(2)), X, Y[:3]), "a row for each of X's 5"),
    "spread": (lambda: (sequential(dense(2)), X, Y[:, 0]), "a column for each output"),
    "two outputs": (lambda: (two_outputs(), X, Y), "one input and one output. Got 1 and 2"),
    "not built": (lambda: (keras.Sequential([dense(2)]), X[0], Y), "must be built"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_refused_in_words(case):
    given, words = WRONG[case]
    with pytest.raises(InvalidParameterError, match=words):
        diagnostics.gradients(*given(), loss="mse")


def test_a_loss_is_needed_and_known():
    model = sequential(dense(2))
    with pytest.raises(InvalidParameterError, match="dtype must be one of 'float32', 'float64'"):
        diagnostics.gradients(model, X, Y, loss="mse", dtype="float16")
    with pytest.raises(InvalidParameterError, match="compiled with a loss, or loss be given"):
        diagnostics.gradients(model, X, Y)
    with pytest.raises(InvalidParameterError, match="Did you mean 'huber'"):
        diagnostics.gradients(model, X, Y, loss="humber")
    with pytest.raises(InvalidParameterError, match="y must be given"):
        diagnostics.gradients(model, X, None, loss="mse")
    model.compile(loss="mae")
    own = diagnostics.gradients(model, X, Y)
    assert own.loss == pytest.approx(np.abs(model(X) - Y).mean(), rel=1e-5)
    function = diagnostics.gradients(model, X, Y, loss=lambda y, f: tf.reduce_sum((y - f) ** 2, 1))
    assert function.loss == pytest.approx(((model(X) - Y) ** 2).numpy().sum(1).mean(), rel=1e-5)


# The history


def test_history_of_an_estimator_marks_the_epoch_it_kept():
    regressor = MLPRegressor((4,), epochs=6, random_state=0, early_stopping=True)
    regressor.fit(np.tile(X, (8, 1)), np.tile(Y[:, 0], 8))
    frame = diagnostics.history_frame(regressor)
    assert set(frame["split"]) == {"training", "validation"}
    assert set(frame.loc[frame["best"], "epoch"]) == {regressor.best_epoch_}
    losses = frame[(frame["metric"] == "loss") & (frame["split"] == "validation")]["value"]
    assert losses.tolist() == regressor.history_["val_loss"]


def test_history_of_keras():
    model = sequential(dense(2))
    model.compile(loss="mse", metrics=["mae"])
    history = model.fit(
        X, Y, epochs=4, validation_data=(X, Y), validation_freq=2, verbose=0, shuffle=False
    )
    frame = diagnostics.history_frame(history)
    pd.testing.assert_frame_equal(frame, diagnostics.history_frame(model))
    pd.testing.assert_frame_equal(frame, diagnostics.history_frame(history.history))
    validation = frame[frame["split"] == "validation"]
    assert validation["epoch"].tolist() == [2, 4, 2, 4]
    assert validation["metric"].tolist() == ["loss", "loss", "mae", "mae"]
    best = 2 * (1 + np.argmin(history.history["val_loss"]))
    assert set(frame.loc[frame["best"], "epoch"]) == {best}


def test_history_without_a_finite_loss_has_no_best_epoch():
    assert not diagnostics.history_frame({"loss": [np.nan, np.nan]})["best"].any()
    assert diagnostics.history_frame({"loss": [np.nan, 1.0]})["best"].tolist() == [False, True]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (MLPRegressor(), "has no history: fit it first"),
        ([1.0, 2.0], "Got list"),
        ({}, "at least one epoch"),
        ({"loss": []}, "at least one epoch"),
        ({"loss": ["a"]}, "a list of numbers for each metric"),
        ({"loss": 3.0}, "a list of numbers for each metric"),
        ({"loss": [1, 2, 3, 4, 5], "val_loss": [1, 2, 3]}, "3 numbers of 'val_loss' for 5"),
    ],
)
def test_history_refuses_what_is_none(source, words):
    with pytest.raises(InvalidParameterError, match=words):
        diagnostics.history_frame(source)
