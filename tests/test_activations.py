"""The NumPy catalogue against Keras's own functions, and its edges."""

import dataclasses

import numpy as np
import pytest

from mlpkit import activations
from mlpkit.errors import InvalidParameterError

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}

# Keras's sparsemax was wrong until after 3.15 (see values.sparsemax); it has its own test below.
SAME_AS_KERAS = [name for name in activations.names() if name not in ("prelu", "sparsemax")]


def grid(dtype):
    """A dense grid with the corners of the piecewise functions and far values, as rows of 8."""
    corners = np.array([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0])
    far = np.array([-1e4, -100.0, -30.0, -1e-6, 1e-6, 30.0, 100.0, 1e4])
    return np.concatenate([np.linspace(-20, 20, 8000), corners, far]).reshape(-1, 8).astype(dtype)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", SAME_AS_KERAS)
def test_value_equals_keras(name, dtype):
    import keras

    z = grid(dtype)
    value = activations.get(name).function(z)
    expected = np.asarray(keras.activations.get(name)(z))
    assert value.dtype == expected.dtype == np.dtype(dtype)
    np.testing.assert_allclose(value, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_prelu_equals_the_layer_of_keras(dtype):
    import keras

    z = grid(dtype)
    alpha = np.linspace(-0.5, 1.5, z.shape[1]).astype(dtype)
    layer = keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(alpha), dtype=dtype)
    value = activations.get("prelu").function(z, alpha)
    np.testing.assert_allclose(value, np.asarray(layer(z)), rtol=TOLERANCE[dtype])
    assert value.dtype == np.dtype(dtype)


def test_every_name_of_keras_that_works_alone_is_in_the_catalogue():
    from keras.src.activations import ALL_OBJECTS_DICT

    assert set(activations.names()) == set(ALL_OBJECTS_DICT) - {"threshold"} | {"prelu"}


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_sparsemax_is_the_projection_onto_the_simplex(dtype):
    z = np.random.default_rng(0).normal(size=(500, 7)).astype(dtype)
    value = activations.get("sparsemax").function(z)
    assert value.dtype == np.dtype(dtype)
    assert (value >= 0).all() and (value == 0).any()
    np.testing.assert_allclose(value.sum(axis=-1), 1, rtol=1e-5)
    # The projection's optimality: z - value is the same on the support and nowhere more.
    excess = z - value
    top = excess.max(axis=-1, keepdims=True)
    np.testing.assert_allclose(
        np.where(value > 0, excess, top), np.broadcast_to(top, z.shape), atol=1e-5
    )


def test_sparsemax_of_a_worked_case():
    value = activations.get("sparsemax")([0.0, 0.5, 1.0])
    np.testing.assert_allclose(value, [0, 0.25, 0.75])


@pytest.mark.parametrize("name", activations.names())
def test_far_values_raise_no_floating_point_error_and_stay_numbers(name):
    z = np.array([[-1e4, 1e4, -1e4, 0.0]], dtype="float32")
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        value = activations.get(name).function(z)
    assert not np.isnan(value).any()
    assert np.isfinite(value).all() or name == "exponential"


@pytest.mark.parametrize("name", activations.names())
def test_the_input_is_left_alone_unless_it_is_the_output(name):
    z = grid("float32")
    before = z.copy()
    function = activations.get(name).function
    value = function(z)
    np.testing.assert_array_equal(z, before)
    assert not np.shares_memory(value, z)
    if name != "glu":  # its output is narrower than its input
        assert function(z, out=z) is z
        np.testing.assert_array_equal(z, value)


@pytest.mark.parametrize("name", activations.names())
def test_elementwise_says_whether_a_value_depends_on_its_own_input_only(name):
    entry = activations.get(name)
    z = np.array([[0.3, -0.2, 0.1, 0.25]])
    moved = z.copy()
    moved[0, -1] += 0.1
    assert np.array_equal(entry(z)[0, :2], entry(moved)[0, :2]) == entry.elementwise


def test_missing_values_stay_missing():
    z = np.array([[np.nan, 1.0, 2.0, 3.0]])
    for name in activations.names():
        assert np.isnan(activations.get(name).function(z)[0, 0]), name


def test_lists_integers_and_scalars_are_welcome():
    assert activations.get("relu")([[-1, 2]]).tolist() == [[0.0, 2.0]]
    assert activations.get("leaky_relu")(-1) == pytest.approx(-0.2)
    assert activations.get(None) is activations.get("linear")


def test_initializers():
    chosen = {name: activations.get(name).initializer for name in activations.names()}
    assert [name for name in chosen if chosen[name] == "lecun_normal"] == ["selu"]
    for name in ("relu", "leaky_relu", "prelu", "elu", "gelu", "swish", "mish"):
        assert chosen[name] == "he_normal"
    for name in ("linear", "tanh", "sigmoid", "softmax"):
        assert chosen[name] == "glorot_uniform"


def test_entries_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        activations.get("relu").name = "other"


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(InvalidParameterError, match=r"one of .*Got 'LeakyReLU'.*'leaky_relu'"):
        activations.get("LeakyReLU")
    with pytest.raises(InvalidParameterError, match="Got 3"):
        activations.get(3)
    with pytest.raises(InvalidParameterError, match="takes two arguments"):
        activations.get("threshold")


def test_glu_needs_an_even_axis():
    with pytest.raises(InvalidParameterError, match="even. Got 3"):
        activations.get("glu")(np.ones((2, 3)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["relu", "softmax"])
def test_long_tables_and_short_ones_have_the_same_values(name, dtype):
    """Both choose another way for a long table."""
    function = activations.get(name).function
    z = np.random.default_rng(0).normal(size=(3000, 5), scale=20).astype(dtype)
    z[7], z[8, 0] = -0.0, np.nan
    expected = np.vstack([function(row[np.newaxis]) for row in z])
    found = function(z)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6 if dtype == "float32" else 1e-14)
    np.testing.assert_array_equal(function(z, out=z), found)
