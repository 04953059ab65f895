"""What is wrong with a call's arguments, all of it at once."""

import difflib

from mlpkit.errors import InvalidParameterError


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
    >>> from mlpkit.checks import integer
    >>> problems({"epochs": 0, "dropout": 0.1}, {"epochs": integer(1)})
    ['epochs must be an integer >= 1. Got 0.']
    """
    found = []
    for name, value in parameters.items():
        rule = rules.get(name)
        if rule is not None and not rule.allows(value):
            near = suggestion(value, rule.known)
            found.append(f"{name} must {rule.says}. Got {shown(value)}.{near}")
    return found


def suggestion(value, known):
    """Give " Did you mean 'relu'?" for a name close to a known one, else nothing.

    Parameters
    ----------
    value : object
        What was given; only a str can be close to a name, or the first such in a list.
    known : iterable of str
        The names there are.

    Returns
    -------
    str

    Examples
    --------
    >>> suggestion("Leaky_ReLu", ["relu", "leaky_relu"])
    " Did you mean 'leaky_relu'?"
    """
    if isinstance(value, list | tuple):
        return next(filter(None, (suggestion(v, known) for v in value if v not in known)), "")
    if not isinstance(value, str) or not known:
        return ""
    near = difflib.get_close_matches(value.lower(), [str(name) for name in known], n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


def shown(value, width=120):
    """Give a value as an error message shows it: on one line, a long one cut.

    Parameters
    ----------
    value : object
        The value.
    width : int, default=120
        Characters shown at most.

    Returns
    -------
    str

    Examples
    --------
    >>> shown([1, 2]), shown("x" * 50, width=10)
    ('[1, 2]', "'xxxxxx...")
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= width else f"{text[: width - 3]}..."


def raise_problems(found):
    """Raise one `InvalidParameterError` for all sentences in `found`; do nothing when empty.

    Parameters
    ----------
    found : list of str
        What is wrong, a sentence each.

    Raises
    ------
    InvalidParameterError
        When `found` is not empty.

    Examples
    --------
    >>> raise_problems([])
    >>> raise_problems(["epochs must be an integer >= 1. Got 0."])
    Traceback (most recent call last):
        ...
    mlpkit.errors.InvalidParameterError: epochs must be an integer >= 1. Got 0.
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
    >>> from mlpkit.checks import integer, number
    >>> rules = {"patience": integer(1), "dropout": number(0, 1)}
    >>> check_parameters({"patience": -1, "dropout": 2}, rules)
    Traceback (most recent call last):
        ...
    mlpkit.errors.InvalidParameterError: 2 arguments are wrong:
    - patience must be an integer >= 1. Got -1.
    - dropout must be a number >= 0 and <= 1. Got 2.
    """
    raise_problems(problems(parameters, rules) + list(more))
