"""`stream_csv` and `stream_parquet`: files are looked into, then opened as datasets."""

from functools import partial

import numpy as np

from mlpkit.checks import (
    Rule,
    boolean,
    instance_of,
    integer,
    none,
    problems,
    raise_problems,
)
from mlpkit.errors import InvalidParameterError
from mlpkit.file_streams import sharding
from mlpkit.file_streams.blocks import Place, first_text, is_number, kind_of, text_error, to_block
from mlpkit.file_streams.columns import choose_columns, same_columns
from mlpkit.file_streams.csv_files import CsvFiles, option_problems
from mlpkit.file_streams.parquet_files import ParquetFiles
from mlpkit.file_streams.paths import find_files
from mlpkit.file_streams.stream import FileStream

_NAME = Rule("be a column's name", lambda value: isinstance(value, str | int))
_NAMES = Rule(
    "a list of names",
    lambda value: isinstance(value, list | tuple) and all(map(_NAME.allows, value)),
)
_RULES = {
    "target": _NAME | _NAMES,
    "features": none() | _NAMES,
    "sample_weight": none() | _NAME,
    "batch_size": integer(1),
    "shuffle": boolean(),
    "buffer_size": none() | integer(1),
    "random_state": none() | integer(0) | instance_of("be a NumPy RandomState", "RandomState"),
    "shard": sharding.RULE,
}


def stream_csv(
    paths, *, target, features=None, sample_weight=None, batch_size=256, shuffle=True,
    buffer_size=None, random_state=None, shard="auto", **read_options,
):  # fmt: skip
    """Stream CSV files: a dataset of shuffled batches whose memory does not grow with the files.

    It goes into ``fit`` and ``partial_fit`` of all estimators in place of `X`, as `X_val`, and into
    Keras's own ``fit``.

    Parameters
    ----------
    paths : str, Path or list of these
        Files, or globs such as ``"part-*.csv"``, whose files are sorted by name; .gz, .bz2, .xz,
        .zst and .zip as pandas reads them. All have the same columns, in any order.
    target : str or list of str
        Name of the target column; several make `y` a matrix (labels, or outputs).
    features : list of str, default=None
        Names of the feature columns, in their order; None takes all other columns. They must hold
        numbers, or true and false, with none missing.
    sample_weight : str, default=None
        Name of a column of sample weights.
    batch_size : int, default=256
        Rows a batch, of all workers together.
    shuffle : bool, default=True
        Whether each epoch has an order of its own: that of the files, and within a buffer. Rows are
        mixed as far as the buffer reaches and up to four files are read in turn, so a large file
        that is sorted by its target should be shuffled once before, or split.
    buffer_size : int, default=None
        Rows that wait to be shuffled; None is as many as 64 MB hold.
    random_state : int, RandomState or None, default=None
        Decides the orders; None draws them anew for each stream.
    shard : "auto", None or (index, count), default="auto"
        Which part of the rows is read, where several workers train together: files are dealt out
        where there are as many as workers, else rows in turn, and of a batch each takes its part.
        "auto" asks ``TF_CONFIG``, None reads everything.
    **read_options
        Further arguments of ``pandas.read_csv``: ``sep``, ``decimal``, ``na_values``, ``encoding``,
        ``dtype``, ``names``... With ``dtype="float32"`` features are kept in half the memory.

    Returns
    -------
    tf.data.Dataset
        Of batches (x, y) or (x, y, sample_weight): x as float64, so that large numbers keep their
        digits till they are standardised; y whole numbers, floats, booleans or strings as in the
        first rows. Its ``stream`` (a `FileStream`) knows the names of the features and the epoch.

    Raises
    ------
    InvalidParameterError
        When an argument breaks its rule, a file is missing, or files have not the columns named.
    ValueError
        When a value is missing or no number: here if the first rows show it, else when it is
        reached. Names file, row (from 1, below the header) and column.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlpkit import MLPClassifier, stream_csv
    >>> for part in range(3):
    ...     x = range(part, 3000, 3)
    ...     table = pd.DataFrame({"x": x, "size": ["small" if v < 1500 else "large" for v in x]})
    ...     table.to_csv(f"part-{part}.csv", index=False)
    >>> rows = stream_csv("part-*.csv", target="size", batch_size=32, random_state=0)
    >>> classifier = MLPClassifier(epochs=5, random_state=0).fit(rows)
    >>> classifier.predict(pd.DataFrame({"x": [100, 2900]}))
    array(['small', 'large'], dtype='<U5')
    """
    return _stream(
        paths, lambda: CsvFiles(read_options), option_problems(read_options), target=target,
        features=features,
        sample_weight=sample_weight, batch_size=batch_size, shuffle=shuffle,
        buffer_size=buffer_size, random_state=random_state, shard=shard,
    )  # fmt: skip


