"""The first neurons against truth tables, Python's own logic, and worked examples."""

import itertools
import random

import numpy as np
import pandas as pd
import pytest

from mlpkit.errors import InvalidParameterError
from mlpkit.neurons import (
    PROPOSITIONS,
    McCullochPittsNetwork,
    McCullochPittsNeuron,
    ThresholdLogicNetwork,
    ThresholdLogicUnit,
    collapse_linear,
    compile_proposition,
    xor_network,
)

TABLES = {
    "A": [0, 1],
    "A and B": [0, 0, 0, 1],
    "A or B": [0, 1, 1, 1],
    "A and not B": [0, 0, 1, 0],
}


@pytest.mark.parametrize("text", TABLES)
def test_the_four_propositions_of_the_book(text):
    network = PROPOSITIONS[text]
    assert network.truth_table().iloc[:, -1].tolist() == TABLES[text]
    assert len(network.neurons) == 1  # each is a single neuron


def test_a_neuron_needs_two_active_inputs_and_no_inhibiting_one():
    active = {name: np.array(bits, bool) for name, bits in zip("ABC", np.eye(3, 5), strict=True)}
    active["A"][3:] = active["B"][3:] = True
    active["C"][4] = True
    neuron = McCullochPittsNeuron("N", ("A", "B"), ("C",))
    assert neuron.fires(active).tolist() == [False, False, False, True, False]


def random_proposition(rng, names, depth):
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(names)
    operator = rng.choice(["not", "and", "or", "xor", "three"])
    parts = [random_proposition(rng, names, depth - 1) for _ in range(3)]
    if operator == "not":
        return f"(not ({parts[0]}))"
    if operator == "three":
        return f"({parts[0]} and {parts[1]} and {parts[2]})"
    return f"({parts[0]} {operator} {parts[1]})"


def test_random_propositions_are_what_python_says_they_are():
    rng = random.Random(0)
    for _ in range(300):
        text = random_proposition(rng, ["A", "B", "C", "D"], depth=4)
        network = compile_proposition(text)
        python = text.replace(" xor ", " != ").replace("(", "bool(")
        for bits in itertools.product((False, True), repeat=len(network.inputs)):
            scope = dict(zip(network.inputs, bits, strict=True))
            assert network([int(b) for b in bits]) == eval(python, {"bool": bool}, scope), text


@pytest.mark.parametrize(
    "text, python",
    [
        ("not A and B", "(not A) and B"),
        ("A or B and C", "A or (B and C)"),
        ("A xor B and C", "A != (B and C)"),
        ("A or B xor C", "A or (B != C)"),
        ("A xor B xor C", "(A != B) != C"),
        ("NOT A Or B", "(not A) or B"),
        ("not not A", "A"),
        ("A and not A", "False"),
    ],
)
def test_which_word_binds_tighter(text, python):
    network = compile_proposition(text)
    for bits in itertools.product((False, True), repeat=len(network.inputs)):
        scope = dict(zip(network.inputs, bits, strict=True))
        assert network([int(b) for b in bits]) == int(eval(python, {}, scope))


def test_long_propositions():
    names = [f"x{i}" for i in range(2000)]
    X = np.ones((2, 2000), int)
    X[1, 77] = 0
    assert compile_proposition(" and ".join(names))(X).tolist() == [1, 0]
    assert compile_proposition(" xor ".join(names))(X).tolist() == [0, 1]
    assert compile_proposition(" or ".join(names))(1 - X).tolist() == [0, 1]
    with pytest.raises(InvalidParameterError, match="at most 16 inputs. Got 2000"):
        compile_proposition(" or ".join(names)).truth_table()


