"""Epochs as graphs: batches one after the other, then averaging, validation, early stopping."""

from mlpkit.backend import tf
from mlpkit.training.rows import block, take
from mlpkit.training.state import averaged
from mlpkit.training.values import Batch

LOWER_IS_BETTER = ("log_loss", "root_mean_squared_error")


class Epochs:
    """Whole epochs of a step, as graphs over rows on the device.

    Parameters
    ----------
    step : Step
        What is done with a batch.
    batch_size : int
        Rows a step.
    fills_up : bool
        Whether the last batch of an epoch is filled up to `batch_size` by rows without weight, as
        a program of fixed shapes needs; else it is smaller.
    masks : bool
        Whether layers of the model must be told which rows only fill up.
    selects_by : str or None
        What decides which epoch is best, the loss between equals: "accuracy" or another metric
        of the step, where it has that one; "score" for a number that comes from outside, see
        `watch`; None leaves it to the loss alone.
    last_best : bool
        Whether the last of several equally good epochs is the best, and the loss does not decide
        between them.
    """

    def __init__(self, step, batch_size, *, fills_up, masks, selects_by, last_best):
        self.step, self.batch_size = step, batch_size
        self.fills_up, self.masks = fills_up, masks
        names = step.figure_names
        self.n_figures = len(names)
        self.selects_by = selects_by if selects_by in (*names, "score") else None
        self.last_best = last_best

    def run(self, state, rows, held, orders, counts, settings, units, factors=None):
        """Train for several epochs, fewer where early stopping or divergence ends them.

        Parameters
        ----------
        state : State
            Before the first of them.
        rows, held : Columns
            Training rows; validation rows, or None.
        orders : tensor of shape (>= n_epochs, >= n_rows), int32
            Row numbers of each epoch.
        counts : Counts
            How much of these counts.
        settings, units
            As in `Step.train`.
        factors : tensor of shape (>= n_epochs, >= n_steps, n_scheduled), default=None
            Of each epoch's steps, as `Step.train` takes them.

        Returns
        -------
        state : State
        figures : tensor of shape (>= n_epochs, n_figures)
            A row an epoch: the figures of the training rows, then of the validation rows. Rows
            behind the last epoch run mean nothing.
        """
        first, n_epochs = state.epoch, tf.shape(orders)[0]
        width = self.n_figures * (1 if held is None else 2)
        table = tf.zeros((n_epochs, width), self.step.dtype)

        def unfinished(state, table):
            return state.goes_on & (state.epoch - first < counts.epochs)

        def epoch(state, table):
            place = tf.reshape(state.epoch - first, (1, 1))
            order, shares = (entry(part, state.epoch - first) for part in (orders, factors))
            totals = self.step.fresh_totals()
            values, totals = self.learn(
                state.values, totals, rows, order, counts.rows, settings, units, shares
            )
            figures = self.step.figures(totals)
            state, figures = self.close(state, values, figures, held, counts, settings, units)
            return state, tf.tensor_scatter_nd_update(table, place, figures[tf.newaxis])

        return tf.while_loop(unfinished, epoch, (state, table))

    def learn(self, values, totals, rows, order, n_rows, settings, units, factors=None):
        """Learn rows in an order, batch by batch.

        Parameters
        ----------
        values, totals, settings, units
            As in `Step.train`.
        rows : Columns
            The rows.
        order : tensor of shape (>= n_rows,), int32
            Row numbers; a whole number of batches where this program fills up.
        n_rows : tensor of shape (), int32
            How many of them count.
        factors : tensor of shape (>= n_steps, n_scheduled), default=None
            Of each step, as `Step.train` takes them.

        Returns
        -------
        Values, Totals
        """

        def batch(start, values, totals):
            chosen = self._batch(rows, order, start, n_rows)
            now = entry(factors, start // self.batch_size)
            values, totals = self.step.train(values, totals, chosen, settings, units, factors=now)
            return start + self.batch_size, values, totals

        _, values, totals = tf.while_loop(
            lambda start, *_: start < n_rows, batch, (tf.zeros((), tf.int32), values, totals)
        )
        return values, totals

    def _batch(self, rows, order, start, n_rows):
        if not self.fills_up:
            size = tf.minimum(self.batch_size, n_rows - start)
            return Batch(*take(rows, tf.slice(order, [start], [size])))
        chosen = tf.slice(order, [start], [self.batch_size])
        counts = start + tf.range(self.batch_size) < n_rows
        x, y, weight = take(rows, chosen)
        return Batch(x, y, tf.where(counts, weight, 0), counts if self.masks else None)

    def judge(self, values, totals, rows, n_rows, settings, units):
        """Add up loss and metrics of rows that are not learnt.

        Parameters
        ----------
        values : Values
            The model's, see `Step.split`.
        totals, settings, units
            As in `Step.train`.
        rows : Columns
            The rows.
        n_rows : tensor of shape (), int32
            How many of them to look at: all, or none.

        Returns
        -------
        Totals
        """
        n_filled = int(rows.y.shape[0]) if self.fills_up else None

        def batch(start, totals):
            *parts, size = block(rows, start, n_filled)
            totals = self.step.evaluate(values, totals, Batch(*parts), settings, units)
            return start + size, totals

        _, totals = tf.while_loop(
            lambda start, _: start < n_rows, batch, (tf.zeros((), tf.int32), totals)
        )
        return totals

    def close(self, state, values, figures, held, counts, settings, units):
        """End an epoch: average the weights, judge them, see whether to go on.

        Parameters
        ----------
        state : State
            Before the epoch.
        values : Values
            After the epoch's steps.
        figures : tensor of shape (n_figures,)
            Loss and metrics of the training rows.
        held, counts, settings, units
            As in `run`.

        Returns
        -------
        state : State
            After the epoch.
        figures : tensor of shape (n_figures,) or (2 * n_figures,)
            With those of the validation rows.
        """
        state = self.advance(state, values)
        if held is not None:
            totals = self.step.fresh_totals()
            shown = self.step.split(self.shown(state))
            totals = self.judge(shown, totals, held, counts.held, settings, units)
            figures = tf.concat([figures, self.step.figures(totals)], axis=0)
        return self.watch(state, figures, counts.patience), figures

    def advance(self, state, values):
        """Give the state after an epoch's steps: its values, and their running average."""
        epoch = state.epoch + 1
        average = state.average
        if average:
            average = averaged(average, (*values.trained, *values.others), epoch)
        return state._replace(values=values, average=average, epoch=epoch)

    def shown(self, state):
        """Give the model's variables as they are judged: the running average where one is kept."""
        return state.average or (*state.values.trained, *state.values.others)

    def watch(self, state, figures, patience, score=None):
        """Look at an epoch's figures: is it the best, does training go on?

        Parameters
        ----------
        state : State
            After `advance`.
        figures : tensor of shape (n_figures,) or (2 * n_figures,)
            Of training rows and validation rows.
        patience : tensor of shape (), int32
            Epochs without improvement before training stops.
        score : float, default=None
            The epoch's score, higher is better. Where scores decide and it is not known yet, all
            that is seen is whether the loss is finite.

        Returns
        -------
        State
        """
        n = self.n_figures
        finite = tf.reduce_all(tf.math.is_finite(figures[::n]))  # the loss, and validation's
        waits = self.selects_by == "score" and score is None
        if waits or not state.best:
            return state._replace(goes_on=state.goes_on & finite)
        score = tf.stack([self._error(figures, score), figures[n]])
        (error, loss), (least, loss_then) = tf.unstack(score), tf.unstack(state.score)
        better = (error < least) | ((error == least) & (loss < loss_then))
        if self.last_best:
            better = error <= least if self.selects_by else loss <= loss_then
        improved = tf.where(tf.reduce_any(score < state.lowest), state.epoch, state.improved)
        pairs = zip(self.shown(state), state.best, strict=True)
        return state._replace(
            best=tuple(tf.where(better, new, old) for new, old in pairs),
            score=tf.where(better, score, state.score),
            best_epoch=tf.where(better, state.epoch, state.best_epoch),
            lowest=tf.minimum(score, state.lowest),
            improved=improved,
            goes_on=state.goes_on & finite & (state.epoch - improved < patience),
        )

    def _error(self, figures, score):
        """Give what decides before the loss does, lower is better."""
        if self.selects_by is None:
            return tf.zeros((), figures.dtype)
        if self.selects_by == "score":
            return tf.constant(-score, figures.dtype)
        value = figures[self.n_figures + self.step.figure_names.index(self.selects_by)]
        return value if self.selects_by in LOWER_IS_BETTER else -value


def entry(table, place):
    """Give an entry of a table, None where there is none."""
    return None if table is None else tf.gather(table, place)
