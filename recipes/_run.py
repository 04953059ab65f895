"""How recipes run: one clear line and exit status 2 for bad input, results whole or not at all."""

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from mlpkit.errors import BackupError, InvalidParameterError, TargetError
from mlpkit.interrupts import passed_on


class BadInput(Exception):
    """What the user gave cannot be used; the message is the line to print."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line, without the usage."""

    def error(self, message):
        """Raise `BadInput` in place of printing the usage and leaving."""
        raise BadInput(f"{message} (--help tells more)")

    def add_out(self, name):
        """Add --out, the folder for results, which is out/`name` without it."""
        self.add_argument(
            "--out",
            type=named_path,
            metavar="DIR",
            default=Path("out") / name,
            help="default: %(default)s",
        )

    def add_quick(self, help):
        """Add --quick, whose `help` says what the small run is."""
        self.add_argument("--quick", action="store_true", help=help)


def named_path(text):
    """Give a Path, with ~ for the home folder."""
    return Path(text).expanduser()


def run(recipe, argv=None):
    """Call ``recipe(argv)`` and give the exit status.

    Parameters
    ----------
    recipe : callable
        Takes the list of arguments; raises `BadInput`, or mlpkit's errors, for what it refuses. May
        give an exit status of its own.
    argv : list of str, default=None
        Arguments; None takes those of the command line.

    Returns
    -------
    int
        0 when all went well, 2 for bad input, 130 when interrupted.
    """
    try:
        with passed_on():  # results of a fit that Ctrl-C has ended early are not to be written
            return recipe(sys.argv[1:] if argv is None else argv) or 0
    except (BadInput, BackupError, InvalidParameterError, TargetError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nerror: interrupted; nothing was written", file=sys.stderr)
        return 130


@contextlib.contextmanager
def staged(out):
    """Give a temporary folder whose files move to `out` if the block ends well.

    Parameters
    ----------
    out : Path
        Folder for the results; it and its parents are made when missing.

    Yields
    ------
    Path
        Folder to write into; it is gone afterwards in any case.

    Raises
    ------
    BadInput
        When `out` is a file or cannot be written.
    """
    parents = [out, *out.absolute().parents]
    there = next(folder for folder in parents if folder.exists())
    if not there.is_dir():
        raise BadInput(f"--out must be a folder. Got {out}, but {there} is a file.")
    # Beside the goal, thus on the same disk, so that each move is one step.
    near = out.absolute().parent if there == out else there
    try:
        folder = Path(tempfile.mkdtemp(prefix=".mlpkit-", dir=near))
    except OSError as error:
        raise BadInput(f"--out must be writable. Got {out}: {error.strerror}.") from None
    try:
        yield folder
        out.mkdir(parents=True, exist_ok=True)
        for file in sorted(folder.iterdir()):
            os.replace(file, out / file.name)
    except OSError as error:
        raise BadInput(f"cannot write the results into {out}: {error}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def figure(rows=1, columns=1, *, size, **options):
    """Give a figure and its axes without pyplot, so that no window and no state is left."""
    from matplotlib.figure import Figure

    made = Figure(figsize=size, layout="constrained")
    return made, made.subplots(rows, columns, **options)


def say_written(out, names):
    """Print which files were written."""
    print(f"Wrote {', '.join(names)} into {out}")
