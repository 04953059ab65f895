"""Rows that come to the device a segment at a time: tables too large for it, and datasets."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache

from mlpkit.backend import tf
from mlpkit.devices.machine import memory
from mlpkit.training.rows import Columns, filled, on_device

MEMORY_SHARE = 0.25  # of the device's memory; a larger table is streamed
SEGMENT_BYTES = 2**24  # of rows on the way to the device; one more segment is made ready ahead
_THREADS = "mlpkit-ahead"


@lru_cache
def device_memory():
    """Give the bytes of memory of the device that trains: the first GPU's, else the machine's.

    Returns
    -------
    int
        On the CPU the limit of the container (cgroup), where there is one, counts too.

    Examples
    --------
    >>> device_memory() > 2**20
    True
    """
    if tf.config.list_logical_devices("GPU"):
        from tensorflow.python.client import device_lib

        return min(
            d.memory_limit for d in device_lib.list_local_devices() if d.device_type == "GPU"
        )
    return memory()["usable"]


def is_streamed(n_bytes):
    """Tell whether rows of a size are streamed to the device in place of lying on it.

    Parameters
    ----------
    n_bytes : int
        Size of the features in the network's type.

    Returns
    -------
    bool
    """
    return n_bytes > MEMORY_SHARE * device_memory()


def segment_rows(row_bytes, batch_size):
    """Give the rows of a segment: whole batches, at least one.

    Parameters
    ----------
    row_bytes : int
        Bytes of one row's features.
    batch_size : int
        Rows a step.

    Returns
    -------
    int

    Examples
    --------
    >>> segment_rows(row_bytes=4 * 784, batch_size=32)
    5344
    """
    return max(1, SEGMENT_BYTES // (row_bytes * batch_size)) * batch_size


class Stream:
    """Rows of a table or dataset, put on the device a segment at a time.

    Parameters
    ----------
    segments : callable
        ``segments(rng)`` yields (x, y, weight) arrays of an epoch, at most `capacity` rows each;
        all but the last of a run of equal batches are whole batches.
    n : int
        Rows of an epoch.
    capacity : int
        Rows of a segment.
    compiled : bool
        Whether each segment is filled up to `capacity`, for a program of fixed shapes.
    skip : callable, default=None
        ``skip(n_epochs)`` goes past epochs that were run before, where the source itself decides
        what comes in which; None where the generator given to `segments` does.
    is_own : bool, default=False
        Whether each of several processes has rows of its own.
    """

    epochs_a_call = 1

    def __init__(self, segments, n, capacity, *, compiled, skip=None, is_own=False):
        self.segments, self.n, self.capacity, self.compiled = segments, n, capacity, compiled
        self.is_own, self._skip, self.drawn = is_own, skip, n

    def skip(self, n_epochs):
        """Go past epochs that were run before.

        Parameters
        ----------
        n_epochs : int
            How many.
        """
        if self._skip is not None and n_epochs:
            self._skip(n_epochs)

    def layout(self, compiled):
        """Give what a program depends on beside the network."""
        return "streamed", self.capacity if compiled else None, self.is_own

    def epoch(self, rng):
        """Yield (columns, n_rows) of each segment of an epoch; the next one is made ready ahead.

        Parameters
        ----------
        rng : numpy.random.RandomState or None
            Draws the order of rows.

        Yields
        ------
        columns : Columns
        n_rows : int
        """
        parts = (self._filled(*part) for part in self.segments(rng))
        for n, *part in ahead(parts):
            x, y, weight = map(on_device, part)
            yield Columns((x,), y, weight), n

    def _filled(self, x, y, weight):
        n = len(weight)
        n_filled = self.capacity if self.compiled else n
        ready = (filled(part, part.dtype, n_filled) for part in (x, y))
        return n, *ready, filled(weight, weight.dtype, n_filled, rest=0)


def ahead(items):
    """Yield items, the next of which is made ready by a thread while one is used.

    Parameters
    ----------
    items : generator
        What it raises comes out here.

    Yields
    ------
    object

    Examples
    --------
    >>> list(ahead(n * n for n in range(4)))
    [0, 1, 4, 9]
    """
    end, pool = object(), _pool(os.getpid())
    waiting = pool.submit(next, items, end)
    try:
        while (item := waiting.result()) is not end:
            waiting = pool.submit(next, items, end)
            yield item
    finally:
        # Where nobody closes this, the garbage collector does, perhaps in the very thread that is
        # making the next item, which would wait for itself.
        if not threading.current_thread().name.startswith(_THREADS):
            wait([waiting])
            items.close()


@lru_cache
def _pool(process):
    """Give the threads of a process; a fork has none of its parent's.

    They stay: each new thread may get an arena of its own from the system's allocator, which would
    keep some of its memory for good, epoch after epoch.
    """
    return ThreadPoolExecutor(os.cpu_count(), _THREADS)
