"""`tf.data` datasets as tables: batches are checked and converted one by one, never all held."""

from dataclasses import dataclass

import numpy as np

from mlpkit.backups import Digest
from mlpkit.errors import InvalidParameterError
from mlpkit.scaling import Moments


def is_dataset(X):
    """Tell whether `X` is a ``tf.data.Dataset``, without loading TensorFlow."""
    return hasattr(X, "element_spec") and hasattr(X, "cardinality")


class DatasetTable:
    """The batches of a dataset, read once to see what is in it.

    Parameters
    ----------
    dataset : tf.data.Dataset
        Of batches (x, y) or (x, y, sample_weight), finite. It is iterated once here and once an
        epoch, in the order it has; it may shuffle itself.
    hashed : bool, default=False
        Whether `digest` is wanted, for backups.

    Attributes
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Targets in the order of the first pass.
    weight : ndarray of shape (n_samples,)
        Sample weights, none of them 0: such rows are left out.
    batch_size : int
        Rows of the largest batch.
    moments : Moments
        Of the features.
    digest : str or None
        Of the batches of the first pass.

    Raises
    ------
    InvalidParameterError
        When elements are no such batches, or the dataset has no end.
    ValueError
        When features are missing, infinite or no numbers.
    """

    def __init__(self, dataset, *, hashed=False):
        self.dataset = dataset
        _check_elements(dataset)
        targets, weights, total = [], [], Digest()
        self.batch_size, self.n_features, self.moments = 0, None, None
        for x, y, weight in self.batches():
            self.moments = self.moments or Moments(x.shape[1])
            self.n_features = x.shape[1]
            self.moments.add(x, weight)
            self.batch_size = max(self.batch_size, len(weight))
            targets.append(y)
            weights.append(weight)
            for part in (x, y, weight) if hashed else ():
                total.add(part)
        self.digest = total.text if hashed else None
        if not targets:
            raise InvalidParameterError(
                "X must hold at least one row of positive weight. Got none."
            )
        self.y, self.weight = np.concatenate(targets), np.concatenate(weights)

    @property
    def shape(self):
        """Rows and columns."""
        return len(self.weight), self.n_features

    def batches(self):
        """Yield (x, y, weight) of each batch as arrays, rows of weight 0 left out.

        Yields
        ------
        x : ndarray of shape (n_rows, n_features)
            Finite numbers; images are flattened.
        y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        weight : ndarray of shape (n_rows,), float64
        """
        for number, element in enumerate(self.dataset.as_numpy_iterator()):
            x, y, *weight = element
            x = np.asarray(x).reshape(len(x), -1)
            weight = np.asarray(weight[0], np.float64).ravel() if weight else np.ones(len(x))
            self._check_batch(number, x, weight)
            y = np.array([v.decode() for v in y.ravel()]) if y.dtype == object else y
            present = weight > 0
            if present.all():
                yield x, y, weight
            elif present.any():
                yield x[present], y[present], weight[present]

    def _check_batch(self, number, x, weight):
        if self.n_features not in (None, x.shape[1]):
            raise ValueError(
                f"X must have as many columns in each batch, {self.n_features}. "
                f"Got {x.shape[1]} in batch {number}."
            )
        if x.dtype.kind not in "fiub":
            raise ValueError(f"X must hold numbers only. Got {x.dtype} in batch {number}.")
        if not np.isfinite(x).all():
            raise ValueError(
                f"X must hold finite numbers only. Got NaN or infinity in batch {number}."
            )
        if not (weight >= 0).all() or not np.isfinite(weight).all():
            raise ValueError(
                f"sample_weight must hold finite numbers >= 0. Got others in batch {number}."
            )

    def segments(self, capacity, convert):
        """Yield converted rows of an epoch, several batches at a time.

        Parameters
        ----------
        capacity : int
            Rows at most; a multiple of `batch_size`.
        convert : callable
            From (x, y, weight) of a batch to those of the network.

        Yields
        ------
        x, y, weight : ndarrays
            A batch smaller than `batch_size` is the last one of its segment.
        """
        waiting, n_waiting = [], 0
        for batch in self.batches():
            n_rows = len(batch[2])
            if n_rows > self.batch_size:
                raise InvalidParameterError(
                    f"X must give batches of at most {self.batch_size} rows, as in the first pass. "
                    f"Got {n_rows}."
                )
            waiting.append(convert(*batch))
            n_waiting += n_rows
            if n_rows < self.batch_size or n_waiting + self.batch_size > capacity:
                yield tuple(np.concatenate(part) for part in zip(*waiting, strict=True))
                waiting, n_waiting = [], 0
        if waiting:
            yield tuple(np.concatenate(part) for part in zip(*waiting, strict=True))


