"""Ctrl-C while training: noted, so that what has been learnt till then is not lost."""

import contextlib
import signal
import threading


class Interrupts:
    """Whether somebody wants training to end.

    Parameters
    ----------
    alone : bool, default=True
        Whether a single process trains. Several are left to Python's own handler: one that ended
        early would leave the others waiting.

    Attributes
    ----------
    asked : bool
        Whether it is to end with the epoch that is running.
    insisted : bool
        Whether they have asked again: then KeyboardInterrupt goes through.

    Examples
    --------
    >>> interrupts = Interrupts()
    >>> with interrupts.caught():
    ...     raise KeyboardInterrupt
    >>> interrupts.asked
    True
    """

    def __init__(self, alone=True):
        self.alone = alone
        self.asked = self.insisted = False
        self.noting = False

    @contextlib.contextmanager
    def noted(self):
        """Note Ctrl-C while the block runs, in the main thread and where Python's own handler is.

        Whoever has set another handler, and fits in other threads, are left alone.
        """
        main = threading.current_thread() is threading.main_thread()
        if (
            not (self.alone and main)
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        ):
            yield
            return
        signal.signal(signal.SIGINT, self._note)
        self.noting = True
        try:
            yield
        finally:
            self.noting = False
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, number, frame):
        if self.asked:
            self.insisted = True
            raise KeyboardInterrupt
        self.asked = True

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
            if self.insisted or not self.alone:
                raise
            self.asked = True
