"""What comes behind the last product: output activations, and a temperature."""

import numpy as np

from mlpkit import activations


def activated(outputs, z):
    """Apply output activations and their scales.

    Parameters
    ----------
    outputs : Outputs
        Of the network.
    z : ndarray of shape (n_samples, units)
        What comes before them.

    Returns
    -------
    ndarray of shape (n_samples, units)

    Examples
    --------
    >>> from mlpkit.outputs import Outputs
    >>> activated(Outputs(("relu",), (2.0,), (1.0,)), np.array([[-1.0], [3.0]])).ravel()
    array([1., 7.])
    """
    names = outputs.activations
    if len(set(names)) == 1:
        z = activations.get(names[0]).function(z)
    else:
        columns = zip(names, z.T, strict=True)
        z = np.stack([activations.get(n).function(c) for n, c in columns], axis=1)
    if outputs.is_plain:
        return z
    return z * np.array(outputs.scale, z.dtype) + np.array(outputs.offset, z.dtype)


def tempered(probabilities, task, temperature):
    """Divide the logits of probabilities by a temperature.

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples, units)
        Of classes or labels; outputs of a regression stay as they are.
    task : str
        A name of `mlpkit.tasks.TASKS`.
    temperature : float
        Above 1 makes them less certain; 1 changes nothing.

    Returns
    -------
    ndarray of shape (n_samples, units)

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Weinberger (2017), On calibration of modern neural networks. ICML.

    Examples
    --------
    >>> tempered(np.array([[0.2, 0.8]]), "multiclass", 0.5).round(3).tolist()
    [[0.059, 0.941]]
    """
    if temperature == 1 or task in ("regression", "multioutput"):
        return probabilities
    least = np.finfo(probabilities.dtype).tiny
    raised = np.maximum(probabilities, least) ** (1 / temperature)
    if task == "multiclass":
        return raised / raised.sum(axis=1, keepdims=True)
    return raised / (raised + np.maximum(1 - probabilities, least) ** (1 / temperature))
