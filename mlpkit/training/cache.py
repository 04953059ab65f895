"""The programs that are kept for the next fit of the same shape: one bounded LRU."""

import threading
from collections import OrderedDict, namedtuple

MAX_KEPT = 32  # programs kept, the least recently used goes first

CacheInfo = namedtuple("CacheInfo", ["hits", "misses", "maxsize", "currsize"])


class ProgramCache:
    """Programs by what they depend on; safe to use from several threads.

    Programs hold no values of any fit, so two threads may run the same one at once.

    Parameters
    ----------
    maxsize : int
        Programs kept at most.

    Examples
    --------
    >>> cache = ProgramCache(maxsize=1)
    >>> cache.get("a", lambda: 1), cache.get("a", lambda: 2), cache.get("b", lambda: 3)
    (1, 1, 3)
    >>> cache.info()
    CacheInfo(hits=1, misses=2, maxsize=1, currsize=1)
    """

    def __init__(self, maxsize):
        self.maxsize = maxsize
        self._lock = threading.Lock()
        self._making = {}
        self.clear()

    def get(self, key, make):
        """Give the program of a key, made when none is kept.

        Parameters
        ----------
        key : hashable or None
            What the program depends on; None for one that serves once and is not kept.
        make : callable
            Makes the program. A second thread that asks for the same key waits for it.

        Returns
        -------
        object
        """
        if key is None:
            with self._lock:
                self._misses += 1
            return make()
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._kept:
                    self._hits += 1
                    self._kept.move_to_end(key)
                    return self._kept[key]
                self._misses += 1
            try:
                program = make()
            finally:
                with self._lock:
                    self._making.pop(key, None)
            with self._lock:
                self._kept[key] = program
                while len(self._kept) > self.maxsize:
                    self._kept.popitem(last=False)
            return program

    def info(self):
        """Give hits, misses, maxsize and currsize, as ``functools.lru_cache`` does."""
        with self._lock:
            return CacheInfo(self._hits, self._misses, self.maxsize, len(self._kept))

    def clear(self):
        """Forget all programs and counts."""
        with self._lock:
            self._kept = OrderedDict()
            self._hits = self._misses = 0


_programs = ProgramCache(MAX_KEPT)


def cached_program(key, make):
    """Give the program of a key from the one cache; see `ProgramCache.get`."""
    return _programs.get(key, make)


def cache_info():
    """Tell how often a fit found its program and how often one had to be made.

    Returns
    -------
    CacheInfo
        ``hits``, ``misses`` (each traced and compiled once), ``maxsize`` and ``currsize``, as in
        ``functools.lru_cache``.

    Examples
    --------
    >>> from mlpkit import training
    >>> training.cache_info().maxsize
    32
    """
    return _programs.info()


def cache_clear():
    """Forget all programs; the next fit of each shape compiles again.

    Examples
    --------
    >>> cache_clear()
    >>> cache_info()
    CacheInfo(hits=0, misses=0, maxsize=32, currsize=0)
    """
    _programs.clear()
