"""What one pass over batches leaves of the targets: their classes, or their sizes by column."""

import numpy as np

from mlpkit.errors import TargetError
from mlpkit.scaling import Moments, TargetMoments
from mlpkit.tasks import infer_task
from mlpkit.tasks.targets import as_numbers, is_indicator

MAX_CLASSES = 10_000  # of a streamed target; a column of more is one of quantities or of keys


class ClassTally:
    """The classes of a target, with what they weigh.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted.
    totals : ndarray of shape (n_classes,)
        Sums of weights.
    by_class : list of Moments or None
        Of the features of each class's rows; None where they are not wanted.
    """

    ndim = 1

    def __init__(self, classes, totals, by_class=None):
        self.classes, self.totals, self.by_class = classes, totals, by_class

    @classmethod
    def empty(cls, y, by_class):
        """Give a tally of no rows, for targets like `y`."""
        return cls(y[:0], np.zeros(0), [] if by_class else None)

    @property
    def y(self):
        """Each class once."""
        return self.classes

    @property
    def weight(self):
        """What each of `y` stands for."""
        return self.totals

    def add(self, x, y, weight):
        """Add a batch."""
        numbers = self._numbers(y)
        self.totals += np.bincount(numbers, weight, minlength=len(self.totals))
        for number in np.unique(numbers) if self.by_class is not None else ():
            rows = numbers == number
            self.by_class[number] = self.by_class[number] or Moments(x.shape[1])
            self.by_class[number].add(x[rows], weight[rows])

    def merge(self, other):
        """Add the rows of another tally."""
        numbers = self._numbers(other.classes)
        self.totals[numbers] += other.totals
        for number, moments in zip(numbers, other.by_class or (), strict=False):
            self.by_class[number] = self.by_class[number] or Moments(len(moments.mean))
            self.by_class[number].merge(moments)

    def _numbers(self, y):
        """Give the class numbers of targets; classes not seen before are taken in."""
        if len(self.classes):
            numbers = np.searchsorted(self.classes, y).clip(max=len(self.classes) - 1)
            if (self.classes[numbers] == y).all():
                return numbers
        self._grow(y)
        return np.searchsorted(self.classes, y)

    def _grow(self, y):
        _refuse_fractions(y)
        grown = np.unique(np.concatenate([self.classes, np.unique(y)]))
        if len(grown) > MAX_CLASSES:
            raise TargetError(
                f"y must hold at most {MAX_CLASSES:,} classes where it is streamed. Got more, such "
                f"as {', '.join(map(repr, grown[:3].tolist()))}: take a regressor for quantities, "
                "or cut them into classes."
            )
        places = np.searchsorted(grown, self.classes)
        totals = np.zeros(len(grown))
        totals[places] = self.totals
        if self.by_class is not None:
            known = dict(zip(places.tolist(), self.by_class, strict=True))
            self.by_class = [known.get(number) for number in range(len(grown))]
        self.classes, self.totals = grown, totals

    def feature_moments(self, factors):
        """Give the moments of the features, each class's weights multiplied by its factor."""
        merged = Moments(len(self.by_class[0].mean))
        for moments, factor in zip(self.by_class, factors, strict=True):
            merged.merge(moments, factor)
        return merged

    def parts(self):
        """Give the arrays that this tally is, for `of_parts`."""
        stacked = ()
        if self.by_class:
            stacked = map(np.stack, zip(*(each.parts() for each in self.by_class), strict=True))
        return self.classes, self.totals, *stacked

    @classmethod
    def of_parts(cls, classes, totals, *stacked):
        """Make a tally from its arrays."""
        moments = [Moments.of_parts(*each) for each in zip(*stacked, strict=True)] or None
        return cls(classes, totals.copy(), moments)


def _refuse_fractions(y):
    if y.dtype.kind == "f" and np.any(y != np.floor(y)):
        infer_task(y, "classification")  # says so


class ColumnTally:
    """The moments of numeric targets, columns of a regression or labels.

    Parameters
    ----------
    ndim : int
        Whether targets come as (n_rows,) or (n_rows, n_columns).
    labels : bool
        Whether the columns are labels, 0 or 1.
    moments : TargetMoments
        By column.
    """

    def __init__(self, ndim, labels, moments):
        self.ndim, self.labels, self.moments = ndim, labels, moments

    @property
    def y(self):
        """The lowest and the highest values: of the same kind as all targets."""
        ends = np.stack([self.moments.low, self.moments.high])
        return ends if self.ndim == 2 else ends.ravel()

    @property
    def weight(self):
        """What each of `y` stands for: half of the rows."""
        return np.full(2, self.moments.moments.total / 2)

    def add(self, x, y, weight):
        """Add a batch."""
        if self.labels and not is_indicator(y):
            infer_task(y, "classification")  # says so
        values = as_numbers(y)
        self.moments.add(values.reshape(len(values), -1), weight)

    def merge(self, other):
        """Add the rows of another tally."""
        self.moments.merge(other.moments)

    def parts(self):
        """Give the arrays that this tally is, for `of_parts`."""
        return np.array([self.ndim, self.labels]), *self.moments.parts()

    @classmethod
    def of_parts(cls, form, *moments):
        """Make a tally from its arrays."""
        return cls(int(form[0]), bool(form[1]), TargetMoments.of_parts(*moments))
