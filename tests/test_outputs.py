"""The output layer of a regression: activations, scales and bounds for every kind of range."""

import dataclasses
import math

import numpy as np
import pytest

from mlpkit.outputs import BOUNDED, POSITIVE, plain_outputs, resolve_outputs

INFINITY = math.inf

# output_range, output_activation -> activations, scale, offset, bounds
CHOSEN = [
    (None, "auto", "linear", 1.0, 0.0, (-INFINITY, INFINITY)),
    (None, "relu", "relu", 1.0, 0.0, (0.0, INFINITY)),
    (None, "tanh", "tanh", 1.0, 0.0, (-1.0, 1.0)),
    (None, "sigmoid", "sigmoid", 1.0, 0.0, (0.0, 1.0)),
    ("positive", "auto", "softplus", 1.0, 0.0, (0.0, INFINITY)),
    ("positive", "relu", "relu", 1.0, 0.0, (0.0, INFINITY)),
    ((0, 5), "auto", "sigmoid", 5.0, 0.0, (0.0, 5.0)),
    ((-2, 3), "auto", "sigmoid", 5.0, -2.0, (-2.0, 3.0)),
    ((-2, 3), "tanh", "tanh", 2.5, 0.5, (-2.0, 3.0)),
    ([10, 20], "tanh", "tanh", 5.0, 15.0, (10.0, 20.0)),
    (np.array([10, 20]), "sigmoid", "sigmoid", 10.0, 10.0, (10.0, 20.0)),
]


@pytest.mark.parametrize("a_range, given, activation, scale, offset, bounds", CHOSEN)
def test_the_table_s_choice(a_range, given, activation, scale, offset, bounds):
    outputs, problems = resolve_outputs(2, a_range, given)
    assert problems == []
    assert outputs.activations == (activation,) * 2
    assert outputs.scale == (scale,) * 2 and outputs.offset == (offset,) * 2
    assert outputs.bounds == ([bounds[0]] * 2, [bounds[1]] * 2)
    assert outputs.is_positive == (bounds[0] >= 0)
    assert outputs.is_plain == ((scale, offset) == (1.0, 0.0))


def test_a_range_for_each_output():
    outputs, _ = resolve_outputs(3, [None, "positive", (0, 4)])
    assert outputs.activations == ("linear", "softplus", "sigmoid")
    assert outputs.bounds == ([-INFINITY, 0, 0], [INFINITY, INFINITY, 4])
    rows, _ = resolve_outputs(2, np.array([[0.0, 1.0], [5.0, 7.0]]))
    assert rows.scale == (1.0, 2.0) and rows.offset == (0.0, 5.0)


def test_a_pair_is_one_range_for_all_outputs():
    outputs, _ = resolve_outputs(2, [0, 10])
    assert outputs.scale == (10.0, 10.0)


WRONG_RANGES = [
    "negative", "Positive", (1, 0), (0, 0), (0, math.inf), (math.nan, 1), (0, 1, 2), (0,), 5, True,
    ["positive"], [(0, 1), (0, 1), (0, 1)], [(0, 1), (1, 0)], ("0", "1"), {"low": 0}, (False, True),
]  # fmt: skip


@pytest.mark.parametrize("a_range", WRONG_RANGES)
def test_a_wrong_range_is_refused(a_range):
    outputs, problems = resolve_outputs(2, a_range)
    assert outputs is None
    assert len(problems) == 1
    assert problems[0].startswith("output_range must be None, 'positive', a pair of finite")
    assert "each of the 2 output(s). Got " in problems[0]


def test_the_nearest_range_is_suggested():
    assert "Did you mean 'positive'?" in resolve_outputs(1, "possitive")[1][0]


@pytest.mark.parametrize(
    "a_range, activation, message",
    [
        (
            "positive",
            "tanh",
            "must be positive for output_range='positive': exponential, hard_sigmoid, relu",
        ),
        ((0, 1), "relu", "must be bounded for output_range=(low, high): sigmoid, tanh"),
        ((0, 1), "linear", "must be bounded"),
        (None, "softmax", "acts on each output alone. Got 'softmax'"),
        (None, "glu", "acts on each output alone"),
        (None, "prelu", "must not have weights of its own"),
        (None, "sofplus", "Did you mean 'softplus'?"),
        (None, None, "Got None"),
        (None, 3, "Got 3"),
    ],
)
def test_an_activation_that_does_not_suit_is_refused(a_range, activation, message):
    outputs, problems = resolve_outputs(1, a_range, activation)
    assert outputs is None
    assert len(problems) == 1 and message in problems[0]


def test_each_problem_is_told_once():
    _, problems = resolve_outputs(3, ["positive", "positive", (0, 1)], "linear")
    assert len(problems) == 2


def test_the_lists_of_activations_tell_the_truth():
    from mlpkit import activations

    z = np.linspace(-50, 50, 1001)
    for name in POSITIVE:
        assert activations.get(name)(z).min() >= 0, name
    for name in BOUNDED:
        values = activations.get(name)(z)
        outputs = plain_outputs(name, 1)
        assert outputs.bounds == ([pytest.approx(values.min())], [pytest.approx(values.max())])


def test_outputs_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        plain_outputs("linear", 1).scale = (2.0,)


@pytest.mark.parametrize("name, lowest", [("elu", -1), ("softsign", -1), ("hard_sigmoid", 0)])
def test_targets_that_an_activation_cannot_reach_are_refused(name, lowest):
    from mlpkit import MLPRegressor
    from mlpkit.errors import TargetError

    assert plain_outputs(name, 1).bounds[0] == [lowest]
    X, y = np.arange(20.0)[:, np.newaxis], np.linspace(-3, 0.5, 20)
    model = MLPRegressor((), output_activation=name, epochs=1)
    with pytest.raises(TargetError, match=f"range of its output, {lowest} to"):
        model.fit(X, y)
