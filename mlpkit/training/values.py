"""What a step takes and gives, as nests of tensors."""

from typing import NamedTuple

from mlpkit.backend import tf


class Values(NamedTuple):
    """The values of a model in training, each a tuple of tensors.

    Parameters
    ----------
    trained : tuple of tensors
        The model's trainable variables.
    others : tuple of tensors
        Its other variables: moving statistics, states of seed generators.
    slots : tuple of tensors
        The optimizer's variables, its count of steps and learning rate among them.
    """

    trained: tuple
    others: tuple
    slots: tuple


class Totals(NamedTuple):
    """What is summed over the batches of an epoch.

    Parameters
    ----------
    loss : tensor of shape ()
        Sum of loss times weight.
    weight : tensor of shape ()
        Sum of weights.
    metrics : tuple of tensors
        The metrics' variables, one metric after the other.
    """

    loss: tf.Tensor
    weight: tf.Tensor
    metrics: tuple


class Batch(NamedTuple):
    """Rows of one step.

    Parameters
    ----------
    x : tensor of shape (n, ...)
        Features.
    y : tensor of shape (n, n_outputs)
        Encoded targets.
    weight : tensor of shape (n,)
        Weights, 0 for rows that only fill up the batch.
    mask : tensor of shape (n,) or None
        False for rows that only fill up, for layers that look at several rows; None where there
        are no such rows or no such layers.
    """

    x: tf.Tensor
    y: tf.Tensor
    weight: tf.Tensor
    mask: object = None
