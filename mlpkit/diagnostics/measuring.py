"""What a pass tells of each layer, in numbers: a row a layer."""

import numpy as np
import pandas as pd

from mlpkit import activations

# A derivative below this share of the largest is flat. It is |z| > 6 of a sigmoid, > 3 of tanh.
FLAT = 0.01
_EQUAL = 1e-4  # columns that differ by less than this share of their length are equal


def measure(passed, updates):
    """Give a row for each layer of a pass.

    Parameters
    ----------
    passed : Pass
        With gradients.
    updates : dict of str to ndarray
        What one step of the optimizer changes each trained weight by, by its path.

    Returns
    -------
    DataFrame
        The columns that `gradient_flow` describes, `verdict` not among them.

    Examples
    --------
    >>> from mlpkit.diagnostics.passes import Pass, Stage
    >>> z = np.array([[-1.0, 2.0]])
    >>> stage = Stage("one", "relu", z, np.maximum(z, 0), ("one/kernel",), np.ones((1, 2)), None,
    ...     np.array([[0.0, 3.0]]), np.array([[4.0, 3.0]]))
    >>> gradient = np.array([[0.0, 3.0]])
    >>> frame = measure(Pass((stage,), z, 1.0, {"one/kernel": gradient}),
    ...     {"one/kernel": 0.1 * gradient})
    >>> frame.loc[0, ["units", "dead", "distinct", "kernel_gradient"]].tolist()
    [2.0, 0.5, 2.0, 3.0]
    """
    stages = [_layer(i, stage, passed, updates) for i, stage in enumerate(passed.stages, start=1)]
    return pd.DataFrame(stages)


def _layer(number, stage, passed, updates):
    a, z = _by_units(stage.a), _by_units(stage.z)
    dz = _by_units(stage.dz) * len(z)  # of each row's own loss
    kernel = _by_units(stage.kernel)
    path = stage.variables[0] if stage.variables else None
    gradient, step = passed.gradients.get(path), updates.get(path)
    dead, saturated = silent_and_flat(stage)
    with np.errstate(all="ignore"):  # an exploded pass has infinities; the verdict says so
        return {
            "layer": number,
            "name": stage.name,
            "activation": stage.activation,
            "units": a.shape[1],
            "a_mean": a.mean(),
            "a_std": a.std(),
            "a_rms": root_mean_square(a),
            "z_rms": root_mean_square(z),
            "z_gradient": np.sqrt((dz**2).sum(axis=1).mean()),
            "z_gradient_mean": abs(dz).mean(),
            "kernel_norm": np.linalg.norm(kernel),
            "kernel_gradient": np.nan if gradient is None else np.linalg.norm(gradient),
            "kernel_gradient_mean": np.nan if gradient is None else abs(gradient).mean(),
            "dead": dead,
            "saturated": saturated,
            "distinct": distinct_units(kernel, stage.bias, a),
            "update_ratio": _ratio(step, kernel),
        }


def _by_units(array):
    """Give an array with a column for each unit; a convolution's places count as rows."""
    return array.reshape(-1, array.shape[-1]).astype(np.float64)


def root_mean_square(array):
    """Give the root of the mean of the squares; infinite where they overflow.

    Parameters
    ----------
    array : ndarray
        Numbers.

    Returns
    -------
    float

    Examples
    --------
    >>> root_mean_square(np.array([3.0, 4.0])).round(3)
    np.float64(3.536)
    """
    with np.errstate(all="ignore"):
        return np.sqrt(np.square(array, dtype=np.float64).mean())


def _ratio(step, kernel):
    """Give how far a step goes, in lengths of the kernel; NaN where there is no step."""
    if step is None:
        return np.nan
    length, moved = np.linalg.norm(kernel), np.linalg.norm(step)
    return moved / length if length else np.inf if moved else np.nan


def s_shaped(name):
    """Tell whether an activation is steepest at 0 and flat on both sides, as a sigmoid is.

    Parameters
    ----------
    name : str
        Of the catalogue, or another, of which nothing is known.

    Returns
    -------
    bool

    Examples
    --------
    >>> [s_shaped(name) for name in ("tanh", "relu6", "softmax", "MyOwn")]
    [True, False, False, False]
    """
    if name not in activations.names(trains=True):
        return False
    entry = activations.get(name)
    return bool(entry.elementwise and entry.saturates == "both" and entry.derivative(0.0) > 0)


def _is_flat(entry, z):
    """Tell where the derivative is a small share of the largest: that at 0, or 1 on the right."""
    largest = entry.derivative(0.0) if s_shaped(entry.name) else 1.0
    with np.errstate(over="ignore"):
        return abs(entry.derivative(z)) <= FLAT * largest


