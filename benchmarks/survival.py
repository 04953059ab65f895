"""Fits that are killed and backups that are damaged: what comes out, and what backups cost.

    python -m benchmarks.survival [--runs 5] [--only killed,workers,damaged,cost]

Killed: a fit is killed (SIGKILL) at random moments and started again till it is done, its result
compared to the bit with that of a fit left alone. Workers: a job of two, of which one is killed
again and again, and the launcher starts both anew. Damaged: backups cut off or changed in a byte at
random places, and a fit from each. Cost: fits with a backup after each epoch and without, and the
time that writing one takes (most of it the disk's own).
"""

import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks import _bars, _child, _options, _report, _rounds

WORKER, HERE = "benchmarks._killing:", "benchmarks.survival:"
KILLS, FILES = 20, 200
_COMMON = {"hidden_layer_sizes": [64, 32], "dropout": 0.2, "random_state": 0}
NETS = {
    "jit_compile=False": {"early_stopping": True, "patience": 1000, "jit_compile": False},
    "early_stopping=True": {"early_stopping": True, "patience": 1000},
    "all rows learnt twice": {"patience": 1000},
}
COSTS = {
    "digits, (100,)": ("digits", [100]),
    "60,000 x 100, (512, 256)": ("large", [512, 256]),
}
COLUMNS = {
    "work": "title",
    "model": _report.model,
    "what": "what",
    "wrong": "wrong",
    "bar": "bar",
    "": "verdict",
}
COST_COLUMNS = {
    "fit": "title",
    "MB a backup": "megabytes",
    "without": lambda row: _report.duration(row["without"]),
    "with": lambda row: _report.duration(row["with"]),
    "a backup": lambda row: _report.duration(row["each"]),
    "runs": "runs",
}


def main(argv=None):
    """Print the tables and write them as JSON."""
    options = _options.read(__doc__, argv, parts=("killed", "workers", "damaged", "cost"))
    rows = []
    if "killed" in options.only:
        names = list(NETS)[:1] if options.quick else NETS
        rows += [_killed(name, options.quick) for name in names]
    if "workers" in options.only:
        rows.append(_workers(options.quick))
    if "damaged" in options.only:
        rows.append(_damaged(options.quick))
    if rows:
        print(f"\n{_report.markdown(COLUMNS, rows)}\n\n{_bars.summary(rows)}")
    costs = _costs(options) if "cost" in options.only else []
    if costs:
        print(f"\n{_report.markdown(COST_COLUMNS, costs)}")
    _report.write("survival", rows, options.out, costs=costs)


def _net(epochs, **more):
    return {"rows": 1500, "columns": 20, "parameters": {**_COMMON, "epochs": epochs, **more}}


def _killed(name, quick):
    kills, net = KILLS, _net(200, **NETS[name])
    if quick:
        kills, net = 5, {**_net(40, **NETS[name]), "rows": 500}
    with tempfile.TemporaryDirectory() as folder, _child.Worker() as worker:
        alone, out = str(Path(folder) / "alone"), str(Path(folder) / "out")
        worker.call(f"{WORKER}load")
        worker.call(f"{WORKER}whole", net, alone)
        told = worker.call(f"{WORKER}killed", net, str(Path(folder) / "backups"), out, kills, 0)
        same = worker.call(f"{WORKER}same", alone, out)
    what = (
        f"killed {told['kills']} times, {told['in_writing']} of them while a backup was written; "
        f"result: {'the same bits' if same else 'OTHER BITS'}; {told['unreadable']} unreadable"
    )
    wrong = told["unreadable"] + (not same) + (kills - told["kills"])
    return _row(
        "killed", f"a fit of {net['parameters']['epochs']} epochs, {name}", what, wrong, told
    )


def _workers(quick):
    kills, net = (1, _net(30)) if quick else (5, _net(60, early_stopping=True, patience=1000))
    with tempfile.TemporaryDirectory() as folder:
        told = _child.fresh("benchmarks._killed_workers:killed", net, folder, kills, 0)
    epochs = ", ".join(map(str, told["epochs"]))
    what = (
        f"a worker killed {told['kills']} times, after epochs {epochs}; restarted "
        f"{told['restarts']} times; result of both: "
        f"{'the same bits' if told['same'] else 'OTHER BITS'}"
    )
    wrong = (not told["same"]) + abs(kills - told["kills"]) + abs(kills - told["restarts"])
    title = f"a job of two workers of {net['parameters']['epochs']} epochs"
    return _row("workers", title, what, wrong, told)


def _damaged(quick):
    files, net = (8, _net(12)) if quick else (FILES, _net(12))
    with tempfile.TemporaryDirectory() as folder:
        told = _child.fresh(f"{WORKER}damaged", net, folder, files, 0)
    what = (
        f"{told['files']} damaged: {told['older']} fits went on from the older one to the same "
        f"bits, {told['refused']} were refused (both damaged)"
    )
    wrong = told["wrong"] + told["crashed"]
    return _row("damaged", "backups cut off, or a byte changed", what, wrong, told)


def _row(work, title, what, wrong, told):
    judged = _bars.judged("survival", work, "mlpkit", {"wrong": wrong})
    return {"work": work, "title": title, "model": "mlpkit", "what": what, "wrong": wrong,
            **judged, **told}  # fmt: skip


def _costs(options):
    rows = []
    for title, (table, hidden) in list(COSTS.items())[: 1 if options.quick else None]:
        print(f"{title}: {options.runs} rounds with and without backups", flush=True)
        with tempfile.TemporaryDirectory() as folder, _child.Worker() as worker:
            worker.call(f"{HERE}prepare", table, hidden, options.quick, folder)
            calls = {
                name: partial(worker.call, f"{HERE}seconds", name) for name in ("without", "with")
            }
            figures = _rounds.alternate(calls, options.runs)
            size, each = worker.call(f"{HERE}of_a_backup")
        medians = {name: statistics.median(values) for name, values in figures.items()}
        rows.append(
            {"title": title, "megabytes": size / 1e6, **medians, "each": each, "runs": options.runs}
        )
    return rows


# What the process that is measured holds: estimators, rows, and the bytes and seconds of backups.
_fits, _rows, _sizes, _seconds = {}, [], [], []


def prepare(table, hidden, quick, folder):
    """Make fits with and without backups ready, and run each of them once."""
    from sklearn.datasets import load_digits

    from benchmarks._killing import table as made
    from mlpkit import MLPClassifier
    from mlpkit.backups import BackupFolder

    X, y = load_digits(return_X_y=True) if table == "digits" else made(60_000, 100)
    _rows[:] = (X[:200], y[:200]) if quick else (X, y)
    epochs = 2 if quick else 20 if table == "digits" else 5
    parameters = {"epochs": epochs, "early_stopping": False, "random_state": 0}
    _fits["without"] = MLPClassifier(hidden, **parameters)
    _fits["with"] = MLPClassifier(hidden, **parameters, backup_dir=str(Path(folder) / "backups"))
    save = BackupFolder.save

    def save_and_measure(self, *arguments):
        began = time.perf_counter()
        save(self, *arguments)
        _seconds.append(time.perf_counter() - began)
        _sizes.extend(path.stat().st_size for path in self.path.glob("*.mlpkit"))

    BackupFolder.save = save_and_measure
    for name in _fits:
        seconds(name)


def seconds(name):
    """Fit with or without backups, and give the seconds."""
    began = time.perf_counter()
    _fits[name].fit(*_rows)
    return time.perf_counter() - began


def of_a_backup():
    """Give the bytes and the median seconds of a backup."""
    return max(_sizes), statistics.median(_seconds)


if __name__ == "__main__":
    main()
