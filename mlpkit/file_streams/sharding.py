"""Which files or rows are a worker's own, where several train together."""

from mlpkit.checks import Rule, is_integer, none, one_of
from mlpkit.devices import find_cluster, place

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
    """Give this process's place among those that train together, and how many they are.

    Their strategy is made here, since a dataset starts TensorFlow, and then it is too late.

    Returns
    -------
    tuple of int
        (0, 1) where no cluster is described.

    Raises
    ------
    InvalidParameterError
        When its description has mistakes.
    """
    cluster = find_cluster()
    if cluster is None:
        return 0, 1
    place("multiworker")
    return cluster.index, cluster.n_workers


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
