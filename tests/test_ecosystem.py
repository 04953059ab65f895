"""The estimators inside the tools of scikit-learn and others."""

import copy
import io
import pickle

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import StackingRegressor, VotingClassifier
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlpkit import KerasClassifier, KerasRegressor, MLPClassifier, MLPRegressor

N = 90
SMALL = {"hidden_layer_sizes": (8,), "epochs": 5, "learning_rate": 0.02, "random_state": 0}


@pytest.fixture
def X():
    return np.random.RandomState(0).randn(N, 4)


@pytest.fixture
def y(X):
    return 50 + 10 * X[:, 0] - 5 * X[:, 1]


@pytest.fixture
def labels(y):
    return np.array(["low", "mid", "high"])[np.digitize(y, [45, 55])]


def regressor(**options):
    return MLPRegressor(**{**SMALL, **options})


def classifier(**options):
    return MLPClassifier(**{**SMALL, **options})


def builder(n_features, task, width=8):
    import keras

    return keras.Sequential(
        [
            keras.Input((n_features,)),
            keras.layers.Dense(width, activation="relu"),
            keras.layers.Dense(task.units, activation=task.output_activation),
        ]
    )


def test_pipeline(X, y):
    pipeline = make_pipeline(StandardScaler(), regressor(standardize=False))
    by_hand = regressor(standardize=False).fit(StandardScaler().fit_transform(X), y)
    scaled = StandardScaler().fit_transform(X)
    assert np.array_equal(pipeline.fit(X, y).predict(X), by_hand.predict(scaled))
    weighted = pipeline.fit(X, y, mlpregressor__sample_weight=np.arange(N)).predict(X)
    assert np.array_equal(weighted, by_hand.fit(scaled, y, np.arange(N)).predict(scaled))


def test_a_pipeline_transforms_the_validation_rows(X, y):
    with sklearn.config_context(enable_metadata_routing=True):
        last = regressor(standardize=False).set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), last, transform_input=["X_val"])
        pipeline.fit(X, y, X_val=X[:20], y_val=y[:20])
    scaler = StandardScaler().fit(X)
    by_hand = regressor(standardize=False)
    by_hand.fit(scaler.transform(X), y, X_val=scaler.transform(X[:20]), y_val=y[:20])
    assert pipeline[-1].history_ == by_hand.history_


