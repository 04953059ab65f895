"""Rows on the device: features, encoded targets and weights that a program reads batch by batch."""

from dataclasses import dataclass

import numpy as np

from mlpkit.backend import tf


@dataclass(frozen=True)
class Rows:
    """Training or validation rows, as tensors.

    Parameters
    ----------
    features : tuple of tensors
        ``(X,)`` for dense rows of shape (n_samples, ...); for sparse ones the CSR parts and the
        standardisation, ``(data, indices, indptr, center, factor)``.
    y : tensor of shape (n_samples, n_outputs)
        Encoded targets.
    weight : tensor of shape (n_samples,)
        Sample weights.
    """

    features: tuple
    y: tf.Tensor
    weight: tf.Tensor

    @property
    def n(self):
        """Number of rows."""
        return int(self.y.shape[0])

    @property
    def is_sparse(self):
        """Whether the features are CSR parts."""
        return len(self.features) > 1


def make_rows(X, y, weight, dtype, center=None, factor=None):
    """Put rows on the device.

    Parameters
    ----------
    X : ndarray of shape (n_samples, ...) or CSR matrix
        Features. Dense ones come standardised; sparse ones are standardised when a batch is made
        dense, so that the zeros need not be stored.
    y : ndarray of shape (n_samples, n_outputs)
        Encoded targets; whole numbers stay whole.
    weight : ndarray of shape (n_samples,)
        Sample weights.
    dtype : str
        Type of the network's arithmetic.
    center, factor : ndarray of shape (n_features,), default=None
        For sparse rows: ``(x - center) * factor``.

    Returns
    -------
    Rows
    """
    if hasattr(X, "indptr"):
        n_features = X.shape[1]
        center = np.zeros(n_features) if center is None else center
        factor = np.ones(n_features) if factor is None else factor
        features = (
            tf.constant(X.data, dtype),
            tf.constant(X.indices, tf.int64),
            tf.constant(X.indptr, tf.int64),
            tf.constant(center, dtype),
            tf.constant(factor, dtype),
        )
    else:
        features = (tf.constant(X, dtype),)
    target_dtype = tf.int64 if np.issubdtype(y.dtype, np.integer) else dtype
    return Rows(features, tf.constant(y, target_dtype), tf.constant(weight, dtype))


def take(features, rows):
    """Give the dense features of some rows, inside a graph.

    Parameters
    ----------
    features : tuple of tensors
        As in `Rows`.
    rows : tensor of shape (n,)
        Row numbers.

    Returns
    -------
    tensor of shape (n, ...)
    """
    if len(features) == 1:
        return tf.gather(features[0], rows)
    data, indices, indptr, center, factor = features
    # Ragged ranges list the stored entries of the chosen rows, each with its row in the batch.
    entries = tf.ragged.range(tf.gather(indptr, rows), tf.gather(indptr, rows + 1))
    places = tf.stack([entries.value_rowids(), tf.gather(indices, entries.values)], axis=1)
    shape = tf.stack([tf.size(rows, out_type=tf.int64), tf.size(center, out_type=tf.int64)])
    dense = tf.scatter_nd(places, tf.gather(data, entries.values), shape)
    dense = tf.ensure_shape(dense, (None, center.shape[0]))
    return (dense - center) * factor
