"""What goes into a fit and what comes out of it."""

from dataclasses import dataclass, field

import numpy as np

from mlpkit.scaling import Affine, fit_feature_units, fit_target_units


@dataclass
class Learnt:
    """What a fit has learnt, and all that predictions need.

    Parameters
    ----------
    network : object
        What the estimator's network is: how to make its program and read its outputs.
    weights : list of ndarray
        The network's weights.
    features : Affine
        Standardisation of the inputs.
    targets : Affine
        From the network's units to the target's.
    optimizer_state : list of ndarray or None
        To go on from, where training may go on.
    rng : numpy.random.RandomState or None
        To go on drawing from, where training may go on.
    """

    network: object
    weights: list = field(repr=False)
    features: Affine = field(repr=False)
    targets: Affine = field(repr=False)
    optimizer_state: list | None = field(repr=False, default=None)
    rng: object = field(repr=False, default=None)

    @property
    def forward(self):
        """What predicts rows, worked out when first asked for."""
        made = vars(self).get("_forward")
        # Threads that ask at the same time may each make one, and all are given the same.
        return made or vars(self).setdefault("_forward", self.network.forward(self))

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "_forward"}


@dataclass
class Sample:
    """Rows of one kind: features, encoded targets, weights.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_samples, n_features)
        The table, which several samples may share.
    y : ndarray of shape (n_rows, n_outputs)
        Encoded targets of the sample's rows.
    weight : ndarray of shape (n_rows,)
        Their weights.
    rows : ndarray of shape (n_rows,), default=None
        Which rows of `X` they are; None for all. Dense features are only copied when they are
        converted for the network.
    """

    X: object
    y: np.ndarray
    weight: np.ndarray
    rows: np.ndarray | None = None

    def __len__(self):
        return len(self.weight)

    @property
    def n_features(self):
        """Number of columns."""
        return self.X.shape[1]

    @property
    def n_drawn(self):
        """Row numbers in an epoch's order: each row once."""
        return len(self)

    def order(self, rng):
        """Draw the order of an epoch's rows."""
        return rng.permutation(len(self))

    def feature_units(self):
        """Find the units of the features."""
        return fit_feature_units(self.X, self.weight, self.rows)

    def target_units(self, outputs, *, standardize):
        """Find the units of the targets, for a regression; see `fit_target_units`."""
        return fit_target_units(self.y, self.weight, outputs, standardize=standardize)

    def take(self, rows):
        """Give some of the rows."""
        if hasattr(self.X, "indptr"):
            return Sample(self.X[rows], self.y[rows], self.weight[rows])
        chosen = rows if self.rows is None else self.rows[rows]
        return Sample(self.X, self.y[rows], self.weight[rows], chosen)
