"""Layers that rescale columns: by factors that are learnt, or smoothly into a range."""

from mlpkit.backend import keras


@keras.saving.register_keras_serializable("mlpkit")
class ScalingLayer(keras.layers.Layer):
    """A factor a column, which starts as 1 and is learnt quickly: columns are weighed softly.

    Parameters
    ----------
    learning_rate_factor : float, default=6.0
        By what mlpkit's engine multiplies its learning rate.
    **options
        As in ``keras.layers.Layer``.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default, section 3. NeurIPS.

    Examples
    --------
    >>> ScalingLayer()(keras.ops.ones((1, 2))).numpy()
    array([[1., 1.]], dtype=float32)
    """

    def __init__(self, learning_rate_factor=6.0, **options):
        super().__init__(**options)
        self.learning_rate_factor = learning_rate_factor

    def build(self, input_shape):
        """Make the factors."""
        self.factor = self.add_weight(shape=input_shape[-1:], initializer="ones", name="factor")
        self.factor.learning_rate_factor = self.learning_rate_factor

    def call(self, inputs):
        """Multiply each column by its factor."""
        return inputs * self.factor

    def compute_output_shape(self, input_shape):
        """Give the shape of the outputs."""
        return input_shape

    def get_config(self):
        """Give the arguments."""
        return {**super().get_config(), "learning_rate_factor": self.learning_rate_factor}


@keras.saving.register_keras_serializable("mlpkit")
class SmoothClip(keras.layers.Layer):
    """``x / sqrt(1 + (x / limit)²)``: nearly x around 0, never beyond the limit.

    Parameters
    ----------
    limit : float, default=3.0
        Largest absolute value.
    **options
        As in ``keras.layers.Layer``.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default, section 3. NeurIPS.

    Examples
    --------
    >>> SmoothClip()(keras.ops.convert_to_tensor([0.0, 3.0, 1e6])).numpy().round(4)
    array([0.    , 2.1213, 3.    ], dtype=float32)
    """

    def __init__(self, limit=3.0, **options):
        super().__init__(**options)
        self.limit = limit

    def call(self, inputs):
        """Clip."""
        return inputs * keras.ops.rsqrt(1 + keras.ops.square(inputs / self.limit))

    def compute_output_shape(self, input_shape):
        """Give the shape of the outputs."""
        return input_shape

    def get_config(self):
        """Give the arguments."""
        return {**super().get_config(), "limit": self.limit}
