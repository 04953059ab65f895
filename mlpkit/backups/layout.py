"""A backup as a file: a record and arrays, and what tells that not a bit of them has changed.

The file is ``MAGIC``, two lengths of 8 bytes (of the header and of the whole file), the header as
JSON (the record, and type and shape of each array), the arrays' bytes one after the other, and
the SHA-256 of everything before it. Nothing in it is code, and nothing is looked at before the
sum is found right.
"""

import hashlib
import json
import struct

import numpy as np

MAGIC = b"mlpkit backup 1\n"
_LENGTHS = struct.Struct("<QQ")
_SUM_BYTES = hashlib.sha256().digest_size


class DamagedFileError(ValueError):
    """A file is no backup, or not as it was written; the message says in what."""


def packed(record, arrays):
    """Yield the bytes of a backup, piece by piece.

    Parameters
    ----------
    record : dict
        What JSON can hold.
    arrays : list of ndarray
        Numbers.

    Yields
    ------
    bytes or memoryview
    """
    arrays = [np.asarray(array, order="C") for array in arrays]
    told = [[array.dtype.name, list(array.shape)] for array in arrays]
    header = json.dumps({"record": record, "arrays": told}).encode()
    before = len(MAGIC) + _LENGTHS.size + len(header)
    length = before + sum(array.nbytes for array in arrays) + _SUM_BYTES
    total = hashlib.sha256()
    values = (array.reshape(-1).view(np.uint8) for array in arrays)
    for piece in (MAGIC, _LENGTHS.pack(len(header), length), header, *values):
        total.update(piece)
        yield piece
    yield total.digest()


def read(content):
    """Give the record and the arrays of a backup.

    Parameters
    ----------
    content : bytes
        A whole file.

    Returns
    -------
    record : dict
    arrays : list of ndarray
        Views of `content`, not to be written to.

    Raises
    ------
    DamagedFileError
        When anything in it is not as it was written.

    Examples
    --------
    >>> content = b"".join(packed({"epoch": 3}, [np.ones((2, 2))]))
    >>> record, (array,) = read(content)
    >>> record["epoch"], array.shape
    (3, (2, 2))
    >>> read(content[:-1])
    Traceback (most recent call last):
        ...
    mlpkit.backups.layout.DamagedFileError: 152 bytes of 153 are there
    """
    start = len(MAGIC) + _LENGTHS.size
    if len(content) < start:
        raise DamagedFileError(f"it ends after {len(content)} bytes")
    if content[: len(MAGIC)] != MAGIC:
        raise DamagedFileError("it does not begin as a backup of this version of mlpkit does")
    n_header, length = _LENGTHS.unpack_from(content, len(MAGIC))
    if len(content) != length:
        raise DamagedFileError(f"{len(content)} bytes of {length} are there")
    body, found = memoryview(content)[:-_SUM_BYTES], content[-_SUM_BYTES:]
    if hashlib.sha256(body).digest() != found:
        raise DamagedFileError("its checksum is wrong")
    header = json.loads(content[start : start + n_header])
    return header["record"], list(_arrays(content, start + n_header, header["arrays"]))


def _arrays(content, start, told):
    for name, shape in told:
        dtype = np.dtype(name)
        count = int(np.prod(shape))
        values = np.frombuffer(content, np.uint8, count * dtype.itemsize, start)
        yield values.view(dtype).reshape(shape)
        start += values.nbytes
