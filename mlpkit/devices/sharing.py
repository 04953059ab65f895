"""Several processes on one GPU: allowed, and seldom what is wanted."""

import warnings
from functools import lru_cache

from mlpkit import processes
from mlpkit.errors import SharedGPUWarning


@lru_cache
def warn_of_shared_gpu():
    """Warn where this process is a worker of joblib and trains on a GPU; once a process.

    Warns
    -----
    SharedGPUWarning
        Not in Dask's workers, each of which may have a GPU of its own.

    Examples
    --------
    >>> warn_of_shared_gpu()
    """
    if not processes.is_joblib_worker():
        return
    from mlpkit.backend import tf

    if tf.config.list_logical_devices("GPU"):
        warnings.warn(
            "n_jobs should be 1 where a GPU trains: its workers take turns there, and each keeps a "
            "part of its memory. Got a worker process that sees a GPU: leave n_jobs=1, or hide the "
            "GPU from the search, CUDA_VISIBLE_DEVICES=-1.",
            SharedGPUWarning,
            stacklevel=2,
        )
