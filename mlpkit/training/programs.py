"""Programs: a Keras model with its optimizer, compiled into one graph call per epoch.

A program belongs to an architecture, not to a fit: initial weights, learning rate, seeds and data
are put in when a fit starts, so that the same program serves the next fit of the same shape. A
program is used by one fit at a time; a second thread that needs the same one makes its own.
"""

import contextlib
import threading
from collections import OrderedDict

import numpy as np

from mlpkit.backend import tf
from mlpkit.compilation import loss_per_row
from mlpkit.errors import InvalidParameterError
from mlpkit.training.rows import take

EVALUATION_BATCH = 4096  # rows looked at in one step when nothing is learnt
MAX_KEPT = 32  # programs kept, the least recently used goes first


class Program:
    """A Keras model, its optimizer, loss and metrics, and the graphs that train and evaluate it.

    Parameters
    ----------
    model : keras.Model
        Takes one tensor, gives one tensor of shape (n_samples, n_outputs). The program owns it.
    optimizer : keras.optimizers.Optimizer
        A fresh one.
    loss : keras.losses.Loss
        Its value per row is weighted and averaged.
    metrics : list of keras.metrics.Metric
        Fresh ones.
    dtype : str
        Type of the model's output.
    """

    def __init__(self, model, optimizer, loss, metrics, dtype):
        self.model, self.optimizer, self.loss, self.metrics = model, optimizer, loss, metrics
        self.dtype = dtype
        optimizer.build(model.trainable_variables)
        # What Keras callbacks look for on a model: its optimizer, loss and metrics.
        model.compile(optimizer=optimizer, loss=loss, weighted_metrics=list(metrics))
        self._fresh_optimizer = [np.asarray(v) for v in optimizer.variables]
        self._seed_states = [v for v in model.variables if all(v is not w for w in model.weights)]
        self._graphs = {}

    def start(self, weights, *, seed_states=None, learning_rate=None, optimizer_state=None):
        """Put in what belongs to one fit: weights, dropout seeds, learning rate, slots.

        Parameters
        ----------
        weights : list of ndarray
            Initial weights, in the order of ``model.get_weights()``.
        seed_states : list of ndarray, default=None
            States of the model's seed generators; None leaves them.
        learning_rate : float, default=None
            None leaves the optimizer's own.
        optimizer_state : list of ndarray, default=None
            The optimizer's variables from an earlier fit to go on from; None starts afresh.
        """
        self.model.set_weights(weights)
        for variable, value in zip(self._seed_states, seed_states or (), strict=False):
            variable.assign(value)
        state = optimizer_state or ()
        if [v.shape for v in state] != [v.shape for v in self._fresh_optimizer]:
            state = self._fresh_optimizer  # none, or another optimizer's
        for variable, value in zip(self.optimizer.variables, state, strict=True):
            variable.assign(value)
        if learning_rate is not None:
            self._set_learning_rate(learning_rate)
        self.model.stop_training = False

    def _set_learning_rate(self, learning_rate):
        try:
            self.optimizer.learning_rate = learning_rate
        except TypeError:
            raise InvalidParameterError(
                "learning_rate must be None for an optimizer that has a learning rate schedule of "
                f"its own. Got {learning_rate!r}."
            ) from None

    @property
    def weights(self):
        """The weights as they stand, a copy in NumPy."""
        return self.model.get_weights()

    @property
    def optimizer_state(self):
        """The optimizer's variables as they stand, a copy in NumPy."""
        return [np.array(v) for v in self.optimizer.variables]

    @property
    def learning_rate(self):
        """The learning rate in force."""
        return float(self.optimizer.learning_rate)

    def train_epoch(self, rows, order, batch_size, units):
        """Train on every row once.

        Parameters
        ----------
        rows : Rows
            The training rows.
        order : ndarray of shape (n,)
            The order in which rows are taken.
        batch_size : int
            Rows a step; the last step takes what is left.
        units : tuple of (tensor, tensor)
            Scale and offset from the network's units to the target's, for the metrics.

        Returns
        -------
        dict of str to float
            Loss and metrics, weighted means over the epoch.
        """
        return self._run("train", rows, tf.constant(order, tf.int32), batch_size, units)

    def evaluate(self, rows, units):
        """Give loss and metrics on rows, learning nothing.

        Parameters
        ----------
        rows : Rows
            The validation rows.
        units : tuple of (tensor, tensor)
            As in `train_epoch`.

        Returns
        -------
        dict of str to float
        """
        return self._run("evaluate", rows, tf.range(rows.n), EVALUATION_BATCH, units)

    def _run(self, kind, rows, order, batch_size, units):
        graph = self._graph(kind, rows)
        figures = graph(rows.features, rows.y, rows.weight, order, batch_size, *units)
        names = ["loss", *(metric.name for metric in self.metrics)]
        return dict(zip(names, figures.numpy().tolist(), strict=True))

    def _graph(self, kind, rows):
        """Trace a graph for dense or sparse rows when first needed, with open row counts."""
        key = (kind, rows.is_sparse, rows.y.dtype)
        if key not in self._graphs:
            function = self._train_all if kind == "train" else self._evaluate_all
            compiled = tf.function(function, autograph=True)
            self._graphs[key] = compiled.get_concrete_function(*self._signature(rows))
        return self._graphs[key]

    def _signature(self, rows):
        def open_rows(tensor):
            return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype)

        *entries, center, factor = rows.features if rows.is_sparse else (rows.features[0],) * 3
        fixed = [tf.TensorSpec(t.shape, t.dtype) for t in (center, factor)]
        features = [open_rows(t) for t in entries] + (fixed if rows.is_sparse else [])
        scale = tf.TensorSpec((None,), self.dtype)
        order, batch_size = tf.TensorSpec((None,), tf.int32), tf.TensorSpec((), tf.int32)
        return (
            tuple(features), open_rows(rows.y), open_rows(rows.weight), order, batch_size,
            scale, scale,
        )  # fmt: skip

    def _train_all(self, features, y, weight, order, batch_size, scale, offset):
        total, weights = self._begin()
        for start in tf.range(0, tf.size(order), batch_size):
            batch = self._batch(features, y, weight, order[start : start + batch_size])
            with tf.GradientTape() as tape:
                loss, predicted = self._loss(batch, training=True)
            variables = self.model.trainable_variables
            self.optimizer.apply(tape.gradient(loss, variables), variables)
            batch_weight = self._watch(batch, predicted, scale, offset)
            total += loss * batch_weight
            weights += batch_weight
        return self._figures(total / weights)

    def _evaluate_all(self, features, y, weight, order, batch_size, scale, offset):
        total, weights = self._begin()
        for start in tf.range(0, tf.size(order), batch_size):
            batch = self._batch(features, y, weight, order[start : start + batch_size])
            loss, predicted = self._loss(batch, training=False)
            batch_weight = self._watch(batch, predicted, scale, offset)
            total += loss * batch_weight
            weights += batch_weight
        return self._figures(total / weights)

    def _begin(self):
        for metric in self.metrics:
            metric.reset_state()
        return tf.zeros((), self.dtype), tf.zeros((), self.dtype)

    def _figures(self, loss):
        """Give loss and metrics as one vector, so that one look at the device suffices."""
        results = [tf.cast(metric.result(), self.dtype) for metric in self.metrics]
        return tf.stack([loss, *results])

    def _batch(self, features, y, weight, rows):
        return take(features, rows), tf.gather(y, rows), tf.gather(weight, rows)

    def _loss(self, batch, training):
        """Give the batch's loss, penalties included, and the predictions."""
        x, y, weight = batch
        predicted = self.model(x, training=training)
        values = loss_per_row(self.loss, y, predicted)
        loss = tf.math.divide_no_nan(tf.reduce_sum(values * weight), tf.reduce_sum(weight))
        for penalty in self.model.losses:
            loss += tf.cast(penalty, loss.dtype)
        return loss, predicted

    def _watch(self, batch, predicted, scale, offset):
        """Update the metrics, in the target's units, and give the batch's sum of weights."""
        _, y, weight = batch
        if self.metrics:
            if y.dtype.is_floating:
                y, predicted = y * scale + offset, predicted * scale + offset
            for metric in self.metrics:
                metric.update_state(y, predicted, sample_weight=weight)
        return tf.reduce_sum(weight)


_kept: OrderedDict = OrderedDict()
_lock = threading.Lock()


@contextlib.contextmanager
def borrowed(key, make, *, keep=True):
    """Lend a program for one fit and keep it for the next fit of the same shape.

    Parameters
    ----------
    key : hashable or None
        What the program depends on; None for one that serves once.
    make : callable
        Makes the program when none is kept.
    keep : bool, default=True
        False makes a fresh one and forgets it afterwards: somebody may hold on to its model.

    Yields
    ------
    Program
    """
    keep = keep and key is not None
    with _lock:
        program = _kept.pop(key, None) if keep else None
    program = program or make()
    yield program  # a fit that fails does not come back here: its program is dropped
    if keep:
        with _lock:
            _kept[key] = program
            while len(_kept) > MAX_KEPT:
                _kept.popitem(last=False)
