"""The dense layer in the neural tangent parametrisation, and activations with a weight."""

from mlpkit.backend import keras


@keras.saving.register_keras_serializable("mlpkit")
class NTPDense(keras.layers.Layer):
    """``x W / sqrt(n_inputs) + b``: weights of size 1, whatever the width.

    With one learning rate for all layers, each layer's outputs then change alike.

    Parameters
    ----------
    units : int
        Outputs.
    bias_learning_rate_factor : float, default=0.1
        By what mlpkit's engine multiplies the learning rate of b.
    **options
        As in ``keras.layers.Layer``.

    References
    ----------
    A. Jacot, F. Gabriel, C. Hongler (2018), Neural tangent kernel, section 2. NeurIPS.

    Examples
    --------
    >>> NTPDense(4)(keras.ops.ones((5, 3))).shape
    TensorShape([5, 4])
    """

    def __init__(self, units, bias_learning_rate_factor=0.1, **options):
        super().__init__(**options)
        self.units, self.bias_learning_rate_factor = units, bias_learning_rate_factor

    def build(self, input_shape):
        """Make the weights."""
        normal = keras.initializers.RandomNormal(0.0, 1.0)
        shape = (input_shape[-1], self.units)
        self.kernel = self.add_weight(shape=shape, initializer=normal, name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer=normal, name="bias")
        self.bias.learning_rate_factor = self.bias_learning_rate_factor
        self.bias.weight_decay_factor = 0.0

    def call(self, inputs):
        """Give the outputs."""
        return keras.ops.matmul(inputs, self.kernel * inputs.shape[-1] ** -0.5) + self.bias

    def compute_output_shape(self, input_shape):
        """Give the shape of the outputs."""
        return (*input_shape[:-1], self.units)

    def get_config(self):
        """Give the arguments."""
        factor = self.bias_learning_rate_factor
        return {**super().get_config(), "units": self.units, "bias_learning_rate_factor": factor}


@keras.saving.register_keras_serializable("mlpkit")
class ParametricActivation(keras.layers.Layer):
    """``x + α (f(x) - x)``: each unit learns how much of the activation it takes.

    Parameters
    ----------
    activation : str
        Keras's name of f.
    learning_rate_factor : float, default=0.1
        By what mlpkit's engine multiplies the learning rate of α, which starts as 1.
    **options
        As in ``keras.layers.Layer``.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default, section 3. NeurIPS.

    Examples
    --------
    >>> ParametricActivation("relu")(keras.ops.convert_to_tensor([[-1.0, 2.0]])).numpy()
    array([[0., 2.]], dtype=float32)
    """

    def __init__(self, activation, learning_rate_factor=0.1, **options):
        super().__init__(**options)
        self.activation = keras.activations.get(activation)
        self.learning_rate_factor = learning_rate_factor

    def build(self, input_shape):
        """Make the weights."""
        self.alpha = self.add_weight(shape=input_shape[-1:], initializer="ones", name="alpha")
        self.alpha.learning_rate_factor = self.learning_rate_factor

    def call(self, inputs):
        """Apply it."""
        return inputs + self.alpha * (self.activation(inputs) - inputs)

    def compute_output_shape(self, input_shape):
        """Give the shape of the outputs."""
        return input_shape

    def get_config(self):
        """Give the arguments."""
        name = keras.activations.serialize(self.activation)
        own = {"activation": name, "learning_rate_factor": self.learning_rate_factor}
        return {**super().get_config(), **own}
