"""What all four estimators share: one way from a table to fitted weights, and back."""

import copy
import time
from dataclasses import replace
from functools import partial

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from mlpkit.checks import all_or_nothing, check_parameters
from mlpkit.devices import place
from mlpkit.encoding import TabularEncoder
from mlpkit.errors import InvalidParameterError
from mlpkit.estimators import inputs
from mlpkit.estimators.backing import fit_backups
from mlpkit.estimators.dataset_samples import dataset_sample
from mlpkit.estimators.datasets import DatasetTable, dataset_table, is_dataset
from mlpkit.estimators.describing import described_fit
from mlpkit.estimators.learnt import Learnt, Sample
from mlpkit.estimators.phases import train_phases, trains_again, warn_if_interrupted
from mlpkit.estimators.rules import validation_problems
from mlpkit.estimators.team import team_of
from mlpkit.estimators.training_parameters import TrainingParameters
from mlpkit.estimators.validation import read_validation, split
from mlpkit.inference import run_blocks
from mlpkit.processes import check_fork
from mlpkit.scaling import identity
from mlpkit.tasks import infer_task
from mlpkit.tasks.targets import checked_target


class BaseNetworkEstimator(TrainingParameters, BaseEstimator):
    """The way from a table to fitted weights; subclasses say what the network is.

    A subclass has ``_kind`` ("classification" or "regression"), ``_rules`` for its parameters, and
    ``_make_network(task, n_features, seed)``.
    """

    _kind = None
    _rules = {}

    def fit(self, X, y=None, sample_weight=None, X_val=None, y_val=None, sample_weight_val=None):
        """Train the network.

        Parameters
        ----------
        X : array-like or CSR/CSC matrix of shape (n_samples, n_features), or tf.data.Dataset
            NumPy array, pandas or Polars DataFrame, or list. Anything but finite numbers goes
            through an encoder first, unless ``encode=False`` refuses it; sparse matrices and
            datasets hold numbers only. A dataset of batches (x, y) or (x, y, sample_weight) is
            trained on batch by batch, in the order it has; it is gone through once before, for
            the standardisation and the classes. `stream_csv` and `stream_parquet` make one from
            files of any size.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets; None with a dataset.
        sample_weight : array-like of shape (n_samples,), default=None
            A row of weight 2 counts as that row twice, a row of weight 0 as its absence.
        X_val, y_val : array-like, default=None
            Validation rows for early stopping, in place of a share of `X`; a dataset brings its
            own targets. In a Pipeline, say
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
        BackupError
            When `backup_dir` holds backups of another fit, damaged ones only, or is in use.

        Warns
        -----
        TrainingInterruptedWarning
            When Ctrl-C ends training after the running epoch: what was learnt till then is kept.
            A second one, as in a search over several fits, interrupts at once.
        """
        validation = (X_val, y_val, sample_weight_val)
        go_on = bool(self.warm_start) and hasattr(self, "_learnt")
        return self._fit(X, y, sample_weight, validation, go_on=go_on)

    def _fit(self, X, y, sample_weight, validation=(None,) * 3, *, go_on, classes=None, once=False):
        began = time.monotonic()
        check_fork()
        self._check_training_parameters(validation)
        team = team_of(place(self.device))
        with all_or_nothing(self), fit_backups(self, team, once=once) as backups:
            X, y, weight, validation = self._agreed_rows(
                team, X, y, sample_weight, validation, reset=not go_on
            )
            rng = team.shared(self._generator(go_on))
            backups.begin(rng)
            # The first draw, as in the factories: equal random_state, equal initial weights.
            seed = int(rng.randint(2**31 - 1))
            with team.ready():
                task = self._fitted_task(y, classes) if go_on else self._task(y, classes, once)
                weigh = self._weighing(task, y, weight)
                network = self._make_network(task, X.shape[1], seed)
                sample = self._sample(network, X, y, weigh(y, weight), weigh)
                train, held = self._split(sample, task, y, validation, network, rng, once)
                learnt = self._continued(network) if go_on else self._started(network, train, seed)
            before = self._learnt if go_on else None
            backups.identify(lambda: described_fit(self, task, sample, held, before))
            settings = self._training_settings(len(sample), held is not None, once, team)
            settings = self._limited(settings, learnt, held, began)
            again = None
            if trains_again(self.early_stopping, train, sample, settings):
                again = sample, partial(self._restarted, learnt, sample, seed, go_on)
            with team.alive():
                learnt, outcome = train_phases(
                    learnt, train, held, settings, rng, seed, backups, again
                )
            learnt = self._finished(learnt, outcome, train, held)
            self._remember(task, learnt, outcome, rng, once)
            if outcome.interrupted and not self.warm_start:  # which goes on by itself
                backups.keep()
        warn_if_interrupted(self, outcome, settings, backups)
        return self

    def _agreed_rows(self, team, X, y, sample_weight, validation, *, reset):
        """Give checked rows and validation rows, which all processes have alike or pool."""
        with team.ready():
            X, y, weight = self._present_rows(X, y, sample_weight, reset=reset)
            validation = read_validation(self, *validation, keeps=team.is_alone)
        if isinstance(X, DatasetTable):
            team.pool(X)
            y, weight = self._target(X.y), X.weight
        if isinstance(validation[0], DatasetTable):
            team.pool(validation[0])
        team.check_same(self.get_params(deep=False), X, y, weight, *validation)
        return X, y, weight, validation

    def _present_rows(self, X, y, sample_weight, *, reset):
        """Give checked features, targets and weights; a row of weight 0 is not there."""
        if is_dataset(X):
            table = dataset_table(self, X, y, sample_weight, reset=reset)
            return table, self._target(table.y), table.weight
        X = inputs.check_features(self, X, reset=reset, weight=sample_weight)
        if y is None:
            infer_task(None)
        check_consistent_length(X, y)
        weight = inputs.check_weight(sample_weight, X)
        y = self._target(y)
        present = np.flatnonzero(weight)
        if len(present) == len(weight):
            return X, y, weight
        return X[present], y[present], weight[present]

    def _sample(self, network, X, y, weight, weigh):
        if isinstance(X, DatasetTable):
            return dataset_sample(X, network, self._target, weigh)
        return Sample(X, network.encode(y), weight)

    def _split(self, sample, task, y, validation, network, rng, once):
        """Give training rows, and validation rows or None."""
        return split(self, sample, task, y, validation, network, rng, once)

    def _encoder(self):
        """Give an unfitted encoder for tables as they are, None where X must be numbers."""
        encode = getattr(self, "encode", False)
        return TabularEncoder() if encode is True or encode == "auto" else None

    def _check_training_parameters(self, validation):
        more = validation_problems(*validation)
        check_parameters(self.get_params(deep=False), self._rules, *more)

    def _target(self, y):
        """Give `y` as a dense array with nothing missing."""
        return checked_target(y)

    def _task(self, y, classes, once):
        """Tell what kind of target `y` is; `classes` are those named to partial_fit."""
        return infer_task(y, self._kind)

    def _fitted_task(self, y, classes):
        """Give the fitted task, with `y` held against it."""
        infer_task(y, self._kind)  # refuses missing values and text
        return self.task_

    def _weighing(self, task, y, weight):
        """Give the function that multiplies rows' weights by those of their classes."""
        return lambda y, weight: weight

    def _generator(self, go_on):
        kept = self._learnt.rng if go_on else None
        # A copy, so that a fit that fails leaves the one kept as it was.
        return check_random_state(self.random_state) if kept is None else copy.deepcopy(kept)

    def _started(self, network, sample, seed):
        """Give initial weights and the units of features and targets, from training rows alone."""
        from mlpkit.keras_network import seeded

        features = sample.feature_units() if self.standardize else identity(sample.n_features)
        targets = network.target_units(sample, standardize=self.standardize)
        with seeded(seed):
            weights = network.initial_weights(seed)
        return Learnt(network, weights, features, targets)

    def _restarted(self, learnt, sample, seed, go_on):
        """Give what all rows are learnt from, in their own units."""
        if go_on:
            return learnt
        return replace(self._started(learnt.network, sample, seed), weights=learnt.weights)

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

    def _finished(self, learnt, outcome, train, held):
        """Give what was learnt, with what is found in the validation rows once it is."""
        return learnt

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

    def _predicted(self, X, finish, **options):
        """Give ``finish(outputs)`` for rows, block by block; outputs are in the target's units."""
        if "_learnt" not in vars(self):
            check_is_fitted(self)
        if getattr(self, "encoder_", None) is None and inputs.is_plain(self, X):
            # What scikit-learn's validation takes is many times what a row does. Only rows whose
            # sum is not finite go through it, for the error it gives.
            options["doubt"] = partial(inputs.check_features, self, reset=False)
        else:
            X = inputs.check_features(self, X, reset=False)
        return run_blocks(self._learnt.forward, X, finish, **options)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_learnt")

    def __getstate__(self):
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_model"}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        encodes = self._encoder() is not None
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = encodes
        tags.target_tags.multi_output = True
        return tags
