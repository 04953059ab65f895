"""Ctrl-C while training: noted, so that what has been learnt till then is not lost."""

import contextlib
import contextvars
import signal
import threading
import time

AGAIN_SECONDS = 5.0  # within which a second Ctrl-C counts as one, though another fit is running

_passed_on = contextvars.ContextVar("passed_on", default=False)
_last = [-AGAIN_SECONDS]  # when Ctrl-C was noted


@contextlib.contextmanager
def passed_on():
    """Let Ctrl-C interrupt the fits of the block at once, which are of no use half done.

    Examples
    --------
    >>> with passed_on(), Interrupts().noted() as noting:
    ...     print(noting)
    False
    """
    token = _passed_on.set(True)
    try:
        yield
    finally:
        _passed_on.reset(token)


class Interrupts:
    """Whether somebody wants training to end.

    Attributes
    ----------
    asked : bool
        Whether it is to end with the epoch that is running.
    insisted : bool
        Whether they have asked again: then KeyboardInterrupt goes through. In a search, which
        would start the next fit, that has to be so for a fit that was only just begun too.

    Examples
    --------
    >>> interrupts = Interrupts()
    >>> with interrupts.caught():
    ...     raise KeyboardInterrupt
    >>> interrupts.asked
    True
    """

    def __init__(self):
        self.asked = self.insisted = False

    @contextlib.contextmanager
    def noted(self):
        """Note Ctrl-C while the block runs, in the main thread and where Python's own handler is.

        Whoever has set another handler, and fits in other threads, are left alone.

        Yields
        ------
        bool
            Whether it is noted.
        """
        main = threading.current_thread() is threading.main_thread()
        own = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if not own or _passed_on.get():
            yield False
            return
        signal.signal(signal.SIGINT, self._note)
        try:
            yield True
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, number, frame):
        now = time.monotonic()
        if self.asked or now - _last[0] < AGAIN_SECONDS:
            self.insisted = True
            raise KeyboardInterrupt
        self.asked, _last[0] = True, now

    def check(self):
        """Raise KeyboardInterrupt where somebody has asked, in the middle of a long epoch."""
        if self.asked:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def caught(self):
        """Take a KeyboardInterrupt of the block, a callback's for instance, for the asking."""
        try:
            yield
        except KeyboardInterrupt:
            if self.insisted or _passed_on.get():
                raise
            self.asked = True
