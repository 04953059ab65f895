"""The optimizer's variables when a fit begins."""

import numpy as np

from mlpkit.backend import tf
from mlpkit.errors import InvalidParameterError


def first_slots(step, fresh, sizes, state, learning_rate, own_rate):
    """Give the values of the optimizer's variables.

    Parameters
    ----------
    step : Step
        Its optimizer.
    fresh : list of ndarray
        As the program's own optimizer has them before the first step.
    sizes : dict of int to int
        The widths of this fit's layers by those of the program's own model.
    state : list of ndarray or None
        The variables from an earlier fit to go on from.
    learning_rate, own_rate : float or None
        See `Program.start`.

    Returns
    -------
    tuple of tensors

    Raises
    ------
    InvalidParameterError
        When a learning rate is given to an optimizer that has a schedule of its own.
    """
    fresh = [_resized(slot, sizes) for slot in fresh]
    if [v.shape for v in state or ()] != [v.shape for v in fresh]:
        state = fresh  # none, or another optimizer's
        learning_rate = own_rate if learning_rate is None else learning_rate
    if learning_rate is not None:
        place = step.rate_place
        if place is None:
            raise InvalidParameterError(
                "learning_rate must be None for an optimizer that has a learning rate "
                f"schedule of its own. Got {learning_rate!r}."
            )
        state = [learning_rate if i == place else value for i, value in enumerate(state)]
    pairs = zip(state, step.variables.slots, strict=True)
    return tuple(tf.constant(value, variable.dtype) for value, variable in pairs)


def _resized(slot, sizes):
    """Give an optimizer's fresh variable for the widths of this fit's layers."""
    shape = tuple(sizes.get(n, n) for n in slot.shape)
    # One number fills all of it: only such optimizers are run with layers of any width.
    return slot if shape == slot.shape else np.full(shape, slot.flat[0], slot.dtype)
