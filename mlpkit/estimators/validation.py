"""Which rows are looked at while others are learnt: those given, a share held back, or none."""

from functools import partial

import numpy as np
from sklearn.utils.validation import check_consistent_length

from mlpkit.errors import InvalidParameterError
from mlpkit.estimators import inputs
from mlpkit.estimators.dataset_samples import held_rows, held_sample, held_table
from mlpkit.estimators.datasets import DatasetTable, is_dataset
from mlpkit.estimators.learnt import Sample

EARLY_STOPPING_ROWS = 300  # below, early_stopping="auto" validates nothing


def read_validation(estimator, X_val, y_val, sample_weight_val, *, keeps):
    """Give validation rows as they come, those of a dataset gone through once.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Its number of features is known.
    X_val, y_val, sample_weight_val
        As given to ``fit``.
    keeps : bool
        Whether a dataset of few rows is kept.

    Returns
    -------
    X_val : array-like, DatasetTable or None
    y_val, sample_weight_val : array-like or None
    """
    if not is_dataset(X_val):
        return X_val, y_val, sample_weight_val
    table = held_table(estimator, X_val, keeps=keeps)
    return (table, None, None) if table.kept is None else held_rows(table)


def split(estimator, sample, task, y, validation, network, rng, once):
    """Give training rows and validation rows.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Says whether and how many rows are held back.
    sample : Sample or DatasetSample
        All rows.
    task : Task
        Classes are split evenly.
    y : ndarray
        Targets of all rows.
    validation : tuple
        From `read_validation`.
    network : MLPNetwork or KerasNetwork
        Encodes targets.
    rng : numpy.random.RandomState
        Draws the rows held back.
    once : bool
        Whether one epoch is trained, without validation unless rows are given.

    Returns
    -------
    train : Sample or DatasetSample
    held : Sample, DatasetSample or None
        None where nothing is validated.

    Raises
    ------
    InvalidParameterError
        When rows of a dataset are to be held back.
    """
    if validation[0] is not None:
        return sample, _given(estimator, task, network, *validation)
    stops = estimator.early_stopping
    if stops == "auto":
        stops = len(sample) >= EARLY_STOPPING_ROWS and isinstance(sample, Sample)
    elif stops and not isinstance(sample, Sample):
        raise InvalidParameterError(
            "early_stopping=True needs X_val and y_val where X is a dataset, of which no rows "
            "can be held back. Got none."
        )
    if once or not stops:
        return sample, None
    classes = None
    if task.name in ("binary", "multiclass"):
        classes = np.searchsorted(task.classes, y.ravel())
    train, held = inputs.split_rows(len(sample), estimator.validation_fraction, classes, rng)
    return sample.take(train), sample.take(held)


def _given(estimator, task, network, X_val, y_val, sample_weight_val):
    if isinstance(X_val, DatasetTable):
        weighing = partial(estimator._weighing, task)
        return held_sample(X_val, network, estimator._target, weighing)
    X_val = inputs.check_features(estimator, X_val, reset=False)
    check_consistent_length(X_val, y_val)
    weight = inputs.check_weight(sample_weight_val, X_val)
    y_val = estimator._target(y_val)
    encoded = network.encode(y_val)  # refuses unknown classes before they are weighted
    return Sample(X_val, encoded, estimator._weighing(task, y_val, weight)(y_val, weight))
