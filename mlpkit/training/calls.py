"""Epochs of a program, over rows on the device or streamed to it."""

import contextlib
import math

import numpy as np

from mlpkit.backend import tf
from mlpkit.training.clock import Clock, OutOfTime
from mlpkit.training.scheduling import course_of
from mlpkit.training.shapes import EVALUATION_BATCH
from mlpkit.training.streams import Stream

ENDLESS = 2**31 - 1  # epochs of patience where nothing stops early


def run_counts(held, plan):
    """Give how many validation rows a plan looks at, and its patience, as numbers."""
    if held is None or not plan.validates:
        return 0, ENDLESS
    return held.n, ENDLESS if plan.patience is None else plan.patience


def draw_orders(rng, n_drawn, n_epochs, order=None):
    """Draw the order of rows of several epochs.

    Parameters
    ----------
    rng : numpy.random.RandomState
        Draws them.
    n_drawn, n_epochs : int
        How many row numbers an epoch, and epochs.
    order : callable, default=None
        ``order(rng)`` draws an epoch's; None takes each row once.

    Returns
    -------
    orders : ndarray of shape (n_epochs, n_drawn), int32
    generators : list
        The generator's state after each draw.
    """
    orders, generators = np.empty((n_epochs, n_drawn), np.int32), []
    for line in orders:
        line[:] = rng.permutation(n_drawn) if order is None else order(rng)
        generators.append(rng.get_state(legacy=False))
    return orders, generators


@contextlib.contextmanager
def put_back(rng):
    """Put a generator back to where it was when the block is interrupted, or out of time."""
    before = rng.get_state(legacy=False)
    try:
        yield
    except (KeyboardInterrupt, OutOfTime):
        rng.set_state(before)
        raise


def run_epochs(program, state, rows, held, n_epochs, plan):
    """Train for several epochs in one call, for one where rows are streamed.

    Parameters
    ----------
    program : Program
        What to run.
    state : State
        Before them.
    rows : Rows or Stream
        Training rows.
    held : Rows, Stream or None
        Validation rows.
    n_epochs : int
        Epochs at most, no more than ``rows.epochs_a_call``.
    plan : Plan
        How to train; the orders are drawn from its generator, which is left as if each had been
        drawn when its epoch began.

    Returns
    -------
    state : State
    figures : ndarray of shape (epochs run, n_figures)
        With the score behind them, where one selects the best epoch. No epoch is run where time
        is over in the middle of one of streamed rows that is not the first.

    Raises
    ------
    KeyboardInterrupt
        In the middle of an epoch of streamed rows, where somebody wants training to end; the
        generator is put back.
    """
    settings, counts = program.settings(plan.settings), run_counts(held, plan)
    if isinstance(rows, Stream) or isinstance(held, Stream):
        try:
            with put_back(plan.rng):
                after, figures = _streamed_epoch(program, state, rows, held, counts, settings, plan)
        except OutOfTime:
            return state, ()
        return scored(program, after, figures, plan)
    orders, generators = draw_orders(plan.rng, rows.drawn, n_epochs, plan.order)
    course = course_of(program, rows, plan)
    factors = course.factors(int(state.epoch), n_epochs)
    state, figures = program.run(state, rows, held, orders, counts, settings, plan.units, factors)
    plan.rng.set_state(generators[len(figures) - 1])
    return scored(program, state, figures, plan)


def scored(program, state, figures, plan):
    """Give an epoch's state and figures with the score of its weights, where one is asked for.

    Parameters
    ----------
    program : Program
        What was run.
    state : State
        After the epoch.
    figures : ndarray of shape (1, n_figures)
        The epoch's.
    plan : Plan
        Its `score`.

    Returns
    -------
    state : State
        With the epoch as the best, where it is.
    figures : ndarray of shape (1, n_figures) or (1, n_figures + 1)
    """
    if plan.score is None or not plan.validates or not np.isfinite(figures).all():
        return state, figures
    epochs = program.epochs
    score = plan.score(program.weights(epochs.shown(state)))
    patience = tf.constant(ENDLESS if plan.patience is None else plan.patience, tf.int32)
    state = epochs.watch(state, tf.constant(figures[0]), patience, score)
    return state, np.append(figures, [[score]], axis=1)


def _streamed_epoch(program, state, rows, held, counts, settings, plan):
    """Take the steps of `Epochs.run` for one epoch, segment by segment."""
    epochs, step = program.epochs, program.step
    values, totals = state.values, step.fresh_totals()
    clock = Clock(plan.deadline, program.replicas)
    course, epoch, done = course_of(program, rows, plan), int(state.epoch), 0
    for columns, n_rows in _segments(program, rows, plan.rng, program.batch_size):
        plan.interrupts.check()
        if epoch:
            clock.check()
        n_steps = math.ceil(np.max(n_rows) / program.batch_size)
        values, totals = program.learn(
            values, totals, columns, n_rows, settings, plan.units,
            course.part(epoch, done, n_steps),
        )  # fmt: skip
        done += n_steps
    figures = [step.figures(totals)]
    state = epochs.advance(state, values)
    n_held, patience = counts
    if held is not None:
        totals, shown = step.fresh_totals(), epochs.shown(state)
        segments = _segments(program, held, None, EVALUATION_BATCH) if n_held else ()
        for columns, n_rows in segments:
            plan.interrupts.check()
            totals = program.judge(shown, totals, columns, n_rows, settings, plan.units)
        figures.append(step.figures(totals))
    figures = tf.concat(figures, axis=0)
    state = epochs.watch(state, figures, tf.constant(patience, tf.int32))
    return state, figures.numpy()[np.newaxis]


def _segments(program, rows, rng, batch_size):
    """Give an epoch's segments, as many in each process where each has rows of its own."""
    segments = rows.epoch(rng)
    return program.replicas.in_step(segments, batch_size) if rows.is_own else segments
