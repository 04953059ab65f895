"""The network of the RealMLP estimators: spec, program, NumPy outputs."""

from dataclasses import dataclass, replace

import numpy as np

from mlpkit.estimators.mlp_network import MLPNetwork
from mlpkit.estimators.tabm_network import LOGIT_LOSSES
from mlpkit.inference.realmlp import RealMLPForward, start_weights


@dataclass(frozen=True, eq=False)
class RealMLPNetwork(MLPNetwork):
    """A RealMLP in the units in which it learns.

    Parameters
    ----------
    temperature : float, default=1.0
        Logits of the predicted probabilities are divided by it.
    bounds : pair of ndarray or None, default=None
        Lowest and highest target of the training rows, to which predictions are clipped.
    """

    temperature: float = 1.0
    bounds: object = None
    n_networks = 1
    takes_any_width = False
    joins_weights = False
    mixes_rows = False

    @property
    def settings(self):
        """The numbers that a program leaves to each fit."""
        found = {"weight_decay": float(self.parameters["weight_decay"])}
        return {**found, "dropout": self.spec.dropout} if self.spec.dropout else found

    def key(self, *, any_width=False):
        """Give what the program depends on; see `MLPNetwork.key`."""
        return super().key(any_width=any_width), self.parameters["label_smoothing"]

    def forward(self, learnt):
        """Make what predicts rows from what was learnt."""
        units = learnt.features, learnt.targets
        return RealMLPForward(self.core, learnt.weights, *units, self.temperature, self.bounds)

    def initial_weights(self, seed):
        """Give nothing: weights are fitted to rows, by `started_weights`."""
        return []

    def started_weights(self, sample, features, seed):
        """Draw weights and fit them to a sample's scaled rows."""
        rows = slice(None) if sample.rows is None else sample.rows
        return start_weights(self.core, (sample.X[rows] - features.offset) / features.scale, seed)

    def seed_states(self, seed):
        """Give the states of the dropout layers' generators for this seed."""
        from mlpkit.network import tabm

        if not self.spec.dropout:
            return []
        return [np.array([v, 0], np.uint32) for v in tabm.dropout_seeds(self.spec, seed)]

    def make_step(self, *, shown=False, any_width=False, joins=False):
        """Build the trunk and what trains it; `shown` and the others as in `MLPNetwork`."""
        from mlpkit.backend import keras
        from mlpkit.network import realmlp
        from mlpkit.training.ensemble_step import EnsembleStep

        core = self.core
        by_logits = LOGIT_LOSSES.get(core.loss)
        if core.outputs.activations[0] != by_logits:
            by_logits = None
        rate = None
        if core.dropout:
            rate = keras.Variable(core.dropout, trainable=False, name="dropout")
        model = realmlp.build_trunk(core, 0, rate)
        settings = {} if rate is None else {"dropout": rate}
        return EnsembleStep(
            model, core.outputs, by_logits, *self._training_objects(), self.dtype, settings,
            label_smoothing=self.parameters["label_smoothing"],
        )  # fmt: skip

    def keras_model(self, learnt):
        """Build the Keras model of what was learnt: encoded columns in, the target's units out.

        Parameters
        ----------
        learnt : Learnt
            Weights and units.

        Returns
        -------
        keras.Model
            Compiled; it knows no temperature and no bounds.
        """
        from mlpkit import factories
        from mlpkit.network import realmlp, tabm

        targets = learnt.targets
        outputs = replace(
            self.spec.outputs, scale=tuple(targets.scale.tolist()),
            offset=tuple(targets.offset.tolist()),
        )  # fmt: skip
        spec = replace(self.spec, outputs=outputs)
        model = realmlp.build(spec)
        tabm.put_weights(model, learnt.weights, learnt.features)
        factories.compile_model(model, spec, self.parameters)
        model.optimizer.build(model.trainable_variables)
        return model
