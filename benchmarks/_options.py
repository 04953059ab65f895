"""The options that all benchmarks share."""

import argparse


def read(doc, argv=None, *, runs=5, parts=(), add=()):
    """Parse the command line of a benchmark.

    Parameters
    ----------
    doc : str
        The benchmark's docstring, of which the first paragraph is shown by ``--help``.
    argv : list of str, default=None
        Arguments; None takes those of the command line.
    runs : int or None, default=5
        How many runs the median is of; None where there is nothing to repeat.
    parts : sequence of str, default=()
        Names that ``--only`` takes; empty lets any name through.
    add : sequence of (str, dict), default=()
        Further options: the flag, and what `add_argument` takes by name.

    Returns
    -------
    argparse.Namespace
        With `quick`, `out`, `runs` (one when quick) and `only`: names, else all of `parts`.
    """
    parser = argparse.ArgumentParser(description=doc.split("\n\n")[0])
    if runs is not None:
        parser.add_argument("--runs", type=_count, help=f"the median is of so many ({runs})")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, one run: a smoke test")
    known = f": {', '.join(parts)}" if parts else ""
    parser.add_argument("--only", default="", help=f"parts, with commas between them{known}")
    parser.add_argument("--out", help="folder for the results (out/benchmarks)")
    for flag, settings in add:
        parser.add_argument(flag, **settings)
    options = parser.parse_args(argv)
    options.only = tuple(name for name in options.only.split(",") if name) or tuple(parts)
    unknown = [name for name in options.only if parts and name not in parts]
    if unknown:
        parser.error(f"--only must name parts of {', '.join(parts)}. Got {', '.join(unknown)}.")
    if runs is not None and options.runs is None:
        options.runs = 1 if options.quick else runs
    if options.quick and parts:
        print("Quick: tiny sizes, one run. The figures mean nothing, and the bars neither.")
    return options


def _count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a positive integer. Got {text}.")
    return int(text)
