"""What the processes of a cluster agree on before they train together.

A process that fails alone would leave the others waiting for it in the first step: so each tells
the others how it went, and all fail or go on together.
"""

import contextlib
import io

import joblib
import numpy as np

from mlpkit.errors import WorkersError


class Team:
    """A single process, which agrees with itself.

    Examples
    --------
    >>> with Team().ready():
    ...     pass
    """

    is_chief = True

    def ready(self):
        """Give the context for what each process does by itself."""
        return contextlib.nullcontext()

    def check_same_rows(self, X, y, weight):
        """Refuse rows that are not those of the other processes."""

    def shared(self, rng):
        """Give the generator that all processes draw from alike."""
        return rng


class Workers(Team):
    """Several processes.

    Parameters
    ----------
    replicas : mlpkit.training.Replicas
        How they reach each other.
    """

    def __init__(self, replicas):
        self.replicas = replicas
        self.is_chief = replicas.worker == 0

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
            told = [data.decode() for data in self.replicas.exchange(said.encode())]
            failed = next((worker for worker, said in enumerate(told) if said), None)
            if failed is not None and not said:
                raise WorkersError(f"Worker {failed} of {len(told)} failed: {told[failed]}")

    def check_same_rows(self, X, y, weight):
        """Refuse rows that are not those of the other processes.

        Parameters
        ----------
        X : ndarray, CSR matrix or DatasetTable
            Features; of a dataset each process has rows of its own.
        y, weight : ndarray
            Targets and weights.

        Raises
        ------
        WorkersError
            When they differ.
        """
        if not hasattr(X, "dtype"):
            return
        digests = self.replicas.exchange(joblib.hash((X, y, weight)).encode())
        other = next((i for i, digest in enumerate(digests) if digest != digests[0]), None)
        if other is not None:
            raise WorkersError(
                "X, y and sample_weight must be the same rows in each worker, which share every "
                f"batch. Got others in worker {other} than in worker 0: read the same table in "
                "each, or give each a dataset of its own rows, such as stream_csv."
            )

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
        state = rng.get_state(legacy=False)
        parts = {**state.pop("state"), **state}
        packed = io.BytesIO()
        np.savez(packed, **parts)
        chief = np.load(io.BytesIO(self.replicas.exchange(packed.getvalue())[0]))
        rng.set_state(
            (str(chief["bit_generator"]), chief["key"], int(chief["pos"]),
             int(chief["has_gauss"]), float(chief["gauss"]))
        )  # fmt: skip
        return rng


_ALONE = Team()


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
        return _ALONE
    from mlpkit.training import replicas_of

    replicas = replicas_of(placement.strategy)
    return Workers(replicas) if replicas.n_workers > 1 else _ALONE
