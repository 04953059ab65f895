"""The processes of one run, from their start to the end of the last of them.

Nothing outlives the launcher. Each worker leads a session and process group of its own, so that
a terminal's Ctrl-C does not reach it twice, and what it has started ends with the group. A guard
holds the end of a pipe whose other end the launcher has: when the launcher is gone, even by
SIGKILL, the pipe closes, and the guard kills the groups. (Linux's PR_SET_PDEATHSIG would end the
workers alone, not what they have started, and other systems have none.) Each worker writes its
number into that pipe itself before it becomes the script, so that no moment is left in which
one runs unknown to the guard.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from typing import NamedTuple

from mlpkit.launch.output import Relay

_PYTHON = (sys.executable, "-I", "-S", "-c")
_GUARD = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
for group in sys.stdin.read().split():
    try:
        os.killpg(int(group), signal.SIGKILL)
    except OSError:
        pass
"""
_WORKER = """
import os, sys
os.write(0, b"%d\\n" % os.getpid())
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
_AFTERWARDS = 1.0  # seconds for what was printed last


class Ended(NamedTuple):
    """A worker has ended: with a status, or -n for the signal n."""

    index: int
    status: int


class Team:
    """Workers that run together; leaving the ``with`` block ends them and all they have started.

    Parameters
    ----------
    command : sequence of str
        What each runs.
    environments : list of dict
        One a worker.
    output : Output
        Takes what they print.
    events : queue.SimpleQueue
        Gets an `Ended` for each.
    """

    def __init__(self, command, environments, output, events):
        self._command, self._environments = command, environments
        self._output, self._events = output, events
        self._workers, self._relays = [], []
        self.running = set()

    def __enter__(self):
        pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "bufsize": 0}
        self._guard = subprocess.Popen([*_PYTHON, _GUARD], start_new_session=True, **pipe)
        try:
            for environment in self._environments:
                self._workers.append(self._start(environment))
        except BaseException:
            self.__exit__()
            raise
        self.running = set(range(len(self._workers)))
        for index, worker in enumerate(self._workers):
            self._listen(index, worker)
            threading.Thread(target=self._await, args=(index, worker), daemon=True).start()
        return self

    def __exit__(self, *error):
        self.kill()
        self._guard.kill()  # before the numbers of the groups may be given to others
        self._guard.stdin.close()
        self._guard.wait()
        limit = time.monotonic() + _AFTERWARDS
        for relay in self._relays:
            relay.join(max(0, limit - time.monotonic()))
            relay.muted = True
        for worker in self._workers:
            with contextlib.suppress(subprocess.TimeoutExpired):  # stuck in the kernel
                worker.wait(max(0, limit - time.monotonic()))

    def send(self, number):
        """Send a signal to the workers that run, not to what they have started."""
        for index in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._workers[index].pid, number)

    def send_all(self, number):
        """Send a signal to every worker's group, where something of it is left."""
        for worker in self._workers:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(worker.pid, number)

    def kill(self):
        """End everything at once."""
        self.send_all(signal.SIGKILL)

    def _start(self, environment):
        return subprocess.Popen(
            [*_PYTHON, _WORKER, *self._command],
            stdin=self._guard.stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
            bufsize=0,
        )

    def _listen(self, index, worker):
        prefix = b"[worker %d] " % index
        for stream, target in ((worker.stdout, 1), (worker.stderr, 2)):
            relay = Relay(stream, target, prefix, self._output)
            relay.start()
            self._relays.append(relay)

    def _await(self, index, worker):
        """Tell when a worker has ended; the process stays, so that its number stays taken."""
        if hasattr(os, "waitid"):
            found = os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
            exited = found.si_code == os.CLD_EXITED
            status = found.si_status if exited else -found.si_status
        else:
            status = worker.wait()
        self._events.put(Ended(index, status))
