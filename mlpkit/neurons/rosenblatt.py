"""Rosenblatt's Perceptron with the book's learning rule, every mistake written down."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from mlpkit import activations
from mlpkit.checks import (
    all_or_nothing,
    boolean,
    check_parameters,
    instance_of,
    integer,
    none,
    number,
    one_of,
)

_MOST_RECORDED = 2_000_000  # numbers in `updates_`
_LEAST, _MOST = 16, 1024  # rows looked at in one product, in search of the next mistake

_RULES = {
    "eta0": number(0, closed="right"),
    "max_epochs": integer(1),
    "step": one_of("heaviside", "sgn"),
    "shuffle": boolean(),
    "random_state": none()
    | integer(0, 2**32 - 1)
    | instance_of("be a NumPy RandomState", "RandomState"),
}


class RosenblattPerceptron(ClassifierMixin, BaseEstimator):
    """Perceptron: a layer of threshold logic units that learns from its mistakes, row by row.

    The weights start at 0. For each row in turn, each output j that is wrong moves its weights by
    ``eta0 * (y_j - ŷ_j) * x``, the bias as the weight of an input that is always 1; training ends
    after a pass without a mistake. Where a plane separates the classes with margin γ (of rows with
    the 1, the normal of length 1) and R is the longest row, each output makes at most (R/γ)²
    mistakes with "heaviside", and 9/8 of that with "sgn", whose 0 counts as half a mistake.

    Parameters
    ----------
    eta0 : float, default=1.0
        Learning rate. As the weights start at 0 it scales them and changes no prediction.
    max_epochs : int, default=1000
        Passes over the rows, at most.
    step : {"heaviside", "sgn"}, default="heaviside"
        Step of the outputs; the targets are 0 and 1, or -1 and 1.
    shuffle : bool, default=False
        Whether each pass takes the rows in another order.
    random_state : int, RandomState instance or None, default=None
        Seed of the orders.

    Attributes
    ----------
    coef_ : ndarray of shape (n_outputs, n_features)
        Weights: an output for two classes, one a class for several (one against the rest), one a
        label for multilabel targets.
    intercept_ : ndarray of shape (n_outputs,)
        Biases.
    classes_ : ndarray of shape (n_classes,)
        The classes; the labels' numbers for multilabel targets.
    n_iter_ : int
        Passes over the rows.
    converged_ : bool
        Whether the last pass was without a mistake.
    errors_per_epoch_ : ndarray of shape (n_iter_,)
        Mistakes in each pass, over all outputs.
    n_updates_ : int
        Mistakes in all, each of which moved the weights of one output.
    updates_ : ndarray of shape (n_recorded,)
        Structured: `epoch`, `row`, `output`, `error` (y - ŷ) and `weights`, the output's after the
        update, its bias first. The first updates, as many as 2,000,000 numbers hold.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    References
    ----------
    A. Géron, Hands-On Machine Learning, equation 10-3. A. Novikoff, "On Convergence Proofs for
    Perceptrons", 1962.

    Examples
    --------
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], ["no", "no", "no", "yes"]
    >>> perceptron = RosenblattPerceptron().fit(X, y)
    >>> perceptron.predict(X).tolist(), perceptron.errors_per_epoch_.tolist()
    (['no', 'no', 'no', 'yes'], [2, 3, 3, 2, 1, 0])
    >>> perceptron.coef_, perceptron.intercept_
    (array([[2., 1.]]), array([-3.]))
    """

    def __init__(
        self, eta0=1.0, max_epochs=1000, step="heaviside", shuffle=False, random_state=None
    ):
        self.eta0 = eta0
        self.max_epochs = max_epochs
        self.step = step
        self.shuffle = shuffle
        self.random_state = random_state

    def fit(self, X, y):
        """Learn from rows, one at a time, until a pass is without a mistake.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Classes, or zeros and ones of several labels.

        Returns
        -------
        self

        Raises
        ------
        InvalidParameterError
            When parameters break their rules; all of them are listed.
        ValueError
            When rows or targets cannot be learnt, or the weights overflow.

        Warns
        -----
        ConvergenceWarning
            When every pass up to `max_epochs` had a mistake: no plane may separate the classes.
        """
        check_parameters(self.get_params(deep=False), _RULES)
        with all_or_nothing(self):
            self._learn(X, y)
        if not self.converged_:
            warnings.warn(
                f"Every one of the {self.n_iter_} passes had mistakes, "
                f"{self.errors_per_epoch_[-1]} in the last: no plane may separate the classes, "
                "or max_epochs is too small.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _learn(self, X, y):
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True)
        check_classification_targets(y)
        classes, targets = self._encoded(y)
        run = _Training(X, targets, self.step, float(self.eta0))
        rng = check_random_state(self.random_state)
        order = np.arange(len(X))
        errors = []
        for epoch in range(1, self.max_epochs + 1):
            if self.shuffle:
                rng.shuffle(order)
            with np.errstate(over="ignore", invalid="ignore"):  # it is told below
                errors.append(run.epoch(epoch, order))
            if not np.isfinite(run.weights).all():
                raise ValueError(
                    "The weights have grown beyond what a float holds: X must hold smaller "
                    "numbers, or eta0 must be smaller. Scale the features."
                )
            if not errors[-1]:
                break
        self.classes_, self._multilabel = classes, y.ndim == 2 and y.shape[1] > 1
        self.coef_, self.intercept_ = run.weights[1:].T.copy(), run.weights[0].copy()
        self.errors_per_epoch_ = np.array(errors)
        self.n_updates_, self.updates_ = sum(errors), run.recorded()
        self.n_iter_, self.converged_ = len(errors), not errors[-1]

    def _encoded(self, y):
        """Give the classes, and targets with a column for each output."""
        y = y.toarray() if hasattr(y, "toarray") else y
        if y.ndim == 2 and y.shape[1] > 1:
            if type_of_target(y) != "multilabel-indicator":
                raise ValueError(
                    "y must hold zeros and ones where it has several columns, a column for each "
                    f"label. Got a {type_of_target(y)} target."
                )
            classes, targets = np.arange(y.shape[1]), np.asarray(y, dtype=np.float64)
        else:
            y = y.ravel()
            classes, codes = np.unique(y, return_inverse=True)
            if len(classes) < 2:
                raise ValueError(
                    f"y must hold at least two classes. Got one class only, {classes[0]}."
                )
            several = np.arange(len(classes)) if len(classes) > 2 else np.array([1])
            targets = (codes[:, np.newaxis] == several).astype(np.float64)
        return classes, targets if self.step == "heaviside" else 2 * targets - 1

    def decision_function(self, X):
        """Weighted sums, before the step.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) for two classes, else (n_samples, n_outputs)
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        z = X @ self.coef_.T + self.intercept_
        return z[:, 0] if z.shape[1] == 1 else z

    def predict(self, X):
        """Class of each row, or zeros and ones of its labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Of two classes the second where the step is 1; of several the one with the largest sum.
        """
        z = self.decision_function(X)
        on = (activations.get(self.step)(z) == 1).astype(int)
        if z.ndim == 1:
            return self.classes_[on]
        if self._multilabel:
            return on
        return self.classes_[np.argmax(z, axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        return tags


class _Training:
    """Weights under training, and the record of their updates."""

    def __init__(self, X, targets, step, eta):
        self.X = np.column_stack([np.ones(len(X)), X])  # the bias neuron first
        self.targets, self.step, self.eta = targets, activations.get(step), eta
        n_inputs, n_outputs = self.X.shape[1], targets.shape[1]
        self.weights = np.zeros((n_inputs, n_outputs))
        self.updates, self.room = [], max(1, _MOST_RECORDED // (n_inputs + 4))

    def epoch(self, number, order):
        """Take each row once and give the number of mistakes.

        The rows up to the next mistake need one product: the weights do not move on the way.
        """
        mistakes, place, size = 0, 0, _LEAST
        while place < len(order):
            rows = order[place : place + size]
            wrong = self.targets[rows] - self.step(self.X[rows] @ self.weights)
            first = np.flatnonzero(wrong.any(axis=1))
            if len(first):
                first = first[0]
                mistakes += self._update(number, rows[first], wrong[first])
                place, size = place + first + 1, _LEAST
            else:
                place, size = place + len(rows), min(2 * size, _MOST)
        return mistakes

    def _update(self, epoch, row, errors):
        outputs = np.flatnonzero(errors)
        self.weights += self.eta * np.outer(self.X[row], errors)
        for output in outputs[: self.room - len(self.updates)]:
            weights = self.weights[:, output].copy()
            self.updates.append((epoch, row, output, errors[output], weights))
        return len(outputs)

    def recorded(self):
        """Give the updates as a structured array."""
        kinds = [("epoch", int), ("row", int), ("output", int), ("error", float)]
        kinds.append(("weights", float, (len(self.weights),)))
        return np.array(self.updates, dtype=kinds)
