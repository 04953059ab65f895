"""The search spaces: draws are legal, within the tables' ranges, and the same for Optuna."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import ParameterSampler, RandomizedSearchCV

from mlpkit import MLPClassifier, MLPRegressor, infer_task, search_space
from mlpkit.checks import problems
from mlpkit.errors import InvalidParameterError
from mlpkit.tuning import Layers, suggest

KINDS = ("geron", "wide")
ESTIMATORS = {"multiclass": MLPClassifier, "regression": MLPRegressor}


@pytest.mark.parametrize("task", ESTIMATORS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_draw_is_legal_for_the_estimator(kind, task):
    estimator = ESTIMATORS[task]()
    for drawn in ParameterSampler(search_space(kind, task), 300, random_state=0):
        one = clone(estimator).set_params(**drawn)
        assert not problems(one.get_params(deep=False), one._rules)


@pytest.mark.parametrize("kind", KINDS)
def test_no_draw_makes_a_network_that_is_warned_of(kind):
    from mlpkit.architecture import make_spec
    from mlpkit.network import warn_about_selu

    names = ("hidden_layer_sizes", "activation", "kernel_initializer", "normalization", "dropout")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for drawn in ParameterSampler(search_space(kind, "binary"), 200, random_state=0):
            spec = make_spec("binary", 4, **{n: drawn[n] for n in names if n in drawn})
            warn_about_selu(spec)


def test_the_ranges_are_the_tables():
    space = search_space("geron", "regression")
    drawn = list(ParameterSampler(space, 2000, random_state=0))
    depths = [len(d["hidden_layer_sizes"]) for d in drawn]
    widths = [d["hidden_layer_sizes"][0] for d in drawn]
    assert (min(depths), max(depths), min(widths), max(widths)) == (1, 5, 10, 100)
    assert np.bincount(depths)[1:].min() > 300  # each depth as often
    assert abs(np.median(widths) - np.sqrt(10 * 100)) < 3  # even on a logarithmic scale
    rates = np.log10([d["learning_rate"] for d in drawn])
    assert -4 <= rates.min() < -3.98 and np.log10(0.029) < rates.max() <= np.log10(0.03)
    assert abs(np.median(rates) - (-4 + np.log10(0.03)) / 2) < 0.1
    assert {d["activation"] for d in drawn} == {"relu", "selu"}
    assert {d["loss"] for d in drawn} == {"mse", "mae", "huber"}
    assert "loss" not in search_space("geron", "binary")


def test_draws_are_repeatable_and_spaces_can_be_pickled():
    space = search_space("wide", "binary", prefix="mlpclassifier__")
    assert all(name.startswith("mlpclassifier__") for name in space)
    copy = pickle.loads(pickle.dumps(space))
    first, second = (list(ParameterSampler(s, 20, random_state=7)) for s in (space, copy))
    assert first == second
    layers = Layers((2, 2), (3, 3))
    assert layers.rvs() == (3, 3) and layers.rvs(size=2) == [(3, 3), (3, 3)]
    assert repr(layers) == "Layers(depth=(2, 2), width=(3, 3))"


def test_a_task_may_be_inferred_or_named():
    y = np.array([1.5, 2.5, 3.5] * 9)
    assert "loss" in search_space("geron", infer_task(y))
    assert "loss" in search_space("geron", "multioutput")
    with pytest.raises(InvalidParameterError) as error:
        search_space("geroni", "clustering", prefix=3)
    assert "3 arguments are wrong" in str(error.value) and "'geron'" in str(error.value)
    for target in (y, [0, 1], None):  # where infer_task(y) is meant
        with pytest.raises(InvalidParameterError, match="task must be a Task"):
            search_space("geron", target)


class Edge:
    """A trial of Optuna's that always answers with one end."""

    def __init__(self, low):
        self.low, self.asked = low, {}

    def suggest_int(self, name, low, high, log=False):
        self.asked[name] = (low, high, log)
        return low if self.low else high

    suggest_float = suggest_int

    def suggest_categorical(self, name, choices):
        self.asked[name] = choices
        return choices[0 if self.low else -1]


@pytest.mark.parametrize("kind", KINDS)
def test_optuna_is_asked_for_the_same_ranges(kind):
    for low in (True, False):
        trial = Edge(low)
        parameters = suggest(trial, kind, "regression", prefix="m__")
        assert parameters.keys() == search_space(kind, "regression", prefix="m__").keys()
        plain = {name.removeprefix("m__"): value for name, value in parameters.items()}
        one = MLPRegressor(**plain)
        assert not problems(one.get_params(deep=False), one._rules)
    assert trial.asked["m__learning_rate"] == (1e-4, 3e-2, True)


def test_a_study_of_optuna():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))

    def rate_alone(trial):
        return abs(np.log10(suggest(trial, "wide", "multiclass")["learning_rate"]) + 3)

    study.optimize(rate_alone, n_trials=40)
    assert study.best_value < 0.2
    assert set(study.best_params) > {"hidden_layer_sizes_depth", "hidden_layer_sizes_width"}


def test_a_randomized_search_learns():
    X, y = load_iris(return_X_y=True)
    space = {**search_space("geron", "multiclass"), "hidden_layer_sizes": Layers((1, 1), (10, 50))}
    model = MLPClassifier(epochs=15, early_stopping=False, metrics=None, random_state=0)
    search = RandomizedSearchCV(model, space, n_iter=4, cv=2, random_state=0).fit(X, y)
    assert search.best_score_ > 0.8
    assert 10 <= search.best_params_["hidden_layer_sizes"][0] <= 50


@pytest.mark.parametrize("ends", [(5, 1), (0, 3), (1.0, 2), (1,), 3, "12"])
def test_layers_refuse_what_is_no_range(ends):
    with pytest.raises(InvalidParameterError, match="2 arguments are wrong.*") as error:
        Layers(depth=ends, width=ends)
    assert "width must be two integers >= 1, the less first" in str(error.value)


def test_the_best_trial_of_optuna_gives_the_parameters_again():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    drawn = []

    def objective(trial):
        drawn.append(suggest(trial, "wide", "binary", prefix="mlp__"))
        return drawn[-1]["mlp__learning_rate"]

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=5)
    best = min(drawn, key=lambda parameters: parameters["mlp__learning_rate"])
    assert suggest(study.best_trial, "wide", "binary", prefix="mlp__") == best
