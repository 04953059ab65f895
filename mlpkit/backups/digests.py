"""Short texts that differ where data differ."""

import hashlib

import numpy as np

BLOCK_BYTES = 2**24  # copied at once of an array that does not lie in one piece


class Digest:
    """A text that is the same for the same arrays in the same order, and in practice no others.

    Examples
    --------
    >>> total = Digest()
    >>> total.add(np.arange(3))
    >>> len(total.text)
    32
    """

    def __init__(self):
        self._total = hashlib.sha256()

    def add(self, array):
        """Add an array.

        Parameters
        ----------
        array : ndarray
            Numbers or text; type and shape count too. Python objects count by their text.
        """
        if array.dtype.kind == "O":
            array = array.astype(str)
        self._total.update(f"{array.dtype.name}{array.shape};".encode())
        for block in _blocks(array):
            self._total.update(np.ascontiguousarray(block).reshape(-1).view(np.uint8))

    @property
    def text(self):
        """The digest of what was added so far: 32 hexadecimal digits."""
        return self._total.hexdigest()[:32]


def _blocks(array):
    """Give an array in pieces of which each may be copied."""
    if not array.size:
        return []
    if array.flags.c_contiguous:
        return [array]
    n_rows = max(1, BLOCK_BYTES // array[:1].nbytes)
    return [array[i : i + n_rows] for i in range(0, len(array), n_rows)]


def digest(arrays):
    """Give the digest of several arrays.

    Parameters
    ----------
    arrays : iterable of array-like
        As `Digest.add` takes them.

    Returns
    -------
    str

    Examples
    --------
    >>> a = np.arange(4.0)
    >>> digest([a]) == digest([a.copy()]), digest([a]) == digest([a.astype("float32")])
    (True, False)
    """
    total = Digest()
    for array in arrays:
        total.add(np.asarray(array))
    return total.text


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
