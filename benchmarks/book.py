"""The reference figures of the textbook: digits, and California housing with three layers of 50.

    python -m benchmarks.book [--data FOLDER] [--runs 3] [--only digits,housing]

California housing comes from FOLDER (california_housing.csv.gz, Géron's version, from which
scikit-learn's eight columns are derived) and is left out where that is absent. Medians over
runs, each with a seed of its own.
"""

import time
import warnings

import numpy as np
import pandas as pd
from sklearn import neural_network
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mlpkit
from benchmarks import _options, _report, _tables
from recipes.california_housing import FEATURES, TARGET, from_geron

LAYERS = (50, 50, 50)
COLUMNS = {
    "data": "data",
    "model": _report.model,
    "median": lambda row: f"{row['median']:.4f}",
    "min": lambda row: f"{row['min']:.4f}",
    "max": lambda row: f"{row['max']:.4f}",
    "seconds a fit": "seconds",
    "reference": "reference",
}


def main(argv=None):
    """Print the table and write it as JSON."""
    options = _read(argv)
    epochs = {"epochs": options.epochs} if options.epochs else {}
    iterations = {"max_iter": options.epochs} if options.epochs else {}
    rows = []
    if "digits" in options.only:
        X, y = load_digits(return_X_y=True)
        rows += _measured(
            "digits, accuracy", "at least 0.975", X, y, options.runs,
            lambda seed: mlpkit.MLPClassifier(random_state=seed, **epochs),
            lambda seed: neural_network.MLPClassifier(random_state=seed, **iterations),
            lambda y, predicted: float(np.mean(y == predicted)), stratify=y,
        )  # fmt: skip
    folder = _tables.data_folder(options.data)
    if "housing" in options.only and folder is None:
        print("California housing is left out: no folder of tables (--data).")
    elif "housing" in options.only:
        X, y = _housing(folder / "california_housing.csv.gz")
        rows += _measured(
            "California housing, RMSE", "book 0.530", X, y, options.runs,
            lambda seed: mlpkit.MLPRegressor(LAYERS, random_state=seed, **epochs),
            lambda seed: neural_network.MLPRegressor(
                hidden_layer_sizes=LAYERS, random_state=seed, **iterations
            ),
            lambda y, predicted: float(np.sqrt(np.mean((y - predicted) ** 2))), test_size=0.2,
        )  # fmt: skip
    print(f"\n{_report.markdown(COLUMNS, rows)}")
    _report.write("book", rows, options.out)


def _read(argv):
    options = _options.read(
        __doc__, argv, runs=3, parts=("digits", "housing"),
        add=[
            ("--data", {"help": "folder with california_housing.csv.gz"}),
            ("--epochs", {"type": int, "help": "of both (each one's own)"}),
        ],
    )  # fmt: skip
    options.epochs = options.epochs or (2 if options.quick else None)
    return options


def _housing(path):
    table = from_geron(pd.read_csv(path))
    # Rooms a household are missing in 207 rows of Géron's file, as bedrooms are there.
    table = table.fillna(table.median())
    return table[FEATURES].to_numpy(), table[TARGET].to_numpy()


def _measured(data, reference, X, y, runs, ours, theirs, score, *, test_size=0.25, stratify=None):
    parts = train_test_split(X, y, test_size=test_size, random_state=42, stratify=stratify)
    X_train, X_test, y_train, y_test = parts
    figures = {"mlpkit": [], "scikit-learn": []}
    for seed in range(runs):
        models = {
            "mlpkit": ours(seed),
            "scikit-learn": make_pipeline(StandardScaler(), theirs(seed)),
        }
        for name, model in models.items():
            began = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", ConvergenceWarning
                )  # its 200 epochs are its default
                model.fit(X_train, y_train)
            seconds = time.perf_counter() - began
            figures[name].append((score(y_test, model.predict(X_test)), seconds))
    return [
        {
            "data": data, "model": name, "reference": reference, "seconds": float(np.median(times)),
            "median": float(np.median(scores)), "min": min(scores), "max": max(scores),
        }
        for name, found in figures.items()
        for scores, times in [zip(*found, strict=True)]
    ]  # fmt: skip


if __name__ == "__main__":
    main()
