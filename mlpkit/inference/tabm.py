"""The forward pass of a TabM ensemble in NumPy."""

import numpy as np

from mlpkit import activations
from mlpkit.inference.blocks import is_finite
from mlpkit.inference.outputs import activated, tempered

BLOCK_ROWS = 1024  # whose embedded numbers stay in the caches


class TabMForward:
    """The forward pass of a fitted ensemble: columns in, predictions out, in their own units.

    It holds nothing that a call changes, so that threads may share it.

    Parameters
    ----------
    spec : TabMSpec
        The network in the units in which it was trained.
    weights : list of ndarray
        In the order of the trunk's ``get_weights()``; not changed.
    features : Affine
        Standardisation of the columns.
    targets : Affine
        From the network's outputs to the target's units.
    temperature : float, default=1.0
        Logits of the mean probabilities are divided by it.

    Attributes
    ----------
    block_rows : int
        Rows at a time.
    """

    block_rows = BLOCK_ROWS

    def __init__(self, spec, weights, features, targets, temperature=1.0):
        self._spec, self._features = spec, features
        self._targets = None if targets.is_identity else targets
        self._temperature = temperature
        rest = iter(weights)
        self._embedding = _Embedding(*(next(rest) for _ in range(6))) if spec.n_numbers else None
        self._layers = [
            _layer(rest, spec.adapters(i), first=i == 0)
            for i in range(len(spec.hidden_layer_sizes))
        ]
        self._heads = next(rest), next(rest)
        self._function = activations.get(spec.activation).function

    def scratch(self):
        """Give nothing: blocks are small."""

    def __call__(self, rows, scratch=None, *, doubt=None):
        """Give the outputs of a block of rows.

        Parameters
        ----------
        rows : ndarray of shape (n_samples, n_columns)
            Columns in their own units.
        scratch : None
            As other forward passes have it.
        doubt : callable or None, default=None
            Called with `rows` where some may be missing or infinite, to look closer.

        Returns
        -------
        ndarray of shape (n_samples, units)
        """
        if doubt is not None and not is_finite(rows):
            doubt(rows)
        return self.finished(self.networks(rows).mean(axis=0))

    def finished(self, outputs):
        """Give mean outputs calibrated, and in the target's units."""
        outputs = tempered(outputs, self._spec.task, self._temperature)
        return outputs if self._targets is None else self._targets.undo(outputs)

    def networks(self, rows):
        """Give the mean prediction of each network's members, in the network's units.

        Parameters
        ----------
        rows : ndarray of shape (n_samples, n_columns)
            Columns in their own units.

        Returns
        -------
        ndarray of shape (n_networks, n_samples, units)
        """
        rows, spec = self._features.apply(rows, "float32"), self._spec
        flags = rows[:, spec.n_numbers :]
        x = np.broadcast_to(flags, (spec.n_networks, *flags.shape))
        if self._embedding is not None:
            embedded = self._embedding(rows).reshape(spec.n_networks, len(rows), -1)
            x = np.concatenate([embedded, x], axis=2) if spec.chunks else embedded
        x = x[:, np.newaxis]  # the same rows for all members
        for layer in self._layers:
            x = self._function(layer(x))
        kernel, bias = self._heads
        z = np.matmul(x, kernel) + bias
        members = activated(spec.outputs, z.reshape(-1, z.shape[-1])).reshape(z.shape)
        return members.mean(axis=1)


class _Embedding:
    """The piecewise linear embedding: each number is in one bin, whose line is looked up."""

    def __init__(self, kernel, bias, bin_kernel, start, slope, ceiling):
        n, columns, n_bins, d = bin_kernel.shape
        before = np.cumsum(bin_kernel, axis=2) - bin_kernel + bias
        # By column and bin: the value at the bin's left edge, and what it gains to the right one.
        self._level = np.ascontiguousarray(before.transpose(1, 2, 0, 3))
        self._gain = np.ascontiguousarray(bin_kernel.transpose(1, 2, 0, 3))
        self._kernel = np.ascontiguousarray(kernel[:, :, 0].transpose(1, 0, 2))
        self._start, self._slope = start, slope
        # A bin that only fills up begins nowhere.
        self._edges = np.where(slope > 0, start, np.inf)
        self._columns = np.arange(columns)

    def __call__(self, rows):
        x = rows[:, : len(self._columns)]
        number = (x[:, :, np.newaxis] >= self._edges[:, 1:]).sum(axis=2)
        places = self._columns, number
        reached = (x - self._start[places]) * self._slope[places]
        out = self._gain[places] * reached[:, :, np.newaxis, np.newaxis]
        out += self._level[places]
        out += self._kernel * x[:, :, np.newaxis, np.newaxis]
        return out.transpose(2, 0, 1, 3)


class _Layer:
    """A hidden layer: (n_networks, n_members or 1, n_samples, width) in and out."""

    def __init__(self, input_scale, kernel, output_scale, bias):
        self._input_scale, self._kernel = input_scale, kernel
        self._output_scale, self._bias = output_scale, bias

    def __call__(self, x):
        if self._input_scale is not None:
            x = x * self._input_scale
        z = np.matmul(x.reshape(len(x), -1, x.shape[-1]), self._kernel)
        return self._finished(z.reshape(*x.shape[:-1], -1))

    def _finished(self, z):
        if self._output_scale is not None:
            z = z * self._output_scale
        z += self._bias
        return z


class _FirstLayer(_Layer):
    """The first one: all members see the same rows, so their scales are put into the weights."""

    def __init__(self, input_scale, kernel, output_scale, bias):
        super().__init__(None, None, output_scale, bias)
        self._own = input_scale.swapaxes(-1, -2) * kernel[:, np.newaxis]

    def __call__(self, x):
        return self._finished(np.matmul(x, self._own))


def _layer(weights, adapters, *, first):
    input_scale = next(weights) if adapters else None
    kernel = next(weights)
    output_scale = next(weights) if adapters == "all" else None
    return (_FirstLayer if first else _Layer)(input_scale, kernel, output_scale, next(weights))
