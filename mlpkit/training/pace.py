"""How many epochs a call runs: as many as may pass before somebody is to be heard again."""

import contextlib
import time

CALL_SECONDS = 1.0  # that Ctrl-C waits for, where an epoch takes no longer


class Pace:
    """Measures epochs to tell how many of them fit into a time.

    Parameters
    ----------
    longest : int
        Epochs a call may run at most.
    """

    def __init__(self, longest):
        self.longest, self._epoch_seconds = longest, None

    def epochs(self, seconds):
        """Give the epochs of the next call: the first is alone, to be measured.

        Parameters
        ----------
        seconds : float
            The time they may take; infinite where nobody waits.

        Returns
        -------
        int

        Examples
        --------
        >>> pace = Pace(longest=100)
        >>> pace.epochs(1.0)
        1
        >>> pace.note(1, 0.1)
        >>> pace.epochs(1.05), pace.epochs(0.0), pace.epochs(float("inf"))
        (10, 1, 100)
        """
        if seconds == float("inf"):
            return self.longest
        if self._epoch_seconds is None:
            return 1
        return max(1, min(self.longest, int(seconds / self._epoch_seconds)))

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
