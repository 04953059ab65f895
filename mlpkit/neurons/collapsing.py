"""Layers of affine maps collapse into one."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.neurons.threshold import as_numbers

# Layers that give back what they take once a model is trained.
_PASSING = (
    "InputLayer", "Dropout", "AlphaDropout", "GaussianNoise", "GaussianDropout", "SpatialDropout1D",
    "ActivityRegularization", "Identity", "Flatten", "Reshape", "HashDropout",
)  # fmt: skip


def collapse_linear(model):
    """Give the one affine map that a model without nonlinear activations is.

    Parameters
    ----------
    model : keras.Model, fitted mlpkit estimator, or sequence of (W, b)
        Dense layers with linear activations, and what else is affine once it is trained:
        Normalization, BatchNormalization, Rescaling; dropout, which is off then; models within. Of
        an estimator the whole way from raw features to the target's units. Or pairs of arrays, W
        of shape (n_inputs, n_outputs).

    Returns
    -------
    W : ndarray of float64, of shape (n_inputs, n_outputs)
    b : ndarray of float64, of shape (n_outputs,)
        Such that the model's output for rows X is ``X @ W + b``.

    Raises
    ------
    InvalidParameterError
        When a layer is not affine; the message names it.

    Notes
    -----
    ``(X W1 + b1) W2 + b2 = X (W1 W2) + (b1 W2 + b2)``.

    Examples
    --------
    f(x) = 2 x + 3 after g(x) = 5 x - 1 is 10 x + 1:

    >>> W, b = collapse_linear([([[5]], [-1]), ([[2]], [3])])
    >>> W.item(), b.item()
    (10.0, 1.0)
    """
    W = b = None
    for place, (W_next, b_next) in enumerate(_maps(model), start=1):
        W_next, b_next = as_numbers("W", W_next), as_numbers("b", b_next)
        if W_next.ndim == 1:  # a factor for each column: a diagonal matrix
            W, b = (np.diag(W_next), b_next) if W is None else (W * W_next, b * W_next + b_next)
            continue
        if W_next.ndim != 2 or b_next.shape != W_next.shape[1:]:
            raise InvalidParameterError(
                f"W must have shape (n_inputs, n_outputs), and b (n_outputs,). Got {W_next.shape} "
                f"and {b_next.shape} in map {place}."
            )
        if W is not None and W.shape[1] != len(W_next):
            raise InvalidParameterError(
                f"map {place} must take what the one before gives, {W.shape[1]} numbers. "
                f"Got a W of shape {W_next.shape}."
            )
        W, b = (W_next, b_next) if W is None else (W @ W_next, b @ W_next + b_next)
    if W is None:
        raise InvalidParameterError("model must hold at least one affine map. Got none.")
    return W, b


def _maps(model):
    """Give the pairs (W, b) of a model; W is a vector where each column has its own factor."""
    if hasattr(model, "model_"):
        model = model.model_
    if hasattr(model, "layers"):
        ends = [getattr(model, name, None) for name in ("inputs", "outputs")]
        if not all(isinstance(end, list) and len(end) == 1 for end in ends):
            raise InvalidParameterError(
                "model must be Sequential or functional, built, with one input and one output. "
                f"Got {model.name!r}, a {type(model).__name__}, which is not."
            )
        return [
            pair for place, layer in enumerate(_chain(model), 1) for pair in _affine(layer, place)
        ]
    if not isinstance(model, list | tuple) or not all(_is_pair(pair) for pair in model):
        raise InvalidParameterError(
            "model must be a keras.Model, a fitted mlpkit estimator or a sequence of pairs (W, b). "
            f"Got {type(model).__name__}."
        )
    return model


def _is_pair(pair):
    return isinstance(pair, list | tuple) and len(pair) == 2


def _chain(model):
    """Give a model's layers in their order, those of models within among them."""
    previous = None
    for layer in model.layers:
        given = _inputs(layer)
        if len(given) > 1 or (previous is not None and given and given[0] is not previous):
            raise InvalidParameterError(
                f"model must be a chain, each layer fed by the one before. Got {layer.name!r}, "
                "which is not."
            )
        if hasattr(layer, "layers"):
            yield from _chain(layer)
        else:
            yield layer
        previous = layer


def _inputs(layer):
    """Give the layers that feed a layer in a functional model, [] where it cannot be told."""
    nodes = getattr(layer, "_inbound_nodes", ())
    parents = nodes[-1].parent_nodes if nodes else ()
    return [node.operation for node in parents if type(node.operation).__name__ != "InputLayer"]


def _affine(layer, place):
    """Give the affine maps of one layer."""
    kind = type(layer).__name__
    activation = getattr(layer, "activation", None)
    activation = getattr(activation, "__name__", None) if activation else None
    if kind in _PASSING or (kind == "Activation" and activation == "linear"):
        return []
    refused = f"every layer must be affine. Got layer {place}, {layer.name!r}, "
    if activation not in (None, "linear"):
        raise InvalidParameterError(
            f"{refused}with activation {activation!r}: only what is linear collapses."
        )
    if kind not in _AFFINE:
        raise InvalidParameterError(f"{refused}a {kind}.")
    shape = layer.output.shape[1:]
    if len(shape) > 1 and kind in ("Dense", "BatchNormalization"):
        raise InvalidParameterError(
            f"{refused}a {kind} along one of several axes: flatten what it takes."
        )
    first, second = _AFFINE[kind](layer)
    if kind == "Dense":
        return [(first, second)]
    return [tuple(np.broadcast_to(v, (1, *shape)).ravel() for v in (first, second))]


def _dense(layer):
    kernel, *bias = map(_numbers, layer.get_weights())
    return kernel, bias[0] if bias else np.zeros(kernel.shape[1])


def _normalization(layer):
    mean, deviation = _numbers(layer.mean), np.sqrt(_numbers(layer.variance))
    deviation = np.maximum(deviation, 1e-7)  # Keras's epsilon
    return (deviation, mean) if layer.invert else (1 / deviation, -mean / deviation)


def _rescaling(layer):
    return _numbers(layer.scale), _numbers(layer.offset)


def _batch_normalization(layer):
    mean, variance = _numbers(layer.moving_mean), _numbers(layer.moving_variance)
    factor = 1 / np.sqrt(variance + layer.epsilon)
    if layer.scale:
        factor = factor * _numbers(layer.gamma)
    return factor, (_numbers(layer.beta) if layer.center else 0) - mean * factor


def _numbers(values):
    return np.asarray(values, dtype=np.float64)


# Each gives a kernel and a bias, or a factor and a shift for each column.
_AFFINE = {
    "Dense": _dense,
    "Normalization": _normalization,
    "Rescaling": _rescaling,
    "BatchNormalization": _batch_normalization,
}
