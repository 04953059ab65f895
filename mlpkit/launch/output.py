"""What workers print, passed on in whole lines that say whose they are."""

import os
import select
import threading
import time

_CHUNK = 65536
_HELD_UP = 1.0  # seconds that the launcher's own words wait for whoever reads
_EVERY = 1.0  # seconds between two states of a progress bar


class Lines:
    """Cuts bytes into lines.

    A progress bar that redraws itself (by carriage returns) becomes a line a second, and its last
    state one more: where several workers write, there is no one line to draw on.

    Parameters
    ----------
    clock : callable, default=time.monotonic
        Gives seconds.

    Examples
    --------
    >>> lines = Lines()
    >>> lines.feed(b"one\\ntwo"), lines.feed(b" and a half\\nthree"), lines.end()
    ([b'one'], [b'two and a half'], [b'three'])
    """

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._shown = clock()
        self._pieces = []

    def feed(self, data):
        """Give the lines that are whole by now, without their ends."""
        head, end, tail = data.rpartition(b"\n")
        lines = []
        if end:
            lines = [_last_state(line) for line in b"".join([*self._pieces, head]).split(b"\n")]
            self._pieces = []
            self._shown = self._clock()
        self._pieces.append(tail)
        return lines + (self._redrawn() if b"\r" in tail else [])

    def end(self):
        """Give what was left without a newline."""
        rest = _last_state(b"".join(self._pieces))
        self._pieces = []
        return [rest] if rest else []

    def _redrawn(self):
        """Give a bar's state that another one has replaced, once in a while."""
        pending = b"".join(self._pieces)
        # The last state stays: a newline may follow its carriage return.
        replaced, found, _ = pending.rstrip(b"\r").rpartition(b"\r")
        if not found:
            return []
        self._pieces = [pending[len(replaced) + 1 :]]
        state = _last_state(replaced)
        if not state or self._clock() - self._shown < _EVERY:
            return []
        self._shown = self._clock()
        return [state]


def _last_state(line):
    return line.rstrip(b"\r").rpartition(b"\r")[2]


class Output:
    """The launcher's standard output and error, which many threads write to.

    Parameters
    ----------
    on_break : callable
        Called once when nobody reads any more.
    """

    def __init__(self, on_break):
        self._on_break = on_break
        self._broken = set()
        self._lock = threading.Lock()

    def say(self, text):
        """Write a line of the launcher's own to standard error, unless nobody reads there."""
        if self._lock.acquire(timeout=_HELD_UP):
            try:
                if select.select([], [2], [], _HELD_UP)[1]:
                    self._write(2, [text.encode()], b"[launch] ")
            finally:
                self._lock.release()

    def write(self, target, lines, prefix):
        """Write lines to a file descriptor, each behind a prefix."""
        with self._lock:
            self._write(target, lines, prefix)

    def _write(self, target, lines, prefix):
        data = memoryview(b"".join(prefix + line + b"\n" for line in lines))
        while data and target not in self._broken:
            try:
                data = data[os.write(target, data) :]
            except BlockingIOError:
                select.select([], [target], [])
            except OSError:
                self._broken.add(target)
                self._on_break()


class Relay(threading.Thread):
    """Passes on one stream of one worker until it ends.

    Parameters
    ----------
    stream : file
        The reading end of a pipe, unbuffered.
    target : int
        File descriptor to write to.
    prefix : bytes
        What each line begins with.
    output : Output
        Where to write.
    """

    def __init__(self, stream, target, prefix, output):
        super().__init__(daemon=True)  # a grandchild may hold the pipe open for ever
        self._stream, self._target = stream, target
        self._prefix, self._output = prefix, output
        self.muted = False

    def run(self):
        """Read and write by turns."""
        lines = Lines()
        with self._stream:
            while data := os.read(self._stream.fileno(), _CHUNK):
                if self.muted:
                    return
                self._write(lines.feed(data))
            self._write(lines.end())

    def _write(self, lines):
        if lines:
            self._output.write(self._target, lines, self._prefix)
