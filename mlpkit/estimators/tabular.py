"""What the estimators made for tables share: encoding, validation, calibration."""

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize_scalar

from mlpkit.encoding import TabularEncoder
from mlpkit.errors import InvalidParameterError
from mlpkit.estimators.base import BaseNetworkEstimator
from mlpkit.estimators.datasets import is_dataset
from mlpkit.inference.outputs import tempered


class BaseTabular(BaseNetworkEstimator):
    """What the estimators made for tables share."""

    # What training asks of every estimator, and is no parameter of these.
    standardize = early_stopping = encode = True
    warm_start, callbacks, backup_dir = False, None, None

    @property
    def partial_fit(self):
        """Not offered: columns, units and epochs are found in all rows together."""
        raise AttributeError(f"{type(self).__name__} has no partial_fit.")

    def _encoder(self):
        return TabularEncoder()

    def _agreed_rows(self, team, X, y, sample_weight, validation, *, reset):
        if team.placement.strategy is not None:
            raise InvalidParameterError(
                f"device must be one device for {type(self).__name__}. Got {self.device!r}, which "
                "is several; give for instance 'cpu' or 'gpu:0'."
            )
        if is_dataset(X):
            raise InvalidParameterError(
                f"X must be a table for {type(self).__name__}. Got a tf.data.Dataset; give its "
                "rows, or take MLPClassifier or MLPRegressor."
            )
        if hasattr(X, "tocsr"):
            raise InvalidParameterError(
                f"X must be a dense table for {type(self).__name__}, sparse input is not "
                f"supported. Got {type(X).__name__}; give X.toarray(), or take MLPClassifier or "
                "MLPRegressor."
            )
        return super()._agreed_rows(team, X, y, sample_weight, validation, reset=reset)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    def _finished(self, learnt, outcome, train, held):
        """Calibrate: find the temperature at which the rows not learnt are most likely."""
        task, network = learnt.network.task, learnt.network
        wanted = self.calibrate
        if isinstance(wanted, str):
            # Of several networks the mean is predicted, which is less certain than each of them.
            wanted = network.n_networks == 1
        if not (wanted and task.is_classification) or held is None:
            return learnt
        forward = network.forward(replace(learnt, weights=outcome.weights))
        temperature = _temperature(*_judged(forward, held, network.n_networks), task.name)
        return replace(learnt, network=replace(network, temperature=temperature))

    @property
    def spec_(self):
        """The fitted network as a frozen description; print it."""
        return self._fitted().network.spec

    @property
    def temperature_(self):
        """What logits are divided by; 1 where nothing was calibrated."""
        return self._fitted().network.temperature

    @property
    def model_(self):
        """The fitted ensemble as a compiled Keras model of encoded rows.

        Made when first asked for; a copy. It takes what ``encoder_.transform`` gives, and knows
        no temperature.
        """
        learnt = self._fitted()
        if "_model" not in self.__dict__:
            from mlpkit.keras_network import seeded

            with seeded(0):
                self._model = learnt.network.keras_model(learnt)
        return self._model

    def _fitted(self):
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self)
        return self._learnt


def _judged(forward, held, n_networks):
    """Give each validation row's prediction by a network that has not learnt it."""
    from mlpkit.training import EVALUATION_BATCH  # by which `held_order` has arranged them

    present = np.flatnonzero(held.weight)
    rows = present if held.rows is None else held.rows[present]
    chunk = min(EVALUATION_BATCH, len(held))
    network = present % chunk // -(-chunk // n_networks) if n_networks > 1 else 0
    parts = [
        forward.networks(held.X[rows[start : start + forward.block_rows]])
        for start in range(0, len(rows), forward.block_rows)
    ]
    predicted = np.concatenate(parts, axis=1)
    predicted = predicted[network, np.arange(len(rows))]
    return predicted.astype(np.float64), held.y[present], held.weight[present]


def _temperature(predicted, y, weight, task):
    """Give the temperature of the lowest weighted log loss.

    Targets are smoothed by one row in n + 2, as J. Platt (1999) does for probabilities of support
    vector machines: few rows that are all told right would want a temperature of 0.
    """
    rows, least = np.arange(len(y)), np.finfo(np.float64).tiny
    share = 1 / (len(y) + 2)

    def loss(log_temperature):
        p = tempered(predicted, task, float(np.exp(log_temperature)))
        if task == "multiclass":
            values = -np.log(np.maximum(p, least))
            own, others = values[rows, y.ravel()], values.mean(axis=1)
        else:
            p = np.where(y > 0.5, p, 1 - p)
            own, other = (-np.log(np.maximum(q, least)).mean(axis=1) for q in (p, 1 - p))
            others = (own + other) / 2
        return np.average((1 - share) * own + share * others, weights=weight)

    found = minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded")
    return float(np.exp(found.x)) if found.fun < loss(0.0) else 1.0
