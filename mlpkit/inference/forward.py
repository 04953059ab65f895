"""The forward pass of a fitted network: what a fit decides is worked out once, rows run through."""

from dataclasses import dataclass, field

import numpy as np

from mlpkit import activations
from mlpkit.inference.blocks import block_rows, is_finite

EPSILON = 1e-3  # Keras's default in both normalisation layers
CHUNK = 2**15  # numbers of a layer that are worked on at a time, so that they stay in the cache
# Weights that OpenBLAS multiplies with one row in one thread; from 460,800 on it wakes others. They
# save 20 of 40 microseconds for a million weights where a second core idles, and cost milliseconds
# where it does not, as in a server that predicts in several processes.
ONE_THREAD = 2**18
# Where no feature's mean is further from 0 than this many of its deviations, standardising first
# and multiplying then keeps no more digits than to multiply at once (two bits of 24 at most).
NEAR_ZERO = 4.0
_SCALES = 1e-15, 1e15  # within these, weights in a feature's own units are ordinary float32 numbers


class Forward:
    """The forward pass of a fitted network: features in, outputs out, in their own units.

    It holds nothing that a call changes, so that threads may share it.

    Parameters
    ----------
    spec : MLPSpec
        The network; a first Normalization layer and the outputs' scale are not applied.
    weights : list of ndarray
        In the order of ``model.get_weights()``; not changed.
    features : Affine or None, default=None
        Standardisation of the inputs; None where they come standardised.
    targets : Affine or None, default=None
        From the network's outputs to the target's units.

    Attributes
    ----------
    block_rows : int
        Rows at a time that hold the memory.

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> from mlpkit.scaling import Affine
    >>> spec = make_spec("regression", 1, hidden_layer_sizes=(), dtype="float64")
    >>> days = Affine(np.array([100.0]), np.array([7.0]))
    >>> Forward(spec, [np.array([[2.0]]), np.array([0.5])], days)(np.array([[107.0]]))
    array([[2.5]])
    """

    def __init__(self, spec, weights, features=None, targets=None):
        self._dtype = np.dtype(spec.dtype)
        self._layers = _layers(spec, weights)
        self._features = None if features is None or features.is_identity else features
        self._targets = None if targets is None or targets.is_identity else targets
        if self._features is not None and _folds(features):
            self._layers[0] = _folded(self._layers[0], features)
            self._features = None
        n_features = self._layers[0].kernel.shape[0]
        widths = [layer.kernel.shape[1] for layer in self._layers]
        self._widest = max(n_features, *widths)
        # Two layers at a time, rows made dense, and a few copies of the outputs in float64.
        row = 2 * self._widest * self._dtype.itemsize + 8 * n_features + 40 * widths[-1]
        self.block_rows = block_rows(row)

    def scratch(self):
        """Give two arrays for the layers of a block, which take turns.

        Returns
        -------
        tuple of ndarray
        """
        size = self.block_rows * self._widest
        return np.empty(size, self._dtype), np.empty(size, self._dtype)

    def __call__(self, rows, scratch=None, *, doubt=None, logits=False):
        """Give the outputs of a block of rows.

        Parameters
        ----------
        rows : ndarray of shape (n_samples, n_features)
            Numbers in the features' own units; not changed.
        scratch : tuple of ndarray or None, default=None
            What `scratch` gave: the result may lie in it.
        doubt : callable or None, default=None
            Called with `rows` where some may be missing or infinite, to look closer; None where
            they are known to be finite.
        logits : bool, default=False
            Give the output layer's values before its activation.

        Returns
        -------
        ndarray of shape (n_samples, units)
        """
        a = self._ready(rows, scratch)
        if doubt is not None and not is_finite(a):
            doubt(rows)
        for i, layer in enumerate(self._layers):
            if scratch is None:
                z = layer.product(a)
            else:
                z = np.dot(a, layer.kernel, out=_part(scratch[i % 2], len(a), layer.width))
            a = layer.finish(z, activate=not (logits and layer.is_last))
        return a if self._targets is None or logits else self._targets.undo(a)

    def _ready(self, rows, scratch):
        """Give rows as the first product takes them, in the type of the weights."""
        if self._features is None and rows.dtype == self._dtype:
            return rows
        out = np.empty(rows.shape, self._dtype) if scratch is None else None
        if out is None:
            out = _part(scratch[1], *rows.shape)
        if self._features is not None:
            return self._features.apply(rows, self._dtype, out=out)
        np.copyto(out, rows, casting="unsafe")
        return out


