"""The weights of dense layers, of whatever holds them; told by shape, without TensorFlow."""

import numpy as np

from mlpkit.errors import InvalidParameterError


def dense_weights(model):
    """Give name, kernel and bias of each dense layer of a model.

    Parameters
    ----------
    model : keras.Model, fitted mlpkit estimator, or sequence
        A model, whose layers and those of models within are looked through; or pairs (kernel,
        bias), or kernels of shape (n_inputs, n_units); or scikit-learn's fitted MLP.

    Returns
    -------
    list of (str, ndarray of shape (n_inputs, n_units), ndarray of shape (n_units,) or None)

    Raises
    ------
    InvalidParameterError
        When it is none of these, there is no dense layer, or a weight is not finite.

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
        if hasattr(model, "coefs_"):  # scikit-learn's
            model = list(zip(model.coefs_, model.intercepts_, strict=True))
        if not isinstance(model, list | tuple):
            raise InvalidParameterError(
                "model must be a keras.Model, a fitted mlpkit estimator or a sequence of kernels. "
                f"Got {type(model).__name__}: fit it first, and take it out of a pipeline."
            )
        found = [(f"layer {i}", *_pair(given)) for i, given in enumerate(model, start=1)]
    if not found:
        raise InvalidParameterError("model must have at least one dense layer. Got none.")
    for name, *arrays in found:
        if not all(np.isfinite(v).all() for v in arrays if v is not None):
            raise InvalidParameterError(
                f"weights must be finite. Got NaN or infinity in {name}: the training has diverged."
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
    try:
        given = (v for v in weights if v is not None)  # a layer without biases
        kernel, *bias = (np.asarray(v, dtype=np.float64) for v in given)
    except (TypeError, ValueError):
        raise InvalidParameterError(f"a kernel must hold numbers. Got {weights!r:.80}.") from None
    if kernel.ndim != 2 or not kernel.size:
        raise InvalidParameterError(
            f"a kernel must have shape (n_inputs, n_units). Got {kernel.shape}."
        )
    return kernel, bias[0] if bias else None
