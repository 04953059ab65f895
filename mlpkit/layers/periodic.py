"""The periodic embedding of numbers."""

import math

from mlpkit.backend import keras


@keras.saving.register_keras_serializable("mlpkit")
class PeriodicEmbedding(keras.layers.Layer):
    """Several outputs a number, mixed from cosines of it, and the number itself.

    A number x becomes ``[cos(2π w x + b) V + c, x]``, with w, b, V and c of the column's own
    (called PBLD: periodic, bias, linear, dense skip connection).

    Parameters
    ----------
    output_dim : int, default=4
        Outputs a number, the number itself among them.
    n_frequencies : int, default=16
        Cosines a column.
    scale : float, default=0.1
        Standard deviation of the initial frequencies w.
    learning_rate_factor : float, default=0.1
        By what mlpkit's engine multiplies the learning rate of its weights.
    **options
        As in ``keras.layers.Layer``.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data, section 3. NeurIPS.

    Examples
    --------
    >>> PeriodicEmbedding()(keras.ops.ones((5, 3))).shape
    TensorShape([5, 3, 4])
    """

    def __init__(
        self, output_dim=4, n_frequencies=16, scale=0.1, learning_rate_factor=0.1, **options
    ):
        super().__init__(**options)
        self.output_dim, self.n_frequencies, self.scale = output_dim, n_frequencies, scale
        self.learning_rate_factor = learning_rate_factor

    def build(self, input_shape):
        """Make the weights."""
        columns, mixed = input_shape[-1], self.output_dim - 1
        random = keras.initializers
        limit = self.n_frequencies**-0.5
        inner, outer = (columns, 1, self.n_frequencies), (columns, self.n_frequencies, mixed)
        self.frequency = self._weight("frequency", inner, random.RandomNormal(0, self.scale))
        self.phase = self._weight("phase", inner, random.RandomUniform(-math.pi, math.pi))
        uniform = random.RandomUniform(-limit, limit)
        self.kernel = self._weight("kernel", outer, uniform)
        self.bias = self._weight("bias", (columns, 1, mixed), uniform)

    def _weight(self, name, shape, initializer):
        weight = self.add_weight(shape=shape, initializer=initializer, name=name)
        weight.learning_rate_factor = self.learning_rate_factor
        if name in ("phase", "bias"):
            weight.weight_decay_factor = 0.0
        return weight

    def call(self, inputs):
        """Embed numbers of shape (..., n_samples, n_columns)."""
        ops = keras.ops
        x = ops.expand_dims(ops.swapaxes(inputs, -1, -2), -1)  # a product for each column
        waves = ops.cos(2 * math.pi * self.frequency * x + self.phase)
        mixed = ops.matmul(waves, self.kernel) + self.bias
        return ops.swapaxes(ops.concatenate([mixed, x], axis=-1), -2, -3)

    def compute_output_shape(self, input_shape):
        """Give the shape of the outputs."""
        return (*input_shape, self.output_dim)

    def get_config(self):
        """Give the arguments."""
        names = ("output_dim", "n_frequencies", "scale", "learning_rate_factor")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
