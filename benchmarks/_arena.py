"""One run of the arena: a contestant learns a table's training rows and is judged on the others.

Each package has a process of its own, since TensorFlow and PyTorch cannot live in one. What a run
gives is a line of JSON, and a run whose line is there is not run again.
"""

import itertools
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

from benchmarks import _contestants
from benchmarks._arena_tables import split, tables
from benchmarks._child import ChildFailed, Worker

TINY = 1e-7  # probabilities below count as this, or one row would outweigh a table
MANY = 10_000  # rows of the larger of the two timed predictions
REPEATS, SECONDS = 5, 1.0  # of a timed prediction: so often, unless it takes too long
TIMEOUT = 3600  # seconds a run may take


# ---------------------------------------------------------------- in the process of a package


def run(name, who, folder, options):
    """Fit a contestant on a table and give the record of it, as JSON can hold it.

    Parameters
    ----------
    name, who : str
        The table and the contestant.
    folder : str or None
        Folder of the tables; None for those that need none.
    options : dict
        `max_rows`, `seed`, and `settings` of the estimator.

    Returns
    -------
    dict
        `n_train`, `fit_s`, `predict_s` (of the test rows), `row_s`, `rows_10k_s`, and the measures
        of `score`.
    """
    (table,) = tables(folder and Path(folder), only=(name,))
    seed = options["seed"]
    X_train, X_test, y_train, y_test = split(table, max_rows=options["max_rows"], seed=seed)
    estimator = _contestants.make(who, table.task, seed=seed, settings=options["settings"])
    if _contestants.CONTESTANTS[who].package == "mlpkit":
        import mlpkit.backend  # noqa: F401, loaded before the clock starts, as the peers' are
    # Peers complain of convergence, of feature names, of threads: not what is asked here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        began = time.perf_counter()
        estimator.fit(X_train, y_train)
        record = {"n_train": len(X_train), "fit_s": round(time.perf_counter() - began, 2)}
        answer = estimator.predict if _numbers(table.task) else estimator.predict_proba
        began = time.perf_counter()
        predicted = answer(X_test)
        record["predict_s"] = round(time.perf_counter() - began, 4)
        record |= score(table.task, predicted, y_test)
        return record | _prediction_times(answer, X_test)


def _numbers(task):
    return task in _contestants.REGRESSION


def score(task, predicted, y_true):
    """Give the measures of predictions.

    Parameters
    ----------
    task : str
        The kind of target.
    predicted : ndarray or list of ndarray
        Numbers, or probabilities: (n_samples, n_classes), or of each label's one.
    y_true : ndarray
        Numbers, classes from 0, or zeros and ones.

    Returns
    -------
    dict
        `nrmse`: RMSE over the target's standard deviation, mean of the outputs (without those that
        are the same in all test rows, which have no such measure). Or `error`, the share of wrong
        classes (of labels: Hamming loss), `logloss` (of labels: their mean) and `auc` (one against
        the rest; absent where a class has no test row).
    """
    if _numbers(task):
        rmse = np.sqrt(np.mean((np.reshape(predicted, y_true.shape) - y_true) ** 2, axis=0))
        spread = np.std(y_true, axis=0)
        return {"nrmse": float(np.mean((rmse / spread.clip(1e-12))[spread > 0]))}
    if task == "multilabel":
        return _label_score(_labels(predicted, len(y_true)), y_true)
    p = np.clip(np.asarray(predicted, "float64"), TINY, None)
    p /= p.sum(axis=1, keepdims=True)
    classes = np.arange(p.shape[1])
    found = {
        "error": float(np.mean(p.argmax(axis=1) != y_true)),
        "logloss": float(log_loss(y_true, p, labels=classes)),
    }
    two = len(classes) == 2
    try:
        auc = roc_auc_score(
            y_true, p[:, 1] if two else p, multi_class="ovr", labels=None if two else classes
        )
    except ValueError:  # no area without both kinds of row
        return found
    return found | {"auc": float(auc)}


def _labels(predicted, n):
    """Give probabilities of labels as one matrix, from one array a label too."""
    if not isinstance(predicted, list):
        return np.asarray(predicted)
    # A label that no training row has leaves a classifier of one class.
    return np.stack([p[:, -1] if p.shape[1] > 1 else np.zeros(n) for p in predicted], axis=1)


