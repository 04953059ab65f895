"""Which epoch is best (`scoring`), clipped gradients, and fits that end in time (`max_time`)."""

import time

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import get_scorer, log_loss, root_mean_squared_error

from mlpkit import KerasClassifier, KerasRegressor, MLPClassifier, MLPRegressor
from mlpkit.backend import keras, tf
from mlpkit.errors import InvalidParameterError
from mlpkit.training import cache_info, streams
from mlpkit.training.epochs import Epochs

N, D = 160, 4
SETTINGS = dict(  # few steps: no compiling but where it is asked for
    hidden_layer_sizes=(8,), epochs=12, batch_size=16, early_stopping=True, patience=4,
    random_state=0, learning_rate=0.05, average=False, validation_fraction=0.4,
)  # fmt: skip


def rows_of(seed=0):
    rng = np.random.RandomState(seed)
    X = rng.randn(N, D)
    number = X[:, 0] + X[:, 1] * X[:, 2] + rng.randn(N)
    return X, number


def split_by_hand(X, y):
    return dict(X=X[:100], y=y[:100], X_val=X[100:], y_val=y[100:])


def test_a_scorer_of_scikit_learn_selects_the_epoch():
    X, number = rows_of()
    rows = split_by_hand(X, np.where(number > 0.7, "yes", "no"))
    auc = get_scorer("roc_auc")
    settings = {**SETTINGS, "epochs": 4, "jit_compile": True}
    fitted = MLPClassifier(**settings, scoring="roc_auc").fit(**rows)
    scores = fitted.history_["val_score"]
    assert fitted.best_epoch_ == 1 + int(np.argmax(scores))
    assert auc(fitted, rows["X_val"], rows["y_val"]) == pytest.approx(max(scores))


def test_scores_are_those_of_the_weights_after_each_epoch():
    X, number = rows_of()
    rows = split_by_hand(X, np.where(number > 0.7, "yes", "no"))
    settings = {**SETTINGS, "average": True, "jit_compile": False}
    fitted = MLPClassifier(**{**settings, "epochs": 3}, scoring="roc_auc").fit(**rows)
    for epochs in (2, 3):
        options = {**settings, "epochs": epochs, "early_stopping": False}
        last = MLPClassifier(**options).fit(rows["X"], rows["y"])
        score = get_scorer("roc_auc")(last, rows["X_val"], rows["y_val"])
        assert fitted.history_["val_score"][epochs - 1] == pytest.approx(score, abs=1e-9)


def test_a_scorer_may_be_a_function_and_sees_the_users_classes_and_rows():
    X, number = rows_of()
    y = np.where(number > 0, "yes", "no")
    seen = []

    def scorer(estimator, X, y):
        seen.append((X, y, estimator.predict(X)))
        return float(len(seen))  # the later the better

    frame = pd.DataFrame(X, columns=list("abcd"))
    fitted = MLPClassifier(**{**SETTINGS, "epochs": 6}, scoring=scorer).fit(frame, y)
    assert (fitted.n_iter_, fitted.best_epoch_) == (6, 6)
    X_seen, y_seen, predicted = seen[0]
    row = np.flatnonzero((X == X_seen[0]).all(axis=1))[0]
    assert y_seen[0] == y[row] and {*predicted} <= {"yes", "no"}


@pytest.mark.parametrize("scoring", [None, "r2", "neg_median_absolute_error"])
def test_scores_of_a_regressor_are_in_the_units_of_its_target(scoring):
    X, number = rows_of()
    rows = split_by_hand(X, 1000 + 50 * number)
    fitted = MLPRegressor(**SETTINGS, scoring=scoring).fit(**rows)
    score = get_scorer(scoring or "r2")(fitted, rows["X_val"], rows["y_val"])
    assert max(fitted.history_["val_score"]) == pytest.approx(score, rel=1e-6)
    assert fitted.history_["val_score"][fitted.best_epoch_ - 1] == pytest.approx(score, rel=1e-6)


def test_log_loss_and_rmse_are_figures_of_the_program():
    X, number = rows_of()
    rows = split_by_hand(X, (number > 0).astype(int))
    # The penalty is part of the loss, and no part of the log loss.
    settings = {**SETTINGS, "l2": 0.05, "dtype": "float64"}
    fitted = MLPClassifier(**settings, scoring="neg_log_loss", metrics=None).fit(**rows)
    values = fitted.history_["val_log_loss"]
    assert fitted.best_epoch_ == 1 + int(np.argmin(values)) and "val_score" not in fitted.history_
    ours = log_loss(rows["y_val"], fitted.predict_proba(rows["X_val"]))
    assert min(values) == pytest.approx(ours, rel=1e-6)

    rows = split_by_hand(X, 3 + 2 * number)
    scoring = "neg_root_mean_squared_error"
    fitted = MLPRegressor(**settings, scoring=scoring, metrics=["mae"]).fit(**rows)
    values = fitted.history_["val_root_mean_squared_error"]
    ours = root_mean_squared_error(rows["y_val"], fitted.predict(rows["X_val"]))
    assert min(values) == pytest.approx(ours, rel=1e-6)
    assert fitted.best_epoch_ == 1 + int(np.argmin(values))