def stream_parquet(
    paths, *, target, features=None, sample_weight=None, batch_size=256, shuffle=True,
    buffer_size=None, random_state=None, shard="auto",
):  # fmt: skip
    """Stream Parquet files: as `stream_csv`, several times faster.

    Row groups of all files are read in a random order, up to four in turn: rows are mixed better
    than those of a CSV file are. Needs pyarrow.

    Parameters
    ----------
    paths, target, features, sample_weight, batch_size, shuffle, buffer_size, random_state, shard
        As in `stream_csv`.

    Returns
    -------
    tf.data.Dataset
        As from `stream_csv`; x is float32 where the columns' own types fit in it, else float64.

    Raises
    ------
    ImportError
        When pyarrow is missing.
    InvalidParameterError, ValueError
        As in `stream_csv`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from mlpkit import MLPRegressor, stream_parquet
    >>> x = np.linspace(-1, 1, 2000)
    >>> pd.DataFrame({"x": x, "y": 3 * x + 1}).to_parquet("line.parquet")
    >>> rows = stream_parquet("line.parquet", target="y", batch_size=32, random_state=0)
    >>> regressor = MLPRegressor((), epochs=40, learning_rate=0.01, random_state=0).fit(rows)
    >>> regressor.predict(pd.DataFrame({"x": [0.5]})).round(1)
    array([2.5])
    """
    return _stream(
        paths, ParquetFiles, [], target=target, features=features, sample_weight=sample_weight,
        batch_size=batch_size, shuffle=shuffle, buffer_size=buffer_size,
        random_state=random_state, shard=shard,
    )  # fmt: skip


def _stream(paths, make_reader, found, **given):
    files, more = find_files(paths)
    raise_problems([*found, *more, *problems(given, _RULES)])
    index, count = sharding.resolved(given["shard"])
    if given["batch_size"] < count:
        raise InvalidParameterError(
            f"batch_size must be at least the number of workers, {count}. "
            f"Got {given['batch_size']}."
        )
    reader = make_reader()
    columns, y_dtype = _looked_into(files, reader, given)
    files, by_row = sharding.own_files(files, index, count)
    stream = FileStream(
        files, reader, columns, y_dtype,
        batch_size=sharding.own_batch(given["batch_size"], index, count),
        shuffle=bool(given["shuffle"]),
        buffer_rows=given["buffer_size"],
        seed=_seed(given["random_state"]),
        own_rows=partial(sharding.own_rows, index=index, count=count) if by_row else None,
    )  # fmt: skip
    return stream.dataset()


def _seed(random_state):
    if random_state is None:
        return int(np.random.SeedSequence().entropy)
    if hasattr(random_state, "randint"):
        return int(random_state.randint(2**31 - 1))
    return int(random_state)


def _looked_into(files, reader, given):
    """Choose the columns, and refuse what the first rows of the files show to be wrong."""
    features = given["features"]
    columns, y_dtype = None, None
    for path in files:
        head = reader.head(path)
        if columns is None:
            columns, found = choose_columns(
                list(head.columns), given["target"], features, given["sample_weight"]
            )
            raise_problems(found)
        differs = same_columns(columns, files[0], list(head.columns), path, features)
        raise_problems([differs] if differs else [])
        if not len(head):
            continue
        dtype = _checked_head(head, columns, path)
        if y_dtype is None:
            reader.fix_types(head, columns)
            y_dtype = dtype
    if y_dtype is None:
        raise InvalidParameterError(
            f"paths must be files with at least one row. Got {files[0]!r}"
            f"{' and others' if len(files) > 1 else ''} without any."
        )
    return columns, y_dtype


def _checked_head(head, columns, path):
    place = Place(path, 0)
    for name in columns.features:
        if not is_number(kind_of(head[name])):
            raise text_error(name, *first_text(head[name]), place)
    y = to_block(head, columns, np.float64, place).y
    kinds = {kind_of(head[name]) for name in columns.targets}
    if len(columns.targets) > 1 and not all(map(is_number, kinds)):
        raise InvalidParameterError(
            "target must name columns of numbers where it names several. Got "
            f"text in {path!r}; fit one classifier per column."
        )
    return y.dtype
