"""The estimators: weights of rows, early stopping, going on, predictions, and failed fits."""

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, d2_pinball_score, r2_score
from sklearn.utils.class_weight import compute_sample_weight

from mlpkit import InvalidParameterError, MLPClassifier, MLPRegressor, TargetError
from mlpkit import TrainingDivergedError as Diverged
from mlpkit.backend import keras, tf
from mlpkit.estimators import inputs, validation

N = 80
SMALL = {"hidden_layer_sizes": (8,), "epochs": 3, "random_state": 0}


def classifier(**options):
    return MLPClassifier(**{**SMALL, **options})


def regressor(**options):
    return MLPRegressor(**{**SMALL, **options})


@pytest.fixture
def X():
    return np.random.RandomState(0).randn(N, 4) * [1, 10, 0.1, 1] + [0, 5, 0, -3]


def targets(X):
    """One target of each task, learnable from `X`."""
    score = X[:, 0] + X[:, 1] / 10
    labels = np.array(["no", "yes"])[(score > 0.5).astype(int)]
    thirds = np.digitize(score, np.quantile(score, [1 / 3, 2 / 3]))
    return {
        "binary": labels,
        "multiclass": thirds,
        "multilabel": np.stack([score > 0, score > 0.5, X[:, 3] > -3], axis=1).astype(int),
        "regression": 100 + 5 * score,
        "multioutput": np.stack([100 + 5 * score, X[:, 3]], axis=1),
    }


TASKS = ("binary", "multiclass", "multilabel", "regression", "multioutput")


def estimator(task, **options):
    return (regressor if task in ("regression", "multioutput") else classifier)(**options)


def outputs(fitted, X):
    return getattr(fitted, "predict_proba", fitted.predict)(X)


def assert_same_bits(one, other, X):
    assert one.history_ == other.history_
    assert np.array_equal(outputs(one, X), outputs(other, X))


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_row_of_weight_2_is_that_row_twice(X, task):
    y = targets(X)[task]
    weight = np.random.RandomState(1).randint(1, 4, size=N)
    weighted = estimator(task, dtype="float64", batch_size=10_000).fit(X, y, weight)
    repeated = estimator(task, dtype="float64", batch_size=10_000)
    repeated.fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    np.testing.assert_allclose(outputs(weighted, X), outputs(repeated, X), rtol=1e-9)
    np.testing.assert_allclose(weighted.history_["loss"], repeated.history_["loss"], rtol=1e-9)


@pytest.mark.parametrize("task", ["binary", "multilabel", "regression"])
def test_a_row_of_weight_0_is_absent_to_the_bit(X, task):
    y = targets(X)[task]
    weight = np.random.RandomState(1).rand(N) * (np.arange(N) % 5 > 0)
    there = weight > 0
    weighted = estimator(task, early_stopping=True).fit(X, y, weight)
    absent = estimator(task, early_stopping=True).fit(X[there], y[there], weight[there])
    assert_same_bits(weighted, absent, X)


def test_a_class_of_weight_0_does_not_exist(X):
    y = np.where(np.arange(N) < 5, "maybe", targets(X)["binary"])
    fitted = classifier(class_weight="balanced").fit(X, y, np.arange(N) >= 5)
    assert fitted.classes_.tolist() == ["no", "yes"]
    assert_same_bits(fitted, classifier(class_weight="balanced").fit(X[5:], y[5:]), X)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 5.0, 2: 0.5}, {1: 3.0}])
def test_class_weights_are_sample_weights(X, class_weight):
    y = np.minimum(targets(X)["multiclass"], np.arange(N) % 3)  # classes of different sizes
    by_class = classifier(class_weight=class_weight).fit(X, y)
    by_row = classifier().fit(X, y, compute_sample_weight(class_weight, y))
    np.testing.assert_allclose(outputs(by_class, X), outputs(by_row, X), rtol=1e-5)


def test_a_class_weight_of_0_keeps_the_class(X):
    y = targets(X)["multiclass"]
    fitted = classifier(class_weight={2: 0.0}, batch_size=4, epochs=30).fit(X, y)
    assert fitted.predict_proba(X).shape == (N, 3)
    assert not (fitted.predict(X) == 2).any()


