"""Which workers train together, and which of them this process is.

The description comes from the environment: TF_CONFIG, which mlpkit's launcher and Kubeflow's
Training Operator set, or the variables that Slurm gives to the tasks of a step.
"""

import json
import os
import re
from dataclasses import dataclass

from mlpkit.checks import is_integer, raise_problems, shown
from mlpkit.devices.slurm import tasks_of_step

EXAMPLE = (
    '{"cluster": {"worker": ["host1:12345", "host2:12345"]}, '
    '"task": {"type": "worker", "index": 0}}'
)
# Parts of 1 to 63 characters with dots between them: Python's resolver raises on others.
_ADDRESS = re.compile(
    r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/\[\],.]{1,63}(?:\.[^\s:/\[\],.]{1,63})*\.?):([0-9]{1,5})"
)
_REFUSED = {
    "ps": "parameter servers train asynchronously, and mlpkit's workers in step",
    "evaluator": "every worker of mlpkit validates with the others, in training",
}


@dataclass(frozen=True)
class Cluster:
    """The workers that train together, and the place of this process among them.

    Parameters
    ----------
    workers : tuple of str
        Their addresses, "host:port" each, the chief's first; the same in every worker.
    index : int
        Which of them this process is.

    Examples
    --------
    >>> cluster = Cluster(("a:2222", "b:2222"), 1)
    >>> cluster.n_workers, cluster.is_chief
    (2, False)
    >>> cluster.tf_config
    '{"cluster": {"worker": ["a:2222", "b:2222"]}, "task": {"type": "worker", "index": 1}}'
    """

    workers: tuple
    index: int

    @property
    def n_workers(self):
        """How many workers there are."""
        return len(self.workers)

    @property
    def is_chief(self):
        """Whether this process is the first worker, which saves what all have learnt."""
        return self.index == 0

    @property
    def tf_config(self):
        """The cluster as JSON, as TensorFlow's MultiWorkerMirroredStrategy reads it."""
        task = {"type": "worker", "index": self.index}
        return json.dumps({"cluster": {"worker": list(self.workers)}, "task": task})


def find_cluster(environ=None):
    """Give the cluster that the environment describes, or None.

    Parameters
    ----------
    environ : mapping of str to str, default=None
        Environment variables; None takes those of the process.

    Returns
    -------
    Cluster or None
        From ``TF_CONFIG`` where it is set, a "chief" being the first worker. Else from Slurm, one
        worker a task, where `srun` has started more than one. None where neither is there.

    Raises
    ------
    InvalidParameterError
        When the description has mistakes; lists all of them and quotes it.

    Notes
    -----
    Slurm's tasks meet on a port that follows from the job's and the step's number, so that two
    jobs on a node do not meet; ``MLPKIT_PORT`` names another, the first of as many ports as a node
    has tasks.

    Examples
    --------
    >>> find_cluster({}) is None
    True
    >>> step = {"SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_NTASKS": "2"}
    >>> find_cluster({**step, "SLURM_STEP_NODELIST": "node[07-08]", "MLPKIT_PORT": "2222"})
    Cluster(workers=('node07:2222', 'node08:2222'), index=1)
    """
    environ = os.environ if environ is None else environ
    text = environ.get("TF_CONFIG", "").strip()
    if text and text != "{}":
        return _parse(text)
    tasks = tasks_of_step(environ)
    return None if tasks is None else Cluster(*tasks)


def is_chief():
    """Tell whether this process saves and reports: True unless it is a worker other than the first.

    Returns
    -------
    bool
        True also where there is no cluster, so that a script runs alone as it does among others.

    Raises
    ------
    InvalidParameterError
        When the environment describes a cluster, and does it wrongly.

    Examples
    --------
    >>> if is_chief():
    ...     print("saved")
    saved
    """
    cluster = find_cluster()
    return cluster is None or cluster.is_chief


def _parse(text):
    """Give the cluster that the text of TF_CONFIG describes."""
    found = []
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        config = {}
        found.append(f"it must be JSON. Got {shown(str(error))}")
    if not isinstance(config, dict):
        found.append("it must be an object, in braces")
    if not found:
        workers, places = _workers(config.get("cluster"), found)
        index = _index(config.get("task"), places, found)
    if found:
        listed = "".join(f"\n- {line}" for line in found)
        raise_problems(
            [f"TF_CONFIG must describe workers, such as {EXAMPLE}. Got {shown(text, 500)}:{listed}"]
        )
    return Cluster(workers, index)


def _workers(jobs, found):
    """Give all addresses, and for each kind of task the places of its tasks among them."""
    if not isinstance(jobs, dict):
        found.append(f'"cluster" must be an object with a list "worker". Got {shown(jobs)}')
        return (), {}
    lists = {kind: jobs.get(kind, []) for kind in ("chief", "worker")}
    for kind in jobs:
        if kind not in lists:
            found.append(f'"cluster" must hold "chief" and "worker" only. Got {_named(kind)}')
    for kind, listed in lists.items():
        if not isinstance(listed, list):
            found.append(f'"cluster"."{kind}" must be a list of "host:port". Got {shown(listed)}')
            lists[kind] = []
    if len(lists["chief"]) > 1:
        found.append(f"there must be at most one chief. Got {shown(lists['chief'])}")
    workers = (*lists["chief"], *lists["worker"])
    _check_addresses(workers, found)
    if not workers and not found:
        found.append('"cluster"."worker" must name a worker. Got none')
    n_chiefs = len(lists["chief"])
    places = {"chief": range(n_chiefs), "worker": range(n_chiefs, len(workers))}
    return workers, places if workers else {}


def _check_addresses(workers, found):
    for place, address in enumerate(workers):
        match = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
        if not match or not 1 <= int(match[1]) <= 65535:
            found.append(f'workers must be "host:port". Got {shown(address)}')
        elif address in workers[:place]:
            found.append(f"workers must have different addresses. Got {address!r} more than once")


def _index(task, places, found):
    """Give the place of this process among the workers."""
    if not isinstance(task, dict):
        found.append(f'"task" must be an object with "type" and "index". Got {shown(task)}')
        return None
    kind, index = task.get("type"), task.get("index")
    if kind not in ("chief", "worker"):
        found.append(f'"task"."type" must be "chief" or "worker". Got {_named(kind)}')
        return None
    if isinstance(index, str) and index.isdecimal():  # TensorFlow takes these too
        index = int(index)
    if not is_integer(index):
        found.append(f'"task"."index" must be an integer >= 0. Got {shown(index)}')
    elif places and not 0 <= index < len(places[kind]):
        found.append(
            f'"task"."index" must be less than the number of tasks of type "{kind}", '
            f"{len(places[kind])}. Got {index}"
        )
    else:
        return places[kind][index] if places else None
    return None


def _named(kind):
    """Quote a kind of task, and say why it is refused where it is one of TensorFlow's."""
    why = _REFUSED.get(kind) if isinstance(kind, str) else None
    return f"{shown(kind)}: {why}" if why else shown(kind)