def _check_elements(dataset):
    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) not in (2, 3):
        raise InvalidParameterError(
            "X must be a dataset of batches (x, y) or (x, y, sample_weight). "
            f"Got elements {spec}; y, X_val and so on are not taken from elsewhere."
        )
    ranks = [getattr(getattr(part, "shape", None), "rank", None) for part in spec]
    if None in ranks:
        raise InvalidParameterError(
            "X must be a dataset of batches whose parts are single tensors of known rank. "
            f"Got elements {spec}; join the features in one tensor, for instance by tf.stack."
        )
    if ranks[0] < 2:
        raise InvalidParameterError(
            f"X must be a dataset of batches of rows. Got x of shape {spec[0].shape}: batch it, "
            "dataset.batch(32)."
        )
    if int(dataset.cardinality()) == -1:
        raise InvalidParameterError(
            "X must be a dataset that ends: `epochs` says how often it is gone through. Got one "
            "without end; leave out repeat()."
        )


@dataclass
class DatasetSample:
    """Rows of a dataset, in the place of a `Sample`.

    Parameters
    ----------
    table : DatasetTable
        The batches.
    y : ndarray of shape (n_samples, n_outputs)
        Encoded targets in the order of the first pass.
    weight : ndarray of shape (n_samples,)
        Weights in that order, class weights included.
    encode, weigh : callable
        ``encode(y)`` encodes a batch's targets, ``weigh(y, weight)`` gives its weights with those
        of classes.
    """

    table: DatasetTable
    y: np.ndarray
    weight: np.ndarray
    encode: object
    weigh: object

    def __len__(self):
        return len(self.weight)

    def feature_units(self):
        """Find the units of the features; class weights take another pass."""
        if np.array_equal(self.weight, self.table.weight):
            return self.table.moments.units()
        moments = Moments(self.n_features)
        for x, y, weight in self.table.batches():
            weight = self.weigh(y, weight)
            if weight.any():  # a class may weigh nothing
                moments.add(x, weight)
        return moments.units()

    @property
    def n_features(self):
        """Number of columns."""
        return self.table.n_features


def dataset_table(estimator, dataset, y, sample_weight, *, reset):
    """Read a dataset once, and check or remember its number of features.

    Parameters
    ----------
    estimator : BaseEstimator
        Its ``n_features_in_`` is set or compared.
    dataset : tf.data.Dataset
        As in `DatasetTable`.
    y, sample_weight : None
        They come with the batches.
    reset : bool
        True when fitting anew.

    Returns
    -------
    DatasetTable

    Raises
    ------
    InvalidParameterError
        When targets or weights are given beside it.
    ValueError
        When the number of features differs from that fitted.
    """
    if y is not None or sample_weight is not None:
        raise InvalidParameterError(
            "y and sample_weight must come with the batches of a dataset, (x, y, "
            "sample_weight). Got them as arguments too; leave them out."
        )
    table = DatasetTable(dataset, hashed=estimator.backup_dir is not None)
    if reset:
        estimator.n_features_in_ = table.n_features
        vars(estimator).pop("feature_names_in_", None)
    elif table.n_features != estimator.n_features_in_:
        raise ValueError(
            f"X has {table.n_features} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
    return table


def dataset_sample(table, network, target, weight, weigh):
    """Give a dataset as training rows of a network.

    Parameters
    ----------
    table : DatasetTable
        The batches.
    network : MLPNetwork or KerasNetwork
        Encodes targets.
    target : callable
        Checks a batch's targets.
    weight : ndarray of shape (n_samples,)
        Weights of all rows, those of classes included.
    weigh : callable
        ``weigh(y, weight)`` gives a batch's weights with those of classes.

    Returns
    -------
    DatasetSample
    """
    return DatasetSample(
        table, network.encode(target(table.y)), weight,
        encode=lambda y: network.encode(target(y)), weigh=lambda y, w: weigh(target(y), w),
    )  # fmt: skip


def rows_of(dataset):
    """Give all rows of a dataset at once, for validation.

    Parameters
    ----------
    dataset : tf.data.Dataset
        As in `DatasetTable`.

    Returns
    -------
    X, y, weight : ndarrays
    """
    _check_elements(dataset)
    table = DatasetTable(dataset)
    parts = zip(*table.batches(), strict=True)
    return tuple(np.concatenate(part) for part in parts)