def test_class_weights_multiply_sample_weights_on_a_copy(X):
    y = targets(X)["binary"]
    weight, class_weight = np.linspace(0.5, 2, N), {"no": 1.0, "yes": 4.0}
    kept = weight.copy()
    both = classifier(class_weight=class_weight).fit(X, y, weight)
    product = classifier().fit(X, y, weight * compute_sample_weight(class_weight, y))
    assert_same_bits(both, product, X)
    assert np.array_equal(weight, kept)
    assert class_weight == {"no": 1.0, "yes": 4.0}


@pytest.mark.parametrize(
    "class_weight, task, message",
    [
        ({"no": 1, "maybe": 2}, "binary", r"class_weight must name classes of y, \['no', 'yes'\]"),
        ({"no": -1}, "binary", "class_weight must hold finite numbers >= 0"),
        ({"no": 0, "yes": 0}, "binary", "class_weight must hold finite numbers >= 0, not all 0"),
        ("balanced", "multilabel", "class_weight must be None for a multilabel target"),
        ("equal", "binary", "class_weight must be"),
    ],
)
def test_wrong_class_weights_are_refused(X, class_weight, task, message):
    with pytest.raises(InvalidParameterError, match=message):
        classifier(class_weight=class_weight).fit(X, targets(X)[task])


def test_nothing_the_caller_passes_is_changed(X):
    y, weight = targets(X)["regression"], np.ones(N)
    for array in (X, y, weight):
        array.flags.writeable = False
    fitted = regressor(early_stopping=True)
    before = fitted.get_params()
    fitted.fit(X, y, weight, X_val=X, y_val=y, sample_weight_val=weight).predict(X)
    assert fitted.get_params() == before
    assert all(fitted.get_params()[name] is value for name, value in before.items())


def test_the_split_is_shuffled_and_stratified_on_a_sorted_table():
    classes = np.repeat([0, 1, 2], [100, 60, 40])
    train, held = inputs.split_rows(200, 0.1, classes, np.random.RandomState(0))
    assert np.bincount(classes[held]).tolist() == [10, 6, 4]
    assert sorted([*train, *held]) == list(range(200))
    train, held = inputs.split_rows(200, 0.1, None, np.random.RandomState(0))
    assert len(held) == 20
    assert held.min() < 50 < 150 < held.max()


def test_a_class_of_one_row_stays_in_training():
    classes = np.array([0] * 10 + [1] * 10 + [2])
    for seed in range(5):
        train, held = inputs.split_rows(21, 0.2, classes, np.random.RandomState(seed))
        assert 20 in train
        assert set(classes[held]) == {0, 1}


