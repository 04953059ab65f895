"""The arena's tables: which there are, how they are split, and which half was tuned on.

The protocol is fixed, so that scores of different days and machines can be held side by side: a
seeded shuffle, at most so many rows, 75 % of them for training, stratified by the class.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder

from recipes._people import people

TASKS = ("binary", "multiclass", "regression", "multilabel", "multioutput")
CLASSES = ("binary", "multiclass")
HALVES = ("tuned", "reported")
LEAST_OF_A_CLASS = 4  # rows; rarer classes are left out, as they could not be split


class Table(NamedTuple):
    """A table: its name and kind, and what reads it as (frame, targets, categorical columns)."""

    name: str
    task: str
    n_features: int
    read: Callable


def half(name):
    """Tell which half a table belongs to: what defaults were chosen on, or what is reported.

    >>> half("titanic"), half("phoneme")
    ('reported', 'tuned')
    """
    return HALVES[int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2]


def tables(folder=None, *, tasks=TASKS, only=(), max_features=None, which="all"):
    """Give the tables of a folder, or those that scikit-learn ships and some that are made.

    Parameters
    ----------
    folder : Path or None
        Folder with an INDEX.csv.
    tasks : sequence of str
        Kinds of target.
    only : sequence of str
        Names; empty for all.
    max_features : int or None
        Wider tables are left out.
    which : {"all", "tuned", "reported"}
        Half of the tables.

    Returns
    -------
    list of Table
    """
    found = _offline() if folder is None else _indexed(folder)
    return [
        table
        for table in found
        if table.task in tasks
        and (not only or table.name in only)
        and (max_features is None or table.n_features <= max_features)
        and which in ("all", half(table.name))
    ]


def split(table, *, max_rows, seed=0):
    """Read a table and give X_train, X_test, y_train, y_test by the protocol.

    Numbers come as float32 and categories as pandas's `category`; classes are numbered from 0.
    """
    frame, targets, categorical = table.read()
    frame = frame.sample(frac=1, random_state=seed).head(max_rows).reset_index(drop=True)
    X, y = frame.drop(columns=targets), frame[targets]
    for name in X.columns:
        if name in categorical or _holds_strings(X[name]):
            X[name] = X[name].astype(str).where(X[name].notna(), None).astype("category")
        else:
            X[name] = X[name].astype("float32")
    if table.task in CLASSES:
        X, y = _classes(X, y[targets[0]].astype(str).to_numpy())
    elif table.task == "multilabel":
        y = y.to_numpy("int64")
    else:
        y = y.to_numpy("float64")
        y = y[:, 0] if table.task == "regression" else y
    stratify = y if table.task in CLASSES else None
    return train_test_split(X, y, test_size=0.25, random_state=seed, stratify=stratify)


def _holds_strings(column):
    return column.dtype == object or str(column.dtype).startswith("str")


def _classes(X, y):
    count = pd.Series(y).groupby(y).transform("size").to_numpy()
    kept = count >= LEAST_OF_A_CLASS
    return X[kept].reset_index(drop=True), LabelEncoder().fit_transform(y[kept])


def _indexed(folder):
    index = pd.read_csv(folder / "INDEX.csv", keep_default_na=False)
    for row in index.itertuples():
        targets = row.target.split(";")
        categorical = [name for name in row.categorical.split(";") if name]

        def read(path=folder / row.file, targets=targets, categorical=categorical):
            return pd.read_csv(path), targets, categorical

        yield Table(row.name, row.task, int(row.n_features), read)


def _offline():
    """Give what needs no folder: four tables that scikit-learn ships, four that are made."""
    return [
        Table("digits", "multiclass", 64, lambda: _shipped(datasets.load_digits)),
        Table("wine", "multiclass", 13, lambda: _shipped(datasets.load_wine)),
        Table("breast_cancer", "binary", 30, lambda: _shipped(datasets.load_breast_cancer)),
        Table("made_people", "binary", 10, _people),
        Table("diabetes", "regression", 10, lambda: _shipped(datasets.load_diabetes)),
        Table("made_friedman", "regression", 10, _friedman),
        Table("made_labels", "multilabel", 20, _labels),
        Table("made_outputs", "multioutput", 10, _outputs),
    ]


def _shipped(load):
    return load(as_frame=True).frame, ["target"], []


def _people():
    """Give the made mixed table; the arena knows no dates, so that it goes without them."""
    frame = people(4000, seed=0).drop(columns=["since"])
    return frame, ["income"], ["education", "occupation", "town", "remote"]


def _friedman():
    X, y = datasets.make_friedman1(3000, noise=1.0, random_state=0)
    return _framed(X, y[:, np.newaxis])


def _labels():
    X, y = datasets.make_multilabel_classification(2000, n_features=20, n_classes=5, random_state=0)
    return _framed(X, y)


def _outputs():
    X, y = datasets.make_friedman1(2000, random_state=0)
    return _framed(X, np.column_stack([y, np.sqrt(np.abs(y)) + X[:, 5]]))


def _framed(X, y):
    targets = [f"y{number}" for number in range(y.shape[1])]
    frame = pd.DataFrame(X, columns=[f"x{number}" for number in range(X.shape[1])])
    return frame.join(pd.DataFrame(y, columns=targets)), targets, []
