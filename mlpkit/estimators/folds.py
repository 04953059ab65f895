"""Folds of rows for networks that are trained beside each other, each without one of them."""

from dataclasses import dataclass

import numpy as np

from mlpkit.estimators.learnt import Sample


def fold_numbers(n_rows, n_folds, classes, rng):
    """Give each row a fold; a class's rows are spread evenly.

    Parameters
    ----------
    n_rows, n_folds : int
        How many.
    classes : ndarray of shape (n_samples,) or None
        Class numbers.
    rng : numpy.random.RandomState
        Draws the folds.

    Returns
    -------
    ndarray of shape (n_samples,)

    Examples
    --------
    >>> rng = np.random.RandomState(0)
    >>> folds = fold_numbers(6, 2, np.array([0, 0, 0, 0, 1, 1]), rng)
    >>> np.bincount(folds).tolist(), sorted(folds[4:].tolist())
    ([3, 3], [0, 1])
    """
    order = rng.permutation(n_rows)
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]
    number = np.empty(n_rows, np.intp)
    number[order] = np.arange(n_rows) % n_folds
    return number


@dataclass
class FoldedSample(Sample):
    """All rows, and behind them one of weight 0, for networks that each leave out a fold.

    Parameters
    ----------
    folds : ndarray of shape (n_rows - 1,)
        The fold of each row that counts.
    n_folds : int
        How many there are, and networks.
    batch_size : int
        Rows of a step for each network.
    """

    folds: np.ndarray = None
    n_folds: int = 1
    batch_size: int = 1

    @property
    def n_steps(self):
        """Steps an epoch."""
        learnt = len(self.folds) - np.bincount(self.folds, minlength=self.n_folds)
        return -(-int(learnt.max()) // self.batch_size)

    @property
    def n_drawn(self):
        """Row numbers in an epoch's order."""
        return self.n_steps * self.n_folds * self.batch_size

    def order(self, rng):
        """Draw an epoch's order: step by step, a batch for each network one after the other.

        Parameters
        ----------
        rng : numpy.random.RandomState
            Draws it.

        Returns
        -------
        ndarray of shape (n_drawn,)
            Each network's batches hold the rows of the other folds once, and are filled up by the
            row of weight 0.
        """
        nothing = len(self.folds)
        table = np.full((self.n_folds, self.n_steps * self.batch_size), nothing)
        for fold, line in enumerate(table):
            learnt = np.flatnonzero(self.folds != fold)
            line[: len(learnt)] = rng.permutation(learnt)
        return table.reshape(self.n_folds, self.n_steps, -1).swapaxes(0, 1).ravel()


def folded(sample, folds, n_folds, batch_size):
    """Give a sample as networks of folds learn it.

    Parameters
    ----------
    sample : Sample
        All rows.
    folds : ndarray of shape (n_rows,)
        The fold of each row.
    n_folds, batch_size : int
        See `FoldedSample`.

    Returns
    -------
    FoldedSample
    """
    rows = np.append(np.arange(len(sample)), 0)
    weight = np.append(sample.weight, 0.0)
    chosen = rows if sample.rows is None else sample.rows[rows]
    return FoldedSample(sample.X, sample.y[rows], weight, chosen, folds, n_folds, batch_size)


def held_order(folds, n_folds, n_slots, chunk):
    """Arrange rows so that each network judges those that it has not learnt.

    Parameters
    ----------
    folds : ndarray of shape (n_rows,)
        The fold of each row.
    n_folds : int
        How many there are.
    n_slots : int
        Places: a whole number of chunks.
    chunk : int
        Rows that are judged at a time, as many for each network, one network's after the other's.

    Returns
    -------
    ndarray of shape (n_slots,)
        Row numbers; ``len(folds)`` where a place is empty.

    Examples
    --------
    >>> held_order(np.array([0, 1, 0, 1, 0]), n_folds=2, n_slots=8, chunk=4).tolist()
    [0, 2, 1, 3, 4, 5, 5, 5]
    """
    table = np.full((n_folds, n_slots // n_folds), len(folds))
    for fold, line in enumerate(table):
        rows = np.flatnonzero(folds == fold)
        line[: len(rows)] = rows
    return table.reshape(n_folds, -1, chunk // n_folds).swapaxes(0, 1).ravel()
