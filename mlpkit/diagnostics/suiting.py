"""Whether targets suit a loss and a model's outputs, before a loss makes something else of them."""

import numpy as np

from mlpkit.checks import shown
from mlpkit.errors import InvalidParameterError

_ONE_COLUMN = ("SparseCategoricalCrossentropy", "Quantile", "FunctionLoss")


def check_targets(subject):
    """Refuse targets that a loss would spread over several outputs, or take for what they are not.

    Parameters
    ----------
    subject : Subject
        With targets and a loss.

    Raises
    ------
    InvalidParameterError
        When they do not suit.

    Examples
    --------
    >>> from mlpkit.backend import keras
    >>> from mlpkit.diagnostics.subject import subject_of
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> check_targets(subject_of(model, [[1.0, 2.0]], [3.0], loss="mse"))
    """
    _check_width(subject)
    _check_classes(subject)


def _check_width(subject):
    """Refuse targets that a loss would silently spread over several outputs."""
    wanted, shape = subject.model.output_shape[1:], subject.targets.shape[1:]
    if type(subject.loss).__name__ == "SparseCategoricalCrossentropy" and shape == wanted != (1,):
        raise InvalidParameterError(
            f"y must hold numbers of classes, in one column, for {subject.loss.name}. Got "
            f"{shape[0]} columns: pass y.argmax(axis=-1), or loss='categorical_crossentropy'."
        )
    if type(subject.loss).__name__ in _ONE_COLUMN and shape == (1,):
        return
    if any(n not in (None, size) for n, size in zip(wanted, shape, strict=False)) or (
        len(wanted) != len(shape)
    ):
        raise InvalidParameterError(
            f"y must have a column for each output of the model, {wanted} in all, for "
            f"{subject.loss.name}. Got {shape}."
        )


def _check_classes(subject):
    """Refuse targets that a cross-entropy would take for classes or probabilities."""
    kind, y = type(subject.loss).__name__, subject.targets
    if kind == "SparseCategoricalCrossentropy":
        most, rule = subject.model.output_shape[-1] - 1, "the number of an output"
        wrong = (y < 0) | (y > most) | (y != np.floor(y))
        wrong &= y != getattr(subject.loss, "ignore_class", None)
    elif kind in ("BinaryCrossentropy", "CategoricalCrossentropy"):
        most, rule = 1, "a probability"
        wrong = (y < 0) | (y > most)
    else:
        return
    if wrong.any():
        raise InvalidParameterError(
            f"y must hold {rule}, 0 to {most}, for {subject.loss.name}. "
            f"Got {shown(y[wrong].flat[0].item())}."
        )
