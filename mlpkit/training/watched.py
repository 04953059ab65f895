"""Training that callbacks look into, an epoch a call."""

import math

from mlpkit.errors import InvalidParameterError
from mlpkit.training.callbacks import CallbackHooks, has_batch_hooks, release
from mlpkit.training.calls import run_epochs
from mlpkit.training.keras_fit import fit_by_keras
from mlpkit.training.showcase import Showcase, resumed
from mlpkit.training.streams import Stream


def train_watched(program, state, rows, held, plan, record):
    """Train an epoch a call, with callbacks in between.

    Callbacks that want to look at each batch, and optimizers that are no pure functions, are
    served by ``keras.Model.fit``.

    Parameters
    ----------
    program, state, rows, held, plan
        As in `mlpkit.training.train`.
    record : Record
        Takes each epoch's figures.

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
    showcase = Showcase(program)
    showcase.put((*state.values.trained, *state.values.others), state.values.slots)
    try:
        if by_keras:
            state = fit_by_keras(showcase, state, rows, held, plan, record)
        else:
            state = _epoch_by_epoch(showcase, state, rows, held, plan, record)
        return record.outcome(state, showcase.model.get_weights())
    finally:
        release(plan.callbacks)


def _epoch_by_epoch(showcase, state, rows, held, plan, record):
    program = showcase.program
    steps = math.ceil(rows.n / program.batch_size)
    hooks = CallbackHooks(plan.callbacks, showcase.model, plan.epochs, steps)
    hooks.train_begin()
    for epoch in range(plan.epochs):
        hooks.epoch_begin(epoch)
        state = resumed(showcase, state)
        state, figures = run_epochs(program, state, rows, held, 1, plan)
        logs = record.add(figures[0])
        showcase.put(program.epochs.shown(state), state.values.slots)
        hooks.epoch_end(epoch, logs)
        if not state.goes_on or showcase.model.stop_training:
            break
    hooks.train_end()
    return state
