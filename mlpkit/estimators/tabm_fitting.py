"""What TabM's classifier and regressor share: folds, networks beside each other, calibration."""

from dataclasses import replace

import numpy as np

from mlpkit.architecture import make_spec
from mlpkit.architecture.tabm import VARIANTS, tabm_spec
from mlpkit.checks import Rule, boolean, integer, is_integer, none, number, one_of, sizes
from mlpkit.errors import InvalidParameterError
from mlpkit.estimators.folds import fold_numbers, folded, held_order
from mlpkit.estimators.learnt import Sample
from mlpkit.estimators.rules import MLP_RULES
from mlpkit.estimators.scoring import FIGURES, with_score
from mlpkit.estimators.tabm_network import TabMNetwork
from mlpkit.estimators.tabular import BaseTabular

FOLDS = 4  # of cv="auto"
FOLDED_ROWS = 50_000  # above, cv="auto" holds rows back once: a second network would cost too much
LEAST_ROWS = 20  # below, nothing is validated
LARGE_ROWS = 10_000  # from here on wider layers pay, which need dropout for a regression, too
WIDTHS = {True: (256, 256), False: (128, 128)}  # of a large table, and of others
DROPOUT = 0.1
MEMBERS, MORE_MEMBERS = 8, 16
MORE_MEMBERS_ROWS = 25_000  # a large table up to which more members are worth their time

_SHARED = ("device", "epochs", "batch_size", "patience", "average", "jit_compile", "class_weight",
           "loss", "metrics", "verbose", "random_state", "validation_fraction", "output_range",
           "output_activation", "delta", "quantile", "activation", "max_time",
           "learning_rate_schedule")  # fmt: skip

TABM_RULES = {
    **{name: MLP_RULES[name] for name in _SHARED},
    "n_estimators": one_of("auto") | integer(1),
    "variant": one_of(*VARIANTS),
    "dropout": one_of("auto") | MLP_RULES["dropout"],
    "hidden_layer_sizes": one_of("auto")
    | Rule(
        "hold positive integers, one at least",
        lambda value: sizes().allows(value) and np.size(value) > 0,
    ),
    "embedding_dim": integer(1),
    "n_bins": integer(1),
    "learning_rate": number(0, closed="neither"),
    "weight_decay": number(0),
    "scoring": one_of("auto", "loss", *FIGURES),
    "cv": one_of("auto")
    | none()
    | Rule("be 2, 4 or 8", lambda value: is_integer(value) and value in (2, 4, 8)),
    "calibrate": one_of("auto") | boolean(),
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


class BaseTabM(BaseTabular):
    """What TabM's classifier and regressor share."""

    _rules = TABM_RULES

    def _agreed_rows(self, team, X, y, sample_weight, validation, *, reset):
        X, y, weight, validation = super()._agreed_rows(
            team, X, y, sample_weight, validation, reset=reset
        )
        self.n_folds_ = self._folds(len(weight), validation[0] is not None)
        self._is_large = len(weight) >= LARGE_ROWS
        more = self._is_large and len(weight) <= MORE_MEMBERS_ROWS
        self._members = MORE_MEMBERS if more else MEMBERS
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
        if isinstance(parameters["hidden_layer_sizes"], str):
            parameters["hidden_layer_sizes"] = WIDTHS[self._is_large]
        if isinstance(parameters["dropout"], str):
            drops = task.is_classification or self._is_large
            parameters["dropout"] = DROPOUT if drops else 0.0
        if parameters["loss"] == "quantile" and np.ndim(parameters["quantile"]):
            parameters["metrics"] = None  # several quantiles of one column share no error
        n_outputs = len(task.classes) if task.name == "multiclass" else task.n_outputs
        n_numbers, chunks = self._columns(n_features)
        spec = tabm_spec(
            make_spec(task.name, n_features, n_outputs, **parameters),
            n_numbers=n_numbers,
            chunks=chunks,
            n_networks=self.n_folds_,
            n_members=-(-self._n_estimators() // self.n_folds_),
            output_dim=int(self.embedding_dim),
            n_bins=int(self.n_bins),
            variant=self.variant,
        )
        more = {
            "metrics": with_score(self, parameters["metrics"], task),
            "optimizer": "adamw",
            "learning_rate": float(self.learning_rate),
            "weight_decay": float(self.weight_decay),
        }
        return TabMNetwork(spec, task, {**parameters, **more})

    def _n_estimators(self):
        wanted = self.n_estimators
        return self._members if isinstance(wanted, str) else int(wanted)

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
        order = held_order(folds, self.n_folds_, n_slots, min(training.EVALUATION_BATCH, n_slots))
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
