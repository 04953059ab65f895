"""From the words for devices to TensorFlow's placement."""

import contextlib
import os
import signal
import threading
from dataclasses import dataclass

from mlpkit.checks import check_parameters
from mlpkit.devices.cluster import find_cluster
from mlpkit.devices.meeting import meet
from mlpkit.devices.names import DEVICE, full_name
from mlpkit.errors import InvalidParameterError, WorkersError
from mlpkit.processes import tensorflow_has_started


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a network is built and trained.

    Parameters
    ----------
    device : str, default=None
        TensorFlow's name of a single device; None leaves the choice to TensorFlow.
    strategy : tf.distribute.Strategy, default=None
        Trains on several replicas of the network; None where there is one.
    """

    device: str | None = None
    strategy: object = None

    def scope(self):
        """Give the context in which tensors are made and programs of a single device run."""
        if self.device is None:
            return contextlib.nullcontext()
        from mlpkit.backend import tf

        return tf.device(self.device)

    def keras_scope(self):
        """Give the context in which to build a Keras model that ``fit`` shall train there."""
        if self.strategy is not None:
            return self.strategy.scope()
        if self.device is None:
            return contextlib.nullcontext()
        from mlpkit.backend import tf

        return tf.distribute.OneDeviceStrategy(self.device).scope()


def place(device):
    """Give the placement that a word, a list of names or a strategy stands for.

    Parameters
    ----------
    device : str, list of str or tf.distribute.Strategy
        "auto" is all GPUs there are, else the CPU, and inside the scope of a strategy that
        strategy. "cpu", "gpu", "cpu:0", "gpu:1" are one device; a list of them, and "mirrored",
        all GPUs or else all logical CPU devices, hold a replica of the network each
        (MirroredStrategy). "multiworker" is the cluster that TF_CONFIG or Slurm describes
        (MultiWorkerMirroredStrategy).

    Returns
    -------
    Placement

    Raises
    ------
    InvalidParameterError
        When a device is not there; the message says what is, and how to get more.
    WorkersError
        When "multiworker" is placed after TensorFlow has started, or the workers do not meet.

    Examples
    --------
    >>> with place("cpu").scope():  # what is made in it lies there
    ...     pass
    >>> place(["cpu:0"]).strategy.num_replicas_in_sync
    1
    """
    check_parameters({"device": device}, {"device": DEVICE})
    if not isinstance(device, str | list | tuple):
        return Placement(strategy=_checked(device))
    if device == "multiworker":
        return Placement(strategy=_workers_strategy())
    from mlpkit.backend import tf

    if device == "auto" and tf.distribute.has_strategy():
        return Placement(strategy=_checked(tf.distribute.get_strategy()))
    if isinstance(device, str):
        return _one_or_all(device)
    return _mirrored(tuple(full_name(name) for name in device))


def _checked(strategy):
    """Give a strategy, None for TensorFlow's default; refuse those that do not train in step."""
    kinds = [kind.__name__ for kind in type(strategy).__mro__]
    if kinds[0].startswith("_DefaultDistribution"):
        return None  # what tf.distribute.get_strategy() gives outside of any scope
    if any(kind.startswith(("ParameterServer", "CentralStorage")) for kind in kinds):
        raise InvalidParameterError(
            "device must be a strategy whose replicas take each step together, such as "
            f"tf.distribute.MirroredStrategy. Got {kinds[0]}."
        )
    return strategy


def available():
    """Give the names of the devices that TensorFlow has, GPUs first.

    Returns
    -------
    list of str

    Examples
    --------
    >>> available()[-1].startswith("cpu:")
    True
    """
    from mlpkit.backend import tf

    devices = [d for kind in ("GPU", "CPU") for d in tf.config.list_logical_devices(kind)]
    names = (device.name.split("device:")[-1].lower() for device in devices)
    return list(dict.fromkeys(names))


def _one_or_all(word):
    there = available()
    gpus = tuple(name for name in there if name.startswith("gpu"))
    if word == "auto":
        return _mirrored(gpus) if len(gpus) > 1 else Placement()
    if word == "mirrored":
        if not gpus and len(there) < 2:
            raise InvalidParameterError(
                f"device='mirrored' needs several devices. There is {_listed(there)}. "
                f"{_advice(True, True)}"
            )
        return _mirrored(gpus or tuple(there))
    name = full_name(word)
    _check_there([name], there)
    if name == there[0] and len(there) == 1:
        return Placement()  # what TensorFlow takes anyway
    kind, number = name.split(":")
    return Placement(device=f"/{kind.upper()}:{number}")


def _check_there(names, there):
    missing = [name for name in names if name not in there]
    if missing:
        cpus, gpus = (any(n.startswith(kind) for n in missing) for kind in ("cpu", "gpu"))
        raise InvalidParameterError(
            f"device must name devices that are there. Got {_listed(missing)}; there is "
            f"{_listed(there)}. {_advice(cpus, gpus)}"
        )


def _listed(names):
    return ", ".join(names)


def _advice(cpus, gpus):
    parts = []
    if gpus:
        parts.append(
            "For GPUs, install the extra 'gpu' (pip install 'mlpkit[gpu]'); python -m "
            "mlpkit.doctor tells what is missing."
        )
    if cpus:
        parts.append(
            "mlpkit.devices.use_logical_cpus(n), before TensorFlow starts, makes n CPU devices."
        )
    return " ".join(parts)


_strategies = {}
_lock = threading.Lock()


def _mirrored(names):
    """Give the strategy of these devices, the same one each time: programs belong to it."""
    from mlpkit.backend import tf

    _check_there(names, available())
    with _lock:
        if names not in _strategies:
            on_gpus = names[0].startswith("gpu")
            # Said outright for CPUs, where TensorFlow warns before it takes the same.
            reduction = None if on_gpus else tf.distribute.ReductionToOneDevice()
            _strategies[names] = tf.distribute.MirroredStrategy(
                [name.upper() for name in names], cross_device_ops=reduction
            )
        return Placement(strategy=_strategies[names])


def _workers_strategy():
    """Give the strategy of the cluster that the environment describes, made once a process."""
    with _lock:
        if "workers" not in _strategies:
            cluster = find_cluster()
            if cluster is None:
                raise InvalidParameterError(
                    "device='multiworker' needs the description of a cluster: TF_CONFIG, or a "
                    "Slurm job of several tasks. Got neither: start the script with python -m "
                    "mlpkit.launch --workers 2 script.py."
                )
            _strategies["workers"] = _strategy_of(cluster)
        return _strategies["workers"]


def _strategy_of(cluster):
    from mlpkit.backend import tf

    if tensorflow_has_started():
        raise WorkersError(
            "device='multiworker' must be placed before TensorFlow has started. Something has "
            "used it already: fit first, or call mlpkit.devices.place('multiworker') at the top "
            "of the script."
        )
    os.environ["TF_CONFIG"] = cluster.tf_config  # where Slurm described it, or named a chief
    meet(cluster)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    finally:
        _take_back_sigterm()


def _take_back_sigterm():
    """Let SIGTERM end this worker, or do what the script wants: TensorFlow notes it and goes on."""
    handler = signal.getsignal(signal.SIGTERM)  # as Python knows it: TensorFlow's is not seen here
    if handler is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)
