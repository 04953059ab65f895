"""A table larger than memory: files are streamed into a classifier, which never holds them.

    python recipes/larger_than_memory.py
    python recipes/larger_than_memory.py --gigabytes 2 --format parquet

Makes a table of the size you say by a known rule with noise, in a temporary folder that is removed
afterwards; streams it into an MLPClassifier; and prints rows a second, the most memory the process
took, and the accuracy on fresh rows beside that of the same model trained in memory on a sample.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from mlpkit import MLPClassifier, stream_csv, stream_parquet

if __package__:
    from recipes._run import BadInput, Parser, named_path, run, say_written, staged
else:
    from _run import BadInput, Parser, named_path, run, say_written, staged

STREAMS = {"csv": stream_csv, "parquet": stream_parquet}
BLOCK = 50_000  # rows made and written at a time
N_FEATURES = 16
SAMPLE, FRESH = 100_000, 50_000  # rows trained on in memory, and rows never trained on


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_larger_than_memory, argv)


def _larger_than_memory(argv):
    options = _parser().parse_args(argv)
    n_bytes = 2e6 if options.quick else options.gigabytes * 1e9
    with _folder(options.folder, n_bytes) as folder:
        path, n_rows = write(Path(folder), options.format, n_bytes)
        print(f"{path.name}: {path.stat().st_size / 1e6:,.0f} MB, {n_rows:,} rows")
        rows = STREAMS[options.format](path, target="bought", random_state=0)
        began = time.perf_counter()
        streamed = model(options.epochs).fit(rows)
        seconds = time.perf_counter() - began
    passes = options.epochs + 1  # one to see what is in the table
    print(f"fit: {seconds:.1f} s, {n_rows * passes / seconds:,.0f} rows a second")
    print(f"peak memory of the process: {peak_memory() / 1e6:,.0f} MB")
    accuracies = _accuracies(streamed, n_rows, options.epochs)
    for what, accuracy in accuracies.items():
        print(f"{what}: {accuracy:.4f}")
    if options.out is not None:
        with staged(options.out) as folder:
            frame = pd.Series(accuracies, name="accuracy").rename_axis("of")
            frame.to_csv(folder / "accuracy.csv")
        say_written(options.out, ["accuracy.csv"])


def _accuracies(streamed, n_rows, epochs):
    """Give the accuracy on fresh rows of the streamed model, one in memory, and the rule."""
    test = table(FRESH, seed=1)
    X, y = test.drop(columns="bought"), test["bought"]
    n_sample = min(SAMPLE, n_rows)
    sample = table(n_sample, seed=2)
    # As many steps as the stream gave, at most ten times the sample.
    known = model(min(10, max(1, epochs * n_rows // n_sample)))
    known.fit(sample.drop(columns="bought"), sample["bought"])
    return {
        "accuracy on fresh rows, streamed": streamed.score(X, y),
        f"accuracy on fresh rows, {n_sample:,} rows in memory": known.score(X, y),
        "accuracy of the rule itself": np.mean(y == rule(X)),
    }


def _parser():
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--gigabytes", type=_size, default=0.05, help="default: %(default)s")
    parser.add_argument("--format", choices=STREAMS, default="csv", help="default: %(default)s")
    parser.add_argument("--epochs", type=int, choices=range(1, 101), default=3, metavar="N")
    parser.add_quick("a table of 2 MB")
    parser.add_argument(
        "--out", type=named_path, metavar="DIR", help="folder for accuracy.csv; default: none"
    )
    parser.add_argument(
        "--folder", type=named_path, metavar="DIR", help="where the table is made for the time"
    )
    return parser


def _size(text):
    size = float(text)
    if not 0 < size < 1e6:
        raise ValueError(text)
    return size


def _folder(near, n_bytes):
    """Give a temporary folder on a disk that has room for the table."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="mlpkit-", dir=near)
    except OSError as error:
        raise BadInput(f"--folder must be a folder to write in. Got {near}: {error}") from None
    free = shutil.disk_usage(folder.name).free
    if free < 1.2 * n_bytes:
        folder.cleanup()
        raise BadInput(
            f"--gigabytes must leave room on the disk. Got {n_bytes / 1e9:g} where "
            f"{free / 1e9:.1f} are free: say another --folder."
        )
    return folder


def model(epochs):
    """Give the classifier, for so many epochs, which learns streams and tables alike."""
    return MLPClassifier((64, 32), epochs=epochs, early_stopping=False, random_state=0)


def rule(X):
    """Say who buys, without the noise: two features together, a curve, and the time of day."""
    a, b, c = (X[f"feature_{i}"] for i in range(3))
    hour = (X["second"] % 86_400) / 3600
    return np.where(a * b + np.sin(2 * c) + (hour > 12) > 0.5, "yes", "no")


def table(n_rows, seed):
    """Make rows: numbers, a time in seconds of one day, and whether somebody bought.

    Parameters
    ----------
    n_rows : int
        How many.
    seed : int
        Which.

    Returns
    -------
    pandas.DataFrame
    """
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({f"feature_{i}": rng.normal(size=n_rows).round(5) for i in range(N_FEATURES)})
    X["second"] = 1_700_006_400 + rng.integers(0, 86_400, n_rows)  # a midnight
    bought = rule(X)
    noise = rng.random(n_rows) < 0.05
    return X.assign(bought=np.where(noise, np.where(bought == "yes", "no", "yes"), bought))


def write(folder, kind, n_bytes):
    """Write a table of about so many bytes, block by block.

    Parameters
    ----------
    folder : Path
        Where to.
    kind : {"csv", "parquet"}
        Its format.
    n_bytes : float
        Its size.

    Returns
    -------
    path : Path
    n_rows : int
    """
    path = folder / f"table.{kind}"
    writer = _writer(path, kind)
    n_rows = 0
    try:
        while n_rows == 0 or path.stat().st_size < n_bytes:
            n = BLOCK if n_bytes > 1e7 else BLOCK // 10
            writer.write(table(n, seed=(3, n_rows)))
            n_rows += n
    finally:
        writer.close()
    return path, n_rows


def _writer(path, kind):
    try:
        return _ArrowWriter(path, kind)
    except ImportError:
        if kind == "parquet":
            raise BadInput("Parquet needs pyarrow: pip install pyarrow, or --format csv.") from None
        return _PandasWriter(path)


class _ArrowWriter:
    """Writes CSV several times as fast as pandas, and Parquet."""

    def __init__(self, path, kind):
        import pyarrow
        import pyarrow.csv
        import pyarrow.parquet

        self._table = pyarrow.Table.from_pandas
        makes = {"csv": pyarrow.csv.CSVWriter, "parquet": pyarrow.parquet.ParquetWriter}
        self._path, self._make, self._writer = path, makes[kind], None

    def write(self, rows):
        rows = self._table(rows, preserve_index=False)
        self._writer = self._writer or self._make(self._path, rows.schema)
        self._writer.write_table(rows)

    def close(self):
        if self._writer is not None:
            self._writer.close()


class _PandasWriter:
    def __init__(self, path):
        self._file = open(path, "w", newline="", encoding="utf-8")

    def write(self, rows):
        rows.to_csv(self._file, index=False, header=not self._file.tell())
        self._file.flush()

    def close(self):
        self._file.close()


def peak_memory():
    """Give the most bytes that this process has had in memory."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
    except (OSError, StopIteration):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    sys.exit(main())
