"""A forward and a backward pass through a model, with what passed each layer written down."""

from dataclasses import dataclass, field, replace

import numpy as np

from mlpkit.backend import tf
from mlpkit.compilation import loss_per_row
from mlpkit.diagnostics.paths import weight_paths
from mlpkit.diagnostics.recording import Recorder
from mlpkit.errors import InvalidParameterError


@dataclass(frozen=True, eq=False)
class Stage:
    """An affine map and the activation after it, as they were passed.

    Parameters
    ----------
    name : str
        Name of the Keras layer with the affine map, behind those of the models it is in.
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
    dkernel, dbias : ndarray of the shapes of `kernel` and `bias`, or None
        The loss's gradient by the weights, where they are trained.
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
    dkernel: np.ndarray | None = field(repr=False, default=None)
    dbias: np.ndarray | None = field(repr=False, default=None)


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
        Gradients of all trained weights by the paths that `weight_paths` gives.

    Raises
    ------
    InvalidParameterError
        When gradients are wanted and there is no loss or no target.

    Examples
    --------
    >>> from mlpkit.backend import keras
    >>> from mlpkit.diagnostics.subject import subject_of
    >>> one = keras.layers.Dense(1, name="one", kernel_initializer="ones")
    >>> model = keras.Sequential([keras.Input((1,)), one])
    >>> passed = run_pass(subject_of(model, [[2.0]], [5.0], loss="mse"))
    >>> passed.loss, passed.gradients["one/kernel"], passed.stages[0].dz
    (9.0, array([[-12.]], dtype=float32), array([[-6.]], dtype=float32))
    """
    backward = subject.targets is not None if backward is None else backward
    _check(subject, backward)
    model, recorder = subject.model, Recorder(subject.model)
    rows = tf.convert_to_tensor(subject.rows)
    with tf.GradientTape() as tape:
        if rows.dtype.is_floating:
            tape.watch(rows)
        outputs = model(rows, training=training)
        recorder.finish()
        loss = mean_loss(subject, outputs) if backward else None
    paths = weight_paths(model)
    passed = Pass(tuple(_stage(written, paths) for written in recorder.stages), outputs.numpy())
    return (
        _with_gradients(passed, subject, recorder, tape, loss, rows, paths) if backward else passed
    )


def _with_gradients(passed, subject, recorder, tape, loss, rows, paths):
    """Give a pass with what the tape has found of the way back."""
    trained = subject.model.trainable_variables
    inner = [tensor for written in recorder.stages for tensor in (written.z, written.a)]
    found = tape.gradient(
        loss, [rows, *(v.value for v in trained), *inner], unconnected_gradients="zero"
    )
    by_rows, *found = [tf.convert_to_tensor(tensor).numpy() for tensor in found]
    weights, inner = found[: len(trained)], found[len(trained) :]
    by_id = {id(v): g for v, g in zip(trained, weights, strict=True)}
    stages = (
        replace(
            stage,
            dz=dz,
            da=da,
            dkernel=by_id.get(id(written.layer.kernel)),
            dbias=by_id.get(id(getattr(written.layer, "bias", None))),
        )
        for stage, written, dz, da in zip(
            passed.stages, recorder.stages, inner[::2], inner[1::2], strict=True
        )
    )
    stages = list(stages)
    if recorder.stages and hasattr(recorder.stages[-1].a, "_keras_logits"):
        stages[-1] = replace(stages[-1], da=_by_outputs(subject, recorder.stages[-1].a, passed))
    return replace(
        passed,
        stages=tuple(stages),
        loss=float(loss),
        gradients={paths[key]: gradient for key, gradient in by_id.items()},
        by_rows=by_rows,
    )


def _by_outputs(subject, a, passed):
    """Give the gradient by the probabilities, which Keras's cross-entropies do not look at.

    They go in one step, that loses no digits, to what went into the softmax or sigmoid.
    """
    outputs = tf.constant(a.numpy())
    if not np.array_equal(outputs, passed.outputs):
        return np.zeros_like(outputs)
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = mean_loss(subject, outputs)
    return tape.gradient(loss, outputs).numpy()


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


def mean_loss(subject, outputs):
    """Give the mean loss of a subject's rows, with the penalties of the call that gave `outputs`.

    Parameters
    ----------
    subject : Subject
        With targets and a loss.
    outputs : tensor of shape (n_samples, n_outputs)
        What its model gave.

    Returns
    -------
    tensor of shape ()

    Examples
    --------
    >>> from mlpkit.backend import keras
    >>> from mlpkit.diagnostics.subject import subject_of
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> subject = subject_of(model, [[0.0], [0.0]], [1.0, 3.0], loss="mse")
    >>> float(mean_loss(subject, subject.model(subject.rows)))
    5.0
    """
    targets = subject.targets
    if np.issubdtype(targets.dtype, np.floating):
        targets = targets.astype(outputs.dtype.as_numpy_dtype)
    per_row = loss_per_row(subject.loss, tf.convert_to_tensor(targets), outputs)
    penalties = [tf.cast(penalty, per_row.dtype) for penalty in subject.model.losses]
    return tf.add_n([tf.reduce_mean(per_row), *penalties])


def _stage(written, paths):
    layer, bias = written.layer, getattr(written.layer, "bias", None)
    path = paths.get(id(layer.kernel), f"{layer.name}/kernel")
    return Stage(
        name=path.rpartition("/")[0],
        activation=written.activation,
        z=written.z.numpy(),
        a=written.a.numpy(),
        variables=tuple(paths[id(v)] for part in written.layers for v in part.trainable_variables),
        kernel=layer.kernel.numpy(),
        bias=None if bias is None else bias.numpy(),
    )