def test_loss_and_accuracy_select_as_their_names_say():
    X, number = rows_of()
    rows = split_by_hand(X, (number > 0).astype(int))
    by = {
        scoring: MLPClassifier(**SETTINGS, scoring=scoring).fit(**rows)
        for scoring in ("auto", "accuracy", "loss")
    }
    assert by["auto"].best_epoch_ == by["accuracy"].best_epoch_
    losses = by["loss"].history_["val_loss"]
    assert by["loss"].best_epoch_ == 1 + int(np.argmin(losses))
    accuracies = by["accuracy"].history_["val_accuracy"]
    assert accuracies[by["accuracy"].best_epoch_ - 1] == max(accuracies)


def test_weights_of_rows_count_in_scores():
    X, number = rows_of()
    rows = split_by_hand(X, (number > 0).astype(int))
    weight = np.random.RandomState(1).rand(60)
    scoring = "balanced_accuracy"
    fitted = MLPClassifier(**SETTINGS, scoring=scoring).fit(**rows, sample_weight_val=weight)
    score = get_scorer(scoring)(fitted, rows["X_val"], rows["y_val"], sample_weight=weight)
    assert max(fitted.history_["val_score"]) == pytest.approx(score)


def test_multilabel_accuracy_is_that_of_scikit_learn():
    X, _ = rows_of()
    rows = split_by_hand(X, (X[:, :2] > 0).astype(int))
    fitted = MLPClassifier(**{**SETTINGS, "epochs": 3}, scoring="accuracy").fit(**rows)
    assert max(fitted.history_["val_score"]) == fitted.score(rows["X_val"], rows["y_val"])


def model(n_features, task):
    return keras.Sequential(
        [
            keras.Input((n_features,)),
            keras.layers.Dense(6, activation="tanh"),
            keras.layers.Dense(task.units, activation=task.output_activation),
        ]
    )


