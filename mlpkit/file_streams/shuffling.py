"""Orders of rows with a bounded buffer: whole blocks go through NumPy, never row by row."""

import itertools
from collections import deque

import numpy as np

from mlpkit.file_streams.blocks import Block, join


def shuffled(blocks, n_rows, rng):
    """Yield the rows of blocks in a random order, with `n_rows` of them waiting at most.

    The buffer is filled; then each block takes the places of as many rows, drawn from all that
    wait. A row comes out no earlier than `n_rows` before its place, and any time later.

    Parameters
    ----------
    blocks : iterable of Block
        Of at most `n_rows` rows each.
    n_rows : int
        Rows of the buffer.
    rng : numpy.random.Generator
        Draws the order.

    Yields
    ------
    Block

    Examples
    --------
    >>> rows = [Block(np.full((3, 1), i), np.full(3, i), None) for i in range(4)]
    >>> mixed = join(list(shuffled(rows, 12, np.random.default_rng(0))))
    >>> np.sort(mixed.y).tolist()
    [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    """
    buffer, n, largest = None, 0, 1
    for block in blocks:
        buffer = _room(buffer, block, n_rows)
        largest = max(largest, block.n)
        free = min(n_rows - n, block.n)
        _put(buffer, slice(n, n + free), block.take(slice(free)))
        n += free
        if free < block.n:
            places = rng.choice(n_rows, block.n - free, replace=False)
            out = buffer.take(places)
            _put(buffer, places, block.take(slice(free, None)))
            yield out
    order = rng.permutation(n)
    for start in range(0, n, largest):
        yield buffer.take(order[start : start + largest])


def _room(buffer, block, n_rows):
    """Give a buffer that can hold a block's values: made if there is none, of wider types."""
    if buffer is None:
        buffer = Block(
            *(None if part is None else np.empty((n_rows, *part.shape[1:]), part.dtype)
              for part in block)
        )  # fmt: skip
    pairs = zip(buffer, block, strict=True)
    return Block(
        *(None if part is None else part.astype(np.result_type(part, new), copy=False)
          for part, new in pairs)
    )  # fmt: skip


def _put(buffer, places, block):
    for part, new in zip(buffer, block, strict=True):
        if part is not None:
            part[places] = new


def in_turn(iterators, n_open):
    """Yield from several iterators in turn, of which `n_open` are begun at a time.

    Parameters
    ----------
    iterators : iterable of iterator
        Each is begun when one before it has ended.
    n_open : int
        How many take turns.

    Yields
    ------
    object

    Examples
    --------
    >>> "".join(in_turn(map(iter, ("abc", "de", "fgh")), 2))
    'adbecfgh'
    """
    waiting = iter(iterators)
    turns = deque(itertools.islice(waiting, n_open))
    while turns:
        current = turns.popleft()
        try:
            item = next(current)
        except StopIteration:
            turns.extend(itertools.islice(waiting, 1))
            continue
        turns.append(current)
        yield item


def regrouped(blocks, n_rows):
    """Yield the rows of blocks in blocks of `n_rows`; the last one may be smaller.

    Parameters
    ----------
    blocks : iterable of Block
        Of any sizes.
    n_rows : int
        Rows of each block yielded.

    Yields
    ------
    Block

    Examples
    --------
    >>> rows = [Block(np.zeros((n, 1)), np.zeros(n), None) for n in (5, 1, 4)]
    >>> [block.n for block in regrouped(rows, 4)]
    [4, 4, 2]
    """
    waiting, n = [], 0
    for block in blocks:
        waiting.append(block)
        n += block.n
        if n < n_rows:
            continue
        joined = join(waiting)
        whole = n - n % n_rows
        for start in range(0, whole, n_rows):
            yield joined.take(slice(start, start + n_rows))
        rest = joined.take(slice(whole, None))
        n = rest.n
        waiting = [rest] if n else []
    if n:
        yield join(waiting)
