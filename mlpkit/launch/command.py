"""The command line of the launcher."""

import argparse
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from mlpkit.checks import check_parameters, integer, number, shown, suggestion
from mlpkit.errors import InvalidParameterError
from mlpkit.launch.supervise import supervise

_EXAMPLES = """
examples:
  python -m mlpkit.launch --workers 2 train.py --epochs 20
  python -m mlpkit.launch --workers 4 --max-restarts 10 -m package.train

Everything behind the script, or behind -m MODULE, belongs to it. Each worker finds TF_CONFIG in
its environment, and in MLPKIT_RESTARTS how often all were started again; it saves with backup_dir=
what it goes on from.

The exit status is 0 when every worker ended with 0, 2 for bad usage, else that of the first worker
that failed, or 128 + n where signal n ended it.
"""


@dataclass(frozen=True)
class Plan:
    """What the user has asked for.

    Parameters
    ----------
    workers : int
        How many processes.
    port : int or None
        The first of as many ports; None takes any that are free.
    max_restarts : int
        How often all may be started again.
    grace : float
        Seconds that workers get to end, after which they are killed.
    command : tuple of str
        What each worker runs.
    """

    workers: int
    port: int | None
    max_restarts: int
    grace: float
    command: tuple


def main(argv=None):
    """Start workers, watch over them and give the exit status.

    Parameters
    ----------
    argv : list of str, default=None
        Arguments as on the command line; None takes those of the process.

    Returns
    -------
    int
        0 when all workers ended with 0, 2 for bad usage, else the status of the first worker that
        failed.

    Examples
    --------
    >>> main(["--workers", "0", "no.py"])
    2
    """
    try:
        _open_standard_streams()
        return supervise(read_plan(sys.argv[1:] if argv is None else argv))
    except InvalidParameterError as error:
        print(f"error: {' '.join(str(error).split())} (--help tells more)", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: the workers cannot be started: {error}", file=sys.stderr)
        return 1


def read_plan(argv):
    """Give the plan that a command line describes.

    Parameters
    ----------
    argv : list of str
        Arguments.

    Returns
    -------
    Plan

    Raises
    ------
    InvalidParameterError
        Lists all that is wrong.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile(suffix=".py") as script:
    ...     plan = read_plan(["--workers", "2", script.name, "--workers", "5"])
    >>> plan.workers, plan.command[2:]
    (2, ('--workers', '5'))
    """
    own, command = _split(argv)
    options, unknown = _parser().parse_known_args(own)
    given = {f"--{name.replace('_', '-')}": _value(text) for name, text in vars(options).items()}
    found = [
        f"{shown(option)} is no option.{suggestion(option, given)}"
        for option in unknown
        if option.startswith("-")
    ]
    if given["--workers"] is None:
        found.append("--workers must be given, an integer >= 1.")
    if os.name != "posix":
        found.append("the launcher needs Linux or macOS.")
    check_parameters(
        {name: value for name, value in given.items() if value is not None},
        _rules(given["--workers"]),
        *found,
        *_command_problems(command),
    )
    return Plan(*given.values(), (sys.executable, *command))


def _rules(workers):
    known = integer(1, 1024)
    return {
        "--workers": known,
        # The last worker's port is a port, too.
        "--port": integer(1, 65536 - workers if known.allows(workers) else 65535),
        "--max-restarts": integer(0),
        "--grace": number(0, 1e6),
    }


def _split(argv):
    """Part the launcher's own arguments from the command behind them."""
    place = 0
    while place < len(argv) and argv[place].startswith("-"):
        if argv[place] == "--":
            return argv[:place], argv[place + 1 :]
        if argv[place].startswith("-m"):
            joined = argv[place].removeprefix("-m")
            return argv[:place], ["-m", *([joined] if joined else []), *argv[place + 1 :]]
        place += 1 if "=" in argv[place] or argv[place] in ("-h", "--help") else 2
    return argv[:place], argv[place:]


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise InvalidParameterError(f"{message}.")


def _parser():
    parser = _Parser(
        prog="python -m mlpkit.launch",
        usage="%(prog)s --workers N [options] (script.py | -m module) [arguments]",
        description="Start several workers on this machine, watch over them, start them again.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--workers", metavar="N", help="how many processes; must be given")
    parser.add_argument(
        "--port", help="the first of N consecutive ports; default: ports that are free"
    )
    parser.add_argument(
        "--max-restarts",
        metavar="R",
        default="3",
        help="how often all are started again after one has failed; default: %(default)s",
    )
    parser.add_argument(
        "--grace",
        metavar="SECONDS",
        default="10",
        help="what workers get to end before they are killed; default: %(default)s",
    )
    return parser


def _value(text):
    """Give the number that a text says, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except (TypeError, ValueError):
            pass
    return text


def _command_problems(command):
    if command[:1] != ["-m"]:
        if not command:
            return ["a script must follow the options, or -m and a module. Got none."]
        script = Path(command[0])  # Python runs a folder by its __main__.py
        if not (script.is_file() or (script / "__main__.py").is_file()):
            return [f"the script must be a file that exists. Got {command[0]}."]
        return []
    name = command[1] if command[1:] else ""
    top = name.partition(".")[0]  # looking further would run the package
    if not top.isidentifier() or importlib.util.find_spec(top) is None:
        return [f"-m must name a module that can be found. Got {shown(name)}."]
    return []


def _open_standard_streams():
    """Open standard streams that were closed, lest a worker's pipe gets the number of one."""
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= 2:
        descriptor = os.dup(descriptor)
    os.close(descriptor)
