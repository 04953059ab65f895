"""Tables to measure on: a folder with an INDEX.csv, else the data sets that scikit-learn ships."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
SINGLE_TARGET = ("binary", "multiclass", "regression")
SHIPPED = {
    "iris": ("multiclass", datasets.load_iris),
    "wine": ("multiclass", datasets.load_wine),
    "breast_cancer": ("binary", datasets.load_breast_cancer),
    "digits": ("multiclass", datasets.load_digits),
    "diabetes": ("regression", datasets.load_diabetes),
}


def data_folder(given=None):
    """Give the folder of tables: the one named, ``MLPKIT_DATA``, the usual place, or None."""
    folder = Path(given or os.environ.get("MLPKIT_DATA") or FOLDER)
    return folder if (folder / "INDEX.csv").is_file() else None


def single_target_tables(folder, *, max_features=400, max_rows=8000, only=()):
    """Yield (name, task, X_train, X_test, y_train, y_test) of every table with one target.

    A seeded shuffle, at most `max_rows` rows, 75 % of them for training, stratified where the
    target is a class; classes with fewer than four rows are left out.
    """
    for name, task, X, y in _shipped() if folder is None else _indexed(folder, max_features):
        if only and name not in only:
            continue
        order = np.random.RandomState(0).permutation(len(X))[:max_rows]
        X, y = X.iloc[order].reset_index(drop=True), y[order]
        if task != "regression":
            _, index, counts = np.unique(y, return_inverse=True, return_counts=True)
            X, y = X[counts[index] >= 4], y[counts[index] >= 4]
        stratify = None if task == "regression" else y
        yield name, task, *train_test_split(X, y, test_size=0.25, random_state=0, stratify=stratify)


def _shipped():
    for name, (task, load) in SHIPPED.items():
        X, y = load(return_X_y=True, as_frame=True)
        yield name, task, X, y.to_numpy()


def _indexed(folder, max_features):
    index = pd.read_csv(folder / "INDEX.csv", keep_default_na=False)
    for row in index.itertuples():
        if row.task not in SINGLE_TARGET or int(row.n_features) > max_features:
            continue
        frame = pd.read_csv(folder / row.file)
        X, y = frame.drop(columns=row.target), frame[row.target]
        categorical = [name for name in row.categorical.split(";") if name]
        X = X.astype(dict.fromkeys(categorical, str)).where(X.notna())
        y = y.to_numpy(float) if row.task == "regression" else y.astype(str).to_numpy()
        yield row.name, row.task, X, y


def encoder():
    """Give what turns a mixed table into the matrix that both sides get."""
    numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )
    classes = OneHotEncoder(
        handle_unknown="ignore", sparse_output=False, min_frequency=5, max_categories=64
    )
    return make_column_transformer(
        (numbers, make_column_selector(dtype_include=["number", "bool"])),
        (classes, make_column_selector(dtype_exclude=["number", "bool"])),
    )
