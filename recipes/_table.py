"""Read a user's table and split it into features and target, or say why not."""

import difflib
import warnings
import zlib

import numpy as np
import pandas as pd

from mlpkit.tasks import infer_task

if __package__:
    from recipes._run import BadInput, named_path
else:
    from _run import BadInput, named_path


def _read_csv(path):
    return pd.read_csv(path, low_memory=False)


READERS = {".csv": _read_csv, ".csv.gz": _read_csv, ".parquet": pd.read_parquet}


def read_table(path):
    """Read a table from a file.

    Parameters
    ----------
    path : Path
        A file whose name ends in .csv, .csv.gz or .parquet.

    Returns
    -------
    DataFrame
        At least one row.

    Raises
    ------
    BadInput
        When the file is missing, of another kind, unreadable or empty.
    """
    ending = next((e for e in READERS if path.name.lower().endswith(e)), None)
    if ending is None:
        raise BadInput(f"--data must end in {', '.join(READERS)}. Got {path}.")
    if not path.is_file():
        raise BadInput(f"--data must be a file that exists. Got {path}.")
    try:
        table = READERS[ending](path)
    except pd.errors.EmptyDataError:
        raise BadInput(f"--data must hold a table. Got {path}, which is empty.") from None
    except ImportError:
        raise BadInput(
            "reading Parquet needs pyarrow: pip install pyarrow, or save the table as CSV."
        ) from None
    except (OSError, ValueError, EOFError, NotImplementedError, zlib.error) as error:
        reason = str(error).strip().split("\n")[0]
        raise BadInput(f"--data must be readable as {ending}. Got {path}: {reason}") from None
    if not len(table):
        raise BadInput(f"--data must hold at least one row. Got {path}, which has none.")
    return table


def stem(path):
    """Give the file's name without its ending, the two-part one too."""
    return path.name.removesuffix(".gz").rsplit(".", 1)[0]


def split_target(table, target):
    """Split a table into features and target; rows without a target are dropped.

    Parameters
    ----------
    table : DataFrame
        The table.
    target : str
        Name of the target column, or several names with commas between them.

    Returns
    -------
    X : DataFrame of shape (n_kept, n_features)
    y : ndarray of shape (n_kept,) or (n_kept, n_targets)
    names : list of str
        Names of the target columns.
    n_dropped : int
        Rows dropped because a target was missing.

    Raises
    ------
    BadInput
        When a column is missing or named twice, no row has a target, no feature is left, or a
        feature holds infinite values.
    """
    names = _target_names(table, target)
    X, y = table.drop(columns=names), table[names]
    if not X.shape[1]:
        raise BadInput("the table must have a column beside the target. Got none.")
    known = y.notna().all(axis=1)
    if not known.any():
        raise BadInput(f"the target {target!r} must have a value in some row. All are missing.")
    X, y = X[known].reset_index(drop=True), y[known]
    _refuse_infinite(X)
    _refuse_dates(y)
    values = _plain(y[names[0]] if len(names) == 1 else y)
    return X, values, names, int((~known).sum())


def _target_names(table, target):
    columns = [str(c) for c in table.columns]
    table.columns = columns
    twice = sorted({c for c in columns if columns.count(c) > 1})
    if twice:
        raise BadInput(f"columns must have different names. Got {twice[0]!r} more than once.")
    names = [target] if target in columns else [name.strip() for name in target.split(",")]
    if len(set(names)) < len(names):
        raise BadInput(f"--target must name each column once. Got {target!r}.")
    for name in names:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, n=1)
            listed = ", ".join(columns[:8]) + (", ..." if len(columns) > 8 else "")
            hint = f"Did you mean {near[0]!r}?" if near else f"The columns are {listed}."
            raise BadInput(f"--target must be a column of the table. Got {name!r}. {hint}")
    return names


def _refuse_infinite(X):
    for name, column in X.select_dtypes("number").items():
        n_infinite = int(np.isinf(column.to_numpy(dtype=float, na_value=np.nan)).sum())
        if n_infinite:
            raise BadInput(
                f"numbers must be finite. Got {n_infinite} infinite value(s) in column {name!r}; "
                "correct them or leave them empty."
            )


def _refuse_dates(y):
    for name, column in y.items():
        if pd.api.types.is_datetime64_any_dtype(column):
            raise BadInput(f"the target must hold classes or numbers. Got dates in {name!r}.")


def _plain(y):
    """Give an ndarray; whole numbers that gaps had turned into floats become whole again."""
    values = y.to_numpy()
    if values.dtype.kind == "f" and np.isfinite(values).all():
        # Beyond 2**53 a float no longer holds every whole number.
        whole = np.all(values == np.floor(values)) and np.abs(values).max() < 2**53
        return values.astype(np.int64) if whole else values
    return values


def take_rows(X, y, most, stratify):
    """Draw at most `most` rows at random, by class where each class has rows to spare.

    Parameters
    ----------
    X : DataFrame of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,) or (n_samples, n_targets)
    most : int
        Rows to keep.
    stratify : bool
        Whether `y` holds one class a row.

    Returns
    -------
    X, y
        The rows drawn, numbered from 0.
    """
    from sklearn.model_selection import train_test_split

    if len(X) <= most:
        return X, y
    counts = np.unique(y, return_counts=True)[1] if stratify else np.array([])
    by = y if len(counts) and counts.min() >= 2 and len(counts) <= len(X) - most else None
    with warnings.catch_warnings():
        # Many classes for few rows: scikit-learn suspects numbers, which infer_task has ruled out.
        warnings.filterwarnings("ignore", message="The number of unique classes")
        X, _, y, _ = train_test_split(X, y, train_size=most, stratify=by, random_state=0)
    return X.reset_index(drop=True), y


def add_table_options(parser):
    """Add --data and --target to a recipe that has scikit-learn's digits without them."""
    parser.add_argument(
        "--data",
        type=named_path,
        metavar="FILE",
        help="a .csv, .csv.gz or .parquet file; default: scikit-learn's digits",
    )
    parser.add_argument("--target", metavar="COL[,COL]", help="the column(s) to predict")


def digits_or_table(options):
    """Give features, target and task of the table that was named, else of the digits.

    Parameters
    ----------
    options : argparse.Namespace
        With `data` and `target`, as `add_table_options` makes them.

    Returns
    -------
    X : DataFrame
    y : ndarray
    task : mlpkit.tasks.Task

    Raises
    ------
    BadInput
        When the table cannot be used.
    """
    if (options.data is None) != (options.target is None):
        raise BadInput("--data and --target go together. Got one of them.")
    if options.data is None:
        from sklearn.datasets import load_digits

        X, y = load_digits(return_X_y=True, as_frame=True)
        y = y.to_numpy()
    else:
        X, y, _, _ = split_target(read_table(options.data), options.target)
    if len(X) < 20:
        raise BadInput(f"the table must hold at least 20 rows with a target. Got {len(X)}.")
    task = infer_task(y)
    if not task.is_classification and np.any(np.ptp(task.encode(y), axis=0) == 0):
        raise BadInput("the target must vary. Got the same number in every row.")
    return X, y, task
