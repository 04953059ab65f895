"""Predictions from a spec and its weights, in NumPy: no TensorFlow is needed."""

import numpy as np

from mlpkit import activations

MEMORY = 64 * 2**20  # bytes of intermediate values a block of rows may take
EPSILON = 1e-3  # Keras's default in both normalisation layers


def block_rows(widest, itemsize):
    """Give how many rows are predicted at a time.

    Parameters
    ----------
    widest : int
        Width of the widest layer, the input's included.
    itemsize : int
        Bytes a number.

    Returns
    -------
    int
        At least 256.

    Examples
    --------
    >>> block_rows(widest=1000, itemsize=4)
    5592
    """
    return max(256, MEMORY // (3 * widest * itemsize))


def forward(spec, weights, X):
    """Run the network on rows that are ready for it.

    Parameters
    ----------
    spec : MLPSpec
        The network; a first Normalization layer and the outputs' scale are not applied.
    weights : list of ndarray
        In the order of ``model.get_weights()``.
    X : ndarray of shape (n_samples, n_features)
        Standardised features, in the type of the weights.

    Returns
    -------
    ndarray of shape (n_samples, units)
        In the network's own units.

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> spec = make_spec("regression", 2, hidden_layer_sizes=())
    >>> forward(spec, [np.array([[1.0], [2.0]]), np.array([0.5])], np.array([[3.0, 4.0]]))
    array([[11.5]])
    """
    left = iter(weights)
    activation = activations.get(spec.activation)
    a = X
    for _ in spec.hidden_layer_sizes:
        z = a @ next(left)
        if spec.normalization is None:
            z += next(left)
        elif spec.normalization == "batch":
            z = _batch_normalized(z, *(next(left) for _ in range(4)))
        else:
            z = _layer_normalized(z, *(next(left) for _ in range(2)))
        learned = [next(left) for _ in activation.learned]
        in_place = z if spec.activation != "glu" else None
        a = activation.function(z, *learned, out=in_place)
    z = a @ next(left)
    z += next(left)
    return _output_activations(spec, z)


def _output_activations(spec, z):
    names = spec.outputs.activations
    if len(set(names)) == 1:
        return activations.get(names[0]).function(z, out=z)
    for i, name in enumerate(names):
        z[:, i] = activations.get(name).function(z[:, i].copy())
    return z


def _batch_normalized(z, scale, shift, mean, variance):
    factor = scale / np.sqrt(variance + z.dtype.type(EPSILON))
    z *= factor
    z += shift - mean * factor
    return z


def _layer_normalized(z, scale, shift):
    z -= z.mean(axis=1, keepdims=True)
    z /= np.sqrt((z * z).mean(axis=1, keepdims=True) + z.dtype.type(EPSILON))
    z *= scale
    z += shift
    return z
