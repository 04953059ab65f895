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


def held_dataset(estimator, dataset, network, weighing):
    """Read the validation rows of a dataset once.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Fitted to as many features.
    dataset : tf.data.Dataset
        As in `DatasetTable`.
    network : MLPNetwork or KerasNetwork
        Encodes targets.
    weighing : callable
        ``weighing(y, weight)`` gives the function that puts weights of classes in, from targets of
        all rows and their weights.

    Returns
    -------
    Block or DatasetSample
        All rows as they are where they are few, else what reads them again when they are wanted.
    """
    table = DatasetTable(dataset, fresh_tally(estimator), estimator._target, keep_bytes=HELD_BYTES)
    check_features_of(estimator, table, reset=False)
    if table.kept is not None:
        return _named(table.kept, table.source.feature_names)
    y = estimator._target(table.y)
    network.encode(y, numbered=False)  # refuses unknown classes before they are weighted
    return dataset_sample(table, network, estimator._target, weighing(y, table.weight))


def _named(block, names):
    if names is None:
        return block
    import pandas as pd

    return block._replace(x=pd.DataFrame(block.x, columns=names))
