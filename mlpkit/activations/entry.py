"""One activation of the catalogue, with its numbers and its words."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mlpkit.activations.words import WORDS
from mlpkit.errors import InvalidParameterError

# What the formulas call the parameters that can be chosen.
_LETTERS = {"alpha": "α", "negative_slope": "α", "slope": "m", "threshold": "t", "b": "b"}


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
    slope : callable
        ``slope(z)``: its derivative, or Jacobian, for such an array.
    initializer : str
        Keras's name of the kernel initializer that suits a layer with this activation.
    elementwise : bool, default=True
        Whether each output depends on one input only. The others act over the last axis.
    learned : tuple of str, default=()
        Names of the arguments that a layer learns; `function` takes them right after `z`.
    trains : bool, default=True
        Whether a gradient can train a network with it; False for step functions.
    parameters : dict of str to float, default={}
        Parameters of the function that were chosen in `get`.

    Examples
    --------
    >>> from mlpkit import activations
    >>> relu = activations.get("relu")
    >>> relu([-2, 0, 3])
    array([0., 0., 3.])
    >>> relu.derivative([-2, 0, 3])
    array([0., 0., 1.])
    >>> relu.formula, relu.range, relu.saturates, relu.initializer
    ('max(z, 0)', (0.0, inf), 'left', 'he_normal')
    >>> print(relu.weaknesses)
    A unit below 0 on every row is dead; outputs are not centred. (Nair and Hinton 2010)
    """

    name: str
    function: Callable = field(repr=False)
    slope: Callable = field(repr=False)
    initializer: str
    elementwise: bool = True
    learned: tuple[str, ...] = ()
    trains: bool = True
    parameters: dict = field(default_factory=dict, hash=False)

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
        return _applied(self.function, z, self._checked(learned))

    def derivative(self, z, *learned):
        """Derivative by `z`, or the Jacobian of an activation that acts over the last axis.

        Parameters
        ----------
        z : array-like of shape (...)
            Pre-activations.
        *learned : array-like
            The values of the arguments named in `learned`.

        Returns
        -------
        ndarray of the shape of `z`, or of shape (..., n_outputs, n_inputs) for a Jacobian
            At a kink, that of one side: TensorFlow's, where it takes one.

        Examples
        --------
        >>> from mlpkit import activations
        >>> activations.get("sigmoid").derivative(0.0)
        np.float64(0.25)
        >>> activations.get("softmax").derivative([0.0, 0.0])
        array([[ 0.25, -0.25],
               [-0.25,  0.25]])
        """
        return _applied(self.slope, z, self._checked(learned))

    def _checked(self, learned):
        if len(learned) > len(self.learned):  # the next argument is `out`, and not for this
            raise InvalidParameterError(
                f"{self.name!r} must be called with z{''.join(f', {n}' for n in self.learned)} "
                f"alone. Got {len(learned) + 1} arguments."
            )
        return learned

    @property
    def formula(self):
        """The function in one line of text; the first line of the docstring of its values."""
        function = getattr(self.function, "func", self.function)
        line = function.__doc__.strip().splitlines()[0]
        if not self.parameters:
            return line
        chosen = [f"{_LETTERS[name]} = {value:g}" for name, value in self.parameters.items()]
        return f"{line.rsplit(', with', 1)[0]}, with {' and '.join(chosen)}"

    @property
    def range(self):
        """Infimum and supremum of the values, whether they are reached or not."""
        low, high = self._words.range
        if "alpha" in self.parameters:  # the left end of ELU and CELU
            low = -self.parameters["alpha"]
        return low, high

    @property
    def saturates(self):
        """Side on which the derivative goes to 0: "left", "right", "both" or "no".

        Of an activation over the last axis: that of an output by its own input, as this goes away
        from the others; of "glu" that by the gate.
        """
        return self._words.saturates

    @property
    def strengths(self):
        """What speaks for it."""
        return self._words.strengths

    @property
    def weaknesses(self):
        """What speaks against it."""
        return self._words.weaknesses

    @property
    def _words(self):
        return WORDS[self.name]


def _applied(function, z, learned):
    """Give a function of anything array-like; a missing value stays one."""
    z = np.asarray(z)
    if not np.issubdtype(z.dtype, np.floating):
        z = z.astype(np.float64)
    if z.ndim == 0:
        return function(z[np.newaxis], *learned)[0]
    return function(z, *learned)
