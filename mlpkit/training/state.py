"""What training carries from epoch to epoch, as tensors."""

import math
from typing import NamedTuple

from mlpkit.backend import tf
from mlpkit.training.values import Values

MOMENTUM = 0.9  # of the running average of weights, an epoch


class State(NamedTuple):
    """All that training carries from epoch to epoch, as tensors.

    Parameters
    ----------
    values : Values
        The model's and the optimizer's variables.
    average : tuple of tensors
        Running average of the model's variables, trained ones first; empty where none is kept.
    best : tuple of tensors
        The model's variables in the best epoch; empty without early stopping.
    epoch, best_epoch, improved : tensors of shape (), int32
        Epochs done, the best one, and the last one in which a figure was better than before.
    score, lowest : tensors of shape (2,)
        Error and loss of the best epoch, and the lowest of each so far; lower is better.
    goes_on : tensor of shape (), bool
        False once early stopping or a loss that is not finite ends training.
    """

    values: Values
    average: tuple
    best: tuple
    epoch: tf.Tensor
    best_epoch: tf.Tensor
    improved: tf.Tensor
    score: tf.Tensor
    lowest: tf.Tensor
    goes_on: tf.Tensor


def first_state(values, *, average, stops, dtype):
    """Give the state before the first epoch.

    Parameters
    ----------
    values : Values
        Initial values.
    average, stops : bool
        Whether a running average is kept, and whether the best epoch is looked for.
    dtype : str
        Type of losses.

    Returns
    -------
    State
    """
    weights = (*values.trained, *values.others)
    count, endless = tf.zeros((), tf.int32), tf.fill((2,), tf.constant(math.inf, dtype))
    return State(
        values, weights if average else (), weights if stops else (),
        count, count, count, endless, endless, tf.constant(True),
    )  # fmt: skip


def averaged(old, new, epoch):
    """Give a running average of weights over epochs, with a shorter memory at the start.

    Averaging along the path of training finds flatter, better weights than the last step's, as a
    falling learning rate would, without a schedule to be tuned.

    Parameters
    ----------
    old, new : tuple of tensors
        The average so far, and an epoch's weights; numbers that are no floats are not averaged.
    epoch : tensor of shape (), int32
        The epoch, counted from 1.

    Returns
    -------
    tuple of tensors

    References
    ----------
    B. Polyak, A. Juditsky (1992), Acceleration of stochastic approximation by averaging. SIAM
    Journal on Control and Optimization 30. P. Izmailov et al. (2018), Averaging weights leads to
    wider optima and better generalization, UAI.

    Examples
    --------
    >>> averaged((tf.constant(3.0),), (tf.constant(6.0),), tf.constant(2))[0].numpy()
    np.float32(4.5)
    """
    count = tf.cast(epoch, tf.float64)
    momentum = tf.minimum(tf.constant(MOMENTUM, tf.float64), count / (count + 2))
    momentum = tf.where(epoch > 1, momentum, 0)
    return tuple(_mixed(a, b, momentum) for a, b in zip(old, new, strict=True))


def _mixed(old, new, momentum):
    if not new.dtype.is_floating:
        return new
    share = tf.cast(momentum, new.dtype)
    return share * old + (1 - share) * new


class Counts(NamedTuple):
    """Run-time sizes of `Epochs.run`, tensors of shape () and type int32.

    Parameters
    ----------
    rows, held : tensors
        Training rows, and validation rows to look at.
    epochs : tensor
        Epochs at most.
    patience : tensor
        Epochs without improvement before training stops.
    """

    rows: tf.Tensor
    held: tf.Tensor
    epochs: tf.Tensor
    patience: tf.Tensor
