"""What all four estimators share: one way from a table to fitted weights, and back."""

import contextlib
import copy
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from mlpkit.checks import check_parameters
from mlpkit.errors import InvalidParameterError
from mlpkit.estimators import inputs
from mlpkit.scaling import Affine, fit_feature_units, identity
from mlpkit.tasks import infer_task

EARLY_STOPPING_ROWS = 500  # "auto" holds rows back for validation from this many rows on


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


@dataclass
class Sample:
    """Rows of one kind: features, encoded targets, weights."""

    X: object
    y: np.ndarray
    weight: np.ndarray

    def __len__(self):
        return self.X.shape[0]

    def take(self, rows):
        """Give some of the rows."""
        return Sample(self.X[rows], self.y[rows], self.weight[rows])


@contextlib.contextmanager
def _all_or_nothing(estimator):
    """Put an estimator's attributes back when a fit fails, so that nothing is half fitted."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def auto_batch_size(n_rows):
    """Give the batch size for a number of training rows, as measured on real tables.

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


class BaseNetworkEstimator(BaseEstimator):
    """The way from a table to fitted weights; subclasses say what the network is.

    A subclass has ``_kind`` ("classification" or "regression"), ``_rules`` for its parameters, and
    ``_make_network(task, n_features, seed)``.
    """

    _kind = None
    _rules = {}

    def fit(
        self, X, y, sample_weight=None, X_val=None, y_val=None, sample_weight_val=None
    ):
        """Train the network.

        Parameters
        ----------
        X : array-like or CSR/CSC matrix of shape (n_samples, n_features)
            Numbers only; NumPy array, pandas or Polars DataFrame, or list.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            A row of weight 2 counts as that row twice, a row of weight 0 as its absence.
        X_val, y_val : array-like, default=None
            Validation rows for early stopping, in place of a share of `X`. In a Pipeline, say
            ``Pipeline(..., transform_input=["X_val"])`` to have them transformed too.
        sample_weight_val : array-like, default=None
            Weights of the validation rows.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameterError
            When parameters break their rules; all of them are listed.
        TargetError
            When the target cannot be learnt as it is.
        TrainingDivergedError
            When the loss becomes NaN or infinite; the estimator is left as it was before.
        """
        validation = (X_val, y_val, sample_weight_val)
        go_on = bool(self.warm_start) and hasattr(self, "_learnt")
        return self._fit(X, y, sample_weight, validation, go_on=go_on)

    def _fit(self, X, y, sample_weight, validation=(None,) * 3, *, go_on, classes=None, once=False):
        self._check_training_parameters(validation)
        with _all_or_nothing(self):
            X, y, weight = self._present_rows(X, y, sample_weight, reset=not go_on)
            task = self._fitted_task(y, classes) if go_on else self._task(y, classes, once)
            weight = self._weighted(task, y, weight)
            rng = self._generator(go_on)
            # The first draw, as in the factories: equal random_state, equal initial weights.
            seed = int(rng.randint(2**31 - 1))
            network = self._make_network(task, X.shape[1], seed)
            sample = Sample(X, network.encode(y), weight)
            sample, held = self._validation(sample, task, y, validation, network, rng, once)
            learnt = self._continued(network) if go_on else self._started(network, sample, seed)
            outcome = self._train(learnt, sample, held, rng, seed, once)
            self._remember(task, learnt, outcome, rng, once)
        return self

    def _present_rows(self, X, y, sample_weight, *, reset):
        """Give checked features, targets and weights; a row of weight 0 is not there."""
        X = inputs.check_features(self, X, reset=reset)
        if y is None:
            infer_task(None)
        check_consistent_length(X, y)
        weight = inputs.check_weight(sample_weight, X)
        y = self._target(y)
        present = np.flatnonzero(weight)
        if len(present) == len(weight):
            return X, y, weight
        return X[present], y[present], weight[present]

    def _check_training_parameters(self, validation):
        parameters = self.get_params(deep=False)
        more = []
        X_val, y_val, sample_weight_val = validation
        if (X_val is None) != (y_val is None):
            more.append("X_val and y_val must be given together. Got only one of them.")
        if sample_weight_val is not None and X_val is None:
            more.append("sample_weight_val needs X_val and y_val. Got no X_val.")
        check_parameters(parameters, self._rules, *more)

    def _target(self, y):
        """Give `y` as an array; a sparse indicator becomes dense."""
        return y.toarray() if hasattr(y, "toarray") else np.asarray(y)

    def _task(self, y, classes, once):
        """Tell what kind of target `y` is; `classes` are those named to partial_fit."""
        return infer_task(y, self._kind)

    def _fitted_task(self, y, classes):
        """Give the fitted task, with `y` held against it."""
        infer_task(y, self._kind)  # refuses missing values and text
        return self.task_

    def _weighted(self, task, y, weight):
        return weight

    def _generator(self, go_on):
        kept = self._learnt.rng if go_on else None
        # A copy, so that a fit that fails leaves the one kept as it was.
        return check_random_state(self.random_state) if kept is None else copy.deepcopy(kept)

    def _started(self, network, sample, seed):
        """Give initial weights and the units of features and targets, from training rows alone."""
        from mlpkit.keras_network import seeded

        features = identity(sample.X.shape[1])
        if self.standardize:
            features = fit_feature_units(sample.X, sample.weight)
        targets = network.target_units(sample.y, sample.weight, standardize=self.standardize)
        with seeded(seed):
            weights = network.initial_weights(seed)
        return Learnt(network, weights, features, targets)

    def _continued(self, network):
        """Give what was learnt before, to be trained on by the network as it is set now."""
        if not self._goes_on(network):
            raise InvalidParameterError(
                "Training can go on only with the same architecture. Parameters that shape the "
                "network have changed since it was fitted: set them back, or fit a clone."
            )
        return replace(self._learnt, network=network)

    def _goes_on(self, network):
        """Tell whether the weights learnt before mean the same in this network."""
        return network.meaning == self._learnt.network.meaning

    def _validation(self, sample, task, y, validation, network, rng, once):
        """Give training rows and validation rows; None where nothing is validated."""
        X_val, y_val, sample_weight_val = validation
        if X_val is not None:
            X_val = inputs.check_features(self, X_val, reset=False)
            check_consistent_length(X_val, y_val)
            weight = inputs.check_weight(sample_weight_val, X_val)
            y_val = self._target(y_val)
            encoded = network.encode(y_val)  # refuses unknown classes before they are weighted
            return sample, Sample(X_val, encoded, self._weighted(task, y_val, weight))
        stops = self.early_stopping
        if stops == "auto":
            stops = len(sample) >= EARLY_STOPPING_ROWS
        if once or not stops:
            return sample, None
        classes = None
        if task.name in ("binary", "multiclass"):
            classes = np.searchsorted(task.classes, y.ravel())
        train, held = inputs.split_rows(len(sample), self.validation_fraction, classes, rng)
        return sample.take(train), sample.take(held)

    def _train(self, learnt, sample, held, rng, seed, once):
        from mlpkit import training
        from mlpkit.backend import tf
        from mlpkit.keras_network import seeded

        def make_program():
            with seeded(seed):  # Keras draws from Python's generator, even for what is set later
                return network.make_program()

        callbacks = self._callbacks()
        network = learnt.network
        rows, held_rows = (
            None if part is None else self._rows(learnt, part) for part in (sample, held)
        )
        dtype = network.dtype
        # A network that scales its own outputs has its targets in their own units already.
        units = network.metric_units(learnt.targets)
        stops = held is not None and bool(self.early_stopping)
        plan = training.Plan(
            epochs=1 if once else int(self.epochs),
            batch_size=self._batch_size(len(sample)),
            rng=rng,
            patience=int(self.patience) if stops else None,
            average=bool(self.average) and not once,
            verbose=int(self.verbose),
            callbacks=callbacks,
            units=(tf.constant(units.scale, dtype), tf.constant(units.offset, dtype)),
        )
        with training.borrowed(network.key, make_program, keep=not callbacks) as program:
            program.start(
                learnt.weights,
                seed_states=network.seed_states(seed),
                learning_rate=network.learning_rate,
                optimizer_state=learnt.optimizer_state,
            )
            return training.train(program, rows, held_rows, plan)

    def _callbacks(self):
        if self.callbacks is None:
            return ()
        return tuple(self.callbacks) if isinstance(self.callbacks, list | tuple) else (
            self.callbacks,
        )

    def _rows(self, learnt, sample):
        from mlpkit.training import make_rows

        features, dtype = learnt.features, learnt.network.dtype
        y = sample.y
        if not np.issubdtype(y.dtype, np.integer):
            y = learnt.network.scaled_targets(y, learnt.targets)
        if hasattr(sample.X, "indptr"):
            return make_rows(
                sample.X, y, sample.weight, dtype, features.offset, 1 / features.scale
            )
        X = learnt.network.shaped(features.apply(sample.X, dtype))
        return make_rows(X, y, sample.weight, dtype)

    def _batch_size(self, n_rows):
        size = auto_batch_size(n_rows) if self.batch_size == "auto" else int(self.batch_size)
        return min(size, n_rows)

    def _remember(self, task, learnt, outcome, rng, once):
        """Set the learnt attributes, all at once, after everything has gone well."""
        goes_on = once or self.warm_start
        self._learnt = replace(
            learnt,
            weights=outcome.weights,
            optimizer_state=outcome.optimizer_state if goes_on else None,
            rng=rng if goes_on else None,
        )
        earlier = getattr(self, "history_", {}) if once else {}
        self.history_ = {
            name: [*earlier.get(name, []), *values] for name, values in outcome.history.items()
        }
        self.n_iter_ = len(self.history_["loss"])
        self.best_epoch_ = self.n_iter_ if once else outcome.best_epoch
        self.task_ = task
        self.n_outputs_ = task.n_outputs
        if task.is_classification:
            self.classes_ = task.classes
        self._forget_model()

    def _forget_model(self):
        self.__dict__.pop("_model", None)

    def _partial_fit(self, X, y, sample_weight, classes=None):
        go_on = hasattr(self, "_learnt")
        return self._fit(X, y, sample_weight, go_on=go_on, classes=classes, once=True)

    def _outputs(self, X):
        """Give the network's outputs for rows, in the target's units."""
        check_is_fitted(self)
        X = inputs.check_features(self, X, reset=False)
        learnt = self._learnt
        network = learnt.network
        step = network.block_rows()
        blocks = []
        for start in range(0, X.shape[0], step):
            rows = X[start : start + step]
            rows = rows.toarray() if hasattr(rows, "toarray") else rows
            ready = network.shaped(learnt.features.apply(rows, network.dtype))
            blocks.append(self._forward(ready))
        return learnt.targets.undo(np.concatenate(blocks))

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_learnt")

    def __getstate__(self):
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_model"}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        return tags
