"""Short texts that differ where data differ."""

import hashlib

import numpy as np

BLOCK_BYTES = 2**24  # copied at once of an array that does not lie in one piece


def digest(arrays):
    """Give a text that is the same for the same arrays, and in practice for no others.

    Parameters
    ----------
    arrays : iterable of ndarray
        Numbers or text; type and shape count too. Python objects count by their text.

    Returns
    -------
    str
        32 hexadecimal digits.

    Examples
    --------
    >>> a = np.arange(4.0)
    >>> digest([a]) == digest([a.copy()]), digest([a]) == digest([a.astype("float32")])
    (True, False)
    """
    total = hashlib.sha256()
    for array in arrays:
        add(total, np.asarray(array))
    return total.hexdigest()[:32]


def add(total, array):
    """Add an array to a hash.

    Parameters
    ----------
    total : hashlib hash
        Takes type, shape and values.
    array : ndarray
        Not changed.
    """
    if array.dtype.kind == "O":
        array = array.astype(str)
    total.update(f"{array.dtype.name}{array.shape};".encode())
    for block in _blocks(array):
        total.update(np.ascontiguousarray(block).reshape(-1).view(np.uint8))


def _blocks(array):
    if array.flags.c_contiguous or not array.ndim:
        return [array] if array.size else []
    n_rows = max(1, BLOCK_BYTES // max(1, array[:1].nbytes))
    return [array[i : i + n_rows] for i in range(0, len(array), n_rows)] if array.size else []


def digest_text(text):
    """Give the digest of a text.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        8 hexadecimal digits.

    Examples
    --------
    >>> digest_text("mlpkit")
    '754de0d0'
    """
    return hashlib.sha256(text.encode()).hexdigest()[:8]
