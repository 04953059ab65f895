"""What one pass over batches leaves: the sizes of features and targets, and never the rows."""

import io
import json

import numpy as np

from mlpkit.estimators.target_tallies import ClassTally, ColumnTally
from mlpkit.scaling import Moments, TargetMoments


class Tally:
    """All that a fit must know of rows before it trains, found batch by batch.

    Several may be merged: each of several workers has seen rows of its own.

    Parameters
    ----------
    kind : {"classification", "regression"}
        What the targets are for.
    by_class : bool, default=False
        Whether the features' moments are kept for each class, so that weights of classes can be
        put in later.

    Attributes
    ----------
    n_rows : int
        Rows of positive weight.
    batch_size : int
        Rows of the largest batch.
    targets : ClassTally, ColumnTally or None
        None as long as there are no rows.

    Examples
    --------
    >>> here, there = Tally("classification"), Tally("classification")
    >>> here.add(np.zeros((2, 1)), np.array(["a", "b"]), np.ones(2))
    >>> there.add(np.ones((1, 1)), np.array(["c"]), np.ones(1))
    >>> here.merge(Tally.of_bytes(there.to_bytes()))
    >>> here.y, here.weight, here.feature_units().offset.round(3)
    (array(['a', 'b', 'c'], dtype='<U1'), array([1., 1., 1.]), array([0.333]))
    """

    def __init__(self, kind, *, by_class=False):
        self.kind, self.by_class = kind, by_class
        self.n_rows = self.batch_size = 0
        self.features = self.targets = None

    @property
    def n_features(self):
        """Number of columns, None as long as there are no rows."""
        return None if self.features is None else len(self.features.mean)

    @property
    def y(self):
        """A few targets that stand for all: each class once, or the ends of each column."""
        return self.targets.y

    @property
    def weight(self):
        """What each of `y` weighs."""
        return self.targets.weight

    def add(self, x, y, weight):
        """Add a batch.

        Parameters
        ----------
        x : ndarray of shape (n_rows, n_features)
            Features.
        y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
            Targets, checked.
        weight : ndarray of shape (n_rows,)
            Weights, all positive.

        Raises
        ------
        TargetError
            When the targets are not of the kind.
        """
        if self.targets is None:
            self.features, self.targets = Moments(x.shape[1]), self._fresh(y)
        self.targets.add(x, y, weight)
        if not self._keeps_classes:
            self.features.add(x, weight)
        self.n_rows += len(weight)

    @property
    def _keeps_classes(self):
        return getattr(self.targets, "by_class", None) is not None

    def _fresh(self, y):
        if self.kind == "classification" and y.ndim == 1:
            return ClassTally.empty(y, self.by_class)
        n_columns = 1 if y.ndim == 1 else y.shape[1]
        return ColumnTally(y.ndim, self.kind == "classification", TargetMoments(n_columns))

    def merge(self, other):
        """Add the rows of another tally.

        Parameters
        ----------
        other : Tally
            Of the same kind; not changed.

        Raises
        ------
        ValueError
            When its rows have other columns.
        """
        if other.targets is None:
            self.batch_size = max(self.batch_size, other.batch_size)
            return
        if self.targets is None:
            copy = Tally.of_bytes(other.to_bytes())
            self.features, self.targets = copy.features, copy.targets
        elif self._form != other._form:
            raise ValueError(
                "Parts of the rows must have the same columns. Got "
                f"{self._form} and {other._form} (features, kind and columns of targets)."
            )
        else:
            self.features.merge(other.features)
            self.targets.merge(other.targets)
        self.n_rows += other.n_rows
        self.batch_size = max(self.batch_size, other.batch_size)

    @property
    def _form(self):
        shape = self.y.shape[1:] if self.targets.ndim == 2 else ()
        return self.n_features, type(self.targets).__name__, shape

    def feature_units(self, factors=None):
        """Find the units of the features.

        Parameters
        ----------
        factors : ndarray of shape (n_classes,), default=None
            What the weights of each class are multiplied by; for tallies by class.

        Returns
        -------
        Affine
        """
        if not self._keeps_classes:
            return self.features.units()
        ones = np.ones(len(self.y))
        return self.targets.feature_moments(ones if factors is None else factors).units()

    def to_bytes(self):
        """Give the tally as bytes, without pickle, to be sent to other workers.

        Returns
        -------
        bytes
            For `of_bytes`.
        """
        form = type(self.targets).__name__
        fields = {
            name: getattr(self, name) for name in ("kind", "by_class", "n_rows", "batch_size")
        }
        arrays = {}
        if self.targets is not None:
            arrays = {f"feature{i}": part for i, part in enumerate(self.features.parts())}
            arrays |= {f"target{i}": part for i, part in enumerate(self.targets.parts())}
        packed = io.BytesIO()
        np.savez(packed, head=np.array(json.dumps({"form": form, **fields})), **arrays)
        return packed.getvalue()

    @classmethod
    def of_bytes(cls, data):
        """Make a tally from what `to_bytes` gave.

        Parameters
        ----------
        data : bytes
            From there.

        Returns
        -------
        Tally
        """
        with np.load(io.BytesIO(data), allow_pickle=False) as packed:
            head = json.loads(str(packed["head"]))
            features, targets = (
                [packed[f"{name}{i}"] for i in range(len(packed.files)) if f"{name}{i}" in packed]
                for name in ("feature", "target")
            )
        made = cls(head["kind"], by_class=head["by_class"])
        made.n_rows, made.batch_size = head["n_rows"], head["batch_size"]
        if targets:
            form = {"ClassTally": ClassTally, "ColumnTally": ColumnTally}[head["form"]]
            made.features, made.targets = Moments.of_parts(*features), form.of_parts(*targets)
        return made
