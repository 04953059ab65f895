"""What a fit depends on, in words and digests: its parameters and its data."""

import contextlib
import functools
import json
import re
import types

import numpy as np

from mlpkit.backups import digest, digest_text

# They decide no bit of what is learnt. A device would: other arithmetic, other bits.
PASSING = frozenset({"verbose", "backup_dir", "backup_freq"})
WIDTH = 100  # characters of a value told in full


def described_parameters(estimator):
    """Give an estimator's parameters as texts that are equal where training is the same.

    Parameters
    ----------
    estimator : BaseEstimator
        With its parameters set.

    Returns
    -------
    dict of str to str
        A long text is cut and ends in its digest. Keras's objects are told by their configuration,
        functions by name and code, callbacks by their classes.
    """
    told = {"estimator": type(estimator).__name__}
    for name, value in estimator.get_params(deep=False).items():
        if name == "callbacks" and value is not None:
            value = [type(c) for c in (value if isinstance(value, list | tuple) else (value,))]
        if name not in PASSING:
            told[name] = described(value)
    return told


def described(value):
    """Give a value as a text.

    Parameters
    ----------
    value : object
        A parameter.

    Returns
    -------
    str

    Examples
    --------
    >>> described((100, np.int64(50))), described({"b": 1.0, "a": None})
    ('(100, 50)', "{'a': None, 'b': 1.0}")
    """
    text = _text(value)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}... #{digest_text(text)}"


def _text(value):
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_text, value))})"
    if isinstance(value, dict):
        pairs = sorted((_text(key), _text(item)) for key, item in value.items())
        return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
    if isinstance(value, functools.partial):
        return f"partial{_text((value.func, value.args, value.keywords))}"
    if isinstance(value, type | types.FunctionType | types.MethodType):
        return f"{value.__module__}.{value.__qualname__}{_code(value)}"
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    return f"{kind}{_configuration(value)}"


def _code(function, around=()):
    """Give what tells a function from one of the same name that does something else."""
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    values = [_text([function.__defaults__, function.__kwdefaults__])]
    around = (*around, function)  # functions may know themselves and each other
    for cell in getattr(function, "__closure__", None) or ():
        with contextlib.suppress(ValueError):  # not filled yet
            values.append(_captured(cell.cell_contents, around))
    return f" {digest_text(' '.join([_code_text(code), *values]))}"


def _captured(value, around):
    if not isinstance(value, types.FunctionType):
        return _text(value)
    return "" if value in around else _code(value, around)


def _code_text(code):
    constants = " ".join(map(_constant, code.co_consts))
    return f"{code.co_code.hex()} {code.co_names} {constants}"


def _constant(value):
    if isinstance(value, frozenset):  # in another order in each process
        return str(sorted(map(repr, value)))
    return _code_text(value) if hasattr(value, "co_code") else repr(value)


def _configuration(value):
    """Give the configuration of an object of Keras, and of what a model was compiled with."""
    if not hasattr(value, "get_config"):
        return ""
    from mlpkit.backend import keras
    from mlpkit.training import run_time_values, stable_key

    text = stable_key(value)
    if text is None:  # classes of the user's are in it
        try:
            text = json.dumps(value.get_config(), sort_keys=True, default=str)
        except (NotImplementedError, TypeError):  # a model or layer that cannot tell
            text = ""
        # Neither addresses nor Keras's counting of its objects in their names.
        text = re.sub(r"_\d+(?=\")| at 0x[0-9a-f]+", "", text)
    if isinstance(value, keras.optimizers.Optimizer):
        text += str(run_time_values(value))
    if isinstance(value, keras.Model) and value.compiled:
        text += f" {_text(value.optimizer)} {_text(value.loss)}"
    return f" {text}"


def described_fit(estimator, task, sample, held, learnt):
    """Give all that a fit depends on, in words and digests.

    Parameters
    ----------
    estimator : BaseEstimator
        With its parameters set.
    task : Task
        Its classes give encoded targets their meaning.
    sample : Sample or DatasetSample
        All rows.
    held : Sample or None
        Validation rows, which may be rows of the same table.
    learnt : Learnt or None
        What training goes on from.

    Returns
    -------
    dict of str to (dict of str to str)
    """
    if hasattr(sample, "table"):
        data = {"X and y": sample.table.digest + digest(_classes(task))}
    else:
        data = {"X": _features(sample), "y": digest([sample.y, *_classes(task)])}
        data["sample_weight"] = digest([sample.weight])
    if held is not None:
        data["validation rows"] = _rows(held, sample)
    if learnt is not None:
        data["the weights learnt before"] = _start(learnt)
    return {"parameters": described_parameters(estimator), "data": data}


def _features(sample):
    X = sample.X
    if hasattr(X, "indptr"):
        return digest([X.data, X.indices, X.indptr, X.shape])
    return digest([X])


def _classes(task):
    return () if task.classes is None else (task.classes,)


def _rows(held, sample):
    if hasattr(held, "table"):
        return held.table.digest
    if held.X is getattr(sample, "X", None):
        return digest([held.rows, held.weight])
    return digest([held.y, held.weight]) + _features(held)


def _start(learnt):
    pairs = ((units.scale, units.offset) for units in (learnt.features, learnt.targets))
    generator = () if learnt.rng is None else (str(learnt.rng.get_state(legacy=False)),)
    slots = learnt.optimizer_state or ()
    return digest([*learnt.weights, *slots, *(part for pair in pairs for part in pair), *generator])
