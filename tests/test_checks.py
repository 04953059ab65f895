"""Rules for arguments: what they allow, and what their messages say."""

from fractions import Fraction

import numpy as np
import pytest

from mlpkit import checks
from mlpkit.errors import InvalidParameterError

NAN, INFINITY = float("nan"), float("inf")

ALLOWED = [
    (checks.integer(1), [1, 100, np.int64(3), np.uint8(7)]),
    (checks.integer(0, 2), [0, 2]),
    (checks.number(), [-1.5, 0, 10**400, np.float32(2.5), Fraction(1, 3)]),
    (checks.number(0, 1), [0, 1, 0.5, np.float64(1.0)]),
    (checks.number(0, 1, closed="left"), [0, 0.999]),
    (checks.number(0, 1, closed="right"), [1, 0.001]),
    (checks.number(0, 1, closed="neither"), [0.5]),
    (checks.one_of("adam", "sgd"), ["adam", np.str_("sgd")]),
    (checks.boolean(), [True, False, np.True_]),
    (checks.none(), [None]),
    (checks.instance_of("be an error", "Exception"), [ValueError(), Exception()]),
    (checks.sizes(), [(), [], 5, (1, 2), [np.int32(3)], np.array([10, 20]), range(1, 3)]),
    (checks.none() | checks.integer(1), [None, 1]),
]
REFUSED = [
    (checks.integer(1), [0, -1, 1.0, True, "1", None, np.float64(1), np.True_, [1], 1j]),
    (checks.integer(0, 2), [3, 2**70]),
    (checks.number(), [NAN, INFINITY, True, np.True_, "1", None, 1j, np.float32("nan")]),
    (checks.number(0, 1), [-1e-9, 1.001]),
    (checks.number(0, 1, closed="left"), [1, -1]),
    (checks.number(0, 1, closed="right"), [0, 2]),
    (checks.number(0, 1, closed="neither"), [0, 1]),
    (checks.one_of("adam", "sgd"), ["Adam", "", None, 1, ["adam"], np.array(["adam", "sgd"])]),
    (checks.boolean(), [0, 1, "True", None, np.array([True])]),
    (checks.none(), [False, 0, "None"]),
    (checks.instance_of("be an error", "Exception"), [Exception, 1, None]),
    (checks.sizes(), [0, -5, 2.0, True, "12", (1, 0), (1, 2.0), (True,), {3}, {3: 4}, None]),
    (checks.sizes(), [np.array(5), np.array([[1, 2]]), np.array([1.5]), (n for n in (1, 2))]),
    (checks.none() | checks.integer(1), [0, "x"]),
]


def cases(table):
    """Rule and value, named by what is the same in every process (no addresses)."""
    return [
        pytest.param(rule, value, id=f"{rule.says}: {type(value).__name__} {i}")
        for rule, values in table
        for i, value in enumerate(values)
    ]


@pytest.mark.parametrize("rule, value", cases(ALLOWED))
def test_allowed(rule, value):
    assert rule.allows(value)


@pytest.mark.parametrize("rule, value", cases(REFUSED))
def test_refused(rule, value):
    assert not rule.allows(value)


def test_checking_sizes_does_not_use_up_a_generator():
    sizes = (n for n in (10, 20))
    checks.sizes().allows(sizes)
    assert list(sizes) == [10, 20]


def test_what_rules_say():
    assert checks.integer(2).says == "be an integer >= 2"
    assert checks.integer(0, 9).says == "be an integer >= 0 and <= 9"
    assert checks.number().says == "be a number"
    assert checks.number(0, closed="right").says == "be a number > 0"
    assert checks.number(high=1).says == "be a number <= 1"
    assert checks.one_of("auto").says == "be 'auto'"
    either = checks.none() | checks.one_of("batch", "layer")
    assert either.says == "be None or one of 'batch', 'layer'"
    assert either.known == ("batch", "layer")


RULES = {
    "epochs": checks.integer(1),
    "dropout": checks.number(0, 1, closed="left"),
    "optimizer": checks.one_of("adam", "rmsprop"),
}


def test_no_problem_raises_nothing():
    good = {"epochs": np.int64(5), "dropout": 0, "optimizer": "adam", "no_rule": object()}
    checks.check_parameters(good, RULES)


def test_one_problem_is_one_sentence_with_rule_value_and_nearest_name():
    with pytest.raises(InvalidParameterError) as caught:
        checks.check_parameters({"epochs": 5, "optimizer": "RMSpop"}, RULES)
    assert str(caught.value) == (
        "optimizer must be one of 'adam', 'rmsprop'. Got 'RMSpop'. Did you mean 'rmsprop'?"
    )


def test_all_problems_are_reported_at_once():
    wrong = {"epochs": 0, "dropout": 1, "optimizer": None}
    with pytest.raises(InvalidParameterError) as caught:
        checks.check_parameters(wrong, RULES, "X_val needs y_val. Got no y_val.")
    assert str(caught.value).splitlines() == [
        "4 arguments are wrong:",
        "- epochs must be an integer >= 1. Got 0.",
        "- dropout must be a number >= 0 and < 1. Got 1.",
        "- optimizer must be one of 'adam', 'rmsprop'. Got None.",
        "- X_val needs y_val. Got no y_val.",
    ]


@pytest.mark.parametrize("kind", [ValueError, TypeError])
def test_either_except_clause_catches_it(kind):
    with pytest.raises(kind, match="epochs"):
        checks.check_parameters({"epochs": "many"}, RULES)


def test_a_suggestion_needs_a_near_name():
    known = ["relu", "leaky_relu"]
    assert checks.suggestion("Relu", known) == " Did you mean 'relu'?"
    assert checks.suggestion("zzz", known) == ""
    assert checks.suggestion(3, known) == ""
    assert checks.suggestion("relu", ()) == ""
    assert checks.suggestion(["relu", "leeky_relu"], known) == " Did you mean 'leaky_relu'?"


def test_values_are_shown_on_one_short_line():
    shown = checks.shown(np.zeros((50, 50)))
    assert "\n" not in shown
    assert len(shown) == 120 and shown.endswith("...")
    assert checks.shown("a") == "'a'"
