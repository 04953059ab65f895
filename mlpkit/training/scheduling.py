"""What schedules give for the steps of a call: computed here, and handed to the program."""

import math

import numpy as np

from mlpkit.schedules import factors


def steps_an_epoch(rows, batch_size, n_workers=1):
    """Give the steps of an epoch, as schedules count them.

    Parameters
    ----------
    rows : Rows or Stream
        Training rows.
    batch_size : int
        Rows a step, in each process where each has rows of its own.
    n_workers : int, default=1
        Processes.

    Returns
    -------
    int
    """
    return math.ceil(rows.drawn / (batch_size * (n_workers if rows.is_own else 1)))


class Course:
    """The schedules of a training, by the step.

    Parameters
    ----------
    names : tuple of str
        What follows a schedule, in the program's order.
    plan : Plan
        Its `schedules`, and the epochs over which they run.
    n_steps : int
        Steps an epoch.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> plan = SimpleNamespace(schedules={"dropout": lambda t: 1 - t}, horizon=None, epochs=2)
    >>> Course(("dropout",), plan, 2).factors(1, 1)[0, :, 0]
    array([0.5 , 0.25])
    """

    def __init__(self, names, plan, n_steps):
        self.names, self.schedules, self.n_steps = names, plan.schedules, n_steps
        self.horizon = plan.horizon or plan.epochs

    def factors(self, epoch, n_epochs):
        """Give the factors of whole epochs.

        Parameters
        ----------
        epoch : int
            Epochs done before.
        n_epochs : int
            How many.

        Returns
        -------
        ndarray of shape (n_epochs, n_steps, n_scheduled) or None
            None where nothing follows a schedule.
        """
        if not self.names:
            return None
        steps = np.arange(epoch * self.n_steps, (epoch + n_epochs) * self.n_steps)
        return self._at(steps).reshape(n_epochs, self.n_steps, -1)

    def part(self, epoch, first, n_steps):
        """Give the factors of a part of an epoch, whose last ones may lie behind its end.

        Parameters
        ----------
        epoch, first, n_steps : int
            Epochs done before, steps done in this one, and how many.

        Returns
        -------
        ndarray of shape (n_steps, n_scheduled) or None
        """
        if not self.names:
            return None
        inside = np.minimum(np.arange(first, first + n_steps), self.n_steps - 1)
        return self._at(epoch * self.n_steps + inside)

    def _at(self, steps):
        t = np.minimum(steps / (self.horizon * self.n_steps), 1.0)
        return np.stack([factors(self.schedules[name], t) for name in self.names], axis=-1)


def course_of(program, rows, plan):
    """Give the schedules of a plan for the rows that a program learns.

    Parameters
    ----------
    program : Program
        Says what follows a schedule.
    rows : Rows or Stream
        Training rows.
    plan : Plan
        How to train.

    Returns
    -------
    Course
    """
    replicas = program.replicas
    workers = 1 if replicas is None else replicas.n_workers
    return Course(program.step.scheduled, plan, steps_an_epoch(rows, program.batch_size, workers))
