"""The NumPy catalogue against Keras's own functions, and its edges."""

import dataclasses

import numpy as np
import pytest

from mlpkit import activations
from mlpkit.errors import InvalidParameterError

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}

# Keras's sparsemax was wrong until after 3.15 (see values.sparsemax); it has its own test below.
TRAINED = activations.names(trains=True)
SAME_AS_KERAS = [name for name in TRAINED if name not in ("prelu", "sparsemax")]
ELEMENTWISE = [name for name in activations.names() if activations.get(name).elementwise]


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

    assert set(TRAINED) == set(ALL_OBJECTS_DICT) - {"threshold"} | {"prelu"}
    assert set(activations.names()) - set(TRAINED) == {"heaviside", "sgn"}


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


def derivative_by_autodiff(function, z):
    """TensorFlow's derivative of an elementwise function; its Jacobian, a row a time, of others."""
    import tensorflow as tf

    z = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = function(z)
    if value.shape != z.shape:
        return tape.batch_jacobian(value, z).numpy()
    return tape.gradient(value, z).numpy()


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", [name for name in SAME_AS_KERAS if name in ELEMENTWISE])
def test_derivative_equals_autodiff(name, dtype):
    import keras

    z = grid(dtype)
    found = activations.get(name).derivative(z)
    expected = derivative_by_autodiff(keras.activations.get(name), z)
    assert found.dtype == expected.dtype == np.dtype(dtype)
    # Autodiff's own chain of float32 numbers overflows or cancels far out for some.
    tame = np.isfinite(expected)
    assert tame.mean() > 0.49
    if name == "celu":  # at 0, TensorFlow adds up the slopes of both sides
        tame &= z != 0
    np.testing.assert_allclose(found[tame], expected[tame], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "glu"])
def test_jacobian_equals_autodiff(name):
    import keras
    import tensorflow as tf

    z = np.random.default_rng(0).normal(size=(300, 6), scale=3.0)
    found = activations.get(name).derivative(z)
    tensor = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = keras.activations.get(name)(tensor)
    np.testing.assert_allclose(found, tape.batch_jacobian(value, tensor), atol=1e-12)


def central_difference(function, z, step=1e-6):
    """Jacobian of a function of one row."""
    columns = [
        (function(z + step * unit) - function(z - step * unit)) / (2 * step)
        for unit in np.eye(len(z))
    ]
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("name", activations.names())
def test_derivative_equals_central_differences(name):
    entry = activations.get(name)
    z = np.random.default_rng(1).normal(size=(40, 4), scale=2.0)
    for row in z:
        found = entry.derivative(row)
        expected = central_difference(entry, row)
        if entry.elementwise:
            expected = np.diagonal(expected)
        np.testing.assert_allclose(found, expected, atol=1e-7)


@pytest.mark.parametrize("name", ["leaky_relu", "elu", "celu", "soft_shrink", "squareplus"])
def test_parameters_change_value_and_derivative_alike(name):
    import keras

    key = {"leaky_relu": "negative_slope", "soft_shrink": "threshold", "squareplus": "b"}
    key = key.get(name, "alpha")
    z = np.linspace(-5, 5, 1001)  # 0 and 0.3 are kinks of some
    z = z[(np.abs(z) > 0.01) & (np.abs(np.abs(z) - 0.3) > 0.01)]
    entry = activations.get(name, **{key: 0.3})
    function = getattr(keras.activations, name)
    expected = np.asarray(function(z, **{key: 0.3}))
    np.testing.assert_allclose(entry(z), expected, atol=1e-6)
    slope = derivative_by_autodiff(lambda z: function(z, **{key: 0.3}), z)
    np.testing.assert_allclose(entry.derivative(z), slope, atol=1e-5)
    assert entry.parameters == {key: 0.3}
    assert not np.allclose(entry(z), activations.get(name)(z))


def test_the_book_s_own_parameters():
    assert activations.get("leaky_relu", negative_slope=0.01)([-3.0, 3.0]).tolist() == [-0.03, 3.0]
    assert activations.get("linear", slope=2)([1.5]).tolist() == [3.0]
    assert activations.get("linear", slope=2).derivative([1.5]).tolist() == [2.0]
    assert activations.get("elu", alpha=2.0)(-1e4) == -2
    assert activations.get("elu", alpha=2.0).range == (-2.0, np.inf)
    assert activations.get("leaky_relu", negative_slope=0.01).formula == (
        "z if z > 0, else α z, with α = 0.01"
    )
    assert (
        activations.get("hard_shrink", threshold=1.0).formula == "z if |z| > t, else 0, with t = 1"
    )
    # A leak above 1 bends the other way, as Keras's does.
    assert activations.get("leaky_relu", negative_slope=3.0)([-1.0, 1.0]).tolist() == [-3, 1]


def test_parameters_that_a_function_has_not_are_refused():
    with pytest.raises(InvalidParameterError, match="that it has: none. Got alpha=1"):
        activations.get("tanh", alpha=1)
    with pytest.raises(InvalidParameterError, match="alpha of 'elu' must be a finite number above"):
        activations.get("elu", alpha=-1)
    with pytest.raises(
        InvalidParameterError, match="negative_slope.*finite number above 0. Got 'x'"
    ):
        activations.get("leaky_relu", negative_slope="x")


def test_the_steps_of_the_first_neurons():
    z = [-2.0, -0.0, 0.0, 1e-300, 5.0]
    assert activations.get("heaviside")(z).tolist() == [0, 1, 1, 1, 1]
    assert activations.get("sgn")(z).tolist() == [-1, 0, 0, 1, 1]
    for name in ("heaviside", "sgn"):
        assert not activations.get(name).derivative(z).any()


