"""Activation functions by name: their values in NumPy, and the initializer that suits each.

The names are Keras's, and so are the values (leaky ReLU's slope is Keras's 0.2, not the book's
0.01), so that a trained network can be evaluated without TensorFlow.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mlpkit.activations import values
from mlpkit.errors import InvalidParameterError


@dataclass(frozen=True)
class Activation:
    """One entry of the catalogue: an activation function and what belongs to it.

    Parameters
    ----------
    name : str
        Keras's name of the activation.
    function : callable
        ``function(z, out=None)``: the activation of a floating array `z` with at least one axis,
        in the dtype of `z`. `out` may be `z` itself; without it `z` is left as it is.
    initializer : str
        Keras's name of the kernel initializer that suits a layer with this activation.
    elementwise : bool, default=True
        Whether each output depends on one input only. The others act over the last axis.
    learned : tuple of str, default=()
        Names of the arguments that a layer learns; `function` takes them right after `z`.

    Examples
    --------
    >>> from mlpkit import activations
    >>> relu = activations.get("relu")
    >>> relu([-2, 0, 3])
    array([0., 0., 3.])
    >>> relu.initializer
    'he_normal'
    """

    name: str
    function: Callable = field(repr=False)
    initializer: str
    elementwise: bool = True
    learned: tuple[str, ...] = ()

    def __call__(self, z, *learned):
        """Activation of anything array-like; numbers that are not floating become float64.

        Parameters
        ----------
        z : array-like of shape (...)
            Pre-activations.
        *learned : array-like
            The values of the arguments named in `learned`.

        Returns
        -------
        ndarray of the shape of `z` (half the last axis for "glu"), or a scalar for a scalar

        Examples
        --------
        >>> from mlpkit import activations
        >>> activations.get("prelu")([-4.0, 4.0], 0.1)
        array([-0.4,  4. ])
        """
        z = np.asarray(z)
        if not np.issubdtype(z.dtype, np.floating):
            z = z.astype(np.float64)
        if z.ndim == 0:
            return self.function(z[np.newaxis], *learned)[0]
        return self.function(z, *learned)


# Initializers keep the variance of the signal from layer to layer. Functions that pass positive
# inputs and mute negative ones halve it, which He's factor of 2 makes up for; SELU's fixed point
# is derived for LeCun's variance 1 / n_in; the rest follow Glorot's, derived for functions that
# are close to the identity around 0.
_HE, _LECUN, _GLOROT = "he_normal", "lecun_normal", "glorot_uniform"

_CATALOGUE = {
    entry.name: entry
    for entry in (
        Activation("celu", values.elu, _HE),
        Activation("elu", values.elu, _HE),
        Activation("exponential", values.exponential, _GLOROT),
        Activation("gelu", values.gelu, _HE),
        Activation("glu", values.glu, _GLOROT, elementwise=False),
        Activation("hard_shrink", values.hard_shrink, _GLOROT),
        Activation("hard_sigmoid", values.hard_sigmoid, _GLOROT),
        Activation("hard_silu", values.hard_silu, _HE),
        Activation("hard_swish", values.hard_silu, _HE),
        Activation("hard_tanh", values.hard_tanh, _GLOROT),
        Activation("leaky_relu", values.leaky_relu, _HE),
        Activation("linear", values.linear, _GLOROT),
        Activation("log_sigmoid", values.log_sigmoid, _GLOROT),
        Activation("log_softmax", values.log_softmax, _GLOROT, elementwise=False),
        Activation("mish", values.mish, _HE),
        Activation("prelu", values.prelu, _HE, learned=("alpha",)),
        Activation("relu", values.relu, _HE),
        Activation("relu6", values.relu6, _HE),
        Activation("selu", values.selu, _LECUN),
        Activation("sigmoid", values.sigmoid, _GLOROT),
        Activation("silu", values.silu, _HE),
        Activation("soft_shrink", values.soft_shrink, _GLOROT),
        Activation("softmax", values.softmax, _GLOROT, elementwise=False),
        Activation("softplus", values.softplus, _HE),
        Activation("softsign", values.softsign, _GLOROT),
        Activation("sparse_plus", values.sparse_plus, _HE),
        Activation("sparse_sigmoid", values.sparse_sigmoid, _GLOROT),
        Activation("sparsemax", values.sparsemax, _GLOROT, elementwise=False),
        Activation("squareplus", values.squareplus, _HE),
        Activation("swish", values.silu, _HE),
        Activation("tanh", values.tanh, _GLOROT),
        Activation("tanh_shrink", values.tanh_shrink, _GLOROT),
    )
}


def names():
    """Names of all activations, in alphabetical order.

    Every name that Keras knows is there but "threshold", which Keras cannot apply by its name
    either (it needs two arguments), and "prelu", which Keras has as a layer only, is there too.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from mlpkit import activations
    >>> activations.names()[:4]
    ('celu', 'elu', 'exponential', 'gelu')
    """
    return tuple(_CATALOGUE)


def get(name):
    """Entry of the catalogue for a name.

    Parameters
    ----------
    name : str or None
        One of `names`; None is "linear", as in Keras.

    Returns
    -------
    Activation

    Raises
    ------
    InvalidParameterError
        If there is no such activation; the message proposes the nearest names.

    Examples
    --------
    >>> from mlpkit import activations
    >>> activations.get("selu")
    Activation(name='selu', initializer='lecun_normal', elementwise=True, learned=())
    >>> activations.get("selu")([-1e4, 1.0]).round(4)
    array([-1.7581,  1.0507])
    """
    if name is None:
        name = "linear"
    if isinstance(name, str) and name in _CATALOGUE:
        return _CATALOGUE[name]
    raise InvalidParameterError(
        f"activation must be one of {', '.join(_CATALOGUE)}. Got {name!r}.{_advice(name)}"
    )


def _advice(name):
    """What to do about a name that is not in the catalogue, or nothing."""
    if name == "threshold":
        return " Keras's threshold takes two arguments and has no meaning by its name alone."
    near = difflib.get_close_matches(str(name).lower(), _CATALOGUE, n=3)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
