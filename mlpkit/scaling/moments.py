"""Means and deviations of columns: of a table, of its batches one by one, of sparse rows."""

import numpy as np

from mlpkit.scaling.affine import Affine, blocks


class Moments:
    """The units of features, found in one pass over batches of rows.

    Parameters
    ----------
    n_columns : int
        Number of columns.

    References
    ----------
    T. Chan, G. Golub, R. LeVeque (1983), Algorithms for computing the sample variance, The
    American Statistician 37: how the moments of two parts are put together.

    Examples
    --------
    >>> moments = Moments(1)
    >>> for batch in ([[0.0], [4.0]], [[2.0]]):
    ...     moments.add(np.array(batch), np.ones(len(batch)))
    >>> moments.units()
    Affine(offset=array([2.]), scale=array([1.63299316]))
    """

    def __init__(self, n_columns):
        self.total = 0.0
        self.mean, self.squares = np.zeros(n_columns), np.zeros(n_columns)
        self.is_indicator = np.ones(n_columns, bool)

    def add(self, X, weight):
        """Add a batch.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Features.
        weight : ndarray of shape (n_rows,)
            Weights, not all 0.
        """
        mean, variance = _dense_moments(X, weight, None)
        added = weight.sum()
        self._join(added, mean, variance * added)
        self.is_indicator &= _is_indicator(X, None)

    def merge(self, other, factor=1.0):
        """Add the rows that other moments are of.

        Parameters
        ----------
        other : Moments
            Of the same columns; not changed.
        factor : float, default=1.0
            What the weights of its rows are multiplied by.
        """
        if factor * other.total > 0:
            self._join(factor * other.total, other.mean, factor * other.squares)
        self.is_indicator &= other.is_indicator

    def _join(self, added, mean, squares):
        total = self.total + added
        apart = mean - self.mean
        self.squares += squares + np.square(apart) * (self.total * added / total)
        self.mean += apart * (added / total)
        self.total = total

    def standard(self):
        """Give the standardisation that `fit_standardisation` would find in all rows together."""
        return _standard(self.mean, self.squares / self.total)

    def units(self):
        """Give the units that `fit_feature_units` would find in all rows together."""
        return _feature_units(self.standard(), self.is_indicator)

    def parts(self):
        """Give the arrays that these moments are, for `of_parts`."""
        return np.array(self.total), self.mean, self.squares, self.is_indicator

    @classmethod
    def of_parts(cls, total, mean, squares, is_indicator):
        """Make moments from their arrays.

        Examples
        --------
        >>> moments = Moments(2)
        >>> moments.add(np.array([[1.0, 2.0]]), np.ones(1))
        >>> Moments.of_parts(*moments.parts()).mean
        array([1., 2.])
        """
        made = cls(len(mean))
        made.total, made.mean, made.squares = float(total), mean.copy(), squares.copy()
        made.is_indicator = is_indicator.copy()
        return made


def fit_standardisation(X, weight, rows=None):
    """Find weighted means and standard deviations; a constant column keeps scale 1.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_samples, n_columns)
        Training rows.
    weight : ndarray of shape (n_rows,)
        Sample weights: a row of weight 2 counts as two rows.
    rows : ndarray of shape (n_rows,), default=None
        Which rows of a dense `X` they are; None for all.

    Returns
    -------
    Affine

    Examples
    --------
    >>> X = np.array([[0.0, 5.0], [4.0, 5.0]])
    >>> fit_standardisation(X, np.array([1.0, 1.0]))
    Affine(offset=array([2., 5.]), scale=array([2., 1.]))
    """
    weight = np.asarray(weight, np.float64)
    sparse = hasattr(X, "indptr")
    mean, variance = _sparse_moments(X, weight) if sparse else _dense_moments(X, weight, rows)
    return _standard(mean, variance)


def _standard(mean, variance):
    scale = np.sqrt(np.maximum(variance, 0))
    # A deviation that small beside its values is rounding, not variation.
    scale[scale <= 10 * np.finfo(np.float64).eps * np.abs(mean)] = 1.0
    return Affine(mean, scale)


def fit_feature_units(X, weight, rows=None):
    """Find the units in which a network sees its features best.

    Numbers are standardised. A column of zeros and ones is centred and keeps its unit distance:
    divided by its standard deviation, a level that few rows have would weigh more than any number.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_samples, n_columns)
        Training rows.
    weight : ndarray of shape (n_rows,)
        Sample weights.
    rows : ndarray of shape (n_rows,), default=None
        Which rows of a dense `X` they are; None for all.

    Returns
    -------
    Affine

    References
    ----------
    A. Gelman (2008), Scaling regression inputs by dividing by two standard deviations, Statistics
    in Medicine 27: binary inputs are left unscaled.

    Examples
    --------
    >>> X = np.array([[0.0, 0.0], [4.0, 0.0], [2.0, 1.0]])
    >>> fit_feature_units(X, np.ones(3)).scale.round(3)
    array([1.633, 1.   ])
    """
    return _feature_units(fit_standardisation(X, weight, rows), _is_indicator(X, rows))


def _feature_units(units, is_indicator):
    return Affine(units.offset, np.where(is_indicator, 1.0, units.scale))


def _is_indicator(X, rows):
    """Tell which columns hold nothing but zeros and ones."""
    if hasattr(X, "indptr"):
        other = X.indices[(X.data != 0) & (X.data != 1)]
        return np.bincount(other, minlength=X.shape[1]) == 0
    found = np.ones(X.shape[1], bool)
    for _, part in blocks(X, rows):
        if not found.any():
            break
        found &= ((part == 0) | (part == 1)).all(axis=0)
    return found


def _dense_moments(X, weight, rows):
    """Give weighted means and variances, found in two passes over blocks of rows."""
    total = weight.sum()
    sums = (weight[place] @ part.astype(np.float64, copy=False) for place, part in blocks(X, rows))
    mean = sum(sums) / total
    first, second = np.zeros_like(mean), np.zeros_like(mean)
    for place, part in blocks(X, rows):
        deviation = part - mean
        first += weight[place] @ deviation
        second += weight[place] @ np.square(deviation, out=deviation)
    return _corrected(mean, first / total, second / total)


def _sparse_moments(X, weight):
    """Give weighted means and variances of a CSR matrix, the zeros it leaves out counted in."""
    n_rows, n_columns = X.shape
    total, columns = weight.sum(), X.indices
    weights = np.repeat(weight, np.diff(X.indptr))

    def summed(values):
        return np.bincount(columns, values, minlength=n_columns)

    mean = summed(weights * X.data) / total
    full = np.bincount(columns, minlength=n_columns) == n_rows  # no zero, and no rounding of one
    zeros = np.where(full, 0.0, total - summed(weights))
    deviation = X.data - mean[columns]
    first = summed(weights * deviation) - zeros * mean
    second = summed(weights * np.square(deviation)) + zeros * mean * mean
    return _corrected(mean, first / total, second / total)


def _corrected(mean, first, second):
    """Take out what the mean's own rounding has added (Chan, Golub and LeVeque 1983)."""
    return mean + first, second - np.square(first)
