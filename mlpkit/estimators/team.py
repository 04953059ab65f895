"""What the processes of a cluster agree on before they train together.

A process that fails alone would leave the others waiting for it in the first step: so each tells
the others how it went, and all fail or go on together.
"""

import contextlib
import json

import joblib

from mlpkit.errors import WorkersError
from mlpkit.estimators.datasets import DatasetTable
from mlpkit.estimators.tally import Tally
from mlpkit.interrupts import passed_on

_OWN = ("verbose", "random_state", "backup_dir")  # parameters in which processes may differ


class Team:
    """A single process, which agrees with itself.

    Parameters
    ----------
    placement : Placement
        Where it trains.

    Examples
    --------
    >>> from mlpkit.devices import Placement
    >>> with Team(Placement()).ready():
    ...     pass
    """

    is_chief = is_alone = True

    def __init__(self, placement):
        self.placement = placement

    def pool(self, table):
        """Let a dataset's tally be that of all processes' rows."""

    def ready(self):
        """Give the context for what each process does by itself."""
        return contextlib.nullcontext()

    def check_same(self, parameters, *rows):
        """Refuse parameters and rows that are not those of the other processes."""

    def shared(self, rng):
        """Give the generator that all processes draw from alike."""
        return rng

    def alive(self):
        """Give the context for what all processes do together."""
        return contextlib.nullcontext()

    def exchange(self, data):
        """Give every process's bytes, in the order of the processes."""
        return [data]


class Workers(Team):
    """Several processes.

    Parameters
    ----------
    placement : Placement
        Where they train.
    replicas : mlpkit.training.Replicas
        How they reach each other.
    """

    def __init__(self, placement, replicas):
        super().__init__(placement)
        self.replicas = replicas
        self.is_chief, self.is_alone = replicas.worker == 0, False

    def pool(self, table):
        """Let a dataset's tally be that of all processes' rows, of which each has its own.

        Parameters
        ----------
        table : DatasetTable
            This process's rows.

        Raises
        ------
        WorkersError
            When they have other columns in some process.
        """
        total, *others = map(Tally.of_bytes, self.exchange(table.tally.to_bytes()))
        for number, other in enumerate(others, 1):
            try:
                total.merge(other)
            except ValueError as error:
                raise WorkersError(f"{error} in workers 0 and {number}.") from None
        table.tally = total

    @contextlib.contextmanager
    def ready(self):
        """Give the context for what each process does by itself: one that fails stops all.

        Raises
        ------
        WorkersError
            In the others, with the words of the first that failed.
        """
        said = ""
        try:
            yield
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise
        finally:
            told = [data.decode() for data in self.exchange(said.encode())]
            failed = next((worker for worker, said in enumerate(told) if said), None)
            if failed is not None and not said:
                raise WorkersError(f"Worker {failed} of {len(told)} failed: {told[failed]}")

    def check_same(self, parameters, X, y, weight, *validation):
        """Refuse parameters and rows that are not those of the other processes.

        Parameters
        ----------
        parameters : dict
            The estimator's.
        X : ndarray, CSR matrix or DatasetTable
            Features; of a dataset each process has rows of its own.
        y, weight : ndarray
            Targets and weights.
        *validation : array-like, DatasetTable or None
            Validation rows.

        Raises
        ------
        WorkersError
            When they differ.
        """
        plain = {
            name: value for name, value in parameters.items()
            if isinstance(value, str | int | float | tuple | None) and name not in _OWN
        }  # fmt: skip
        self._compare(
            repr(sorted(plain.items())),
            "Parameters must be the same in each worker. Got others in worker {} than in worker "
            "0: run the same script with the same arguments.",
        )
        rows = [X, y, weight] if hasattr(X, "dtype") else []  # else each has its own
        rows += [None if isinstance(part, DatasetTable) else part for part in validation]
        self._compare(
            joblib.hash(rows),
            "X, y and sample_weight, and validation rows, must be the same in each worker, which "
            "share every batch. Got others in worker {} than in worker 0: read the same table in "
            "each, or give each a dataset of its own rows, such as stream_csv.",
        )

    def _compare(self, mine, words):
        given = self.exchange(mine.encode())
        other = next((i for i, each in enumerate(given) if each != given[0]), None)
        if other is not None:
            raise WorkersError(words.format(other))

    def shared(self, rng):
        """Give the chief's generator.

        Parameters
        ----------
        rng : numpy.random.RandomState
            This process's.

        Returns
        -------
        numpy.random.RandomState
        """
        from mlpkit.training import generator_state

        told = self.exchange(json.dumps(generator_state(rng)).encode())
        rng.set_state(json.loads(told[0]))
        return rng

    @contextlib.contextmanager
    def alive(self):
        """Give the context for what all processes do together; Ctrl-C ends it at once.

        Yields
        ------
        None

        Raises
        ------
        WorkersError
            When another process is gone.
        """
        with _all_alive(), passed_on():
            yield

    def exchange(self, data):
        """Give every process's bytes, in the order of the processes; see `Replicas.exchange`."""
        with _all_alive():
            return self.replicas.exchange(data)


@contextlib.contextmanager
def _all_alive():
    """Say in words what TensorFlow says of a process that has gone."""
    from mlpkit.backend import tf

    gone = (
        tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError,
        tf.errors.InternalError, tf.errors.DeadlineExceededError,
    )  # fmt: skip
    try:
        yield
    except gone as error:
        raise WorkersError(
            "Training stopped because another worker is gone, or takes other steps. Start all of "
            "them again; with backup_dir they go on where the last epoch ended. TensorFlow says: "
            f"{_cause(error)}"
        ) from None  # pages of where in the graph it waited


def _cause(error):
    """Give the line of an error of TensorFlow that tells something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "aborted by" in line or "Error received" in line]
    return (telling or lines or [type(error).__name__])[0][:200]


def team_of(placement):
    """Give the processes that a placement trains in.

    Parameters
    ----------
    placement : Placement
        Where a network is trained.

    Returns
    -------
    Team
    """
    if placement.strategy is None:
        return Team(placement)
    from mlpkit.training import replicas_of

    replicas = replicas_of(placement.strategy)
    return Workers(placement, replicas) if replicas.n_workers > 1 else Team(placement)