@pytest.mark.parametrize("name", ["heaviside", "sgn"])
def test_no_network_is_made_of_steps(name):
    from mlpkit import make_classifier, make_regressor

    with pytest.raises(InvalidParameterError, match=f"no gradient to train it.*Got '{name}'"):
        make_classifier(3, activation=name)
    with pytest.raises(InvalidParameterError, match=f"Got '{name}'"):
        make_regressor(3, output_activation=name)


@pytest.mark.parametrize("name", activations.names())
def test_values_keep_to_their_range_and_approach_its_ends(name):
    entry = activations.get(name)
    low, high = entry.range
    random = np.random.default_rng(2).normal(size=(4000, 8), scale=10.0)
    # Minima of the functions that are not monotone lie between -2 and 0.
    dense = np.repeat(np.linspace(-40, 40, 20001)[:, np.newaxis], 8, axis=1)
    far = np.concatenate([np.diag(np.full(8, sign * 1e4)) for sign in (1, -1)])
    tables = [random, far] if not entry.elementwise else [random, dense, far]
    values = np.concatenate([entry(table).ravel() for table in tables])
    assert values.min() >= low - 1e-12 and values.max() <= high + 1e-12
    assert values.min() < (-1e3 if np.isinf(low) else low + 2e-4)
    assert values.max() > (1e3 if np.isinf(high) else high - 2e-4)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_derivative_goes_to_0_where_the_entry_says_that_it_saturates(name):
    entry = activations.get(name)
    left, right = np.abs(entry.derivative([-1e4, 1e4]))
    sides = {"no": "", "left": "left", "right": "right", "both": "left right"}[entry.saturates]
    assert (left < 1e-6) == ("left" in sides)
    assert (right < 1e-6) == ("right" in sides)


@pytest.mark.parametrize("name", sorted(set(activations.names()) - set(ELEMENTWISE)))
def test_a_jacobian_goes_to_0_where_the_entry_says_that_it_saturates(name):
    entry, ends = activations.get(name), []
    for far in (-1e4, 1e4):
        if name == "glu":  # by the gate of an input of 1
            ends.append(abs(entry.derivative([1.0, far])[0, 1]))
        else:
            ends.append(abs(entry.derivative([far, 0.0, 0.0])[0, 0]))
    sides = {"left": [True, False], "right": [False, True], "both": [True, True]}
    assert [end < 1e-6 for end in ends] == sides.get(entry.saturates, [False, False])


def test_softmax_is_a_distribution_that_a_shift_leaves_as_it_is():
    z = np.random.default_rng(3).normal(size=(500, 7), scale=50.0)
    softmax = activations.get("softmax")
    np.testing.assert_allclose(softmax(z).sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(softmax(z), softmax(z + 1e4), atol=1e-10)
    np.testing.assert_allclose(softmax.derivative(z).sum(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(softmax.derivative(z).sum(axis=2), 0, atol=1e-12)


def test_what_the_book_says_of_sigmoid_and_tanh():
    z = np.random.default_rng(4).normal(size=5000, scale=5.0)
    sigmoid, tanh = activations.get("sigmoid"), activations.get("tanh")
    np.testing.assert_allclose(tanh(z), 2 * sigmoid(2 * z) - 1, atol=1e-14)
    assert sigmoid.derivative(z).max() < sigmoid.derivative(0.0) == 0.25
    assert tanh.derivative(z).max() < tanh.derivative(0.0) == 1
    np.testing.assert_allclose(activations.get("softplus").derivative(z), sigmoid(z), atol=1e-15)


MONOTONE = set(ELEMENTWISE) - {"gelu", "silu", "swish", "mish", "hard_silu", "hard_swish"}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_which_functions_are_monotone(name):
    z = np.sort(np.random.default_rng(5).normal(size=5000, scale=3.0))
    assert (np.diff(activations.get(name)(z)) >= 0).all() == (name in MONOTONE)


@pytest.mark.parametrize("name", activations.names())
def test_far_derivatives_are_numbers(name):
    z = np.array([[-1e4, 1e4, -1e4, 0.0]], dtype="float32")
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        slope = activations.get(name).derivative(z)
    assert slope.dtype == np.float32
    assert not np.isnan(slope).any()
    assert np.isfinite(slope).all() or name == "exponential"
    assert not np.isnan(activations.get(name).derivative(np.array([[1e30, -1e30]]))).any()


def test_every_entry_speaks_for_itself():
    for name in activations.names():
        entry = activations.get(name)
        assert "\n" not in entry.formula and entry.formula, name
        assert entry.strengths.endswith(".") and entry.weaknesses.endswith((".", ")")), name
        assert entry.strengths != entry.weaknesses, name


def test_what_is_not_to_be_learnt_is_refused_and_not_written_to():
    mine = np.zeros(2)
    with pytest.raises(InvalidParameterError, match="'relu' must be called with z alone. Got 2"):
        activations.get("relu")([1.0, 2.0], mine)
    with pytest.raises(InvalidParameterError, match="with z, alpha alone. Got 3"):
        activations.get("prelu").derivative([1.0], 0.1, mine)
    assert not mine.any()


def test_entries_are_keys_and_take_numbers_of_numpy():
    assert len({activations.get("relu"), activations.get("relu"), activations.get("elu")}) == 2
    assert activations.get("elu", alpha=np.float32(0.5))(-1e4) == -0.5


@pytest.mark.parametrize("name", activations.names())
def test_half_precision_stays_half(name):
    z = np.array([-3.0, 0.5, 2.0, 100.0], dtype=np.float16)
    entry = activations.get(name)
    assert entry(z).dtype == entry.derivative(z).dtype == np.float16
