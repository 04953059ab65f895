"""Predictions of the user's own Keras model: one compiled function, whatever the number of rows."""

import math

import numpy as np

from mlpkit.backend import tf
from mlpkit.inference import block_rows, is_finite
from mlpkit.processes import check_fork

MOST_ROWS = 8192  # beyond, no call is cheaper a row, and a layer that cannot be seen may be wide


class KerasForward:
    """The forward pass of a fitted Keras model: features in, outputs out, in their own units.

    ``keras.Model.predict`` takes tens of milliseconds for a row, a call of the model itself runs
    it operation by operation. Here the model is traced once, for any number of rows.

    Parameters
    ----------
    model : keras.Model
        The fitted model; its variables are read when rows are predicted, not copied.
    features : Affine
        Standardisation of the inputs.
    targets : Affine
        From the model's outputs to the target's units.
    input_shape : tuple of int
        Shape of one row of the model's input.
    dtype : str
        Type of the model's input.

    Attributes
    ----------
    block_rows : int
        Rows at a time that hold the memory.
    n_traces : int
        How many times the model was traced: once, and again where its variables were replaced.
    """

    def __init__(self, model, features, targets, input_shape, dtype):
        self._model = model
        self._features = None if features.is_identity else features
        self._targets = None if targets.is_identity else targets
        self._input_shape = tuple(input_shape)
        self._dtype = np.dtype(dtype)
        self._traced = None
        self.n_traces = 0
        widest = _widest(model, self._input_shape)
        self.block_rows = min(MOST_ROWS, block_rows(widest, self._dtype.itemsize))

    def scratch(self):
        """Give None: TensorFlow keeps its own arrays."""
        return None

    def __call__(self, rows, scratch=None, *, doubt=None):
        """Give the outputs of a block of rows.

        Parameters
        ----------
        rows : ndarray of shape (n_samples, n_features)
            Numbers in the features' own units; not changed.
        scratch : None
            Not needed.
        doubt : callable or None, default=None
            Called with `rows` where some may be missing or infinite, to look closer; None where
            they are known to be finite.

        Returns
        -------
        ndarray of shape (n_samples, units)
        """
        check_fork()
        if doubt is not None and not is_finite(rows):
            doubt(rows)
        if self._features is None:
            ready = rows.astype(self._dtype, copy=False)
        else:
            ready = self._features.apply(rows, self._dtype)
        shaped = tf.constant(ready.reshape(-1, *self._input_shape))
        outputs = self._function()(shaped).numpy()
        return outputs if self._targets is None else self._targets.undo(outputs)

    def _function(self):
        """Give the model's compiled function, compiled anew where variables were replaced."""
        variables = self._model.variables
        traced = self._traced  # read once: another thread may put a newer one there
        if traced is None or not _same(traced[0], variables):
            traced = list(variables), self._trace()
            self._traced = traced
        return traced[1]

    def _trace(self):
        model = self._model

        @tf.function(input_signature=[tf.TensorSpec((None, *self._input_shape), self._dtype)])
        def outputs(rows):
            self.n_traces += 1
            return model(rows, training=False)

        return outputs


def _same(ours, theirs):
    return len(ours) == len(theirs) and all(map(lambda a, b: a is b, ours, theirs))


def _widest(model, input_shape):
    """Give the numbers a row has where it is widest, as far as the model's layers tell."""
    sizes = [math.prod(input_shape)]
    for layer in getattr(model, "layers", ()):
        try:
            shape = layer.output.shape
        except (AttributeError, ValueError):  # not called by itself, or several outputs
            continue
        sizes.append(math.prod(n for n in shape[1:] if n is not None))
    return max(1, *sizes)
