"""What Keras's layers lack: a layer for GLU, a penalty for float64, numbers that may change."""

from mlpkit.backend import keras


@keras.saving.register_keras_serializable("mlpkit")
class Halving(keras.layers.Activation):
    """An activation layer for GLU: Keras's own takes outputs to be as wide as inputs.

    Examples
    --------
    >>> Halving("glu")(keras.Input((6,))).shape
    (None, 3)
    """

    def compute_output_shape(self, input_shape):
        """Give the shape of the outputs: half as wide."""
        return (*input_shape[:-1], input_shape[-1] // 2)


@keras.saving.register_keras_serializable("mlpkit")
class WidePenalty(keras.regularizers.L2):
    """The L2 penalty of a float64 layer, in the type in which Keras adds up a model's losses.

    Keras adds them in its global float type, whatever the model's, and fails where a penalty has
    another. The gradient keeps its precision: it is that of a cast, which is exact.

    Examples
    --------
    >>> WidePenalty(0.5)(keras.ops.ones(3, dtype="float64")).dtype
    tf.float32
    """

    def __call__(self, x):
        """Give the penalty of a kernel."""
        return keras.ops.cast(super().__call__(x), keras.config.floatx())


class Penalty(keras.regularizers.Regularizer):
    """The L2 penalty with a factor that may change after the layer is built.

    Parameters
    ----------
    factor : keras.Variable
        Of shape (); several layers share it.

    Examples
    --------
    >>> factor = keras.Variable(0.5, trainable=False)
    >>> float(Penalty(factor)(keras.ops.ones(3)))
    1.5
    """

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, x):
        """Give the penalty of a kernel."""
        return keras.ops.cast(self.factor, x.dtype) * keras.ops.sum(keras.ops.square(x))
