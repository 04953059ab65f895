"""The map from a column's own units to those of the network, and back."""

from dataclasses import dataclass

import numpy as np

BLOCK = 2**18  # numbers looked through at a time
CHUNK = 2**15  # numbers converted at a time: what stays in the cache


@dataclass(frozen=True)
class Affine:
    """The map ``(x - offset) / scale``, a column at a time.

    Parameters
    ----------
    offset, scale : ndarray of shape (n_columns,)
        float64; scales are positive.

    Examples
    --------
    >>> days = Affine(offset=np.array([100.0]), scale=np.array([7.0]))
    >>> days.apply(np.array([[107.0]]), "float32")
    array([[1.]], dtype=float32)
    >>> days.undo(np.array([[1.0]]))
    array([[107.]])
    """

    offset: np.ndarray
    scale: np.ndarray

    @property
    def is_identity(self):
        """Whether nothing is changed."""
        return not self.offset.any() and bool((self.scale == 1).all())

    def apply(self, X, dtype, *, rows=None, out=None):
        """Give standardised rows; the arithmetic is in float64, a cacheful of rows at a time.

        Large offsets (dates as seconds, prices) would lose their digits in float32.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_columns)
            Rows in their own units; not changed.
        dtype : str
            Type of the result.
        rows : ndarray of shape (n_rows,), default=None
            Which rows of `X` to take; None for all.
        out : ndarray of shape (>= n_rows, n_columns), default=None
            Where to write them; None makes a new array.

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
        """
        n_rows = len(X) if rows is None else len(rows)
        out = np.empty((n_rows, X.shape[1]), dtype) if out is None else out
        centred = np.empty((min(n_rows, rows_of(X, CHUNK)), X.shape[1]))
        for place, part in blocks(X, rows, CHUNK):
            ready = out[place.start : place.start + len(part)]
            part = np.subtract(part, self.offset, out=centred[: len(part)])
            np.divide(part, self.scale, out=ready, casting="same_kind")
        return out

    def undo(self, values):
        """Carry standardised values back to their own units, in float64.

        Parameters
        ----------
        values : ndarray of shape (n_samples, n_columns)
            Standardised values.

        Returns
        -------
        ndarray of shape (n_samples, n_columns)
        """
        return values if self.is_identity else values * self.scale + self.offset


def rows_of(X, size):
    """Give how many rows of a table hold about `size` numbers, at least one."""
    return max(1, size // max(1, X.shape[1]))


def blocks(X, rows=None, size=None):
    """Give a table a block of rows at a time.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_columns)
        The table.
    rows : ndarray of shape (n_rows,), default=None
        Which of its rows, in this order; None for all.
    size : int, default=None
        Numbers a block, about; None is `BLOCK`.

    Yields
    ------
    place : slice
        Where the block stands among the rows.
    part : ndarray
        The block; a view of `X` where `rows` is None.

    Examples
    --------
    >>> X = np.array([[1.0], [2.0], [3.0]])
    >>> [part.ravel().tolist() for _, part in blocks(X, np.array([2, 0]))]
    [[3.0, 1.0]]
    """
    step = rows_of(X, size or BLOCK)
    for start in range(0, len(X) if rows is None else len(rows), step):
        place = slice(start, start + step)
        yield place, X[place] if rows is None else X[rows[place]]


def identity(n_columns):
    """Give the map that changes nothing.

    Parameters
    ----------
    n_columns : int
        Number of columns.

    Returns
    -------
    Affine

    Examples
    --------
    >>> identity(2).is_identity
    True
    """
    return Affine(np.zeros(n_columns), np.ones(n_columns))
