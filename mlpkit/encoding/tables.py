"""Tables of every make as named columns, each of one type."""

import contextlib
import numbers

import numpy as np
import pandas as pd

from mlpkit.errors import InvalidParameterError

_TOO_FEW = "X must have a {} at least. Got 0 {}(s) (shape={}) while a minimum of 1 is required."


def is_numeric_array(X):
    """Tell whether a table is an array of numbers or booleans."""
    return isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "fiub"


def all_finite(array):
    """Tell whether all values of an array of numbers are finite.

    Parameters
    ----------
    array : ndarray
        Of any type.

    Returns
    -------
    bool

    Examples
    --------
    >>> all_finite(np.array([1e308, 1e308])), all_finite(np.array([1.0, np.nan]))
    (True, False)
    """
    if array.dtype.kind != "f":
        return True
    if array.size > 100:  # one sum tells it in a third of the time, unless it overflows
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(array.sum()):
                return True
    return bool(np.isfinite(array).all())


def as_frame(X, *, reads_text=False):
    """Give a table as a DataFrame with a type for each column.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        pandas or Polars DataFrame, array or list of rows.
    reads_text : bool, default=False
        Whether columns of an array of text become numbers where every value spells one: NumPy
        has made text of all columns because of one.

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
    frame = X if isinstance(X, pd.DataFrame) else _made(X, reads_text)
    if not frame.shape[1]:
        raise InvalidParameterError(_TOO_FEW.format("column", "feature", frame.shape))
    if not len(frame):
        raise InvalidParameterError(_TOO_FEW.format("row", "sample", frame.shape))
    repeated = frame.columns[frame.columns.duplicated()].unique()
    if len(repeated):
        raise InvalidParameterError(
            f"X must have a name of its own for each column. Got {list(repeated)} more than once; "
            "rename or drop one of them."
        )
    return frame


def _made(X, reads_text):
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
    if array.dtype.kind not in "US":
        return pd.DataFrame(array).infer_objects()
    columns = dict(enumerate(array.T))
    for j in columns if reads_text else ():
        with contextlib.suppress(ValueError):
            columns[j] = columns[j].astype(np.float64)
    return pd.DataFrame(columns)


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


def columns_of(table):
    """Give names and columns of a table, in their order.

    Parameters
    ----------
    table : ndarray or pandas.DataFrame of shape (n_samples, n_features)
        From `as_frame`, or an array of numbers.

    Yields
    ------
    name : str
        "x0", "x1" and so on where not all names are text.
    column : ndarray or pandas.Series
    """
    if isinstance(table, np.ndarray):
        yield from ((f"x{j}", table[:, j]) for j in range(table.shape[1]))
        return
    named = all(isinstance(name, str) for name in table.columns)
    for j, (name, column) in enumerate(table.items()):
        if isinstance(column.dtype, pd.SparseDtype):
            column = column.sparse.to_dense()
        elif isinstance(column.dtype, pd.ArrowDtype) and column.dtype.kind not in "biufMm":
            column = column.astype(object)
        yield (name if named else f"x{j}"), column
