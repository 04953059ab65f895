"""`tf.data` datasets as tables: one pass to see what is in them, then segments; never all rows."""

import numpy as np
from sklearn.utils.validation import _check_feature_names

from mlpkit.backups import Digest
from mlpkit.errors import InvalidParameterError
from mlpkit.estimators.sources import FileSource, source_of
from mlpkit.estimators.tally import Tally
from mlpkit.file_streams import regrouped
from mlpkit.file_streams.blocks import Block, join


def is_dataset(X):
    """Tell whether `X` is a ``tf.data.Dataset``, without loading TensorFlow."""
    return hasattr(X, "element_spec") and hasattr(X, "cardinality")


class DatasetTable:
    """The rows of a dataset, gone through once to see what is in it.

    Parameters
    ----------
    dataset : tf.data.Dataset
        Of batches (x, y) or (x, y, sample_weight), finite. It is iterated once here and once an
        epoch, in the order it has; it may shuffle itself.
    tally : Tally
        Without rows yet; those of this dataset are added.
    target : callable
        Checks targets.
    keep_bytes : int, default=0
        Up to how many bytes of rows are kept.
    hashed : bool, default=False
        Whether `digest` is wanted, for backups.

    Attributes
    ----------
    source : BatchSource or FileSource
        Where rows come from.
    tally : Tally
        What the first pass has found. Of several workers, it may be replaced by that of all.
    kept : Block or None
        All rows, where they are few.
    digest : str or None
        Of the rows of the first pass.

    Raises
    ------
    InvalidParameterError
        When elements are no such batches, or the dataset has no end.
    ValueError
        When features are missing, infinite or no numbers.
    """

    def __init__(self, dataset, tally, target, *, keep_bytes=0, hashed=False):
        _check_elements(dataset)
        self.source, self.tally = source_of(dataset), tally
        kept, n_bytes, total = [], 0, Digest()
        for block in self.source.first():
            tally.add(block.x, target(block.y), block.weight)
            n_bytes += sum(part.nbytes for part in block)
            kept = [*kept, block] if n_bytes <= keep_bytes else []
            for part in block if hashed else ():
                total.add(part)
        self.digest = total.text if hashed else None
        tally.batch_size = self.source.batch_size
        if not tally.n_rows:
            raise InvalidParameterError(
                "X must hold at least one row of positive weight. Got none."
            )
        self.kept = join(kept) if kept else None

    @property
    def y(self):
        """A few targets that stand for all, see `Tally`."""
        return self.tally.y

    @property
    def weight(self):
        """What each of `y` weighs."""
        return self.tally.weight

    @property
    def batch_size(self):
        """Rows a step."""
        return self.source.batch_size

    @property
    def n_features(self):
        """Number of columns."""
        return self.tally.n_features

    @property
    def shape(self):
        """Rows and columns."""
        return self.tally.n_rows, self.n_features

    def skip(self, n_epochs):
        """Go past the epochs that training made before it was cut off."""
        self.source.skip(n_epochs)

    def segments(self, capacity, convert):
        """Yield converted rows of an epoch, several batches at a time.

        Parameters
        ----------
        capacity : int
            Rows at most; a multiple of `batch_size`.
        convert : callable
            From (x, y, weight) to those of the network.

        Yields
        ------
        x, y, weight : ndarrays
            A batch smaller than `batch_size` is the last one of its segment.
        """
        # An eighth of a segment at a time, that little lies in memory in the file's own types.
        size = max(1, capacity // self.batch_size // 8) * self.batch_size
        waiting, n = [], 0
        for block in self.source.groups(size):
            waiting.append(convert(*block))
            n += block.n
            if block.n % self.batch_size or n + size > capacity:
                yield _joined(waiting)
                waiting, n = [], 0
        if waiting:
            yield _joined(waiting)

    def pieces(self, capacity, convert):
        """Yield converted rows in pieces of `capacity` rows, for what looks at rows one by one.

        Parameters
        ----------
        capacity, convert
            As in `segments`.

        Yields
        ------
        x, y, weight : ndarrays
        """
        size = max(self.batch_size, capacity // 8)
        converted = (Block(*convert(*block)) for block in self.source.groups(size))
        yield from map(tuple, regrouped(converted, capacity))


def _joined(parts):
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


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


def dataset_table(estimator, dataset, y, sample_weight, *, reset):
    """Read a dataset once, and check or remember its features.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Its ``n_features_in_`` and ``feature_names_in_`` are set or compared.
    dataset : tf.data.Dataset
        As in `DatasetTable`.
    y, sample_weight : None
        They come with the batches.
    reset : bool
        True when fitting anew: the epochs of files are counted from 0.

    Returns
    -------
    DatasetTable

    Raises
    ------
    InvalidParameterError
        When targets or weights are given beside it.
    ValueError
        When the features differ from those fitted.
    """
    if y is not None or sample_weight is not None:
        raise InvalidParameterError(
            "y and sample_weight must come with the batches of a dataset, (x, y, "
            "sample_weight). Got them as arguments too; leave them out."
        )
    hashed = estimator.backup_dir is not None
    table = DatasetTable(dataset, fresh_tally(estimator), estimator._target, hashed=hashed)
    if isinstance(table.source, FileSource):
        table.source.epoch = 0 if reset else table.source.stream.epoch
    check_features_of(estimator, table, reset=reset)
    return table


def fresh_tally(estimator):
    """Give the tally that a fit of an estimator needs, without rows yet."""
    by_class = getattr(estimator, "class_weight", None) is not None
    return Tally(estimator._kind, by_class=by_class)


def check_features_of(estimator, table, *, reset):
    """Remember number and names of a table's features, or hold them against those fitted.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Its ``n_features_in_`` and ``feature_names_in_`` are set or compared.
    table : DatasetTable
        Only files have names.
    reset : bool
        True when fitting anew.

    Raises
    ------
    ValueError
        When they differ.
    """
    if table.source.feature_names is not None:
        import pandas as pd

        named = pd.DataFrame(columns=table.source.feature_names)
        _check_feature_names(estimator, named, reset=reset)
    elif reset:
        vars(estimator).pop("feature_names_in_", None)
    if reset:
        estimator.encoder_ = None
        estimator.n_features_in_ = table.n_features
    elif getattr(estimator, "encoder_", None) is not None:
        raise InvalidParameterError(
            f"{type(estimator).__name__} encodes tables as in the first fit, and a dataset holds "
            "numbers only. Got a dataset; give a table with the columns of the first one."
        )
    elif table.n_features != estimator.n_features_in_:
        raise ValueError(
            f"X has {table.n_features} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
