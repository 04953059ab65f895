"""`compare` equals scikit-learn's own cross-validation, and survives models that fail."""

import io
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris, make_multilabel_classification, make_regression
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Perceptron, Ridge
from sklearn.model_selection import KFold, StratifiedKFold, cross_validate
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mlpkit.comparison import METRICS, bar, clean_target, compare, make_folds
from mlpkit.errors import InvalidParameterError, TargetError
from mlpkit.tasks import TASKS, infer_task

X, Y = load_iris(return_X_y=True)
WORDS = np.array(["setosa", "versicolor", "virginica"])[Y]
LOGISTIC = make_pipeline(StandardScaler(), LogisticRegression())
NUMBERS = ["score_mean", "score_std", "log_loss", "fit_seconds", "predict_seconds"]


class Failing(ClassifierMixin, BaseEstimator):
    """Fails at fit, or only at predict, or warns twice."""

    def __init__(self, where="fit"):
        self.where = where

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        if self.where == "fit":
            raise ValueError("cannot be fitted")
        return self

    def predict(self, X):
        if self.where == "predict":
            raise RuntimeError("cannot predict")
        for _ in range(2):
            warnings.warn("look out", UserWarning, stacklevel=2)
        warnings.warn("for developers", DeprecationWarning, stacklevel=2)
        return np.full(len(X), self.classes_[0])


def row(frame, name):
    return frame.set_index("model").loc[name]


@pytest.mark.parametrize("y", [Y, WORDS, Y == 0, WORDS.astype(object), pd.Series(WORDS)])
def test_equals_scikit_learns_cross_validation(y):
    frame = compare({"logistic": LOGISTIC}, X, y, cv=4, random_state=3)
    folds = StratifiedKFold(4, shuffle=True, random_state=3)
    trusted = cross_validate(LOGISTIC, X, y, cv=folds, scoring=["accuracy", "neg_log_loss"])
    found = row(frame, "logistic")
    assert found["score"] == "accuracy"
    assert found["score_mean"] == pytest.approx(trusted["test_accuracy"].mean(), abs=1e-12)
    assert found["score_std"] == pytest.approx(trusted["test_accuracy"].std(), abs=1e-12)
    assert found["log_loss"] == pytest.approx(-trusted["test_neg_log_loss"].mean(), abs=1e-12)


@pytest.mark.parametrize("n_targets", [1, 2])
def test_equals_scikit_learns_cross_validation_for_numbers(n_targets):
    A, b = make_regression(60, 5, n_targets=n_targets, noise=5, random_state=0)
    found = row(compare({"ridge": Ridge()}, A, b, cv=3, random_state=1), "ridge")
    trusted = cross_validate(
        Ridge(),
        A,
        b,
        cv=KFold(3, shuffle=True, random_state=1),
        scoring=["r2", "neg_root_mean_squared_error"],
    )
    assert found["score"] == "r2"
    assert found["score_mean"] == pytest.approx(trusted["test_r2"].mean())
    assert found["rmse"] == pytest.approx(-trusted["test_neg_root_mean_squared_error"].mean())


def test_rmse_by_hand_and_in_units_of_the_target():
    b = np.array([1.0, 3.0, 5.0, 7.0])
    halves = [([0, 1], [2, 3]), ([2, 3], [0, 1])]
    found = row(compare({"mean": DummyRegressor()}, b[:, None], b, cv=halves), "mean")
    assert found["rmse"] == pytest.approx(np.sqrt((3**2 + 5**2) / 2))
    again = row(compare({"mean": DummyRegressor()}, b[:, None], 10 * b, cv=halves), "mean")
    assert again["rmse"] == pytest.approx(10 * found["rmse"])


def test_multilabel_measures_by_hand():
    y = np.array([[1, 0], [1, 1], [0, 1], [1, 1]])
    halves = [([0, 1], [2, 3]), ([2, 3], [0, 1])]
    model = DummyClassifier(strategy="prior")
    found = row(compare({"prior": model}, np.zeros((4, 1)), y, cv=halves), "prior")
    assert found["score"] == "subset_accuracy"
    # Fold 1 learns P = (1, 1/2), predicts (1, 0); fold 2 learns P = (1/2, 1), predicts (0, 1).
    assert found["score_mean"] == 0
    tiny = np.finfo(float).eps  # where scikit-learn cuts a probability of 0
    half, never = -np.log(0.5), -np.log(tiny)
    assert found["log_loss"] == pytest.approx((half + never / 2) / 2, rel=1e-6)


