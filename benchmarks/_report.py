"""What every measurement writes: a table ready for README on the screen, and JSON beside it."""

import importlib.metadata
import json
import os
import platform
from datetime import date
from pathlib import Path

from mlpkit.devices.machine import processor

OUT = Path("out") / "benchmarks"
PACKAGES = ("tensorflow", "keras", "scikit-learn", "numpy")
PEERS = ("torch", "skorch", "scikeras", "lightgbm", "xgboost", "catboost", "pytabkit")


def circumstances():
    """Give the line that says when, on what and with which versions a table was measured."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    for name in PEERS:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            pass
    machine = f"{os.cpu_count()} cores ({processor()['name']}), Python {platform.python_version()}"
    return f"{date.today().isoformat()}; {machine}; {', '.join(versions)}"


def number(value):
    """Write a number with three figures, without an exponent; None is empty.

    >>> number(0.012345), number(5.0), number(48.71), number(12345.6), number(7), number(None)
    ('0.0123', '5.00', '48.7', '12,346', '7', '')
    """
    if value is None:
        return ""
    if isinstance(value, int) or abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:#.3g}".rstrip(".")
    return f"{value:.6f}".rstrip("0") if "e" in text else text


def duration(seconds):
    """Write seconds in the unit that suits.

    >>> duration(1.5), duration(0.0123), duration(0.0000123)
    ('1.50 s', '12.3 ms', '12.3 µs')
    """
    for unit, size in {"s": 1, "ms": 1e-3}.items():
        if seconds >= size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds / 1e-6)} µs"


def model(row):
    """Write a row's model, mlpkit's in bold."""
    return f"**{row['model']}**" if row["model"].startswith("mlpkit") else row["model"]


def times(row):
    """Write how many times as long as mlpkit a row takes, and the seconds if its bar is in them."""
    if row["ratio"] is None:
        return ""
    later = f" (mlpkit {row['seconds_later']:+.2f} s)" if "s later" in row["bar"] else ""
    return f"{number(row['ratio'])}x{later}"


def markdown(columns, rows):
    """Give the lines of a Markdown table.

    Parameters
    ----------
    columns : dict of str to (str or callable)
        Heading to the row's key, or to what makes the cell from the row. Numbers are written by
        `number`, truth as yes and no. What the first column repeats is left out.
    rows : list of dict
        What was measured.

    Returns
    -------
    str
    """
    cells = [[_cell(row, give) for give in columns.values()] for row in rows]
    first = [line[0] for line in cells]
    for line, above in zip(cells[1:], first, strict=False):
        line[0] = "" if line[0] == above else line[0]
    lines = [list(columns), ["---"] * len(columns), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(row, give):
    value = give(row) if callable(give) else row.get(give)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else number(value)


def folder(out=None):
    """Give the folder for results, made if it is missing."""
    path = Path(out) if out else OUT
    path.mkdir(parents=True, exist_ok=True)
    return path


def write(name, rows, out=None, **more):
    """Write the rows of a table, the circumstances and whatever else is given, as JSON."""
    path = folder(out) / f"{name}.json"
    content = {"circumstances": circumstances(), **more, "rows": rows}
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(f"\n{circumstances()}\nWritten: {path}")
