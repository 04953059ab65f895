"""What writes down the tensors between a model's layers while it is called."""

import numpy as np

from mlpkit.backend import keras, tf

_LAYERS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "ELU": "elu",
    "Softmax": "softmax",
}


def activation_name(layer):
    """Give the name of a layer's activation, None where it has none.

    Parameters
    ----------
    layer : keras.Layer
        A layer.

    Returns
    -------
    str or None

    Examples
    --------
    >>> activation_name(keras.layers.Dense(2)), activation_name(keras.layers.ELU())
    ('linear', 'elu')
    >>> activation_name(keras.layers.Dense(2, activation=keras.layers.LeakyReLU(0.1)))
    'leaky_relu'
    >>> activation_name(keras.layers.Dropout(0.5)) is None
    True
    """
    if type(layer).__name__ in _LAYERS:
        return _LAYERS[type(layer).__name__]
    if not hasattr(layer, "activation"):
        return None
    function = layer.activation
    if function is None:
        return "linear"
    kind = type(function).__name__
    return getattr(function, "__name__", _LAYERS.get(kind, kind))


class Written:
    """An affine map as it was passed.

    Parameters
    ----------
    layer : keras.Layer
        The layer with the map.
    activation : str
        What was applied to `z`, "linear" as long as nothing was.
    z, a : tensor of shape (n_samples, n_units)
        Before and after the activation.

    Attributes
    ----------
    layers : list of keras.Layer
        The layer, and those of its normalisation and activation.
    """

    def __init__(self, layer, activation, z, a):
        self.layer, self.activation, self.z, self.a = layer, activation, z, a
        self.layers = [layer]


class Recorder:
    """Writes down tensors while a model is called; put into the layers of a copy of it.

    Parameters
    ----------
    model : keras.Model
        The copy.

    Attributes
    ----------
    stages : list of Written
        The affine maps in the order they were passed. An activation of something else than one
        map's outputs, such as a sum of two branches, belongs to none.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.ReLU()])
    >>> recorder = Recorder(model)
    >>> outputs = model(np.ones((1, 2)))
    >>> [stage.activation for stage in recorder.stages]
    ['relu']
    """

    def __init__(self, model):
        self.stages = []
        self._apart = []  # activations of a part of a layer's outputs: (name, inputs, outputs)
        for layer in model._flatten_layers(include_self=False):
            if hasattr(layer, "kernel") and not type(layer).__name__.endswith("Cell"):
                _around(layer, self._affine)
            elif _is_activation(layer):
                _around(layer, self._activation)
            elif _normalizes(layer):
                _around(layer, self._normalization)

    def _affine(self, layer, call, inputs, *args, **kwargs):
        function, name = getattr(layer, "activation", None), activation_name(layer) or "linear"
        if function is None or name == "linear":
            z = a = call(inputs, *args, **kwargs)
        else:
            layer.activation = keras.activations.linear
            try:
                z = call(inputs, *args, **kwargs)
            finally:
                layer.activation = function
            a = function(z)
        self.stages.append(Written(layer, name, z, a))
        return a

    def _activation(self, layer, call, inputs, *args, **kwargs):
        a, name = call(inputs, *args, **kwargs), activation_name(layer)
        stage = self._stage_of(inputs)
        if stage is None:
            self._apart.append((name, inputs, a))
        else:
            stage.activation, stage.a = name, a
            stage.layers.append(layer)
        return a

    def _normalization(self, layer, call, inputs, *args, **kwargs):
        z = call(inputs, *args, **kwargs)
        stage = self._stage_of(inputs)
        if stage is not None:
            stage.z = stage.a = z
            stage.layers.append(layer)
        return z

    def _stage_of(self, tensor):
        """Give the stage whose outputs a tensor is, if no activation has been applied to them."""
        linear = (stage for stage in self.stages if stage.activation == "linear")
        return next((stage for stage in linear if stage.a is tensor), None)

    def finish(self):
        """Give the last stage the activations that its columns have each for itself."""
        if not (self._apart and self.stages) or self.stages[-1].activation != "linear":
            return
        last = self.stages[-1]
        names, inputs, outputs = zip(*self._apart, strict=True)
        widths = [part.shape[-1] for part in inputs]
        if sum(widths) == last.z.shape[-1]:
            # By their values: a slice of a tensor does not know what it is a slice of.
            if np.array_equal(tf.concat(inputs, axis=-1), last.z):
                last.activation, last.a = ", ".join(names), tf.concat(outputs, axis=-1)


def _around(layer, recorded):
    call = layer.call
    layer.call = lambda *args, **kwargs: recorded(layer, call, *args, **kwargs)


def _is_activation(layer):
    return not layer.weights and activation_name(layer) is not None or _has_class(layer, "PReLU")


def _normalizes(layer):
    return _has_class(layer, "BatchNormalization", "LayerNormalization", "GroupNormalization")


def _has_class(layer, *names):
    return type(layer).__name__ in names
