"""Tables as named columns, each an array of one kind of values."""

import numbers

import numpy as np
import pandas as pd
from pandas.api import types

from mlpkit.errors import InvalidParameterError


def is_numeric_array(X):
    """Tell whether a table is an array of numbers or booleans."""
    return isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "fiub"


def as_frame(X):
    """Give a table as a DataFrame with a type for each column.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        pandas or Polars DataFrame, array or list of rows.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    InvalidParameterError
        When it is no table, has no row or no column, or two columns have one name.
    """
    if hasattr(X, "indptr") or hasattr(X, "tocsr"):
        raise InvalidParameterError(
            "X must be a dense table. Got a sparse matrix; give X.toarray(), or encode=False."
        )
    frame = X if isinstance(X, pd.DataFrame) else _made(X)
    if not frame.shape[1]:
        raise InvalidParameterError("X must have a column at least. Got 0 feature(s).")
    if not len(frame):
        raise InvalidParameterError("X must have a row at least. Got 0 sample(s).")
    repeated = frame.columns[frame.columns.duplicated()].unique()
    if len(repeated):
        raise InvalidParameterError(
            f"X must have a name of its own for each column. Got {list(repeated)} more than once; "
            "rename or drop one of them."
        )
    return frame


def _made(X):
    if type(X).__module__.startswith("polars"):
        if hasattr(X, "collect"):
            X = X.collect()
        return pd.DataFrame({name: _of_polars(X[name]) for name in X.columns})
    try:
        array = X if isinstance(X, np.ndarray) else np.asarray(X, dtype=_plain_type(X))
    except ValueError:
        raise InvalidParameterError(
            "X must have rows of one length. Got rows of different lengths."
        ) from None
    if array.ndim != 2:
        raise InvalidParameterError(
            f"X must be a table of rows and columns. Got {array.ndim} dimension(s): Reshape your "
            "data, X.reshape(-1, 1) for a single column or X.reshape(1, -1) for a single row."
        )
    return pd.DataFrame(array).infer_objects()


def _plain_type(X):
    """Give object for lists that hold anything but numbers: NumPy would make all of it text."""
    rows = X if isinstance(X, list | tuple) else ()
    values = (v for row in rows if isinstance(row, list | tuple) for v in row)
    plain = all(isinstance(v, numbers.Number) for v in values)
    return None if plain else object


def _of_polars(series):
    kind = str(series.dtype)
    if series.dtype.is_numeric() and not kind.startswith("Decimal"):
        return series.to_numpy()  # null becomes NaN
    if kind.startswith(("Categorical", "Enum")):
        return pd.Categorical(series.to_list())
    if kind.startswith(("Date", "Datetime")):
        return pd.to_datetime(pd.Series(series.to_list()))
    if kind.startswith("Duration"):
        return pd.to_timedelta(pd.Series(series.to_list()))
    if kind.startswith("Boolean"):
        return pd.array(series.to_list(), dtype="boolean")
    return pd.Series(series.to_list(), dtype=object)


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
    if isinstance(dtype, pd.SparseDtype):
        dtype = dtype.subtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if types.is_bool_dtype(dtype):
        return "boolean"
    if types.is_complex_dtype(dtype):
        raise InvalidParameterError(
            f"X must hold real numbers. Got complex ones in column {name!r}: Complex data not "
            "supported; give their real and imaginary parts."
        )
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


def _kind_of_objects(series, name):
    inferred = types.infer_dtype(series, skipna=True)
    if inferred == "complex":
        raise InvalidParameterError(
            f"X must hold real numbers. Got complex ones in column {name!r}: Complex data not "
            "supported; give their real and imaginary parts."
        )
    if inferred not in _INFERRED:
        _refuse_containers(series, name)
    return _INFERRED.get(inferred, "category")


def _refuse_containers(series, name):
    plain = (str, bytes, numbers.Number, np.generic)
    for value in series:
        if isinstance(value, list | tuple | dict | set | np.ndarray) or (
            not isinstance(value, plain) and not np.isscalar(value) and type(value).__hash__ is None
        ):
            raise InvalidParameterError(
                f"X must hold one value a cell: its argument must be a string or a number, a date "
                f"or a category. Got a {type(value).__name__} in column {name!r}; take it apart "
                "into columns, or drop it."
            )


def as_numbers(series, name, kind):
    """Give a column of numbers, booleans, dates or durations as float64, NaN where missing.

    Parameters
    ----------
    series : pandas.Series
        The column.
    name : str
        Its name, for the error.
    kind : str
        What it was at ``fit``, from `kind_of`; dates become days since 1970, durations days.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    InvalidParameterError
        When a value cannot be read as that.
    """
    values = series.to_numpy() if isinstance(series.dtype, np.dtype) else None
    if values is not None and values.dtype.kind in "fiub" and kind in ("number", "boolean"):
        return values.astype(np.float64, copy=False)
    try:
        if kind == "date":
            return _days(series)
        if kind == "duration":
            return (pd.to_timedelta(series) / pd.Timedelta(days=1)).to_numpy(np.float64)
        return _floats(series)
    except (TypeError, ValueError, OverflowError):
        value = next((v for v in series if not _reads(v, kind)), series.iloc[0])
        raise InvalidParameterError(
            f"X must hold {kind}s in column {name!r}, as at fit. Got {value!r}; correct it, or fit "
            "again."
        ) from None


def _floats(series):
    if types.is_bool_dtype(series.dtype) or types.is_numeric_dtype(series.dtype):
        return series.to_numpy(np.float64, na_value=np.nan)
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object)
    missing = pd.isna(series).to_numpy()
    out = np.full(len(series), np.nan)
    out[~missing] = series[~missing].to_numpy().astype(np.float64)
    return out


def _days(series):
    if isinstance(series.dtype, pd.PeriodDtype):
        series = series.dt.to_timestamp()
    if not types.is_datetime64_any_dtype(series.dtype) and types.is_numeric_dtype(series.dtype):
        raise TypeError("numbers are no dates")
    stamps = pd.to_datetime(series, utc=True)
    return ((stamps - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)).to_numpy(np.float64)


def _reads(value, kind):
    """Tell whether one value can be read; the helpers raise where it cannot."""
    try:
        converters = {"date": _days, "duration": pd.to_timedelta}
        converters.get(kind, _floats)(pd.Series([value], dtype=object))
    except (TypeError, ValueError, OverflowError):
        return False
    return True
