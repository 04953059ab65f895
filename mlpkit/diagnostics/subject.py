"""What is looked at: a copy of a model with rows, targets and loss, in float64 where asked for."""

from dataclasses import dataclass, replace

import numpy as np

from mlpkit import compilation
from mlpkit.backend import keras
from mlpkit.errors import InvalidParameterError
from mlpkit.losses import LOSSES
from mlpkit.scaling import Affine, identity


@dataclass(frozen=True, eq=False)
class Subject:
    """A copy of a model with rows for it; whatever is done to the copy, the model stays.

    Parameters
    ----------
    model : keras.Model
        The copy, which takes `rows` as they are.
    rows : ndarray of shape (n_samples, ...)
        In the units and the type the copy takes.
    targets : ndarray of shape (n_samples, n_outputs) or None
        As the loss takes them.
    loss : keras.losses.Loss or None
        The loss; None where there is none.
    optimizer : keras.optimizers.Optimizer or None
        A fresh one, as the model is trained with.
    features : Affine
        From raw features to `rows`.
    names : tuple of str
        Names of the features.
    """

    model: keras.Model
    rows: np.ndarray
    targets: np.ndarray | None
    loss: object
    optimizer: object
    features: Affine
    names: tuple


def subject_of(model, X, y=None, *, loss=None, dtype=None):
    """Give a copy of a model, and rows and targets for it.

    Parameters
    ----------
    model : mlpkit estimator or keras.Model
        A fitted estimator, whose network is looked at in the units in which it learns, or a
        Sequential or functional Keras model with one input and one output.
    X : array-like of shape (n_samples, n_features)
        Rows; raw features for an estimator.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Targets; for a Keras model, as its loss takes them.
    loss : str, keras.losses.Loss or callable, default=None
        The loss in place of the one the model was compiled with.
    dtype : {"float32", "float64"}, default=None
        Type of the copy's weights and arithmetic; None is the model's own.

    Returns
    -------
    Subject

    Raises
    ------
    InvalidParameterError
        When the model is of another kind, or rows and targets do not suit it.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> subject = subject_of(model, [[1, 2]], [[3]], loss="mse", dtype="float64")
    >>> subject.rows.dtype, subject.model.dtype, subject.model is model
    (dtype('float64'), 'float64', False)
    """
    if isinstance(model, keras.Model):
        subject = _of_keras(model, X, y, loss)
    elif hasattr(model, "_learnt") or hasattr(model, "model_"):
        subject = _of_estimator(model, X, y, loss)
    else:
        raise InvalidParameterError(
            "model must be a fitted mlpkit estimator or a keras.Model. "
            f"Got {type(model).__name__}{_unfitted(model)}."
        )
    return _copied(subject, dtype)


def _unfitted(model):
    from mlpkit.estimators.base import BaseMLPEstimator

    return ", not fitted: call fit first" if isinstance(model, BaseMLPEstimator) else ""


def _of_estimator(estimator, X, y, loss):
    from mlpkit.estimators.examining import examined

    given = examined(estimator, X, y)
    names = getattr(estimator, "feature_names_in_", None)
    n_features = len(given.features.offset)
    return Subject(
        given.model,
        given.rows,
        given.targets,
        given.loss if loss is None else _made(loss),
        given.optimizer,
        given.features,
        tuple(names) if names is not None else _numbered(n_features),
    )


def _of_keras(model, X, y, loss):
    if not hasattr(model, "_run_through_graph") and not isinstance(model, keras.Sequential):
        raise InvalidParameterError(
            "model must be a Sequential or functional Keras model, whose layers can be followed. "
            f"Got a subclassed one, {type(model).__name__}: build the same layers functionally."
        )
    if not model.built:
        model.build((None, *np.shape(X)[1:]))
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise InvalidParameterError(
            "model must have one input and one output. "
            f"Got {len(model.inputs)} and {len(model.outputs)}."
        )
    rows = _rows_for(model, X)
    if loss is None and model.compiled:
        loss = model.loss
    optimizer = compilation.make_optimizer(model.optimizer) if model.compiled else None
    names = getattr(X, "columns", None)
    size = int(np.prod(model.input_shape[1:]))
    return Subject(
        model,
        rows,
        None if y is None else _targets_for(model, y, len(rows)),
        None if loss is None else _made(loss),
        optimizer,
        identity(size),
        tuple(map(str, names)) if names is not None else _numbered(size),
    )


def _made(loss):
    """Give a loss object, named, given or written as a function."""
    if isinstance(loss, str) and loss not in LOSSES:
        loss = keras.losses.get(loss)
    return compilation.make_loss(loss, "")


def _numbered(n):
    return tuple(f"x{i}" for i in range(n))


def _rows_for(model, X):
    X = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    shape = model.input_shape[1:]
    if X.ndim < 2 or X.shape[1:] != tuple(shape):
        raise InvalidParameterError(
            f"X must have shape (n_samples, {', '.join(map(str, shape))}). Got {X.shape}."
        )
    if not len(X):
        raise InvalidParameterError("X must hold at least one row. Got none.")
    X = X.astype(np.float64)
    if not np.isfinite(X).all():
        raise InvalidParameterError("X must be finite. It holds NaN or infinite values.")
    return X


def _targets_for(model, y, n_rows):
    y = np.asarray(y)
    y = y[:, np.newaxis] if y.ndim == 1 else y
    if len(y) != n_rows:
        raise InvalidParameterError(f"y must have a row for each of X's {n_rows}. Got {len(y)}.")
    return y


def _copied(subject, dtype):
    """Give the subject with a copy of its model, of another type where that is asked for."""
    model = subject.model
    kind = dtype or model.inputs[0].dtype
    copy = keras.models.clone_model(
        model,
        input_tensors=keras.Input(model.input_shape[1:], dtype=kind, name="rows"),
        clone_function=lambda layer: _cloned(layer, dtype),
        recursive=True,
    )
    copy.set_weights(model.get_weights())
    for layer in copy._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return replace(subject, model=copy, rows=subject.rows.astype(kind))


def _cloned(layer, dtype):
    config = layer.get_config()
    if dtype is not None and isinstance(layer, keras.Layer):  # a slice is none
        config["dtype"] = dtype
    return type(layer).from_config(config)
