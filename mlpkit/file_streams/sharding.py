"""Which files or rows are a worker's own, where several train together."""

import json
import os

from mlpkit.checks import Rule, is_integer, none, one_of
from mlpkit.errors import InvalidParameterError

RULE = (
    none()
    | one_of("auto")
    | Rule(
        "a pair (index, count) with 0 <= index < count",
        lambda value: (
            isinstance(value, list | tuple)
            and len(value) == 2
            and all(map(is_integer, value))
            and 0 <= value[0] < value[1]
        ),
    )
)


def resolved(shard):
    """Give (index, count) for what the user said.

    Parameters
    ----------
    shard : "auto", None or (int, int)
        "auto" asks the description of the cluster, None is a single reader.

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> resolved(None), resolved((1, 4))
    ((0, 1), (1, 4))
    """
    if shard is None:
        return 0, 1
    return cluster_shard() if isinstance(shard, str) else tuple(map(int, shard))


def cluster_shard():
    """Give the place of this process among the workers that train together, and their number.

    Returns
    -------
    tuple of int
        From ``TF_CONFIG``, a "chief" being the first worker; (0, 1) where it is not set.
    """
    text = os.environ.get("TF_CONFIG", "").strip()
    if not text:
        return 0, 1
    try:
        given = json.loads(text)
        cluster, task = given.get("cluster", {}), given.get("task", {})
        n_chiefs = len(cluster.get("chief", []))
        count = n_chiefs + len(cluster.get("worker", []))
        index = int(task.get("index", 0)) + (n_chiefs if task.get("type") == "worker" else 0)
    except (ValueError, AttributeError, TypeError):
        raise InvalidParameterError(
            f"TF_CONFIG must be JSON that describes a cluster and a task. Got {text!r}."
        ) from None
    return (index, count) if count else (0, 1)


def own_files(files, index, count):
    """Deal files out to workers, where there are enough.

    Parameters
    ----------
    files : list of str
        All files.
    index, count : int
        The worker, and how many there are.

    Returns
    -------
    files : list of str
        The worker's own, or all.
    by_row : bool
        Whether rows of each file are dealt out instead.

    Examples
    --------
    >>> own_files(["a", "b", "c"], 0, 2), own_files(["a"], 0, 2)
    ((['a', 'c'], False), (['a'], True))
    """
    if len(files) >= count:
        return files[index::count], False
    return files, True


def own_rows(first, index, count):
    """Give the slice of a block's rows that are a worker's: every `count`-th of the file.

    Parameters
    ----------
    first : int
        Number of the block's first row in its file.
    index, count : int
        The worker, and how many there are.

    Returns
    -------
    slice

    Examples
    --------
    >>> list(range(10, 16))[own_rows(10, 1, 4)]
    [13]
    """
    return slice((index - first) % count, None, count)


def own_batch(batch_size, index, count):
    """Give a worker's part of a batch that all share.

    Examples
    --------
    >>> [own_batch(10, index, 4) for index in range(4)]
    [2, 3, 2, 3]
    """
    return batch_size * (index + 1) // count - batch_size * index // count
