"""When the time of a fit is over."""

import math
import time


class OutOfTime(Exception):
    """The time of a fit is over in the middle of an epoch, which then has not been."""


class Clock:
    """Tells whether the time of a fit is over, to all processes alike.

    Parameters
    ----------
    deadline : float
        As ``time.monotonic`` tells the time; infinite where there is none.
    replicas : Replicas, default=None
        Who trains.

    Examples
    --------
    >>> Clock(time.monotonic() - 1).is_over(), Clock(math.inf).is_over()
    (True, False)
    """

    def __init__(self, deadline, replicas=None):
        self.deadline, self.replicas = deadline, replicas

    def is_over(self):
        """Tell whether time is over, in any process; all of them must ask."""
        if not math.isfinite(self.deadline):
            return False
        over = time.monotonic() >= self.deadline
        if self.replicas is None:
            return over
        return b"1" in self.replicas.exchange(b"1" if over else b"0")

    def check(self):
        """Raise `OutOfTime` in the middle of an epoch; several processes go on to its end."""
        alone = self.replicas is None or self.replicas.n_workers == 1
        if alone and self.is_over():
            raise OutOfTime
