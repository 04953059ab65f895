"""From samples and settings to a run of the training engine."""

import math
from dataclasses import dataclass, field, replace

from mlpkit.devices import Placement
from mlpkit.devices.sharing import warn_of_shared_gpu
from mlpkit.errors import InvalidParameterError
from mlpkit.estimators.dataset_samples import DatasetSample
from mlpkit.estimators.learnt import Sample
from mlpkit.estimators.placing import engine_rows
from mlpkit.estimators.widening import cut_back, filled_up, widened


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
    selects_by : str or None
        The figure of the validation rows that decides which epoch is best, see
        `mlpkit.training.Epochs`; None for the loss alone.
    average : bool
        Whether the running average of the weights is kept.
    jit_compile : bool or "auto"
        Whether XLA compiles the epochs.
    verbose : int
        1 prints a line an epoch.
    callbacks : tuple of keras.callbacks.Callback
        Called as Keras does.
    goes_on : bool
        Whether training may go on from where it ends.
    placement : Placement
        Where it is trained.
    schedules : dict of str to (str or callable), default={}
        What follows a schedule, see `mlpkit.training.Plan`.
    horizon : int, default=None
        Epochs over which schedules run; None takes `epochs`.
    last_best : bool, default=False
        Whether the last of several equally good epochs is the best, in place of the first.
    score : callable, default=None
        ``score(weights)`` gives an epoch's score where `selects_by` is "score".
    deadline : float, default=inf
        When training is to end, as ``time.monotonic`` tells it.
    """

    epochs: int
    longest: int
    n_rows: int
    batch_size: object
    patience: int | None
    validates: bool
    selects_by: str | None
    average: bool
    jit_compile: object
    verbose: int
    callbacks: tuple
    goes_on: bool
    placement: Placement
    schedules: dict = field(default_factory=dict)
    horizon: int | None = None
    last_best: bool = False
    score: object = None
    deadline: float = math.inf


def train_network(learnt, sample, held, settings, rng, seed, backups, interrupts):
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
    backups : RunBackups or None
        Keeps the state between epochs.
    interrupts : Interrupts
        Tells when somebody wants training to end.

    Returns
    -------
    mlpkit.training.Outcome
    """
    with settings.placement.scope():
        return _train(learnt, sample, held, settings, rng, seed, backups, interrupts)


def _train(learnt, sample, held, settings, rng, seed, backups, interrupts):
    from mlpkit import training

    if not (settings.placement.device or "").startswith("/CPU"):
        warn_of_shared_gpu()
    network = learnt.network
    replicas = training.replicas_of(settings.placement.strategy)
    batch_size = _batch_size(settings.batch_size, sample)
    compiled = _is_compiled(network, sample, settings, batch_size)
    rows, held_rows = engine_rows(
        learnt, sample, held, settings.n_rows, batch_size, compiled, replicas
    )
    # What goes on later keeps its shapes, and those of the optimizer's variables.
    shared = compiled and not (settings.goes_on or settings.callbacks)
    wide = widened(network) if shared else network
    program = _program(wide, settings, seed, batch_size, compiled, shared, rows, held_rows)
    state = program.start(
        learnt.weights if wide is network else filled_up(learnt.weights, wide),
        seed_states=network.seed_states(seed),
        learning_rate=network.learning_rate,
        own_rate=network.own_rate,
        optimizer_state=learnt.optimizer_state,
        average=settings.average,
        stops=settings.patience is not None,
    )
    plan = _plan(learnt, wide, sample, settings, rng, backups, interrupts)
    outcome = training.train(program, state, rows, held_rows, plan)
    if wide is network:
        return outcome
    return replace(outcome, weights=cut_back(outcome.weights, learnt.weights))


def _plan(learnt, wide, sample, settings, rng, backups, interrupts):
    from mlpkit.backend import tf
    from mlpkit.training import Plan

    network = learnt.network
    # A network that scales its own outputs has its targets in their own units already.
    units = network.metric_units(learnt.targets)
    return Plan(
        epochs=settings.epochs,
        rng=rng,
        validates=settings.validates,
        patience=settings.patience,
        verbose=settings.verbose,
        callbacks=settings.callbacks,
        settings=network.settings,
        units=tuple(tf.constant(v, network.dtype) for v in (units.scale, units.offset)),
        backups=backups,
        interrupts=interrupts,
        order=getattr(sample, "order", None),
        schedules=settings.schedules,
        horizon=settings.horizon,
        score=_score(learnt, settings, wide),
        deadline=settings.deadline,
    )


def _score(learnt, settings, wide):
    """Give what scores the weights of a program, which may be filled up."""
    score = settings.score
    if score is None or not settings.validates or wide is learnt.network:
        return score if settings.validates else None
    return lambda weights: score(cut_back(weights, learnt.weights))


def _program(network, settings, seed, batch_size, compiled, shared, rows, held):
    """Find the program of this shape, or make it; one that callbacks look into is made for them."""
    from mlpkit import training
    from mlpkit.keras_network import seeded

    placement = settings.placement
    options = dict(
        batch_size=batch_size, compiled=compiled, masks=compiled and network.mixes_rows,
        selects_by=settings.selects_by, last_best=settings.last_best,
        replicas=training.replicas_of(placement.strategy),
        scheduled=tuple(sorted(settings.schedules)),
    )  # fmt: skip
    shown = bool(settings.callbacks)
    any_width = options["any_width"] = not (compiled or shown) and network.takes_any_width
    small = network.n_parameters <= training.JOINED_WEIGHTS
    joins = shared and small and network.joins_weights

    def make():
        with seeded(seed):  # Keras draws from Python's generator, even for what is set later
            step = network.make_step(shown=shown, any_width=any_width, joins=joins)
            return training.Program(step, **options)

    key = None if shown else network.key(any_width=any_width)
    if key is not None:
        layouts = tuple(part and part.layout(compiled) for part in (rows, held))
        stops = settings.patience is not None
        key = (
            key, *options.values(), joins, *layouts, settings.average, stops, placement.device
        )  # fmt: skip
    return training.cached_program(key, make)


def _is_compiled(network, sample, settings, batch_size):
    """Tell whether XLA compiles this fit, from its sizes and its network alone."""
    from mlpkit.training import compiling_pays

    wanted = settings.jit_compile
    if isinstance(wanted, str):
        sizes = settings.n_rows, batch_size, settings.longest, network.n_parameters
        wanted = compiling_pays(*sizes)
    if not wanted:
        return False
    sparse = isinstance(sample, Sample) and hasattr(sample.X, "indptr")
    reason = "a sparse X, whose batches have no fixed shape" if sparse else network.uncompilable
    if settings.placement.strategy is not None:
        reason = "several replicas, which train as a graph"
    if reason and settings.jit_compile is True:
        raise InvalidParameterError(f"jit_compile must be 'auto' or False for {reason}. Got True.")
    return reason is None


def _batch_size(size, sample):
    if isinstance(sample, DatasetSample):
        return sample.table.batch_size
    n_rows = sample.n_drawn
    return min(auto_batch_size(n_rows) if isinstance(size, str) else int(size), n_rows)
