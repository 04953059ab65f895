"""Whether a table is one of finite numbers already, and which of its columns are not."""

import numpy as np
import pandas as pd

from mlpkit.encoding.tables import all_finite


def is_plain_table(X):
    """Tell whether a table holds finite numbers and nothing else.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        A table.

    Returns
    -------
    bool
        False where text, categories, dates or durations are in it, or values that are missing or
        infinite. True also for what is no table at all, of which scikit-learn's validation says
        what is wrong.

    Examples
    --------
    >>> is_plain_table(np.ones((2, 2))), is_plain_table([[1.0, None]]), is_plain_table([["a"]])
    (True, False, False)
    """
    if hasattr(X, "columns"):
        return not _text_in_frame(X) and _is_finite_frame(X)
    try:
        array = np.asarray(X)
    except (ValueError, TypeError):  # rows of different lengths
        return True
    if array.ndim != 2 or array.dtype.kind not in "fiubOUSMm":
        return True
    if array.dtype.kind in "fiub":
        return all_finite(array)
    if _text_in_array(array):
        return False
    if pd.isna(array).any():
        return False
    try:
        return all_finite(array.astype(np.float64))
    except (ValueError, TypeError):  # dates, or what the encoder refuses in words
        return False


def _is_finite_frame(frame):
    if type(frame).__module__.startswith("polars"):
        columns = [frame[name] for name in frame.columns]
        return not any(
            column.null_count() or (column.dtype.is_float() and not column.is_finite().all())
            for column in columns
        )
    kinds = {*frame.dtypes}
    if len(kinds) == 1 and all(_is_plain_type(dtype) for dtype in kinds):
        return all_finite(frame.to_numpy())
    columns = (frame.iloc[:, j] for j in range(frame.shape[1]))
    return all(all_finite(_floats(column)) for column in columns)


def _floats(column):
    if _is_plain_type(column.dtype):
        return column.to_numpy()
    return column.to_numpy(np.float64, na_value=np.nan)


def _is_plain_type(dtype):
    return isinstance(dtype, np.dtype) and dtype.kind in "fiubc"


def refuse_text(X):
    """Raise an error that names the columns that hold no numbers.

    Parameters
    ----------
    X : array-like
        Anything; the columns of a DataFrame are named, those of an array numbered.

    Raises
    ------
    ValueError
        When a column holds text, dates or categories.
    """
    wrong = _text_in_frame(X) if hasattr(X, "columns") else _text_in_array(X)
    if wrong:
        listed = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
        raise ValueError(
            f"X must have numeric columns only. Got {listed}. Encode them first, with "
            "encode=True or make_pipeline(mlpkit.make_preprocessor(), estimator), or drop them."
        )


def _text_in_frame(X):
    columns = zip(X.columns, X.dtypes, range(len(X.columns)), strict=True)
    return [f"{name!r} ({dtype})" for name, dtype, i in columns if not _is_numeric(X, dtype, i)]


def _is_numeric(frame, dtype, i):
    if hasattr(dtype, "is_numeric"):  # Polars
        return dtype.is_numeric() or str(dtype) in ("Boolean", "Decimal")
    if dtype.kind == "O" and not pd.api.types.is_extension_array_dtype(dtype):
        return pd.api.types.infer_dtype(frame.iloc[:, i], skipna=True) in (
            "integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty",
        )  # fmt: skip
    return pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)


def _text_in_array(X):
    if isinstance(X, list | tuple):
        try:
            X = np.asarray(X)
        except ValueError:  # rows of different lengths: left to scikit-learn's own words
            return []
    if getattr(X, "ndim", 0) != 2 or X.dtype.kind not in "OUSMm":
        return []
    found = []
    for i, column in enumerate(X.T):
        text = next((v for v in column if not _reads_as_number(v)), None)
        if text is not None:
            found.append(f"column {i} ({str(text)!r})")
    return found


def _reads_as_number(value):
    """Tell whether a value of an array is a number, or text that spells one."""
    if isinstance(value, np.datetime64 | np.timedelta64):
        return False
    if isinstance(value, str | bytes):
        try:
            float(value)
        except ValueError:
            return False
    return True  # what is stranger still is left to scikit-learn's own words
