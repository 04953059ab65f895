"""Tables as they are, encoded for an estimator where it takes them so."""

import numpy as np
from sklearn.utils.validation import validate_data

from mlpkit.encoding.columns import is_numeric_array


def encoded_table(estimator, X, *, reset):
    """Give a table as numbers by the estimator's encoder, None where it needs none.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Its ``encoder_`` is set in a fit, None where the table is one of finite numbers already and
        ``encode`` is "auto".
    X : array-like or sparse matrix of shape (n_samples, n_features)
        A table.
    reset : bool
        True when fitting anew.

    Returns
    -------
    ndarray of shape (n_samples, n_columns) or None
    """
    if reset:
        encoder = estimator._encoder()
        if encoder is not None and not _is_sparse(X):
            automatic = getattr(estimator, "encode", True)
            if not (isinstance(automatic, str) and is_plain_table(X)):
                estimator.encoder_ = encoder.fit(X)
                validate_data(estimator, X, reset=True, skip_check_array=True)
                return encoder.transform(X)
        estimator.encoder_ = None
        return None
    encoder = getattr(estimator, "encoder_", None)
    if encoder is None:
        return None
    validate_data(estimator, X, reset=False, skip_check_array=True)
    return encoder.transform(X)


def _is_sparse(X):
    return hasattr(X, "tocsr")


def is_plain_table(X):
    """Tell whether a table has numbers only, and none of them missing.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        A table.

    Returns
    -------
    bool
        False where text, dates, categories, booleans that may be missing, NaN or None are in it.

    Examples
    --------
    >>> is_plain_table(np.ones((2, 2))), is_plain_table([[1.0, None]]), is_plain_table([["a"]])
    (True, False, False)
    """
    if is_numeric_array(X):
        return not (X.dtype.kind == "f" and np.isnan(X).any())
    if hasattr(X, "dtypes") and hasattr(X, "columns"):
        return _is_plain_frame(X)
    try:
        array = np.asarray(X)
    except (ValueError, TypeError):
        return True  # scikit-learn's validation says what is wrong
    if array.dtype.kind == "O" and array.ndim == 2:
        return all(type(v) in (int, float, bool) and v == v for v in array.flat)
    if array.dtype.kind in "fiub":
        return not (array.dtype.kind == "f" and np.isnan(array).any())
    return array.ndim != 2


def _is_plain_frame(frame):
    if type(frame).__module__.startswith("polars"):
        plain = all(t.is_numeric() or str(t) == "Boolean" for t in frame.dtypes)
        return (
            plain
            and not any(frame[name].has_nulls() for name in frame.columns)
            and not any(
                t.is_float() and frame[n].is_nan().any()
                for n, t in zip(frame.columns, frame.dtypes, strict=True)
            )
        )
    kinds = [getattr(dtype, "kind", "O") for dtype in frame.dtypes]
    plain = all(
        isinstance(d, np.dtype) and k in "fiub" for d, k in zip(frame.dtypes, kinds, strict=True)
    )
    return plain and not frame.isna().to_numpy().any()
