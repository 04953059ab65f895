"""Units of columns that outliers do not move."""

import numpy as np

from mlpkit.scaling.affine import Affine


def fit_robust_units(X, n_scaled):
    """Find medians and interquartile ranges.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_columns)
        Rows.
    n_scaled : int
        The first columns, which are scaled; those behind them stay as they are.

    Returns
    -------
    Affine
        Median, and range between the quartiles; half the whole range where that is 0, 1 where the
        column is constant.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default, section 3. NeurIPS.

    Examples
    --------
    >>> fit_robust_units(np.array([[0.0], [1.0], [2.0], [3.0], [900.0]]), 1)
    Affine(offset=array([2.]), scale=array([2.]))
    """
    offset, scale = np.zeros(X.shape[1]), np.ones(X.shape[1])
    scaled = np.asarray(X[:, :n_scaled], np.float64)
    if n_scaled:
        low, offset[:n_scaled], high = np.quantile(scaled, [0.25, 0.5, 0.75], axis=0)
        between, whole = high - low, (scaled.max(axis=0) - scaled.min(axis=0)) / 2
        scale[:n_scaled] = np.where(between > 0, between, np.where(whole > 0, whole, 1.0))
    return Affine(offset, scale)
