"""Programs: whole epochs of a network, traced and compiled once for all fits of their shape.

A program belongs to an architecture and a shape, not to a fit: initial weights, learning rate,
seeds, settings and rows are arguments of each call, and so are several fits at once.
"""

import math
import threading

import numpy as np

from mlpkit.backend import tf
from mlpkit.training.epochs import Epochs
from mlpkit.training.shared_epochs import SharedEpochs
from mlpkit.training.signatures import signature
from mlpkit.training.slots import first_slots
from mlpkit.training.state import Counts, first_state
from mlpkit.training.values import Values


class Program:
    """Whole epochs of a Keras model, its optimizer, loss and metrics.

    Parameters
    ----------
    step : Step
        The model and what trains it. The program owns it.
    batch_size : int
        Rows a step.
    compiled : bool, default=False
        Whether XLA compiles the epochs for fixed shapes, else they are a graph that takes any
        number of rows.
    masks : bool, default=False
        Whether layers of the model look at several rows and take a mask of those that count.
    selects_by : str, default=None
        What decides which epoch is best, see `Epochs`; None leaves it to the loss.
    last_best : bool, default=False
        Whether the last of several equally good epochs is the best.
    any_width : bool, default=False
        Whether a program that is not compiled serves layers of any width. Those of its own model
        then have widths that occur nowhere else in it.
    replicas : Replicas, default=None
        Who share each batch; a program of several is a graph. None trains on one device.
    scheduled : tuple of str, default=()
        What follows a schedule, see `Step.schedule`; the schedules come with each fit.
    """

    def __init__(
        self, step, batch_size, *, compiled=False, masks=False, selects_by=None,
        last_best=False,
        any_width=False, replicas=None, scheduled=(),
    ):  # fmt: skip
        step.schedule(scheduled)
        selection = {"selects_by": selects_by, "last_best": last_best}
        self.step, self.batch_size, self.compiled = step, batch_size, compiled
        self.any_width, self.replicas = any_width, replicas
        if replicas is None:
            self.epochs = Epochs(step, batch_size, fills_up=compiled, masks=masks, **selection)
        else:
            self.epochs = SharedEpochs(step, batch_size, replicas=replicas, **selection)
        model = step.model
        model.supports_masking |= masks  # its layers do, and Keras asks the model too
        variables = [*model.trainable_variables, *step.variables.others]
        places = {id(v): i for i, v in enumerate(variables)}
        self._weight_places = [places[id(v)] for v in model.weights]
        weights = {id(v) for v in model.weights}
        self._seed_places = [places[id(v)] for v in model.variables if id(v) not in weights]
        self._fresh = [v.numpy() for v in variables]
        self._fresh_slots = [v.numpy() for v in step.variables.slots]
        self._graphs = {}
        self._lock = threading.Lock()

    def start(
        self, weights, *, seed_states=None, learning_rate=None, own_rate=None,
        optimizer_state=None, average=False, stops=False,
    ):  # fmt: skip
        """Give the state in which a fit begins.

        Parameters
        ----------
        weights : list of ndarray
            Initial weights, in the order of ``model.get_weights()``.
        seed_states : list of ndarray, default=None
            States of the model's seed generators; None takes the model's own.
        learning_rate : float, default=None
            None leaves the optimizer's own, or goes on with that of `optimizer_state`.
        own_rate : float, default=None
            The optimizer's own, where the program was made for another one of its kind.
        optimizer_state : list of ndarray, default=None
            The optimizer's variables from an earlier fit to go on from; None starts afresh.
        average, stops : bool, default=False
            Whether a running average is kept, and whether the best epoch is looked for.

        Returns
        -------
        State
        """
        values, sizes = list(self._fresh), {}
        for place, value in zip(self._weight_places, weights, strict=True):
            sizes.update(zip(values[place].shape, value.shape, strict=True))
            values[place] = value
        for place, value in zip(self._seed_places, seed_states or (), strict=False):
            values[place] = value
        slots = first_slots(
            self.step, self._fresh_slots, sizes, optimizer_state, learning_rate, own_rate
        )
        values = Values(*self.step.packing.packed(values, self.step.variables.others), slots)
        return first_state(values, average=average, stops=stops, dtype=self.step.dtype)

    @property
    def n_parameters(self):
        """Number of trained weights, of its own model where it serves layers of any width."""
        return sum(v.size for v in self._fresh[: len(self.step.model.trainable_variables)])

    def weights(self, variables):
        """Give weights in the order of ``model.get_weights()``.

        Parameters
        ----------
        variables : tuple of tensors
            The model's variables, trained ones first.

        Returns
        -------
        list of ndarray
        """
        arrays = self.step.packing.unpacked(variables)
        return [arrays[place] for place in self._weight_places]

    def learning_rate(self, state):
        """Give the learning rate in force, None where a schedule sets it."""
        place = self.step.rate_place
        return None if place is None else float(state.values.slots[place])

    def settings(self, given):
        """Give the values of the numbers that a fit chooses, as this program takes them.

        Parameters
        ----------
        given : dict of str to float
            Values by name; those the model has no place for are left out.

        Returns
        -------
        tuple of tensors
        """
        return tuple(
            tf.constant(given.get(name, variable.numpy()), variable.dtype)
            for name, variable in self.step.settings.items()
        )

    def run(self, state, rows, held, orders, counts, settings, units, factors=None):
        """Train for the epochs of `orders`, as `Epochs.run` does, figures as an array.

        Parameters
        ----------
        state : State
            Before them.
        rows, held : Rows or None
            Training and validation rows.
        orders : ndarray of shape (n_epochs, n_samples)
            The order of rows in each epoch.
        counts : tuple of int
            Validation rows to look at, and epochs without improvement before training stops.
        settings : tuple of tensors
            See `settings`.
        units : tuple of (tensor, tensor)
            Scale and offset from the network's units to the target's, for the metrics.
        factors : ndarray of shape (n_epochs, n_steps, n_scheduled), default=None
            What schedules give for each step.

        Returns
        -------
        state : State
        figures : ndarray of shape (epochs run, n_figures)
        """
        n_held, patience = counts
        held_columns = None if held is None else held.read
        counts = (rows.drawn, n_held, len(orders), patience)
        arguments = (
            state, rows.read, held_columns, self._orders(orders, rows),
            Counts(*(tf.constant(count, tf.int32) for count in counts)), settings, units,
            self._factors(factors, rows.epochs_a_call, rows.n_slots),
        )  # fmt: skip
        before = state.epoch
        state, figures = self._call("run", arguments)
        return state, figures.numpy()[: int(state.epoch) - int(before)]

    def learn(self, values, totals, columns, n_rows, settings, units, factors=None):
        """Learn a segment of an epoch's rows in the order they have, as `Epochs.learn` does.

        Parameters
        ----------
        values, totals, settings, units
            As in `Step.train`.
        columns : Columns
            The rows.
        n_rows : int or pair of int
            How many of them count; see `SharedEpochs.learn`.
        factors : ndarray of shape (n_steps, n_scheduled), default=None
            What schedules give for each step.

        Returns
        -------
        Values, Totals
        """
        order = tf.range(columns.y.shape[0])
        count = tf.constant(n_rows, tf.int32)
        factors = self._factors(factors, columns.y.shape[0])
        arguments = (values, totals, self._read(columns), order, count, settings, units, factors)
        return self._call("learn", arguments)

    def judge(self, weights, totals, columns, n_rows, settings, units):
        """Add up loss and metrics of a segment of rows, as `Epochs.judge` does.

        Parameters
        ----------
        weights : tuple of tensors
            The model's variables, trained ones first.
        totals, columns, n_rows, settings, units
            As in `learn`.

        Returns
        -------
        Totals
        """
        count = tf.constant(n_rows, tf.int32)
        columns = self._read(columns)
        arguments = (self.step.split(weights), totals, columns, count, settings, units)
        return self._call("judge", arguments)

    def close(self, state, values, figures, held, counts, settings, units):
        """End an epoch whose steps were taken elsewhere, as `Epochs.close` does.

        Parameters
        ----------
        state : State
            Before the epoch.
        values : Values
            After its steps.
        figures : tensor of shape (n_figures,)
            Of the training rows.
        held, counts, settings, units
            As in `run`.

        Returns
        -------
        state : State
        figures : ndarray of shape (n_figures,)
            With those of the validation rows.
        """
        n_held, patience = counts
        held = None if held is None else held.read
        counts = Counts(*(tf.constant(count, tf.int32) for count in (0, n_held, 1, patience)))
        arguments = (state, values, figures, held, counts, settings, units)
        state, figures = self._call("close", arguments)
        return state, figures.numpy()

    def _read(self, columns):
        return columns if self.replicas is None else self.replicas.copies(columns)

    def _orders(self, orders, rows):
        """Fill row numbers up to the program's shape: whole batches, a fixed count of epochs."""
        if not self.compiled:
            return tf.constant(orders, tf.int32)
        n_slots = math.ceil(rows.n_slots / self.batch_size) * self.batch_size
        table = np.zeros((rows.epochs_a_call, n_slots), np.int32)
        table[: len(orders), : orders.shape[1]] = orders
        return tf.constant(table)

    def _factors(self, factors, *shape):
        """Fill factors up to the program's shape: epochs, and rows whose steps they are."""
        if factors is None:
            return None
        if self.compiled:
            n_steps = math.ceil(shape[-1] / self.batch_size)
            table = np.zeros((*shape[:-1], n_steps, factors.shape[-1]))
            table[tuple(map(slice, factors.shape))] = factors
            factors = table
        return tf.constant(factors, self.step.dtype)

    def _call(self, name, arguments):
        return self._graph(name, arguments)(*arguments)

    def _graph(self, name, arguments):
        """Trace a function of `Epochs` when it is first called."""
        with self._lock:
            if name not in self._graphs:
                self._graphs[name] = self._trace(name, arguments)
            return self._graphs[name]

    def _trace(self, name, arguments):
        function = getattr(self.epochs, name)
        traced = tf.function(function, jit_compile=self.compiled, autograph=False)
        open_to = {"rows": not self.compiled, "widths": self.any_width}
        return traced.get_concrete_function(*(signature(part, **open_to) for part in arguments))
