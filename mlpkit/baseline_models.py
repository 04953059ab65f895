"""The models to beat: scikit-learn's own, named and ready, each scaled as it needs.

A baseline fixes what must be fixed for a fair and repeatable comparison and leaves the rest at
scikit-learn's defaults.
"""

from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import (
    LogisticRegression,
    Perceptron,
    Ridge,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlpkit.checks import check_parameters, one_of


def baselines(task, *, random_state=0):
    """Give the models an MLP has to beat on a task, unfitted and ready to fit.

    ================================= ========================================================
    name                              model
    ================================= ========================================================
    ``dummy``                         the most frequent class with the classes' shares as
                                      probabilities, or the mean
    ``perceptron``                    Rosenblatt's Perceptron (classes only; no probabilities)
    ``sgd``                           logistic or linear regression by stochastic gradients
    ``logistic_regression``/``ridge`` the linear model at its optimum
    ``sklearn_mlp``                   scikit-learn's MLP with its defaults
    ``hist_gradient_boosting``        gradient boosted trees on histograms
    ================================= ========================================================

    Features are standardised for all but the dummy and the trees; targets too for ``sgd`` and
    ``sklearn_mlp`` on numbers, whose predictions are in the target's own units. With several
    labels a model that knows only one is fitted once a label; a label that is constant in the
    training rows is then predicted as that constant.

    Parameters
    ----------
    task : str or mlpkit.tasks.Task
        ``"binary"``, ``"multiclass"``, ``"multilabel"``, ``"regression"``, ``"multioutput"``, or
        ``"classification"`` (one label of any number of classes); or a Task of that name.
    random_state : int, RandomState instance or None, default=0
        Seed of each model that draws random numbers.

    Returns
    -------
    dict of str to estimator
        From the simplest to the strongest. They take numeric matrices without missing values;
        put `make_preprocessor` before them for mixed tables.

    Raises
    ------
    InvalidParameterError
        When `task` is none of the names above.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> models = baselines("multiclass")
    >>> list(models)  # doctest: +NORMALIZE_WHITESPACE
    ['dummy', 'perceptron', 'sgd', 'logistic_regression', 'sklearn_mlp',
     'hist_gradient_boosting']
    >>> models["logistic_regression"].fit(X, y).score(X, y) > 0.95
    True
    """
    name = getattr(task, "name", task)
    check_parameters({"task": name}, {"task": one_of(*_MAKERS)})
    return {model: make(random_state) for model, make in _MAKERS[name].items()}


def _scaled(estimator):
    return make_pipeline(StandardScaler(), estimator)


def _scaled_both(regressor):
    """Standardise the target as well: step sizes and tolerances assume targets of about 1."""
    return _scaled(TransformedTargetRegressor(regressor, transformer=StandardScaler()))


def _perceptron(seed):
    return Perceptron(random_state=seed)


def _sgd_classifier(seed):
    # The logistic loss, since the default hinge loss gives no probabilities to compare.
    return SGDClassifier(loss="log_loss", random_state=seed)


def _sgd_regressor(seed):
    # The squared loss diverges once step times |x|^2 (about the number of features) passes 2, which
    # the default step of 0.01 does at 200 features; "adaptive" keeps the small step while it helps.
    return SGDRegressor(learning_rate="adaptive", eta0=0.001, random_state=seed)


def _logistic(seed):
    # The default of 100 iterations stops short on many scaled tables.
    return LogisticRegression(max_iter=1000)


# Early stopping of the trees is off: the default turns it on by the number of rows, and its
# stratified split fails on a class with a single member.
def _trees_classifier(seed):
    return HistGradientBoostingClassifier(early_stopping=False, random_state=seed)


def _trees_regressor(seed):
    return HistGradientBoostingRegressor(early_stopping=False, random_state=seed)


# OneVsRestClassifier rather than MultiOutputClassifier: it accepts constant labels.
_MULTICLASS = {
    "dummy": lambda seed: DummyClassifier(),
    "perceptron": lambda seed: _scaled(_perceptron(seed)),
    "sgd": lambda seed: _scaled(_sgd_classifier(seed)),
    "logistic_regression": lambda seed: _scaled(_logistic(seed)),
    "sklearn_mlp": lambda seed: _scaled(MLPClassifier(random_state=seed)),
    "hist_gradient_boosting": _trees_classifier,
}
_MULTILABEL = _MULTICLASS | {
    "perceptron": lambda seed: _scaled(OneVsRestClassifier(_perceptron(seed))),
    "sgd": lambda seed: _scaled(OneVsRestClassifier(_sgd_classifier(seed))),
    "logistic_regression": lambda seed: _scaled(OneVsRestClassifier(_logistic(seed))),
    "hist_gradient_boosting": lambda seed: OneVsRestClassifier(_trees_classifier(seed)),
}
_REGRESSION = {
    "dummy": lambda seed: DummyRegressor(),
    "sgd": lambda seed: _scaled_both(_sgd_regressor(seed)),
    "ridge": lambda seed: _scaled(Ridge()),
    "sklearn_mlp": lambda seed: _scaled_both(MLPRegressor(random_state=seed)),
    "hist_gradient_boosting": _trees_regressor,
}
_MULTIOUTPUT = _REGRESSION | {
    "sgd": lambda seed: _scaled_both(MultiOutputRegressor(_sgd_regressor(seed))),
    "hist_gradient_boosting": lambda seed: MultiOutputRegressor(_trees_regressor(seed)),
}
_MAKERS = {
    "classification": _MULTICLASS,
    "binary": _MULTICLASS,
    "multiclass": _MULTICLASS,
    "multilabel": _MULTILABEL,
    "regression": _REGRESSION,
    "multioutput": _MULTIOUTPUT,
}
