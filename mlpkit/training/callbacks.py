"""Keras callbacks: epoch hooks beside the compiled loop, batch hooks through ``Model.fit``."""

import io
import math

import numpy as np

from mlpkit.backend import keras, tf
from mlpkit.training.rows import take

_BATCH_HOOKS = (
    "on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end",
)  # fmt: skip


def has_batch_hooks(callbacks):
    """Tell whether any callback wants to be called at each batch.

    Parameters
    ----------
    callbacks : iterable of keras.callbacks.Callback
        The callbacks.

    Returns
    -------
    bool
    """
    return any(_wants_batches(callback) for callback in callbacks)


def _wants_batches(callback):
    if isinstance(callback, keras.callbacks.ModelCheckpoint):
        return callback.save_freq != "epoch"
    if isinstance(callback, keras.callbacks.LambdaCallback):
        hooks = (getattr(callback, name, None) for name in _BATCH_HOOKS)
        plain = (getattr(keras.callbacks.Callback, name) for name in _BATCH_HOOKS)
        return any(
            getattr(hook, "__func__", hook) is not base
            for hook, base in zip(hooks, plain, strict=True)
        )
    return any(
        getattr(type(callback), name) is not getattr(keras.callbacks.Callback, name)
        for name in _BATCH_HOOKS
    )


class CallbackHooks:
    """Calls Keras callbacks at the hooks of training and of each epoch.

    Parameters
    ----------
    callbacks : tuple of keras.callbacks.Callback
        The callbacks, used as they are.
    model : keras.Model
        The model in training.
    epochs, n_rows, batch_size : int
        What Keras tells callbacks as their `params`.
    """

    def __init__(self, callbacks, model, epochs, n_rows, batch_size):
        self.callbacks = callbacks
        params = {"epochs": epochs, "steps": math.ceil(n_rows / batch_size), "verbose": 0}
        for callback in callbacks:
            callback.set_params(params)
            callback.set_model(model)

    def train_begin(self):
        """Call ``on_train_begin``."""
        for callback in self.callbacks:
            callback.on_train_begin({})

    def epoch_begin(self, epoch):
        """Call ``on_epoch_begin``; `epoch` counts from 0, as in Keras."""
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, {})

    def epoch_end(self, epoch, logs):
        """Call ``on_epoch_end`` with the epoch's figures; one callback may add to the next's."""
        logs = dict(logs)
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def train_end(self):
        """Call ``on_train_end``."""
        for callback in self.callbacks:
            callback.on_train_end({})


def release(callbacks):
    """Take model and closed files away from callbacks: who holds them can then be pickled.

    Parameters
    ----------
    callbacks : iterable of keras.callbacks.Callback
        The callbacks.
    """
    for callback in callbacks:
        callback.set_model(None)
        for name, value in list(vars(callback).items()):
            if isinstance(value, io.IOBase) and value.closed:
                setattr(callback, name, None)


class _Batches(keras.utils.PyDataset):
    """The same batches in the same order as the compiled loop takes them."""

    def __init__(self, rows, plan):
        super().__init__()
        self.rows, self.plan = rows, plan
        self.order = plan.rng.permutation(rows.n)

    def __len__(self):
        return math.ceil(self.rows.n / self.plan.batch_size)

    def __getitem__(self, i):
        chosen = self.chosen(i)
        x = take(self.rows.features, chosen)
        return tuple(
            np.asarray(part)
            for part in (x, tf.gather(self.rows.y, chosen), tf.gather(self.rows.weight, chosen))
        )

    def chosen(self, i):
        """Give the row numbers of a batch."""
        size = self.plan.batch_size
        return tf.constant(self.order[i * size : (i + 1) * size], tf.int32)


class _InUnits(keras.metrics.Metric):
    """A metric that sees targets and predictions in the target's units."""

    def __init__(self, metric, scale, offset):
        super().__init__(name=metric.name, dtype=metric.dtype)
        self.metric, self.scale, self.offset = metric, scale, offset

    def update_state(self, y_true, y_pred, sample_weight=None):
        if y_true.dtype.is_floating:
            y_true, y_pred = (v * self.scale + self.offset for v in (y_true, y_pred))
        self.metric.update_state(y_true, y_pred, sample_weight=sample_weight)

    def result(self):
        return self.metric.result()

    def reset_state(self):
        self.metric.reset_state()


class _Bookkeeping(keras.callbacks.Callback):
    """Shuffles, validates, records and stops as the compiled loop does, ahead of the others."""

    def __init__(self, batches, record):
        super().__init__()
        self.batches, self.record = batches, record

    def on_epoch_begin(self, epoch, logs=None):
        if epoch:
            self.record.resume()
            self.batches.order = self.batches.plan.rng.permutation(self.batches.rows.n)
        self.seen, self.sum_by_rows, self.sum_by_weight = 0, 0.0, 0.0

    def on_train_batch_end(self, batch, logs=None):
        # Keras's running mean counts rows; the loop's mean counts weights.
        chosen = self.batches.chosen(batch)
        self.seen += len(chosen)
        before, self.sum_by_rows = self.sum_by_rows, logs["loss"] * self.seen
        loss = (self.sum_by_rows - before) / len(chosen)
        weight = tf.gather(self.batches.rows.weight, chosen)
        self.sum_by_weight += loss * float(tf.reduce_sum(weight))

    def on_epoch_end(self, epoch, logs=None):
        logs["loss"] = self.sum_by_weight / float(tf.reduce_sum(self.batches.rows.weight))
        if not self.record.add(logs):
            self.model.stop_training = True


def keras_epochs(program, rows, plan, record):
    """Train through ``keras.Model.fit``, for callbacks that look at each batch.

    Parameters
    ----------
    program : Program
        Started with its initial weights.
    rows : Rows
        Training rows.
    plan : Plan
        How to train.
    record : Record
        Takes each epoch's figures.
    """
    batches = _Batches(rows, plan)
    program.model.compile(
        optimizer=program.optimizer,
        loss=program.loss,
        weighted_metrics=[_InUnits(metric, *plan.units) for metric in program.metrics],
    )
    program.model.fit(
        batches,
        epochs=plan.epochs,
        callbacks=[_Bookkeeping(batches, record), *plan.callbacks],
        shuffle=False,
        verbose=0,
    )
