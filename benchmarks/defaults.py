"""The defaults of mlpkit's MLPs against those of scikit-learn's, on real tables.

    python -m benchmarks.defaults [--data FOLDER] [--only adult,letter] [--max-rows 8000]

FOLDER holds tables and an INDEX.csv; without one, the data sets that scikit-learn ships are
taken. Both get the same matrix: numbers imputed by the median and standardised, categories
one-hot. Error is 1 - accuracy, or RMSE over the standard deviation of the target.
"""

import time
import warnings

import numpy as np
import pandas as pd
from sklearn import neural_network
from sklearn.exceptions import ConvergenceWarning

import mlpkit
from benchmarks import _options, _report, _tables

FLOOR = 2e-3  # errors below count as this in the geometric mean, or one table outweighs all


def main(argv=None):
    """Print the table, a line as soon as it is measured, and write it as JSON."""
    options = _read(argv)
    folder = _tables.data_folder(options.data)
    print("table", "task", "rows", "sklearn", "mlpkit", "ratio", "sklearn s", "mlpkit s", sep="\t")
    rows = []
    for table in _tables.single_target_tables(folder, max_rows=options.max_rows, only=options.only):
        rows.append(_measured(*table, epochs=options.epochs))
        print(*(f"{v:.4g}" if isinstance(v, float) else v for v in rows[-1].values()), sep="\t")
    _summarise(pd.DataFrame(rows))
    _report.write("defaults", rows, options.out)


def _read(argv):
    options = _options.read(
        __doc__, argv, runs=None,
        add=[
            ("--data", {"help": "folder with tables and an INDEX.csv"}),
            ("--max-rows", {"type": int, "default": 8000}),
            ("--epochs", {"type": int, "help": "of both (each one's own)"}),
        ],
    )  # fmt: skip
    options.epochs = options.epochs or (2 if options.quick else None)
    return options


def _measured(name, task, X_train, X_test, y_train, y_test, *, epochs=None):
    prepare = _tables.encoder()
    X_train, X_test = prepare.fit_transform(X_train), prepare.transform(X_test)
    kind = "MLPRegressor" if task == "regression" else "MLPClassifier"
    theirs = getattr(neural_network, kind)(random_state=0)
    ours = getattr(mlpkit, kind)(random_state=0)
    if epochs:
        theirs.set_params(max_iter=epochs)
        ours.set_params(epochs=epochs)
    errors, seconds = {}, {}
    for who, model in {"sklearn": theirs, "mlpkit": ours}.items():
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # its 200 epochs are its default
            model.fit(X_train, y_train)
        seconds[who] = time.perf_counter() - began
        errors[who] = _error(task, y_test, model.predict(X_test))
    ratio = max(errors["mlpkit"], FLOOR) / max(errors["sklearn"], FLOOR)
    return {
        "table": name, "task": task, "rows": len(X_train), **errors, "ratio": ratio,
        "sklearn_seconds": seconds["sklearn"], "mlpkit_seconds": seconds["mlpkit"],
    }  # fmt: skip


def _error(task, y, predicted):
    if task == "regression":
        return float(np.sqrt(np.mean((y - predicted) ** 2)) / np.std(y))
    return float(np.mean(y != predicted))


def _summarise(frame):
    print(f"\n{'tables':<16}{'n':>4}{'lower':>7}{'equal':>7}{'higher':>8}{'geo. mean ratio':>17}")
    numbers = frame["task"] == "regression"
    for label, part in {
        "classification": frame[~numbers],
        "regression": frame[numbers],
        "all": frame,
    }.items():
        if len(part):
            lower = int((part["mlpkit"] < part["sklearn"]).sum())
            equal = int((part["mlpkit"] == part["sklearn"]).sum())
            mean = np.exp(np.log(part["ratio"]).mean())
            print(
                f"{label:<16}{len(part):>4}{lower:>7}{equal:>7}{len(part) - lower - equal:>8}"
                f"{mean:>17.3f}"
            )
    share = (frame["mlpkit"] < frame["sklearn"]).mean()
    print(f"mlpkit has the lower error on {share:.0%} of {len(frame)} tables")


if __name__ == "__main__":
    main()
