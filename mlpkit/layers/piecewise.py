"""The piecewise linear embedding of numbers."""

import numpy as np

from mlpkit.backend import keras
from mlpkit.bins import quantile_bins


@keras.saving.register_keras_serializable("mlpkit")
class PiecewiseLinearEmbedding(keras.layers.Layer):
    """Several outputs a number, each a piecewise linear function of it.

    A number x with the piecewise linear encoding p(x) over the quantiles of its column becomes
    ``x W + b + p(x) V``, with W, b and V of the column's own. V starts at zero, so that the
    embedding starts as linear.

    Parameters
    ----------
    output_dim : int, default=12
        Outputs a number.
    n_bins : int, default=48
        Bins a column at most.
    n_networks : int or None, default=None
        How many networks there are beside each other, each with weights of its own; the inputs
        then have a first axis of as many. None is one network without such an axis.
    **options
        As in ``keras.layers.Layer``.

    References
    ----------
    Y. Gorishniy, I. Rubachev, A. Babenko (2022), On embeddings for numerical features in tabular
    deep learning, section 3.2. NeurIPS. The form with a linear part that starts alone: package
    rtdl_num_embeddings, version "B".

    Examples
    --------
    >>> layer = PiecewiseLinearEmbedding(output_dim=4, n_bins=8)
    >>> X = np.random.default_rng(0).normal(size=(100, 3)).astype("float32")
    >>> layer.adapt(X)
    >>> layer(X).shape
    TensorShape([100, 3, 4])
    """

    def __init__(self, output_dim=12, n_bins=48, n_networks=None, **options):
        super().__init__(**options)
        self.output_dim, self.n_bins, self.n_networks = output_dim, n_bins, n_networks

    def build(self, input_shape):
        """Make the weights."""
        columns = input_shape[-1]
        lead = () if self.n_networks is None else (self.n_networks,)
        limit = self.output_dim**-0.5
        uniform = keras.initializers.RandomUniform(-limit, limit)
        plain = (*lead, columns, 1, self.output_dim)
        self.kernel = self.add_weight(shape=plain, initializer=uniform, name="kernel")
        self.bias = self.add_weight(shape=plain, initializer=uniform, name="bias")
        self.bias.weight_decay_factor = 0.0
        self.bin_kernel = self.add_weight(
            shape=(*lead, columns, self.n_bins, self.output_dim),
            initializer="zeros",
            name="bin_kernel",
        )
        fixed = {"shape": (columns, self.n_bins), "trainable": False}
        self.start = self.add_weight(**fixed, initializer="zeros", name="start")
        self.slope = self.add_weight(**fixed, initializer="zeros", name="slope")
        self.ceiling = self.add_weight(**fixed, initializer="ones", name="ceiling")

    def adapt(self, X):
        """Set the bins to quantiles of columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns)
            Training rows.
        """
        X = np.asarray(X)
        if not self.built:
            self.build(X.shape)
        for variable, value in zip(
            (self.start, self.slope, self.ceiling), quantile_bins(X, self.n_bins), strict=True
        ):
            variable.assign(value)

    def call(self, inputs):
        """Embed numbers of shape (..., n_samples, n_columns)."""
        ops = keras.ops
        x = ops.expand_dims(ops.swapaxes(inputs, -1, -2), -1)  # a product for each column
        start, slope, ceiling = (
            ops.expand_dims(v, 1) for v in (self.start, self.slope, self.ceiling)
        )
        reached = ops.minimum((x - start) * slope, ceiling)
        # The first bin goes on to the left, the others begin at 0.
        floor = np.array([-np.inf, *[0.0] * (self.n_bins - 1)], self.compute_dtype)
        encoded = ops.maximum(reached, floor)
        out = x * self.kernel + self.bias + ops.matmul(encoded, self.bin_kernel)
        return ops.swapaxes(out, -2, -3)

    def compute_output_shape(self, input_shape):
        """Give the shape of the outputs."""
        return (*input_shape, self.output_dim)

    def get_config(self):
        """Give the arguments."""
        names = ("output_dim", "n_bins", "n_networks")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
