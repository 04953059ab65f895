"""Targets as they come in: any array-like, made one dense array that can be learnt from."""

import datetime
import decimal
import numbers

import numpy as np

from mlpkit.errors import TargetError

_REAL = (numbers.Real, decimal.Decimal, np.bool_)


def checked_target(y):
    """Give `y` as a dense array free of missing, infinite and complex values and of dates.

    Parameters
    ----------
    y : array-like or sparse matrix of shape (n_samples,) or (n_samples, n_outputs)
        Targets: list, NumPy array, pandas or Polars Series or DataFrame, sparse indicator.

    Returns
    -------
    ndarray

    Raises
    ------
    TargetError
        When `y` is no table of numbers or classes.

    Examples
    --------
    >>> checked_target([True, False])
    array([ True, False])
    >>> checked_target([1.5, float("nan")])
    Traceback (most recent call last):
        ...
    mlpkit.errors.TargetError: y must have no missing values. Input y contains NaN or None: drop \
those rows first.
    """
    if y is None:
        raise TargetError("y must be given: this requires y to be passed, but the target y is None")
    values = _as_array(y)
    if values.ndim not in (1, 2) or values.size == 0:
        raise TargetError(
            "y must have shape (n_samples,) or (n_samples, n_outputs) and at least one value. "
            f"Got {type(y).__name__} of shape {values.shape}."
        )
    if values.dtype.kind == "c":
        raise TargetError("y must hold real numbers or classes. Complex data not supported.")
    if _has_missing(values) or np.ma.is_masked(y):
        raise TargetError(
            "y must have no missing values. Input y contains NaN or None: drop those rows first."
        )
    _refuse_dates_and_records(values)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise TargetError(
            "y must be finite. Input y contains infinity or a value too large for dtype('float64')."
        )
    return values


def is_indicator(values):
    """Tell whether an array holds nothing but 0 and 1.

    Parameters
    ----------
    values : ndarray
        Any array.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_indicator(np.array([[0, 1], [1, 1]])), is_indicator(np.array([["0", "1"]]))
    (True, False)
    """
    return values.dtype.kind in "biuf" and bool(np.isin(values, (0, 1)).all())


def as_numbers(values):
    """Give checked targets as float64; text is refused, numbers written as text too.

    Parameters
    ----------
    values : ndarray
        As `checked_target` gives them.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    TargetError
        When the values are not numbers.

    Examples
    --------
    >>> as_numbers(np.array([1, 2]))
    array([1., 2.])
    """
    if values.dtype.kind not in "biuf":
        raise TargetError(
            f"y of a regressor must hold numbers. Got {values.ravel().tolist()[0]!r}; take a "
            "classifier for classes, or convert the text to numbers."
        )
    return values.astype(np.float64)


def _as_array(y):
    try:
        values = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
    except ValueError:
        raise TargetError(
            "y must be a table: the same number of values in each row. Got rows of different "
            "lengths; for sets of labels, take scikit-learn's MultiLabelBinarizer first."
        ) from None
    if values.dtype.kind in "US" and isinstance(y, list | tuple):
        # NumPy writes numbers and gaps among text as text: NaN would become the class "nan".
        loose = np.asarray(y, dtype=object)
        if len({isinstance(v, str) + 2 * isinstance(v, bytes) for v in loose.flat}) > 1:
            values = loose
    return _without_objects(values) if values.dtype == object and values.size else values


def _without_objects(values):
    """Give columns of plain numbers or booleans their own type; nullable columns come so."""
    kinds = {type(value) for value in values.flat}
    if kinds <= {bool, np.bool_}:
        return values.astype(bool)
    if not all(issubclass(kind, (*_REAL, numbers.Complex)) for kind in kinds):
        return values
    if not all(issubclass(kind, _REAL) for kind in kinds):
        return values.astype(complex)
    if not all(issubclass(kind, numbers.Integral | np.bool_) for kind in kinds):
        return values.astype(np.float64)
    try:
        return values.astype(np.int64)
    except OverflowError:
        return values.astype(np.float64)


def _has_missing(values):
    if values.dtype.kind in "fmM":
        return bool(np.isnan(values).any())
    if values.dtype != object:
        return False
    # NaN differs from itself; pandas' NA answers neither True nor False.
    return any(
        v is None or type(v).__name__ in ("NAType", "NaTType") or v != v for v in values.flat
    )


def _refuse_dates_and_records(values):
    dates = values.dtype.kind in "mM" or (
        values.dtype == object
        and any(isinstance(v, datetime.date | datetime.timedelta) for v in values.flat)
    )
    if dates:
        raise TargetError(
            f"y must hold numbers or classes. Got dates or times ({values.dtype}): convert them, "
            "to text for classes, or to a number such as days since the first date."
        )
    if values.dtype.kind == "V":
        raise TargetError(
            f"y must hold numbers or classes. Got records ({values.dtype}); pass one field, y['a']."
        )
