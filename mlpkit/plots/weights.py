"""The weights of dense layers, of whatever holds them; told by shape, without TensorFlow."""

import numpy as np

from mlpkit.errors import InvalidParameterError


def dense_weights(model):
    """Give name, kernel and bias of each dense layer of a model.

    Parameters
    ----------
    model : keras.Model, fitted mlpkit estimator, or sequence
        A model, whose layers and those of models within are looked through; or pairs (kernel,
        bias), or kernels of shape (n_inputs, n_units).

    Returns
    -------
    list of (str, ndarray of shape (n_inputs, n_units), ndarray of shape (n_units,) or None)

    Raises
    ------
    InvalidParameterError
        When there is no dense layer, or the shapes of a sequence do not follow each other.

    Examples
    --------
    >>> [(name, kernel.shape) for name, kernel, _ in dense_weights([np.ones((2, 3))])]
    [('layer 1', (2, 3))]
    """
    model = getattr(model, "model_", model)
    if hasattr(model, "layers"):
        found = [
            (layer.name, *_arrays(layer.get_weights()))
            for layer in _flat(model)
            if len(np.shape(getattr(layer, "kernel", ()))) == 2
        ]
    else:
        found = [(f"layer {i}", *_pair(given)) for i, given in enumerate(model, start=1)]
    if not found:
        raise InvalidParameterError("model must have at least one dense layer. Got none.")
    for (_, left, _), (name, right, _) in zip(found, found[1:], strict=False):
        if right.shape[0] != left.shape[1] and not hasattr(model, "layers"):
            raise InvalidParameterError(
                f"each kernel must take what the one before gives, {left.shape[1]} numbers. "
                f"Got shape {right.shape} in {name}."
            )
    return found


def _flat(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _flat(layer)
        else:
            yield layer


def _pair(given):
    if isinstance(given, list | tuple) and len(given) == 2 and np.ndim(given[0]) == 2:
        return _arrays(given)
    return _arrays([given])


def _arrays(weights):
    kernel, *bias = (np.asarray(v, dtype=np.float64) for v in weights)
    if kernel.ndim != 2:
        raise InvalidParameterError(
            f"a kernel must have shape (n_inputs, n_units). Got {kernel.shape}."
        )
    return kernel, bias[0] if bias else None