def test_the_split_of_a_fit_is_stratified_and_only_training_rows_decide_the_units(X, monkeypatch):
    splits, split_rows = [], inputs.split_rows

    def spy(*args):
        splits.append(split_rows(*args))
        return splits[-1]

    monkeypatch.setattr(inputs, "split_rows", spy)
    y = np.sort(targets(X)["binary"])
    fitted = classifier(early_stopping=True, validation_fraction=0.25).fit(X, y)
    ((train, held),) = splits
    share = np.mean(y == "yes")
    assert np.mean(y[held] == "yes") == pytest.approx(share, abs=0.05)
    layer = fitted.model_.get_layer("standardize")
    np.testing.assert_allclose(np.ravel(layer.mean), X[train].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(np.ravel(layer.variance), X[train].var(axis=0), rtol=1e-5)


def test_the_callers_validation_rows_never_touch_the_units(X):
    y = targets(X)["regression"]
    watching = {"early_stopping": False}
    plain = regressor(**watching).fit(X, y, X_val=X[:20], y_val=y[:20])
    scaled = regressor(**watching).fit(X, y, X_val=1000 * X[:20], y_val=1000 * y[:20])
    assert plain.history_["loss"] == scaled.history_["loss"]
    assert plain.history_["val_loss"] != scaled.history_["val_loss"]
    assert np.array_equal(plain.predict(X), scaled.predict(X))
    mean = np.ravel(plain.model_.get_layer("standardize").mean)
    np.testing.assert_allclose(mean, X.mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize("average", [True, False])
def test_the_best_weights_come_back(X, average):
    y = targets(X)["multiclass"]
    noisy = np.random.RandomState(3).permutation(y[:30])
    fitted = classifier(
        early_stopping=True, patience=3, epochs=60, learning_rate=0.1, average=average
    ).fit(X, y, X_val=X[:30], y_val=noisy)
    errors = -np.array(fitted.history_["val_accuracy"])
    losses = fitted.history_["val_loss"]
    best = min(zip(errors, losses, range(len(losses)), strict=True))
    assert fitted.best_epoch_ == best[2] + 1
    assert fitted.n_iter_ == max(np.argmin(errors), np.argmin(losses)) + 1 + 3 < 60
    restored = fitted.model_.evaluate(X[:30], noisy, verbose=0, return_dict=True)
    assert restored["loss"] == pytest.approx(losses[best[2]], rel=1e-5)
    assert restored["accuracy"] == pytest.approx(-best[0], rel=1e-5)
    assert set(fitted.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(type(value) is float for values in fitted.history_.values() for value in values)


def test_a_regression_goes_by_the_loss(X):
    y = targets(X)["regression"]
    noisy = np.random.RandomState(3).permutation(y[:30])
    fitted = regressor(early_stopping=True, patience=3, epochs=60, learning_rate=0.1)
    losses = fitted.fit(X, y, X_val=X[:30], y_val=noisy).history_["val_loss"]
    assert fitted.best_epoch_ == np.argmin(losses) + 1
    assert fitted.n_iter_ == len(losses) == fitted.best_epoch_ + 3 < 60


def test_small_tables_are_learnt_whole_for_the_epochs_that_were_best(X):
    X, y = np.vstack([X] * 4), np.concatenate([targets(X)["regression"]] * 4)
    assert 300 <= len(X) < 10_000
    settings = {"patience": 3, "epochs": 12, "learning_rate": 0.05, "dtype": "float64"}
    automatic = regressor(early_stopping="auto", **settings).fit(X, y)
    stopped = regressor(early_stopping=True, **settings).fit(X, y)
    assert automatic.history_ == stopped.history_
    assert automatic.best_epoch_ == stopped.best_epoch_
    mean = np.ravel(automatic.model_.get_layer("standardize").mean)
    np.testing.assert_allclose(mean, X.mean(axis=0))  # of all rows, those held back too
    assert np.abs(stopped.model_.get_layer("standardize").mean - X.mean(axis=0)).max() > 1e-3


def test_validation_rows_without_early_stopping_are_only_watched(X):
    y = targets(X)["regression"]
    watched = regressor(early_stopping=False, patience=1, learning_rate=0.1, epochs=5)
    watched.fit(X, y, X_val=X[:20], y_val=-y[:20])
    assert (watched.n_iter_, watched.best_epoch_) == (5, 5)
    assert set(watched.history_) == {
        "loss", "root_mean_squared_error", "val_loss", "val_root_mean_squared_error",
    }  # fmt: skip
    alone = regressor(early_stopping=False, learning_rate=0.1, epochs=5).fit(X, y)
    assert np.array_equal(alone.predict(X), watched.predict(X))


def test_metrics_are_in_the_targets_units(X):
    y = targets(X)["regression"]
    fitted = regressor(epochs=5, average=False).fit(X, y, X_val=X, y_val=y)
    rmse = np.sqrt(np.mean((fitted.predict(X) - y) ** 2))
    assert fitted.history_["val_root_mean_squared_error"][-1] == pytest.approx(rmse, rel=1e-4)


def test_weights_of_validation_rows(X):
    y = targets(X)["regression"]
    weight = np.r_[np.zeros(10), np.full(10, 3.0)]
    weighted = regressor().fit(X, y, X_val=X[:20], y_val=y[:20], sample_weight_val=weight)
    absent = regressor().fit(X, y, X_val=X[10:20], y_val=y[10:20])
    losses = weighted.history_["val_loss"], absent.history_["val_loss"]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_automatic_early_stopping_begins_with_a_number_of_rows(X):
    y, enough = targets(X)["regression"], validation.EARLY_STOPPING_ROWS
    rows = np.arange(enough) % N
    fitted = regressor(epochs=1).fit(X[rows], y[rows])
    assert "val_loss" in fitted.history_
    assert "val_loss" not in fitted.fit(X[rows[1:]], y[rows[1:]]).history_
    assert (
        "val_loss" not in regressor(epochs=1, early_stopping=False).fit(X[rows], y[rows]).history_
    )


def test_wrong_validation_arguments_are_reported_with_the_others(X):
    y = targets(X)["regression"]
    with pytest.raises(InvalidParameterError) as caught:
        regressor(patience=0).fit(X, y, y_val=y, sample_weight_val=y)
    for part in ("patience must", "X_val and y_val must be given together", "sample_weight_val ne"):
        assert part in str(caught.value)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        regressor().fit(X, y, X_val=X[:5], y_val=y[:4])
    with pytest.raises(TargetError, match="known classes"):
        classifier().fit(X, targets(X)["binary"], X_val=X[:1], y_val=["maybe"])
    with pytest.raises(TargetError, match="missing values"):
        regressor().fit(X, y, X_val=X[:2], y_val=[1.0, np.nan])


@pytest.mark.parametrize("rows, fraction", [(1, 0.1), (2, 0.6), (3, 0.999)])
def test_too_few_rows_for_early_stopping(X, rows, fraction):
    y = targets(X)["regression"]
    stopping = regressor(early_stopping=True, validation_fraction=fraction)
    with pytest.raises(InvalidParameterError, match="early_stopping=False"):
        stopping.fit(X[:rows], y[:rows])


@pytest.mark.parametrize("fraction", [1e-6, 0.98])
def test_extreme_validation_fractions_leave_a_row_on_each_side(X, fraction):
    fitted = regressor(early_stopping=True, validation_fraction=fraction, epochs=1)
    assert len(fitted.fit(X, targets(X)["regression"]).history_["val_loss"]) == 1


@pytest.mark.parametrize("fraction", [0, 1, 1.5, "0.1"])
def test_validation_fraction_lies_between_0_and_1(X, fraction):
    with pytest.raises(InvalidParameterError, match="validation_fraction must be a number > 0"):
        regressor(validation_fraction=fraction).fit(X, targets(X)["regression"])


@pytest.mark.parametrize("task", TASKS)
def test_partial_fit_learns_over_several_epochs(X, task):
    y = targets(X)[task]
    several = {"classes": np.unique(y)} if task in ("binary", "multiclass") else {}
    fitted = estimator(task, learning_rate=0.01)
    for _ in range(4):
        for rows in (slice(0, 40), slice(40, N)):
            fitted.partial_fit(X[rows], y[rows], **several)
    assert fitted.n_iter_ == len(fitted.history_["loss"]) == fitted.best_epoch_ == 8
    assert fitted.history_["loss"][-1] < fitted.history_["loss"][0]
    assert fitted.predict(X).shape == y.shape


def test_calls_of_partial_fit_are_the_epochs_of_fit_over_the_same_rows(X):
    y = targets(X)["regression"]
    whole = regressor(batch_size=N, average=False, dtype="float64").fit(X, y)
    parts = regressor(batch_size=N, dtype="float64")
    for _ in range(SMALL["epochs"]):
        parts.partial_fit(X, y)
    np.testing.assert_allclose(parts.history_["loss"], whole.history_["loss"], rtol=1e-9)
    np.testing.assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-9)


def test_partial_fit_knows_classes_that_come_later(X):
    y = targets(X)["multiclass"]
    fitted = classifier().partial_fit(X[y == 1], y[y == 1], classes=[2, 1, 0])
    assert fitted.classes_.tolist() == [0, 1, 2]
    assert fitted.partial_fit(X, y).predict_proba(X).shape == (N, 3)


def test_partial_fit_refuses_what_does_not_go_on(X):
    y = targets(X)["multiclass"]
    with pytest.raises(InvalidParameterError, match="classes must be passed on the first call"):
        classifier().partial_fit(X, y)
    with pytest.raises(TargetError, match="known classes"):
        classifier().partial_fit(X, y, classes=[0, 1])
    fitted = classifier().partial_fit(X, y, classes=[0, 1, 2])
    before = fitted.predict_proba(X)
    with pytest.raises(InvalidParameterError, match="classes must be as in the first call"):
        fitted.partial_fit(X, y, classes=[0, 1, 2, 3])
    with pytest.raises(TargetError, match="known classes"):
        fitted.partial_fit(X, y + 1)
    with pytest.raises(TargetError, match="a multiclass target"):
        fitted.partial_fit(X, targets(X)["multilabel"])
    with pytest.raises(ValueError, match="4 features"):
        fitted.partial_fit(X[:, :3], y)
    with pytest.raises(ValueError, match="column"):
        regressor().partial_fit(X, X[:, 0]).partial_fit(X, X[:, :2])
    assert np.array_equal(fitted.predict_proba(X), before)


def test_a_failed_call_of_partial_fit_changes_nothing_that_follows(X):
    y = targets(X)["regression"]
    smooth, interrupted = (regressor().partial_fit(X, y) for _ in range(2))
    with pytest.raises(TargetError):
        interrupted.partial_fit(X, np.full(N, np.nan))
    assert_same_bits(smooth.partial_fit(X, y), interrupted.partial_fit(X, y), X)


def test_partial_fit_goes_on_after_fit(X):
    y = targets(X)["regression"]
    fitted = regressor().fit(X, y)
    assert fitted.partial_fit(X, y).n_iter_ == 4
    assert fitted.history_["loss"][3] < fitted.history_["loss"][0]


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_warm_start_goes_on(X, task):
    y = targets(X)[task]
    warm = estimator(task, warm_start=np.True_, learning_rate=0.01)
    first = warm.fit(X, y).history_["loss"]
    second = warm.fit(X, y).history_["loss"]
    assert max(second) < min(first)
    cold = estimator(task, learning_rate=0.01).fit(X, y)
    assert cold.history_["loss"] == first == cold.fit(X, y).history_["loss"]


@pytest.mark.parametrize(
    "change",
    [
        {"hidden_layer_sizes": (9,)},
        {"activation": "tanh"},
        {"normalization": "batch"},
        {"output_range": (0, 1000)},
        {"loss": "log_cosh"},
        {"loss": "quantile", "quantile": [0.1, 0.9]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_warm_start_refuses_another_architecture(X, change):
    y = targets(X)["regression"]
    warm = regressor(warm_start=True).fit(X, y)
    before = warm.predict(X)
    with pytest.raises(InvalidParameterError, match="only with the same architecture"):
        warm.set_params(**change).fit(X, y)
    assert np.array_equal(warm.predict(X), before)


def test_warm_start_takes_other_settings_of_training(X):
    y = targets(X)["regression"]
    warm = regressor(warm_start=True).fit(X, y)
    warm.set_params(learning_rate=0.05, batch_size=10, epochs=1, l2=0.001, optimizer="sgd")
    assert warm.fit(X, y).n_iter_ == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("task", TASKS)
def test_the_exported_model_takes_raw_features_and_gives_the_same(X, task, dtype, tmp_path):
    y = targets(X)[task]
    fitted = estimator(task, dtype=dtype).fit(X, y)
    mine = outputs(fitted, X)
    mine = mine[:, 1:] if task == "binary" else mine.reshape(N, -1)
    model = fitted.model_
    assert isinstance(model, keras.Model)
    assert model.compiled
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-12}
    np.testing.assert_allclose(np.asarray(model(X.astype(dtype))), mine, **tolerance)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(np.asarray(loaded(X.astype(dtype))), mine, **tolerance)


def test_training_the_exported_model_leaves_the_estimator_as_it_is(X):
    y = targets(X)["regression"]
    fitted = regressor().fit(X, y)
    before = fitted.predict(X)
    model = fitted.model_
    assert fitted.model_ is model
    model.fit(X, y, epochs=1, verbose=0)
    assert np.array_equal(fitted.predict(X), before)
    fitted.set_params(epochs=1).fit(X, y)
    assert fitted.model_ is not model


@pytest.mark.parametrize("task", TASKS)
def test_predictions_of_each_task(X, task):
    y = targets(X)[task]
    fitted = estimator(task).fit(X, y)
    predicted = fitted.predict(X)
    assert predicted.shape == y.shape
    assert predicted.dtype.kind == y.dtype.kind
    assert fitted.n_outputs_ == (1 if y.ndim == 1 else y.shape[1])
    assert fitted.n_features_in_ == 4
    score = r2_score if task in ("regression", "multioutput") else accuracy_score
    assert fitted.score(X, y) == pytest.approx(score(y, predicted))
    weight = np.arange(N)
    expected = score(y, predicted, sample_weight=weight)
    assert fitted.score(X, y, weight) == pytest.approx(expected)
    assert fitted.predict(X[:1]).shape == predicted[:1].shape


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
def test_probabilities(X, task):
    y = targets(X)[task]
    fitted = classifier().fit(X, y)
    probability = fitted.predict_proba(X)
    assert probability.shape == (N, len(fitted.classes_))
    assert ((probability >= 0) & (probability <= 1)).all()
    if task == "multilabel":
        assert np.array_equal(fitted.predict(X), probability > 0.5)
    else:
        np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-6)
        assert np.array_equal(fitted.classes_[probability.argmax(axis=1)], fitted.predict(X))
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X)), probability, rtol=1e-5)


