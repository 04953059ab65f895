"""Argument checks: one style of message, and all problems of a call reported at once.

A rule is a sentence and a test. `check_parameters` holds every argument against its rule and
raises one `InvalidParameterError` that lists each broken rule, the value found and, for a name
nobody knows, the nearest known one.
"""

import difflib
import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mlpkit.errors import InvalidParameterError


@dataclass(frozen=True)
class Rule:
    """What an argument must be: `says` completes "name must ...", `allows` decides.

    Parameters
    ----------
    says : str
        The rule in words, for instance ``"be a number > 0"``.
    allows : callable
        Takes the value, returns True where it obeys.
    known : tuple of str, default=()
        The names allowed, from which the nearest to a misspelt one is suggested.
    """

    says: str
    allows: Callable[[object], bool]
    known: tuple = ()

    def __or__(self, other):
        """Give the rule that a value obeys when it obeys either."""
        return Rule(
            f"{self.says} or {other.says.removeprefix('be ')}",
            lambda value: self.allows(value) or other.allows(value),
            self.known + other.known,
        )


def is_integer(value):
    """Tell whether `value` is a whole number (NumPy's too), bool excluded."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_real(value):
    """Tell whether `value` is a finite number (NumPy's too), bool excluded."""
    return (
        isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
    )


def integer(low=1):
    """Rule: a whole number of at least `low`."""
    return Rule(f"be an integer >= {low}", lambda value: is_integer(value) and value >= low)


def number(low=None, high=None, *, closed="both"):
    """Rule: a finite number in an interval; `closed` names the ends that belong to it."""
    left, right = closed in ("both", "left"), closed in ("both", "right")
    bounds = [] if low is None else [f"{'>=' if left else '>'} {low}"]
    bounds += [] if high is None else [f"{'<=' if right else '<'} {high}"]

    def allows(value):
        if not is_real(value):
            return False
        above = low is None or value > low or (left and value == low)
        below = high is None or value < high or (right and value == high)
        return above and below

    return Rule(" and ".join(["be a number " + " and ".join(bounds)]).strip(), allows)


def one_of(*names):
    """Rule: one of a few names."""
    listed = ", ".join(repr(name) for name in names)
    says = f"be {listed}" if len(names) == 1 else f"be one of {listed}"
    return Rule(says, lambda value: isinstance(value, str) and value in names, names)


def boolean():
    """Rule: True or False, NumPy's too."""
    return Rule(
        "be True or False", lambda value: type(value).__name__ in ("bool", "bool_")
    )


def none():
    """Rule: None."""
    return Rule("be None", lambda value: value is None)


def instance_of(says, *class_names):
    """Rule: an object with one of these class names in its ancestry, its module not imported.

    Keras's own classes are recognised by name, so that checking an argument never loads
    TensorFlow: who has a Keras object at hand has loaded it already.
    """
    return Rule(
        says, lambda value: any(base.__name__ in class_names for base in type(value).__mro__)
    )


def sizes():
    """Rule: a sequence of positive whole numbers, the empty one too, or a single one."""

    def allows(value):
        if is_integer(value):
            return value > 0
        if isinstance(value, str | Mapping) or not hasattr(value, "__iter__"):
            return False
        return all(is_integer(size) and size > 0 for size in value)

    return Rule("hold positive integers", allows)


def problems(parameters, rules):
    """List what is wrong with `parameters`, one sentence a broken rule.

    Parameters
    ----------
    parameters : mapping of str to object
        Arguments by name.
    rules : mapping of str to Rule
        The rule for each name; a name without a rule is not checked.

    Returns
    -------
    list of str

    Examples
    --------
    >>> problems({"epochs": 0, "dropout": 0.1}, {"epochs": integer(1)})
    ['epochs must be an integer >= 1. Got 0.']
    """
    found = []
    for name, value in parameters.items():
        rule = rules.get(name)
        if rule is not None and not rule.allows(value):
            found.append(f"{name} must {rule.says}. Got {value!r}.{suggestion(value, rule.known)}")
    return found


def suggestion(value, known):
    """Give " Did you mean 'relu'?" for a name close to a known one, else nothing."""
    if not isinstance(value, str) or not known:
        return ""
    near = difflib.get_close_matches(value.lower(), [str(name) for name in known], n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


def raise_problems(found):
    """Raise one `InvalidParameterError` for all sentences in `found`; do nothing when empty.

    Raises
    ------
    InvalidParameterError
        When `found` is not empty.
    """
    if len(found) == 1:
        raise InvalidParameterError(found[0])
    if found:
        raise InvalidParameterError(
            f"{len(found)} arguments are wrong:\n" + "\n".join(f"- {line}" for line in found)
        )


def check_parameters(parameters, rules, *more):
    """Hold every argument against its rule and raise all problems at once.

    Parameters
    ----------
    parameters : mapping of str to object
        Arguments by name.
    rules : mapping of str to Rule
        The rule for each name.
    *more : str
        Problems found elsewhere, to be reported with the others.

    Raises
    ------
    InvalidParameterError
        Lists each broken rule with the value found.

    Examples
    --------
    >>> check_parameters({"patience": -1, "dropout": 2}, {"patience": integer(1), "dropout": number(0, 1)})
    Traceback (most recent call last):
        ...
    mlpkit.errors.InvalidParameterError: 2 arguments are wrong:
    - patience must be an integer >= 1. Got -1.
    - dropout must be a number >= 0 and <= 1. Got 2.
    """
    raise_problems(problems(parameters, rules) + list(more))