class Looks(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.seen = (*getattr(self, "seen", ()), logs["val_score"])


class LooksAtBatches(Looks):
    def on_train_batch_end(self, batch, logs=None):
        pass


def test_a_model_of_the_users_is_scored_in_every_way_of_training():
    X, number = rows_of()
    rows = split_by_hand(X, np.digitize(number, [-0.5, 0.5]))
    options = {k: v for k, v in SETTINGS.items() if k != "hidden_layer_sizes"}
    options |= {"epochs": 4, "scoring": "f1_macro"}
    plain = KerasClassifier(model, **options).fit(**rows)
    score = get_scorer("f1_macro")(plain, rows["X_val"], rows["y_val"])
    assert max(plain.history_["val_score"]) == pytest.approx(score)
    for looks in (Looks(), LooksAtBatches()):
        watched = KerasClassifier(model, **options, callbacks=looks).fit(**rows)
        assert watched.history_["val_score"] == pytest.approx(plain.history_["val_score"])
        assert watched.best_epoch_ == plain.best_epoch_
        assert [*looks.seen] == watched.history_["val_score"]


def test_all_rows_are_learnt_where_a_scorer_has_selected_the_epoch():
    X, number = rows_of()
    settings = {**SETTINGS, "early_stopping": "auto", "scoring": "r2", "epochs": 4}
    X, number = np.tile(X, (3, 1)), np.tile(number, 3)
    MLPRegressor(**settings).fit(X, number)
    before = cache_info().misses
    fitted = MLPRegressor(**settings).fit(X, number)
    assert cache_info().misses == before  # the second training is the first one's program
    assert len(fitted.history_["val_score"]) == fitted.n_iter_


@pytest.mark.parametrize(
    "scoring, words",
    [
        ("roc_auk", "Did you mean 'roc_auc'"),
        (3, "scoring must be"),
        ("roc_auc", "scoring must suit MLPRegressor"),
        (lambda estimator, X, y: float("nan"), "finite number"),
        (lambda estimator: 1.0, "fails on what is predicted before training"),
    ],
)
def test_a_wrong_scorer_is_refused_before_training(scoring, words):
    X, number = rows_of()
    looks = Looks()
    with pytest.raises(InvalidParameterError, match=words):
        MLPRegressor(**SETTINGS, scoring=scoring, callbacks=looks).fit(X, number)
    assert not hasattr(looks, "seen")


def test_the_last_of_equal_epochs_can_be_the_best():
    class Figures:
        figure_names, dtype = ["loss", "accuracy"], "float64"

    def best(last_best, selects_by):
        from mlpkit.training.state import first_state
        from mlpkit.training.values import Values

        epochs = Epochs(
            Figures(), 1, fills_up=False, masks=False, selects_by=selects_by, last_best=last_best
        )
        values = Values((tf.zeros((), "float64"),), (), ())
        state = first_state(values, average=False, stops=True, dtype="float64")
        for loss, accuracy in ((0.5, 0.8), (0.4, 0.9), (0.6, 0.9), (0.4, 0.7)):
            state = state._replace(epoch=state.epoch + 1)
            figures = tf.constant([1.0, 0.5, loss, accuracy], "float64")
            state = epochs.watch(state, figures, tf.constant(9))
        return int(state.best_epoch)

    assert (best(False, "accuracy"), best(True, "accuracy")) == (2, 3)
    assert (best(False, None), best(True, None)) == (2, 4)


def test_gradients_are_clipped_together():
    X, number = rows_of()
    settings = {**SETTINGS, "early_stopping": False, "epochs": 2, "dtype": "float64", "l2": 0.0}
    fits = {
        compiled: MLPRegressor(
            **settings, optimizer="sgd", global_clipnorm=0.1, jit_compile=compiled
        ).fit(X, number)
        for compiled in (False, True)
    }
    free = MLPRegressor(**settings, optimizer="sgd").fit(X, number)
    for fitted in fits.values():
        np.testing.assert_allclose(fitted.predict(X), fits[False].predict(X), rtol=1e-9)
    assert np.abs(free.predict(X) - fits[False].predict(X)).max() > 0.01
    assert fits[True].model_.optimizer.global_clipnorm == 0.1
    before = cache_info().misses
    MLPRegressor(**settings, optimizer="sgd", global_clipnorm=3.0).fit(X, number)
    assert cache_info().misses == before


def test_a_second_way_of_clipping_is_refused():
    X, number = rows_of()
    clipping = keras.optimizers.SGD(0.1, clipvalue=0.5)
    with pytest.raises(InvalidParameterError, match="an optimizer that clips by clipvalue"):
        KerasRegressor(model, optimizer=clipping, global_clipnorm=1.0, epochs=1).fit(X, number)


@pytest.mark.parametrize("way", ["graph", "compiled", "streamed"])
def test_training_ends_in_time(way, monkeypatch):
    X, number = rows_of()
    if way == "streamed":
        monkeypatch.setattr(streams, "MEMORY_SHARE", 0.0)
        monkeypatch.setattr(streams, "SEGMENT_BYTES", 16 * D * 4)
    settings = {**SETTINGS, "early_stopping": False, "jit_compile": way == "compiled"}
    MLPRegressor(**{**settings, "epochs": 2}).fit(X, number)  # the program is there
    began = time.monotonic()
    fitted = MLPRegressor(**{**settings, "epochs": 10**6}, max_time=0.4).fit(X, number)
    assert time.monotonic() - began < 2.4  # with two seconds for a machine that is busy
    assert 1 < fitted.n_iter_ < 10**6 and fitted.best_epoch_ == fitted.n_iter_
    assert len(fitted.history_["loss"]) == fitted.n_iter_


@pytest.mark.parametrize("callback", [keras.callbacks.Callback, LooksAtBatches])
def test_training_that_is_watched_ends_in_time_too(callback):
    X, number = rows_of()
    settings = {**SETTINGS, "epochs": 10**6, "early_stopping": False, "jit_compile": False}
    callback = callback()
    callback.on_epoch_end = lambda epoch, logs=None: None
    fitted = MLPRegressor(**settings, max_time=0.4, callbacks=callback).fit(X, number)
    assert 1 <= fitted.n_iter_ < 10**6
    assert len(fitted.history_["loss"]) == fitted.n_iter_


def test_one_epoch_is_trained_however_short_the_time():
    X, number = rows_of()
    fitted = MLPRegressor(**{**SETTINGS, "early_stopping": False}, max_time=1e-9).fit(X, number)
    assert fitted.n_iter_ == 1


def test_the_best_weights_stay_where_there_is_no_time_to_learn_all_rows():
    X, number = rows_of()
    X, number = np.tile(X, (3, 1)), np.tile(number, 3)
    settings = {**SETTINGS, "learning_rate": 0.01, "epochs": 10**6, "patience": 10**6}
    short = {**settings, "early_stopping": "auto", "max_time": 0.3, "jit_compile": False}
    fitted = MLPRegressor(**short).fit(X, number)
    assert fitted.n_iter_ >= fitted.best_epoch_ >= 1
    # There the history is one of the weights kept: no second training has come after it.
    held = min(fitted.history_["val_loss"])
    assert fitted.history_["val_loss"][fitted.best_epoch_ - 1] == held
