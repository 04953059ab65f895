"""Optimizer objects: fresh copies, with a learning rate and clipping put in."""

from mlpkit.backend import keras
from mlpkit.errors import InvalidParameterError


def make_optimizer(optimizer, learning_rate=None, global_clipnorm=None):
    """Give a fresh Keras optimizer; the caller's object is never used itself.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        Keras's name, or a configured optimizer.
    learning_rate : float, default=None
        None leaves the optimizer's own.
    global_clipnorm : float, default=None
        Norm to which all gradients together are clipped; None leaves the optimizer's own.

    Returns
    -------
    keras.optimizers.Optimizer

    Raises
    ------
    InvalidParameterError
        When it clips in another way as well.

    Examples
    --------
    >>> mine = keras.optimizers.SGD(0.1, momentum=0.9)
    >>> copied = make_optimizer(mine, 0.5)
    >>> copied is mine, float(copied.learning_rate), copied.momentum
    (False, 0.5, 0.9)
    """
    given = keras.optimizers.get(optimizer)
    config = given.get_config()
    if global_clipnorm is not None:
        others = [name for name in ("clipnorm", "clipvalue") if config.get(name) is not None]
        if others:
            raise InvalidParameterError(
                f"global_clipnorm must be None for an optimizer that clips by {others[0]}. "
                f"Got {global_clipnorm!r}."
            )
        config["global_clipnorm"] = float(global_clipnorm)
    if learning_rate is not None:
        config["learning_rate"] = float(learning_rate)
    return type(given).from_config(config)