def test_logarithms_of_certain_classes_give_no_warning(X):
    fitted = classifier().fit(X, targets(X)["binary"])
    logs = fitted.predict_log_proba(X * 1e6)
    assert (logs <= 0).all()
    assert np.isneginf(logs).any()


def test_output_ranges_are_kept_far_outside_the_table(X):
    y = targets(X)["multioutput"]
    share = (y - y.min(axis=0)) / np.ptp(y, axis=0)
    scaled = np.c_[1 + 50 * share[:, 0], 0.1 + 0.6 * share[:, 1]]
    fitted = regressor(output_range=["positive", (0.1, 0.7)]).fit(X, scaled)
    predicted = fitted.predict(X * 1e4)
    assert (predicted[:, 0] >= 0).all()
    assert predicted[:, 1].min() >= 0.1
    assert predicted[:, 1].max() <= 0.7
    with pytest.raises(TargetError, match="must lie in the range of its output, 0.1 to 0.7"):
        fitted.fit(X, scaled + 1)


def test_several_quantiles_are_columns(X):
    y = targets(X)["regression"]
    quantiles = [0.1, 0.5, 0.9]
    fitted = regressor(loss="quantile", quantile=quantiles, epochs=60, learning_rate=0.02).fit(X, y)
    predicted = fitted.predict(X)
    assert predicted.shape == (N, 3)
    assert fitted.n_outputs_ == 1
    below = (y[:, None] <= predicted).mean(axis=0)
    assert below[0] < 0.35 < 0.65 < below[2]
    scores = [d2_pinball_score(y, p, alpha=q) for q, p in zip(quantiles, predicted.T, strict=True)]
    assert fitted.score(X, y) == pytest.approx(np.mean(scores))


