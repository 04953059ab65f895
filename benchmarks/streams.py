"""How much memory a fit over files takes: CSV and Parquet of 0.25 and 2 GB, made on the fly.

    python -m benchmarks.streams [--gigabytes 2] [--folder DIR] [--only csv,parquet]

One epoch of an MLPClassifier over 17 columns in a fresh process, the pass that finds the
standardisation before it; the most resident memory of the process, TensorFlow's import included.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import _bars, _child, _options, _report
from recipes.larger_than_memory import write

KINDS = ("csv", "parquet")
SMALL = 1 / 8  # of the size asked for: the peak must be the same
COLUMNS = {
    "file": lambda row: f"{row['work']}, {_report.number(row['gigabytes'])} GB",
    "rows": "rows",
    "peak memory": lambda row: f"{row['peak']:,.0f} MB",
    "accuracy": lambda row: f"{row['accuracy']:.4f}",
    "fit": lambda row: _report.duration(row["seconds"]),
    "rows/s of the fit": "fitted",
    "rows/s read": "read",
    "rows/s read and shuffled": "shuffled",
    "bar": "bar",
    "": "verdict",
}


def main(argv=None):
    """Print the table and write it as JSON."""
    options = _options.read(
        __doc__, argv, runs=None, parts=KINDS,
        add=(
            ("--gigabytes", {"type": float, "default": 2.0, "help": "size of a file (2)"}),
            ("--folder", {"help": "where files are made for the time (the system's own)"}),
        ),
    )  # fmt: skip
    size = 1e-3 if options.quick else options.gigabytes
    rows = []
    for kind in options.only:
        for gigabytes in (size * SMALL, size):
            rows.append(_measured(kind, gigabytes, options))
    known = _child.fresh("benchmarks._streamed:in_memory", options.quick)
    print(f"\n{_report.markdown(COLUMNS, rows)}\n\n{_bars.summary(rows)}")
    print(
        f"Accuracy of the same model trained in memory on {known['rows']:,} rows, "
        f"{known['epochs']} epochs: {known['accuracy']:.4f}"
    )
    _report.write("streams", rows, options.out, in_memory=known)


def _measured(kind, gigabytes, options):
    with tempfile.TemporaryDirectory(prefix="mlpkit-", dir=options.folder) as folder:
        free = shutil.disk_usage(folder).free / 1e9
        if free < 1.2 * gigabytes:
            sys.exit(f"A file of {gigabytes:g} GB is too large here: {free:.1f} GB are free.")
        path, _ = write(Path(folder), kind, gigabytes * 1e9)
        print(f"{kind}: {path.stat().st_size / 1e6:,.0f} MB", flush=True)
        figures = _child.fresh("benchmarks._streamed:streamed", str(path), kind, options.quick)
    fitted = 2 * figures["rows"] / figures["seconds"]  # one pass to look, one to learn
    return {
        "work": kind, "model": "mlpkit", "gigabytes": gigabytes, **figures, "fitted": fitted,
        **_bars.judged("streams", kind, "mlpkit", {"MB": figures["peak"]}),
    }  # fmt: skip


if __name__ == "__main__":
    main()
