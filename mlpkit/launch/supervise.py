"""Watches over the workers: passes signals on, ends all when one fails, and starts them again.

A worker that fails takes the others with it, since each waits for all in every step. Which
failures are worth a restart:

- death by a signal (out of memory, a crash, somebody's kill): always;
- exit status 2: never, since by convention it says that the arguments or the data are wrong, and
  they will be again;
- any other status, an exception for instance: yes, but not when the same status comes twice in a
  row, each time within a minute of the start. A mistake in the script shows at once, trouble with
  a disk or a network does not.

Workers that fail within a moment of each other have one cause, of which the others were told: it is
looked for in this order.
"""

import contextlib
import os
import queue
import signal
import time
from typing import NamedTuple

from mlpkit.launch.environment import environments
from mlpkit.launch.output import Output
from mlpkit.launch.ports import held_ports
from mlpkit.launch.team import Ended, Team

_STOP = ("SIGINT", "SIGTERM", "SIGHUP")
_PASS = ("SIGUSR1", "SIGUSR2")
_PAUSE = "SIGTSTP"
_USAGE = 2
_AT_ONCE = 60.0  # seconds
_MOMENT = 0.5  # seconds in which others fail of the same cause
_KILLED = 10.0  # seconds until a killed worker is given up: the kernel does not let it go


class Got(NamedTuple):
    """The launcher has got a signal."""

    number: int


class Failure(NamedTuple):
    """The first worker that failed, with what, and how long after the start."""

    index: int
    status: int
    seconds: float

    def rank(self):
        """Give 0 for a death by a signal, 1 for bad input, 2 for what may be due to others."""
        return 0 if self.status < 0 else 1 if self.status == _USAGE else 2

    def __str__(self):
        how = f"ended with status {self.status}"
        if self.status < 0:
            how = f"died of {_name(-self.status)}"
        return f"worker {self.index} {how} after {self.seconds:.3g} s"


def supervise(plan):
    """Run the workers to their end, and start them again where that may help.

    Parameters
    ----------
    plan : Plan
        What the user has asked for.

    Returns
    -------
    int
        0 when all workers ended with 0; else the status of the first that failed, or 128 plus the
        signal that ended it or the launcher.

    Raises
    ------
    InvalidParameterError
        When ports that the user has named are taken.
    """
    events = queue.SimpleQueue()
    output = Output(on_break=lambda: events.put(Got(signal.SIGPIPE)))
    with contextlib.ExitStack() as stack:
        fixed = None
        if plan.port is not None:
            fixed = stack.enter_context(held_ports(plan.workers, plan.port))
        stack.enter_context(_caught(events))
        failures = []
        while True:
            held = contextlib.nullcontext(fixed) if fixed else held_ports(plan.workers)
            with held as ports:
                run = Run(plan, ports, failures, output, events)
                run.watch()
            if run.status is not None:
                return run.status
            failures.append(run.failure)


