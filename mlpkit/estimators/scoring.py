"""By what the best epoch is selected: a figure of the program, or a scorer of scikit-learn."""

import inspect
import math
import warnings
from dataclasses import replace

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer

from mlpkit.errors import InvalidParameterError
from mlpkit.estimators.learnt import Sample

# Scorers that the program computes as one of its figures, and the tasks for which it does.
CLASSES = ("binary", "multiclass")
FIGURES = {
    "accuracy": ("accuracy", CLASSES),
    "neg_log_loss": ("log_loss", CLASSES),
    "neg_root_mean_squared_error": ("root_mean_squared_error", ("regression",)),
}
_OTHER_NAMES = {"acc": "accuracy", "rmse": "root_mean_squared_error"}


def _figure(estimator, task):
    """Give the program's name for what an estimator's scoring wants, None where it has none."""
    scoring = estimator.scoring
    if not isinstance(scoring, str) or scoring not in FIGURES:
        return None
    name, tasks = FIGURES[scoring]
    several = getattr(estimator, "loss", None) == "quantile" and np.ndim(estimator.quantile)
    return name if task.name in tasks and not several else None


def with_score(estimator, metrics, task):
    """Give the metrics of a program, with the one that selects the best epoch among them.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Its `scoring`.
    metrics : "auto", None or list
        What is to be watched beside it.
    task : Task
        What is learnt.

    Returns
    -------
    "auto", None or list
    """
    name = _figure(estimator, task)
    if name is None:
        return metrics
    if isinstance(metrics, str):
        metrics = ["accuracy" if task.is_classification else "root_mean_squared_error"]
    known = [getattr(metric, "name", metric) for metric in metrics or ()]
    if name in (_OTHER_NAMES.get(each, each) for each in known):
        return metrics
    return [*(metrics or ()), name]


def selected(estimator, settings, learnt, held):
    """Give settings with what an estimator's `scoring` selects the best epoch by.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Its `scoring`.
    settings : TrainingSettings
        How it trains, with "auto".
    learnt : Learnt
        Network and initial weights.
    held : Sample, DatasetSample or None
        Validation rows.

    Returns
    -------
    TrainingSettings

    Raises
    ------
    InvalidParameterError
        When the scorer fails on what the network predicts before training, or gives no number.
    """
    scoring = estimator.scoring
    if isinstance(scoring, str) and scoring == "auto":
        return settings
    name = _figure(estimator, learnt.network.task)
    if name or isinstance(scoring, str) and scoring == "loss" or not settings.validates:
        return replace(settings, selects_by=name)
    if not isinstance(held, Sample):
        raise InvalidParameterError(
            "scoring must be 'auto', 'loss' or a figure of the program "
            f"({', '.join(map(repr, FIGURES))}) where validation rows are streamed. "
            f"Got {scoring!r}."
        )
    score = HeldScore(estimator, learnt, held)
    try:
        score(learnt.weights)
    except Exception as error:
        raise InvalidParameterError(
            f"scoring must suit {type(estimator).__name__} and its target. Got {scoring!r}, "
            f"which fails on what is predicted before training: {error}"
        ) from error
    return replace(settings, selects_by="score", score=score)


class HeldScore:
    """The score of weights on validation rows.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        In the middle of its fit. Its scorer sees a fitted estimator of the rows as they are then:
        plain numbers.
    learnt : Learnt
        Network, and units of features and targets.
    held : Sample
        Validation rows. Their weights go to scikit-learn's scorers that take some.
    """

    def __init__(self, estimator, learnt, held):
        self.learnt, self.task = learnt, learnt.network.task
        self.X = held.X if held.rows is None else held.X[held.rows]
        y = held.y
        numbers = self.task.name == "multiclass" and y.shape[1] == 1
        self.y = self.task.classes[y.ravel().astype(np.intp)] if numbers else self.task.decode(y)
        self.scorer, takes_weights = _scorer(estimator.scoring)
        weighted = takes_weights and np.ptp(held.weight) > 0
        self.options = {"sample_weight": held.weight} if weighted else {}
        self.estimator = self._fitted(estimator)

    def _fitted(self, estimator):
        fitted = object.__new__(type(estimator))
        vars(fitted).update(vars(estimator))
        for name in ("feature_names_in_", "encoder_", "_model"):
            vars(fitted).pop(name, None)
        fitted.encoder_ = None  # the rows are numbers by now
        fitted.task_, fitted.n_outputs_ = self.task, self.task.n_outputs
        fitted.n_features_in_ = self.X.shape[1]
        if self.task.is_classification:
            fitted.classes_ = self.task.classes
        return fitted

    def __call__(self, weights):
        """Give the score of weights, higher is better.

        Parameters
        ----------
        weights : list of ndarray
            As the network has them.

        Returns
        -------
        float

        Raises
        ------
        InvalidParameterError
            When the scorer gives no finite number.
        """
        self.estimator._learnt = self.estimator._with_weights(self.learnt, weights)
        with warnings.catch_warnings():
            # A network that has hardly learnt may never predict a class.
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            score = float(self.scorer(self.estimator, self.X, self.y, **self.options))
        if not math.isfinite(score):
            raise InvalidParameterError(f"scoring must give a finite number. Got {score}.")
        return score


def _scorer(scoring):
    """Give a scorer, and whether it takes weights of rows."""
    if scoring is None:
        return _own_score, True
    scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
    function = getattr(scorer, "_score_func", None)
    takes = function is not None and "sample_weight" in inspect.signature(function).parameters
    return scorer, takes


def _own_score(estimator, X, y, sample_weight=None):
    return estimator.score(X, y, sample_weight)