def test_a_column_of_targets_goes_back_as_a_column(X):
    y = targets(X)["regression"]
    flat, column = regressor().fit(X, y), regressor().fit(X, y[:, None])
    assert column.predict(X).shape == (N, 1)
    assert np.array_equal(column.predict(X).ravel(), flat.predict(X))


BITS = """
import numpy as np
from mlpkit import MLPClassifier
rng = np.random.RandomState(0)
X, y = rng.randn(80, 4), rng.randint(3, size=80)
fitted = MLPClassifier(**{options!r}).fit(X, y)
print(fitted.predict_proba(X).tobytes().hex(), fitted.history_)
"""


def test_the_same_random_state_gives_the_same_bits_everywhere(X, capsys):
    options = {**SMALL, "dropout": 0.2, "early_stopping": True}
    script = BITS.replace("{options!r}", repr(options))

    def run(_=None):
        rng = np.random.RandomState(0)
        X, y = rng.randn(80, 4), rng.randint(3, size=80)
        fitted = MLPClassifier(**options).fit(X, y)
        return f"{fitted.predict_proba(X).tobytes().hex()} {fitted.history_}"

    first = run()
    classifier(dropout=0.2, random_state=7).fit(X, targets(X)["multiclass"])
    assert run() == first
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run).result() == first
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, range(4))) == [first] * 4
    fresh = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert fresh.stdout.strip() == first, fresh.stderr


