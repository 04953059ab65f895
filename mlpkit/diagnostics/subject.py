"""What is looked at: a copy of a model with rows, targets and loss, in float64 where asked for."""

from dataclasses import dataclass, replace

import numpy as np

from mlpkit import compilation
from mlpkit.backend import keras
from mlpkit.checks import check_parameters, none, one_of, shown, suggestion
from mlpkit.diagnostics.copying import check_followable, copied
from mlpkit.diagnostics.suiting import check_targets
from mlpkit.diagnostics.wrapping import what_to_pass
from mlpkit.errors import InvalidParameterError
from mlpkit.losses import ALIASES, LOSSES, loss_name
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
    outputs : Affine
        From the target's units to the model's outputs.
    classes : ndarray of shape (n_classes,) or None
        The classes of a fitted classifier of one target.
    """

    model: keras.Model
    rows: np.ndarray
    targets: np.ndarray | None
    loss: object
    optimizer: object
    features: Affine
    names: tuple
    outputs: Affine
    classes: np.ndarray | None = None


def subject_of(model, X, y=None, *, loss=None, dtype=None):
    """Give a copy of a model, and rows and targets for it.

    Parameters
    ----------
    model : mlpkit estimator or keras.Model
        A fitted estimator, whose network is looked at in the units in which it learns, or a
        Sequential or functional Keras model with one input and one output. It is left as it is;
        only a Sequential that has no weights yet is built, for rows of X's shape.
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
    >>> subject.rows.dtype, subject.model.weights[0].dtype, subject.model is model
    (dtype('float64'), 'float64', False)
    """
    check_parameters({"dtype": dtype}, {"dtype": one_of("float32", "float64") | none()})
    refuse_dataset(X)
    if isinstance(model, keras.Model):
        subject = _of_keras(model, X, y, loss)
    elif not isinstance(model, type) and (hasattr(model, "_learnt") or hasattr(model, "model_")):
        subject = _of_estimator(model, X, y, loss)
    else:
        raise InvalidParameterError(
            "model must be a fitted mlpkit estimator or a keras.Model. "
            f"Got {shown(model) if isinstance(model, type) else type(model).__name__}"
            f"{what_to_pass(model)}."
        )
    copy = copied(subject.model, dtype)
    if subject.targets is not None and subject.loss is not None:
        check_targets(subject)
    return replace(subject, model=copy, rows=subject.rows.astype(copy.inputs[0].dtype))


def row_labels(X, n_rows):
    """Give the labels of rows: a DataFrame's index, else numbers from 0.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        The rows.
    n_rows : int
        How many they are.

    Returns
    -------
    ndarray of shape (n_samples,) or Index

    Examples
    --------
    >>> row_labels([[1.0], [2.0]], 2)
    array([0, 1])
    """
    return X.index if hasattr(X, "iloc") else np.arange(n_rows)


def refuse_dataset(X):
    """Refuse a dataset in place of rows.

    Parameters
    ----------
    X : object
        What was passed as rows.

    Raises
    ------
    InvalidParameterError
        When it is one.

    Examples
    --------
    >>> refuse_dataset([[1.0, 2.0]])
    """
    if hasattr(X, "element_spec"):
        raise InvalidParameterError(
            "X must be an array or a table. Got a dataset: pass a batch of it, "
            "X, y = next(iter(dataset.as_numpy_iterator()))."
        )


def _of_estimator(estimator, X, y, loss):
    from mlpkit.estimators.examining import examined

    given = examined(estimator, X, y)
    check_followable(given.model)
    encoder = getattr(estimator, "encoder_", None)
    names = getattr(estimator, "feature_names_in_", None)
    names = names if encoder is None else encoder.get_feature_names_out()
    one_target = estimator.task_.name in ("binary", "multiclass")
    return Subject(
        given.model,
        given.rows,
        given.targets,
        given.loss if loss is None else _made(loss),
        given.optimizer,
        given.features,
        tuple(names) if names is not None else _numbered(len(given.features.offset)),
        given.outputs,
        estimator.classes_ if one_target else None,
    )


def _of_keras(model, X, y, loss):
    X = _numbers(X, "X")
    if isinstance(model, keras.Sequential) and not model.built and X.values.ndim > 1:
        model.build((None, *X.values.shape[1:]))
    check_followable(model)
    rows = _rows_for(model, X.values)
    loss = _own_loss(model) if loss is None else loss
    optimizer = getattr(model, "optimizer", None) if model.compiled else None
    size = int(np.prod(rows.shape[1:]))
    return Subject(
        model,
        rows,
        None if y is None else _targets_for(y, len(rows)),
        None if loss is None else _made(loss),
        None if optimizer is None else compilation.make_optimizer(optimizer),
        identity(size),
        X.names or _numbered(size),
        identity(model.output_shape[-1]),
    )


def _own_loss(model):
    """Give the loss a model was compiled with, None where there is none."""
    loss = model.loss if model.compiled else None
    if isinstance(loss, dict):
        loss = list(loss.values())
    return loss[0] if isinstance(loss, list | tuple) and len(loss) == 1 else loss


def _made(loss):
    """Give a loss object, named, given or written as a function."""
    if isinstance(loss, str):
        if loss_name(loss, loss) not in LOSSES:
            raise InvalidParameterError(
                f"loss must be a Keras loss or one of {', '.join(LOSSES)}. Got {shown(loss)}."
                f"{suggestion(loss, (*LOSSES, *ALIASES))}"
            )
    elif not callable(loss) or isinstance(loss, type):
        raise InvalidParameterError(
            f"loss must be a name, a Keras loss or a function. Got {shown(loss)}."
        )
    return compilation.make_loss(loss, "")


def _numbered(n):
    return tuple(f"x{i}" for i in range(n))


@dataclass(frozen=True)
class _Numbers:
    """Numbers of a table with the names of its columns, None where they have none."""

    values: np.ndarray
    names: tuple | None


def _numbers(table, name):
    """Give what was passed as numbers, or say why not."""
    columns = getattr(table, "columns", None)
    names = None if columns is None else tuple(map(str, columns))
    try:
        values = np.asarray(table.toarray() if hasattr(table, "toarray") else table)
        values = values if values.dtype.kind in "biu" else values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidParameterError(
            f"{name} must hold numbers, in rows of one length, for a Keras model. Got "
            f"{type(table).__name__}: {error}."
        ) from None
    if not np.isfinite(values).all():
        raise InvalidParameterError(f"{name} must be finite. It holds NaN or infinite values.")
    return _Numbers(values, names)


def _rows_for(model, X):
    shape = model.input_shape[1:]
    fits = X.ndim == len(shape) + 1 and X.ndim > 1
    if not fits or any(n not in (None, size) for n, size in zip(shape, X.shape[1:], strict=True)):
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise InvalidParameterError(
            f"X must have shape (n_samples, {wanted}), as the model takes it. Got {X.shape}"
            f"{': pass a single row as [row]' if X.shape == tuple(shape) else ''}."
        )
    if not len(X):
        raise InvalidParameterError("X must hold at least one row. Got none.")
    return X.astype(np.float64)


def _targets_for(y, n_rows):
    y = _numbers(y, "y").values
    y = y.astype(np.float64) if y.dtype.kind == "b" else y
    y = y[:, np.newaxis] if y.ndim == 1 else y
    if y.ndim == 0 or len(y) != n_rows:
        raise InvalidParameterError(
            f"y must have a row for each of X's {n_rows}. Got shape {y.shape}."
        )
    return y
