"""Rows in blocks: what a prediction needs beside its result is bounded, however many rows."""

import math

import numpy as np

# Bytes that a block of rows may take while it is predicted. Measured on networks from 64-100-10 to
# 784-300-100-10, a fourth of it is a little faster on idle cores. But every block waits for the
# threads of the BLAS, for milliseconds where the cores are shared, and this one as seldom as can be
# before the arrays have left the caches altogether.
MEMORY = 64 * 2**20
LEAST_ROWS = 256  # fewer would spend their time on reading the weights


def block_rows(widest, itemsize):
    """Give how many rows are predicted at a time: as many as `MEMORY` has room for three times.

    Parameters
    ----------
    widest : int
        Width of the widest layer, the input's included.
    itemsize : int
        Bytes a number.

    Returns
    -------
    int
        At least 256, also for rows too wide for that.

    Examples
    --------
    >>> block_rows(widest=1000, itemsize=4)
    5592
    """
    return max(LEAST_ROWS, MEMORY // (3 * widest * itemsize))


def run_blocks(forward, X, finish, **options):
    """Give ``finish(forward(rows))`` for all rows, a block at a time.

    Parameters
    ----------
    forward : callable
        ``forward(rows, scratch, **options)``, with ``forward.block_rows``, the rows of a block, and
        ``forward.scratch()``, arrays that one block after the other may write to.
    X : ndarray or CSR matrix of shape (n_samples, n_features)
        The rows; sparse ones are made dense block by block.
    finish : callable
        What is kept of a block's outputs.
    **options
        For `forward`.

    Returns
    -------
    ndarray of shape (n_samples, ...)

    Examples
    --------
    >>> class Doubled:
    ...     block_rows = 2
    ...     def scratch(self):
    ...         return None
    ...     def __call__(self, rows, scratch=None):
    ...         return 2 * rows
    >>> run_blocks(Doubled(), np.array([[1], [2], [3]]), np.ravel)
    array([2, 4, 6])
    """
    n_rows, step = X.shape[0], forward.block_rows
    if n_rows <= step:
        return finish(forward(_dense(X), **options))
    # The scratch belongs to this call alone: other threads have their own.
    scratch = forward.scratch()
    result = None
    for start in range(0, n_rows, step):
        part = finish(forward(_dense(X[start : start + step]), scratch, **options))
        if result is None:
            result = np.empty((n_rows, *part.shape[1:]), part.dtype)
        result[start : start + step] = part
    return result


def _dense(rows):
    # A memory-mapped file is read here; products of its own class would be of that class too.
    return rows.toarray() if hasattr(rows, "indptr") else np.asarray(rows)


def is_finite(rows):
    """Tell, at the price of one sum, that no value is missing or infinite.

    Parameters
    ----------
    rows : ndarray
        Floating or whole numbers, or booleans.

    Returns
    -------
    bool
        False also where the sum of squares overflows; who gets False looks closer.

    Examples
    --------
    >>> is_finite(np.array([[1.0, 2.0]])), is_finite(np.array([[1.0, np.nan]]))
    (True, False)
    >>> is_finite(np.array([[1e200]]))
    False
    """
    # Squares cannot cancel, and vdot, unlike sum and dot, has no warning to give for an overflow.
    # OpenBLAS wakes its threads for more than 10,000 numbers, which takes longer than the sum.
    flat = rows.ravel("K")
    parts = (flat[start : start + 2**13] for start in range(0, flat.size, 2**13))
    return all(math.isfinite(np.vdot(part, part)) for part in parts)
