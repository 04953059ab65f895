"""A progress bar for a comparison, as a callback."""

import sys
import time


def bar(stream=None, width=24):
    """Give a progress callback that draws a bar with the time left.

    On a terminal the bar stays on one line; elsewhere (a log file) a line is printed for
    every tenth of the way.

    Parameters
    ----------
    stream : text stream, default=None
        Where to print; None is standard error.
    width : int, default=24
        Characters of the bar.

    Returns
    -------
    callable
        ``callback(done, total, name)``.

    Examples
    --------
    >>> import sys
    >>> report = bar(sys.stdout, width=8)
    >>> report(2, 2, "ridge")
    [########] 2/2 ridge, 0 s
    """
    stream = stream or sys.stderr
    started, tenths = time.perf_counter(), [0]

    def report(done, total, name):
        elapsed = time.perf_counter() - started
        left = elapsed / done * (total - done)
        clock = f"{elapsed:.0f} s" if done == total else f"{left:.0f} s left"
        filled = width * done // total
        line = f"[{'#' * filled}{'.' * (width - filled)}] {done}/{total} {name}, {clock}"
        if stream.isatty():
            print(f"\r\033[K{line}", end="\n" if done == total else "", file=stream, flush=True)
        elif 10 * done // total > tenths[0]:
            print(line, file=stream, flush=True)
        tenths[0] = 10 * done // total

    return report
