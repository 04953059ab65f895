"""The kinds of task as a table, and `Task`: one of them, with its classes or columns."""

from dataclasses import dataclass, field

import numpy as np

from mlpkit.errors import TargetError
from mlpkit.tasks.targets import as_numbers, checked_target, is_indicator


@dataclass(frozen=True)
class TaskRow:
    """The row of Géron's table for one kind of task.

    Parameters
    ----------
    output_activation, loss, metric : str
        Keras's names.
    table : str
        Which table the row is from.
    units : str
        Number of output units, in words.

    Examples
    --------
    >>> TASKS["multiclass"].output_activation
    'softmax'
    """

    output_activation: str
    loss: str
    metric: str
    table: str
    units: str


TASKS = {
    "binary": TaskRow("sigmoid", "binary_crossentropy", "accuracy", "table 10-2", "one"),
    "multiclass": TaskRow(
        "softmax", "sparse_categorical_crossentropy", "accuracy", "table 10-2", "one per class"
    ),
    "multilabel": TaskRow(
        "sigmoid", "binary_crossentropy", "accuracy", "table 10-2", "one per label"
    ),
    "regression": TaskRow(
        "linear", "mean_squared_error", "root_mean_squared_error", "table 10-1", "one per output"
    ),
    "multioutput": TaskRow(
        "linear", "mean_squared_error", "root_mean_squared_error", "table 10-1", "one per output"
    ),
}


@dataclass(frozen=True, eq=False)
class Task:
    """A kind of target, with the encoding of targets for the network and its inverse.

    Parameters
    ----------
    name : {"binary", "multiclass", "multilabel", "regression", "multioutput"}
        The kind of task, a key of `TASKS`.
    n_outputs : int
        Columns of `y`: labels of a multilabel task, outputs of a regression, else 1.
    classes : ndarray of shape (n_classes,), default=None
        The class labels, sorted; ``arange(n_outputs)`` for multilabel; None for a regression.
    column : bool, default=False
        Whether a single regression target came as (n_samples, 1), so that predictions go back so.

    Examples
    --------
    >>> from mlpkit.tasks import infer_task
    >>> task = infer_task(["no", "yes", "no"])
    >>> task.name, task.units, task.output_activation, task.loss
    ('binary', 1, 'sigmoid', 'binary_crossentropy')
    >>> task.encode(["yes", "no"]).ravel()
    array([1., 0.])
    >>> task.decode(np.array([[0.2], [0.9]]))
    array(['no', 'yes'], dtype='<U3')
    """

    name: str
    n_outputs: int = 1
    classes: np.ndarray | None = field(default=None)
    column: bool = False

    @property
    def is_classification(self):
        """Whether the target is a class or a set of labels."""
        return self.classes is not None

    @property
    def units(self):
        """Number of output units (tables 10-1 and 10-2)."""
        return len(self.classes) if self.name == "multiclass" else self.n_outputs

    @property
    def output_activation(self):
        """Keras name of the output activation."""
        return TASKS[self.name].output_activation

    @property
    def loss(self):
        """Keras name of the loss."""
        return TASKS[self.name].loss

    @property
    def metric(self):
        """Keras name of the metric."""
        return TASKS[self.name].metric

    def encode(self, y, *, one_hot=False):
        """Give the targets as the network learns them.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets in the user's terms.
        one_hot : bool, default=False
            For a multiclass task: a column per class in place of class numbers.

        Returns
        -------
        ndarray
            int64 of shape (n_samples, 1) with class numbers for multiclass, else float64 of shape
            (n_samples, units).

        Raises
        ------
        TargetError
            When `y` holds a class the task does not know or a missing value, or has another
            number of columns.
        """
        values = checked_target(y)
        values = values.reshape(len(values), -1)
        if values.shape[1] != self.n_outputs:
            raise TargetError(
                f"y must have {self.n_outputs} column(s), as when first fitted. "
                f"Got {values.shape[1]}."
            )
        if not self.is_classification:
            return as_numbers(values)
        if self.name == "multilabel":
            if not is_indicator(values):
                raise TargetError("y must be an indicator matrix of 0 and 1. Got other values.")
            return values.astype(np.float64)
        index = self._class_numbers(values.ravel())
        if self.name == "binary":
            return index.astype(np.float64).reshape(-1, 1)
        return np.eye(self.units)[index] if one_hot else index.reshape(-1, 1)

    def _class_numbers(self, y):
        try:
            index = np.searchsorted(self.classes, y).clip(max=len(self.classes) - 1)
            known = self.classes[index] == y
        except TypeError:  # text and numbers have no order
            known = np.zeros(len(y), bool)
        if not np.all(known):
            unknown = list(dict.fromkeys(y[np.logical_not(known)].tolist()))
            raise TargetError(
                f"y must hold only the known classes {_listed(self.classes.tolist())}. "
                f"Got also {_listed(unknown)}."
            )
        return index.astype(np.int64)

    def decode(self, outputs):
        """Give targets in the user's terms from the network's outputs; the inverse of `encode`.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, units)
            Probabilities of a classifier, values of a regressor.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, a 0/1 indicator matrix, or numbers.
        """
        if self.name == "multiclass":
            return self.classes[outputs.argmax(axis=1)]
        if self.name == "binary":
            return self.classes[(outputs[:, -1] > 0.5).astype(np.intp)]
        if self.name == "multilabel":
            return (outputs > 0.5).astype(np.int64)
        return outputs.ravel() if outputs.shape[1] == 1 and not self.column else outputs

    def probabilities(self, outputs):
        """Give a column of probability per class (or per label) from the network's outputs.

        Parameters
        ----------
        outputs : ndarray of shape (n_samples, units)
            The network's outputs.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to 1, but for multilabel, where each column stands for itself.
        """
        if self.name == "binary" and outputs.shape[1] == 1:
            both = np.empty((len(outputs), 2), outputs.dtype)
            both[:, 1:] = outputs
            np.subtract(1, outputs, out=both[:, :1])
            return both
        return outputs


def _listed(values, most=8):
    shown = ", ".join(repr(value) for value in values[:most])
    return f"[{shown}{', ...' if len(values) > most else ''}]"
