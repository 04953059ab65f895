"""Training by ``keras.Model.fit``: the same batches in the same order, for what must see each."""

import math

import numpy as np

from mlpkit.backend import keras, tf
from mlpkit.training.calls import draw_orders, run_counts, scored
from mlpkit.training.rows import take
from mlpkit.training.scheduling import course_of
from mlpkit.training.showcase import resumed


def fit_by_keras(showcase, state, rows, held, plan, record, keeper):
    """Train through ``keras.Model.fit``.

    Validation, averaging and early stopping are the program's, at the end of each epoch.

    Parameters
    ----------
    showcase : Showcase
        The model, with the state put in.
    state, rows, held, plan
        As in `mlpkit.training.train`.
    record : Record
        Takes each epoch's figures.
    keeper : Keeper
        Makes backups.

    Returns
    -------
    State
    """
    model, step = showcase.model, showcase.program.step
    batches = _Batches(rows, showcase.program.batch_size, plan.rng)
    model.compile(
        optimizer=showcase.optimizer,
        loss=step.loss,
        weighted_metrics=[_InUnits(metric, *plan.units) for metric in step.metrics],
    )
    books = _Bookkeeping(showcase, state, batches, held, plan, record)
    keeps = _Keeping(books, keeper)
    ended = False
    with plan.interrupts.caught():
        model.fit(
            batches, epochs=record.epoch if record.stopped else plan.epochs,
            initial_epoch=record.epoch, callbacks=[books, *plan.callbacks, keeps],
            shuffle=False, verbose=0,
        )  # fmt: skip
        ended = True
    if not ended:
        keeps.leave()
    keeper.after(keeps.state, last=True)
    if not ended:
        showcase.optimizer.finalize_variable_values(model.trainable_variables)
        for callback in plan.callbacks:
            callback.on_train_end({})
    return books.state


class _Batches(keras.utils.PyDataset):
    """The same batches in the same order as the compiled loop takes them."""

    def __init__(self, rows, batch_size, rng):
        super().__init__()
        self.rows, self.batch_size, self.rng = rows, batch_size, rng
        self.order = np.arange(rows.n)  # till the first epoch begins: Keras looks at a batch before

    def shuffle(self):
        """Draw the next epoch's order."""
        self.before = self.rng.get_state(legacy=False)
        self.order = draw_orders(self.rng, self.rows.n, 1)[0][0]

    def __len__(self):
        return math.ceil(self.rows.n / self.batch_size)

    def __getitem__(self, i):
        return tuple(np.asarray(part) for part in take(self.rows.columns, self.chosen(i)))

    def chosen(self, i):
        """Give the row numbers of a batch."""
        return tf.constant(self.order[i * self.batch_size : (i + 1) * self.batch_size], tf.int32)


class _InUnits(keras.metrics.Metric):
    """A metric that sees targets and predictions in the target's units."""

    def __init__(self, metric, scale, offset):
        super().__init__(name=metric.name, dtype=metric.dtype)
        self.metric, self.scale, self.offset = metric, scale, offset
        metric.reset_state()  # Keras does not before the first epoch, and an earlier fit had it

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

    def __init__(self, showcase, state, batches, held, plan, record):
        super().__init__()
        self.showcase, self.state, self.batches, self.held = showcase, state, batches, held
        self.plan, self.record = plan, record
        self.settings = showcase.program.settings(plan.settings)
        self.inside = False  # an epoch
        self.course = course_of(showcase.program, batches.rows, plan)

    def on_epoch_begin(self, epoch, logs=None):
        self.inside = True
        self.batches.shuffle()
        self.factors = self.course.factors(epoch, 1)
        if epoch:
            values = resumed(self.showcase, self.state).values
            self.showcase.put((*values.trained, *values.others), values.slots)
        self.seen, self.sum_by_rows, self.sum_by_weight = 0, 0.0, 0.0

    def on_train_batch_begin(self, batch, logs=None):
        if self.factors is not None:
            rate = self.showcase.optimizer.learning_rate
            self.rate = np.asarray(rate)
            rate.assign(self.rate * self.rate.dtype.type(self.factors[0, batch, 0]))

    def on_train_batch_end(self, batch, logs=None):
        if self.factors is not None:
            self.showcase.optimizer.learning_rate.assign(self.rate)
        # Keras's running mean counts rows; the loop's mean counts weights.
        chosen = self.batches.chosen(batch)
        self.seen += len(chosen)
        before, self.sum_by_rows = self.sum_by_rows, logs["loss"] * self.seen
        loss = (self.sum_by_rows - before) / len(chosen)
        weight = tf.gather(self.batches.rows.columns.weight, chosen)
        self.sum_by_weight += loss * float(tf.reduce_sum(weight))
        self.plan.interrupts.check()

    def on_epoch_end(self, epoch, logs=None):
        program = self.showcase.program
        weight = self.batches.rows.columns.weight[: self.batches.rows.n]
        logs["loss"] = self.sum_by_weight / float(tf.reduce_sum(weight))
        step = program.step
        figures = tf.constant([logs[name] for name in step.figure_names], step.dtype)
        counts = run_counts(self.held, self.plan)
        self.state, figures = program.close(
            self.state, self.showcase.values(), figures, self.held, counts, self.settings,
            self.plan.units,
        )  # fmt: skip
        self.state, figures = scored(program, self.state, figures[np.newaxis], self.plan)
        logs.update(self.record.add(figures[0]))
        self.showcase.put(program.epochs.shown(self.state), self.state.values.slots)
        self.inside = False
        if not self.state.goes_on:
            self.model.stop_training = True


class _Keeping(keras.callbacks.Callback):
    """Makes backups behind all other callbacks, and ends training where somebody wants it to."""

    def __init__(self, books, keeper):
        super().__init__()
        self.books, self.keeper, self.state = books, keeper, books.state

    def on_epoch_end(self, epoch, logs=None):
        books = self.books
        books.record.stopped = bool(self.model.stop_training)
        self.state = resumed(books.showcase, books.state)
        self.keeper.after(self.state)
        if books.plan.interrupts.asked or books.record.is_over:
            self.model.stop_training = True

    def leave(self):
        """Leave training in the middle, as if an epoch that was cut off had not begun."""
        books = self.books
        if not books.inside:  # a callback has left at the end of an epoch, which counts
            self.state = resumed(books.showcase, books.state)
            return
        books.batches.rng.set_state(books.batches.before)
        shown = books.showcase.program.epochs.shown(self.state)
        books.showcase.put(shown, self.state.values.slots)
