"""From a path, a list of paths or a glob to files, in the same order everywhere."""

import glob
import os
from pathlib import Path

from mlpkit.checks import shown

_MAGIC = frozenset("*?[")


def find_files(paths):
    """Give the files that paths and globs stand for.

    Parameters
    ----------
    paths : str, Path or list of these
        Files, or globs (``**`` goes through folders); what a glob matches is sorted by name.

    Returns
    -------
    files : list of str
    problems : list of str
        What is wrong, a sentence each.

    Examples
    --------
    >>> find_files("no_such_folder/*.csv")
    ([], ["paths must match files that exist. Got 'no_such_folder/*.csv', which matches none."])
    """
    several = isinstance(paths, list | tuple)
    given = list(paths) if several else [paths]
    if not given or not all(isinstance(path, str | Path) for path in given):
        return [], [f"paths must be a path, a glob or a list of these. Got {shown(paths)}."]
    files, problems = [], []
    for path in map(os.path.expanduser, map(str, given)):
        found, problem = _matched(path)
        files += found
        problems += problem
    return files, problems


def _matched(path):
    if os.path.isfile(path):
        return [path], []
    if os.path.isdir(path):
        inside = os.path.join(path, "*")
        return [], [
            f"paths must be files. Got {path!r}, a folder: give a glob, such as {inside!r}."
        ]
    if not _MAGIC & set(path):
        return [], [f"paths must be files that exist. Got {path!r}."]
    found = sorted(filter(os.path.isfile, glob.glob(path, recursive=True)))
    if not found:
        return [], [f"paths must match files that exist. Got {path!r}, which matches none."]
    return found, []
