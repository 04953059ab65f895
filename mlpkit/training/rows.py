"""Rows on the device: features, encoded targets and weights that a program reads batch by batch."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mlpkit.backend import tf
from mlpkit.training.shapes import EVALUATION_BATCH, bucket, epochs_a_call

ALIGNMENT = 64  # bytes; TensorFlow reads an array that starts there where it lies


class Columns(NamedTuple):
    """What programs read of rows, as tensors.

    Parameters
    ----------
    features : tuple of tensors
        ``(X,)`` for dense rows of shape (n_filled, ...); for sparse ones the CSR parts and the
        standardisation, ``(data, indices, indptr, center, factor)``.
    y : tensor of shape (n_filled, n_outputs)
        Encoded targets.
    weight : tensor of shape (n_filled,)
        Sample weights.
    """

    features: tuple
    y: tf.Tensor
    weight: tf.Tensor


@dataclass(frozen=True)
class Rows:
    """Training or validation rows on the device.

    Parameters
    ----------
    columns : Columns
        The rows; those from `n` on only fill up.
    n : int
        Number of rows that count.
    copies : tuple of Columns, default=None
        The same rows on the device of each replica, where there are several.
    n_drawn : int, default=None
        Row numbers in an epoch's order, where some rows are drawn several times; None is `n`.
    """

    columns: Columns
    n: int
    copies: tuple | None = None
    n_drawn: int | None = None

    @property
    def read(self):
        """What programs read."""
        return self.copies or self.columns

    is_own = False  # every process has the same

    @property
    def is_sparse(self):
        """Whether the features are CSR parts."""
        return len(self.columns.features) > 1

    @property
    def drawn(self):
        """Row numbers in an epoch's order."""
        return self.n if self.n_drawn is None else self.n_drawn

    @property
    def n_slots(self):
        """Places for them in a program of fixed shapes."""
        filled = int(self.columns.y.shape[0])
        return filled if self.drawn <= self.n else max(filled, bucket(self.drawn))

    @property
    def epochs_a_call(self):
        """How many epochs one call of a program may run."""
        return epochs_a_call(self.n_slots)

    def epoch(self, rng):
        """Yield the rows and their number, as a `Stream` of a single segment does."""
        yield self.columns, self.n

    def skip(self, n_epochs):
        """Go past epochs run before: nothing is to be done, their order comes from the plan."""

    def layout(self, compiled):
        """Give what a program depends on: all shapes where it is compiled for them."""
        if compiled:
            shapes = ((tuple(t.shape), t.dtype.name) for t in tf.nest.flatten(self.columns))
            return *shapes, self.n_slots
        return self.is_sparse, self.columns.y.dtype.name


def is_copies(rows):
    """Tell whether rows are those of several replicas, a tuple of `Columns`."""
    return isinstance(rows, tuple) and bool(rows) and isinstance(rows[0], Columns)


def empty(shape, dtype):
    """Give an array that the device can take over without a copy.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    dtype : str or numpy.dtype
        Its type.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> empty((3, 2), "float32").ctypes.data % ALIGNMENT
    0
    """
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = np.empty(n_bytes + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + n_bytes].view(dtype).reshape(shape)


def on_device(array):
    """Give an array of `empty` as a tensor; it must not be written to any more.

    Parameters
    ----------
    array : ndarray
        The values. On the CPU the tensor shares its memory; a GPU gets its one copy.

    Returns
    -------
    tensor
    """
    if array.size and not tf.config.list_logical_devices("GPU"):
        return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
    return tf.constant(array)


def make_rows(X, y, weight, dtype, center=None, factor=None, n_filled=None):
    """Put rows on the device.

    Parameters
    ----------
    X : ndarray of shape (n_filled or n_samples, ...) or CSR matrix of shape (n_samples, ...)
        Features. Dense ones come standardised; sparse ones are standardised when a batch is made
        dense, so that the zeros need not be stored. An array of `empty` that is filled up already
        is taken over as it is.
    y : ndarray of shape (n_samples, n_outputs)
        Encoded targets; whole numbers stay whole.
    weight : ndarray of shape (n_samples,)
        Sample weights.
    dtype : str
        Type of the network's arithmetic.
    center, factor : ndarray of shape (n_features,), default=None
        For sparse rows: ``(x - center) * factor``.
    n_filled : int, default=None
        Number of rows with those that only fill up; the first row's values, of weight 0. None
        fills nothing up.

    Returns
    -------
    Rows
    """
    n = len(weight)
    n_filled = n_filled or n
    y_dtype = np.int64 if np.issubdtype(y.dtype, np.integer) else dtype
    columns = Columns(
        _features(X, dtype, center, factor, n_filled),
        on_device(filled(y, y_dtype, n_filled)),
        on_device(filled(weight, dtype, n_filled, rest=0)),
    )
    return Rows(columns, n)


