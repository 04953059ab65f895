"""The user's Keras model in the units in which it learns."""

from dataclasses import dataclass, field, replace

import numpy as np

from mlpkit import compilation
from mlpkit.backend import keras
from mlpkit.errors import InvalidParameterError
from mlpkit.keras_inference import KerasForward
from mlpkit.keras_network import inspecting
from mlpkit.losses import LOSSES, loss_name, loss_problems
from mlpkit.outputs import POSITIVE, plain_outputs
from mlpkit.scaling import identity
from mlpkit.tasks import Task
from mlpkit.training import (
    Step,
    copy_factors,
    factors_of,
    may_join,
    run_time_values,
    stable_key,
)


@dataclass(eq=False)
class KerasNetwork:
    """The user's Keras model, with what trains it.

    Parameters
    ----------
    model : keras.Model
        The estimator's own copy.
    task : Task
        What it learns.
    loss : str, keras.losses.Loss or callable
        A loss, "auto" resolved.
    optimizer : str or keras.optimizers.Optimizer
        An optimizer, "auto" resolved.
    metrics : "auto", None or list
        What is watched.
    learning_rate : float or None
        None leaves the optimizer's own.
    global_clipnorm : float, default=None
        None leaves the optimizer's own.
    """

    model: keras.Model
    task: Task
    loss: object
    optimizer: object
    metrics: object = "auto"
    learning_rate: float | None = None
    input_shape: tuple = field(default=())
    units: int = 1
    dtype: str = "float32"
    global_clipnorm: float | None = None

    def __post_init__(self):
        if not self.model.built:
            self.model.build((None, *self.input_shape))
        inputs = getattr(self.model, "inputs", None)
        if inputs:
            self.input_shape = tuple(inputs[0].shape[1:])
        dtype = inputs[0].dtype if inputs else "float32"
        output = self.model(np.zeros((1, *self.input_shape), dtype), training=False)
        if not hasattr(output, "shape") or len(output.shape) != 2:
            raise InvalidParameterError(
                "model must give one output of shape (n_samples, n_outputs). Got "
                f"{getattr(output, 'shape', type(output).__name__)}."
            )
        self.units, self.dtype = int(output.shape[1]), keras.backend.standardize_dtype(output.dtype)
        self._check_output()

    def _check_output(self):
        if self.task.name == "binary" and self.units == 2:
            # Two classes by a softmax of two units: learnt as several classes are.
            self.task = replace(self.task, name="multiclass")
        found = []
        if self.units != self.task.units:
            found.append(
                f"model must have {self.task.units} output unit(s) for this {self.task.name} "
                f"target. Got {self.units}."
            )
        activation = self._last_activation()
        allowed = ("softmax",) if self.task.name == "multiclass" else ("sigmoid", "hard_sigmoid")
        if self.task.is_classification and activation and activation not in allowed:
            found.append(
                f"model must end in {allowed[0]} for this {self.task.name} target, so that its "
                f"outputs are probabilities. Got {activation}."
            )
        positive = activation in POSITIVE
        found += loss_problems(
            self.loss, self.task.name, self.task.loss, positive or not activation
        )
        if found:
            raise InvalidParameterError("\n".join(found))

    def _last_activation(self):
        """Give the name of the last layer's activation, None where it cannot be told."""
        layers = getattr(self.model, "layers", None)
        activation = getattr(layers[-1], "activation", None) if layers else None
        return getattr(activation, "__name__", None)

    @property
    def loss_row(self):
        """The loss's row of the table; None for a loss of the user's."""
        return LOSSES.get(loss_name(self.loss, self.task.loss))

    @property
    def learns_scaled(self):
        """Whether targets may be standardised: a linear output, and a loss that allows it."""
        row = self.loss_row
        return row is not None and row.homogeneous and self._last_activation() in (None, "linear")

    def encode(self, y, *, numbered=True):
        """Give targets as the loss wants them; `numbered` as in `MLPNetwork.encode`."""
        one_hot = self.loss_row is None or self.loss_row.one_hot
        return self.task.encode(y, one_hot=one_hot)

    def target_units(self, sample, *, standardize):
        """Find the map from the model's outputs to the target's units."""
        if self.task.is_classification or not (standardize and self.learns_scaled):
            return identity(self.units)
        return sample.target_units(plain_outputs("linear", self.units), standardize=True)

    def scaled_targets(self, y, targets):
        """Give encoded targets in the model's units."""
        return (y - targets.offset) / targets.scale

    def metric_units(self, targets):
        """Give the map from what the program trains on to the target's units."""
        return targets

    def stored(self, X):
        """Give rows as they are kept for training: images are not made dense batch by batch."""
        return X.toarray() if len(self.input_shape) > 1 and hasattr(X, "toarray") else X

    def shaped(self, X):
        """Give rows in the shape the model takes."""
        return X.reshape(-1, *self.input_shape)

    def forward(self, learnt):
        """Make what predicts rows from what was learnt."""
        units = learnt.features, learnt.targets
        return KerasForward(self.model, *units, self.input_shape, self.dtype)

    def initial_weights(self, seed):
        """Give the weights the model was made with."""
        return self.model.get_weights()

    def seed_states(self, seed):
        """Give the states of the model's seed generators as it was made."""
        weights = self.model.weights
        return [np.array(v) for v in self.model.variables if all(v is not w for w in weights)]

    takes_any_width = False

    @property
    def joins_weights(self):
        """Whether the weights may be one vector: a penalty's gradient is slow in one."""
        variables = self.model.trainable_variables
        plain = all(
            v.constraint is None and v.regularizer is None and v.dtype == self.dtype
            for v in variables
        )
        return bool(variables) and plain and may_join(self.optimizer)

    def key(self, *, any_width=False):
        """Give what the program depends on, None where the user's classes or functions are in it.

        Parameters
        ----------
        any_width : bool, default=False
            As in `MLPNetwork.key`; False here.

        Returns
        -------
        hashable or None
        """
        optimizer, loss, metrics = self._training_objects()
        text = stable_key(self.model, optimizer, loss, *metrics)
        factors = factors_of(self.model.trainable_variables)
        return None if text is None else ("keras", text, self.dtype, factors)

    def make_step(self, *, shown=False, any_width=False, joins=False):
        """Give a copy of the model, or the model itself where nobody else can have it.

        Parameters
        ----------
        shown : bool, default=False
            Whether callbacks will see the model; it is the same for them.
        any_width : bool, default=False
            As in `key`.
        joins : bool, default=False
            Whether the weights are to be kept as one vector.

        Returns
        -------
        mlpkit.training.Step
        """
        model = self.model
        if self.key() is not None:
            model = keras.models.clone_model(self.model)
            copy_factors(self.model, model)
        return Step(model, *self._training_objects(), self.dtype, joins=joins)

    @property
    def settings(self):
        """The numbers that a program leaves to each fit."""
        given, clipnorm = run_time_values(self.optimizer)[1], self.global_clipnorm
        return given if clipnorm is None else {**given, "global_clipnorm": float(clipnorm)}

    @property
    def own_rate(self):
        """The learning rate of the optimizer given, None where it is named or has a schedule."""
        return run_time_values(self.optimizer)[0]

    @property
    def n_parameters(self):
        """Number of trained weights."""
        return sum(int(np.prod(v.shape)) for v in self.model.trainable_variables)

    @property
    def mixes_rows(self):
        """Whether a layer looks at several rows, and needs to know which count."""
        return inspecting.mixes_rows(self.model)

    @property
    def uncompilable(self):
        """Why XLA should not compile the model for filled-up batches, None where it may."""
        if self.loss_row is None:
            return "a loss of your own, which may look at several rows"
        return inspecting.why_not_filled_up(self.model)

    def _training_objects(self):
        optimizer = compilation.make_optimizer(self.optimizer, None, self.global_clipnorm)
        loss = compilation.make_loss(self.loss, self.task.loss, dtype=self.dtype)
        one_hot = self.loss_row is None or self.loss_row.one_hot
        metrics = compilation.make_metrics(
            self.metrics, self.task.name, one_hot=one_hot, dtype=self.dtype
        )
        return optimizer, loss, metrics
