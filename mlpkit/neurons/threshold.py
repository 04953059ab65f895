"""Threshold logic units: a weighted sum, and a step; and the network of them that solves XOR."""

from dataclasses import dataclass

import numpy as np

from mlpkit import activations
from mlpkit.errors import InvalidParameterError


def as_numbers(name, values):
    """Give values as an array of float64 of its own, or say that they are none."""
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidParameterError(
            f"{name} must be an array of numbers, its rows of one length. Got {values!r:.80}."
        ) from None


@dataclass(frozen=True, eq=False)
class ThresholdLogicUnit:
    """Threshold logic unit, or a layer of them: ``step(x @ weights + bias)``.

    Parameters
    ----------
    weights : array-like of shape (n_features,) or (n_features, n_units)
        Weight of each input; a column for each unit of a layer.
    bias : float or array-like of shape (n_units,), default=0.0
        What is added to the weighted sum: minus the threshold.
    step : {"heaviside", "sgn"}, default="heaviside"
        "heaviside" is 0 below 0, else 1; "sgn" is -1, 0 or 1, and 0 at 0.

    Raises
    ------
    InvalidParameterError
        When the step is another, or the shapes do not fit together.

    References
    ----------
    F. Rosenblatt, "The Perceptron, a Perceiving and Recognizing Automaton", 1957.

    Examples
    --------
    >>> both = ThresholdLogicUnit([1, 1], bias=-1.5)
    >>> both([[0, 0], [0, 1], [1, 0], [1, 1]])
    array([0., 0., 0., 1.])
    >>> both([1, 1])
    np.float64(1.0)
    """

    weights: np.ndarray
    bias: np.ndarray = 0.0
    step: str = "heaviside"

    def __post_init__(self):
        weights, bias = as_numbers("weights", self.weights), as_numbers("bias", self.bias)
        problems = []
        if self.step not in activations.names(trains=False):
            problems.append(f"step must be 'heaviside' or 'sgn'. Got {self.step!r}.")
        if weights.ndim not in (1, 2) or not weights.size or not np.isfinite(weights).all():
            problems.append(
                "weights must be finite numbers of shape (n_features,) or (n_features, n_units). "
                f"Got shape {weights.shape}."
            )
        elif bias.shape not in ((), weights.shape[1:]) or not np.isfinite(bias).all():
            problems.append(
                f"bias must be a finite number, or one for each of the units. Got {self.bias!r} "
                f"for weights of shape {weights.shape}."
            )
        if problems:
            raise InvalidParameterError("\n".join(problems))
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", bias)

    def __call__(self, X):
        """Outputs of the unit or layer.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_features,)
            Rows, or one row.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_units), or without the first for one row

        Raises
        ------
        InvalidParameterError
            When rows have another number of features than there are weights, or are no numbers.

        Examples
        --------
        >>> ThresholdLogicUnit([[1, -1]], step="sgn")([[2.0], [0.0]])
        array([[ 1., -1.],
               [ 0.,  0.]])
        """
        X = as_numbers("X", X)
        if X.ndim not in (1, 2) or X.shape[-1] != len(self.weights):
            raise InvalidParameterError(
                f"X must have shape (n_samples, {len(self.weights)}) or ({len(self.weights)},). "
                f"Got {X.shape}."
            )
        return activations.get(self.step)(X @ self.weights + self.bias)


@dataclass(frozen=True, eq=False)
class ThresholdLogicNetwork:
    """Layers of threshold logic units, each fed by the one before.

    Parameters
    ----------
    layers : sequence of ThresholdLogicUnit
        From the inputs to the outputs.

    Raises
    ------
    InvalidParameterError
        When there is no layer, or one does not take what the one before gives.

    Examples
    --------
    >>> invert = ThresholdLogicUnit([-1], bias=0.5)
    >>> ThresholdLogicNetwork([ThresholdLogicUnit([[1], [1]], bias=[-1.5]), invert])([1, 1])
    np.float64(0.0)
    """

    layers: tuple

    def __post_init__(self):
        layers = tuple(self.layers) if isinstance(self.layers, list | tuple) else ()
        if not layers or not all(isinstance(layer, ThresholdLogicUnit) for layer in layers):
            raise InvalidParameterError(
                f"layers must be ThresholdLogicUnits, one at least. Got {self.layers!r}."
            )
        for place, (left, right) in enumerate(zip(layers, layers[1:], strict=False), start=2):
            if left.weights.shape[1:] != right.weights.shape[:1]:
                raise InvalidParameterError(
                    f"layer {place} must take what the one before gives. Got weights of shape "
                    f"{right.weights.shape} after {left.weights.shape}; the weights of a layer "
                    "have shape (n_features, n_units)."
                )
        object.__setattr__(self, "layers", layers)

    def __call__(self, X):
        """Outputs of the last layer.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_features,)
            Rows, or one row.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_units), or without the first for one row
        """
        for layer in self.layers:
            X = layer(X)
        return X


def xor_network():
    """Network of threshold logic units that solves XOR, with the book's weights.

    One hidden unit computes AND, the other OR; the output is OR without AND.

    Returns
    -------
    ThresholdLogicNetwork

    References
    ----------
    A. Géron, Hands-On Machine Learning, figure 10-6. M. Minsky and S. Papert, Perceptrons, 1969.

    Examples
    --------
    >>> network = xor_network()
    >>> network([[0, 0], [0, 1], [1, 0], [1, 1]])
    array([0., 1., 1., 0.])
    >>> network.layers[0]([[0, 1]])  # AND, OR
    array([[0., 1.]])
    """
    return ThresholdLogicNetwork(
        (
            ThresholdLogicUnit([[1, 1], [1, 1]], bias=[-1.5, -0.5]),
            ThresholdLogicUnit([-1, 1], bias=-0.5),
        )
    )
