"""Rules for arguments: a sentence and a test each."""

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass


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

    Examples
    --------
    >>> even = Rule("be even", lambda value: value % 2 == 0)
    >>> (even | none()).says
    'be even or None'
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
    """Tell whether `value` is a whole number (NumPy's too), bool excluded.

    Examples
    --------
    >>> is_integer(3), is_integer(3.0), is_integer(True)
    (True, False, False)
    """
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_real(value):
    """Tell whether `value` is a finite number (NumPy's too), bool excluded.

    Examples
    --------
    >>> is_real(0.5), is_real(float("nan")), is_real("0.5")
    (True, False, False)
    """
    if is_integer(value):
        return True
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def integer(low=1, high=None):
    """Rule: a whole number of at least `low` and at most `high`.

    Examples
    --------
    >>> integer(0, 9).says, integer(0, 9).allows(10)
    ('be an integer >= 0 and <= 9', False)
    """
    most = "" if high is None else f" and <= {high}"
    return Rule(
        f"be an integer >= {low}{most}",
        lambda value: is_integer(value) and value >= low and (high is None or value <= high),
    )


def number(low=None, high=None, *, closed="both"):
    """Rule: a finite number in an interval; `closed` names the ends that belong to it.

    Examples
    --------
    >>> share = number(0, 1, closed="left")
    >>> share.says, share.allows(0), share.allows(1)
    ('be a number >= 0 and < 1', True, False)
    """
    left, right = closed in ("both", "left"), closed in ("both", "right")
    bounds = [] if low is None else [f"{'>=' if left else '>'} {low}"]
    bounds += [] if high is None else [f"{'<=' if right else '<'} {high}"]

    def allows(value):
        if not is_real(value):
            return False
        above = low is None or value > low or (left and value == low)
        below = high is None or value < high or (right and value == high)
        return above and below

    return Rule(f"be a number {' and '.join(bounds)}".strip(), allows)


def one_of(*names):
    """Rule: one of a few names.

    Examples
    --------
    >>> one_of("batch", "layer").says
    "be one of 'batch', 'layer'"
    """
    listed = ", ".join(repr(name) for name in names)
    says = f"be {listed}" if len(names) == 1 else f"be one of {listed}"
    return Rule(says, lambda value: isinstance(value, str) and value in names, names)


def boolean():
    """Rule: True or False, NumPy's too.

    Examples
    --------
    >>> boolean().allows(True), boolean().allows(1)
    (True, False)
    """
    return Rule("be True or False", lambda value: type(value).__name__ in ("bool", "bool_"))


def none():
    """Rule: None.

    Examples
    --------
    >>> (none() | integer(1)).says
    'be None or an integer >= 1'
    """
    return Rule("be None", lambda value: value is None)


def instance_of(says, *class_names):
    """Rule: an object with one of these class names in its ancestry, its module not imported.

    Keras's own classes are recognised by name, so that checking an argument never loads
    TensorFlow: who has a Keras object at hand has loaded it already.

    Examples
    --------
    >>> instance_of("be an exception", "Exception").allows(ValueError())
    True
    """
    return Rule(
        says, lambda value: any(base.__name__ in class_names for base in type(value).__mro__)
    )


def sizes():
    """Rule: a sequence of positive whole numbers, the empty one too, or a single one.

    Examples
    --------
    >>> [sizes().allows(value) for value in ((100, 50), (), 100, (100, 0), "100")]
    [True, True, True, False, False]
    """

    def allows(value):
        if is_integer(value):
            return value > 0
        # Not any iterable: checking would use up a generator, and a set has no order.
        if not _is_sequence(value):
            return False
        return all(is_integer(size) and size > 0 for size in value)

    return Rule("hold positive integers", allows)


def _is_sequence(value):
    array = hasattr(value, "__array__") and getattr(value, "ndim", 0) == 1
    return array or isinstance(value, list | tuple | range)
