"""Quantile bins of numbers, and the piecewise linear encoding over them."""

from typing import NamedTuple

import numpy as np

LEAST_RANGE = 1e-6  # a column that varies less makes bins that explode
ENDLESS = 1e30  # finite, since weights are averaged
SAMPLE_ROWS = 100_000  # whose quantiles stand for those of a longer column


class Bins(NamedTuple):
    """Bins of several columns, filled up to one number of bins.

    Parameters
    ----------
    start : ndarray of shape (n_columns, n_bins)
        Left edge of each bin.
    slope : ndarray of shape (n_columns, n_bins)
        1 / width of each bin; 0 for those that only fill up.
    ceiling : ndarray of shape (n_columns, n_bins)
        1, and 1e30 for a column's last bin, which goes on to the right.
    """

    start: np.ndarray
    slope: np.ndarray
    ceiling: np.ndarray


def quantile_bins(X, n_bins=48):
    """Find bins with about the same number of rows each.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_columns)
        Finite numbers.
    n_bins : int, default=48
        Bins of a column at most: equal quantiles make one edge, and a nearly constant column
        (range up to 1e-6) has no bin at all.

    Returns
    -------
    Bins

    References
    ----------
    Y. Gorishniy, I. Rubachev, A. Babenko (2022), On embeddings for numerical features in tabular
    deep learning, section 3.2. NeurIPS.

    Examples
    --------
    >>> bins = quantile_bins(np.array([[0.0], [1.0], [1.0], [4.0]]), n_bins=3)
    >>> bins.start.tolist(), bins.slope.round(3).tolist()
    ([[0.0, 1.0, 0.0]], [[1.0, 0.333, 0.0]])
    """
    n_columns = X.shape[1]
    start, slope = np.zeros((n_columns, n_bins)), np.zeros((n_columns, n_bins))
    ceiling = np.ones((n_columns, n_bins))
    # Rows in an order of their own, so that a sorted table is not cut off.
    step = max(1, len(X) // SAMPLE_ROWS)
    shares = np.linspace(0, 1, n_bins + 1)
    for j, column in enumerate(np.asarray(X, np.float64)[::step].T):
        edges = np.unique(np.quantile(column, shares))
        if edges[-1] - edges[0] <= LEAST_RANGE:
            continue
        edges = _apart(edges)
        n = len(edges) - 1
        start[j, :n], slope[j, :n] = edges[:-1], 1 / np.diff(edges)
        ceiling[j, n - 1] = ENDLESS
    return Bins(start, slope, ceiling)


def _apart(edges):
    """Leave out edges too close to the one before to be told apart in float32."""
    least = 1e-6 * max(edges[-1] - edges[0], *np.abs(edges[[0, -1]]))
    kept = [edges[0]]
    for edge in edges[1:-1]:
        if edge - kept[-1] > least and edges[-1] - edge > least:
            kept.append(edge)
    return np.array([*kept, edges[-1]])


def piecewise_linear(X, bins):
    """Encode numbers: how far each has come in each bin.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_columns)
        Numbers.
    bins : Bins
        Of the columns.

    Returns
    -------
    ndarray of shape (n_samples, n_columns, n_bins)
        1 left of the number's bin, (x - start) / width in it, 0 right of it; the first bin has no
        lower end, and the last no upper one.

    Examples
    --------
    >>> bins = quantile_bins(np.array([[0.0], [2.0], [4.0]]), n_bins=2)
    >>> piecewise_linear(np.array([[3.0], [-1.0]]), bins).tolist()
    [[[1.0, 0.5]], [[-0.5, 0.0]]]
    """
    start, slope, ceiling = bins
    floor = np.zeros(start.shape[1], start.dtype)
    floor[0] = -np.inf
    return np.clip((X[:, :, np.newaxis] - start) * slope, floor, ceiling)
