"""A file that one process at a time has to itself."""

import contextlib
import os

try:
    import fcntl
except ImportError:  # no such locks on this system: two fits in one folder are not found out
    fcntl = None


def locked(path):
    """Open a file that nobody else has open this way; a process that ends lets go of it.

    Parameters
    ----------
    path : Path
        Made when missing.

    Returns
    -------
    int or None
        A file descriptor, to be given to `unlocked`; None where somebody else has it.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:  # a file system without locks
            return descriptor
        if _is(descriptor, path):
            return descriptor
        os.close(descriptor)  # who had it before took the file away: another try


def _is(descriptor, path):
    """Tell whether the open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def unlocked(descriptor, path):
    """Take the file away and let go of it.

    Parameters
    ----------
    descriptor : int
        From `locked`.
    path : Path
        The same.
    """
    if fcntl is not None:  # elsewhere a file that is open cannot be taken away
        with contextlib.suppress(OSError):
            os.unlink(path)
    os.close(descriptor)
    if fcntl is None:
        with contextlib.suppress(OSError):
            os.unlink(path)
