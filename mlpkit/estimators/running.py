"""From samples and settings to a run of the training engine."""

from dataclasses import dataclass

import numpy as np

from mlpkit.errors import InvalidParameterError


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
        Epochs of this run, at most.
    longest : int
        Epochs that the estimator would train at most; decides with `n_rows` whether compiling pays.
    n_rows : int
        Rows the estimator was given, of which some may be held back in this run.
    batch_size : int or "auto"
        Rows a step.
    patience : int or None
        Epochs without improvement before training stops; None for no early stopping.
    validates : bool
        Whether the validation rows are looked at.
    by_accuracy : bool
        Whether the best epoch is the one of the highest validation accuracy.
    average : bool
        Whether the running average of the weights is kept.
    jit_compile : bool or "auto"
        Whether XLA compiles the epochs.
    verbose : int
        1 prints a line an epoch.
    callbacks : tuple of keras.callbacks.Callback
        Called as Keras does.
    """

    epochs: int
    longest: int
    n_rows: int
    batch_size: object
    patience: int | None
    validates: bool
    by_accuracy: bool
    average: bool
    jit_compile: object
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

    network = learnt.network
    batch_size = _batch_size(settings.batch_size, len(sample))
    compiled = _is_compiled(network, sample, settings, batch_size)
    rows = _rows(learnt, sample, training.bucket(settings.n_rows) if compiled else None)
    held_rows = None
    if held is not None:
        filled = training.evaluation_bucket(len(held)) if compiled else None
        held_rows = _rows(learnt, held, filled)
    program = _program(network, settings, seed, batch_size, compiled, rows, held_rows)
    state = program.start(
        learnt.weights,
        seed_states=network.seed_states(seed),
        learning_rate=network.learning_rate,
        own_rate=network.own_rate,
        optimizer_state=learnt.optimizer_state,
        average=settings.average,
        stops=settings.patience is not None,
    )
    # A network that scales its own outputs has its targets in their own units already.
    units = network.metric_units(learnt.targets)
    plan = training.Plan(
        epochs=settings.epochs,
        rng=rng,
        validates=settings.validates,
        patience=settings.patience,
        verbose=settings.verbose,
        callbacks=settings.callbacks,
        settings=network.settings,
        units=tuple(tf.constant(v, network.dtype) for v in (units.scale, units.offset)),
    )
    return training.train(program, state, rows, held_rows, plan)


def _program(network, settings, seed, batch_size, compiled, rows, held):
    """Find the program of this shape, or make it; one that callbacks look into is made for them."""
    from mlpkit import training
    from mlpkit.keras_network import seeded

    options = dict(
        batch_size=batch_size, compiled=compiled, masks=compiled and network.mixes_rows,
        by_accuracy=settings.by_accuracy,
    )  # fmt: skip
    shown = bool(settings.callbacks)

    def make():
        with seeded(seed):  # Keras draws from Python's generator, even for what is set later
            return training.Program(network.make_step(shown=shown), **options)

    key = None if shown else network.key
    if key is not None:
        layouts = tuple(part and part.layout(compiled) for part in (rows, held))
        stops = settings.patience is not None
        key = (key, *options.values(), *layouts, settings.average, stops)
    return training.cached_program(key, make)


def _is_compiled(network, sample, settings, batch_size):
    """Tell whether XLA compiles this fit, from its sizes and its network alone."""
    from mlpkit.training import compiling_pays

    if settings.jit_compile is False:
        return False
    sparse = hasattr(sample.X, "indptr")
    reason = "a sparse X, whose batches have no fixed shape" if sparse else network.uncompilable
    if settings.jit_compile is True and reason:
        raise InvalidParameterError(f"jit_compile must be 'auto' or False for {reason}. Got True.")
    return reason is None and compiling_pays(settings.n_rows, batch_size, settings.longest)


def _batch_size(size, n_rows):
    return min(auto_batch_size(n_rows) if isinstance(size, str) else int(size), n_rows)


def _rows(learnt, sample, n_filled):
    """Put a sample on the device, in the network's units and filled up to a program's shape."""
    from mlpkit.training import empty, fill_up, make_rows

    features, network = learnt.features, learnt.network
    X, y = network.stored(sample.X), sample.y
    if not np.issubdtype(y.dtype, np.integer):
        y = network.scaled_targets(y, learnt.targets)
    if hasattr(X, "indptr"):
        units = features.offset, 1 / features.scale
        return make_rows(X, y, sample.weight, network.dtype, *units)
    ready = empty((n_filled or len(sample), X.shape[1]), network.dtype)
    features.apply(X, network.dtype, rows=sample.rows, out=ready)
    fill_up(ready, len(sample))
    return make_rows(network.shaped(ready), y, sample.weight, network.dtype, n_filled=n_filled)
