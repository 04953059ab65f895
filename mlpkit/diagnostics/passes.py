"""A forward and a backward pass through a model, with what passed each layer written down."""

from dataclasses import dataclass, field, replace

import numpy as np

from mlpkit.backend import keras, tf
from mlpkit.compilation import loss_per_row
from mlpkit.errors import InvalidParameterError


@dataclass(frozen=True, eq=False)
class Stage:
    """An affine map and the activation after it, as they were passed.

    Parameters
    ----------
    name : str
        Name of the Keras layer with the affine map.
    activation : str
        Name of the activation in the catalogue, or the name of its layer's class.
    z : ndarray of shape (n_samples, n_units)
        What the activation was applied to: the affine map's outputs, normalised where a
        normalisation stands between.
    a : ndarray of shape (n_samples, n_units)
        What it gave.
    variables : tuple of str
        Paths of the weights of the stage, kernel first.
    kernel : ndarray of shape (n_inputs, n_units)
        The affine map's weights.
    bias : ndarray of shape (n_units,) or None
        Its bias.
    dz, da : ndarray of the shapes of `z` and `a`, or None
        The loss's gradient by them, of the mean over the rows.
    """

    name: str
    activation: str
    z: np.ndarray = field(repr=False)
    a: np.ndarray = field(repr=False)
    variables: tuple = field(repr=False)
    kernel: np.ndarray = field(repr=False)
    bias: np.ndarray | None = field(repr=False)
    dz: np.ndarray | None = field(repr=False, default=None)
    da: np.ndarray | None = field(repr=False, default=None)


@dataclass(frozen=True, eq=False)
class Pass:
    """What one pass through a model left.

    Parameters
    ----------
    stages : tuple of Stage
        In the order they were passed.
    outputs : ndarray of shape (n_samples, n_outputs)
        The model's outputs.
    loss : float or None
        Mean loss of the rows, penalties included.
    gradients : dict of str to ndarray
        The loss's gradient by each trained weight, by its path.
    by_rows : ndarray of the shape of the rows, or None
        The gradient by the rows.
    """

    stages: tuple
    outputs: np.ndarray = field(repr=False)
    loss: float | None = None
    gradients: dict = field(repr=False, default_factory=dict)
    by_rows: np.ndarray | None = field(repr=False, default=None)


class _Recorder:
    """Writes down tensors while a model is called; put into the layers of a copy of it."""

    def __init__(self, model):
        self.stages = []  # [layer, activation, z, a, layers of the stage]
        self.apart = []  # activations of a part of a layer's outputs: [name, a]
        for layer in model._flatten_layers(include_self=False):
            if hasattr(layer, "kernel"):
                _around(layer, self._affine)
            elif _is_activation(layer):
                _around(layer, self._activation)
            elif _normalizes(layer):
                _around(layer, self._normalization)

    def _affine(self, layer, call, inputs, *args, **kwargs):
        function = getattr(layer, "activation", None)
        if function is None or activation_name(layer) == "linear":
            z = a = call(inputs, *args, **kwargs)
        else:
            layer.activation = keras.activations.linear
            try:
                z = call(inputs, *args, **kwargs)
            finally:
                layer.activation = function
            a = function(z)
        self.stages.append([layer, activation_name(layer), z, a, [layer]])
        return a

    def _activation(self, layer, call, inputs, *args, **kwargs):
        a, name = call(inputs, *args, **kwargs), activation_name(layer)
        stage = self._stage_of(inputs)
        if stage is None:
            self.apart.append((name, a))
        else:
            stage[1], stage[3] = name, a
            stage[4].append(layer)
        return a

    def _normalization(self, layer, call, inputs, *args, **kwargs):
        z = call(inputs, *args, **kwargs)
        stage = self._stage_of(inputs)
        if stage is not None:
            stage[2] = stage[3] = z
            stage[4].append(layer)
        return z

    def _stage_of(self, tensor):
        """Give the stage whose outputs a tensor is, if no activation has been applied to them."""
        linear = (stage for stage in self.stages if stage[1] == "linear")
        return next((stage for stage in linear if stage[3] is tensor), None)

    def finish(self):
        """Give the last stage the activations that its columns have each for itself."""
        if self.apart and self.stages and self.stages[-1][1] == "linear":
            names, parts = zip(*self.apart, strict=True)
            a = tf.concat(parts, axis=-1)
            if a.shape == self.stages[-1][2].shape:
                self.stages[-1][1], self.stages[-1][3] = ", ".join(names), a


