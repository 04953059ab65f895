"""Making the Keras model to train, from the user's model or builder."""

import contextlib
import random
import threading

import numpy as np

from mlpkit.backend import keras
from mlpkit.errors import InvalidParameterError
from mlpkit.training import copy_factors

_random_lock = threading.Lock()


@contextlib.contextmanager
def seeded(seed):
    """Let Keras draw its seeds from `seed` for a while; global seeds are put back after.

    Parameters
    ----------
    seed : int
        The seed. Keras draws the seed of an initializer or dropout layer that has none from
        Python's generator.
    """
    with _random_lock:
        states = random.getstate(), np.random.get_state()
        random.seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])


def fresh_model(model, n_features, task, parameters, seed):
    """Make the Keras model to train, the user's own left as it is.

    Parameters
    ----------
    model : keras.Model or callable
        A model, of which a copy with new initial weights is made, or a builder that is called
        as ``builder(n_features, task, **parameters)``.
    n_features : int
        Features of the table.
    task : Task
        What is to be learnt.
    parameters : dict
        Arguments for the builder.
    seed : int
        Decides initial weights.

    Returns
    -------
    keras.Model

    Raises
    ------
    InvalidParameterError
        When no model comes of it.
    """
    if isinstance(model, keras.Model) and parameters:
        raise InvalidParameterError(
            f"model__ parameters need a builder function. Got a built model and {parameters!r}."
        )
    with seeded(seed):
        made = (
            _copied(model)
            if isinstance(model, keras.Model)
            else _built(model, n_features, task, parameters)
        )
    _check_inputs(made, n_features)
    return made


def _copied(model):
    try:
        if isinstance(model, keras.Sequential) or hasattr(model, "_operations"):
            copied = keras.models.clone_model(model)
        else:
            copied = type(model).from_config(model.get_config())
        if model.built and copied.built:
            copy_factors(model, copied)
        return copied
    except (NotImplementedError, TypeError, ValueError) as error:
        raise InvalidParameterError(
            f"model of type {type(model).__name__} cannot be copied ({error}). Pass a builder "
            "function in its place: model=lambda n_features, task: ..."
        ) from error


def _built(builder, n_features, task, parameters):
    made = builder(n_features, task, **parameters)
    if not isinstance(made, keras.Model):
        raise InvalidParameterError(
            f"model must return a keras.Model. {builder!r} returned {type(made).__name__}."
        )
    return made


def _check_inputs(model, n_features):
    inputs = getattr(model, "inputs", None)
    if inputs and len(inputs) > 1:
        raise InvalidParameterError(
            f"model must have one input. Got {len(inputs)}: models with several inputs are out "
            "of scope; join the inputs in one table and slice them inside the model."
        )
    if inputs and int(np.prod(inputs[0].shape[1:])) != n_features:
        raise InvalidParameterError(
            f"model must take the {n_features} features of X. It takes shape "
            f"{tuple(inputs[0].shape[1:])}; a builder function gets n_features as its argument. "
            "A table that is encoded has as many as encoder_ makes of it."
        )
