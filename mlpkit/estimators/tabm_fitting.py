"""What TabM's classifier and regressor share: folds, networks beside each other, calibration."""

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize_scalar

from mlpkit.architecture import make_spec
from mlpkit.architecture.tabm import VARIANTS, tabm_spec
from mlpkit.checks import integer, none, number, one_of
from mlpkit.checks import Rule, sizes
from mlpkit.errors import InvalidParameterError
from mlpkit.estimators import inputs
from mlpkit.estimators.base import BaseNetworkEstimator
from mlpkit.estimators.folds import fold_numbers, folded, held_order
from mlpkit.estimators.learnt import Sample
from mlpkit.estimators.rules import MLP_RULES
from mlpkit.estimators.tabm_network import TabMNetwork
from mlpkit.inference.tabm import tempered

FOLDS = 4  # of cv="auto"
FOLDED_ROWS = 15_000  # above, cv="auto" holds rows back once: a second network would cost too much
LEAST_ROWS = 20  # below, nothing is validated

_SHARED = ("device", "epochs", "batch_size", "patience", "average", "jit_compile", "class_weight",
           "loss", "metrics", "verbose", "random_state", "validation_fraction", "output_range",
           "output_activation", "delta", "quantile", "activation", "dropout")  # fmt: skip

TABM_RULES = {
    **{name: MLP_RULES[name] for name in _SHARED},
    "n_estimators": integer(1),
    "variant": one_of(*VARIANTS),
    "hidden_layer_sizes": Rule(
        "hold positive integers, one at least",
        lambda value: sizes().allows(value) and np.size(value) > 0,
    ),
    "embedding_dim": integer(1),
    "n_bins": integer(1),
    "learning_rate": number(0, closed="neither"),
    "weight_decay": number(0),
    "cv": one_of("auto") | none() | Rule("be 2, 4 or 8", lambda value: value in (2, 4, 8)),
    "calibrate": one_of("auto")
    | Rule("be True or False", lambda value: type(value).__name__ in ("bool", "bool_")),
}


def tabm_batch_size(n_rows):
    """Give the rows of a step for each network, by the rows that are learnt.

    Parameters
    ----------
    n_rows : int
        Rows of the table.

    Returns
    -------
    int

    References
    ----------
    Y. Gorishniy, A. Kotelnikov, A. Babenko (2025), TabM, its defaults.

    Examples
    --------
    >>> [tabm_batch_size(n) for n in (1000, 4000, 6000, 20_000, 50_000)]
    [32, 64, 128, 256, 512]
    """
    for size, rows in ((32, 2800), (64, 4500), (128, 6400), (256, 32_000)):
        if n_rows < rows:
            return size
    return 512


