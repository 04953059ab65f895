"""The one training loop: epochs in calls as long as nobody looks in between."""

import math
import time
from dataclasses import dataclass, field

import numpy as np

from mlpkit.errors import TrainingDivergedError
from mlpkit.interrupts import Interrupts
from mlpkit.training.calls import run_epochs
from mlpkit.training.clock import Clock
from mlpkit.training.keeping import Keeper
from mlpkit.training.pace import CALL_SECONDS, TIMED_CALL_SECONDS, Pace, expected_seconds
from mlpkit.training.progress import Progress
from mlpkit.training.watched import train_watched


@dataclass(frozen=True)
class Plan:
    """How to train.

    Parameters
    ----------
    epochs : int
        Epochs at most.
    rng : numpy.random.RandomState
        Draws the order of rows of each epoch.
    validates : bool, default=False
        Whether the validation rows are looked at after each epoch.
    patience : int, default=None
        Epochs without a better validation figure after which training stops and the best weights
        come back; None trains all epochs and keeps the last weights.
    verbose : int, default=0
        1 prints a line an epoch.
    callbacks : tuple of keras.callbacks.Callback, default=()
        Called as Keras's ``fit`` calls them.
    settings : dict of str to float, default={}
        Numbers that the program leaves to a fit, such as the penalty's factor.
    units : tuple of (tensor, tensor), default=None
        Scale and offset from the network's units to the target's, for the metrics.
    backups : object, default=None
        Keeps the state between epochs, see `Keeper`; None keeps nothing.
    interrupts : Interrupts
        Tells when somebody wants training to end.
    order : callable, default=None
        ``order(rng)`` draws the row numbers of an epoch; None takes each row once.
    schedules : dict of str to (str or callable), default={}
        Schedules (see `mlpkit.schedules`) by what follows them: "learning_rate" and names of
        `settings`, which are multiplied by their factors.
    horizon : int, default=None
        Epochs over which the schedules run; None takes `epochs`.
    score : callable, default=None
        ``score(weights)`` gives an epoch's score from weights in the order of
        ``model.get_weights()``, where that selects the best epoch.
    deadline : float, default=inf
        When training is to end, as ``time.monotonic`` tells it: after the epoch that is running
        then, the first one at least.
    """

    epochs: int
    rng: np.random.RandomState
    validates: bool = False
    patience: int | None = None
    verbose: int = 0
    callbacks: tuple = ()
    settings: dict = field(default_factory=dict)
    units: tuple = None
    backups: object = None
    interrupts: Interrupts = field(default_factory=Interrupts)
    order: object = None
    schedules: dict = field(default_factory=dict)
    horizon: int | None = None
    score: object = None
    deadline: float = math.inf

    @property
    def seconds_left(self):
        """Seconds till the deadline; below 0 behind it."""
        return self.deadline - time.monotonic()


@dataclass
class Outcome:
    """What training gave.

    Parameters
    ----------
    weights : list of ndarray
        In the order of ``model.get_weights()``: the best epoch's with early stopping, else the
        last one's; averaged where the state has an average.
    history : dict of str to list of float
        Figures by epoch.
    n_iter : int
        Epochs run.
    best_epoch : int
        The epoch, counted from 1, whose weights these are.
    optimizer_state : list of ndarray
        The optimizer's variables at the end.
    interrupted : bool
        Whether somebody has ended training.
    """

    weights: list
    history: dict
    n_iter: int
    best_epoch: int
    optimizer_state: list = field(repr=False, default=None)
    interrupted: bool = False


def train(program, state, rows, held, plan):
    """Train from a state.

    Parameters
    ----------
    program : Program
        What to run.
    state : State
        Where to begin, from ``program.start``.
    rows : Rows or source of rows
        Training rows, on the device or streamed to it.
    held : Rows or None
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
    KeyboardInterrupt
        When somebody ends training before the first epoch is done, or asks twice.
    """
    record = Record(program, plan, program.learning_rate(state))
    keeper = Keeper(plan, record)
    state = keeper.restored(state)
    rows.skip(record.epoch)
    with plan.interrupts.noted() as noting:
        if plan.callbacks or not program.step.is_pure:
            return train_watched(program, state, rows, held, plan, record, keeper)
        call_seconds = CALL_SECONDS if noting else math.inf
        return _train_unwatched(program, state, rows, held, plan, record, keeper, call_seconds)


