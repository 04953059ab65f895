"""The one training loop: epochs, validation, early stopping, callbacks, history."""

import math
from dataclasses import dataclass, field

import numpy as np

from mlpkit.errors import TrainingDivergedError
from mlpkit.training.callbacks import CallbackHooks, has_batch_hooks, keras_epochs, release
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
    by_accuracy : bool, default=False
        Take the epoch of the highest validation accuracy for the best, the loss deciding between
        equals, where the accuracy is among the metrics; patience counts from the last epoch in
        which either was better than before.
    average : bool, default=False
        Validate, keep and return a running average of the epochs' weights in place of the weights
        themselves; see `RunningAverage`.
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
    by_accuracy: bool = False
    average: bool = False
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
        last one's; averaged where the plan says so.
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
    try:
        epochs(program, rows, plan, record)
    finally:
        release(plan.callbacks)
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
        if epoch + 1 < plan.epochs:
            record.resume()
    hooks.train_end()


MOMENTUM = 0.9  # of the running average, an epoch


class RunningAverage:
    """An exponential average of weights over epochs, with a shorter memory at the start.

    Averaging along the path of training finds flatter, better weights than the last step's, as a
    falling learning rate would, without a schedule to be tuned.

    References
    ----------
    B. Polyak, A. Juditsky (1992), Acceleration of stochastic approximation by averaging. SIAM
    Journal on Control and Optimization 30. P. Izmailov et al. (2018), Averaging weights leads to
    wider optima and better generalization, UAI.

    Examples
    --------
    >>> average = RunningAverage()
    >>> average.add([np.array([3.0])]), average.add([np.array([6.0])])
    ([array([3.])], [array([4.5])])
    """

    def __init__(self):
        self.epochs = 0
        self.values = None

    def add(self, weights):
        """Add an epoch's weights and give the average.

        Parameters
        ----------
        weights : list of ndarray
            The weights after an epoch.

        Returns
        -------
        list of ndarray
        """
        self.epochs += 1
        if self.values is None:
            self.values = weights
        else:
            momentum = min(MOMENTUM, self.epochs / (self.epochs + 2))
            pairs = zip(self.values, weights, strict=True)
            self.values = [
                (momentum * old + (1 - momentum) * new).astype(new.dtype) for old, new in pairs
            ]
        return self.values


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
        self.best = ((math.inf,), 0, None)
        self.lowest, self.improved = {}, 0
        self.progress = Progress(plan.epochs, plan.verbose)
        self.average = RunningAverage() if plan.average else None
        self.trained = None
        self.is_watched = validation is not None or bool(plan.callbacks)

    def add(self, logs):
        """Record an epoch and tell whether to go on.

        With averaging, the model holds the average from here to `resume` where anybody looks at
        it, so that validation, callbacks and the outcome all see the same weights.

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
        if self.average is not None:
            self.trained = self.program.weights
            averaged = self.average.add(self.trained)
            if self.is_watched:
                self.program.model.set_weights(averaged)
        if self.validation is not None:
            figures = self.program.evaluate(self.validation, self.plan.units)
            logs.update({f"val_{name}": value for name, value in figures.items()})
        self._check_finite(logs)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(float(value))
        self.progress.show(self.epoch, logs)
        return self._improving(logs)

    def resume(self):
        """Put the weights back from which training goes on."""
        if self.average is not None and self.is_watched:
            self.program.model.set_weights(self.trained)

    def _improving(self, logs):
        patience = self.plan.patience
        if patience is None:
            return True
        figures = {"loss": logs["val_loss"]}
        if self.plan.by_accuracy and "val_accuracy" in logs:
            figures = {"error": -logs["val_accuracy"], **figures}
        score = tuple(figures.values())
        if score < self.best[0]:
            self.best = (score, self.epoch, self.program.weights)
        for name, figure in figures.items():
            if figure < self.lowest.get(name, math.inf):
                self.lowest[name], self.improved = figure, self.epoch
        return self.epoch - self.improved < patience

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
        _, epoch, weights = self.best
        if weights is None:
            unseen = self.average is not None and not self.is_watched
            weights = self.average.values if unseen else self.program.weights
            epoch = self.epoch
        return Outcome(weights, self.history, self.epoch, epoch, self.program.optimizer_state)
