"""Tables as they are, encoded for an estimator where it takes them so."""

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples, validate_data

from mlpkit.encoding.tables import as_frame
from mlpkit.estimators.plain import is_plain_table


def encoded_table(estimator, X, *, reset, weight=None):
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
    weight : array-like of shape (n_samples,), default=None
        Sample weights, unchecked; in a fit, rows of weight 0 are not looked at.

    Returns
    -------
    ndarray of shape (n_samples, n_columns) or None
    """
    if reset:
        estimator.encoder_ = _fitted_encoder(estimator, X, weight)
        if estimator.encoder_ is not None:
            validate_data(estimator, X, reset=True, skip_check_array=True)
    encoder = getattr(estimator, "encoder_", None)
    if encoder is None:
        return None
    if not (reset or hasattr(X, "columns")):  # the encoder looks at names
        if len(getattr(X, "shape", (0, 0))) != 2:
            as_frame(X)  # says so
        validate_data(estimator, X, reset=False, skip_check_array=True)
    return encoder.transform(X)


def _fitted_encoder(estimator, X, weight):
    encoder = estimator._encoder()
    if encoder is None or hasattr(X, "tocsr"):
        return None
    if getattr(estimator, "encode", True) == "auto" and is_plain_table(X):
        return None
    return encoder.fit(_present(X, weight))


def _present(X, weight):
    """Leave out rows of weight 0; a wrong weight is refused later, in words."""
    if weight is None:
        return X
    absent = np.asarray(weight) == 0
    if absent.shape != (_num_samples(X),):
        return X
    return X if absent.all() or not absent.any() else _safe_indexing(X, np.flatnonzero(~absent))
