"""Scenarios of memory, each for a process of its own: what fits leave behind, and their peak."""

import contextlib
import gc
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import _peers
from benchmarks._nets import DIGITS

MB = 1e6
SHORT = replace(DIGITS, n=300, epochs=3)  # so short that mlpkit's graph loop is the faster one


def resident():
    """Give the bytes of this process in memory; where /proc is missing, the most there were."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


def _settled():
    gc.collect()
    return resident()


@contextlib.contextmanager
def peak_watched():
    """Find the highest `resident` within the block: yields a list that holds it afterwards."""
    found = []
    if _reset_peak():
        yield found
        found.append(_kernel_peak())
        return
    done, highest = threading.Event(), [resident()]

    def sample():
        while not done.is_set():
            highest[0] = max(highest[0], resident())
            time.sleep(0.002)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield found
    finally:
        done.set()
        sampler.join()
    found.append(highest[0])


def _reset_peak():
    """Make the kernel forget the highest so far; tell whether it did."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _kernel_peak() < 1.05 * resident()
    except (OSError, StopIteration):
        return False


def _kernel_peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def growth(quick):
    """Give the MB by which 300 fits of 3 architectures and 3000 predictions grow the process.

    They count from the 10th fit on, when all that is kept for good is there.
    """
    X, y = SHORT.data()
    before, fits, predictions = 0, 12 if quick else 300, 10
    for i in range(fits):
        net = replace(SHORT, hidden=(20 + 10 * (i % 3),))
        estimator = _peers.mlpkit_estimator(net).fit(X, y)
        for _ in range(predictions):
            estimator.predict_proba(X[:1])
        if i == 9:
            before = _settled()
    return (_settled() - before) / MB


def architectures(jit_compile, quick):
    """Give the MB that each fit of an architecture never seen before adds: widths and depths."""
    X, y = SHORT.data()
    fits = 2 if quick else 50
    more = {} if jit_compile == "auto" else {"jit_compile": jit_compile}

    def fit(hidden):
        _peers.mlpkit_estimator(replace(SHORT, hidden=hidden), **more).fit(X, y)

    fit(())  # brings in what the first fit of a process needs
    before = _settled()
    for i in range(fits):
        fit((11 + i,) * (1 + i % 3))
    return (_settled() - before) / fits / MB


def thousand(jit_compile, quick):
    """Give the MB a fit of a random search: 1000 fits of 1 to 5 layers of 10 to 100 units each.

    Where XLA is forced, 40 of them: almost each compiles a program of its own.
    """
    X, y = SHORT.data()
    fits = 3 if quick else 1000 if jit_compile == "auto" else 40
    rng = np.random.default_rng(0)

    def fit(hidden):
        net = replace(SHORT, hidden=hidden, epochs=1)
        _peers.mlpkit_estimator(net, jit_compile=jit_compile).fit(X, y)

    fit(())  # brings in what the first fit of a process needs
    before = _settled()
    for _ in range(fits):
        fit(tuple(rng.integers(10, 101, size=rng.integers(1, 6)).tolist()))
    return (_settled() - before) / fits / MB


def repeated(model, quick):
    """Give the MB that each further fit of one architecture adds."""
    make = {
        "mlpkit": _peers.mlpkit_estimator,
        "scikit-learn": _peers.sklearn_estimator,
        "skorch": _peers.skorch_estimator,
        "scikeras": _peers.scikeras_estimator,
    }[model]
    X, y = SHORT.data()
    fits = 2 if quick else 20
    _peers.silent_fit(make(SHORT), X, y)
    before = _settled()
    for _ in range(fits):
        _peers.silent_fit(make(SHORT), X, y)
    return (_settled() - before) / fits / MB


def peak(early_stopping, quick):
    """Give the most memory that a fit of a large float64 table takes, as a multiple of the table.

    400,000 x 64, of which the 205 MB themselves do not count.
    """
    net = replace(DIGITS, n=300, batch=256, epochs=1)
    estimator = _peers.mlpkit_estimator(net, early_stopping=early_stopping)
    estimator.set_params(jit_compile=True).fit(*net.data())  # loads TensorFlow and XLA
    rng = np.random.default_rng(0)
    X = rng.standard_normal((4000 if quick else 400_000, 64))
    y = (X[:, 0] > 0).astype(int)
    before = _settled()
    with peak_watched() as highest:
        estimator.fit(X, y)
    return (highest[0] - before) / X.nbytes
