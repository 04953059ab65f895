"""The tasks of a Slurm step as workers: what `srun` tells each task, put together.

TensorFlow's SlurmClusterResolver reads the same variables and is not used: it asks nvidia-smi for
the GPUs and fails where there is none, sets CUDA_VISIBLE_DEVICES, sorts the nodes by name (which
is not the order of the tasks), takes port 8888 for every job, and knows neither suffixes nor
several brackets in a node's name.
"""

import itertools
import re

from mlpkit.checks import raise_problems, shown

_STEP = ("SLURM_STEP_ID", "SLURM_STEPID", "SLURM_STEP_NODELIST", "SLURM_STEP_NUM_TASKS")
_TASKS = ("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS")
_NODES = ("SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST")
_LAYOUT = ("SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE", "SLURM_NTASKS_PER_NODE")
_READ = (
    *_STEP, *_TASKS, *_NODES, *_LAYOUT,
    "SLURM_PROCID", "SLURM_JOB_ID", "SLURM_JOBID", "SLURM_DISTRIBUTION",
)  # fmt: skip

# Below the ports that Linux gives to outgoing connections (from 32768), above the usual services.
_FIRST_PORT, _N_PORTS, _SPAN = 10240, 20480, 32
_MANY = 2**14  # nodes or tasks, for whose ports there is room; more is a slip of the pen


def tasks_of_step(environ):
    """Give the addresses of a step's tasks and the number of this one, or None.

    Parameters
    ----------
    environ : mapping of str to str
        Environment variables.

    Returns
    -------
    tuple of (tuple of str, int) or None
        None outside of a step (in a batch script too, which is not started by `srun`), and where
        the step has one task.

    Raises
    ------
    InvalidParameterError
        When the variables contradict each other or cannot be read.

    Examples
    --------
    >>> step = {"SLURM_STEP_ID": "0", "SLURM_JOB_ID": "7", "SLURM_PROCID": "2"}
    >>> step |= {"SLURM_NTASKS": "3", "SLURM_STEP_NODELIST": "a,b"}
    >>> tasks_of_step({**step, "SLURM_STEP_TASKS_PER_NODE": "2,1"})
    (('a:10464', 'a:10465', 'b:10464'), 2)
    """
    if not any(environ.get(name) for name in _STEP):
        return None
    found = []
    n_tasks = _number(environ, _TASKS, 1, _MANY, found)
    if n_tasks == 1:
        return None
    rank = _number(environ, ("SLURM_PROCID",), 0, _MANY, found)
    if n_tasks and rank is not None and rank >= n_tasks:
        found.append(f"SLURM_PROCID must be less than the number of tasks, {n_tasks}. Got {rank}")
    hosts = _read(environ, _NODES, expand_nodes, found)
    counts = _counts(environ, hosts, n_tasks, found) if hosts and n_tasks else None
    if counts and not found:
        placed = _placed(environ, hosts, counts, rank, found)
        first = _first_port(environ, max(counts), found)
    if found:
        _refuse(environ, found)
    return tuple(f"{host}:{first + local}" for host, local in placed), rank


def expand_nodes(text):
    """Give the names in Slurm's short form of a list of nodes, in its order.

    Parameters
    ----------
    text : str
        Names with commas between them, and numbers in brackets.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        When the text has another form.

    Examples
    --------
    >>> expand_nodes("node[01-03,07],gpu5")
    ['node01', 'node02', 'node03', 'node07', 'gpu5']
    >>> expand_nodes("rack[1-2]n[9-10]-ib")
    ['rack1n9-ib', 'rack1n10-ib', 'rack2n9-ib', 'rack2n10-ib']
    """
    part = r"(?:[^\s,\[\]]|\[[0-9,-]+\])+"
    if not re.fullmatch(rf"{part}(?:,{part})*", text):
        raise ValueError("a list of nodes, such as node[01-03,07],gpu5")
    hosts = []
    for name in re.findall(part, text):
        pieces = re.split(r"\[([^\]]+)\]", name)  # every second one was in brackets
        pieces[1::2] = [_numbers(piece) for piece in pieces[1::2]]
        pieces[::2] = [[piece] for piece in pieces[::2]]
        names = itertools.product(*pieces)
        hosts += ["".join(chosen) for chosen in itertools.islice(names, _MANY)]
    return hosts


def expand_counts(text):
    """Give the tasks of each node from Slurm's short form.

    Parameters
    ----------
    text : str
        Counts with commas between them; "(x3)" behind one says that three nodes have it.

    Returns
    -------
    list of int

    Raises
    ------
    ValueError
        When the text has another form.

    Examples
    --------
    >>> expand_counts("2(x3),1")
    [2, 2, 2, 1]
    """
    counts = []
    for part in text.split(","):
        match = re.fullmatch(r"([1-9]\d{0,4})(?:\(x([1-9]\d{0,4})\))?", part.strip())
        if not match:
            raise ValueError("the tasks of each node, such as 2(x3),1")
        counts += [int(match[1])] * int(match[2] or 1)
    return counts


