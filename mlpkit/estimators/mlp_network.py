"""The network of the MLP estimators: a spec, the program that trains it, its NumPy outputs."""

import itertools
from dataclasses import dataclass, field, replace

import numpy as np

from mlpkit.architecture import MLPSpec
from mlpkit.errors import TargetError
from mlpkit.inference import Forward
from mlpkit.losses import LOSSES
from mlpkit.scaling import identity
from mlpkit.tasks import Task


@dataclass(frozen=True, eq=False)
class MLPNetwork:
    """A multilayer perceptron in the units in which it learns.

    Parameters
    ----------
    spec : MLPSpec
        The network in the user's units.
    task : Task
        What it learns.
    parameters : dict
        The factory's arguments.
    """

    spec: MLPSpec
    task: Task
    parameters: dict = field(repr=False)

    @property
    def units(self):
        """Number of outputs."""
        return self.spec.units

    @property
    def dtype(self):
        """Type of weights, inputs and outputs."""
        return self.spec.float_type

    @property
    def learning_rate(self):
        """The learning rate asked for; None leaves the optimizer's own."""
        return self.parameters["learning_rate"]

    @property
    def loss_row(self):
        """The loss's row of the table; None for a loss of the user's."""
        return LOSSES.get(self.spec.loss)

    @property
    def learns_scaled(self):
        """Whether the loss allows targets in other units than the user's."""
        return self.loss_row is not None and self.loss_row.homogeneous

    @property
    def core(self):
        """The spec that is trained: inputs come standardised, outputs are carried back later."""
        outputs = self.spec.outputs
        if self.learns_scaled:
            outputs = replace(outputs, scale=(1.0,) * self.units, offset=(0.0,) * self.units)
        return replace(self.spec, standardize=False, outputs=outputs)

    @property
    def meaning(self):
        """What must stay as it is for trained weights to go on."""
        passing = {"kernel_initializer": "", "dropout": 0.0, "l2": 0.0, "loss": ""}
        return replace(self.spec, standardize=False, **passing), self.learns_scaled

    def encode(self, y, *, numbered=True):
        """Give targets as the loss wants them; one out of range is refused, its row `numbered`."""
        one_hot = self.loss_row is None or self.loss_row.one_hot
        encoded = self.task.encode(y, one_hot=one_hot)
        if not self.task.is_classification:
            self._check_range(encoded, numbered)
        return encoded

    def _check_range(self, y, numbered):
        low, high = self.spec.outputs.bounds
        columns = y.shape[1]  # several quantiles of one target share its range
        outside = (y < low[:columns]) | (y > high[:columns])
        if outside.any():
            row, column = np.argwhere(outside)[0]
            raise TargetError(
                f"y must lie in the range of its output, {low[column]:g} to {high[column]:g} "
                f"(column {column}). Got {y[row, column]:g}{f' in row {row}' if numbered else ''}: "
                "change output_range, or correct the value."
            )

    def target_units(self, sample, *, standardize):
        """Find the map from the forward pass's outputs to the target's units."""
        if self.task.is_classification:
            return identity(self.units)
        scaled = standardize and self.learns_scaled
        return sample.target_units(self.spec.outputs, standardize=scaled)

    def scaled_targets(self, y, targets):
        """Give encoded targets in the network's units."""
        if not self.learns_scaled:
            return y
        n = y.shape[1]  # several quantiles of one target share its units
        return (y - targets.offset[:n]) / targets.scale[:n]

    def metric_units(self, targets):
        """Give the map from what the program trains on to the target's units."""
        return targets if self.learns_scaled else identity(self.units)

    def stored(self, X):
        """Give rows as they are kept for training: sparse ones are made dense batch by batch."""
        return X

    def shaped(self, X):
        """Give rows in the shape the network takes."""
        return X

    def forward(self, learnt):
        """Make what predicts rows from what was learnt."""
        return Forward(self.core, learnt.weights, learnt.features, learnt.targets)

    def initial_weights(self, seed):
        """Draw the weights that the factory's model would start from with this seed."""
        from mlpkit import network

        return network.initial_weights(self.core, seed)

    def seed_states(self, seed):
        """Give the states of the dropout layers' generators for this seed."""
        from mlpkit import network

        return network.dropout_states(self.core, seed)

    def key(self, *, any_width=False):
        """Give what the program depends on, None where the user's own objects are part of it.

        How strong penalty and dropout are is left to each fit; whether they are there is not.

        Parameters
        ----------
        any_width : bool, default=False
            Whether the program serves hidden layers of any width.

        Returns
        -------
        hashable or None
        """
        there = {name: 0.5 for name in self.settings if hasattr(self.core, name)}
        core = replace(self.core, **there)
        if any_width:
            core = replace(core, hidden_layer_sizes=(0,) * len(core.hidden_layer_sizes))
        names = [self.parameters[name] for name in ("optimizer", "loss")]
        clips = self.parameters.get("global_clipnorm") is not None
        metrics = self.parameters["metrics"]
        metrics = tuple(metrics) if isinstance(metrics, list | tuple) else (metrics,)
        if all(isinstance(name, str | None) for name in (*names, *metrics)):
            quantile = tuple(np.atleast_1d(self.parameters.get("quantile", 0.5)).tolist())
            return core, *names, clips, metrics, float(self.parameters.get("delta", 1.0)), quantile
        from mlpkit.training import stable_key

        optimizer, loss, metrics = self._training_objects()
        text = stable_key(optimizer, loss, *metrics)
        return None if text is None else (replace(core, loss=""), text)

    @property
    def takes_any_width(self):
        """Whether a graph of this network can serve hidden layers of other widths."""
        from mlpkit.training import is_elementwise

        plain = self.spec.normalization is None and self.spec.activation not in ("glu", "prelu")
        return plain and is_elementwise(self.parameters["optimizer"])

    @property
    def _marked(self):
        """The core with hidden widths that are no other size in it, each another one."""
        core = self.core
        taken = {1, 2, core.widths[0], core.units}
        free = (n for n in itertools.count(3) if n not in taken)
        return replace(core, hidden_layer_sizes=tuple(itertools.islice(free, len(core.widths) - 1)))

    @property
    def joins_weights(self):
        """Whether the weights may be one vector: a penalty's gradient is slow in one."""
        from mlpkit.training import may_join

        return not self.spec.l2 and may_join(self.parameters["optimizer"])

    def make_step(self, *, shown=False, any_width=False, joins=False):
        """Build the Keras model and what trains it.

        Parameters
        ----------
        shown : bool, default=False
            Whether callbacks will see the model, which then is of Keras's own layers.
        any_width : bool, default=False
            Whether the program is to serve hidden layers of any width.
        joins : bool, default=False
            Whether the weights are to be kept as one vector.

        Returns
        -------
        mlpkit.training.Step
        """
        from mlpkit import network
        from mlpkit.training import Step

        core = self._marked if any_width else self.core
        if shown:
            model, settings = network.build(core, 0, hashed=True), {}
        else:
            model, settings = network.build_for_many_fits(core)
        return Step(model, *self._training_objects(), self.dtype, settings, joins=joins)

    @property
    def settings(self):
        """The numbers that a program leaves to each fit: how strong penalty and dropout are."""
        given = {"l2": self.spec.l2, "dropout": self.spec.dropout}
        if self.spec.activation == "selu":
            del given["dropout"]  # alpha dropout takes its rate when it is built
        given = {name: value for name, value in given.items() if value}
        from mlpkit.training import run_time_values

        clipnorm = self.parameters.get("global_clipnorm")
        given.update(run_time_values(self.parameters["optimizer"])[1])
        return given if clipnorm is None else {**given, "global_clipnorm": float(clipnorm)}

    @property
    def own_rate(self):
        """The learning rate of the optimizer given, None where it is named or has a schedule."""
        from mlpkit.training import run_time_values

        return run_time_values(self.parameters["optimizer"])[0]

    @property
    def mixes_rows(self):
        """Whether a layer looks at several rows, and needs to know which count."""
        return self.spec.normalization == "batch"

    @property
    def uncompilable(self):
        """Why XLA should not compile the network, None where it may."""
        from mlpkit.network import on_gpu

        if self.spec.dtype.startswith("mixed") and not on_gpu():
            return f"dtype={self.spec.dtype!r} on a CPU, where XLA is slower with it than without"
        if self.loss_row is None:
            return "a loss of your own, which may look at several rows"
        return None

    @property
    def n_parameters(self):
        """Number of trained weights."""
        return self.spec.n_parameters

    def _training_objects(self):
        from mlpkit import compilation

        parameters = self.parameters
        # The learning rate is put in when a fit starts; programs differ by all else.
        clipnorm = parameters.get("global_clipnorm")
        optimizer = compilation.make_optimizer(parameters["optimizer"], None, clipnorm)
        loss = compilation.make_loss(
            parameters["loss"],
            self.task.loss,
            delta=parameters.get("delta", 1.0),
            quantile=parameters.get("quantile", 0.5),
            dtype=self.dtype,
        )
        one_hot = self.loss_row is None or self.loss_row.one_hot
        metrics = compilation.make_metrics(
            parameters["metrics"], self.task.name, one_hot=one_hot, dtype=self.dtype
        )
        return optimizer, loss, metrics

    def keras_model(self, learnt):
        """Build the Keras model of what was learnt: raw features in, the target's units out.

        Parameters
        ----------
        learnt : Learnt
            Weights and units.

        Returns
        -------
        keras.Model
            Compiled.
        """
        from mlpkit import factories, network

        targets = learnt.targets
        outputs = replace(
            self.spec.outputs, scale=tuple(targets.scale.tolist()),
            offset=tuple(targets.offset.tolist()),
        )  # fmt: skip
        standardized = not learnt.features.is_identity
        spec = replace(self.spec, standardize=standardized, outputs=outputs)
        model = network.build(spec)
        network.put_weights(model, learnt.weights, learnt.features if standardized else None)
        factories.compile_model(model, spec, self.parameters)
        # Saved with all its variables, it is read back without Keras's warning of missing ones.
        model.optimizer.build(model.trainable_variables)
        return model
