"""What a worker finds in its environment: the cluster, and its share of the machine."""

import os
from pathlib import Path

from mlpkit.devices import Cluster
from mlpkit.devices.machine import processor

_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
_GPUS = Path("/proc/driver/nvidia/gpus")


def environments(ports, restarts, environ=None):
    """Give the environment of each worker.

    Parameters
    ----------
    ports : list of int
        One a worker.
    restarts : int
        How often all were started again.
    environ : mapping of str to str, default=None
        What it is made from; None takes the environment of the process.

    Returns
    -------
    list of dict
        With ``TF_CONFIG`` and ``MLPKIT_RESTARTS``, and unless they are set: as many threads as
        cores divided by workers. Where there are as many GPUs as workers, each gets its share
        through ``CUDA_VISIBLE_DEVICES``, since TensorFlow takes the memory of all it sees.

    Examples
    --------
    >>> first, second = environments([5000, 5001], 0, {"CUDA_VISIBLE_DEVICES": "0,1"})
    >>> second["CUDA_VISIBLE_DEVICES"], second["MLPKIT_RESTARTS"]
    ('1', '0')
    >>> second["TF_CONFIG"][-39:]
    '"task": {"type": "worker", "index": 1}}'
    """
    environ = dict(os.environ if environ is None else environ)
    addresses = tuple(f"127.0.0.1:{port}" for port in ports)
    threads = str(max(1, processor()["usable"] // len(ports)))
    for name in _THREADS:
        environ[name] = environ.get(name) or threads
    environ |= {"MLPKIT_RESTARTS": str(restarts), "PYTHONUNBUFFERED": "1"}
    gpus = _gpus(environ)
    each = len(gpus) // len(ports)
    made = []
    for index in range(len(ports)):
        share = gpus[index * each : (index + 1) * each]
        own = {"CUDA_VISIBLE_DEVICES": ",".join(share)} if share else {}
        made.append({**environ, **own, "TF_CONFIG": Cluster(addresses, index).tf_config})
    return made


def _gpus(environ):
    """Give the names of NVIDIA's GPUs, as CUDA_VISIBLE_DEVICES takes them."""
    named = environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        names = [name.strip() for name in named.split(",")]
        return names if all(name and name != "-1" for name in names) else []
    return [str(place) for place in range(len(list(_GPUS.glob("*"))))]
