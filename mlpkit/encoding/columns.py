"""What a column holds, and its values as numbers."""

import datetime
import decimal
import numbers

import numpy as np
import pandas as pd
from pandas.api import types

from mlpkit.encoding.clocks import universal
from mlpkit.errors import InvalidParameterError

_COMPLEX = (
    "X must hold real numbers. Got complex ones in column {!r}: Complex data not supported; give "
    "their real and imaginary parts."
)


def kind_of(series, name):
    """Tell what a column holds.

    Parameters
    ----------
    series : pandas.Series
        The column.
    name : str
        Its name, for the error.

    Returns
    -------
    {"number", "boolean", "date", "duration", "category", "empty"}

    Raises
    ------
    InvalidParameterError
        When its values are lists, dicts, complex numbers or other things that are no level.

    Examples
    --------
    >>> kind_of(pd.Series([1.5, None]), "x"), kind_of(pd.Series(["a", 1]), "x")
    ('number', 'category')
    """
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if types.is_bool_dtype(dtype):
        return "boolean"
    if types.is_complex_dtype(dtype):
        raise InvalidParameterError(_COMPLEX.format(name))
    if types.is_numeric_dtype(dtype):
        return "number"
    if types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return "date"
    if types.is_timedelta64_dtype(dtype):
        return "duration"
    if types.is_object_dtype(dtype):
        return _kind_of_objects(series, name)
    return "category"


_INFERRED = {
    "integer": "number", "floating": "number", "mixed-integer-float": "number",
    "decimal": "number", "boolean": "boolean", "datetime": "date", "datetime64": "date",
    "date": "date", "timedelta": "duration", "timedelta64": "duration", "empty": "empty",
}  # fmt: skip


_TEXTS = ("string", "bytes", "time", "interval", "period", "categorical")


def _kind_of_objects(series, name):
    inferred = types.infer_dtype(series, skipna=True)
    if inferred in _INFERRED:
        return _INFERRED[inferred]
    if inferred in _TEXTS:
        return "category"
    refuse_containers(series, name)
    present = series[series.notna()]
    real = all(isinstance(value, numbers.Real | decimal.Decimal) for value in present)
    return "number" if real else "category"


def refuse_containers(series, name):
    """Raise an error where a cell holds what is no single value.

    Parameters
    ----------
    series : pandas.Series
        A column of objects.
    name : str
        Its name.

    Raises
    ------
    InvalidParameterError
        When a value is a list, a dict or an object that prints as its address only.
    """
    plain = (str, bytes, numbers.Real, decimal.Decimal)
    for value in series:
        if isinstance(value, plain):
            continue
        kind = type(value)
        if isinstance(value, numbers.Complex):
            raise InvalidParameterError(_COMPLEX.format(name))
        speechless = kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__
        if isinstance(value, tuple) or kind.__hash__ is None or speechless:
            raise InvalidParameterError(
                f"X must hold one value a cell: its argument must be a string or a number, a date "
                f"or a category. Got a {kind.__name__} in column {name!r}; take it apart into "
                "columns, or drop it."
            )


def as_numbers(series, name, kind):
    """Give a column of numbers, booleans, dates or durations as float64, NaN where missing.

    Parameters
    ----------
    series : pandas.Series or list
        The column; a list holds Python's numbers or booleans, or pandas's timestamps.
    name : str
        Its name, for the error.
    kind : str
        What it was at ``fit``, from `kind_of`; durations become days.

    Returns
    -------
    ndarray of shape (n_samples,)
        Of dates datetime64[us] in universal time.

    Raises
    ------
    InvalidParameterError
        When a value cannot be read as that.
    """
    if isinstance(series, list):
        return universal(series) if kind == "date" else np.array(series, np.float64)
    values = series.to_numpy() if isinstance(series.dtype, np.dtype) else None
    if values is not None and values.dtype.kind in "fiub" and kind in ("number", "boolean"):
        return values.astype(np.float64, copy=False)
    try:
        return _READERS[kind](series)
    except (TypeError, ValueError, OverflowError):
        value = next((v for v in series if not _reads(v, kind)), series.iloc[0])
        raise InvalidParameterError(
            f"X must hold {kind}s in column {name!r}, as at fit. Got {value!r}; correct it, or fit "
            "again."
        ) from None


def _floats(series):
    if types.is_bool_dtype(series.dtype) or types.is_numeric_dtype(series.dtype):
        return series.to_numpy(np.float64, na_value=np.nan)
    if types.is_datetime64_any_dtype(series.dtype) or types.is_timedelta64_dtype(series.dtype):
        raise TypeError("dates are no numbers")  # NumPy would give their nanoseconds
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object)
    missing = pd.isna(series).to_numpy()
    out = np.full(len(series), np.nan)
    present = series.to_numpy(dtype=object)[~missing]
    if any(isinstance(value, datetime.date | datetime.timedelta) for value in present):
        raise TypeError("dates are no numbers")
    out[~missing] = present.astype(np.float64)
    return out


def _durations(series):
    if types.is_numeric_dtype(series.dtype):
        raise TypeError("numbers are no durations")  # pandas would take them for nanoseconds
    return (pd.to_timedelta(series) / pd.Timedelta(days=1)).to_numpy(np.float64)


_READERS = {"date": universal, "duration": _durations, "number": _floats, "boolean": _floats}


def _reads(value, kind):
    """Tell whether one value can be read; the readers raise where it cannot."""
    try:
        _READERS[kind](pd.Series([value], dtype=object))
    except (TypeError, ValueError, OverflowError):
        return False
    return True
