"""Backpropagation held against central differences."""

from functools import partial

import numpy as np

from mlpkit.checks import check_parameters, integer, none, number
from mlpkit.diagnostics.passes import mean_loss, run_pass
from mlpkit.diagnostics.subject import subject_of

_RULES = {
    "epsilon": number(1e-9, 1e-2),
    "max_checks": integer(1) | none(),
    "random_state": integer(0, 2**32 - 1) | none(),
}
# Below this share of the largest gradient, the rounding of the loss decides.
_SMALL = 1e-3
# Slopes to the left and right of a weight differ by ε f'' where the loss is smooth, and by some
# part of the slope itself where a kink lies between.
_KINK = 1e-3
# A kink of one row among many is weaker than that. A difference that comes closer to the gradient
# as ε shrinks had one; a gradient that is wrong stays as far away as it was.
_DOUBT = 1e-6


def check_gradients(model, X, y, *, loss=None, epsilon=1e-5, max_checks=100, random_state=0):
    """Check of backpropagation against central differences, in float64.

    A weight w is moved to w ± ε, and ``d = (L(w + ε) - L(w - ε)) / 2ε`` compared with its gradient
    g. The relative error is ``|g - d| / max(|g| + |d|, s)``, with s a thousandth of the
    largest gradient of all weights: smaller ones are compared on that scale, since the loss has
    no more digits.

    Parameters
    ----------
    model : mlpkit estimator or keras.Model
        A fitted estimator, or a Sequential or functional Keras model. It is left as it is.
    X : array-like of shape (n_samples, n_features)
        Some rows; a few suffice.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets; for a Keras model, as its loss takes them.
    loss : str, keras.losses.Loss or callable, default=None
        The loss in place of the one the model was compiled with.
    epsilon : float, default=1e-5
        How far a weight is moved.
    max_checks : int, default=100
        Weights to check of each array, drawn at random where there are more; None checks all.
    random_state : int or None, default=0
        Decides which.

    Returns
    -------
    DataFrame
        A line for each array of weights, indexed by its path, with the columns

        - size, checked: number of its weights, and of those compared
        - kinks: of those tried, the weights left out because the loss has a kink between w - ε and
          w + ε (a ReLU's input passes 0, say), where no difference is a derivative
        - relative_error: the largest; missing where all were left out
        - gradient, difference: g and d of the weight with that error

    Raises
    ------
    InvalidParameterError
        When an argument breaks its rule, or rows and targets do not suit the model.

    Examples
    --------
    >>> from mlpkit.backend import keras
    >>> layers = [keras.Input((2,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)]
    >>> report = check_gradients(keras.Sequential(layers), [[1, 2]], [3], loss="mse")
    >>> bool((report["relative_error"] < 1e-6).all()), report["checked"].sum()
    (True, np.int64(13))
    """
    import pandas as pd

    given = {"epsilon": epsilon, "max_checks": max_checks, "random_state": random_state}
    check_parameters(given, _RULES)
    passed = run_pass(subject_of(model, X, y, loss=loss, dtype="float64"), backward=True)
    # Another copy: the first one's layers write down what passes them.
    subject = subject_of(model, X, y, loss=loss, dtype="float64")
    largest = max((np.abs(g).max() for g in passed.gradients.values() if g.size), default=0.0)
    scale = max(_SMALL * largest, np.finfo(float).tiny)
    rng = np.random.RandomState(random_state)
    lines = {}
    weights = subject.model.trainable_variables
    for (path, gradient), variable in zip(passed.gradients.items(), weights, strict=True):
        chosen = _chosen(gradient.size, max_checks, rng)
        slopes = _slopes(subject, variable, chosen, epsilon, passed.loss)
        g = gradient.ravel()[chosen]
        nearer = partial(_slopes, subject, variable, loss=passed.loss)
        smooth = _smooth(g, slopes, chosen, epsilon, nearer, scale)
        lines[path] = _line(gradient.size, g, slopes.mean(axis=1), smooth, scale)
    columns = ["size", "checked", "kinks", "relative_error", "gradient", "difference"]
    return pd.DataFrame.from_dict(lines, orient="index", columns=columns)


def _chosen(size, most, rng):
    if most is None or size <= most:
        return np.arange(size)
    return np.sort(rng.choice(size, most, replace=False))


def _slopes(subject, variable, chosen, epsilon, loss):
    """Give the slopes to the left and to the right of each chosen weight."""
    before = variable.numpy()
    slopes = np.empty((len(chosen), 2))
    for k, index in enumerate(chosen):
        for side, sign in enumerate((-1, 1)):
            moved = before.copy()
            moved.flat[index] += sign * epsilon
            variable.assign(moved)
            # Divided by the step that was taken: w ± ε is rounded.
            step = moved.flat[index] - before.flat[index]
            slopes[k, side] = (_loss(subject) - loss) / step
    variable.assign(before)
    return slopes


def _loss(subject):
    return float(mean_loss(subject, subject.model(subject.rows, training=False)))


def _smooth(g, slopes, chosen, epsilon, nearer, scale):
    """Tell at which weights the loss has no kink between w - ε and w + ε."""
    left, right = slopes.T
    smooth = np.abs(right - left) <= _KINK * np.maximum(np.abs(left) + np.abs(right), scale)
    d = slopes.mean(axis=1)
    doubted = np.flatnonzero(smooth & (_error(g, d, scale) > _DOUBT))
    for smaller in (epsilon / 16, epsilon / 256):
        again = nearer(chosen[doubted], smaller).mean(axis=1)
        closer = np.abs(g[doubted] - again) < np.abs(g - d)[doubted] / 2
        smooth[doubted[closer]] = False
    return smooth


def _error(g, d, scale):
    return np.abs(g - d) / np.maximum(np.abs(g) + np.abs(d), scale)


def _line(size, g, d, smooth, scale):
    counts = size, int(smooth.sum()), int((~smooth).sum())
    if not smooth.any():
        return (*counts, np.nan, np.nan, np.nan)
    g, d = g[smooth], d[smooth]
    error = _error(g, d, scale)
    worst = int(np.argmax(error))
    return (*counts, error[worst], g[worst], d[worst])
