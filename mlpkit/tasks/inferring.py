"""From a target to its task."""

import numpy as np

from mlpkit.checks import check_parameters, one_of
from mlpkit.errors import TargetError
from mlpkit.tasks.targets import as_numbers, checked_target, is_indicator
from mlpkit.tasks.task import Task

MAX_CLASSES_OF_NUMBERS = 20  # more distinct whole numbers than this are taken for quantities


def infer_task(y, kind="auto"):
    """Tell what kind of task a target is.

    Parameters
    ----------
    y : array-like or sparse matrix of shape (n_samples,) or (n_samples, n_outputs)
        The target. Strings, booleans and whole numbers may be classes; a 0/1 matrix is an
        indicator of labels.
    kind : {"auto", "classification", "regression"}, default="auto"
        What the caller knows. With "auto", strings, booleans and at most 20 distinct whole
        numbers are classes, a 0/1 matrix is multilabel, all else is a regression.

    Returns
    -------
    Task

    Raises
    ------
    TargetError
        When `y` is empty, holds dates or missing, infinite or complex values, has one class only,
        or does not fit `kind`: continuous numbers or several columns of classes for a
        classification, strings for a regression.

    Examples
    --------
    >>> infer_task([0, 2, 1, 1]).name
    'multiclass'
    >>> infer_task([0.5, 2.25, 1.0]).name
    'regression'
    >>> infer_task([[0, 1], [1, 1]]).name
    'multilabel'
    >>> infer_task([[1.5, 2.0], [0.5, 3.0]]).name
    'multioutput'
    """
    check_parameters({"kind": kind}, {"kind": one_of("auto", "classification", "regression")})
    values = checked_target(y)
    if kind == "auto":
        kind = "classification" if _looks_like_classes(values) else "regression"
    return _classification(values) if kind == "classification" else _regression(values)


def _looks_like_classes(values):
    if values.dtype.kind not in "fiu":
        return True
    if values.ndim == 2 and values.shape[1] > 1:
        return is_indicator(values)
    whole = values.dtype.kind in "iu" or bool(np.all(values == np.floor(values)))
    return whole and len(np.unique(values)) <= MAX_CLASSES_OF_NUMBERS


def _classification(values):
    if values.ndim == 2 and values.shape[1] > 1:
        if not is_indicator(values):
            raise TargetError(
                "y with several columns must be an indicator matrix of 0 and 1, a column per "
                "label. Got other values: several columns of classes (multiclass-multioutput) are "
                "not supported; fit one classifier per column (sklearn's MultiOutputClassifier)."
            )
        return Task("multilabel", values.shape[1], np.arange(values.shape[1]))
    values = values.ravel()
    if values.dtype.kind == "f" and np.any(values != np.floor(values)):
        raise TargetError(
            "y of a classifier must hold classes. Unknown label type: continuous. Got numbers "
            f"with fractions such as {values[values != np.floor(values)].tolist()[0]!r}; take a "
            "regressor, or cut the numbers into classes (pandas.cut)."
        )
    classes = _distinct(values)
    if len(classes) < 2:
        raise TargetError(
            f"y must hold at least two classes. Got one class only, {classes.tolist()[0]!r}; "
            "there is nothing to tell apart."
        )
    return Task("binary" if len(classes) == 2 else "multiclass", 1, classes)


def _distinct(values):
    try:
        return np.unique(values)
    except TypeError:
        kinds = sorted({type(value).__name__ for value in values})
        raise TargetError(
            f"y must hold classes of one type that can be sorted. Got {' and '.join(kinds)}; "
            "convert them, for instance with np.array(list(map(str, y)))."
        ) from None


def _regression(values):
    values = as_numbers(values)
    if values.ndim == 2 and values.shape[1] > 1:
        return Task("multioutput", values.shape[1])
    return Task("regression", 1, None, column=values.ndim == 2)