def test_every_way_to_give_label_probabilities_agrees():
    A, y = make_multilabel_classification(80, 6, n_classes=3, random_state=0)
    native = KNeighborsClassifier()  # a list of arrays
    models = {"native": native, "wrapped": MultiOutputClassifier(native)}
    frame = compare(models, A, y, cv=3)
    assert row(frame, "native")["log_loss"] == row(frame, "wrapped")["log_loss"]
    tree = compare({"tree": DecisionTreeClassifier(max_depth=1)}, A, np.c_[y, 0 * y[:, 0]], cv=3)
    assert tree["error"].tolist() == [""]


def test_one_tidy_row_a_model_the_best_first():
    models = {"dummy": DummyClassifier(), "perceptron": Perceptron(), "logistic": LOGISTIC}
    frame = compare(models, X, Y, cv=3)
    assert list(frame["model"]) == ["logistic", "perceptron", "dummy"]
    assert list(frame.columns) == ["model", "score", *NUMBERS, "warnings", "error"]
    assert frame["score_mean"].is_monotonic_decreasing
    assert frame["log_loss"].isna().tolist() == [False, True, False]
    assert (frame[["fit_seconds", "predict_seconds"]] > 0).all(axis=None)
    assert (frame["error"] == "").all()
    assert not hasattr(models["logistic"], "classes_")


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_its_metrics(task):
    assert task in METRICS


def test_all_models_see_the_same_folds():
    seen = {}

    class Recording(DummyClassifier):
        def fit(self, X, y):
            seen.setdefault(self.random_state, []).append(tuple(X[:, 0]))
            return super().fit(X, y)

    rows = np.arange(len(Y))[:, None]
    compare({name: Recording(random_state=i) for i, name in enumerate("ab")}, rows, Y, cv=3)
    assert seen[0] == seen[1]
    assert len(seen[0]) == 3


@pytest.mark.parametrize("where", ["fit", "predict"])
def test_a_model_that_fails_is_reported_and_the_others_go_on(where):
    frame = compare({"bad": Failing(where), "logistic": LOGISTIC}, X, Y, cv=3)
    assert list(frame["model"]) == ["logistic", "bad"]
    bad = row(frame, "bad")
    assert bad["error"].startswith("fold 1: ")
    assert f"cannot {'be fitted' if where == 'fit' else 'predict'}" in bad["error"]
    assert bad[NUMBERS].isna().all()
    assert row(frame, "logistic")["error"] == ""


def test_warnings_are_counted_and_not_printed():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = compare({"warns": Failing("nowhere"), "logistic": LOGISTIC}, X, Y, cv=3)
    assert row(frame, "warns")["warnings"] == "UserWarning x6"
    assert row(frame, "logistic")["warnings"] == ""


def test_a_class_absent_from_training_has_probability_zero():
    y = np.where(np.arange(len(Y)) == 0, 9, Y)
    with pytest.warns(UserWarning, match=r"Got 1 with fewer: 9 \(1\)\."):
        frame = compare({"logistic": LOGISTIC}, X, y, cv=3)
    assert np.isfinite(frame["log_loss"]).all()
    assert (frame["error"] == "").all()


def test_stratified_folds_keep_the_shares_of_the_classes():
    task = infer_task(WORDS)
    for train, test in make_folds(task, X, WORDS, 5, random_state=0):
        assert np.unique(WORDS[test], return_counts=True)[1].tolist() == [10, 10, 10]
        assert len(np.intersect1d(train, test)) == 0


def test_folds_are_shuffled():
    b = np.linspace(0, 1, 50)
    train, test = make_folds(infer_task(b), b, b, 5, random_state=0)[0]
    assert not np.array_equal(test, np.arange(10))


