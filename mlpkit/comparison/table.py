"""`compare`: cross-validation of several models into one tidy table."""

import math
from collections import Counter

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.utils import indexable
from sklearn.utils.parallel import Parallel, delayed

from mlpkit.comparison.folds import make_folds
from mlpkit.comparison.measure import measure
from mlpkit.comparison.metrics import METRICS
from mlpkit.comparison.progress import bar
from mlpkit.errors import InvalidParameterError
from mlpkit.tasks import infer_task


def compare(estimators, X, y, cv=5, *, random_state=0, n_jobs=None, progress=None):
    """Cross-validate models on the same folds and give one row a model, the best first.

    Parameters
    ----------
    estimators : dict of str to estimator
        Models by name, all classifiers or all regressors. They are cloned, never fitted.
    X : array-like, sparse matrix or DataFrame of shape (n_samples, n_features)
        Features, as the models take them.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    cv : int, splitter or iterable of (train, test), default=5
        Number of folds, shuffled, and stratified for one label of classes; or what scikit-learn
        calls a cv. The folds are drawn once and shared by all models.
    random_state : int, RandomState instance or None, default=0
        Seed of the shuffle when `cv` is a number. The models keep their own.
    n_jobs : int, default=None
        Fits run at a time; None is 1. Times of fits that ran side by side are longer.
    progress : bool or callable, default=None
        True prints a bar to standard error. A callable is called as
        ``progress(done, total, name)`` after each fit, `name` being the model just finished.

    Returns
    -------
    DataFrame of shape (n_models, 9)
        ``model``; ``score``, the name of the score: ``"accuracy"``, ``"subset_accuracy"``
        (several labels: the share of rows with every label right) or ``"r2"``;
        ``score_mean``, ``score_std`` (over the folds, population deviation); ``log_loss`` (mean
        over the labels if there are several; NaN where a model gives no probabilities) or
        ``rmse`` (in units of the target, mean over outputs); ``fit_seconds`` and
        ``predict_seconds``, the median of the folds, since the first fit may load a library or
        compile; ``warnings``, what the fits warned of and how often (deprecations, which are for
        developers, left out); ``error``, the first error of a model that failed, whose numbers
        are NaN. Sorted by ``score_mean``; failures last.

    Raises
    ------
    InvalidParameterError
        When `estimators` is empty or mixes classifiers and regressors, or when `cv` is not at
        least 2 or more than the number of rows or than the members of the largest class.
    TargetError
        When `y` is no target for these models.

    Warns
    -----
    UserWarning
        When a class has fewer members than there are folds: some folds then test it not at all
        or, with a single member, without having seen it.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from mlpkit.baseline_models import baselines
    >>> X, y = load_iris(return_X_y=True)
    >>> models = baselines("multiclass")
    >>> few = {name: models[name] for name in ("dummy", "perceptron", "logistic_regression")}
    >>> frame = compare(few, X, y, cv=3)
    >>> list(frame["model"])
    ['logistic_regression', 'perceptron', 'dummy']
    >>> float(frame.loc[2, "log_loss"].round(2))  # log(3), what knowing nothing costs
    1.1
    """
    estimators = dict(estimators)
    task = infer_task(y, kind=_kind_of(estimators))
    y = clean_target(task, y)
    X, y = indexable(X, y)
    X = np.asarray(X) if isinstance(X, list | tuple) else X
    folds = make_folds(task, X, y, cv, random_state=random_state)
    # Fold by fold, so that the time left is right once every model was fitted once.
    jobs = [(name, fold) for fold in folds for name in estimators]
    results = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(measure)(clone(estimators[name]), X, y, fold, task) for name, fold in jobs
    )
    report = bar() if progress is True else progress
    measured = {name: [] for name in estimators}
    for done, ((name, _), result) in enumerate(zip(jobs, results, strict=True), start=1):
        measured[name].append(result)
        if report:
            report(done, len(jobs), name)
    return _tidy(measured, METRICS[task.name])


def _kind_of(estimators):
    """Give "classification" or "regression", which the models must agree upon."""
    kinds = {
        name: "classification" if is_classifier(e) else "regression" if is_regressor(e) else None
        for name, e in estimators.items()
    }
    odd = [name for name, kind in kinds.items() if kind is None]
    if not kinds:
        raise InvalidParameterError("estimators must hold at least one model. Got none.")
    if odd:
        raise InvalidParameterError(
            f"estimators must hold classifiers or regressors. Got {odd[0]!r} that is neither."
        )
    if len(set(kinds.values())) > 1:
        raise InvalidParameterError(
            "estimators must be all classifiers or all regressors. Got "
            + ", ".join(f"{name!r} for {kind}" for name, kind in kinds.items())
            + "; compare them in two calls."
        )
    return next(iter(kinds.values()))


def clean_target(task, y):
    """Give y as a plain array: classes or numbers, a matrix only where there are several targets.

    Parameters
    ----------
    task : mlpkit.tasks.Task
        The task of `y`.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, n_outputs)
        int64 for labels, float64 for numbers, the classes' own dtype for one label.

    Examples
    --------
    >>> clean_target(infer_task([["a"], ["b"]]), [["a"], ["b"]])
    array(['a', 'b'], dtype='<U1')
    """
    encoded = task.encode(y)
    if task.name == "multilabel":
        return encoded.astype(np.int64)
    if task.is_classification:
        return task.classes[encoded.ravel().astype(np.intp)]
    return encoded.ravel() if encoded.shape[1] == 1 else encoded


def _tidy(measured, metrics):
    rows = [_row(name, results, metrics) for name, results in measured.items()]
    return (
        pd.DataFrame(rows)
        .sort_values("score_mean", ascending=False, kind="stable", na_position="last")
        .reset_index(drop=True)
    )


def _row(name, results, metrics):
    failed = [f"fold {i}: {r.error}" for i, r in enumerate(results, start=1) if r.error]
    scores = [r.score for r in results]

    def over_folds(statistic, values):
        # A figure from the folds that worked would not be comparable with the other models.
        return math.nan if failed else float(statistic(values))

    counted = sum((r.warnings for r in results), Counter())
    return {
        "model": name,
        "score": metrics.score_name,
        "score_mean": over_folds(np.mean, scores),
        "score_std": over_folds(np.std, scores),
        metrics.loss_name: over_folds(np.mean, [r.loss for r in results]),
        "fit_seconds": over_folds(np.median, [r.fit_seconds for r in results]),
        "predict_seconds": over_folds(np.median, [r.predict_seconds for r in results]),
        "warnings": ", ".join(f"{kind} x{n}" for kind, n in sorted(counted.items())),
        "error": failed[0] if failed else "",
    }
