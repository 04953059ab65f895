"""The folds of a comparison: drawn once, shuffled, stratified where the target has classes."""

import warnings

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, check_cv

from mlpkit.checks import integer, raise_problems
from mlpkit.errors import InvalidParameterError


def make_folds(task, X, y, cv=5, *, random_state=0):
    """Draw the folds that `compare` uses: shuffled, and stratified for one label of classes.

    Parameters
    ----------
    task : mlpkit.tasks.Task
        The task of `y`.
    X : array-like of shape (n_samples, n_features)
        Features; only a splitter of one's own may look at them.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    cv : int, splitter or iterable of (train, test), default=5
        As for `compare`.
    random_state : int, RandomState instance or None, default=0
        Seed of the shuffle when `cv` is a number.

    Returns
    -------
    list of (ndarray, ndarray)
        Row numbers for training and for testing, one pair a fold.

    Raises
    ------
    InvalidParameterError
        When `cv` is a number below 2, or above the number of rows or the members of the largest
        class.

    Examples
    --------
    >>> from mlpkit.tasks import infer_task
    >>> y = np.array([0, 0, 1, 1])
    >>> [y[test].tolist() for train, test in make_folds(infer_task(y), y, y, cv=2)]
    [[0, 1], [0, 1]]
    """
    if not isinstance(cv, str) and (hasattr(cv, "split") or hasattr(cv, "__iter__")):
        return list(check_cv(cv).split(X, y))
    raise_problems(
        [] if integer(2).allows(cv) else [f"cv must be an integer >= 2 or a splitter. Got {cv!r}."]
    )
    stratified = task.name in ("binary", "multiclass")
    classes, counts = np.unique(y, return_counts=True) if stratified else (None, [len(y)])
    if cv > max(counts):
        members = "members of the largest class" if stratified else "rows"
        raise InvalidParameterError(
            f"cv must be at most the number of {members}, {max(counts)}. Got {cv}; take fewer "
            "folds or more rows."
        )
    if not stratified:
        return list(KFold(cv, shuffle=True, random_state=random_state).split(X))
    return _stratified_folds(classes, counts, y, cv, random_state)


def _stratified_folds(classes, counts, y, cv, random_state):
    rare = [f"{c} ({n})" for c, n in zip(classes, counts, strict=True) if n < cv]
    if rare:
        warnings.warn(
            f"Each class should have at least as many members as there are folds, {cv}. Got "
            f"{len(rare)} with fewer: {', '.join(rare[:5])}{', ...' if len(rare) > 5 else ''}. "
            "Their scores are unsure; take fewer folds or join rare classes.",
            UserWarning,
            stacklevel=4,
        )
    splitter = StratifiedKFold(cv, shuffle=True, random_state=random_state)
    with warnings.catch_warnings():
        # scikit-learn's own warning says less.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        return list(splitter.split(np.zeros(len(y)), y))
