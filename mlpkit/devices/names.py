"""The words for devices, checked without TensorFlow."""

import re

from mlpkit.checks import Rule, instance_of

WORDS = ("auto", "cpu", "gpu", "mirrored", "multiworker")
_KNOWN = (*WORDS, *(f"{kind}:{i}" for kind in ("cpu", "gpu") for i in range(8)))
_NAME = re.compile(r"(cpu|gpu)(:\d+)?", re.IGNORECASE)


def full_name(name):
    """Give the name of one device with its number.

    Parameters
    ----------
    name : str
        "cpu", "gpu", or one of them with a number, in either case.

    Returns
    -------
    str

    Examples
    --------
    >>> full_name("gpu"), full_name("CPU:1")
    ('gpu:0', 'cpu:1')
    """
    name = name.lower()
    return name if ":" in name else f"{name}:0"


def _is_word(value):
    return isinstance(value, str) and (value in WORDS or bool(_NAME.fullmatch(value)))


def _are_names(value):
    if not isinstance(value, list | tuple) or not value:
        return False
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in value):
        return False
    full = [full_name(name) for name in value]
    return len(set(full)) == len(full) and len({name[:3] for name in full}) == 1


DEVICE = (
    Rule(
        "be 'auto', 'cpu', 'gpu', a name such as 'gpu:1', 'mirrored', 'multiworker'",
        _is_word,
        _KNOWN,
    )
    | Rule("a list of different names of one kind such as ['gpu:0', 'gpu:1']", _are_names)
    | instance_of("be a tf.distribute.Strategy", "StrategyBase")
)
