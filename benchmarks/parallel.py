"""What processes bring to a search, and whether the number of threads changes a bit of a fit.

    python -m benchmarks.parallel [--data FOLDER] [--only search,bits]

search: 4 learning rates x 4 folds of one table (adult, else digits) in one process, over two
workers of joblib's loky and over two of a Dask cluster on this machine; the first search of a
process, which starts workers and makes programs, and the second one. bits: networks trained with
1, 2, 4 and 8 threads in processes of their own, and how far their weights lie apart.
"""

import contextlib
import functools
import hashlib
import os

from benchmarks import _child, _options, _report, _rounds, _tables

WAYS = {
    "one process": "",
    "n_jobs=2": "loky",
    "Dask, 2 workers": "dask",
}
RATES = (3e-4, 1e-3, 3e-3, 1e-2)
THREADS = (1, 2, 4, 8)
# Features, rows, hidden layers, rows a step.
NETS = {
    "10 → 100 → 1, batch 32": (10, 2000, (100,), 32),
    "64 → 256, 128 → 1, batch 64": (64, 2000, (256, 128), 64),
    "64 → 512, 256 → 1, batch 256": (64, 2000, (512, 256), 256),
    "100 → 1024, 512 → 1, batch 256": (100, 2000, (1024, 512), 256),
    "1000 → 1000 → 1, batch 32": (1000, 1000, (1000,), 32),
    "30 → 64 → 1, batch 2048": (30, 4096, (64,), 2048),
}
PROGRAMS = {"graph": False, "XLA": True}
TYPES = ("float32", "float64")
SEARCH_COLUMNS = {
    "search": "way",
    "first, seconds": "first",
    "second, seconds": "second",
    "best score": "score",
    "weights": lambda row: "the same bits" if row["same"] else "others",
}
BITS_COLUMNS = {
    "network": "net",
    "program": "program",
    "type": "dtype",
    "the same bits": lambda row: _alike(row),
    "largest difference": lambda row: f"{row['difference']:.0e}" if row["difference"] else "0",
}


def main(argv=None):
    """Print the tables and write them as JSON."""
    add = [("--data", {"help": "folder of tables with an INDEX.csv"})]
    options = _options.read(__doc__, argv, runs=None, parts=("search", "bits"), add=add)
    if "search" in options.only:
        ways = [way for way in WAYS if WAYS[way] != "dask" or _has_dask()]
        found = [_child.fresh("benchmarks.parallel:search", WAYS[way], options.data, options.quick)
                 for way in ways]  # fmt: skip
        rows = [
            {"way": way, **one, "same": one["digest"] == found[0]["digest"]}
            for way, one in zip(ways, found, strict=True)
        ]
        print(f"\n{found[0]['work']}\n\n{_report.markdown(SEARCH_COLUMNS, rows)}")
        _report.write("parallel_search", rows, options.out)
    if "bits" in options.only:
        rows = _compared_bits(options.quick)
        print(f"\n{_report.markdown(BITS_COLUMNS, rows)}")
        _report.write("parallel_bits", rows, options.out)


def _has_dask():
    try:
        import distributed  # noqa: F401
    except ImportError:
        print("Dask is left out: distributed is not installed (pip install 'mlpkit[dask]')")
        return False
    return True


def search(backend, data, quick):
    """Search twice and give the seconds of each, the best score and a digest of the weights.

    Parameters
    ----------
    backend : {"", "loky", "dask"}
        Where the fits run; "" is this process.
    data : str or None
        Folder of tables.
    quick : bool
        Whether a small table is searched.

    Returns
    -------
    dict
    """
    import joblib
    from sklearn.model_selection import GridSearchCV

    import mlpkit.backend  # noqa: F401  (loaded before the clock starts)
    from mlpkit import MLPClassifier

    name, X, y = _table(data, quick)
    rates = RATES[:2] if quick else RATES
    classifier = MLPClassifier(epochs=2 if quick else 20, early_stopping=False, random_state=0)
    searching = GridSearchCV(classifier, {"learning_rate": rates}, cv=2 if quick else 4)
    with contextlib.ExitStack() as stack:
        if backend == "dask":
            from distributed import Client, LocalCluster

            cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
            stack.enter_context(cluster)
            stack.enter_context(Client(cluster))
        if backend:
            stack.enter_context(joblib.parallel_config(backend=backend, n_jobs=2))
        fit = functools.partial(searching.fit, X, y)
        first, second = _rounds.seconds_of(fit), _rounds.seconds_of(fit)
    return {
        "work": f"{name}: {X.shape[0]} rows, {X.shape[1]} features; {len(rates)} learning rates x "
        f"{searching.n_splits_} folds, {classifier.epochs} epochs each, and the best one again",
        "first": first,
        "second": second,
        "score": searching.best_score_,
        "digest": _digest(searching.best_estimator_),
    }


def _table(data, quick):
    folder = None if quick else _tables.data_folder(data)
    name = "adult" if folder else "digits"
    name, _, X, _, y, _ = next(_tables.single_target_tables(folder, only=(name,)))
    return name, _tables.encoder().fit_transform(X).astype("float32"), y


def _digest(estimator):
    weights = estimator.model_.get_weights()
    return hashlib.sha256(b"".join(w.tobytes() for w in weights)).hexdigest()


def _compared_bits(quick):
    """Give a row for each network, program and type: which numbers of threads agree."""
    import numpy as np

    threads = THREADS[:2] if quick else THREADS
    nets = list(NETS)[:1] if quick else list(NETS)
    found = {n: _child.fresh("benchmarks.parallel:trained", n, nets) for n in threads}
    rows = []
    for i, (net, program, dtype) in enumerate(_cases(nets)):
        samples = [np.array(found[n][i]["sample"]) for n in threads]
        apart = max(float(np.abs(one - samples[0]).max()) for one in samples)
        groups = {}
        for n in threads:
            groups.setdefault(found[n][i]["digest"], []).append(n)
        rows.append({"net": net, "program": program, "dtype": dtype, "difference": apart,
                     "groups": list(groups.values())})  # fmt: skip
    return rows


def _cases(nets):
    return [(net, program, dtype) for net in nets for program in PROGRAMS for dtype in TYPES]


def _alike(row):
    """Write which numbers of threads give the same bits."""
    if len(row["groups"]) == 1:
        return "all"
    return " / ".join(", ".join(map(str, group)) for group in row["groups"])


def trained(threads, nets):
    """Train each case in a process with so many threads.

    Returns
    -------
    list of dict
        `digest` of all weights, and a `sample` of 1000 of them, which JSON can hold.
    """
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(threads)
    import numpy as np

    from mlpkit import MLPRegressor

    found = []
    for net, program, dtype in _cases(nets):
        features, rows, hidden, batch = NETS[net]
        X = np.random.RandomState(0).randn(rows, features)
        regressor = MLPRegressor(hidden, batch_size=batch, epochs=2, random_state=0, dtype=dtype,
                                 early_stopping=False, jit_compile=PROGRAMS[program])  # fmt: skip
        regressor.fit(X, X[:, 0] * X[:, 1])
        weights = np.concatenate([w.ravel() for w in regressor.model_.get_weights()])
        sample = weights[:: len(weights) // 1000].astype(float).tolist()
        found.append({"digest": _digest(regressor), "sample": sample})
    return found


if __name__ == "__main__":
    main()