def test_other_random_states_give_other_weights(X):
    y = targets(X)["regression"]
    assert not np.array_equal(regressor().fit(X, y).predict(X),
                              regressor(random_state=1).fit(X, y).predict(X))  # fmt: skip
    free = [regressor(random_state=None).fit(X, y).predict(X) for _ in range(2)]
    assert not np.array_equal(*free)


def test_a_random_state_instance_is_drawn_from(X):
    y = targets(X)["regression"]
    rng = np.random.RandomState(0)
    one, two = (regressor(random_state=rng).fit(X, y).predict(X) for _ in range(2))
    assert not np.array_equal(one, two)
    again = regressor(random_state=np.random.RandomState(0)).fit(X, y)
    assert np.array_equal(again.predict(X), one)
    assert np.array_equal(regressor(random_state=0).fit(X, y).predict(X), one)
    with pytest.raises(InvalidParameterError, match="random_state must be None or an integer"):
        regressor(random_state=np.random.default_rng(0)).fit(X, y)


def test_global_seeds_are_left_as_they_were(X):
    y = targets(X)["multiclass"]

    def fit():
        fitted = classifier(dropout=0.2, early_stopping=True).fit(X, y)
        fitted.predict_proba(X), fitted.model_

    fit()
    before = random.getstate(), np.random.get_state()
    fit()
    assert random.getstate() == before[0]
    assert all(np.array_equal(a, b) for a, b in zip(np.random.get_state(), before[1], strict=True))
    tf.random.set_seed(1)
    drawn = tf.random.uniform((3,)).numpy()
    tf.random.set_seed(1)
    fit()
    assert np.array_equal(tf.random.uniform((3,)).numpy(), drawn)


