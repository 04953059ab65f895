"""Diagnostics on what they are not made for: one clear error, or an answer that says its limits."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlpkit import MLPClassifier, MLPRegressor, activations, forward_trace, gradient_flow
from mlpkit.backend import keras, tf
from mlpkit.diagnostics import gradients, history_frame, input_gradients
from mlpkit.diagnostics.measuring import s_shaped
from mlpkit.errors import InvalidParameterError


def test_what_wraps_a_network_is_told_how_to_look_inside():
    wrapped = make_pipeline(StandardScaler(), MLPClassifier())
    for look in (lambda model: forward_trace(model, [[1.0]]), history_frame):
        with pytest.raises(
            InvalidParameterError, match=r"Got Pipeline.*: pass its last step, model"
        ):
            look(wrapped)
        with pytest.raises(InvalidParameterError, match="Got GridSearchCV.*: fit it first"):
            look(GridSearchCV(MLPClassifier(), {"l2": [0.0]}))
        with pytest.raises(InvalidParameterError, match=": make one and fit it first"):
            look(MLPClassifier)


def test_a_dataset_is_no_table():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    dataset = tf.data.Dataset.from_tensors(([[1.0]], [1.0]))
    with pytest.raises(InvalidParameterError, match="Got a dataset: pass a batch of it"):
        forward_trace(model, dataset)
    with pytest.raises(InvalidParameterError, match="Got a dataset: pass a batch of it"):
        gradient_flow(model, dataset, None, loss="mse")


def test_targets_that_a_cross_entropy_cannot_mean_are_refused():
    softmax = keras.Sequential([keras.Input((1,)), keras.layers.Dense(3, "softmax")])
    sigmoid = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "sigmoid")])
    X = [[1.0], [2.0]]
    with pytest.raises(InvalidParameterError, match="number of an output, 0 to 2, .* Got 3"):
        gradients(softmax, X, [1, 3], loss="sparse_categorical_crossentropy")
    with pytest.raises(InvalidParameterError, match="probability, 0 to 1, .* Got 2"):
        gradients(sigmoid, X, [1, 2], loss="binary_crossentropy")
    with pytest.raises(InvalidParameterError, match="3 columns: pass y.argmax"):
        gradients(softmax, X, np.eye(3)[:2], loss="sparse_categorical_crossentropy")
    assert gradients(sigmoid, X, [0.25, 1], loss="binary_crossentropy").loss > 0


def test_words_have_no_input_gradient():
    for dtype in ("int32", "float32"):
        layers = [keras.layers.Embedding(9, 2), keras.layers.Flatten(), keras.layers.Dense(1)]
        model = keras.Sequential([keras.Input((4,), dtype=dtype), *layers])
        with pytest.raises(InvalidParameterError, match="as an Embedding does"):
            input_gradients(model, [[1, 2, 3, 4]])


def test_input_gradients_show_the_values_that_were_given():
    X = np.array([[0.0, 7.0], [0.1, 9.0], [0.7, 8.0]])
    line = MLPRegressor((), epochs=1, random_state=0).fit(X, X[:, 0])
    shown = input_gradients(line, X).pivot(index="row", columns="feature", values="value")
    np.testing.assert_array_equal(shown.to_numpy(), X)


def test_layers_that_are_not_looked_into_are_named():
    recurrent = keras.layers.SimpleRNN(3, name="reading")
    model = keras.Sequential([keras.Input((4, 2)), recurrent, keras.layers.Dense(1)])
    rows = np.random.RandomState(0).randn(20, 4, 2)
    found = gradient_flow(model, rows, rows[:, 0, 0], loss="mse")
    assert "Not looked into: reading" in found.summary
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    assert "Not" not in gradient_flow(model, rows[:, 0], rows[:, 0, 0], loss="mse").summary


def test_depthwise_convolutions_are_looked_into():
    layers = [keras.layers.DepthwiseConv2D(2, activation="relu"), keras.layers.Flatten()]
    model = keras.Sequential([keras.Input((4, 4, 2)), *layers, keras.layers.Dense(1)])
    rows = np.random.RandomState(0).rand(20, 4, 4, 2)
    assert len(gradient_flow(model, rows, rows[:, 0, 0, 0], loss="mse").frame) == 2


def test_outputs_that_depend_on_each_other_are_judged():
    layers = [keras.Input((3,)), keras.layers.Dense(4, "sparsemax")]
    X, y = np.random.RandomState(0).randn(9, 3), np.eye(4)[np.arange(9) % 4]
    assert gradient_flow(keras.Sequential(layers), X, y, loss="mse").frame["units"].tolist() == [4]


@pytest.mark.parametrize("name", activations.names(trains=True))
def test_s_shaped_activations_are_flat_at_both_ends_and_steepest_at_0(name):
    entry = activations.get(name)
    if entry.elementwise:
        slope = entry.derivative(np.linspace(-30, 30, 6001))
        flat = max(abs(slope[0]), abs(slope[-1])) < 0.01
        assert s_shaped(name) == (flat and slope[3000] == slope.max())


def test_a_trace_of_many_places_is_refused():
    model = keras.Sequential([keras.Input((64, 64, 1)), keras.layers.Conv2D(16, 1)])
    with pytest.raises(InvalidParameterError, match="160 rows of a model with 65,536 units"):
        forward_trace(model, np.zeros((160, 64, 64, 1), np.float32))


def test_attention_is_looked_into():
    words = keras.Input((5, 4))
    seen = keras.layers.MultiHeadAttention(2, 2)(words, words)
    mean = keras.layers.GlobalAveragePooling1D()(seen)
    model = keras.Model(words, keras.layers.Dense(1)(mean))
    rows = np.random.RandomState(0).randn(20, 5, 4)
    assert len(gradient_flow(model, rows, rows[:, 0, 0], loss="mse").frame) == 5
