"""A job of two workers, one of which is killed again and again: the launcher starts both anew."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks._killing import table

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 600  # seconds that a job may take


def killed(net, folder, kills, seed):
    """Run a job whose workers are killed at random moments, and one that is left alone.

    Parameters
    ----------
    net : dict
        ``rows``, ``columns`` and ``parameters`` of `MLPClassifier`.
    folder : str
        To work in.
    kills : int
        How often a worker is killed.
    seed : int
        Draws who and when.

    Returns
    -------
    dict
        `kills`; `epochs`: the newest backup at each; `restarts`: the launcher's own count; `same`:
        whether both workers of both jobs have learnt the same bits.
    """
    folder, rng = Path(folder), np.random.default_rng(seed)
    alone = _started(net, folder / "alone", 0)
    if alone.wait(TIMEOUT):
        raise RuntimeError((folder / "alone" / "log").read_text())
    job, told = _started(net, folder / "job", kills), {"kills": 0, "epochs": []}
    backups, epochs = folder / "job" / "backups", net["parameters"]["epochs"]
    while told["kills"] < kills and job.poll() is None:
        # Between the backups that are left to come, the first kill before there is one.
        _await(partial(_has_come, job, backups, told["kills"] * epochs // (kills + 1)))
        time.sleep(rng.uniform(0, 0.3))
        victims = list((folder / "job").glob("*.pid"))
        if len(victims) == 2 and _kill(victims[rng.integers(2)]):
            told["kills"] += 1
            told["epochs"].append(_newest(backups))
    status = job.wait(TIMEOUT)
    log = (folder / "job" / "log").read_text()
    if status:
        raise RuntimeError(log)
    told["restarts"] = log.count("started again")
    results = [(folder / name / f"{i}.npz").read_bytes() for name in ("alone", "job") for i in "01"]
    told["same"] = len(set(results)) == 1
    return told


def _started(net, folder, restarts):
    folder.mkdir(parents=True)
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-m", "mlpkit.launch", "--workers", "2"]
    command += ["--max-restarts", str(restarts), "-m", "benchmarks._killed_workers"]
    with open(folder / "log", "wb") as log:
        return subprocess.Popen(
            [*command, str(folder), repr(net)], env=environment, stdout=log, stderr=log
        )


def _await(condition):
    limit = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > limit:
            raise TimeoutError("a job of two workers does not go on")
        time.sleep(0.005)


def _has_come(job, backups, epoch):
    return _newest(backups) >= epoch or job.poll() is not None


def _newest(folder):
    names = (path.name for path in folder.glob("backup-*.mlpkit"))
    return max((int(name.split("-")[2].split(".")[0]) for name in names), default=0)


def _kill(path):
    """Kill the worker whose number a file holds, and tell whether it was there to be killed."""
    try:
        os.kill(int(path.read_text()), signal.SIGKILL)
    except (OSError, ValueError):
        return False
    for other in path.parent.glob("*.pid"):
        other.unlink(missing_ok=True)  # those of the next start are new
    return True


def work(folder, net):
    """Fit in a worker, and write what was learnt."""
    from mlpkit import MLPClassifier
    from mlpkit.devices import find_cluster

    index = find_cluster().index
    (folder / f"{index}.pid").write_text(str(os.getpid()))
    X, y = table(net["rows"], net["columns"])
    model = MLPClassifier(
        **net["parameters"], device="multiworker", backup_dir=folder / "backups"
    ).fit(X, y)
    (folder / f"{index}.pid").unlink(missing_ok=True)  # nothing is left to be killed
    history = {f"history_{name}": figures for name, figures in model.history_.items()}
    weights = {f"weight_{i}": w for i, w in enumerate(model._learnt.weights)}
    np.savez(folder / f"{index}.npz", **history, **weights)


if __name__ == "__main__":
    work(Path(sys.argv[1]), eval(sys.argv[2]))