def _features(X, dtype, center, factor, n_filled):
    if not hasattr(X, "indptr"):
        ready = len(X) == n_filled and X.dtype == dtype and not X.ctypes.data % ALIGNMENT
        ready = ready and X.flags.c_contiguous
        return (on_device(X if ready else filled(X, dtype, n_filled)),)
    center = np.zeros(X.shape[1]) if center is None else center
    factor = np.ones(X.shape[1]) if factor is None else factor
    parts = (X.data, dtype), (X.indices, "int64"), (X.indptr, "int64"), (center, dtype)
    return tuple(tf.constant(part, kind) for part, kind in (*parts, (factor, dtype)))


def filled(values, dtype, n_filled, rest=None):
    """Give a copy of an array with more rows: its first row's values, or `rest`.

    Parameters
    ----------
    values : ndarray of shape (n_samples, ...)
        At least one row.
    dtype : str
        Type of the copy.
    n_filled : int
        Its number of rows.
    rest : float, default=None
        What the further rows hold; None repeats the first row.

    Returns
    -------
    ndarray of shape (n_filled, ...)

    Examples
    --------
    >>> filled(np.array([1.0, 2.0]), "float32", 4)
    array([1., 2., 1., 1.], dtype=float32)
    """
    out = empty((n_filled, *values.shape[1:]), dtype)
    out[: len(values)] = values
    fill_up(out, len(values), rest)
    return out


def fill_up(values, n, rest=None):
    """Write into the rows of an array from `n` on: the first row's values, or `rest`.

    Parameters
    ----------
    values : ndarray of shape (n_filled, ...)
        Written to.
    n : int
        Rows that count.
    rest : float, default=None
        What the further rows hold; None repeats the first row.
    """
    values[n:] = values[:1] if rest is None else rest


def take(columns, chosen):
    """Give some rows, made dense, inside a graph.

    Parameters
    ----------
    columns : Columns
        All rows.
    chosen : tensor of shape (n,)
        Row numbers.

    Returns
    -------
    x, y, weight : tensors of n rows
    """
    features, y, weight = columns
    x = tf.gather(features[0], chosen) if len(features) == 1 else _dense(features, chosen)
    return x, tf.gather(y, chosen), tf.gather(weight, chosen)


def _dense(features, rows):
    data, indices, indptr, center, factor = features
    # Ragged ranges list the stored entries of the chosen rows, each with its row in the batch.
    entries = tf.ragged.range(tf.gather(indptr, rows), tf.gather(indptr, rows + 1))
    places = tf.stack([entries.value_rowids(), tf.gather(indices, entries.values)], axis=1)
    shape = tf.stack([tf.size(rows, out_type=tf.int64), tf.size(center, out_type=tf.int64)])
    dense = tf.scatter_nd(places, tf.gather(data, entries.values), shape)
    dense = tf.ensure_shape(dense, (None, center.shape[0]))
    return (dense - center) * factor


def block(columns, start, n_filled):
    """Give the rows of one step of an evaluation, inside a graph.

    Parameters
    ----------
    columns : Columns
        All rows.
    start : tensor of shape (), int32
        The first row.
    n_filled : int or None
        Number of rows where it is fixed, a whole number of steps; None where it is not.

    Returns
    -------
    x, y, weight : tensors
    size : tensor of shape () or int
        How many rows they are, at most `EVALUATION_BATCH`.
    """
    if n_filled is None:
        size = tf.minimum(EVALUATION_BATCH, tf.shape(columns.y)[0] - start)
    else:
        size = min(EVALUATION_BATCH, n_filled)
    return *run_of(columns, start, size), size


def run_of(columns, start, size):
    """Give rows that follow each other, made dense, inside a graph.

    Parameters
    ----------
    columns : Columns
        All rows.
    start, size : int or tensor of shape (), int32
        The first of them, and how many.

    Returns
    -------
    x, y, weight : tensors of `size` rows
    """
    if len(columns.features) > 1:
        return take(columns, tf.range(start, start + size))
    parts = (columns.features[0], columns.y, columns.weight)
    return tuple(_cut(part, start, size) for part in parts)


def _cut(tensor, start, size):
    rest = tensor.shape[1:]
    cut = tf.slice(tensor, [start, *[0] * len(rest)], [size, *rest])
    cut.set_shape((None, *rest))
    return cut