class Run:
    """One run of all workers.

    Parameters
    ----------
    plan : Plan
        What the user has asked for.
    ports : list of int
        One a worker.
    failures : list of Failure
        What ended the runs before.
    output : Output
        Where to print.
    events : queue.SimpleQueue
        What happens: `Ended` and `Got`.

    Attributes
    ----------
    failure : Failure or None
        What ended this run.
    status : int or None
        The launcher's exit status; None where all are to be started again.
    """

    def __init__(self, plan, ports, failures, output, events):
        self._plan, self._before = plan, failures
        self._output, self._events = output, events
        self._environments = environments(ports, len(failures))
        self._started = time.monotonic()
        self._deadline = self._stopped = None
        self._killed = self._stuck = self._cut_short = False
        self.failure, self.status = None, 0

    def watch(self):
        """Start the workers and wait for the end of all."""
        with Team(self._plan.command, self._environments, self._output, self._events) as team:
            while team.running:
                event = self._next(self._deadline)
                if isinstance(event, Ended):
                    self._ended(team, event)
                elif isinstance(event, Got):
                    self._got(team, event.number)
                elif self._killed:
                    self._stuck = True
                    break
                else:
                    self._kill(team)
        # Said last, where one looks: not before what the workers print while they end.
        if self._stopped and self._cut_short:
            self.status = 128 + self._stopped
        elif self.failure:
            self.status = self._decide()

    def _next(self, limit):
        """Give the next event, or None when time is up."""
        left = None if limit is None else max(0, limit - time.monotonic())
        with contextlib.suppress(queue.Empty):
            return self._events.get(timeout=left)
        return None

    def _ended(self, team, event):
        team.running.discard(event.index)
        if event.status and self._stopped:
            self._cut_short = True
        elif event.status and not self.failure:
            self.failure = self._cause(team, event)
            self._cut_short = True
            team.send(signal.SIGTERM)
            self._wait(self._plan.grace)

    def _cause(self, team, event):
        """Give the failure that others followed, if they are quick to follow."""
        limit = time.monotonic() + _MOMENT
        failures = []
        while event:
            if isinstance(event, Got):
                self._got(team, event.number)
            else:
                team.running.discard(event.index)
                failures.append(Failure(*event, time.monotonic() - self._started))
            event = self._next(limit) if team.running else None
        return min((each for each in failures if each.status), key=Failure.rank)

    def _decide(self):
        """Say what follows from the failure, and give the exit status if it is the end."""
        failure, most = self.failure, self._plan.max_restarts
        if failure.status == _USAGE:
            why = "which says that its input is wrong"
        elif self._came_back():
            why = "as it did before: a mistake that starting again does not mend"
        elif self._stuck:
            why = "and another one cannot be killed"
        elif len(self._before) >= most:
            why = f"and no restart is left (--max-restarts {most})"
        else:
            number = len(self._before) + 1
            self._output.say(
                f"{failure}; all workers are started again, from their last backup if they keep "
                f"one (restart {number} of {most})"
            )
            return None
        status = failure.status if failure.status > 0 else 128 - failure.status
        self._output.say(f"{failure}, {why}; exit status {status}")
        return status

    def _came_back(self):
        now, before = self.failure, self._before[-1:]
        return now.status > 0 and any(
            now.status == last.status and max(now.seconds, last.seconds) < _AT_ONCE
            for last in before
        )

    def _got(self, team, number):
        if number in _numbers(_PASS):
            team.send(number)
        elif number in _numbers((_PAUSE,)):
            team.send_all(signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGSTOP)
            team.send_all(signal.SIGCONT)
        elif number == self._stopped == signal.SIGINT:
            self._kill(team)
        elif number != signal.SIGPIPE or not self._stopped:
            self._stop(team, number)

    def _stop(self, team, number):
        """Pass on a signal that ends the workers, and give them their time."""
        self._stopped = number
        # Python ignores SIGPIPE, which the launcher gets when nobody reads its output any more.
        team.send(signal.SIGTERM if number == signal.SIGPIPE else number)
        self._wait(self._plan.grace)

    def _kill(self, team):
        team.kill()  # before it is said, which may wait for whoever reads
        if not self._killed:
            workers = ", ".join(map(str, sorted(team.running)))
            self._output.say(f"killing what has not ended: worker {workers}")
            self._killed = self._cut_short = True
            self._deadline = None
            self._wait(_KILLED)

    def _wait(self, seconds):
        if self._deadline is None:
            self._deadline = time.monotonic() + seconds


def _name(number):
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _numbers(names):
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


@contextlib.contextmanager
def _caught(events):
    """Turn signals into events; those that are ignored, as under nohup, stay so."""
    # Where they are ignored, which is inherited, a child that has ended cannot be waited for.
    former = {signal.SIGCHLD: signal.signal(signal.SIGCHLD, signal.SIG_DFL)}
    for number in _numbers((*_STOP, *_PASS, _PAUSE)):
        if signal.getsignal(number) != signal.SIG_IGN:
            former[number] = signal.signal(number, lambda got, frame: events.put(Got(got)))
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
