"""What every measurement writes: a table on the screen and JSON beside it."""

import importlib.metadata
import json
import os
import platform
from datetime import date
from pathlib import Path

OUT = Path("out") / "benchmarks"
PACKAGES = ("tensorflow", "keras", "scikit-learn", "numpy")


def circumstances():
    """Give the line that says when, on what and with which versions a table was measured."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{date.today().isoformat()}; {machine}; {versions}"


def write(name, rows, out=None):
    """Write the rows of a table, and the circumstances, as JSON."""
    folder = Path(out) if out else OUT
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"circumstances": circumstances(), "rows": rows}, indent=1))
    print(f"\n{circumstances()}\nWritten: {path}")
