"""What `benchmarks.devices` measures, each in a process whose TensorFlow has logical devices."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import _rounds
from benchmarks._nets import find

TASKS = ("binary", "multiclass", "multilabel", "regression", "multioutput")
N, BATCH = 203, 25  # the last batch has 3 rows: one replica of four is left without
WIDTHS = (64, 512, 1448)  # of two hidden layers: about 17 KB, 1 MB and 8.4 MB of weights
ROWS = (64, 512)


def table(task):
    """Give rows, targets and weights of a task."""
    rng = np.random.RandomState(0)
    X = rng.randn(N, 6)
    signs = (X[:, :3] > 0).astype(int)
    y = {
        "binary": signs[:, 0], "multiclass": signs.sum(axis=1), "multilabel": signs,
        "regression": X[:, 0] + np.abs(X[:, 1]), "multioutput": X[:, :2] ** 2,
    }[task]  # fmt: skip
    return X, y, rng.rand(N) + 0.5


def fitted(task, device, dtype, epochs=3):
    """Give the weights of a fit."""
    from mlpkit import MLPClassifier, MLPRegressor

    kind = MLPRegressor if task in ("regression", "multioutput") else MLPClassifier
    model = kind(
        (16, 8), device=device, dtype=dtype, epochs=epochs, batch_size=BATCH, random_state=0,
        early_stopping=False,
    )  # fmt: skip
    X, y, weight = table(task)
    return model.fit(X, y, sample_weight=weight).model_.get_weights()


def difference(ours, theirs):
    """Give the largest relative difference of an array, by its norm; NaN where one holds it."""
    pairs = zip(ours, theirs, strict=True)
    found = [np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-12) for a, b in pairs]
    return float(np.max(found))  # Python's max would pass over a NaN


def parity(quick):
    """Give (replicas, type, largest difference over all tasks)."""
    from mlpkit.devices import use_logical_cpus

    names = use_logical_cpus(4)
    found = []
    for dtype in ("float32",) if quick else ("float32", "float64"):
        tasks = TASKS[:1] if quick else TASKS
        alone = {task: fitted(task, "auto", dtype) for task in tasks}
        for count in (2, 4):
            each = [difference(fitted(task, names[:count], dtype), alone[task]) for task in tasks]
            found.append([count, dtype, float(np.max(each))])
    return found


def loop(name, runs, quick):
    """Give the seconds of fits by a single device's graph, and by the replicas' loop on one."""
    net = find(name, quick)
    X, y = net.data()
    fits = {}
    for device in ("auto", ["cpu:0"]):
        model = _estimator(net, device)
        model.fit(X, y)  # traced once
        fits[str(device)] = lambda model=model: _rounds.seconds_of(lambda: model.fit(X, y))
    return list(_rounds.alternate(fits, runs).values())


def _estimator(net, device):
    from mlpkit import MLPClassifier, MLPRegressor

    kind = MLPClassifier if net.classes else MLPRegressor
    return kind(
        net.hidden, device=device, batch_size=net.batch, epochs=net.epochs, jit_compile=False,
        early_stopping=False, average=False, l2=0.0, standardize=False, random_state=0,
    )  # fmt: skip


def workers(quick):
    """Give how far two workers' weights are from each other, and from two mirrored devices'."""
    from mlpkit.devices import use_logical_cpus

    names = use_logical_cpus(4)
    tasks = TASKS[:1] if quick else TASKS
    with tempfile.TemporaryDirectory() as folder:
        _launched("weights", folder, *tasks)
        chief, other = (dict(np.load(Path(folder) / f"{i}.npz")) for i in range(2))
    between = difference(chief.values(), other.values())
    mirrored = [w for task in tasks for w in fitted(task, names, "float32")]
    return between, difference(chief.values(), mirrored)


def terms(quick):
    """Give (title, value, unit) of what a step is made of."""
    found = []
    for rows in ROWS[:1] if quick else ROWS:
        for width in WIDTHS[:1] if quick else WIDTHS:
            found.append(
                [f"a step of {rows} rows, 64 inputs, ({width}, {width}), single device",
                 _step(rows, width, "auto", quick) * 1e6, "µs"]
            )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        _launched("exchanges", folder, *WIDTHS[:1] if quick else WIDTHS)
        seconds = np.load(Path(folder) / "0.npz")
    for width in WIDTHS[:1] if quick else WIDTHS:
        size = 4 * (64 * width + width * width + 2 * width)
        found.append(
            [f"all-reduce of {size / 1e6:.2f} MB between two processes of this machine",
             float(seconds[str(width)]) * 1e6, "µs"]
        )  # fmt: skip
    return found


def _step(rows, width, device, quick):
    """Give the seconds of a step: those of a longer fit less those of a shorter one."""
    from mlpkit import MLPRegressor

    rng = np.random.RandomState(0)
    steps = 4 if quick else 2**21 // (rows * width) + 20
    X, y = rng.randn(rows * steps, 64).astype("float32"), rng.randn(rows * steps)
    seconds = []
    for epochs in (1, 3):
        model = MLPRegressor(
            (width, width), device=device, batch_size=rows, epochs=epochs, jit_compile=False,
            early_stopping=False, average=False, random_state=0,
        )  # fmt: skip
        model.fit(X, y)
        seconds.append(min(_rounds.seconds_of(lambda model=model: model.fit(X, y)) for _ in "123"))
    return (seconds[1] - seconds[0]) / (2 * steps)


def _launched(task, folder, *more):
    """Run this file in two workers."""
    paths = [str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, "-m", "mlpkit.launch", "--workers", "2", "--max-restarts", "0"]
    arguments = ["-m", "benchmarks._replicas", task, folder, *map(str, more)]
    subprocess.run([*command, *arguments], env=environment, check=True, timeout=300)


def _worker(task, folder, *more):
    """Write what a worker learns, or how long its exchanges take."""
    from mlpkit.devices import find_cluster, place

    index = find_cluster().index
    if task == "weights":
        learnt = [w for name in more for w in fitted(name, "multiworker", "float32")]
        np.savez(Path(folder) / str(index), *learnt)
        return
    strategy = place("multiworker").strategy
    seconds = {width: _exchange(strategy, int(width)) for width in more}
    np.savez(Path(folder) / str(index), **seconds)


def _exchange(strategy, width, repeats=30):
    """Give the seconds of one sum over all workers of as many numbers as a network has weights."""
    from mlpkit.backend import tf

    values = tf.zeros(64 * width + width * width + 2 * width)

    @tf.function(autograph=False)
    def exchanged():
        def once(i, x):
            context = tf.distribute.get_replica_context
            added = strategy.run(lambda: context().all_reduce(tf.distribute.ReduceOp.SUM, x * 0.5))
            return i + 1, strategy.experimental_local_results(added)[0]

        return tf.while_loop(lambda i, x: i < repeats, once, (0, values))[1]

    exchanged()
    began = time.perf_counter()
    exchanged()
    return (time.perf_counter() - began) / repeats


if __name__ == "__main__":
    _worker(*sys.argv[1:])