def test_all_wrong_parameters_at_once_with_the_nearest_names(X):
    wrong = regressor(
        hidden_layer_sizes=(100, 0), activation="rellu", kernel_initializer="he", dropout=1.0,
        optimizer="adamm", learning_rate=-1, loss="hubert", batch_size=0, epochs=2.5,
        early_stopping="yes", patience=None, average=2, warm_start=1, callbacks=["stop"],
        verbose=-1, dtype="float16", random_state=-1, output_range="positiv",
        output_activation="softpluss", quantile=2, delta=0, metrics="rmse",
    )  # fmt: skip
    with pytest.raises(InvalidParameterError) as caught:
        wrong.fit(X, X[:, 0])
    message = str(caught.value)
    assert message.startswith("22 arguments are wrong:")
    for name in ("relu", "adam", "huber", "positive", "softplus"):
        assert f"Did you mean {name!r}?" in message
    assert "hidden_layer_sizes must hold positive integers. Got (100, 0)." in message
    assert len(message.splitlines()) == 23
    assert not vars(wrong).keys() & {"n_features_in_", "_learnt", "classes_"}


def test_numpy_scalars_are_welcome_parameters(X):
    fitted = regressor(
        epochs=np.int64(2), batch_size=np.int32(16), learning_rate=np.float32(0.01), verbose=False,
        early_stopping=np.bool_(False), dropout=np.float64(0.0), hidden_layer_sizes=np.array([8]),
    )  # fmt: skip
    fitted.fit(X, X[:, 0], X_val=X, y_val=X[:, 0])
    assert fitted.n_iter_ == 2


def test_a_diverged_fit_names_epoch_and_learning_rate_and_leaves_nothing(X):
    y = targets(X)["regression"]
    wild = regressor(standardize=False, optimizer="sgd", learning_rate=1e6, epochs=20)
    with pytest.raises(Diverged, match=r"(?s)loss .*in epoch \d+ with learning_rate=1e\+06"):
        wild.fit(X, y)
    assert not [name for name in vars(wild) if name.endswith("_") or name.startswith("_")]


def test_a_fitted_estimator_survives_a_fit_that_fails(X):
    y = targets(X)["regression"]
    fitted = regressor(optimizer="sgd").fit(X, y)
    before, attributes, model = fitted.predict(X), dict(vars(fitted)), fitted.model_
    parameters = fitted.get_params()
    fitted.set_params(learning_rate=1e6, standardize=False, epochs=20)
    with pytest.raises(Diverged):
        fitted.fit(X[:, :3], y)
    fitted.set_params(**parameters)
    assert fitted.model_ is model
    for wrong in (lambda: fitted.fit(X[:, :3], None), lambda: fitted.fit(X[:, :3], ["a"] * N)):
        with pytest.raises(TargetError):
            wrong()
    assert np.array_equal(fitted.predict(X), before)
    assert {**vars(fitted), "_model": None} == {**attributes, "_model": None}


@pytest.mark.parametrize("rows, columns", [(1, 4), (5, 1), (7, 4)])
def test_the_smallest_tables(X, rows, columns):
    X = X[:rows, :columns]
    fitted = regressor(batch_size=32).fit(X, np.arange(rows))
    assert np.isfinite(fitted.predict(X)).all()
    if rows > 1:
        y = np.arange(rows) % 2
        assert classifier(batch_size=32).fit(X, y).predict_proba(X).shape == (rows, 2)


def test_no_hidden_layer_is_a_linear_model(X):
    y = targets(X)["regression"]
    linear = regressor(hidden_layer_sizes=(), epochs=60, learning_rate=0.1, batch_size=N)
    assert linear.fit(X, y).score(X, y) > 0.99
    slope = np.diff(linear.predict(np.outer([0.0, 1.0, 2.0], np.ones(4))))
    assert slope[0] == pytest.approx(slope[1], rel=1e-4)
