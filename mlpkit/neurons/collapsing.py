"""Layers of affine maps collapse into one."""

import numpy as np

from mlpkit.errors import InvalidParameterError

# Layers that give back what they take once a model is trained.
_PASSING = (
    "InputLayer", "Dropout", "AlphaDropout", "GaussianNoise", "GaussianDropout", "SpatialDropout1D",
    "ActivityRegularization", "Identity", "Flatten", "Reshape", "Dropping",
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
        W_next, b_next = np.asarray(W_next, np.float64), np.asarray(b_next, np.float64)
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
        layers = list(_chain(model))
        width = int(np.prod(model.input_shape[1:]))
        return [
            pair for place, layer in enumerate(layers, 1) for pair in _affine(layer, place, width)
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


def _affine(layer, place, width):
    """Give the affine maps of one layer."""
    kind = type(layer).__name__
    activation = getattr(layer, "activation", None)
    activation = getattr(activation, "__name__", None) if activation else None
    if kind in _PASSING or (kind == "Activation" and activation == "linear"):
        return []
    if activation not in (None, "linear"):
        raise InvalidParameterError(
            f"every layer must be affine. Got layer {place}, {layer.name!r}, with activation "
            f"{activation!r}: only what is linear collapses."
        )
    if kind == "Dense":
        kernel, *bias = (np.asarray(v, np.float64) for v in layer.get_weights())
        return [(kernel, bias[0] if bias else np.zeros(kernel.shape[1]))]
    if kind == "Normalization":
        mean, variance = (np.asarray(v, np.float64).ravel() for v in (layer.mean, layer.variance))
        scale = np.maximum(np.sqrt(variance), 1e-7)  # Keras's epsilon
        factor, shift = 1 / scale, -mean / scale
        if layer.invert:
            factor, shift = scale, mean
        return [(np.broadcast_to(factor, width), np.broadcast_to(shift, width))]
    if kind == "Rescaling":
        factor, shift = (np.ravel(np.asarray(v, np.float64)) for v in (layer.scale, layer.offset))
        n = int(np.prod(layer.output.shape[1:]))
        return [(np.broadcast_to(factor, n), np.broadcast_to(shift, n))]
    if kind == "BatchNormalization":
        mean, variance = (
            np.asarray(v, np.float64) for v in (layer.moving_mean, layer.moving_variance)
        )
        factor = 1 / np.sqrt(variance + layer.epsilon)
        if layer.scale:
            factor = factor * np.asarray(layer.gamma)
        shift = np.asarray(layer.beta, np.float64) if layer.center else np.zeros(len(mean))
        return [(factor, shift - mean * factor)]
    raise InvalidParameterError(
        f"every layer must be affine. Got layer {place}, {layer.name!r}, a {kind}."
    )
