"""The rows of a dataset in the place of a `Sample`, for training and for validation."""

from dataclasses import dataclass

import numpy as np

from mlpkit.estimators.datasets import DatasetTable, check_features_of, fresh_tally

HELD_BYTES = 2**26  # of validation rows that are kept; more are read again after each epoch


@dataclass
class DatasetSample:
    """Rows of a dataset, in the place of a `Sample`.

    Parameters
    ----------
    table : DatasetTable
        The rows.
    encode, weigh : callable
        ``encode(y)`` encodes a block's targets, ``weigh(y, weight)`` gives its weights with those
        of classes.
    """

    table: DatasetTable
    encode: object
    weigh: object

    def __len__(self):
        return self.table.tally.n_rows

    def feature_units(self):
        """Find the units of the features, classes weighted."""
        tally = self.table.tally
        return tally.feature_units(self.weigh(tally.y, np.ones(len(tally.y))))

    def target_units(self, outputs, *, standardize):
        """Find the units of the targets, for a regression; see `fit_target_units`."""
        return self.table.tally.targets.moments.units(outputs, standardize=standardize)

    @property
    def n_features(self):
        """Number of columns."""
        return self.table.n_features


def dataset_sample(table, network, target, weigh):
    """Give a dataset as rows of a network.

    Parameters
    ----------
    table : DatasetTable
        The rows.
    network : MLPNetwork or KerasNetwork
        Encodes targets.
    target : callable
        Checks a block's targets.
    weigh : callable
        ``weigh(y, weight)`` gives rows' weights with those of classes.

    Returns
    -------
    DatasetSample

    Raises
    ------
    TargetError
        When a target is unknown to the network, or out of its range.
    """
    network.encode(target(table.y), numbered=False)
    return DatasetSample(
        table, encode=lambda y: network.encode(target(y)), weigh=lambda y, w: weigh(target(y), w)
    )


def held_table(estimator, dataset, *, keeps):
    """Read the validation rows of a dataset once.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Fitted to as many features.
    dataset : tf.data.Dataset
        As in `DatasetTable`.
    keeps : bool
        Whether few rows are kept; where each of several processes has its own they are not.

    Returns
    -------
    DatasetTable
    """
    table = DatasetTable(
        dataset, fresh_tally(estimator), estimator._target, keep_bytes=HELD_BYTES if keeps else 0,
        hashed=estimator.backup_dir is not None,
    )  # fmt: skip
    check_features_of(estimator, table, reset=False)
    return table


def held_rows(table):
    """Give the features, targets and weights of validation rows that are kept."""
    x, y, weight = table.kept
    if table.source.feature_names is None:
        return x, y, weight
    import pandas as pd

    return pd.DataFrame(x, columns=table.source.feature_names), y, weight


def held_sample(table, network, target, weighing):
    """Give validation rows as what reads them again when they are wanted.

    Parameters
    ----------
    table : DatasetTable
        From `held_table`.
    network : MLPNetwork or KerasNetwork
        Encodes targets.
    target : callable
        Checks targets.
    weighing : callable
        ``weighing(y, weight)`` gives the function that puts weights of classes in, from targets of
        all rows and their weights.

    Returns
    -------
    DatasetSample
    """
    y = target(table.y)
    network.encode(y, numbered=False)  # refuses unknown classes before they are weighted
    return dataset_sample(table, network, target, weighing(y, table.weight))
