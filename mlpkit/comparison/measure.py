"""One model on one fold: fitted, timed and scored; its warnings counted, its error kept."""

import math
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from mlpkit.comparison.metrics import METRICS
from mlpkit.interrupts import passed_on


@dataclass
class Result:
    """What one model did on one fold."""

    score: float = math.nan
    loss: float = math.nan
    fit_seconds: float = math.nan
    predict_seconds: float = math.nan
    warnings: Counter = field(default_factory=Counter)
    error: str = ""


def measure(model, X, y, fold, task):
    """Fit and measure a model on one fold; warnings are counted, an error is kept as text."""
    result = Result()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for aimed_at_developers in (DeprecationWarning, PendingDeprecationWarning):
            warnings.simplefilter("ignore", aimed_at_developers)
        try:
            # A fit that Ctrl-C ends early is no measurement.
            with passed_on():
                _fit_and_score(result, model, X, y, fold, task)
        except Exception as error:  # whatever a model raises must not stop the others
            result.error = f"{type(error).__name__}: {error}"
    result.warnings.update(w.category.__name__ for w in caught)
    return result


def _fit_and_score(result, model, X, y, fold, task):
    train, test = fold
    metrics = METRICS[task.name]
    X_train, X_test = _rows(X, train), _rows(X, test)
    started = time.perf_counter()
    model.fit(X_train, y[train])
    fitted = time.perf_counter()
    predicted = model.predict(X_test)
    result.predict_seconds = time.perf_counter() - fitted
    result.fit_seconds = fitted - started
    probabilities = _probabilities(model, X_test, task)
    result.score = float(metrics.score(y[test], predicted))
    result.loss = float(metrics.loss(task, y[test], predicted, probabilities))


def _rows(X, index):
    return X.iloc[index] if hasattr(X, "iloc") else X[index]


def _probabilities(model, X, task):
    """Give a column per class of the task (or per label), None where a model has none."""
    if not task.is_classification or not hasattr(model, "predict_proba"):
        return None
    proba = model.predict_proba(X)
    if isinstance(proba, list):  # one array a label, from MultiOutputClassifier and the trees
        return np.column_stack(
            [_column_of_one(p, c) for p, c in zip(proba, model.classes_, strict=True)]
        )
    if task.name == "multilabel":
        return np.asarray(proba, dtype=np.float64)
    # A class absent from the training rows has probability 0.
    full = np.zeros((len(proba), len(task.classes)))
    full[:, np.searchsorted(task.classes, model.classes_)] = proba
    # Rows of float32 sum to 1 only to 1e-7, of which log_loss would warn.
    return full / full.sum(axis=1, keepdims=True)


def _column_of_one(proba, classes):
    """Give the probability of label 1, which may be the only or the missing class of its column."""
    where = np.flatnonzero(np.asarray(classes) == 1)
    return proba[:, where[0]] if len(where) else np.zeros(len(proba))
