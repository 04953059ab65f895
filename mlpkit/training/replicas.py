"""Replicas of a network, on several devices and in several processes, as tf.distribute has them."""

import threading
from functools import cached_property, lru_cache

import numpy as np

from mlpkit.backend import tf


class Replicas:
    """What training in step needs of a strategy: who is who, sums over all, rows on each device.

    Parameters
    ----------
    strategy : tf.distribute.Strategy
        Of one process or of several.

    Attributes
    ----------
    count : int
        Replicas in all processes.
    ids : tuple of int
        The numbers of this process's own ones.
    n_workers, worker : int
        Processes, and the number of this one.
    """

    def __init__(self, strategy):
        self.strategy = strategy
        self.devices = tuple(strategy.extended.worker_devices)
        self.count = strategy.num_replicas_in_sync
        self.n_workers = self.count // len(self.devices)
        self.ids = self._own_ids()
        self.worker = self.ids[0] // len(self.devices)
        self._lock = threading.Lock()

    def _own_ids(self):
        found = []

        @tf.function(autograph=False)  # traced only: run eagerly, TensorFlow would warn
        def look():
            self.strategy.run(lambda: found.append(self._id()))

        look.get_concrete_function()
        return tuple(sorted(found))

    @staticmethod
    def _id():
        context = tf.distribute.get_replica_context()
        return int(tf.get_static_value(context.replica_id_in_sync_group))

    def run(self, function):
        """Call a function once for each of this process's replicas, inside a graph.

        Parameters
        ----------
        function : callable
            ``function(place, number)`` takes the replica's place among this process's own and its
            number among all, and gives a nest of tensors.

        Returns
        -------
        tuple of nests
            One for each of this process's replicas.
        """

        def replica():
            number = self._id()
            return function(number - self.ids[0], number)

        given = self.strategy.run(replica)
        flat = [self.strategy.experimental_local_results(v) for v in tf.nest.flatten(given)]
        pack = tf.nest.pack_sequence_as
        return tuple(pack(given, each) for each in zip(*flat, strict=True))

    @staticmethod
    def total(tensors):
        """Add up tensors over all replicas, inside `run`, in one exchange a type.

        Parameters
        ----------
        tensors : list of tensors
            Each replica's own, of the same shapes.

        Returns
        -------
        list of tensors
            The sums, the same in each replica.
        """
        sums = [None] * len(tensors)
        for dtype in dict.fromkeys(t.dtype for t in tensors):
            places = [i for i, t in enumerate(tensors) if t.dtype == dtype]
            sizes = [tf.size(tensors[i]) for i in places]
            joined = tf.concat([tf.reshape(tensors[i], [-1]) for i in places], axis=0)
            context = tf.distribute.get_replica_context()
            joined = context.all_reduce(tf.distribute.ReduceOp.SUM, joined)
            for i, part in zip(places, tf.split(joined, sizes, num=len(places)), strict=True):
                sums[i] = tf.reshape(part, tf.shape(tensors[i]))
                sums[i].set_shape(tensors[i].shape)
        return sums

    def copies(self, columns):
        """Give rows on the device of each of this process's replicas.

        Parameters
        ----------
        columns : Columns
            The rows.

        Returns
        -------
        tuple of Columns
        """
        if len(self.devices) == 1:
            return (columns,)
        return tuple(tf.nest.map_structure(_on(device), columns) for device in self.devices)

    @cached_property
    def _sum_graph(self):
        @tf.function(autograph=False, reduce_retracing=True)
        def added(words):
            def replica(place, number):
                return self.total([words if place == 0 else tf.zeros_like(words)])

            return self.run(replica)[0][0]

        return added

    def exchange(self, data):
        """Give every process's bytes to every process; all must call it.

        Parameters
        ----------
        data : bytes
            This process's.

        Returns
        -------
        list of bytes
            In the order of the workers.
        """
        if self.n_workers == 1:
            return [data]
        with self._lock:
            sizes = np.zeros(self.n_workers, np.int32)
            sizes[self.worker] = len(data)
            sizes = self._sum_graph(tf.constant(sizes)).numpy()
            words = np.zeros((self.n_workers, -(-max(sizes) // 4) + 1), np.int32)
            words[self.worker].view(np.uint8)[: len(data)] = np.frombuffer(data, np.uint8)
            words = self._sum_graph(tf.constant(words.ravel())).numpy().reshape(words.shape)
        return [row.tobytes()[:n] for row, n in zip(words, sizes, strict=True)]

    def in_step(self, segments, batch_size):
        """Yield segments as long as any process has some, those that have none an empty one.

        Parameters
        ----------
        segments : iterable of (Columns, int)
            This process's; at least one.
        batch_size : int
            Rows a step in this process.

        Yields
        ------
        columns : Columns
        counts : pair of int
            Rows of this segment, and those of as many whole steps as any process takes.
        """
        segments, columns = iter(segments), None
        while True:
            columns, count = next(segments, (columns, 0))
            steps = max(int(n) for n in self.exchange(b"%d" % -(-count // batch_size)))
            if not steps:
                return
            yield columns, (count, steps * batch_size)


_lock = threading.Lock()  # two threads that fit must find the same replicas


def replicas_of(strategy):
    """Give the replicas of a strategy, the same object each time.

    Parameters
    ----------
    strategy : tf.distribute.Strategy or None
        None has none.

    Returns
    -------
    Replicas or None
    """
    if strategy is None:
        return None
    with _lock:
        return _made(strategy)


@lru_cache(maxsize=32)  # as many as there may be programs
def _made(strategy):
    return Replicas(strategy)


def _on(device):
    def copied(tensor):
        with tf.device(device):
            return tf.identity(tensor)

    return copied
