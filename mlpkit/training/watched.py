"""Training that callbacks look into, an epoch a call."""

import math

from mlpkit.errors import InvalidParameterError
from mlpkit.training.callbacks import CallbackHooks, has_batch_hooks, release
from mlpkit.training.calls import run_epochs
from mlpkit.training.keras_fit import fit_by_keras
from mlpkit.training.showcase import Showcase, resumed
from mlpkit.training.streams import Stream


def train_watched(program, state, rows, held, plan, record, keeper):
    """Train an epoch a call, with callbacks in between.

    Callbacks that want to look at each batch, and optimizers that are no pure functions, are
    served by ``keras.Model.fit``.

    Parameters
    ----------
    program, state, rows, held, plan
        As in `mlpkit.training.train`.
    record : Record
        Takes each epoch's figures.
    keeper : Keeper
        Makes backups.

    Returns
    -------
    Outcome
    """
    by_keras = has_batch_hooks(plan.callbacks) or not program.step.is_pure
    if by_keras and program.replicas is not None:
        raise InvalidParameterError(
            "callbacks with batch hooks, and optimizers that accumulate or average, need a single "
            f"device. Got {program.replicas.count} replicas: set device='auto' or 'gpu', or leave "
            "them out."
        )
    if by_keras and isinstance(rows, Stream):
        raise InvalidParameterError(
            "callbacks with batch hooks, and optimizers that accumulate or average, need rows that "
            "lie on the device. Got rows that are streamed to it."
        )
    if by_keras:
        _refuse_what_keras_has_not(program.step)
    showcase = Showcase(program)
    showcase.put(program.epochs.shown(state), state.values.slots)
    run = fit_by_keras if by_keras else _epoch_by_epoch
    try:
        state = run(showcase, state, rows, held, plan, record, keeper)
        return record.outcome(state, showcase.model.get_weights())
    finally:
        release(plan.callbacks)


def _refuse_what_keras_has_not(step):
    """Refuse what only steps of `Step.train` honour."""
    if step.factors or {*step.scheduled} - {"learning_rate"}:
        raise InvalidParameterError(
            "callbacks with batch hooks, and optimizers that accumulate or average, need one "
            "learning rate and one weight decay for all variables, and no schedule but that of the "
            "learning rate. Got a network with factors or schedules of its own."
        )


def _epoch_by_epoch(showcase, state, rows, held, plan, record, keeper):
    program, interrupts, kept = showcase.program, plan.interrupts, state
    steps = math.ceil(rows.n / program.batch_size)
    hooks = CallbackHooks(plan.callbacks, showcase.model, plan.epochs, steps)
    hooks.train_begin()
    while not (record.stopped or interrupts.asked or record.is_over):
        figures = ()
        with interrupts.caught():
            hooks.epoch_begin(record.epoch)
            before = resumed(showcase, state)
            state, figures = run_epochs(program, before, rows, held, 1, plan)
        for row in figures:  # none where the epoch was cut off
            logs = record.add(row)
            showcase.put(program.epochs.shown(state), state.values.slots)
            with interrupts.caught():
                hooks.epoch_end(record.epoch - 1, logs)
            record.stopped = bool(showcase.model.stop_training or not state.goes_on)
            kept = resumed(showcase, state)
            keeper.after(kept)
    keeper.after(kept, last=True)
    with interrupts.caught():
        hooks.train_end()
    return state
