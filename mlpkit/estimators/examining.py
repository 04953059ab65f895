"""A fitted estimator's network with rows and targets in the units in which it learns."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from mlpkit.estimators import inputs
from mlpkit.scaling import Affine


@dataclass(frozen=True, eq=False)
class Examined:
    """The network of a fitted estimator, and rows for it.

    Parameters
    ----------
    model : keras.Model
        Takes standardised features; its weights are those learnt.
    loss : keras.losses.Loss
        What it was trained with.
    optimizer : keras.optimizers.Optimizer
        A fresh one, with the rate of the fit.
    rows : ndarray of shape (n_samples, ...)
        Standardised features.
    targets : ndarray of shape (n_samples, n_outputs) or None
        Encoded targets, in the network's units.
    features : Affine
        From raw features to standardised ones.
    outputs : Affine
        From the target's own units to the network's.
    """

    model: object
    loss: object
    optimizer: object
    rows: np.ndarray
    targets: np.ndarray | None
    features: Affine
    outputs: Affine


def examined(estimator, X, y=None):
    """Give a fitted estimator's network with rows and targets in its units.

    Parameters
    ----------
    estimator : MLPClassifier, MLPRegressor, KerasClassifier or KerasRegressor
        A fitted one; it is left as it is.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Rows with the columns it was fitted with.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Their targets.

    Returns
    -------
    Examined

    Raises
    ------
    ValueError
        When rows or targets are not as they were in the fit.

    Examples
    --------
    >>> import numpy as np
    >>> from mlpkit.estimators import MLPRegressor
    >>> X, y = np.array([[1.0], [3.0]]), np.array([10.0, 30.0])
    >>> regressor = MLPRegressor(hidden_layer_sizes=(), epochs=1, random_state=0).fit(X, y)
    >>> given = examined(regressor, X, y)
    >>> given.rows.ravel(), given.targets.ravel()
    (array([-1.,  1.]), array([-1.,  1.]))
    """
    check_is_fitted(estimator)
    learnt = estimator._learnt
    network = learnt.network
    X = inputs.check_features(estimator, X, reset=False)
    X = X.toarray() if hasattr(X, "toarray") else X
    targets = None
    if y is not None:
        check_consistent_length(X, y)
        y = estimator._target(y)
        estimator._fitted_task(y, None)
        targets = network.encode(y)
        if not np.issubdtype(targets.dtype, np.integer):  # numbers of classes have no unit
            targets = network.scaled_targets(targets, learnt.targets)
    step = network.make_step(shown=True)
    step.model.set_weights(learnt.weights)
    rate = network.own_rate if network.learning_rate is None else network.learning_rate
    if rate is not None:
        step.optimizer.learning_rate = rate
    rows = network.shaped(learnt.features.apply(X, np.float64))
    units = learnt.features, network.metric_units(learnt.targets)
    return Examined(step.model, step.loss, step.optimizer, rows, targets, *units)