class BaseTabM(BaseNetworkEstimator):
    """What TabM's classifier and regressor share."""

    _rules = TABM_RULES
    # What training asks of every estimator, and is no parameter of these.
    standardize = early_stopping = encode = True
    warm_start, callbacks, backup_dir = False, None, None

    @property
    def partial_fit(self):
        """Not offered: bins, folds and epochs are found in all rows together."""
        raise AttributeError(f"{type(self).__name__} has no partial_fit.")

    def _agreed_rows(self, team, X, y, sample_weight, validation, *, reset):
        if team.placement.strategy is not None:
            raise InvalidParameterError(
                f"device must be one device for {type(self).__name__}. Got {self.device!r}, which "
                "is several; give for instance 'cpu' or 'gpu:0'."
            )
        X, y, weight, validation = super()._agreed_rows(
            team, X, y, sample_weight, validation, reset=reset
        )
        self.n_folds_ = self._folds(len(weight), validation[0] is not None)
        return X, y, weight, validation

    def _folds(self, n_rows, is_given):
        """Give the number of networks: one for each fold, or one alone."""
        if self.cv == "auto":
            folds = not is_given and LEAST_ROWS <= n_rows <= FOLDED_ROWS
            return FOLDS if folds else 1
        if self.cv is not None and is_given:
            raise InvalidParameterError(
                f"cv must be None or 'auto' where X_val is given. Got {self.cv}."
            )
        if self.cv is not None and n_rows < 2 * self.cv:
            raise InvalidParameterError(
                f"cv must be at most half the number of rows, {n_rows}. Got {self.cv}; "
                "give cv=None, or more rows."
            )
        return self.cv or 1

    def _make_network(self, task, n_features, seed):
        given = self.get_params(deep=False)
        names = ("activation", "loss", "metrics", "output_range", "output_activation", "delta",
                 "quantile", "hidden_layer_sizes", "dropout")  # fmt: skip
        parameters = {name: given[name] for name in names if name in given}
        if parameters["loss"] == "quantile" and np.ndim(parameters["quantile"]):
            parameters["metrics"] = None  # several quantiles of one column share no error
        n_outputs = len(task.classes) if task.name == "multiclass" else task.n_outputs
        n_numbers, chunks = self._columns(n_features)
        spec = tabm_spec(
            make_spec(task.name, n_features, n_outputs, **parameters),
            n_numbers=n_numbers,
            chunks=chunks,
            n_networks=self.n_folds_,
            n_members=-(-int(self.n_estimators) // self.n_folds_),
            output_dim=int(self.embedding_dim),
            n_bins=int(self.n_bins),
            variant=self.variant,
        )
        more = {"optimizer": "adamw", "learning_rate": float(self.learning_rate)}
        return TabMNetwork(spec, task, {**parameters, **more, "weight_decay": self.weight_decay})

    def _columns(self, n_features):
        """Give how many numbers come first, and the widths of the groups behind them."""
        groups = self.encoder_.groups_
        numbers = sum(group.stop - group.start for group in groups if group.kind == "number")
        widths = [group.stop - group.start for group in groups if group.kind != "number"]
        return numbers, tuple(widths)

    def _split(self, sample, task, y, validation, network, rng, once):
        n = len(sample)
        if self.n_folds_ == 1:
            if validation[0] is None and n < LEAST_ROWS:
                return sample, None
            return super()._split(sample, task, y, validation, network, rng, once)
        from mlpkit import training

        classes = None
        if task.name in ("binary", "multiclass"):
            classes = np.searchsorted(task.classes, y.ravel())
        folds = fold_numbers(n, self.n_folds_, classes, rng)
        train = folded(sample, folds, self.n_folds_, self._rows_a_step(n))
        largest = int(np.bincount(folds).max())
        n_slots = training.evaluation_bucket(self.n_folds_ * largest)
        order = held_order(
            folds, self.n_folds_, n_slots, min(training.EVALUATION_BATCH, n_slots)
        )
        return train, Sample(train.X, train.y[order], train.weight[order], train.rows[order])

    def _rows_a_step(self, n_rows):
        """Give the rows of a step for each network."""
        size = self.batch_size
        size = tabm_batch_size(n_rows) if isinstance(size, str) else int(size)
        learnt = n_rows - n_rows // self.n_folds_ if self.n_folds_ > 1 else n_rows
        return max(1, min(size, learnt))

    def _training_settings(self, n_rows, validates, once, team):
        settings = super()._training_settings(n_rows, validates, once, team)
        compiled = settings.jit_compile
        if isinstance(compiled, str) and isinstance(self.loss, str):
            compiled = True  # products of members are what XLA is good at, at any size
        size = self.n_folds_ * self._rows_a_step(n_rows)
        return replace(settings, batch_size=size, jit_compile=compiled)

    def _started(self, network, sample, seed):
        learnt = super()._started(network, sample, seed)
        weights = network.with_bins(learnt.weights, sample, learnt.features)
        return replace(learnt, weights=weights)

    def _finished(self, learnt, outcome, train, held):
        """Calibrate: find the temperature at which the rows not learnt are most likely."""
        wanted = self.calibrate
        if isinstance(wanted, str):
            # Of several networks the mean is predicted, which is less certain than each of them.
            wanted = self.n_folds_ == 1
        task = learnt.network.task
        if not (wanted and task.is_classification) or held is None:
            return learnt
        forward = learnt.network.forward(replace(learnt, weights=outcome.weights))
        temperature = _temperature(*self._judged(forward, held), task.name)
        return replace(learnt, network=replace(learnt.network, temperature=temperature))

    def _judged(self, forward, held):
        """Give each validation row's prediction by a network that has not learnt it."""
        present = np.flatnonzero(held.weight)
        rows = present if held.rows is None else held.rows[present]
        chunk = min(4096, len(held))
        network = present % chunk // -(-chunk // self.n_folds_) if self.n_folds_ > 1 else 0
        parts = [
            forward.networks(held.X[rows[start : start + forward.block_rows]])
            for start in range(0, len(rows), forward.block_rows)
        ]
        predicted = np.concatenate(parts, axis=1)
        predicted = predicted[network, np.arange(len(rows))]
        return predicted.astype(np.float64), held.y[present], held.weight[present]

    @property
    def spec_(self):
        """The fitted network as a frozen description; print it."""
        return self._fitted().network.spec

    @property
    def temperature_(self):
        """What logits are divided by; 1 where nothing was calibrated."""
        return self._fitted().network.temperature

    @property
    def model_(self):
        """The fitted ensemble as a compiled Keras model of encoded rows.

        Made when first asked for; a copy. It takes what ``encoder_.transform`` gives, and knows
        no temperature.
        """
        learnt = self._fitted()
        if "_model" not in self.__dict__:
            from mlpkit.keras_network import seeded

            with seeded(0):
                self._model = learnt.network.keras_model(learnt)
        return self._model

    def _fitted(self):
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        return self._learnt


def _temperature(predicted, y, weight, task):
    """Give the temperature of the lowest weighted log loss."""
    rows, least = np.arange(len(y)), np.finfo(np.float64).tiny

    def loss(log_temperature):
        p = tempered(predicted, task, float(np.exp(log_temperature)))
        if task == "multiclass":
            values = -np.log(np.maximum(p[rows, y.ravel()], least))
        else:
            p = np.where(y > 0.5, p, 1 - p)
            values = -np.log(np.maximum(p, least)).mean(axis=1)
        return np.average(values, weights=weight)

    found = minimize_scalar(loss, bounds=(-1.5, 1.5), method="bounded")
    return float(np.exp(found.x)) if found.fun < loss(0.0) else 1.0
