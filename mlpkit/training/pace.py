"""How many epochs a call runs: as many as may pass before somebody is to be heard again."""

import contextlib
import math
import time

CALL_SECONDS = 1.0  # that Ctrl-C waits for, where an epoch takes no longer
TIMED_CALL_SECONDS = 0.2  # where training is to end in time
# What a step takes, roughly: what any takes, and its operations at the rate of a core.
STEP_SECONDS, FLOPS = 1e-4, 1e10


def expected_seconds(n_rows, batch_size, n_parameters):
    """Give roughly the seconds of an epoch, before one is measured.

    Parameters
    ----------
    n_rows, batch_size : int
        Rows of an epoch and of a step.
    n_parameters : int
        Trained weights; a row takes about 6 operations for each.

    Returns
    -------
    float

    Examples
    --------
    >>> round(expected_seconds(1797, 32, 7510), 3)
    0.014
    """
    steps = math.ceil(n_rows / batch_size)
    return steps * STEP_SECONDS + 6 * n_rows * n_parameters / FLOPS


class Pace:
    """Measures epochs to tell how many of them fit into a time.

    Parameters
    ----------
    longest : int
        Epochs a call may run at most.
    expected : float
        Seconds that one is taken to last as long as none is measured.
    """

    def __init__(self, longest, expected):
        self.longest, self._expected, self._epoch_seconds = longest, expected, None

    def epochs(self, seconds):
        """Give the epochs of the next call.

        Parameters
        ----------
        seconds : float
            The time they may take; infinite where nobody waits.

        Returns
        -------
        int

        Examples
        --------
        >>> pace = Pace(longest=100, expected=0.3)
        >>> pace.epochs(1.0)
        3
        >>> pace.note(1, 0.1)
        >>> pace.epochs(1.05), pace.epochs(0.0), pace.epochs(float("inf"))
        (10, 1, 100)
        """
        if seconds == float("inf"):
            return self.longest
        each = self._epoch_seconds or self._expected
        return max(1, min(self.longest, int(seconds / each)))

    def note(self, n_epochs, seconds):
        """Take in what a call has taken; the quickest counts, for the first one is traced.

        Parameters
        ----------
        n_epochs : int
            Epochs it has run.
        seconds : float
            Its time.
        """
        each = max(seconds / n_epochs, 1e-9)
        self._epoch_seconds = min(self._epoch_seconds or each, each)

    @contextlib.contextmanager
    def measured(self, n_epochs):
        """Note the time that the block takes for so many epochs."""
        began = time.monotonic()
        yield
        self.note(n_epochs, time.monotonic() - began)