def _train_unwatched(program, state, rows, held, plan, record, keeper, call_seconds):
    interrupts, replicas = plan.interrupts, program.replicas
    # Several processes must make the same calls, whichever of them has something to show.
    one_a_call = plan.verbose or plan.score or (replicas is not None and replicas.n_workers > 1)
    expected = expected_seconds(rows.drawn, program.batch_size, program.n_parameters)
    if math.isfinite(plan.deadline):  # nothing is expected: the first epoch tells
        call_seconds, expected = TIMED_CALL_SECONDS, math.inf
    pace = Pace(1 if one_a_call else rows.epochs_a_call, expected)
    while state.goes_on and not record.is_over and not interrupts.asked:
        seconds = min(call_seconds, keeper.seconds_left, plan.seconds_left)
        n_epochs = min(pace.epochs(seconds), plan.epochs - record.epoch)
        figures = ()
        with interrupts.caught(), pace.measured(n_epochs):
            state, figures = run_epochs(program, state, rows, held, n_epochs, plan)
        for row in figures:
            record.add(row)
        keeper.after(state)
    keeper.after(state, last=True)
    return record.outcome(state)


class Record:
    """What the epochs leave: history, a line on the screen, an error where they diverge.

    Parameters
    ----------
    program : Program
        The program in training.
    plan : Plan
        How to train.
    rate : float or None
        The learning rate at the start, None where a schedule sets it.
    """

    def __init__(self, program, plan, rate):
        self.program, self.plan, self.rate = program, plan, rate
        self.clock = Clock(plan.deadline, program.replicas)
        names = program.step.figure_names
        self.names = [*names, *(f"val_{name}" for name in names)] if plan.validates else names
        if plan.score and plan.validates:
            self.names = [*self.names, "val_score"]
        self.history = {name: [] for name in self.names}
        self.epoch, self.stopped = 0, False
        self.progress = Progress(plan.epochs, plan.verbose)

    @property
    def is_over(self):
        """Whether all epochs are done, or the time is over; processes agree when they ask."""
        return self.epoch >= self.plan.epochs or (self.epoch > 0 and self.clock.is_over())

    def add(self, figures):
        """Record an epoch.

        Parameters
        ----------
        figures : ndarray of shape (n_figures,)
            Of the training rows, then of the validation rows.

        Returns
        -------
        dict of str to float
            The figures by name.
        """
        self.epoch += 1
        logs = dict(zip(self.names, figures.tolist(), strict=False))
        self._check_finite(logs)
        for name, value in logs.items():
            self.history[name].append(value)
        self.progress.show(self.epoch, logs)
        return logs

    def go_on_from(self, earlier):
        """Take over the epochs of a run that was cut off.

        Parameters
        ----------
        earlier : dict
            Its ``history``, and whether a callback had ``stopped`` it.
        """
        self.history, self.stopped = earlier["history"], earlier["stopped"]
        self.epoch = len(self.history["loss"])
        self.progress.go_on_from(self.epoch)

    def _check_finite(self, logs):
        for name in ("loss", "val_loss"):
            if not math.isfinite(logs.get(name, 0.0)):
                raise TrainingDivergedError(
                    f"{name} must stay finite. Got {logs[name]} in epoch {self.epoch}"
                    f"{self._rate_advice()}"
                )

    def _rate_advice(self):
        rate = self.rate
        known = f" with learning_rate={rate:g}" if rate else ""
        lower = f"learning_rate={rate / 10:g}" if rate else "a lower learning rate"
        return (
            f"{known}. The likely cause is steps that are too large: try {lower}, "
            "standardize=True, or an optimizer with clipnorm=1.0."
        )

    def outcome(self, state, weights=None):
        """Give what training gave.

        Parameters
        ----------
        state : State
            After the last epoch.
        weights : list of ndarray, default=None
            Weights in place of the last ones, where callbacks may have changed them.

        Returns
        -------
        Outcome
            With the best weights, or the last where nothing was stopped early.

        Raises
        ------
        KeyboardInterrupt
            When training was ended before an epoch was done.
        """
        epoch, interrupted = self.epoch, self.plan.interrupts.asked
        if interrupted and not epoch:
            raise KeyboardInterrupt
        if self.plan.patience is not None and self.plan.validates:
            weights, epoch = self.program.weights(state.best), int(state.best_epoch)
        elif weights is None:
            weights = self.program.weights(self.program.epochs.shown(state))
        slots = [value.numpy() for value in state.values.slots]
        return Outcome(weights, self.history, self.epoch, epoch, slots, interrupted)
