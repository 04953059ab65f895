"""Mixed tables to numbers: a thin composition of scikit-learn's own transformers.

Which column is treated how is decided by its dtype at `fit`, on the rows given to `fit` alone, so
nothing leaks from a test fold when the transformer stands inside a Pipeline.
"""

import numpy as np
import pandas as pd
from pandas.api import types
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

MIN_FREQUENCY = 5
MAX_CATEGORIES = 64


def make_preprocessor():
    """Give an unfitted transformer from a mixed table to a dense numeric matrix.

    - Numbers: missing values become the median of the column, and a column that had any at `fit`
      gets a 0/1 indicator beside it. A column missing in every row becomes zeros.
    - Dates and durations: days (since 1970 for dates), then as numbers.
    - All else (strings, categories, booleans, mixed objects): one column a category. Categories
      seen in fewer than 5 rows share one column, as do those beyond the 63 most frequent. A
      missing value is a category of its own; a category unknown at `fit` is all zeros.

    Columns come out unscaled: the MLP estimators standardise inside, and each of the baselines
    brings the scaler it needs.

    Returns
    -------
    sklearn.compose.ColumnTransformer
        ``fit`` takes a DataFrame, or an array whose columns are typed as pandas would, of shape
        (n_samples, n_features); ``transform`` gives a float64 ndarray of shape
        (n_samples, n_columns). ``get_feature_names_out`` names the columns.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": [30.0, None, 50.0], "city": ["Oslo", "Rome", "Oslo"]})
    >>> preprocessor = make_preprocessor()
    >>> preprocessor.fit_transform(table)[:, :2]
    array([[30.,  0.],
           [40.,  1.],
           [50.,  0.]])
    """
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(_step(_to_floats), _imputer()), _are_numbers),
            ("dates", make_pipeline(_step(_to_days), _imputer()), _are_dates),
            ("categories", make_pipeline(_step(_to_text), _one_hot()), _are_categories),
        ],
        sparse_threshold=0.0,
    )


def _step(function):
    """Wrap a function of a table; names of columns pass through unchanged."""
    return FunctionTransformer(function, feature_names_out="one-to-one")


def _imputer():
    """Median imputer with indicators; an empty column is kept, so that widths never change."""
    return SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)


def _one_hot():
    return OneHotEncoder(
        handle_unknown="ignore",
        min_frequency=MIN_FREQUENCY,
        max_categories=MAX_CATEGORIES,
        sparse_output=False,
    )


def _frame(X):
    """Give X as a DataFrame, with a dtype for each column even where X is an object array."""
    if isinstance(X, pd.DataFrame):
        return X
    return pd.DataFrame(np.asarray(X)).infer_objects()


# Columns are picked by masks, not by names: scikit-learn would read integer names as positions.
def _are_numbers(X):
    return np.array([_is_number(dtype) for dtype in _frame(X).dtypes], dtype=bool)


def _are_dates(X):
    return np.array([_is_date(dtype) for dtype in _frame(X).dtypes], dtype=bool)


def _are_categories(X):
    return ~(_are_numbers(X) | _are_dates(X))


def _is_number(dtype):
    return types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype)


def _is_date(dtype):
    return types.is_datetime64_any_dtype(dtype) or types.is_timedelta64_dtype(dtype)


def _to_floats(X):
    return _frame(X).astype("float64")


def _to_days(X):
    """Give days since 1970-01-01 UTC for dates, days for durations, NaN where missing."""
    return _frame(X).apply(_column_to_days)


def _column_to_days(column):
    if types.is_datetime64_any_dtype(column.dtype):
        column = pd.to_datetime(column, utc=True) - pd.Timestamp(0, tz="UTC")
    return column / pd.Timedelta(days=1)


def _to_text(X):
    """Give strings, so that one column may mix types; missing values become NaN.

    scikit-learn's encoder sorts the categories, which a column of strings and numbers refuses.
    """
    frame = _frame(X).astype(object)
    return frame.map(str).where(frame.notna(), np.nan)
