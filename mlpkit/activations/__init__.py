"""Activation functions by name: value, derivative, formula, range, and what speaks for and against.

The names are Keras's, and so are the values (leaky ReLU's slope is Keras's 0.2, not the book's
0.01), so that a trained network can be evaluated without TensorFlow. The two step functions of
the first neurons stand beside them; no gradient trains those.
"""

import difflib
import inspect
import math
import numbers
from dataclasses import replace
from functools import partial

from mlpkit.activations import derivatives, values
from mlpkit.activations.entry import Activation
from mlpkit.errors import InvalidParameterError

# Initializers keep the variance of the signal from layer to layer. Functions that pass positive
# inputs and mute negative ones halve it, which He's factor of 2 makes up for; SELU's fixed point
# is derived for LeCun's variance 1 / n_in; the rest follow Glorot's, derived for functions that
# are close to the identity around 0.
_HE, _LECUN, _GLOROT = "he_normal", "lecun_normal", "glorot_uniform"

_CATALOGUE = {
    entry.name: entry
    for entry in (
        Activation("celu", values.celu, derivatives.celu, _HE),
        Activation("elu", values.elu, derivatives.elu, _HE),
        Activation("exponential", values.exponential, derivatives.exponential, _GLOROT),
        Activation("gelu", values.gelu, derivatives.gelu, _HE),
        Activation("glu", values.glu, derivatives.glu, _GLOROT, elementwise=False),
        Activation("hard_shrink", values.hard_shrink, derivatives.shrink, _GLOROT),
        Activation("hard_sigmoid", values.hard_sigmoid, derivatives.hard_sigmoid, _GLOROT),
        Activation("hard_silu", values.hard_silu, derivatives.hard_silu, _HE),
        Activation("hard_swish", values.hard_silu, derivatives.hard_silu, _HE),
        Activation("hard_tanh", values.hard_tanh, derivatives.hard_tanh, _GLOROT),
        Activation("heaviside", values.heaviside, derivatives.step, _GLOROT, trains=False),
        Activation("leaky_relu", values.leaky_relu, derivatives.leaky_relu, _HE),
        Activation("linear", values.linear, derivatives.linear, _GLOROT),
        Activation("log_sigmoid", values.log_sigmoid, derivatives.log_sigmoid, _GLOROT),
        Activation(
            "log_softmax", values.log_softmax, derivatives.log_softmax, _GLOROT, elementwise=False
        ),
        Activation("mish", values.mish, derivatives.mish, _HE),
        Activation("prelu", values.prelu, derivatives.prelu, _HE, learned=("alpha",)),
        Activation("relu", values.relu, derivatives.relu, _HE),
        Activation("relu6", values.relu6, derivatives.relu6, _HE),
        Activation("selu", values.selu, derivatives.selu, _LECUN),
        Activation("sgn", values.sgn, derivatives.step, _GLOROT, trains=False),
        Activation("sigmoid", values.sigmoid, derivatives.sigmoid, _GLOROT),
        Activation("silu", values.silu, derivatives.silu, _HE),
        Activation("soft_shrink", values.soft_shrink, derivatives.shrink, _GLOROT),
        Activation("softmax", values.softmax, derivatives.softmax, _GLOROT, elementwise=False),
        Activation("softplus", values.softplus, derivatives.softplus, _HE),
        Activation("softsign", values.softsign, derivatives.softsign, _GLOROT),
        Activation("sparse_plus", values.sparse_plus, derivatives.sparse_plus, _HE),
        Activation("sparse_sigmoid", values.sparse_sigmoid, derivatives.sparse_sigmoid, _GLOROT),
        Activation(
            "sparsemax", values.sparsemax, derivatives.sparsemax, _GLOROT, elementwise=False
        ),
        Activation("squareplus", values.squareplus, derivatives.squareplus, _HE),
        Activation("swish", values.silu, derivatives.silu, _HE),
        Activation("tanh", values.tanh, derivatives.tanh, _GLOROT),
        Activation("tanh_shrink", values.tanh_shrink, derivatives.tanh_shrink, _GLOROT),
    )
}


def names(*, trains=None):
    """Names of all activations, in alphabetical order.

    Every name that Keras knows is there but "threshold", which Keras cannot apply by its name
    either (it needs two arguments). "prelu", which Keras has as a layer only, is there too, and so
    are "heaviside" and "sgn", which Keras has not.

    Parameters
    ----------
    trains : bool, default=None
        True gives those that a gradient can train, False the step functions, None both.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from mlpkit import activations
    >>> activations.names()[:4]
    ('celu', 'elu', 'exponential', 'gelu')
    >>> activations.names(trains=False)
    ('heaviside', 'sgn')
    """
    return tuple(
        name for name, entry in _CATALOGUE.items() if trains is None or entry.trains == trains
    )


def get(name, **parameters):
    """Entry of the catalogue for a name.

    Parameters
    ----------
    name : str or None
        One of `names`; None is "linear", as in Keras.
    **parameters : float
        Parameters of the function, by Keras's words: `negative_slope` of "leaky_relu", `alpha` of
        "elu" and "celu", `threshold` of "hard_shrink" and "soft_shrink", `b` of "squareplus"; and
        `slope` of "linear".

    Returns
    -------
    Activation

    Raises
    ------
    InvalidParameterError
        If there is no such activation, and the message proposes the nearest names; or if it has no
        such parameter.

    Examples
    --------
    >>> from mlpkit import activations
    >>> activations.get("selu").initializer
    'lecun_normal'
    >>> activations.get("selu")([-1e4, 1.0]).round(4)
    array([-1.7581,  1.0507])
    >>> activations.get("leaky_relu", negative_slope=0.01)(-100)
    np.float64(-1.0)
    """
    if name is None:
        name = "linear"
    if isinstance(name, str) and name in _CATALOGUE:
        entry = _CATALOGUE[name]
        return _with(entry, parameters) if parameters else entry
    raise InvalidParameterError(
        f"activation must be one of {', '.join(_CATALOGUE)}. Got {name!r}.{_advice(name)}"
    )


def _with(entry, parameters):
    """Give an entry with parameters of its own."""
    known = _parameters_of(entry)
    for key, value in parameters.items():
        if key not in known:
            raise InvalidParameterError(
                f"{entry.name!r} must be given parameters that it has: "
                f"{', '.join(known) or 'none'}. Got {key}={value!r}."
            )
        if not _suits(key, value):
            raise InvalidParameterError(
                f"{key} of {entry.name!r} must be a finite number"
                f"{' above 0' if key in _POSITIVE else ' other than 0'}. Got {value!r}."
            )
    return replace(
        entry,
        function=partial(entry.function, **parameters),
        slope=partial(entry.slope, **parameters),
        parameters=dict(parameters),
    )


_POSITIVE = ("alpha", "negative_slope", "threshold", "b")


def _suits(key, value):
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
        return False
    return value > 0 if key in _POSITIVE else value != 0


def _parameters_of(entry):
    taken = {"z", "out", *entry.learned}
    return [name for name in inspect.signature(entry.function).parameters if name not in taken]


def _advice(name):
    """What to do about a name that is not in the catalogue, or nothing."""
    if name == "threshold":
        return " Keras's threshold takes two arguments and has no meaning by its name alone."
    near = difflib.get_close_matches(str(name).lower(), _CATALOGUE, n=3)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
