"""From samples and settings to a run of the training engine."""

from dataclasses import dataclass

import numpy as np


def auto_batch_size(n_rows):
    """Give the batch size for a number of training rows: the fewer rows, the smaller.

    Parameters
    ----------
    n_rows : int
        Training rows.

    Returns
    -------
    int

    Examples
    --------
    >>> [auto_batch_size(n) for n in (500, 5000, 50_000)]
    [32, 64, 256]
    """
    for size, rows in ((32, 3000), (64, 12_000), (128, 40_000)):
        if n_rows < rows:
            return size
    return 256


@dataclass(frozen=True)
class TrainingSettings:
    """How an estimator wants to be trained.

    Parameters
    ----------
    epochs : int
        Epochs at most.
    batch_size : int or "auto"
        Rows a step.
    patience : int or None
        Epochs without improvement before training stops; None for no early stopping.
    by_accuracy : bool
        Whether the best epoch is the one of the highest validation accuracy.
    average : bool
        Whether the running average of the weights is kept.
    verbose : int
        1 prints a line an epoch.
    callbacks : tuple of keras.callbacks.Callback
        Called as Keras does.
    """

    epochs: int
    batch_size: object
    patience: int | None
    by_accuracy: bool
    average: bool
    verbose: int
    callbacks: tuple


def train_network(learnt, sample, held, settings, rng, seed):
    """Train a network from where `learnt` stands.

    Parameters
    ----------
    learnt : Learnt
        Network, initial weights, units of features and targets.
    sample : Sample
        Training rows.
    held : Sample or None
        Validation rows.
    settings : TrainingSettings
        How to train.
    rng : numpy.random.RandomState
        Draws the order of rows.
    seed : int
        Decides dropout masks.

    Returns
    -------
    mlpkit.training.Outcome
    """
    from mlpkit import training
    from mlpkit.backend import tf
    from mlpkit.keras_network import seeded

    network = learnt.network

    def make_program():
        with seeded(seed):  # Keras draws from Python's generator, even for what is set later
            return network.make_program()

    rows = _rows(learnt, sample)
    held_rows = None if held is None else _rows(learnt, held)
    # A network that scales its own outputs has its targets in their own units already.
    units = network.metric_units(learnt.targets)
    plan = training.Plan(
        epochs=settings.epochs,
        batch_size=_batch_size(settings.batch_size, len(sample)),
        rng=rng,
        patience=settings.patience,
        by_accuracy=settings.by_accuracy,
        average=settings.average,
        verbose=settings.verbose,
        callbacks=settings.callbacks,
        units=tuple(tf.constant(v, network.dtype) for v in (units.scale, units.offset)),
    )
    keep = not settings.callbacks
    with training.borrowed(network.key, make_program, keep=keep) as program:
        program.start(
            learnt.weights,
            seed_states=network.seed_states(seed),
            learning_rate=network.learning_rate,
            optimizer_state=learnt.optimizer_state,
        )
        return training.train(program, rows, held_rows, plan)


def _batch_size(size, n_rows):
    return min(auto_batch_size(n_rows) if isinstance(size, str) else int(size), n_rows)


def _rows(learnt, sample):
    """Put a sample on the device, in the network's units."""
    from mlpkit.training import make_rows

    features, network = learnt.features, learnt.network
    X, y = network.stored(sample.X), sample.y
    if not np.issubdtype(y.dtype, np.integer):
        y = network.scaled_targets(y, learnt.targets)
    if hasattr(X, "indptr"):
        units = features.offset, 1 / features.scale
        return make_rows(X, y, sample.weight, network.dtype, *units)
    X = network.shaped(features.apply(X, network.dtype))
    return make_rows(X, y, sample.weight, network.dtype)
