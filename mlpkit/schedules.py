"""Schedules: by how much learning rate, weight decay or dropout is multiplied, step by step."""

import math
from dataclasses import dataclass

import numpy as np

from mlpkit.checks import Rule, check_parameters, number, one_of
from mlpkit.errors import InvalidParameterError


def constant(t):
    """f(t) = 1

    The learning rate as it is given, from the first step to the last.

    Parameters
    ----------
    t : float or ndarray
        Progress: steps done over steps planned, in [0, 1].

    Returns
    -------
    float or ndarray
        Factors.

    Examples
    --------
    >>> constant(np.array([0.0, 0.5]))
    array([1., 1.])
    """
    return np.ones_like(t, dtype=np.float64)


def cosine(t):
    """f(t) = (1 + cos(π t)) / 2

    Falls slowly at first and at the end, to 0.

    Parameters
    ----------
    t : float or ndarray
        Progress in [0, 1].

    Returns
    -------
    float or ndarray
        Factors.

    References
    ----------
    I. Loshchilov, F. Hutter (2017), SGDR: stochastic gradient descent with warm restarts, ICLR,
    equation 5, without a restart.

    Examples
    --------
    >>> cosine(np.array([0.0, 0.5, 1.0])).round(3)
    array([1. , 0.5, 0. ])
    """
    return (1 + np.cos(np.pi * np.asarray(t, np.float64))) / 2


def flat_cos(t):
    """f(t) = 1 for t < 1/2, (1 + cos(π (2t - 1))) / 2 from there on

    Constant for the first half, then a cosine down to 0.

    Parameters
    ----------
    t : float or ndarray
        Progress in [0, 1].

    Returns
    -------
    float or ndarray
        Factors.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data, NeurIPS, appendix on RealMLP.

    Examples
    --------
    >>> flat_cos(np.array([0.0, 0.5, 0.75, 1.0])).round(3)
    array([1. , 1. , 0.5, 0. ])
    """
    return cosine(np.maximum(2 * np.asarray(t, np.float64) - 1, 0))


def coslog4(t):
    """f(t) = (1 - cos(2π log2(1 + 15 t))) / 2

    Four waves, each twice as long as the one before: it is 0 at t = 0, 1/15, 3/15, 7/15 and 1, so
    that training has ended in a valley several times, and early stopping has good epochs to find.

    Parameters
    ----------
    t : float or ndarray
        Progress in [0, 1].

    Returns
    -------
    float or ndarray
        Factors.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data, NeurIPS, section 3.

    Examples
    --------
    >>> coslog4(np.array([0, 1, 3, 7, 15]) / 15).round(6)
    array([0., 0., 0., 0., 0.])
    """
    return (1 - np.cos(2 * np.pi * np.log2(1 + 15 * np.asarray(t, np.float64)))) / 2


def one_cycle(t):
    """f(t) linear between f(0) = 0.1, f(0.45) = 1, f(0.9) = 0.1 and f(1) = 0.001

    Up for nearly half of training, down again, and the last tenth far below where it began. The
    learning rate given is the highest.

    Parameters
    ----------
    t : float or ndarray
        Progress in [0, 1].

    Returns
    -------
    float or ndarray
        Factors.

    References
    ----------
    L. N. Smith (2018), A disciplined approach to neural network hyper-parameters, part 1,
    arXiv:1803.09820. A. Géron, Hands-On Machine Learning, "Learning Rate Scheduling".

    Examples
    --------
    >>> one_cycle(np.array([0.0, 0.45, 0.9, 1.0]))
    array([0.1  , 1.   , 0.1  , 0.001])
    """
    return np.interp(t, [0.0, 0.45, 0.9, 1.0], [0.1, 1.0, 0.1, 0.001])


SCHEDULES = {
    function.__name__: function for function in (constant, cosine, flat_cos, coslog4, one_cycle)
}


@dataclass(frozen=True)
class WarmUp:
    """A linear rise from 0 in front of a schedule, which then has the rest of the steps.

    ``f(0) t / share`` up to `share`, from there on ``f((t - share) / (1 - share))``.

    Parameters
    ----------
    schedule : str or callable, default="cosine"
        What comes after it.
    share : float, default=0.05
        Share of the steps that it takes, in (0, 1).

    References
    ----------
    P. Goyal et al. (2017), Accurate, large minibatch SGD, arXiv:1706.02677, section 2.2.

    Examples
    --------
    >>> WarmUp("constant", 0.1)(np.array([0.0, 0.05, 0.1, 1.0]))
    array([0. , 0.5, 1. , 1. ])
    """

    schedule: object = "cosine"
    share: float = 0.05

    def __post_init__(self):
        check_parameters(
            vars(self), {"schedule": SCHEDULE, "share": number(0, 1, closed="neither")}
        )

    def __call__(self, t):
        """Give the factors at some progress.

        Parameters
        ----------
        t : float or ndarray
            Progress in [0, 1].

        Returns
        -------
        float or ndarray
        """
        t = np.asarray(t, np.float64)
        later = np.clip((t - self.share) / (1 - self.share), 0, 1)
        rising = np.minimum(t / self.share, 1)
        return rising * factors(self.schedule, later)


def factors(schedule, t):
    """Give the factors of a schedule.

    Parameters
    ----------
    schedule : str or callable
        A name of `SCHEDULES`, a `WarmUp`, or any function of one number.
    t : array-like
        Progress in [0, 1].

    Returns
    -------
    ndarray of float64

    Raises
    ------
    InvalidParameterError
        When a factor is negative or no finite number.

    Examples
    --------
    >>> factors("cosine", [0.0, 0.5]), factors(lambda t: 1 if t < 0.5 else 0.1, [0.0, 0.5])
    (array([1. , 0.5]), array([1. , 0.1]))
    """
    t = np.asarray(t, np.float64)
    function = SCHEDULES[schedule] if isinstance(schedule, str) else schedule
    if function in SCHEDULES.values() or isinstance(function, WarmUp):
        return function(t)
    # A function of the user's may look at one number at a time, by an "if" for instance.
    values = np.array([float(function(each)) for each in t.ravel().tolist()]).reshape(t.shape)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        raise InvalidParameterError(
            "A schedule must give a finite factor, 0 or more. "
            f"Got {values[wrong][0]:g} at t={t[wrong][0]:g}."
        )
    return values


def is_schedule(value):
    """Tell whether a value is a schedule, as far as a few factors tell.

    Parameters
    ----------
    value : object
        What was given.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_schedule("cosine"), is_schedule("cosinus"), is_schedule(lambda t: -t)
    (True, False, False)
    """
    if isinstance(value, str):
        return value in SCHEDULES
    if isinstance(value, WarmUp):
        return True
    if not callable(value):
        return False
    try:
        return all(0 <= float(value(t)) < math.inf for t in (0.0, 0.5, 1.0))
    except Exception:
        return False


SCHEDULE = one_of(*SCHEDULES) | Rule(
    "a function of t in [0, 1] that gives a finite factor, 0 or more", is_schedule
)
