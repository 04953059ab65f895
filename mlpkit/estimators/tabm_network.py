"""The network of the TabM estimators: spec, program, NumPy outputs."""

from dataclasses import dataclass, replace

import numpy as np

from mlpkit.bins import quantile_bins
from mlpkit.estimators.mlp_network import MLPNetwork
from mlpkit.inference.tabm import TabMForward

LOGIT_LOSSES = {
    "binary_crossentropy": "sigmoid",
    "sparse_categorical_crossentropy": "softmax",
}


@dataclass(frozen=True, eq=False)
class TabMNetwork(MLPNetwork):
    """A TabM ensemble in the units in which it learns.

    Parameters
    ----------
    temperature : float, default=1.0
        Logits of the predicted probabilities are divided by it.
    """

    temperature: float = 1.0
    takes_any_width = False
    joins_weights = False
    mixes_rows = False

    @property
    def n_networks(self):
        """Networks beside each other."""
        return self.spec.n_networks

    @property
    def settings(self):
        """The numbers that a program leaves to each fit."""
        return {"weight_decay": float(self.parameters["weight_decay"])}

    @property
    def own_rate(self):
        """The learning rate of the optimizer given: none, it is named."""
        return None

    def forward(self, learnt):
        """Make what predicts rows from what was learnt."""
        units = learnt.features, learnt.targets
        return TabMForward(self.core, learnt.weights, *units, self.temperature)

    def initial_weights(self, seed):
        """Draw initial weights; the bins are put in by `with_bins`."""
        from mlpkit.network import tabm

        return tabm.initial_weights(self.core, seed)

    def with_bins(self, weights, sample, features):
        """Give weights with the bins of a sample's standardised numbers.

        Parameters
        ----------
        weights : list of ndarray
            From `initial_weights`.
        sample : Sample
            Training rows.
        features : Affine
            Their standardisation.

        Returns
        -------
        list of ndarray
        """
        from mlpkit.network import tabm

        n = self.spec.n_numbers
        rows = slice(None) if sample.rows is None else sample.rows
        numbers = (sample.X[rows, :n] - features.offset[:n]) / features.scale[:n]
        return tabm.place_bins(self.core, weights, quantile_bins(numbers, self.spec.n_bins))

    def seed_states(self, seed):
        """Give the states of the dropout layers' generators for this seed."""
        from mlpkit.network import tabm

        if not self.spec.dropout:
            return []
        return [np.array([value, 0], np.uint32) for value in tabm.dropout_seeds(self.spec, seed)]

    def make_step(self, *, shown=False, any_width=False, joins=False):
        """Build the trunk and what trains it; `shown` and the others as in `MLPNetwork`."""
        from mlpkit.network import tabm
        from mlpkit.training.ensemble_step import EnsembleStep

        core = self.core
        by_logits = LOGIT_LOSSES.get(core.loss)
        if core.outputs.activations[0] != by_logits:
            by_logits = None
        trained_with = self._training_objects()
        model = tabm.build_trunk(core, 0)
        return EnsembleStep(model, core.outputs, by_logits, *trained_with, self.dtype)

    def keras_model(self, learnt):
        """Build the Keras model of what was learnt: encoded columns in, the target's units out.

        Parameters
        ----------
        learnt : Learnt
            Weights and units.

        Returns
        -------
        keras.Model
            Compiled; it trains member by member, and knows no temperature.
        """
        from mlpkit import factories
        from mlpkit.network import tabm

        targets = learnt.targets
        outputs = replace(
            self.spec.outputs, scale=tuple(targets.scale.tolist()),
            offset=tuple(targets.offset.tolist()),
        )  # fmt: skip
        spec = replace(self.spec, standardize=True, outputs=outputs)
        model = tabm.build(spec)
        tabm.put_weights(model, learnt.weights, learnt.features)
        factories.compile_model(model, spec, self.parameters)
        model.optimizer.build(model.trainable_variables)
        return model
