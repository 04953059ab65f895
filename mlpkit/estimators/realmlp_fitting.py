"""What RealMLP's classifier and regressor share: columns, schedules, settings of training."""

from dataclasses import replace

import numpy as np

from mlpkit.architecture import make_spec
from mlpkit.architecture.realmlp import realmlp_spec
from mlpkit.checks import boolean, number, one_of
from mlpkit.encoding import TabularEncoder
from mlpkit.estimators.learnt import Learnt
from mlpkit.estimators.realmlp_network import RealMLPNetwork
from mlpkit.estimators.rules import MLP_RULES
from mlpkit.estimators.scoring import FIGURES, with_score
from mlpkit.estimators.tabular import BaseTabular
from mlpkit.scaling import fit_robust_units

ONE_HOT_LEVELS = 8  # above, a category is embedded
LEAST_ROWS = 20  # below, nothing is validated
SMALL_ROWS, SMALL_BATCH, BATCH = 1024, 64, 256  # of batch_size="auto"
NEVER = 2**31 - 1  # epochs of patience: all of them are trained

_SHARED = ("device", "epochs", "batch_size", "jit_compile", "class_weight", "hidden_layer_sizes",
           "loss", "metrics", "verbose", "random_state", "validation_fraction", "output_range",
           "output_activation", "delta", "quantile", "dropout", "max_time",
           "learning_rate_schedule")  # fmt: skip

REALMLP_RULES = {
    **{name: MLP_RULES[name] for name in _SHARED},
    "activation": one_of("auto") | MLP_RULES["activation"],
    "learning_rate": one_of("auto") | number(0, closed="neither"),
    "weight_decay": number(0),
    "scoring": one_of("auto", "loss", *FIGURES),
    "label_smoothing": number(0, 1, closed="left"),
    "calibrate": one_of("auto") | boolean(),
}

RATES = {True: 0.04, False: 0.2}  # for a classification, and for a regression
ACTIVATIONS = {True: "selu", False: "mish"}


class BaseRealMLP(BaseTabular):
    """What RealMLP's classifier and regressor share."""

    _rules = REALMLP_RULES
    average, patience = False, NEVER
    label_smoothing = 0.0

    def _encoder(self):
        return TabularEncoder(
            min_frequency=2,
            max_categories=ONE_HOT_LEVELS + 1,
            embed_above=ONE_HOT_LEVELS,
            binary_as_sign=True,
        )

    def _schedules(self):
        rate = self.learning_rate_schedule
        found = {"weight_decay": "flat_cos", "dropout": "flat_cos", "learning_rate": rate}
        absent = {
            name
            for name, value in (("dropout", self.dropout), ("learning_rate", rate))
            if not value
        }
        return {name: value for name, value in found.items() if name not in absent}

    def _make_network(self, task, n_features, seed):
        if task.name == "binary":  # by a softmax of two units
            task = replace(task, name="multiclass")
        parameters = self._network_parameters(task)
        n_outputs = len(task.classes) if task.name == "multiclass" else task.n_outputs
        shared = {
            k: v
            for k, v in parameters.items()
            if k not in ("weight_decay", "optimizer", "label_smoothing")
        }
        spec = make_spec(task.name, n_features, n_outputs, **shared)
        groups = self.encoder_.groups_
        width = {
            kind: sum(g.width for g in groups if g.kind == kind)
            for kind in ("number", "flag", "one-hot")
        }
        spec = realmlp_spec(
            spec,
            n_numbers=width["number"],
            n_flags=width["flag"] + width["one-hot"],
            n_codes=tuple(group.n_codes for group in groups if group.kind == "codes"),
        )
        metrics = with_score(self, parameters["metrics"], task)
        return RealMLPNetwork(spec, task, {**parameters, "metrics": metrics})

    def _network_parameters(self, task):
        from mlpkit.backend import keras

        given = self.get_params(deep=False)
        names = (
            "loss",
            "metrics",
            "output_range",
            "output_activation",
            "delta",
            "quantile",
            "hidden_layer_sizes",
            "dropout",
            "activation",
            "learning_rate",
            "weight_decay",
        )
        parameters = {name: given[name] for name in names if name in given}
        if parameters["activation"] == "auto":
            parameters["activation"] = ACTIVATIONS[task.is_classification]
        if parameters["learning_rate"] == "auto":
            parameters["learning_rate"] = RATES[task.is_classification]
        if parameters["loss"] == "quantile" and np.ndim(parameters["quantile"]):
            parameters["metrics"] = None  # several quantiles of one column share no error
        optimizer = keras.optimizers.AdamW(
            weight_decay=parameters["weight_decay"], beta_2=0.95, epsilon=1e-8
        )
        smoothing = float(self.label_smoothing)
        return {**parameters, "optimizer": optimizer, "label_smoothing": smoothing}

    def _split(self, sample, task, y, validation, network, rng, once):
        if validation[0] is None and len(sample) < LEAST_ROWS:
            return sample, None
        return super()._split(sample, task, y, validation, network, rng, once)

    def _training_settings(self, n_rows, validates, once, team):
        settings = super()._training_settings(n_rows, validates, once, team)
        settings = replace(settings, last_best=True)
        if isinstance(settings.batch_size, str):
            settings = replace(settings, batch_size=SMALL_BATCH if n_rows <= SMALL_ROWS else BATCH)
        if isinstance(settings.jit_compile, str) and isinstance(self.loss, str):
            settings = replace(settings, jit_compile=True)
        return settings

    def _started(self, network, sample, seed):
        spec = network.spec
        rows = sample.X if sample.rows is None else sample.X[sample.rows]
        features = fit_robust_units(rows, spec.n_numbers + spec.n_flags)
        targets = network.target_units(sample, standardize=True)
        weights = network.started_weights(sample, features, seed)
        if not network.task.is_classification and network.spec.loss != "quantile":
            bounds = sample.y.min(axis=0), sample.y.max(axis=0)
            network = replace(network, bounds=bounds)
        return Learnt(network, weights, features, targets)
