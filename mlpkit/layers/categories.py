"""The embedding of categories that come as codes among other columns."""

import numpy as np

from mlpkit.backend import keras


@keras.saving.register_keras_serializable("mlpkit")
class CategoryEmbedding(keras.layers.Layer):
    """A vector a level for several columns of codes, as `TabularEncoder` gives them.

    Parameters
    ----------
    n_codes : list of int
        Codes of each column: 0 to n_codes - 1.
    output_dim : int, default=8
        Length of a level's vector.
    **options
        As in ``keras.layers.Layer``.

    References
    ----------
    C. Guo, F. Berkhahn (2016), Entity embeddings of categorical variables.

    Examples
    --------
    >>> layer = CategoryEmbedding([3, 5], output_dim=4)
    >>> layer(keras.ops.convert_to_tensor([[0.0, 4.0], [2.0, 1.0]])).shape
    TensorShape([2, 8])
    """

    def __init__(self, n_codes, output_dim=8, **options):
        super().__init__(**options)
        self.n_codes, self.output_dim = list(n_codes), output_dim

    def build(self, input_shape):
        """Make one table for all columns."""
        normal = keras.initializers.RandomNormal(0.0, 1.0)
        shape = (sum(self.n_codes), self.output_dim)
        self.table = self.add_weight(shape=shape, initializer=normal, name="table")

    def call(self, inputs):
        """Look codes up: (..., n_columns) floats become (..., n_columns * output_dim)."""
        ops = keras.ops
        starts = np.cumsum([0, *self.n_codes[:-1]]).astype("int32")
        found = ops.take(self.table, ops.cast(inputs, "int32") + starts, axis=0)
        lead = [-1 if n is None else n for n in inputs.shape[:-1]]
        if lead.count(-1) > 1:
            lead = ops.shape(inputs)[:-1]
        return ops.reshape(found, (*lead, len(self.n_codes) * self.output_dim))

    def compute_output_shape(self, input_shape):
        """Give the shape of the outputs."""
        return (*input_shape[:-1], len(self.n_codes) * self.output_dim)

    def get_config(self):
        """Give the arguments."""
        return {**super().get_config(), "n_codes": self.n_codes, "output_dim": self.output_dim}
