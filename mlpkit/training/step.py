"""One training step as a pure function: a Keras model, its optimizer, loss and metrics.

Keras objects say what is computed; the values of all their variables come in as tensors and go
out as tensors (``keras.StatelessScope``). So a compiled step holds nothing of any fit, serves
every fit of its shape, and can run in several threads at once.
"""

from mlpkit.backend import keras, tf
from mlpkit.compilation import loss_per_row
from mlpkit.errors import InvalidParameterError
from mlpkit.training.factors import factors_of
from mlpkit.training.optimizers import is_pure, pure
from mlpkit.training.packing import Packing
from mlpkit.training.values import Totals, Values


class Step:
    """A Keras model with what trains it, as functions of values and batches.

    Parameters
    ----------
    model : keras.Model
        Takes one tensor, gives one tensor of shape (n_samples, n_outputs).
    optimizer : keras.optimizers.Optimizer
        A fresh one.
    loss : keras.losses.Loss
        Its value per row is weighted and averaged.
    metrics : list of keras.metrics.Metric
        Fresh ones.
    dtype : str
        Type of the model's output.
    settings : dict of str to keras.Variable, default=()
        Numbers in the model's layers that a fit chooses, such as the penalty's factor.
    joins : bool, default=False
        Whether the trained variables are kept as one vector, which an elementwise optimizer
        treats as it would treat each of them: in a compiled step of a small network that takes a
        third fewer operations, and a third less time to compile. Not done where variables carry
        factors of their own, see `mlpkit.training.factors`.

    Attributes
    ----------
    scheduled : tuple of str
        Numbers that follow a schedule, see `schedule`.
    """

    def __init__(self, model, optimizer, loss, metrics, dtype, settings=(), *, joins=False):
        self.model, self.loss, self.metrics, self.dtype = model, loss, list(metrics), dtype
        self.is_pure = is_pure(optimizer)
        self._given = optimizer
        self.optimizer = pure(optimizer) if self.is_pure else optimizer
        self.factors, self.scheduled = factors_of(model.trainable_variables), ()
        self.packing = Packing(model.trainable_variables, dtype, joins and not self.factors)
        trained = self.packing.variables
        self.optimizer.build(trained)
        self.settings = dict(settings)
        if self.is_pure:
            self.settings.update(self.optimizer.run_time)
        self.variables = Values(
            tuple(trained),
            tuple(model.non_trainable_variables),
            tuple(self.optimizer.variables),
        )
        for metric in self.metrics:
            self._build_metric(metric)
        self._metric_variables = [v for metric in self.metrics for v in metric.variables]
        self._fresh_metrics = tuple(v.numpy() for v in self._metric_variables)

    def _build_metric(self, metric):
        """Let a metric make its variables; some do so when they see the first batch."""
        units = self.model.output_shape[-1] if hasattr(self.model, "output_shape") else None
        if not metric.variables and units:
            zeros = keras.ops.zeros((1, units), self.dtype)
            metric.update_state(zeros, zeros)
            metric.reset_state()

    @property
    def rate_place(self):
        """The place of the learning rate among the optimizer's variables, None where it has none.

        It has none where a schedule of Keras sets the rate.
        """
        rate = self.optimizer._learning_rate
        return next((i for i, v in enumerate(self.variables.slots) if v is rate), None)

    def schedule(self, names):
        """Let numbers follow schedules: `train` takes a factor for each, step by step.

        Parameters
        ----------
        names : tuple of str
            "learning_rate", or names of `settings`; those the step has no place for stay as they
            are.

        Raises
        ------
        InvalidParameterError
            When the optimizer has a schedule of its own.
        """
        if "learning_rate" in names and self.rate_place is None:
            raise InvalidParameterError(
                "learning_rate_schedule must be None for an optimizer that has a learning rate "
                "schedule of its own. Got both: give the optimizer a number for learning_rate."
            )
        self.scheduled = tuple(names)

    def split(self, weights):
        """Give the model's variables, trained ones first, as `Values` without an optimizer's."""
        n = len(self.variables.trained)
        return Values(tuple(weights[:n]), tuple(weights[n:]), ())

    def plain_optimizer(self):
        """Give a fresh optimizer of Keras's own kind, for what works beside the program."""
        return type(self._given).from_config(self._given.get_config())

    def fresh_totals(self):
        """Give the sums as they are before any row has been seen."""
        zero = tf.zeros((), self.dtype)
        return Totals(zero, zero, tuple(tf.constant(v) for v in self._fresh_metrics))

    def train(self, values, totals, batch, settings, units, pooled=None, factors=None):
        """Take one step of the optimizer.

        Parameters
        ----------
        values : Values
            Before the step.
        totals : Totals
            Sums so far.
        batch : Batch
            The rows to learn.
        settings : tuple of tensors of shape ()
            Values of `self.settings`, in its order.
        units : tuple of (tensor, tensor)
            Scale and offset from the network's units to the target's, for the metrics.
        pooled : callable, default=None
            Where other replicas take other rows: ``pooled(gradients, loss, weight)``, from the
            gradients of a sum over these, gives those of the mean over all, and the loss of these.
        factors : tensor of shape (n_scheduled,), default=None
            What the numbers of `scheduled` are multiplied by in this step.

        Returns
        -------
        Values, Totals
        """
        before = values.slots
        if factors is not None:
            values, settings = self._multiplied(values, settings, factors)
        weights = self.packing.apart(values.trained)
        with self._scope(values, totals, settings, weights) as scope:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(weights)
                loss, predicted = self._loss(batch, training=True)
                weight = tf.reduce_sum(batch.weight)
                # Sums over rows can be added up, and replicas that share moments see each other's.
                summed = tf.math.multiply_no_nan(loss, weight) if pooled else loss
            gradients = tape.gradient(summed, weights)
            if pooled:
                gradients, loss = pooled(gradients, loss, weight)
            self.optimizer.apply(self.packing.together(gradients), self.variables.trained)
            totals = self._totals(totals, batch, loss, predicted, units, scope)
        values = Values(*(self._current(scope, kind) for kind in self.variables))
        return (values if factors is None else self._with_rate_of(values, before)), totals

    def _multiplied(self, values, settings, factors):
        """Give values and settings with the factors of one step put in."""
        of = {name: factors[i] for i, name in enumerate(self.scheduled)}
        settings = tuple(
            value * tf.cast(of[name], value.dtype) if name in of else value
            for name, value in zip(self.settings, settings, strict=True)
        )
        if "learning_rate" in of:
            slots, place = list(values.slots), self.rate_place
            slots[place] = slots[place] * tf.cast(of["learning_rate"], slots[place].dtype)
            values = values._replace(slots=tuple(slots))
        return values, settings

    def _with_rate_of(self, values, slots):
        """Put the learning rate back that a step's factor was multiplied with."""
        place = self.rate_place
        if place is None:
            return values
        return values._replace(
            slots=(*values.slots[:place], slots[place], *values.slots[place + 1 :])
        )

    def evaluate(self, values, totals, batch, settings, units):
        """Add a batch's loss and metrics to the sums, learning nothing.

        Parameters
        ----------
        values : Values
            The model's; those of the optimizer are left out.
        totals, batch, settings, units
            As in `train`.

        Returns
        -------
        Totals
        """
        weights = self.packing.apart(values.trained)
        with self._scope(values, totals, settings, weights) as scope:
            loss, predicted = self._loss(batch, training=False)
            return self._totals(totals, batch, loss, predicted, units, scope)

    def figures(self, totals):
        """Give loss and metrics of an epoch as one vector, so that one look suffices.

        Parameters
        ----------
        totals : Totals
            Sums over all batches.

        Returns
        -------
        tensor of shape (1 + n_metrics,)
        """
        pairs = zip(self._metric_variables, totals.metrics, strict=True)
        with keras.StatelessScope(pairs):
            results = [tf.cast(metric.result(), self.dtype) for metric in self.metrics]
        loss = tf.math.divide_no_nan(totals.loss, totals.weight)  # no rows: nothing was judged
        return tf.stack([loss, *results])

    @property
    def figure_names(self):
        """What the entries of `figures` are."""
        return ["loss", *(metric.name for metric in self.metrics)]

    def _scope(self, values, totals, settings, weights):
        """Let Keras's variables have these values for a while."""
        kinds = zip(self.variables, values, strict=True)
        pairs = [pair for ours, given in kinds if given for pair in zip(ours, given, strict=True)]
        pairs += zip(self._metric_variables, totals.metrics, strict=True)
        pairs += zip(self.settings.values(), settings, strict=True)
        pairs += zip(self.model.trainable_variables, weights, strict=True)
        scope = keras.StatelessScope(collect_losses=True)
        # Not as an argument, where Keras wants the shapes the variables were made with.
        scope.state_mapping.update((id(variable), value) for variable, value in pairs)
        return scope

    @staticmethod
    def _current(scope, variables):
        return tuple(scope.get_current_value(v) for v in variables)

    def _loss(self, batch, training):
        """Give the batch's loss, penalties included, and the predictions."""
        masked = {} if batch.mask is None else {"mask": batch.mask}
        predicted = self.model(batch.x, training=training, **masked)
        values = loss_per_row(self.loss, batch.y, predicted)
        total = tf.reduce_sum(values * batch.weight)
        loss = tf.math.divide_no_nan(total, tf.reduce_sum(batch.weight))
        for penalty in self.model.losses:
            loss += tf.cast(penalty, loss.dtype)
        return loss, predicted

    def _totals(self, totals, batch, loss, predicted, units, scope):
        """Add a batch to the sums; metrics see targets and predictions in the target's units."""
        if self.metrics:
            y, (scale, offset) = batch.y, units
            if y.dtype.is_floating:
                y, predicted = y * scale + offset, predicted * scale + offset
            for metric in self.metrics:
                metric.update_state(y, predicted, sample_weight=batch.weight)
        weight = tf.reduce_sum(batch.weight)
        return Totals(
            totals.loss + loss * weight,
            totals.weight + weight,
            self._current(scope, self._metric_variables),
        )
