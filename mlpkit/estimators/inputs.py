"""What comes in at the door: tables, weights and the split into training and validation rows."""

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import _check_sample_weight, validate_data

from mlpkit.errors import InvalidParameterError
from mlpkit.estimators.datasets import is_dataset
from mlpkit.estimators.encoded import encoded_table
from mlpkit.estimators.plain import refuse_text

FLOATS = (np.float64, np.float32)


def check_features(estimator, X, *, reset, weight=None):
    """Give `X` as a dense matrix of floats or a CSR matrix, its columns checked and remembered.

    Parameters
    ----------
    estimator : BaseEstimator
        Its ``n_features_in_`` and ``feature_names_in_`` are set or compared.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        NumPy array, pandas or Polars DataFrame, list, CSR or CSC.
    reset : bool
        True when fitting anew.
    weight : array-like of shape (n_samples,), default=None
        Sample weights: an encoder does not look at rows of weight 0.

    Returns
    -------
    ndarray or CSR matrix
        Of a table that is encoded, its columns as encoded.

    Raises
    ------
    ValueError
        When columns differ from those fitted, or where nothing is encoded, values are missing,
        infinite or not numbers.
    """
    if is_dataset(X):
        raise TypeError(
            f"X must be an array or a table here. Got {type(X).__name__}: only fit and partial_fit "
            "take datasets; predict batch by batch, for instance [predict(x) for x, *_ in X]."
        )
    encoded = encoded_table(estimator, X, reset=reset, weight=weight)
    if encoded is not None:
        return encoded
    refuse_text(X)
    try:
        X = validate_data(estimator, _numeric(X), reset=reset, accept_sparse="csr", dtype=FLOATS)
    except ValueError as error:
        said = str(error).partition("\n")[0]
        if reset or not said.startswith("Input X contains") or not _could_encode(estimator):
            raise
        raise ValueError(
            f"{said} {type(estimator).__name__} was fitted to finite numbers only, and does not "
            "know what stands for others: fit it with encode=True, or to rows that have some."
        ) from None
    if hasattr(X, "indptr") and not X.has_canonical_format:
        X = X.copy()  # the caller's matrix keeps its duplicate entries
        X.sum_duplicates()
    return X


def _could_encode(estimator):
    return getattr(estimator, "encode", False) is not False


def is_plain(estimator, X):
    """Tell whether a table has nothing to be checked but that its values are finite.

    Parameters
    ----------
    estimator : BaseEstimator
        A fitted one.
    X : object
        What is to be predicted from.

    Returns
    -------
    bool
        True for an array of float64, float32, whole numbers or booleans, with at least a row and
        as many columns as were fitted, where the columns have no names.
    """
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.shape[1] == estimator.n_features_in_
        and len(X) > 0
        and (X.dtype in FLOATS or X.dtype.kind in "iub")
        and "feature_names_in_" not in vars(estimator)
    )


def _numeric(X):
    """Give what scikit-learn's validation takes: Polars' null becomes NaN on the way."""
    if type(X).__module__.startswith("polars") and not hasattr(X, "__dataframe__"):
        import pandas as pd

        return pd.DataFrame(X.to_numpy(), columns=list(X.columns))
    return X


def check_weight(sample_weight, X):
    """Give sample weights as float64, ones where there are none.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), float or None
        Not negative, not all zero; not changed.
    X : ndarray or CSR matrix
        The rows they belong to.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        When a weight is negative or not finite, the length differs, or all are zero.
    """
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    if not weight.any():
        raise ValueError("sample_weight must not be all zero: Sample weights are zero everywhere.")
    return weight


def class_weighing(class_weight, task, y, weight):
    """Give the function that multiplies sample weights by the weights of their classes.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        Weight of each class. For multilabel targets only None.
    task : Task
        The task.
    y : ndarray of shape (n_samples,)
        Class labels of all rows, for "balanced".
    weight : ndarray of shape (n_samples,)
        Their sample weights.

    Returns
    -------
    callable
        ``weigh(y, weight)`` gives the weights of rows, as a new array.

    Raises
    ------
    InvalidParameterError
        When a class is unknown, a weight is negative or all are zero, or the target is multilabel.
    """
    if class_weight is None:
        return lambda y, weight: weight
    if task.name == "multilabel":
        raise InvalidParameterError(
            "class_weight must be None for a multilabel target, where a row has no one class. "
            f"Got {class_weight!r}; use sample_weight."
        )
    if isinstance(class_weight, str):
        # n / (n_classes * count), with sums of weights for counts.
        index = np.searchsorted(task.classes, y)
        totals = np.bincount(index, weights=weight, minlength=len(task.classes))
        factors = weight.sum() / (len(totals) * np.where(totals > 0, totals, 1.0))
    else:
        factors = _named_factors(class_weight, task.classes)
    return lambda y, weight: weight * factors[np.searchsorted(task.classes, y)]


def _named_factors(class_weight, classes):
    """Give the weight of each class; a class that the dict leaves out weighs 1."""
    known = classes.tolist()
    try:
        factors = compute_class_weight(class_weight, classes=classes, y=classes)
    except ValueError:
        raise InvalidParameterError(
            f"class_weight must name classes of y, {known}. Got {class_weight!r}."
        ) from None
    if not (np.isfinite(factors).all() and (factors >= 0).all() and factors.any()):
        raise InvalidParameterError(
            f"class_weight must hold finite numbers >= 0, not all 0. Got {class_weight!r}."
        )
    return factors


def split_rows(n_rows, fraction, classes, rng):
    """Choose validation rows: shuffled, and in each class its share where that can be.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    fraction : float
        Share of validation rows, in (0, 1).
    classes : ndarray of shape (n_samples,) or None
        Class numbers to stratify by; a class with a single row stays in training.
    rng : numpy.random.RandomState
        Draws the rows.

    Returns
    -------
    train, validation : ndarrays of row numbers

    Raises
    ------
    InvalidParameterError
        When either part would be empty.
    """
    rows = np.arange(n_rows)
    n_validation = int(np.ceil(fraction * n_rows))
    if n_validation >= n_rows:
        raise InvalidParameterError(
            f"validation_fraction={fraction} leaves no training row of {n_rows}. Give more rows, "
            "a smaller fraction, X_val and y_val, or early_stopping=False."
        )
    alone = np.empty(0, int)
    if classes is not None:
        counts = np.bincount(classes)
        alone, rows = rows[counts[classes] == 1], rows[counts[classes] > 1]
        n_classes = np.count_nonzero(counts > 1)
        n_validation = min(n_validation, len(rows) - 1)
        if not n_classes or min(n_validation, len(rows) - n_validation) < n_classes:
            classes = None  # too few rows for one of each class on both sides
    if n_validation < 1:
        raise InvalidParameterError(
            f"early_stopping=True needs rows to validate on. Got {n_rows} row(s); give more, or "
            "early_stopping=False."
        )
    train, validation = train_test_split(
        rows,
        test_size=n_validation,
        random_state=rng,
        stratify=None if classes is None else classes[rows],
    )
    return np.concatenate([train, alone]), validation
