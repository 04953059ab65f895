"""The units in which a network learns its targets."""

import numpy as np

from mlpkit import activations
from mlpkit.scaling.affine import Affine
from mlpkit.scaling.moments import Moments, fit_standardisation


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

    Examples
    --------
    >>> from mlpkit.outputs import plain_outputs
    >>> y, weight = np.array([[1.0], [3.0]]), np.ones(2)
    >>> fit_target_units(y, weight, plain_outputs("softplus", 1), standardize=True)
    Affine(offset=array([0.]), scale=array([2.]))
    """
    mean_size = np.average(np.abs(y), axis=0, weights=weight)
    return _units(mean_size, fit_standardisation(y, weight), outputs, standardize)


def _units(mean_size, standard, outputs, standardize):
    offset, scale = np.array(outputs.offset, float), np.array(outputs.scale, float)
    for i, name in enumerate(outputs.activations):
        column = min(i, len(mean_size) - 1)
        if not standardize or (scale[i], offset[i]) != (1.0, 0.0):
            continue
        if name == "linear":
            offset[i], scale[i] = standard.offset[column], standard.scale[column]
        elif activations.get(name).range == (0.0, np.inf):
            scale[i] = mean_size[column] or 1.0
    return Affine(offset, scale)


class TargetMoments:
    """What must be known of targets to find their units, in one pass over batches of rows.

    Parameters
    ----------
    n_columns : int
        Number of target columns.

    Attributes
    ----------
    low, high : ndarray of shape (n_columns,)
        The lowest and highest values.

    Examples
    --------
    >>> from mlpkit.outputs import plain_outputs
    >>> moments = TargetMoments(1)
    >>> for y in (1.0, 3.0):
    ...     moments.add(np.array([[y]]), np.ones(1))
    >>> moments.units(plain_outputs("linear", 1), standardize=True)
    Affine(offset=array([2.]), scale=array([1.]))
    """

    def __init__(self, n_columns):
        self.moments, self.sizes = Moments(n_columns), np.zeros(n_columns)
        self.low, self.high = np.full(n_columns, np.inf), np.full(n_columns, -np.inf)

    def add(self, y, weight):
        """Add a batch.

        Parameters
        ----------
        y : ndarray of shape (n_rows, n_columns)
            Targets.
        weight : ndarray of shape (n_rows,)
            Weights, not all 0.
        """
        self.moments.add(y, weight)
        self.sizes += weight @ np.abs(y)
        self.low = np.minimum(self.low, y.min(axis=0))
        self.high = np.maximum(self.high, y.max(axis=0))

    def merge(self, other):
        """Add the rows that other moments are of.

        Parameters
        ----------
        other : TargetMoments
            Of the same columns; not changed.
        """
        self.moments.merge(other.moments)
        self.sizes = self.sizes + other.sizes
        self.low = np.minimum(self.low, other.low)
        self.high = np.maximum(self.high, other.high)

    def units(self, outputs, *, standardize):
        """Give the units that `fit_target_units` would find in all rows together.

        Parameters
        ----------
        outputs, standardize
            As there.

        Returns
        -------
        Affine
        """
        mean_size = self.sizes / self.moments.total
        return _units(mean_size, self.moments.standard(), outputs, standardize)

    def parts(self):
        """Give the arrays that these moments are, for `of_parts`."""
        return self.sizes, self.low, self.high, *self.moments.parts()

    @classmethod
    def of_parts(cls, sizes, low, high, *moments):
        """Make moments from their arrays."""
        made = cls(len(sizes))
        made.sizes, made.low, made.high = sizes, low, high
        made.moments = Moments.of_parts(*moments)
        return made
