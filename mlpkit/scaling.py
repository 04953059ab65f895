"""Standardisation of features and targets: found on training rows, undone in predictions."""

from dataclasses import dataclass

import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.utils.sparsefuncs import mean_variance_axis

BLOCK = 2**22  # numbers converted at a time


@dataclass(frozen=True)
class Affine:
    """The map ``(x - offset) / scale``, a column at a time.

    Parameters
    ----------
    offset, scale : ndarray of shape (n_columns,)
        float64; scales are positive.
    """

    offset: np.ndarray
    scale: np.ndarray

    @property
    def is_identity(self):
        """Whether nothing is changed."""
        return not self.offset.any() and bool((self.scale == 1).all())

    def apply(self, X, dtype):
        """Give standardised rows; the arithmetic is in float64, a block of rows at a time.

        Large offsets (dates as seconds, prices) would lose their digits in float32.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_columns)
            Rows in their own units; not changed.
        dtype : str
            Type of the result.

        Returns
        -------
        ndarray of shape (n_samples, n_columns)
        """
        out = np.empty(X.shape, dtype)
        step = max(1, BLOCK // max(1, X.shape[1]))
        for start in range(0, len(X), step):
            rows = slice(start, start + step)
            out[rows] = (X[rows] - self.offset) / self.scale
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


def identity(n_columns):
    """Give the map that changes nothing.

    Parameters
    ----------
    n_columns : int
        Number of columns.

    Returns
    -------
    Affine
    """
    return Affine(np.zeros(n_columns), np.ones(n_columns))


def fit_standardisation(X, weight):
    """Find weighted means and standard deviations; a constant column keeps scale 1.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_samples, n_columns)
        Training rows.
    weight : ndarray of shape (n_samples,)
        Sample weights: a row of weight 2 counts as two rows.

    Returns
    -------
    Affine
    """
    if hasattr(X, "indptr"):
        mean, variance = mean_variance_axis(X, axis=0, weights=weight.astype(X.dtype))[:2]
        scale = np.sqrt(np.asarray(variance, np.float64))
        # Far below the size of the values a deviation is rounding, not variation.
        scale[scale <= 1e-7 * np.abs(mean)] = 1.0
        scale[scale == 0] = 1.0
        return Affine(np.asarray(mean, np.float64), scale)
    scaler = StandardScaler().fit(X, sample_weight=weight)
    return Affine(scaler.mean_.astype(np.float64), scaler.scale_.astype(np.float64))


def fit_target_units(y, weight, outputs, *, standardize):
    """Find the units in which a network with these outputs learns its targets best.

    Unbounded outputs learn standardised targets, positive ones targets of mean size 1, bounded
    ones targets from 0 to 1 (sigmoid) or -1 to 1 (tanh).

    Parameters
    ----------
    y : ndarray of shape (n_samples, n_columns)
        Training targets.
    weight : ndarray of shape (n_samples,)
        Sample weights.
    outputs : Outputs
        Activations, scales and offsets of the network's outputs; several outputs for one target
        column (quantiles) share its units.
    standardize : bool
        False keeps unbounded and positive targets as they are.

    Returns
    -------
    Affine
        For each output.
    """
    mean_size = np.average(np.abs(y), axis=0, weights=weight)
    standard = fit_standardisation(y, weight)
    offset, scale = np.array(outputs.offset, float), np.array(outputs.scale, float)
    for i, name in enumerate(outputs.activations):
        column = min(i, y.shape[1] - 1)
        if not standardize or (scale[i], offset[i]) != (1.0, 0.0):
            continue
        if name == "linear":
            offset[i], scale[i] = standard.offset[column], standard.scale[column]
        elif name in ("softplus", "relu", "exponential", "squareplus"):
            scale[i] = mean_size[column] or 1.0
    return Affine(offset, scale)
