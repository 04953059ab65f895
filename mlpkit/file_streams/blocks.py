"""From the rows of a file to arrays: what cannot be learnt from is told by file, row and column."""

from typing import NamedTuple

import numpy as np


class Block(NamedTuple):
    """Some rows.

    Parameters
    ----------
    x : ndarray of shape (n_rows, n_features)
        float64 or float32, finite.
    y : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Numbers, booleans or, as objects, text.
    weight : ndarray of shape (n_rows,) or None
        float64; None where no column was named.
    """

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None

    @property
    def n(self):
        """Number of rows."""
        return len(self.x)

    def take(self, rows):
        """Give some of the rows."""
        return Block(*(part if part is None else part[rows] for part in self))


def join(blocks):
    """Put blocks one below the other; a single one is given as it is.

    Examples
    --------
    >>> one = Block(np.ones((1, 2)), np.zeros(1), None)
    >>> join([one, one]).x.shape
    (2, 2)
    """
    if len(blocks) == 1:
        return blocks[0]
    parts = zip(*blocks, strict=True)
    return Block(*(None if part[0] is None else np.concatenate(part) for part in parts))


class Place(NamedTuple):
    """Where rows come from: a file, and the number of the first one, counted from 0."""

    path: str
    first: int

    def row(self, i):
        """Give the words for the i-th of them."""
        return f"row {self.first + i + 1:,} of {self.path!r}"


def to_block(frame, columns, x_dtype, place):
    """Give rows as arrays.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of a file.
    columns : Columns
        Which columns are what.
    x_dtype : numpy.dtype
        Type of the features.
    place : Place
        Where the rows come from.

    Returns
    -------
    Block

    Raises
    ------
    ValueError
        When a value is missing, infinite, or text where a number must be.
    """
    x = _features(frame, columns.features, x_dtype, place)
    y = _targets(frame, columns.targets, place)
    return Block(x, y, None if columns.weight is None else _weight(frame, columns.weight, place))


def _features(frame, names, dtype, place):
    chosen = frame[list(names)]
    plain = all(isinstance(each, np.dtype) for each in chosen.dtypes)
    try:
        x = chosen.to_numpy(dtype, **({} if plain else {"na_value": np.nan}))
    except (TypeError, ValueError):
        _refuse_text(frame, names, place)
        raise
    if not np.isfinite(x.sum()) and not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise ValueError(
            f"X must hold finite numbers only. Got {_unusable(x[row, column])} in column "
            f"{names[column]!r}, {place.row(row)}: fill it in, or leave such rows out."
        )
    return np.ascontiguousarray(x)


def _unusable(value):
    return "a missing value" if np.isnan(value) else "infinity"


def _refuse_text(frame, names, place):
    for name in names:
        column = frame[name]
        if not is_number(kind_of(column)):
            raise text_error(name, *first_text(column), place)


def first_text(column):
    """Give row and value of the first text in a column, of the first value where there is none."""
    import pandas as pd

    numbers = pd.to_numeric(column.astype(str), errors="coerce")
    rows = np.flatnonzero(numbers.isna() & column.notna())
    row = int(rows[0]) if len(rows) else 0
    return row, column.iloc[row]


def text_error(name, row, value, place):
    """Make the error for a feature that is no number."""
    return ValueError(
        f"X must have numeric columns only. Got {str(value)!r} in column {name!r}, "
        f"{place.row(row)}: write it as numbers first, or name the numeric columns in features=."
    )


def _targets(frame, names, place):
    parts = [_target(frame[name], name, place) for name in names]
    return parts[0] if len(parts) == 1 else np.stack(parts, axis=1)


def _target(column, name, place):
    missing = np.flatnonzero(column.isna())
    if len(missing):
        raise ValueError(
            f"y must have no missing values. Got one in column {name!r}, {place.row(missing[0])}: "
            "leave such rows out."
        )
    if column.dtype.kind in "biuf" and isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    kind = kind_of(column)
    if kind == "text":
        return column.to_numpy(object)
    if kind == "boolean":
        return column.to_numpy(bool)
    if kind == "number":
        whole = column.dtype.kind in "iu"  # nullable ones
        return column.to_numpy(np.int64 if whole else np.float64)
    raise ValueError(
        f"y must hold numbers or classes. Got {column.iloc[0]!r} in column {name!r}, "
        f"{place.row(0)}: convert it, to text for classes, or to a number."
    )


def _weight(frame, name, place):
    column = frame[name]
    try:
        weight = column.to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        row, value = first_text(column)
        raise ValueError(
            f"sample_weight must hold numbers. Got {value!r} in column {name!r}, {place.row(row)}."
        ) from None
    wrong = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if len(wrong):
        raise ValueError(
            f"sample_weight must hold finite numbers >= 0. Got {weight[wrong[0]]:g} in column "
            f"{name!r}, {place.row(wrong[0])}."
        )
    return weight


def kind_of(column):
    """Tell what a column holds: "number", "boolean", "text" or "other".

    Parameters
    ----------
    column : pandas.Series
        A column of a table.

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd
    >>> [kind_of(pd.Series(values)) for values in ([1, 2.5], [True], ["a", None])]
    ['number', 'boolean', 'text']
    """
    import pandas as pd

    types = pd.api.types
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return kind_of(dtype.categories.to_series())
    if types.is_bool_dtype(dtype):
        return "boolean"
    if types.is_numeric_dtype(dtype):
        return "number" if dtype.kind != "c" else "other"
    if types.is_string_dtype(dtype) and not types.is_object_dtype(dtype):
        return "text"
    inferred = types.infer_dtype(column, skipna=True)
    known = {"string": "text", "boolean": "boolean", "mixed": "text"}
    numbers = ("integer", "floating", "decimal", "mixed-integer-float", "empty")
    return "number" if inferred in numbers else known.get(inferred, "other")


def is_number(kind):
    """Tell whether a kind of column can be features."""
    return kind in ("number", "boolean")
