"""What a process needs before TensorFlow runs in it: a worker its share of threads, a fork a no."""

import multiprocessing
import os
import sys

_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
_cut_off = False  # whether this process is a fork of one in which TensorFlow had started


def prepare():
    """Set what TensorFlow reads from the environment when it starts; what is set there stays.

    - GPU memory is taken as it is needed (``TF_FORCE_GPU_ALLOW_GROWTH``), so that several
      processes fit on one GPU.
    - A worker process uses as many threads as it was given (`worker_threads`). In the main
      process TensorFlow uses all cores, whatever ``OMP_NUM_THREADS`` says: many systems set it to 1
      for libraries that know nothing of each other.

    ``tf.config.threading`` is stronger than the environment, and a user may still call it.
    """
    _default("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    threads = worker_threads()
    for name in _THREADS if threads else ():
        _default(name, str(threads))


def _default(name, value):
    os.environ[name] = os.environ.get(name) or value


def is_worker():
    """Tell whether this process was started by another one through multiprocessing.

    Workers of joblib (loky and multiprocessing) and of Dask are, under a nanny.

    Examples
    --------
    >>> is_worker()
    False
    """
    return multiprocessing.parent_process() is not None


def is_joblib_worker():
    """Tell whether this process is a worker of joblib's loky or multiprocessing backend.

    Examples
    --------
    >>> is_joblib_worker()
    False
    """
    name = multiprocessing.current_process().name
    return is_worker() and ("Loky" in name or "PoolWorker" in name)


def worker_threads():
    """Give how many threads TensorFlow may use in a worker process.

    joblib gives each worker ``cores / n_jobs`` threads and Dask one for each of its own, and both
    say so by ``OMP_NUM_THREADS``, which TensorFlow does not read. A Dask worker of several threads
    may run a fit in each.

    Returns
    -------
    int or None
        None in a main process, and where nothing was said.

    Examples
    --------
    >>> worker_threads() is None
    True
    """
    said = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if not is_worker() or not said.isdecimal() or int(said) == 0:
        return None
    return int(said) * _tasks_at_once()


def _tasks_at_once():
    """Give the threads of the Dask worker that this runs in, 1 elsewhere."""
    try:
        return sys.modules["distributed"].get_worker().state.nthreads
    except (KeyError, ValueError, AttributeError):  # no Dask here, or not inside a task of it
        return 1


def check_fork():
    """Refuse to go on in a fork of a process in which TensorFlow had started.

    Its threads are not there in the fork, and whatever waits for them waits for ever.

    Raises
    ------
    RuntimeError
        In such a fork.

    Examples
    --------
    >>> check_fork()
    """
    if _cut_off:
        raise RuntimeError(
            "A network cannot run in a process forked after TensorFlow has started, whose threads "
            "it lacks. Got such a process: use joblib's backend 'loky', its default, or "
            "multiprocessing.get_context('spawn'), or fork before the first model or fit."
        )


def tensorflow_has_started():
    """Tell whether TensorFlow's runtime runs: its devices are fixed then, and its threads there.

    It is loaded before; it starts with the first tensor.

    Returns
    -------
    bool
    """
    eager = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(eager, "context_safe", lambda: None)()
    return bool(context) and getattr(context, "_initialized", True)


def _after_fork():
    global _cut_off
    _cut_off = _cut_off or tensorflow_has_started()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing is forked
    os.register_at_fork(after_in_child=_after_fork)
