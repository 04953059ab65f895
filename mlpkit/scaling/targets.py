"""The units in which a network learns its targets."""

import numpy as np

from mlpkit.scaling.affine import Affine
from mlpkit.scaling.moments import fit_standardisation


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
