"""Epochs whose batches several replicas share, as graphs."""

from mlpkit.backend import keras, tf
from mlpkit.training.epochs import Epochs, entry
from mlpkit.training.replicas import Replicas
from mlpkit.training.rows import run_of, take
from mlpkit.training.shapes import EVALUATION_BATCH
from mlpkit.training.values import Batch

# Between the seeds of two replicas: 2^32 over the golden ratio, so that none comes near another.
SEED_STEP = 2654435769


class SharedEpochs(Epochs):
    """Whole epochs of a step whose batches are dealt out to replicas.

    Each replica takes the gradient of its rows; the gradients are added up by weight, and each
    replica takes the same step of the optimizer. A replica without a row adds nothing. Losses that
    layers add of their outputs are averaged over replicas, as Keras does. At the
    ends of an epoch there is one copy of all values, as with a single device: the average, early
    stopping and whatever looks in between know nothing of replicas.

    Parameters
    ----------
    step : Step
        What is done with a batch.
    batch_size : int
        Rows of a step, of all replicas together.
    replicas : Replicas
        Who they are.
    selects_by, last_best
        As in `Epochs`.
    """

    def __init__(self, step, batch_size, *, replicas, **selection):
        super().__init__(step, batch_size, fills_up=False, masks=False, **selection)
        self.replicas = replicas
        for layer in step.model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True  # moments of the whole batch, as on a single device
        weights = {id(v) for v in step.model.weights}
        self._are_seeds = [id(v) not in weights for v in step.variables.others]

    def learn(self, values, totals, rows, order, n_rows, settings, units, factors=None):
        """Learn rows in an order, batch by batch.

        Parameters
        ----------
        values, totals, settings, units
            As in `Step.train`.
        rows : tuple of Columns
            The rows, on the device of each of this process's replicas.
        order : tensor of shape (>= n_rows,), int32
            Row numbers.
        n_rows : tensor of shape () or (2,), int32
            How many of them count; where each process has rows of its own, also those of as many
            whole steps as any process takes.
        factors
            As in `Epochs.learn`.

        Returns
        -------
        Values, Totals
        """

        def batch(start, copies, sums):
            now = entry(factors, start // self.batch_size)

            def replica(place, number):
                low, high = self._share(place, number, start, self.batch_size, n_rows)
                chosen = tf.slice(order, [low], [high - low])
                part = Batch(*take(rows[place], chosen))
                return self.step.train(
                    copies[place], sums[place], part, settings, units, self._pooled, now
                )

            trained = self.replicas.run(replica)
            copies, sums = zip(*trained, strict=True)
            return start + self.batch_size, copies, sums

        copies = tuple(self._copy(values, number) for number in self.replicas.ids)
        sums = tuple(self.step.fresh_totals() for _ in copies)
        _, copies, sums = tf.while_loop(
            lambda start, *_: start < tf.reduce_max(n_rows),
            batch,
            (tf.zeros((), tf.int32), copies, sums),
        )
        return self._joined(copies, totals, sums)

    def judge(self, values, totals, rows, n_rows, settings, units):
        """Add up loss and metrics of rows that are not learnt.

        Parameters
        ----------
        values, totals, settings, units
            As in `Epochs.judge`.
        rows, n_rows
            As in `learn`.

        Returns
        -------
        Totals
        """

        def batch(start, sums):
            def replica(place, number):
                low, high = self._share(place, number, start, EVALUATION_BATCH, n_rows)
                part = Batch(*run_of(rows[place], low, high - low))
                return self.step.evaluate(values, sums[place], part, settings, units)

            return start + EVALUATION_BATCH, self.replicas.run(replica)

        sums = tuple(self.step.fresh_totals() for _ in self.replicas.ids)
        _, sums = tf.while_loop(
            lambda start, _: start < tf.reduce_max(n_rows), batch, (tf.zeros((), tf.int32), sums)
        )
        return self._added(totals, sums)[0]

    def _share(self, place, number, start, batch_size, n_rows):
        """Give the first and last row of a replica's share of a batch."""
        own = n_rows.shape.rank > 0  # rows of this process alone, dealt out to its own replicas
        count = n_rows[0] if own else n_rows
        part, parts = (place, len(self.replicas.ids)) if own else (number, self.replicas.count)
        start = tf.minimum(start, count)
        size = tf.minimum(batch_size, count - start)
        return start + size * part // parts, start + size * (part + 1) // parts

    @staticmethod
    def _pooled(gradients, loss, weight):
        """Give the gradients of all replicas' rows, and a loss; an empty share spoils neither."""
        reached = [i for i, gradient in enumerate(gradients) if gradient is not None]
        given = [tf.convert_to_tensor(gradients[i]) for i in reached]
        sound = [tf.where(weight > 0, g, 0) for g in given]
        *sums, total = Replicas.total([*sound, weight])
        gradients = list(gradients)
        for i, added in zip(reached, sums, strict=True):
            gradients[i] = tf.math.divide_no_nan(added, tf.cast(total, added.dtype))
        return gradients, tf.where(weight > 0, loss, 0)

    def _copy(self, values, number):
        """Give a replica its values: those of all, and random numbers of its own."""
        pairs = zip(values.others, self._are_seeds, strict=True)
        others = tuple(
            v + tf.constant([number * SEED_STEP, 0], v.dtype) if is_seed else v
            for v, is_seed in pairs
        )
        return values._replace(others=others)

    def _joined(self, copies, totals, sums):
        """Give one copy of the values, and the sums of all replicas.

        Moving statistics are averaged; all other values are the same in each replica.
        """
        others = list(copies[0].others)
        moving = [i for i, v in enumerate(others) if v.dtype.is_floating]
        *means, totals = self._added(totals, sums, [[c.others[i] for i in moving] for c in copies])
        for i, added in zip(moving, means, strict=True):
            others[i] = added / tf.cast(self.replicas.count, added.dtype)
        for i, is_seed in enumerate(self._are_seeds):
            if is_seed:
                others[i] -= tf.constant([self.replicas.ids[0] * SEED_STEP, 0], others[i].dtype)
        # One exchange after the other: several at once may come in another order elsewhere.
        with tf.control_dependencies(tf.nest.flatten(totals)):
            return tf.nest.map_structure(
                tf.identity, copies[0]._replace(others=tuple(others))
            ), totals

    def _added(self, totals, sums, more=None):
        """Add up what all replicas have: further tensors, and their sums to those before."""
        fresh = tf.nest.flatten(self.step.fresh_totals())
        more = more or [[]] * len(sums)

        def replica(place, number):
            pairs = zip(tf.nest.flatten(sums[place]), fresh, strict=True)
            return Replicas.total([*more[place], *(new - old for new, old in pairs)])

        added = self.replicas.run(replica)[0]
        n = len(more[0])
        pairs = zip(tf.nest.flatten(totals), added[n:], strict=True)
        return *added[:n], tf.nest.pack_sequence_as(totals, [old + new for old, new in pairs])
