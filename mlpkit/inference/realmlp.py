"""The forward pass of RealMLP in NumPy, and its initial weights, which are found by it."""

import math

import numpy as np

from mlpkit import activations
from mlpkit.inference.blocks import is_finite
from mlpkit.inference.outputs import activated, tempered

BLOCK_ROWS = 2048
CLIP = 3.0  # of SmoothClip
START_ROWS = 2048  # that initial weights are fitted to


class RealMLPForward:
    """The forward pass of a fitted RealMLP: columns in, predictions out, in their own units.

    Parameters
    ----------
    spec : RealMLPSpec
        The network in the units in which it was trained.
    weights : list of ndarray
        In the order of the trunk's ``get_weights()``; not changed.
    features : Affine
        Robust scale of the columns.
    targets : Affine
        From the network's outputs to the target's units.
    temperature : float, default=1.0
        Logits are divided by it.
    bounds : pair of ndarray or None, default=None
        Lowest and highest target of the training rows, to which predictions are clipped.

    Attributes
    ----------
    block_rows : int
        Rows at a time.
    """

    block_rows = BLOCK_ROWS

    def __init__(self, spec, weights, features, targets, temperature=1.0, bounds=None):
        self._spec, self._features, self._bounds = spec, features, bounds
        self._targets = None if targets.is_identity else targets
        self._temperature = temperature
        rest = iter(weights)
        self._columns, self._factor = ColumnEmbedding(spec, rest), next(rest)
        self._hidden = [_scaled(rest) + (next(rest),) for _ in spec.hidden_layer_sizes]
        self._last = _scaled(rest)
        self._function = activations.get(spec.activation).function

    def scratch(self):
        """Give nothing: blocks are small."""

    def __call__(self, rows, scratch=None, *, doubt=None):
        """Give the outputs of a block of rows; see `TabMForward`."""
        if doubt is not None and not is_finite(rows):
            doubt(rows)
        outputs = tempered(self.networks(rows)[0], self._spec.task, self._temperature)
        outputs = outputs if self._targets is None else self._targets.undo(outputs)
        return outputs if self._bounds is None else np.clip(outputs, *self._bounds)

    def networks(self, rows):
        """Give the prediction in the network's units, as the only one of several networks."""
        x = self._columns(self._features.apply(rows, "float32")) * self._factor
        for kernel, bias, alpha in self._hidden:
            z = x @ kernel + bias
            x = self._function(z.copy())
            x -= z
            x *= alpha
            x += z
        kernel, bias = self._last
        return activated(self._spec.outputs, x @ kernel + bias)[np.newaxis]


def _scaled(weights):
    """Give a layer's kernel with the factor of its parametrisation, and its bias."""
    kernel, bias = next(weights), next(weights)
    return kernel * np.float32(len(kernel) ** -0.5), bias


class ColumnEmbedding:
    """What comes before the first layer: clipped columns, embedded numbers and categories.

    Parameters
    ----------
    spec : RealMLPSpec
        The network.
    weights : iterator of ndarray
        The trunk's; those of the embeddings are taken.
    """

    def __init__(self, spec, weights):
        self._spec = spec
        self._waves = [next(weights) for _ in range(4)] if spec.n_numbers else None
        self._table = next(weights) if spec.n_codes else None
        self._starts = np.cumsum([0, *spec.n_codes[:-1]])

    def __call__(self, rows):
        """Embed scaled rows."""
        spec = self._spec
        n, scaled = spec.n_numbers, spec.n_numbers + spec.n_flags
        x = rows[:, :scaled]
        x = x / np.sqrt(1 + (x / np.float32(CLIP)) ** 2)
        parts = [self._numbers(x[:, :n])] if n else []
        parts.append(x[:, n:])
        if spec.n_codes:
            codes = rows[:, scaled:].astype(np.intp) + self._starts
            parts.append(self._table[codes].reshape(len(rows), -1))
        return np.concatenate(parts, axis=1)

    def _numbers(self, x):
        frequency, phase, kernel, bias = self._waves
        column = x.T[:, :, np.newaxis]
        waves = np.cos(np.float32(2 * math.pi) * frequency * column + phase)
        mixed = np.matmul(waves, kernel) + bias
        embedded = np.concatenate([mixed, column], axis=2)
        return embedded.transpose(1, 0, 2).reshape(len(x), -1)


def start_weights(spec, rows, seed):
    """Draw initial weights, and fit them to training rows.

    Each unit's kernel is drawn from N(0, 1) and rescaled so that what comes before its activation
    has standard deviation 1 over the rows; its bias is drawn so that 0 lies among them: minus a
    random mean of five rows' values.

    Parameters
    ----------
    spec : RealMLPSpec
        The network.
    rows : ndarray of shape (n_samples, n_columns)
        Scaled training rows, of which some are taken.
    seed : int
        Decides them.

    Returns
    -------
    list of ndarray
        In the order of the trunk's ``get_weights()``.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default, appendix A. NeurIPS.
    """
    rng = np.random.RandomState(seed)
    if len(rows) > START_ROWS:
        rows = rows[rng.choice(len(rows), START_ROWS, replace=False)]
    weights = _embedding_weights(spec, rng)
    x = ColumnEmbedding(spec, iter(weights))(rows.astype(np.float32))
    weights.append(np.ones(spec.widths[0], np.float32))
    function = activations.get(spec.activation).function
    for size in (*spec.hidden_layer_sizes, None):
        kernel, bias, z = _fitted_layer(x, size or spec.units, rng)
        weights += [kernel, bias]
        if size is not None:
            weights.append(np.ones(size, np.float32))
            x = function(z)
    return weights


def _embedding_weights(spec, rng):
    weights, n = [], spec.n_numbers
    if n:
        waves, mixed = spec.n_frequencies, spec.embedding_dim - 1
        limit = waves**-0.5
        weights = [
            rng.normal(scale=0.1, size=(n, 1, waves)),
            rng.uniform(-math.pi, math.pi, (n, 1, waves)),
            rng.uniform(-limit, limit, (n, waves, mixed)),
            rng.uniform(-limit, limit, (n, 1, mixed)),
        ]
    if spec.n_codes:
        weights.append(rng.normal(size=(sum(spec.n_codes), spec.category_dim)))
    return [weight.astype(np.float32) for weight in weights]


def _fitted_layer(x, units, rng):
    kernel = rng.normal(size=(x.shape[1], units)).astype(np.float32)
    z = x @ (kernel * np.float32(len(kernel) ** -0.5))
    spread = z.std(axis=0)
    factor = np.where(spread > 1e-6, 1 / np.maximum(spread, 1e-6), 1).astype(np.float32)
    kernel, z = kernel * factor, z * factor
    share = rng.exponential(size=(5, units))
    chosen = rng.randint(len(z), size=(5, units))
    bias = -(z[chosen, np.arange(units)] * share).sum(axis=0) / share.sum(axis=0)
    bias = bias.astype(np.float32)
    return kernel, bias, z + bias
