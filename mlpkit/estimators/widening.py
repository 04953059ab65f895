"""Hidden layers filled up to widths that programs share, by units that change nothing."""

from dataclasses import replace

import numpy as np

from mlpkit import activations

STEP = 16  # widths are filled up to multiples of it: a vector register of float32, or a whole few


def widened(network):
    """Give a network with its hidden layers filled up, itself where that would change something.

    The weights of the units that fill up start at zero. Where the activation of 0 is 0, such a
    unit gives 0, its weights have no gradient, and an optimizer that treats each weight alike
    leaves them at zero: training is the same but for rounding, and networks of similar widths
    share a program. Products of whole registers are no slower for it.

    Parameters
    ----------
    network : MLPNetwork
        A network to be trained by a program of fixed shapes.

    Returns
    -------
    MLPNetwork

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> from mlpkit.estimators.mlp_network import MLPNetwork
    >>> spec = make_spec("regression", 3, hidden_layer_sizes=(50, 16))
    >>> wide = widened(MLPNetwork(spec, None, {"optimizer": "adam"}))
    >>> wide.spec.hidden_layer_sizes
    (64, 16)
    """
    if not network.takes_any_width:
        return network
    sizes = network.spec.hidden_layer_sizes
    if activations.get(network.spec.activation).function(np.zeros((1, 2))).any():
        return network
    wide = tuple(-(-n // STEP) * STEP for n in sizes)
    return replace(network, spec=replace(network.spec, hidden_layer_sizes=wide))


def filled_up(weights, network):
    """Give weights in the shapes of a widened network, zeros where they are filled up.

    Parameters
    ----------
    weights : list of ndarray
        Kernel and bias of each layer.
    network : MLPNetwork
        From `widened`.

    Returns
    -------
    list of ndarray
    """
    spec = network.core
    ends = zip(spec.widths, (*spec.hidden_layer_sizes, spec.units), strict=True)
    shapes = [shape for n_in, n_out in ends for shape in ((n_in, n_out), (n_out,))]
    return [_padded(w, shape) for w, shape in zip(weights, shapes, strict=True)]


def _padded(array, shape):
    return np.pad(array, [(0, n - m) for n, m in zip(shape, array.shape, strict=True)])


def cut_back(weights, like):
    """Give the part of widened weights that belongs to the network as it is.

    Parameters
    ----------
    weights : list of ndarray
        Trained, in the shapes of the widened network.
    like : list of ndarray
        Weights in the shapes wanted.

    Returns
    -------
    list of ndarray
    """
    pairs = zip(weights, like, strict=True)
    return [np.ascontiguousarray(w[tuple(map(slice, v.shape))]) for w, v in pairs]