def forward(spec, weights, X):
    """Run the network on rows that are ready for it.

    Parameters
    ----------
    spec : MLPSpec
        The network; a first Normalization layer and the outputs' scale are not applied.
    weights : list of ndarray
        In the order of ``model.get_weights()``.
    X : ndarray of shape (n_samples, n_features)
        Standardised features.

    Returns
    -------
    ndarray of shape (n_samples, units)
        In the network's own units, in its type.

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> spec = make_spec("regression", 2, hidden_layer_sizes=(), dtype="float64")
    >>> forward(spec, [np.array([[1.0], [2.0]]), np.array([0.5])], np.array([[3.0, 4.0]]))
    array([[11.5]])
    """
    return Forward(spec, weights)(X)


@dataclass(frozen=True, eq=False)
class _Layer:
    """One layer: a product, then a shift, perhaps a normalisation, and an activation in place."""

    kernel: np.ndarray
    shift: np.ndarray | None
    activation: object = None  # None is the identity
    learned: tuple = ()
    normalized: tuple | None = None  # scale and shift of a layer normalisation
    kept: int | None = None  # columns that the activation leaves, where it joins some
    is_last: bool = False
    width: int = field(init=False)
    chunk: int = field(init=False)
    pieces: tuple = field(init=False)

    def __post_init__(self):
        n_inputs, width = self.kernel.shape
        step = max(1, ONE_THREAD // width)
        pieces = [slice(start, start + step) for start in range(0, n_inputs, step)]
        for name, value in (
            ("width", width), ("chunk", max(1, CHUNK // width)), ("pieces", tuple(pieces)),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    def product(self, a):
        """Multiply rows with the kernel; a single row wakes no threads."""
        if len(self.pieces) == 1 or len(a) > 1:
            return a.dot(self.kernel)
        z = np.zeros((1, self.width), self.kernel.dtype)
        for piece in self.pieces:
            z += a[:, piece].dot(self.kernel[piece])
        return z

    def finish(self, z, activate):
        """Do what follows the product, in place, a cacheful of rows at a time."""
        if len(z) <= self.chunk:
            self._finish(z, activate)
        else:
            for start in range(0, len(z), self.chunk):
                self._finish(z[start : start + self.chunk], activate)
        return z if self.kept is None else z[:, : self.kept]

    def _finish(self, z, activate):
        if self.shift is not None:
            np.add(z, self.shift, out=z)
        if self.normalized is not None:
            _normalize(z, *self.normalized)
        if activate and self.activation is not None:
            out = z if self.kept is None else z[:, : self.kept]
            self.activation(z, *self.learned, out=out)


def _layers(spec, weights):
    """Give the layers of a network with these weights."""
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
        layers.append(_Layer(kernel, shift, function, learned, normalized, kept))
    kernel, shift = next(left), next(left)
    return [*layers, _Layer(kernel, shift, _output_activation(spec), is_last=True)]


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


def _folds(features):
    """Tell whether weights in the features' own units give the same to rounding."""
    low, high = _SCALES
    near = np.abs(features.offset) <= NEAR_ZERO * features.scale
    return bool(near.all() and (features.scale > low).all() and (features.scale < high).all())


def _folded(layer, features):
    """Give a first layer that takes features in their own units, standardised by its weights."""
    kernel = layer.kernel / features.scale[:, np.newaxis]  # in float64
    shift = -features.offset @ kernel
    if layer.shift is not None:
        shift += layer.shift
    dtype = layer.kernel.dtype
    return _Layer(
        kernel.astype(dtype), shift.astype(dtype), layer.activation, layer.learned,
        layer.normalized, layer.kept, layer.is_last,
    )  # fmt: skip


def _part(scratch, n_rows, width):
    """Give the beginning of a flat array as rows."""
    return scratch[: n_rows * width].reshape(n_rows, width)
