"""What models are measured by: one row a task, the only home of the scores."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error


@dataclass(frozen=True)
class Metrics:
    """What models of one task are measured by: a score (greater is better) and a loss.

    Parameters
    ----------
    score_name : str
        Name of the score, as in the column ``score`` of `compare`.
    score : callable
        ``score(y_true, y_pred) -> float``; what the estimators' own ``score`` gives.
    loss_name : str
        Name of the loss and of its column.
    loss : callable
        ``loss(task, y_true, y_pred, y_proba) -> float``; NaN when it needs probabilities and
        `y_proba` is None.
    """

    score_name: str
    score: Callable
    loss_name: str
    loss: Callable


def _log_loss(task, y_true, y_pred, y_proba):
    if y_proba is None:
        return math.nan
    return log_loss(y_true, y_proba, labels=task.classes)


def _label_log_loss(task, y_true, y_pred, y_proba):
    """Mean over the labels of the log loss of each."""
    if y_proba is None:
        return math.nan
    columns = zip(y_true.T, y_proba.T, strict=True)
    return float(np.mean([log_loss(true, p, labels=[0, 1]) for true, p in columns]))


def _rmse(task, y_true, y_pred, y_proba):
    return root_mean_squared_error(y_true, y_pred)


_CLASSES = Metrics("accuracy", accuracy_score, "log_loss", _log_loss)
_NUMBERS = Metrics("r2", r2_score, "rmse", _rmse)
METRICS = {
    "binary": _CLASSES,
    "multiclass": _CLASSES,
    # accuracy_score of an indicator matrix counts the rows whose labels are all right.
    "multilabel": Metrics("subset_accuracy", accuracy_score, "log_loss", _label_log_loss),
    "regression": _NUMBERS,
    "multioutput": _NUMBERS,
}