def _around(layer, recorded):
    call = layer.call
    layer.call = lambda *args, **kwargs: recorded(layer, call, *args, **kwargs)


def _is_activation(layer):
    return not layer.weights and activation_name(layer) is not None or _has_class(layer, "PReLU")


def _normalizes(layer):
    return _has_class(layer, "BatchNormalization", "LayerNormalization", "GroupNormalization")


def _has_class(layer, *names):
    return type(layer).__name__ in names


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
    >>> activation_name(keras.layers.Dropout(0.5)) is None
    True
    """
    if type(layer).__name__ in _LAYERS:
        return _LAYERS[type(layer).__name__]
    if not hasattr(layer, "activation"):
        return None
    function = layer.activation
    return getattr(function, "__name__", type(function).__name__) if function else "linear"


def run_pass(subject, *, training=False, backward=None):
    """Call a model on its rows and give what passed each layer.

    Parameters
    ----------
    subject : Subject
        Copy of a model, rows, targets and loss. A subject serves one pass.
    training : bool, default=False
        Whether layers act as in training: dropout drops, batch normalisation takes the mean and
        variance of these rows.
    backward : bool, default=None
        Whether the loss's gradients are wanted; None asks for them where there are targets.

    Returns
    -------
    Pass

    Raises
    ------
    InvalidParameterError
        When gradients are wanted and there is no loss, or no layer with a kernel.
    """
    backward = subject.targets is not None if backward is None else backward
    _check(subject, backward)
    model, recorder = subject.model, _Recorder(subject.model)
    rows = tf.convert_to_tensor(subject.rows)
    trained = [v.value for v in model.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(rows)
        outputs = model(rows, training=training)
        recorder.finish()
        loss = _loss(subject, model, outputs) if backward else None
    stages = tuple(_stage(*written) for written in recorder.stages)
    passed = Pass(stages, outputs.numpy())
    if not backward:
        return passed
    inner = [tensor for stage in recorder.stages for tensor in stage[2:4]]
    found = tape.gradient(loss, [rows, *trained, *inner], unconnected_gradients="zero")
    by_rows, *found = [tensor.numpy() for tensor in map(tf.convert_to_tensor, found)]
    paths = [v.path for v in model.trainable_variables]
    inner = found[len(paths) :]
    stages = (
        replace(stage, dz=dz, da=da)
        for stage, dz, da in zip(stages, inner[::2], inner[1::2], strict=True)
    )
    gradients = dict(zip(paths, found, strict=False))
    return replace(
        passed, stages=tuple(stages), loss=float(loss), gradients=gradients, by_rows=by_rows
    )


def _check(subject, backward):
    problems = []
    if backward and subject.loss is None:
        problems.append(
            "model must be compiled with a loss, or loss be given. Got a model that is not "
            "compiled: pass loss='mse', for instance."
        )
    if backward and subject.targets is None:
        problems.append("y must be given where gradients are wanted. Got None.")
    if problems:
        raise InvalidParameterError("\n".join(problems))


def _loss(subject, model, outputs):
    targets = subject.targets
    if np.issubdtype(targets.dtype, np.floating):
        targets = targets.astype(outputs.dtype.as_numpy_dtype)
    per_row = loss_per_row(subject.loss, tf.convert_to_tensor(targets), outputs)
    penalties = [tf.cast(penalty, per_row.dtype) for penalty in model.losses]
    return tf.add_n([tf.reduce_mean(per_row), *penalties])


def _stage(layer, activation, z, a, layers):
    paths = tuple(v.path for each in layers for v in each.trainable_variables)
    bias = getattr(layer, "bias", None)
    return Stage(
        name=layer.name,
        activation=activation,
        z=z.numpy(),
        a=a.numpy(),
        variables=paths,
        kernel=layer.kernel.numpy(),
        bias=None if bias is None else bias.numpy(),
    )
