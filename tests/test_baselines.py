"""The models to beat are ready for every task and are what they say they are."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_iris, make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from mlpkit.baseline_models import baselines
from mlpkit.errors import InvalidParameterError
from mlpkit.tasks import infer_task

CLASSIFIERS = [
    "dummy",
    "perceptron",
    "sgd",
    "logistic_regression",
    "sklearn_mlp",
    "hist_gradient_boosting",
]
REGRESSORS = ["dummy", "sgd", "ridge", "sklearn_mlp", "hist_gradient_boosting"]
NAMES = {
    "classification": CLASSIFIERS,
    "binary": CLASSIFIERS,
    "multiclass": CLASSIFIERS,
    "multilabel": CLASSIFIERS,
    "regression": REGRESSORS,
    "multioutput": REGRESSORS,
}


def tables():
    X, y = load_iris(return_X_y=True)
    labels = make_multilabel_classification(80, 6, n_classes=3, random_state=0)
    numbers = make_regression(80, 6, n_informative=3, noise=1.0, random_state=0)
    outputs = make_regression(80, 6, n_informative=3, n_targets=2, noise=1.0, random_state=0)
    return {
        "binary": (X[:100], y[:100]),
        "multiclass": (X, np.array(["a", "b", "c"])[y]),
        "multilabel": labels,
        "regression": numbers,
        "multioutput": outputs,
    }


TABLES = tables()


@pytest.fixture(autouse=True)
def one_thread():
    """The trees' threads wait for each other, for seconds where the cores are shared."""
    with threadpool_limits(1, user_api="openmp"):
        yield


def fit(model, X, y):
    """Fit; the iterations of scikit-learn's MLP may run out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clone(model).fit(X, y)


@pytest.mark.parametrize("task", NAMES)
def test_names(task):
    assert list(baselines(task)) == NAMES[task]


@pytest.mark.parametrize("task", TABLES)
def test_each_fits_and_predicts(task):
    X, y = TABLES[task]
    models = baselines(infer_task(y))
    scores = {}
    for name, model in models.items():
        fitted = fit(model, X, y)
        assert fitted.predict(X).shape == y.shape, name
        assert is_classifier(model) == (task not in ("regression", "multioutput")), name
        scores[name] = fitted.score(X, y)
    assert all(scores[name] > scores["dummy"] for name in scores if name != "dummy"), scores


@pytest.mark.parametrize("task", TABLES)
def test_the_same_seed_gives_the_same_model(task):
    X, y = TABLES[task]
    for name in ("sgd", "sklearn_mlp"):
        once, again = (fit(baselines(task, random_state=3)[name], X, y) for _ in range(2))
        np.testing.assert_array_equal(once.predict(X), again.predict(X))


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_all_but_the_perceptron_give_probabilities(task):
    for name, model in baselines(task).items():
        assert hasattr(model, "predict_proba") == (name != "perceptron")


def test_perceptron_equals_sgd_with_the_perceptron_loss():
    X, y = load_iris(return_X_y=True)
    perceptron = baselines("multiclass", random_state=7)["perceptron"][-1]
    same = SGDClassifier(
        loss="perceptron", learning_rate="constant", eta0=1, penalty=None, random_state=7
    )
    perceptron.fit(X, y)
    same.fit(X, y)
    np.testing.assert_array_equal(perceptron.coef_, same.coef_)
    np.testing.assert_array_equal(perceptron.intercept_, same.intercept_)


def test_ridge_is_scikit_learns_on_scaled_features():
    X, y = TABLES["regression"]
    same = make_pipeline(StandardScaler(), Ridge()).fit(X, y)
    np.testing.assert_array_equal(
        baselines("regression")["ridge"].fit(X, y).predict(X), same.predict(X)
    )


@pytest.mark.parametrize("task", ["regression", "multioutput"])
def test_the_unit_of_the_target_does_not_matter(task):
    X, y = TABLES[task]
    for name in ("sgd", "sklearn_mlp"):
        small = fit(baselines(task)[name], X, y).score(X, y)
        large = fit(baselines(task)[name], X, 1e5 * y + 3e6).score(X, y * 1e5 + 3e6)
        assert large == pytest.approx(small, abs=1e-6), name


def test_sgd_does_not_diverge_on_many_features():
    X, y = make_regression(300, 600, n_informative=10, random_state=0)
    assert baselines("regression")["sgd"].fit(X, y).score(X, y) > 0.5


def test_a_label_constant_in_training_is_predicted_as_that_constant():
    X, y = TABLES["multilabel"]
    y = np.column_stack([y, np.ones(len(y), dtype=int), np.zeros(len(y), dtype=int)])
    for name, model in baselines("multilabel").items():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Label .* is present in all")
            warnings.filterwarnings("ignore", message="Label not .* is present in all")
            predicted = fit(model, X, y).predict(X)
        assert (predicted[:, -2:] == [1, 0]).all(), name


def test_a_class_with_one_member_does_no_harm_to_the_trees():
    X, y = load_iris(return_X_y=True)
    y = np.where(np.arange(len(y)) == 0, 9, y)
    baselines("multiclass")["hist_gradient_boosting"].fit(X, y)


def test_an_unknown_task_is_answered_with_the_nearest():
    with pytest.raises(InvalidParameterError, match="Got 'multiclas'. Did you mean 'multiclass'"):
        baselines("multiclas")