def _numbers(text):
    """Give the numbers of "01-03,07" as they are written, zeros in front kept."""
    written = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d{1,18})(?:-(\d{1,18}))?", part)
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not low <= high < low + _MANY:
            raise ValueError("a list of nodes whose ranges rise, such as node[01-03,07],gpu5")
        written += [str(number).zfill(len(match[1])) for number in range(low, high + 1)]
    return written


def _counts(environ, hosts, n_tasks, found):
    """Give the number of tasks on each node."""
    name = next((name for name in _LAYOUT if environ.get(name)), None)
    if name is None or (name == "SLURM_NTASKS_PER_NODE" and environ[name].strip().isdecimal()):
        # What was asked for, if anything; Slurm spreads tasks evenly, the first nodes have more.
        each, more = divmod(n_tasks, len(hosts))
        counts = [each + (place < more) for place in range(len(hosts))]
    else:
        counts = _read(environ, (name,), expand_counts, found)
    if counts and (len(counts) != len(hosts) or sum(counts) != n_tasks or 0 in counts):
        found.append(
            f"the tasks must be shared out over the nodes. Got {n_tasks} tasks and {len(hosts)} "
            f"node(s)" + (f", and {name}={environ[name]}" if name else "")
        )
    return counts


def _placed(environ, hosts, counts, rank, found):
    """Give node and number on the node of each task, in the order of the tasks."""
    form = re.split("[:,]", environ.get("SLURM_DISTRIBUTION", "").strip().lower())[0]
    filled = [[(host, local) for local in range(n)] for host, n in zip(hosts, counts, strict=True)]
    if form == "cyclic":
        rounds = itertools.zip_longest(*filled)
        placed = [task for tasks in rounds for task in tasks if task is not None]
    else:
        placed = [task for tasks in filled for task in tasks]
    if form not in ("", "*", "block", "cyclic"):
        found.append(f"SLURM_DISTRIBUTION must be block or cyclic. Got {shown(form)}")
    here = environ.get("SLURMD_NODENAME")
    if here in hosts and placed[rank][0] != here and not found:
        found.append(
            f"task {rank} must run on {placed[rank][0]}, by these variables. Got {here}: give srun "
            "the option --distribution=block"
        )
    return placed


def _first_port(environ, n_ports, found):
    """Give the first of `n_ports` ports, the same on each node."""
    if environ.get("MLPKIT_PORT"):
        return _number(environ, ("MLPKIT_PORT",), 1, 65536 - n_ports, found)
    job = _number(environ, ("SLURM_JOB_ID", "SLURM_JOBID"), 0, 2**32, found)
    step = _number(environ, _STEP[:2], 0, 2**32, found, missing=0)
    if job is None or step is None:
        return None
    # Jobs of neighbouring numbers run at the same time, and so lie spans of ports apart.
    span = max(_SPAN, 1 << (n_ports - 1).bit_length())
    return _FIRST_PORT + (job + 101 * step) * span % (_N_PORTS // span * span)


def _number(environ, names, low, high, found, missing=None):
    """Give the first of some variables as a number."""

    def read(text):
        if not re.fullmatch(r"\d{1,12}", text) or not low <= int(text) <= high:
            raise ValueError(f"an integer >= {low} and <= {high}")
        return int(text)

    if missing is not None and not any(environ.get(name) for name in names):
        return missing
    return _read(environ, names, read, found)


def _read(environ, names, read, found):
    """Give what `read` makes of the first variable that is set, or None and say why."""
    name = next((name for name in names if environ.get(name)), None)
    if name is None:
        found.append(f"{' or '.join(names)} must be set")
        return None
    try:
        return read(environ[name].strip())
    except ValueError as error:
        found.append(f"{name} must be {error}. Got {shown(environ[name])}")
        return None


def _refuse(environ, found):
    names = dict.fromkeys((*_READ, "SLURMD_NODENAME", "MLPKIT_PORT"))
    quoted = " ".join(f"{name}={environ[name]}" for name in names if environ.get(name))
    listed = "".join(f"\n- {line}" for line in found)
    raise_problems(
        [
            "Slurm's variables must describe the tasks of a step, such as SLURM_PROCID=0 "
            "SLURM_STEP_NUM_TASKS=3 SLURM_STEP_NODELIST=node[01-02] "
            f"SLURM_STEP_TASKS_PER_NODE=2,1 SLURM_JOB_ID=7. Got {quoted}:{listed}"
        ]
    )
