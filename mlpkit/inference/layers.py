"""The layers of a trained network, each with all that need not be worked out again for a row."""

from dataclasses import dataclass, replace

import numpy as np

from mlpkit import activations

EPSILON = 1e-3  # Keras's default in both normalisation layers
CHUNK = 2**15  # numbers of a layer that are worked on at a time, so that they stay in the cache
# Multiplications that OpenBLAS does in one thread; for more it wakes others (from 460,800 on where
# there is one row). They halve the time where a second core idles; where it does not, as in a
# server that predicts in several processes, each waking costs milliseconds. So the products that
# threads help least are done in pieces of this size: those of a single row, and of few outputs.
ONE_THREAD = 2**18
LEAST_PIECE = 128  # rows: shorter pieces are multiplied less efficiently than threads make up for
# How far from 0 features may lie, in their standard deviations, to be standardised by the weights:
# in the root of the mean square, and at most. The sums then round as numbers so much larger do,
# one bit of float32's 24 coarser, and no feature loses more than two.
FAR, FARTHEST = 2.0, 4.0
_SCALES = 1e-15, 1e15  # within these, weights in a feature's own units are ordinary float32 numbers


@dataclass(eq=False)
class Layer:
    """One layer: a product, then a shift, perhaps a normalisation, and an activation in place.

    Parameters
    ----------
    kernel : ndarray of shape (n_inputs, n_units)
        The weights.
    shift : ndarray of shape (n_units,) or None
        What is added to the product.
    activation : callable or None, default=None
        ``activation(z, *learned, out=z)``; None is the identity.
    learned : tuple of ndarray, default=()
        What the activation learned.
    normalized : tuple of ndarray or None, default=None
        Scale and shift of a layer normalisation before the activation.
    kept : int or None, default=None
        Columns that are left by an activation that joins some.
    is_last : bool, default=False
        Whether the outputs are the network's.

    Examples
    --------
    >>> layer = Layer(np.array([[2.0], [1.0]]), np.array([0.5]))
    >>> layer.finish(layer.product(np.array([[3.0, 4.0]])))
    array([[10.5]])
    """

    kernel: np.ndarray
    shift: np.ndarray | None
    activation: object = None
    learned: tuple = ()
    normalized: tuple | None = None
    kept: int | None = None
    is_last: bool = False

    def __post_init__(self):
        n_inputs, self.width = self.kernel.shape
        self._chunk = max(1, CHUNK // self.width)
        step = max(1, ONE_THREAD // self.width)
        self._pieces = [slice(start, start + step) for start in range(0, n_inputs, step)]
        rows = ONE_THREAD // self.kernel.size
        self._rows = rows if rows >= LEAST_PIECE else None

    def product(self, a, out=None):
        """Multiply rows with the kernel.

        Parameters
        ----------
        a : ndarray of shape (n_samples, n_inputs)
            The layer's inputs.
        out : ndarray of shape (n_samples, n_units), default=None
            Where the product goes; None makes an array.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
        """
        n_rows = len(a)
        if n_rows == 1 and len(self._pieces) > 1:
            return sum(a[:, piece].dot(self.kernel[piece]) for piece in self._pieces)
        step = self._rows or n_rows
        if out is None:
            if n_rows <= step:
                return a.dot(self.kernel)
            out = np.empty((n_rows, self.width), self.kernel.dtype)
        for start in range(0, n_rows, step):
            np.dot(a[start : start + step], self.kernel, out=out[start : start + step])
        return out

    def finish(self, z, activate=True):
        """Do what follows the product, in place, a cacheful of rows at a time.

        Parameters
        ----------
        z : ndarray of shape (n_samples, n_units)
            The product; overwritten.
        activate : bool, default=True
            Whether the activation is applied.

        Returns
        -------
        ndarray of shape (n_samples, n_outputs)
            `z`, or the columns of it that are kept.
        """
        if len(z) <= self._chunk:
            self._finish(z, activate)
        else:
            for start in range(0, len(z), self._chunk):
                self._finish(z[start : start + self._chunk], activate)
        return z if self.kept is None else z[:, : self.kept]

    def _finish(self, z, activate):
        if self.shift is not None:
            np.add(z, self.shift, out=z)
        if self.normalized is not None:
            _normalize(z, *self.normalized)
        if activate and self.activation is not None:
            out = z if self.kept is None else z[:, : self.kept]
            self.activation(z, *self.learned, out=out)


def make_layers(spec, weights):
    """Give the layers of a network with these weights.

    A batch normalisation becomes part of its layer's product and shift.

    Parameters
    ----------
    spec : MLPSpec
        The network.
    weights : list of ndarray
        In the order of ``model.get_weights()``; not changed.

    Returns
    -------
    list of Layer

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> spec = make_spec("binary", 1, hidden_layer_sizes=())
    >>> make_layers(spec, [np.array([[2.0]]), np.array([0.5])])[0].kernel
    array([[2.]])
    """
    left = iter([np.asarray(w) for w in weights])
    activation = activations.get(spec.activation)
    layers = []
    for _ in spec.hidden_layer_sizes:
        kernel, shift, normalized = next(left), None, None
        if spec.normalization is None:
            shift = next(left)
        elif spec.normalization == "batch":
            kernel, shift = _batch_normalized(kernel, *(next(left) for _ in range(4)))
        else:
            normalized = next(left), next(left)
        learned = tuple(next(left) for _ in activation.learned)
        kept = kernel.shape[1] // 2 if spec.activation == "glu" else None
        function = None if spec.activation == "linear" else activation.function
        layers.append(Layer(kernel, shift, function, learned, normalized, kept))
    kernel, shift = next(left), next(left)
    return [*layers, Layer(kernel, shift, _output_activation(spec), is_last=True)]


def _output_activation(spec):
    names = spec.outputs.activations
    if set(names) == {"linear"}:
        return None
    functions = [activations.get(name).function for name in names]
    if len(set(names)) == 1:
        return functions[0]

    def by_column(z, out):
        for i, function in enumerate(functions):
            out[:, i] = function(z[:, i].copy())

    return by_column


def _batch_normalized(kernel, scale, shift, mean, variance):
    """Give the product and shift that a batch normalisation comes to once it is trained."""
    factor = scale / np.sqrt(variance + variance.dtype.type(EPSILON))
    return kernel * factor, shift - mean * factor


def _normalize(z, scale, shift):
    z -= z.mean(axis=1, keepdims=True)
    z /= np.sqrt((z * z).mean(axis=1, keepdims=True) + z.dtype.type(EPSILON))
    z *= scale
    z += shift


def folds(features):
    """Tell whether weights in the features' own units give the same to rounding.

    Parameters
    ----------
    features : Affine
        Standardisation of the features.

    Returns
    -------
    bool
        False where a feature lies far from 0, as dates in seconds do: their few digits that vary
        are found by a subtraction in float64.

    Examples
    --------
    >>> from mlpkit.scaling import Affine
    >>> folds(Affine(np.array([0.5]), np.array([0.3])))
    True
    >>> folds(Affine(np.array([1.7e9]), np.array([60.0])))
    False
    """
    low, high = _SCALES
    if features.scale.min() < low or features.scale.max() > high:
        return False
    far = np.abs(features.offset) / features.scale
    return bool(far.max() <= FARTHEST and np.sqrt(np.mean(np.square(far))) <= FAR)


def folded(layer, features):
    """Give a first layer that takes features in their own units, standardised by its weights.

    Parameters
    ----------
    layer : Layer
        The layer for standardised features.
    features : Affine
        Their standardisation, of which `folds` tells that it may be.

    Returns
    -------
    Layer

    Examples
    --------
    >>> from mlpkit.scaling import Affine
    >>> layer = Layer(np.array([[2.0]]), np.array([0.5]))
    >>> folded(layer, Affine(np.array([1.0]), np.array([4.0]))).kernel
    array([[0.5]])
    """
    kernel = layer.kernel / features.scale[:, np.newaxis]  # in float64
    shift = -features.offset @ kernel
    if layer.shift is not None:
        shift += layer.shift
    dtype = layer.kernel.dtype
    return replace(layer, kernel=kernel.astype(dtype), shift=shift.astype(dtype))