def silent_and_flat(stage):
    """Give the share of dead units, and that of saturated outputs.

    A dead unit gives nothing, and lets no gradient pass, on any of the rows. An output is
    saturated where the activation is flat; not where an activation that gives 0 for 0 is silent,
    as half of ReLU's outputs are.

    Parameters
    ----------
    stage : Stage
        What passed a layer.

    Returns
    -------
    tuple of two floats
        NaN where the activation is not in the catalogue.

    Examples
    --------
    >>> from mlpkit.diagnostics.passes import Stage
    >>> z = np.array([[-9.0, 0.0, 9.0], [-9.0, 9.0, 9.0]])
    >>> stage = Stage("one", "sigmoid", z, activations.get("sigmoid")(z), (), z, None)
    >>> [round(share, 3) for share in silent_and_flat(stage)]
    [0.333, 0.833]
    """
    name, z, a = stage.activation, _by_units(stage.z), _by_units(stage.a)
    if name not in activations.names():
        return np.nan, np.nan
    entry = activations.get(name)
    if entry.saturates == "no":
        return 0.0, 0.0
    if name == "softmax":
        return 0.0, float((a.max(axis=1) > 1 - FLAT / 4).mean())
    if not entry.elementwise or not np.allclose(entry(z), a, rtol=1e-3, atol=1e-3):
        return np.nan, np.nan  # with parameters that are not the catalogue's
    flat = _is_flat(entry, z)
    silent = flat & (abs(a) <= FLAT)
    dead = silent.all(axis=0).mean()
    saturated = flat & ~silent if entry(0.0) == 0 else flat
    return float(dead), float(saturated.mean())


def distinct_units(kernel, bias, a):
    """Count units of which no two have the same weights and the same outputs.

    Parameters
    ----------
    kernel : ndarray of shape (n_inputs, n_units)
        Weights of a layer.
    bias : ndarray of shape (n_units,) or None
        Its biases.
    a : ndarray of shape (n_samples, n_units)
        Its activations.

    Returns
    -------
    int

    Examples
    --------
    >>> kernel, a = np.array([[1.0, 1.0, 2.0]]), np.array([[3.0, 3.0, 6.0]])
    >>> distinct_units(kernel, None, a), distinct_units(kernel, np.array([0.0, 1.0, 0.0]), a)
    (2, 3)
    """
    if kernel.shape[1] != a.shape[1] or np.ndim(bias) > 1:
        return a.shape[1]  # a unit of GLU has two columns; depthwise kernels and heads have others
    kernel, a = kernel.astype(np.float64), a.astype(np.float64)
    parts = [kernel] if bias is None else [kernel, bias[np.newaxis].astype(np.float64)]
    weights = np.nan_to_num(np.concatenate(parts))
    # Equal units have equal projections: only neighbours along one need be compared in full.
    lengths = np.linalg.norm(weights, axis=0)
    order = np.argsort(np.cos(np.arange(1, len(weights) + 1)) @ weights, kind="stable")
    count = len(order)
    for one, other in zip(order[:-1], order[1:], strict=True):
        near = _EQUAL * max(lengths[one], lengths[other])
        if np.linalg.norm(weights[:, one] - weights[:, other]) <= near:
            apart = abs(a[:, one] - a[:, other]).max()
            count -= not apart > _EQUAL * abs(a[:, one]).max()
    return count


def certain_and_wrong(stage, targets):
    """Give the share of rows that saturated outputs answer wrongly; 0 where nothing saturates.

    An output that is sure of what is true has done its work: being flat is a fault only where it
    is wrong.

    Parameters
    ----------
    stage : Stage
        What passed the output layer.
    targets : ndarray
        As the loss takes them.

    Returns
    -------
    float

    Examples
    --------
    >>> from mlpkit.diagnostics.passes import Stage
    >>> a = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    >>> stage = Stage("output", "softmax", a, a, (), a, None)
    >>> round(certain_and_wrong(stage, np.array([[0], [0], [0]])), 3)
    0.333
    """
    a, name = _by_units(stage.a), stage.activation
    if name == "softmax":
        targets = np.asarray(targets)
        true = targets.argmax(axis=1) if targets.shape == a.shape else targets.ravel()
        if len(true) != len(a):
            return 0.0
        return float(((a.max(axis=1) > 1 - FLAT / 4) & (a.argmax(axis=1) != true)).mean())
    if name not in activations.names() or np.shape(targets) != np.shape(stage.a):
        return 0.0
    entry = activations.get(name)
    low, high = entry.range
    if not np.isfinite(high - low) or not entry.elementwise:
        return 0.0
    flat = _is_flat(entry, _by_units(stage.z))
    far = abs(a - _by_units(np.asarray(targets))) > (high - low) / 2
    return float((flat & far).any(axis=1).mean())
