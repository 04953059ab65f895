"""Ranges of hyperparameters, as scikit-learn draws from them and as Optuna suggests from them."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from mlpkit.checks import Rule, check_parameters, is_integer

_ENDS = Rule(
    "be two integers >= 1, the less first",
    lambda ends: (
        isinstance(ends, list | tuple)
        and len(ends) == 2
        and all(map(is_integer, ends))
        and 1 <= ends[0] <= ends[1]
    ),
)


@dataclass(frozen=True)
class Layers:
    """Hidden layers of one width: depth evenly, width evenly on a logarithmic scale.

    Equal widths in all layers do as well as pyramids, and are two numbers in place of six (A.
    Géron, Hands-On Machine Learning, "Number of Neurons per Hidden Layer").

    Parameters
    ----------
    depth : tuple of int
        Fewest and most layers.
    width : tuple of int
        Fewest and most units of a layer.

    Raises
    ------
    InvalidParameterError
        When either is not two whole numbers, 1 or more, the less first.

    Examples
    --------
    >>> Layers(depth=(1, 5), width=(10, 100)).rvs(random_state=0)
    (38, 38, 38, 38, 38)
    """

    depth: tuple
    width: tuple

    def __post_init__(self):
        check_parameters(vars(self), {"depth": _ENDS, "width": _ENDS})

    def rvs(self, size=None, random_state=None):
        """Draw sizes of hidden layers, as scikit-learn's searches call it.

        Parameters
        ----------
        size : int, default=None
            How many draws to give, in a list; None gives one.
        random_state : int, RandomState instance or None, default=None
            Where to draw from.

        Returns
        -------
        tuple of int, or list of such
        """
        rng = check_random_state(random_state)
        if size is not None:
            return [self.rvs(random_state=rng) for _ in range(size)]
        depth = rng.randint(self.depth[0], self.depth[1] + 1)
        low, high = np.log(self.width[0] - 0.5), np.log(self.width[1] + 0.5)
        width = int(np.clip(np.rint(np.exp(rng.uniform(low, high))), *self.width))
        return (width,) * int(depth)

    @property
    def distribution(self):
        """What scikit-learn draws from: itself."""
        return self

    def suggest(self, trial, name):
        """Ask Optuna's trial for depth and width.

        Parameters
        ----------
        trial : optuna.Trial
            The trial.
        name : str
            Name of the parameter; depth and width are called ``name_depth`` and ``name_width``.

        Returns
        -------
        tuple of int
        """
        depth = trial.suggest_int(f"{name}_depth", *self.depth)
        return (trial.suggest_int(f"{name}_width", *self.width, log=True),) * depth


@dataclass(frozen=True)
class Between:
    """Numbers between two ends, evenly or evenly on a logarithmic scale.

    Parameters
    ----------
    low, high : float
        The ends.
    log : bool, default=False
        Whether the scale is logarithmic.

    Examples
    --------
    >>> rate = Between(1e-4, 3e-2, log=True).distribution
    >>> bool(1e-4 <= rate.rvs(random_state=0) <= 3e-2)
    True
    """

    low: float
    high: float
    log: bool = False

    @property
    def distribution(self):
        """What scikit-learn draws from: a frozen distribution of SciPy."""
        from scipy.stats import loguniform, uniform

        if self.log:
            return loguniform(self.low, self.high)
        return uniform(self.low, self.high - self.low)

    def suggest(self, trial, name):
        """Ask Optuna's trial for a number."""
        return trial.suggest_float(name, self.low, self.high, log=self.log)


@dataclass(frozen=True)
class OneOf:
    """One of several values, each as likely.

    Parameters
    ----------
    values : tuple
        The values.

    Examples
    --------
    >>> OneOf(("relu", "selu")).distribution
    ['relu', 'selu']
    """

    values: tuple

    @property
    def distribution(self):
        """What scikit-learn draws from: a list."""
        return list(self.values)

    def suggest(self, trial, name):
        """Ask Optuna's trial for one of the values."""
        return trial.suggest_categorical(name, list(self.values))
