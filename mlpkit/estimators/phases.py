"""The trainings of a fit: one, or a second one on all rows once the best epoch is known."""

import math
import time
import warnings
from dataclasses import replace
from functools import partial

from mlpkit.errors import TrainingInterruptedWarning
from mlpkit.estimators.running import train_network
from mlpkit.interrupts import Interrupts

REFIT_ROWS = 10_000  # below, early_stopping="auto" learns the rows held back too, in the end


def trains_again(early_stopping, train, sample, settings):
    """Tell whether the rows held back are to be learnt too, once the best epoch is known.

    Parameters
    ----------
    early_stopping : bool or "auto"
        The estimator's.
    train, sample : Sample
        Training rows, and all rows.
    settings : TrainingSettings
        Of the first training.

    Returns
    -------
    bool
    """
    held_back = len(train) < len(sample)
    automatic = isinstance(early_stopping, str)
    return held_back and automatic and len(sample) < REFIT_ROWS and not settings.callbacks


def train_phases(learnt, train, held, settings, rng, seed, backups, again):
    """Train, and train again where all rows are to be learnt.

    Parameters
    ----------
    learnt : Learnt
        Network, initial weights, units of features and targets.
    train, held : Sample
        Training rows; validation rows or None.
    settings, rng, seed
        As in `mlpkit.estimators.running.train_network`.
    backups : FitBackups or NoBackups
        Keeps each training's state.
    again : (Sample, callable) or None
        All rows, and what gives the `Learnt` to learn them from; None for one training only.

    Returns
    -------
    learnt : Learnt
        What the outcome's weights belong to.
    outcome : mlpkit.training.Outcome
        With the history of the first training. Where the second one was interrupted, or there is
        no time for it, the weights are the first one's.
    """
    interrupts = Interrupts()
    run = partial(train_network, held=held, rng=rng, seed=seed, interrupts=interrupts)
    began = time.monotonic()
    outcome = run(learnt, train, settings=settings, backups=backups.run(1))
    if again is None or outcome.interrupted:
        return learnt, outcome
    sample, restarted = again
    seconds = (time.monotonic() - began) * len(sample) / len(train)
    if _is_late(settings, seconds * outcome.best_epoch / outcome.n_iter):
        return learnt, outcome
    # With the same held rows, not looked at: they are part of the program's shape. Schedules run
    # over the epochs planned, as they did until the best one.
    settings = replace(
        settings, epochs=outcome.best_epoch, horizon=settings.horizon or settings.epochs,
        validates=False, verbose=0,
    )  # fmt: skip
    with interrupts.caught():
        fresh = restarted()
        whole = run(fresh, sample, settings=settings, backups=backups.run(2))
    if interrupts.asked:
        return learnt, replace(outcome, interrupted=True)
    if whole.n_iter < settings.epochs:  # out of time
        return learnt, outcome
    return fresh, replace(outcome, weights=whole.weights, optimizer_state=whole.optimizer_state)


def _is_late(settings, seconds):
    """Tell whether there is no time for what takes so many seconds; all processes must ask."""
    if not math.isfinite(settings.deadline):
        return False
    from mlpkit import training

    replicas = training.replicas_of(settings.placement.strategy)
    return training.Clock(settings.deadline - seconds, replicas).is_over()


def warn_if_interrupted(estimator, outcome, settings, backups):
    """Tell what an estimator has learnt when its training was ended early.

    Parameters
    ----------
    estimator : BaseEstimator
        The fitted one.
    outcome : mlpkit.training.Outcome
        What it has learnt.
    settings : TrainingSettings
        Of its first training.
    backups : FitBackups or NoBackups
        Whether they are kept.
    """
    if not outcome.interrupted:
        return
    best = ", the best so far" if settings.patience is not None else ""
    advice = "Give backup_dir to be able to go on next time"
    if backups.kept:
        advice = f"To go on, fit again with backup_dir={str(estimator.backup_dir)!r} as it is"
    elif estimator.warm_start:
        advice = "To go on from them, fit again (warm_start=True)"
    warnings.warn(
        f"Training was interrupted after epoch {outcome.n_iter} of {settings.epochs}. The weights "
        f"are those of epoch {outcome.best_epoch}{best}. {advice}.",
        TrainingInterruptedWarning,
        stacklevel=4,
    )
