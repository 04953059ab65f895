"""A run's state kept between epochs, so that another process can go on from it."""

import time

import numpy as np

from mlpkit.backend import tf
from mlpkit.backups import digest
from mlpkit.errors import BackupError


def generator_state(rng):
    """Give the state of a generator as JSON can hold it.

    Parameters
    ----------
    rng : numpy.random.RandomState
        Takes it back by ``set_state``.

    Returns
    -------
    dict
    """
    return _plain(rng.get_state(legacy=False))


def _plain(value):
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value.tolist() if hasattr(value, "tolist") else value


class Keeper:
    """Brings a run back to where its last backup was, and makes the next ones.

    Parameters
    ----------
    plan : Plan
        Its ``backups`` keep what is saved: an object with ``load()``, ``save(epoch, record,
        arrays)``, ``require(n_bytes)`` and ``seconds`` between backups (0: after each epoch). None
        keeps nothing.
    record : Record
        The epochs so far.
    """

    def __init__(self, plan, record):
        self.plan, self.record, self.backups = plan, record, plan.backups
        self._saved, self._epoch = time.monotonic(), 0

    def restored(self, state):
        """Give the state of the last backup, with generator and record; `state` where none is.

        Parameters
        ----------
        state : State
            The first one of the run.

        Returns
        -------
        State

        Raises
        ------
        BackupError
            When the run of the backup began with other values.
        """
        if self.backups is None:
            return state
        arrays = _arrays(state)
        self.backups.require(sum(array.nbytes for array in arrays))
        self._start = digest(arrays)
        found = self.backups.load()
        if found is None:
            return state
        record, arrays_then = found
        if record["start"] != self._start:
            raise BackupError(
                "backup_dir must hold backups of a fit that began with the same weights. Got others"
                " there: a model or builder of yours gives other initial weights than it did, or "
                "has changed. Delete the folder's backups, or give another backup_dir."
            )
        self.plan.rng.set_state(record["generator"])
        self.record.go_on_from(record)
        self._epoch = self.record.epoch
        return tf.nest.pack_sequence_as(state, [tf.constant(array) for array in arrays_then])

    @property
    def seconds_left(self):
        """Seconds till the next backup is due, infinite where none is made."""
        if self.backups is None:
            return float("inf")
        return max(0.0, self._saved + self.backups.seconds - time.monotonic())

    def after(self, state, *, last=False):
        """Save the state at the end of an epoch where a backup is due.

        Parameters
        ----------
        state : State
            As training goes on from.
        last : bool, default=False
            Whether it does not: the last state is saved in any case.
        """
        if self.backups is None or self.record.epoch == self._epoch:
            return
        if not last and self.seconds_left > 0:
            return
        record = {
            "start": self._start,
            "generator": generator_state(self.plan.rng),
            "history": self.record.history,
            "stopped": self.record.stopped,
        }
        self._epoch = self.record.epoch
        self.backups.save(self._epoch, record, _arrays(state))
        self._saved = time.monotonic()


def _arrays(state):
    return [np.asarray(tensor) for tensor in tf.nest.flatten(state)]