def test_a_splitter_and_ready_folds():
    splitter = KFold(3, shuffle=True, random_state=5)
    once = compare({"logistic": LOGISTIC}, X, Y, cv=splitter)
    again = compare({"logistic": LOGISTIC}, X, Y, cv=list(splitter.split(X)))
    assert once.loc[0, "score_mean"] == again.loc[0, "score_mean"]


@pytest.mark.parametrize("cv", [1, 0, True, "five", 2.5, None])
def test_a_wrong_number_of_folds(cv):
    with pytest.raises(InvalidParameterError, match="cv must be an integer >= 2 or a splitter"):
        compare({"logistic": LOGISTIC}, X, Y, cv=cv)


def test_more_folds_than_rows_or_members():
    with pytest.raises(InvalidParameterError, match="members of the largest class, 2. Got 5"):
        compare({"logistic": LOGISTIC}, X[:4], [0, 0, 1, 1])
    with pytest.raises(InvalidParameterError, match="number of rows, 4. Got 5"):
        compare({"ridge": Ridge()}, X[:4], [0.5, 0.25, 1, 1])


def test_what_is_no_comparison():
    with pytest.raises(InvalidParameterError, match="at least one model"):
        compare({}, X, Y)
    with pytest.raises(InvalidParameterError, match="all classifiers or all regressors"):
        compare({"ridge": Ridge(), "logistic": LOGISTIC}, X, Y)
    with pytest.raises(InvalidParameterError, match="Got 'scaler' that is neither"):
        compare({"scaler": StandardScaler()}, X, Y)
    with pytest.raises(TargetError, match="one class only"):
        compare({"logistic": LOGISTIC}, X, np.zeros(len(X)))
    with pytest.raises(TargetError, match="continuous"):
        compare({"logistic": LOGISTIC}, X, X[:, 0])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        compare({"logistic": LOGISTIC}, X[:-1], Y)


@pytest.mark.parametrize("form", [pd.DataFrame, sparse.csr_matrix, np.ndarray.tolist])
def test_forms_of_tables(form):
    same = compare({"logistic": LogisticRegression(max_iter=1000)}, X, Y, cv=3)
    found = compare({"logistic": LogisticRegression(max_iter=1000)}, form(X), Y, cv=3)
    assert found.loc[0, "error"] == ""
    assert found.loc[0, "score_mean"] == pytest.approx(same.loc[0, "score_mean"], abs=0.01)


def test_in_parallel():
    alone = compare({"logistic": LOGISTIC, "dummy": DummyClassifier()}, X, Y, cv=2)
    frame = compare({"logistic": LOGISTIC, "dummy": DummyClassifier()}, X, Y, cv=2, n_jobs=2)
    pd.testing.assert_frame_equal(frame[["model", *NUMBERS[:3]]], alone[["model", *NUMBERS[:3]]])


def test_clean_target():
    column = pd.DataFrame({"y": pd.array([1, 2, 1], dtype="Int64")})
    cleaned = clean_target(infer_task(column), column)
    assert (cleaned.dtype.kind, cleaned.tolist()) == ("i", [1, 2, 1])
    numbers = clean_target(infer_task([[0.5], [1.5]]), [[0.5], [1.5]])
    assert numbers.tolist() == [0.5, 1.5]


def test_progress_is_told_after_each_fit():
    told = []
    models = {"a": LOGISTIC, "b": DummyClassifier()}
    compare(models, X, Y, cv=2, progress=lambda *news: told.append(news))
    assert told == [(1, 4, "a"), (2, 4, "b"), (3, 4, "a"), (4, 4, "b")]


def test_the_bar_goes_to_standard_error(capsys):
    compare({"dummy": DummyClassifier()}, X, Y, cv=2, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2 dummy" in err


def test_the_bar_stays_on_one_line_of_a_terminal():
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    report = bar(terminal, width=4)
    for done in (1, 2):
        report(done, 2, "ridge")
    drawn = terminal.getvalue()
    assert drawn.count("\n") == 1
    assert "[##..] 1/2 ridge" in drawn
    assert drawn.endswith("s\n")


def test_the_bar_prints_few_lines_into_a_file():
    log = io.StringIO()
    report = bar(log)
    for done in range(1, 101):
        report(done, 100, "ridge")
    assert log.getvalue().count("\n") == 10
