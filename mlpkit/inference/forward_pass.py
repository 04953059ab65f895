"""The forward pass of a fitted network: what a fit decides is worked out once, rows run through."""

import numpy as np

from mlpkit.inference.blocks import block_rows, is_finite
from mlpkit.inference.layers import folded, folds, make_layers


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
    >>> spec = make_spec("regression", 1, hidden_layer_sizes=())
    >>> days = Affine(np.array([100.0]), np.array([7.0]))
    >>> Forward(spec, [np.array([[2.0]]), np.array([0.5])], days)(np.array([[107.0]]))
    array([[2.5]])
    """

    def __init__(self, spec, weights, features=None, targets=None):
        self._layers = make_layers(spec, weights)
        self._dtype = self._layers[0].kernel.dtype
        self._features = None if features is None or features.is_identity else features
        self._targets = None if targets is None or targets.is_identity else targets
        if self._features is not None and folds(features):
            self._layers[0] = folded(self._layers[0], features)
            self._features = None
        n_features = self._layers[0].kernel.shape[0]
        widths = [layer.kernel.shape[1] for layer in self._layers]
        self._widest = max(n_features, *widths)
        itemsize = self._dtype.itemsize
        # Beside two layers at a time: rows made dense, and copies of the outputs in float64.
        third = (8 * n_features + 40 * widths[-1]) // itemsize
        self.block_rows = block_rows(max(self._widest, third), itemsize)

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
            out = None if scratch is None else _part(scratch[i % 2], len(a), layer.width)
            z = layer.product(a, out)
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
        In the network's own units, in the type of the weights.

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> spec = make_spec("regression", 2, hidden_layer_sizes=())
    >>> forward(spec, [np.array([[1.0], [2.0]]), np.array([0.5])], np.array([[3.0, 4.0]]))
    array([[11.5]])
    """
    return Forward(spec, weights)(X)


def _part(scratch, n_rows, width):
    """Give the beginning of a flat array as rows."""
    return scratch[: n_rows * width].reshape(n_rows, width)
