"""Fits in processes that are killed, forked by one that has loaded TensorFlow but never run it.

Loading TensorFlow takes seconds, forking milliseconds; its threads start with the first operation,
which happens in the forked process only.
"""

import math
import os
import pickle
import shutil
import signal
import time
import traceback
import warnings
from pathlib import Path

import numpy as np

POLL = 0.002  # seconds between looks at a folder; while a kill is to hit a write, none


def load():
    """Load all that a fit loads, without running any of it."""
    import mlpkit.backend
    import mlpkit.keras_network
    import mlpkit.training

    return mlpkit.backend.tf.__version__


def fit(net, folder=None):
    """Fit a network, and give all that came out: history, weights, probabilities, best epoch.

    Parameters
    ----------
    net : dict
        ``rows``, ``columns`` and ``parameters`` of `MLPClassifier`.
    folder : str, default=None
        For backups.

    Returns
    -------
    bytes
    """
    from mlpkit import MLPClassifier

    X, y = table(net["rows"], net["columns"])
    classifier = MLPClassifier(**net["parameters"], backup_dir=folder).fit(X, y)
    weights = classifier._learnt.weights
    result = classifier.history_, weights, classifier.predict_proba(X), classifier.best_epoch_
    return pickle.dumps(result)


def table(rows, columns):
    """Give a table of two classes that depend on products of columns."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, columns))
    y = (X[:, 0] * X[:, 1] + X[:, 2] + 0.5 * rng.standard_normal(rows) > 0).astype(int)
    return X, y


def start(net, folder, out):
    """Start a fit in a forked process, which writes its result to `out`, and give its number."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        Path(out).write_bytes(fit(net, folder))
        status = 0
    except BaseException:
        Path(f"{out}.error").write_text(traceback.format_exc())
    finally:
        os._exit(status)


def whole(net, out, folder=None):
    """Fit without being killed, and give the seconds."""
    began = time.perf_counter()
    _, status = os.waitpid(start(net, folder, out), 0)
    _check(status, out)
    return time.perf_counter() - began


def _check(status, out):
    if status:
        error = Path(f"{out}.error")
        raise RuntimeError(error.read_text() if error.exists() else f"status {status}")


def killed(net, folder, out, kills, seed):
    """Kill a fit at random moments, start it again each time, and let it end at last.

    A quarter of the kills come before the first backup of a life; half of the others wait for one
    that is being written.

    Parameters
    ----------
    net, folder, out
        As in `start`.
    kills : int
        How often.
    seed : int
        Draws the moments.

    Returns
    -------
    dict
        `kills`; `in_writing`: kills that left a file half written; `epochs`: the newest backup's
        after each; `unreadable`: backups.
    """
    rng, folder = np.random.default_rng(seed), Path(folder)
    told = {"kills": 0, "in_writing": 0, "epochs": [], "unreadable": 0}
    spread = net["parameters"]["epochs"] // kills  # epochs a life may last
    while told["kills"] < kills:
        child = start(net, str(folder), out)
        if told["kills"] % 4 == 0:
            _let_live(child, folder, 1, rng.uniform(0, 2.0))
        else:
            _let_live(child, folder, int(rng.integers(1, spread + 1)))
            time.sleep(rng.uniform(0, 0.05))
            if told["kills"] % 2:
                _await_writing(folder)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            _check(status, out)
            return told
        told["kills"] += 1
        _look(folder, told)
    whole(net, out, str(folder))
    return told


def _let_live(child, folder, n_backups, seconds=math.inf):
    """Wait till so many backups have been made, so long, or till the process has ended."""
    limit, seen, newest = time.monotonic() + seconds, 0, _newest(folder)
    while seen < n_backups and time.monotonic() < limit and not _has_ended(child):
        time.sleep(POLL)
        now = _newest(folder)
        seen, newest = seen + (now != newest), now


def _has_ended(child):
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _newest(folder):
    return max((path.name for path in folder.glob("*.mlpkit")), default="")


def _await_writing(folder):
    limit = time.monotonic() + 1.0
    while time.monotonic() < limit and not any(folder.glob("*.part")):
        pass


def _look(folder, told):
    """Read every backup that a kill has left."""
    from mlpkit.backups import DamagedFileError, read

    told["in_writing"] += any(folder.glob("*.part"))
    for path in folder.glob("*.mlpkit"):
        try:
            read(path.read_bytes())
        except DamagedFileError:
            told["unreadable"] += 1
    told["epochs"].append(_newest(folder))


def same(out, other):
    """Tell whether two results are the same to the bit."""
    return Path(out).read_bytes() == Path(other).read_bytes()


def damaged(net, folder, files, seed):
    """Damage backups at random places, and fit from each: the right bits, or a clear error.

    Parameters
    ----------
    net : dict
        As in `fit`.
    folder : str
        To work in.
    files : int
        Backups to damage; in every fourth case both that there are.
    seed : int
        Draws the places.

    Returns
    -------
    dict of str to int
        `older`: fits that went on from the older backup; `refused`; `wrong`: results of other bits;
        `crashed`: errors of other kinds.
    """
    from mlpkit import BackupError, BackupWarning

    folder, rng = Path(folder), np.random.default_rng(seed)
    right = fit(net)
    source = _cut_off(net, folder / "source")
    told = dict.fromkeys(("files", "older", "refused", "wrong", "crashed"), 0)
    while told["files"] < files:
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(source, work)
        paths = sorted(work.glob("*.mlpkit"), reverse=True)
        for path in paths if told["files"] % 4 == 0 else paths[:1]:
            told["files"] += 1
            path.write_bytes(spoilt(path.read_bytes(), rng))
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                outcome = "older" if fit(net, str(work)) == right else "wrong"
            if not any(issubclass(warning.category, BackupWarning) for warning in caught):
                outcome = "wrong"
        except BackupError:
            outcome = "refused"
        except Exception:
            traceback.print_exc()
            outcome = "crashed"
        told[outcome] += 1
    return told


def spoilt(content, rng):
    """Give a file's bytes cut off at a random place, or with a byte that is another one."""
    place = int(rng.integers(len(content)))
    if rng.random() < 0.5:
        return content[:place]
    return (
        content[:place] + bytes([content[place] ^ int(rng.integers(1, 256))]) + content[place + 1 :]
    )


def _cut_off(net, folder):
    """Give a folder with the two backups of a fit that was cut off near its end."""
    from mlpkit.backups import BackupFolder

    save, enough = BackupFolder.save, net["parameters"]["epochs"] - 2

    class CutOff(Exception):
        pass

    def save_some(self, run, number, *rest):
        save(self, run, number, *rest)
        if number == enough:
            raise CutOff

    BackupFolder.save = save_some
    try:
        fit(net, str(folder))
    except CutOff:
        return folder
    finally:
        BackupFolder.save = save
    raise RuntimeError("the fit was not cut off")