def test_parallel_grid_searches(X, y, labels):
    grid = {"hidden_layer_sizes": [(8,), ()], "learning_rate": [0.001, 0.1]}
    parallel = GridSearchCV(classifier(), grid, cv=2, n_jobs=2).fit(X, labels)
    serial = GridSearchCV(classifier(), grid, cv=2).fit(X, labels)
    scores = [search.cv_results_["mean_test_score"] for search in (parallel, serial)]
    assert np.array_equal(*scores)
    assert np.array_equal(parallel.predict_proba(X), serial.predict_proba(X))
    # Over a builder's own parameter, in the same worker processes.
    search = GridSearchCV(
        KerasClassifier(builder, epochs=2, random_state=0), {"model__width": [2, 6]}, cv=2, n_jobs=2
    ).fit(X, labels)
    width = search.best_params_["model__width"]
    assert search.best_estimator_.model_.layers[0].units == width
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_cross_validate(X, y):
    result = cross_validate(regressor(), X, y, cv=3, return_estimator=True, return_train_score=True)
    assert result["test_score"].shape == (3,)
    assert np.isfinite(result["train_score"]).all()
    assert len({id(fitted) for fitted in result["estimator"]}) == 3
    by_hand = [clone(regressor()).fit(X[N // 3 :], y[N // 3 :]).score(X[: N // 3], y[: N // 3])]
    assert result["test_score"][0] == by_hand[0]


def test_scorers_that_need_probabilities(X, labels):
    for scoring in ("neg_log_loss", "roc_auc_ovr", "f1_macro"):
        assert np.isfinite(cross_val_score(classifier(), X, labels, cv=2, scoring=scoring)).all()


def test_calibrated_classifier(X, labels):
    weight = np.linspace(0.5, 2, N)
    fitted = CalibratedClassifierCV(classifier(), cv=2).fit(X, labels, sample_weight=weight)
    probability = fitted.predict_proba(X)
    np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-6)
    assert fitted.score(X, labels) > 0.5


def test_voting_classifier(X, labels):
    members = [("mlp", classifier()), ("linear", LogisticRegression())]
    voting = VotingClassifier(members, voting="soft").fit(X, labels)
    mean = np.mean([member.predict_proba(X) for member in voting.estimators_], axis=0)
    np.testing.assert_allclose(voting.predict_proba(X), mean, rtol=1e-6)
    assert VotingClassifier(members).fit(X, labels).predict(X).shape == (N,)


def test_stacking_regressor(X, y):
    members = [("mlp", regressor()), ("linear", Ridge())]
    stack = StackingRegressor(members, final_estimator=Ridge(), cv=2).fit(X, y)
    assert stack.score(X, y) > 0.9


def test_one_vs_rest(X, labels):
    fitted = OneVsRestClassifier(classifier(epochs=20)).fit(X, labels)
    assert len(fitted.estimators_) == 3
    assert fitted.predict_proba(X).shape == (N, 3)
    assert fitted.score(X, labels) > 0.6


def test_transformed_target_regressor(X, y):
    fitted = TransformedTargetRegressor(regressor(), func=np.log, inverse_func=np.exp).fit(X, y)
    by_hand = regressor().fit(X, np.log(y))
    np.testing.assert_allclose(fitted.predict(X), np.exp(by_hand.predict(X)), rtol=1e-6)


def test_permutation_importance(X, y):
    fitted = regressor(epochs=40).fit(X, y)
    importance = permutation_importance(fitted, X, y, n_repeats=3, random_state=0).importances_mean
    assert np.argsort(importance)[::-1][:2].tolist() == [0, 1]


def test_partial_dependence_display(X, y, labels):
    frame = pd.DataFrame(X, columns=list("abcd"))
    fitted = regressor(epochs=40).fit(frame, y)
    display = PartialDependenceDisplay.from_estimator(
        fitted, frame, ["a", ("a", "b")], grid_resolution=5
    )
    line = display.lines_[0, 0].get_ydata()
    assert line[0] < line[-1]
    display = PartialDependenceDisplay.from_estimator(
        classifier().fit(frame, labels), frame, ["a"], target="low", grid_resolution=5
    )
    assert len(display.lines_.ravel()) == 1


def test_set_output_of_a_pipeline(X, y):
    frame = pd.DataFrame(X, columns=list("abcd"))
    pipeline = make_pipeline(StandardScaler(), regressor()).set_output(transform="pandas")
    pipeline.fit(frame, y)
    assert list(pipeline[-1].feature_names_in_) == list("abcd")
    assert pipeline.predict(frame).shape == (N,)


def test_metadata_routing_of_weights(X, labels):
    weight = np.arange(N) % 4 + 1.0
    with sklearn.config_context(enable_metadata_routing=True):
        weighted = classifier().set_fit_request(sample_weight=True)
        weighted.set_score_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler(), weighted)
        pipeline[0].set_fit_request(sample_weight=False)
        search = GridSearchCV(pipeline, {"mlpclassifier__learning_rate": [0.02, 0.1]}, cv=2)
        search.fit(X, labels, sample_weight=weight)
        best = search.best_estimator_
        partial = classifier().set_partial_fit_request(sample_weight=True)
        assert partial.get_metadata_routing().partial_fit.requests["sample_weight"] is True
    rate = search.best_params_["mlpclassifier__learning_rate"]
    scaled = best[0].transform(X)
    by_hand = classifier(learning_rate=rate).fit(scaled, labels, weight)
    assert np.array_equal(best[-1].predict_proba(scaled), by_hand.predict_proba(scaled))


COPIES = {
    "pickle": lambda fitted, path: pickle.loads(pickle.dumps(fitted)),
    "cloudpickle": lambda fitted, path: cloudpickle.loads(cloudpickle.dumps(fitted)),
    "joblib": lambda fitted, path: joblib.load(joblib.dump(fitted, path / "fitted.joblib")[0]),
    "deepcopy": lambda fitted, path: copy.deepcopy(fitted),
    "copy": lambda fitted, path: copy.copy(fitted),
}


@pytest.mark.parametrize("how", COPIES)
def test_copies_of_a_fitted_estimator(X, labels, how, tmp_path):
    fitted = classifier(warm_start=True).fit(X, labels)
    fitted.model_  # noqa: B018 - a model made on demand is not part of the copy
    other = COPIES[how](fitted, tmp_path)
    assert "_model" not in vars(other)
    assert np.array_equal(other.predict_proba(X), fitted.predict_proba(X))
    assert other.get_params() == fitted.get_params()
    assert other.history_ == fitted.history_
    goes_on = other.fit(X, labels).history_
    assert goes_on == copy.deepcopy(fitted).fit(X, labels).history_


def test_an_unfitted_clone(X, labels):
    fitted = classifier(class_weight={"low": 2.0}).fit(X, labels)
    fresh = clone(fitted)
    assert fresh.get_params() == fitted.get_params()
    assert not [name for name in vars(fresh) if name.endswith("_")]
    with pytest.raises(sklearn.exceptions.NotFittedError):
        fresh.predict(X)
    with pytest.raises(sklearn.exceptions.NotFittedError):
        fresh.model_  # noqa: B018


def test_a_pickle_holds_weights_alone(X, y):
    few = regressor(epochs=1, random_state=3).fit(X, y)
    many = regressor(epochs=1, random_state=3).fit(np.tile(X, (50, 1)), np.tile(y, 50))
    many.model_  # noqa: B018
    sizes = [len(pickle.dumps(fitted)) for fitted in (few, many)]
    assert abs(sizes[0] - sizes[1]) < 100  # the validation figures of more than 500 rows
    assert sizes[0] < 10_000

    class NoKeras(pickle.Unpickler):
        def find_class(self, module, name):
            assert module.split(".")[0] not in ("keras", "tensorflow"), (module, name)
            return super().find_class(module, name)

    loaded = NoKeras(io.BytesIO(pickle.dumps(few))).load()
    assert np.array_equal(loaded.predict(X), few.predict(X))


def keras_objects():
    import keras

    return {
        "optimizer": lambda: {"optimizer": keras.optimizers.SGD(0.05, momentum=0.9)},
        "loss": lambda: {"loss": keras.losses.Huber(2.0)},
        "metrics": lambda: {"metrics": [keras.metrics.MeanAbsoluteError()]},
        "callbacks": lambda: {"callbacks": [keras.callbacks.EarlyStopping(monitor="loss")]},
    }


@pytest.mark.parametrize("name", ["optimizer", "loss", "metrics", "callbacks"])
@pytest.mark.parametrize("kind", [MLPRegressor, KerasRegressor])
def test_keras_objects_as_parameters_clone_pickle_and_search(X, y, kind, name):
    options = keras_objects()[name]()
    own = {"hidden_layer_sizes": (8,)} if kind is MLPRegressor else {"model": builder}
    plain = kind(**own, **options, epochs=2, standardize=True, random_state=0)
    given = options[name]
    fitted = clone(plain).fit(X, y)
    assert plain.get_params()[name] is given
    for other in (clone(fitted), pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert np.array_equal(other.fit(X, y).predict(X), fitted.predict(X))
    again = plain.fit(X, y).predict(X)
    assert np.array_equal(plain.fit(X, y).predict(X), again)
    assert plain.get_params()[name] is given
    search = GridSearchCV(plain, {"batch_size": [16, 32]}, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
