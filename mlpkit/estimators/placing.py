"""From samples to what the engine reads: rows on the device, or a stream of them."""

from dataclasses import replace

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.estimators.dataset_samples import HELD_BYTES, DatasetSample


def engine_rows(learnt, sample, held, n_rows, batch_size, compiled, replicas=None):
    """Give training and validation rows to the engine, in the network's units.

    Parameters
    ----------
    learnt : Learnt
        Network, and units of features and targets.
    sample : Sample or DatasetSample
        Training rows.
    held : Sample, DatasetSample or None
        Validation rows.
    n_rows : int
        Rows whose bucket the training rows are filled up to, where programs have fixed shapes.
    batch_size : int
        Rows a step.
    compiled : bool
        Whether they have.
    replicas : Replicas, default=None
        Who share each batch.

    Returns
    -------
    rows, held : Rows, Stream or None
    """
    from mlpkit import training

    filled, held_filled = None, None
    if compiled:
        # Rows of folds have one of weight 0 behind them, and so are one more than were given.
        filled = training.bucket(max(n_rows, len(sample)))
        held_filled = None if held is None else training.evaluation_bucket(len(held))
    options = {"compiled": compiled, "replicas": replicas}
    if held is not None:
        held = _engine_rows(learnt, held, held_filled, training.EVALUATION_BATCH, **options)
    # Where validation rows come in segments, an epoch is a call for each: those of training too.
    streamed = isinstance(held, training.Stream)
    return _engine_rows(learnt, sample, filled, batch_size, streamed=streamed, **options), held


def _engine_rows(learnt, sample, n_filled, batch_size, *, compiled, replicas, streamed=False):
    from mlpkit import training

    row_bytes = sample.n_features * np.dtype(learnt.network.dtype).itemsize
    capacity, skip = training.segment_rows(row_bytes, batch_size), None
    is_own = False
    if isinstance(sample, DatasetSample):
        is_own = replicas is not None and replicas.n_workers > 1
        skip = sample.table.skip
        whole = batch_size != sample.table.batch_size  # of rows that are not learnt
        segments = _dataset_segments(learnt, sample, capacity, whole)
    elif hasattr(sample.X, "indptr") and streamed:
        raise InvalidParameterError(
            "X_val must be a table, or a dataset of few rows, beside a sparse X. Got one that is "
            f"streamed, of more than {HELD_BYTES // 2**20} MB."
        )
    elif not hasattr(sample.X, "indptr") and (
        streamed or training.is_streamed(row_bytes * len(sample))
    ):
        segments = _table_segments(learnt, sample, capacity)
    else:
        rows = _device_rows(learnt, sample, n_filled)
        return rows if replicas is None else replace(rows, copies=replicas.copies(rows.columns))
    return training.Stream(
        segments, len(sample), capacity, compiled=compiled, skip=skip, is_own=is_own
    )


def _device_rows(learnt, sample, n_filled):
    """Put a sample on the device, filled up to a program's shape, with one copy of its features."""
    from mlpkit.training import empty, fill_up, make_rows

    features, network = learnt.features, learnt.network
    X, y = network.stored(sample.X), _scaled(learnt, sample.y)
    if hasattr(X, "indptr"):
        units = features.offset, 1 / features.scale
        return make_rows(X, y, sample.weight, network.dtype, *units)
    ready = empty((n_filled or len(sample), X.shape[1]), network.dtype)
    features.apply(X, network.dtype, rows=sample.rows, out=ready)
    fill_up(ready, len(sample))
    rows = make_rows(network.shaped(ready), y, sample.weight, network.dtype, n_filled=n_filled)
    return replace(rows, n_drawn=sample.n_drawn)


def _scaled(learnt, y):
    if np.issubdtype(y.dtype, np.integer):
        return y
    return learnt.network.scaled_targets(y, learnt.targets).astype(learnt.network.dtype)


def _table_segments(learnt, sample, capacity):
    """Give segments of a table in a random order, converted when they are needed."""
    network, y = learnt.network, _scaled(learnt, sample.y)
    weight = sample.weight.astype(network.dtype)

    def segments(rng):
        order = np.arange(len(sample)) if rng is None else rng.permutation(len(sample))
        for start in range(0, len(order), capacity):
            chosen = order[start : start + capacity]
            rows = chosen if sample.rows is None else sample.rows[chosen]
            x = learnt.features.apply(sample.X, network.dtype, rows=rows)
            yield network.shaped(x), y[chosen], weight[chosen]

    return segments


def _dataset_segments(learnt, sample, capacity, whole):
    network, table = learnt.network, sample.table
    parts = table.pieces if whole else table.segments

    def convert(x, y, weight):
        x = network.shaped(learnt.features.apply(x, network.dtype))
        return (
            x, _scaled(learnt, sample.encode(y)),
            sample.weigh(y, weight).astype(network.dtype),
        )  # fmt: skip

    return lambda rng: parts(capacity, convert)