def _label_score(p, y_true):
    p = np.clip(p, TINY, 1 - TINY)
    loss = -np.mean(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))
    return {"error": float(np.mean((p > 0.5) != y_true)), "logloss": float(loss)}


def _prediction_times(answer, X):
    many = X.iloc[np.arange(MANY) % len(X)].reset_index(drop=True)
    return {
        "row_s": _median_seconds(answer, X.iloc[:1]),
        "rows_10k_s": _median_seconds(answer, many),
    }


def _median_seconds(answer, X):
    answer(X)  # the first call of a shape may get things ready
    taken = []
    while len(taken) < REPEATS and sum(taken) < SECONDS:
        began = time.perf_counter()
        answer(X)
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


# ---------------------------------------------------------------- in the process of the command


class Scores:
    """The lines of JSON of a file, one a run."""

    def __init__(self, path):
        self.path = Path(path)
        text = self.path.read_text() if self.path.exists() else ""
        self.records = [json.loads(line) for line in text.splitlines() if line.strip()]

    def add(self, record):
        """Append a run, which from now on is there whatever happens."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(record) + "\n")
        self.records.append(record)

    def has(self, record, *, failed=True):
        """Tell whether a run stands there; `failed=False` counts only those that ended well."""
        return any(
            all(there[key] == record[key] for key in ("data", "who", "max_rows", "seed"))
            and (failed or "failed" not in there)
            for there in self.records
        )

    def frame(self):
        """Give the runs as a table; of one run's several lines the last."""
        frame = pd.DataFrame(self.records)
        if frame.empty:
            return frame
        return frame.drop_duplicates(["data", "who", "max_rows", "seed"], keep="last")


class Homes:
    """The processes of the packages, each started when it is first wanted; a context manager."""

    def __init__(self):
        self._workers = {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for worker in self._workers.values():
            worker.close()

    def call(self, package, function, *arguments, timeout=TIMEOUT):
        """Call a function in a package's process; one that has died is replaced at the next call.

        Raises
        ------
        ChildFailed
            When the function raises, the process ends, or the time is over.
        """
        worker = self._workers.pop(package, None) or Worker()
        try:
            answer = worker.call(function, *arguments, timeout=timeout)
        except ChildFailed as error:
            # One that has raised lives on; others are gone.
            if " raised " in str(error):
                self._workers[package] = worker
            else:
                worker.close()
            raise
        except BaseException:
            worker.close()
            raise
        self._workers[package] = worker
        return answer


def play(chosen, names, scores, homes, options):
    """Run contestants on tables, table by table, and add what is not there yet to the scores.

    Parameters
    ----------
    chosen : list of Table
    names : list of str
        Contestants.
    scores : Scores
    homes : Homes
    options : argparse.Namespace
        `folder` of the tables or None; `max_rows` of a table, training and test together; `seeds`,
        each a split and a `random_state`; `settings`, parameters for mlpkit's contestants, and
        `tag`, put behind their names in the scores; `retry`: run again what has failed.
    """
    for table, seed, name in itertools.product(chosen, options.seeds, names):
        package = _contestants.CONTESTANTS[name].package
        ours = package == "mlpkit"
        record = {
            "data": table.name, "task": table.task, "who": name + options.tag * ours,
            "max_rows": options.max_rows, "seed": seed,
        }  # fmt: skip
        there = scores.has(record, failed=not options.retry)
        if there or not _contestants.suits(name, table.task):
            continue
        settings = options.settings if ours else None
        given = {"max_rows": options.max_rows, "seed": seed, "settings": settings}
        folder = str(options.folder) if options.folder else None
        try:
            record |= homes.call(package, "benchmarks._arena:run", table.name, name, folder, given)
        except ChildFailed as error:
            record["failed"] = str(error)[-300:]
        scores.add(record)
        print(_line(record), flush=True)


def _line(record):
    """Write a run for the screen."""
    shown = ("error", "logloss", "nrmse", "fit_s", "failed")
    figures = [f"{key} {record[key]:.4g}" for key in shown[:-1] if key in record]
    if "failed" in record:
        figures = [f"failed: {record['failed']}"]
    return f"{record['data']:<26}{record['who']:<16}seed {record['seed']}  {', '.join(figures)}"