WRONG = {
    "": "a name is missing before 'the end', at character 1",
    "A and": "missing before 'the end', at character 6",
    "A and or B": "missing before 'or', at character 7",
    "(A or B": r"a \) is missing, at character 8",
    "A)": r"found '\)', at character 2",
    "A B": "found 'B', at character 3",
    "A + B": r"found '\+', at character 3",
    "on and A": "always active: rename yours, at character 1",
    "(" * 101 + "A" + ")" * 101: "deeper than 100 levels",
    "not " * 5000 + "A": "deeper than 100 levels",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_proposition_is_refused_with_its_place(text):
    with pytest.raises(InvalidParameterError, match=WRONG[text]):
        compile_proposition(text)
    with pytest.raises(InvalidParameterError, match="must be text.*Got 3"):
        compile_proposition(3)


def test_networks_take_rows_frames_and_single_rows():
    network = compile_proposition("A and not B")
    assert network([1, 0]) == 1
    assert network(np.array([[True, False], [True, True]])).tolist() == [1, 0]
    frame = pd.DataFrame({"B": [0, 1], "other": [7, 7], "A": [1, 1]})
    assert network(frame).tolist() == [1, 0]
    assert network.activity(frame).columns.tolist() == ["A", "B", "output"]


def test_networks_refuse_what_is_not_binary_and_bad_wiring():
    network = compile_proposition("A and B")
    with pytest.raises(InvalidParameterError, match="0 and 1"):
        network([[1, 2]])
    with pytest.raises(InvalidParameterError, match="a column for each input, A, B. Got shape"):
        network([[1, 1, 1]])
    with pytest.raises(InvalidParameterError, match=r"Missing: \['B'\]"):
        network(pd.DataFrame({"A": [1]}))
    with pytest.raises(InvalidParameterError) as error:
        McCullochPittsNetwork(("A", "A"), (McCullochPittsNeuron("A", ("A", "C")),))
    assert str(error.value).count("\n") == 2  # three problems at once


@pytest.mark.parametrize(
    "excitatory, inhibitory, message",
    [
        ("AB", (), r"excitatory must be a tuple of names.*Got 'AB'"),
        (("A", "B"), "C", "inhibitory must be a tuple of names"),
        (("A",), (), r"two inputs at least, or one twice.*Got \('A',\)"),
        ((), (), r"two inputs at least"),
        (("A", 3), (), "excitatory must be a tuple of names"),
    ],
)
def test_neurons_that_could_never_fire_or_are_wired_to_no_names(excitatory, inhibitory, message):
    with pytest.raises(InvalidParameterError, match=message):
        McCullochPittsNeuron("N", excitatory, inhibitory)


def test_networks_of_what_is_no_neuron():
    with pytest.raises(InvalidParameterError, match="must be McCullochPittsNeurons. Got 'C'"):
        McCullochPittsNetwork(("A",), ("C",))
    with pytest.raises(InvalidParameterError, match="Got 'on', which is taken"):
        McCullochPittsNetwork(("on",), (McCullochPittsNeuron("N", ("on", "on")),))


def test_threshold_logic_units_at_the_threshold():
    assert ThresholdLogicUnit([1.0], bias=-1.0)([[1.0], [0.9]]).tolist() == [1, 0]
    assert ThresholdLogicUnit([1.0], bias=-1.0, step="sgn")([[1.0], [2], [0]]).tolist() == [
        0,
        1,
        -1,
    ]


def test_a_layer_of_units_is_as_many_single_ones():
    rng = np.random.default_rng(0)
    W, b, X = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(20, 3))
    for step in ("heaviside", "sgn"):
        layer = ThresholdLogicUnit(W, b, step)(X)
        single = [ThresholdLogicUnit(W[:, j], b[j], step)(X) for j in range(4)]
        np.testing.assert_array_equal(layer, np.transpose(single))
        expected = X @ W + b >= 0 if step == "heaviside" else np.sign(X @ W + b)
        np.testing.assert_array_equal(layer, expected)


def test_units_refuse():
    with pytest.raises(InvalidParameterError, match="(?s)step must be.*weights must be finite"):
        ThresholdLogicUnit([np.nan], step="relu")
    with pytest.raises(InvalidParameterError, match=r"Got \(1, 3\)"):
        ThresholdLogicUnit([1, 1])([[1, 2, 3]])
    with pytest.raises(InvalidParameterError, match="bias must be"):
        ThresholdLogicUnit([1, 1], bias=[1, 2])


@pytest.mark.parametrize("values", [["a"], [[1, 2], [3]], [None, {}]])
def test_units_refuse_what_is_no_array_of_numbers(values):
    with pytest.raises(InvalidParameterError, match="weights must be an array of numbers"):
        ThresholdLogicUnit(values)
    with pytest.raises(InvalidParameterError, match="X must be an array of numbers"):
        ThresholdLogicUnit([1])(values)


def test_networks_of_units_refuse_layers_that_do_not_fit():
    two, one = ThresholdLogicUnit([[1, 1]]), ThresholdLogicUnit([1])
    with pytest.raises(InvalidParameterError, match=r"layer 2 must take.*\(1,\) after \(1, 2\)"):
        ThresholdLogicNetwork([two, one])
    for layers in ([], 3, [two, "one"]):
        with pytest.raises(InvalidParameterError, match="ThresholdLogicUnits, one at least"):
            ThresholdLogicNetwork(layers)


def test_the_network_of_the_book_solves_xor_and_no_single_unit_does():
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    xor = np.array([0, 1, 1, 0])
    assert xor_network()(X).tolist() == xor.tolist()
    assert xor_network().layers[0](X).tolist() == [[0, 0], [0, 1], [0, 1], [1, 1]]  # AND, OR
    grid = np.linspace(-3, 3, 25)
    best = max(
        (ThresholdLogicUnit(w, b)(X) == xor).sum() for *w, b in itertools.product(grid, repeat=3)
    )
    assert best == 3


def test_the_compositions_of_the_book():
    f, g = ([[2]], [3]), ([[5]], [-1])
    assert [v.item() for v in collapse_linear([g, f])] == [10, 1]  # f(g(x)) = 10 x + 1
    assert [v.item() for v in collapse_linear([f, g])] == [10, 14]


