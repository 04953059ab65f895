"""The one training loop: epochs, validation, early stopping, callbacks, history."""

import math
from dataclasses import dataclass, field

import numpy as np

from mlpkit.errors import TrainingDivergedError
from mlpkit.training.callbacks import CallbackHooks, has_batch_hooks, keras_epochs
from mlpkit.training.progress import Progress


@dataclass(frozen=True)
class Plan:
    """How to train.

    Parameters
    ----------
    epochs : int
        Epochs at most.
    batch_size : int
        Rows a step.
    rng : numpy.random.RandomState
        Draws the order of rows of each epoch.
    patience : int, default=None
        Epochs without a lower validation loss after which training stops and the best weights
        come back; None trains all epochs and keeps the last weights.
    verbose : int, default=0
        1 prints a line an epoch.
    callbacks : tuple of keras.callbacks.Callback, default=()
        Called as Keras's ``fit`` calls them.
    units : tuple of (tensor, tensor), default=None
        Scale and offset from the network's units to the target's, for the metrics.
    """

    epochs: int
    batch_size: int
    rng: np.random.RandomState
    patience: int | None = None
    verbose: int = 0
    callbacks: tuple = ()
    units: tuple = None


@dataclass
class Outcome:
    """What training gave.

    Parameters
    ----------
    weights : list of ndarray
        In the order of ``model.get_weights()``: the best epoch's with early stopping, else the
        last one's.
    history : dict of str to list of float
        Figures by epoch.
    n_iter : int
        Epochs run.
    best_epoch : int
        The epoch, counted from 1, whose weights these are.
    optimizer_state : list of ndarray
        The optimizer's variables at the end.
    """

    weights: list
    history: dict
    n_iter: int
    best_epoch: int
    optimizer_state: list = field(repr=False, default=None)


def train(program, rows, validation, plan):
    """Train a started program.

    Parameters
    ----------
    program : Program
        Started with its initial weights.
    rows : Rows
        Training rows.
    validation : Rows or None
        Validation rows.
    plan : Plan
        How to train.

    Returns
    -------
    Outcome

    Raises
    ------
    TrainingDivergedError
        When the loss is NaN or infinite after an epoch.
    """
    record = Record(program, validation, plan)
    epochs = keras_epochs if has_batch_hooks(plan.callbacks) else _compiled_epochs
    epochs(program, rows, plan, record)
    return record.outcome()


def _compiled_epochs(program, rows, plan, record):
    hooks = CallbackHooks(plan.callbacks, program.model, plan.epochs, rows.n, plan.batch_size)
    hooks.train_begin()
    for epoch in range(plan.epochs):
        hooks.epoch_begin(epoch)
        order = plan.rng.permutation(rows.n)
        logs = program.train_epoch(rows, order, plan.batch_size, plan.units)
        go_on = record.add(logs)
        hooks.epoch_end(epoch, logs)
        if not go_on or program.model.stop_training:
            break
    hooks.train_end()


class Record:
    """What an epoch leaves: history, best weights, the word to stop, a line on the screen.

    Parameters
    ----------
    program : Program
        The program in training.
    validation : Rows or None
        Validation rows.
    plan : Plan
        How to train.
    """

    def __init__(self, program, validation, plan):
        self.program, self.validation, self.plan = program, validation, plan
        self.history = {}
        self.epoch = 0
        self.best = (math.inf, 0, None)
        self.progress = Progress(plan.epochs, plan.verbose)

    def add(self, logs):
        """Record an epoch and tell whether to go on.

        Parameters
        ----------
        logs : dict of str to float
            The epoch's figures; those of the validation rows are added to it.

        Returns
        -------
        bool
            False when early stopping says to stop.
        """
        self.epoch += 1
        if self.validation is not None:
            figures = self.program.evaluate(self.validation, self.plan.units)
            logs.update({f"val_{name}": value for name, value in figures.items()})
        self._check_finite(logs)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        self.progress.show(self.epoch, logs)
        return self._improving(logs)

    def _improving(self, logs):
        patience = self.plan.patience
        if patience is None:
            return True
        if logs["val_loss"] < self.best[0]:
            self.best = (logs["val_loss"], self.epoch, self.program.weights)
        return self.epoch - self.best[1] < patience

    def _check_finite(self, logs):
        for name in ("loss", "val_loss"):
            if not math.isfinite(logs.get(name, 0.0)):
                rate = self.program.learning_rate
                raise TrainingDivergedError(
                    f"{name} must stay finite. Got {logs[name]} in epoch {self.epoch} with "
                    f"learning_rate={rate:g}. The likely cause is steps that are too large: try "
                    f"learning_rate={rate / 10:g}, standardize=True, or an optimizer with "
                    "clipnorm=1.0."
                )

    def outcome(self):
        """Give the outcome with the best weights, or the last where nothing was stopped early."""
        weights, epoch = self.program.weights, self.epoch
        if self.best[2] is not None:
            _, epoch, weights = self.best
        return Outcome(weights, self.history, self.epoch, epoch, self.program.optimizer_state)