def linear_model():
    import keras

    layers = keras.layers
    norm = layers.Normalization()
    norm.adapt(np.random.default_rng(0).normal(3, 5, (50, 4)))
    inner = keras.Sequential(
        [keras.Input((6,)), layers.Dense(5, use_bias=False), layers.BatchNormalization()]
    )
    model = keras.Sequential(
        [
            keras.Input((4,)),
            norm,
            layers.Dense(6, bias_initializer="normal"),
            layers.Dropout(0.5),
            inner,
            layers.Activation("linear"),
            layers.Dense(3, activation="linear"),
            layers.Rescaling([1.0, 2.0, 3.0], offset=[0.5, 0.0, -0.5]),
        ]
    )
    rng = np.random.default_rng(1)
    batch = inner.layers[-1]
    batch.set_weights([rng.uniform(0.5, 2, 5) for _ in batch.get_weights()])
    return model


def test_collapse_of_a_keras_model_equals_the_model():
    model = linear_model()
    X = np.random.default_rng(2).normal(size=(30, 4)).astype("float32")
    W, b = collapse_linear(model)
    assert W.shape == (4, 3) and W.dtype == np.float64
    np.testing.assert_allclose(X @ W + b, np.asarray(model(X)), rtol=1e-4, atol=1e-5)


def test_collapse_of_a_functional_model_and_its_limits():
    import keras

    a = keras.Input((3,))
    hidden = keras.layers.Dense(4)(a)
    chain = keras.Model(a, keras.layers.Dense(2)(hidden))
    X = np.random.default_rng(2).normal(size=(9, 3)).astype("float32")
    W, b = collapse_linear(chain)
    np.testing.assert_allclose(X @ W + b, np.asarray(chain(X)), atol=1e-5)
    branched = keras.Model(a, keras.layers.Add()([hidden, keras.layers.Dense(4)(a)]))
    with pytest.raises(InvalidParameterError, match="must be a chain"):
        collapse_linear(branched)
    bent = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="relu")])
    with pytest.raises(InvalidParameterError, match="layer 1, 'dense.*activation 'relu'"):
        collapse_linear(bent)
    normed = keras.Sequential([keras.Input((3,)), keras.layers.LayerNormalization()])
    with pytest.raises(InvalidParameterError, match="a LayerNormalization"):
        collapse_linear(normed)


def test_collapse_scales_by_the_layer_s_own_width_and_over_several_axes():
    import keras

    layers = keras.layers
    X = np.random.default_rng(2).normal(size=(9, 2, 3)).astype("float32")
    norm = layers.Normalization(axis=-1)
    norm.adapt(4 * X + 3)
    inside = layers.Normalization(mean=1.0, variance=4.0)  # after 5 units, not 6 inputs
    scale = layers.Rescaling([2.0, 3.0, 4.0], offset=1.0)
    model = keras.Sequential(
        [keras.Input((2, 3)), norm, scale, layers.Flatten(), layers.Dense(5), inside]
    )
    W, b = collapse_linear(model)
    np.testing.assert_allclose(X.reshape(9, 6) @ W + b, np.asarray(model(X)), rtol=1e-4, atol=1e-5)


def test_collapse_refuses_models_it_cannot_follow():
    import keras

    dense, a = keras.layers.Dense, keras.Input((2,))
    hidden = dense(3)(a)
    unbuilt = keras.Sequential([dense(2)])
    forked = keras.Model(a, [hidden, dense(2)(hidden)])
    for model in (unbuilt, forked):
        with pytest.raises(InvalidParameterError, match="built, with one input and one output"):
            collapse_linear(model)
    along = keras.Sequential([keras.Input((2, 3)), dense(4)])
    with pytest.raises(InvalidParameterError, match="along one of several axes: flatten"):
        collapse_linear(along)
    same = dense(2)
    with pytest.raises(InvalidParameterError, match="must be a chain"):  # it is there once only
        collapse_linear(keras.Model(a, same(same(a))))


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_collapse_of_an_estimator_is_its_prediction(normalization):
    from mlpkit import MLPRegressor

    rng = np.random.default_rng(3)
    X = rng.normal(10, 4, (60, 3))
    Y = X @ rng.normal(size=(3, 2)) * 100
    settings = {"activation": "linear", "epochs": 3, "normalization": normalization}
    regressor = MLPRegressor((8, 4), random_state=0, **settings).fit(X, Y)
    W, b = collapse_linear(regressor)
    predicted = regressor.predict(X)
    np.testing.assert_allclose(X @ W + b, predicted, rtol=1e-4, atol=1e-4 * np.abs(predicted).max())


@pytest.mark.parametrize(
    "given, message",
    [
        (3, "Got int"),
        ([], "at least one affine map"),
        ([([["a"]], [0])], "W must be an array of numbers"),
        ([([[1, 2]], [0])], r"Got \(1, 2\) and \(1,\) in map 1"),
        ([([[1, 2]], [0, 0]), ([[1]], [0])], "what the one before gives, 2 numbers"),
    ],
)
def test_collapse_refuses(given, message):
    with pytest.raises(InvalidParameterError, match=message):
        collapse_linear(given)
