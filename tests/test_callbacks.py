"""Keras callbacks beside the compiled loop, and what is printed."""

import copy
import csv
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from mlpkit import KerasRegressor, MLPClassifier, MLPRegressor, TrainingDivergedError
from mlpkit.backend import keras

N = 80
SMALL = {"hidden_layer_sizes": (8,), "epochs": 4, "random_state": 0}


@pytest.fixture
def X():
    return np.random.RandomState(0).randn(N, 4)


@pytest.fixture
def y(X):
    return 100 + 10 * X[:, 0]


def regressor(**options):
    return MLPRegressor(**{**SMALL, **options})


def builder(n_features, task):
    return keras.Sequential(
        [keras.Input((n_features,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(task.units)]
    )


def test_early_stopping_of_keras(X, y):
    stop = keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=2, restore_best_weights=True, start_from_epoch=0
    )
    fitted = regressor(callbacks=stop, early_stopping=False, epochs=60, learning_rate=0.1)
    fitted.fit(X, y, X_val=X[:20], y_val=-y[:20])
    losses = fitted.history_["val_loss"]
    assert fitted.n_iter_ == np.argmin(losses) + 3 < 60
    restored = fitted.model_.evaluate(X[:20], -y[:20], verbose=0, return_dict=True)
    rmse = fitted.history_["val_root_mean_squared_error"]
    assert restored["root_mean_squared_error"] == pytest.approx(rmse[np.argmin(losses)], rel=1e-4)


def test_reduce_learning_rate_on_plateau(X, y):
    reduce = keras.callbacks.ReduceLROnPlateau("loss", min_delta=1e9, patience=1, factor=0.1)
    rates = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(logs["learning_rate"])
    )
    fitted = regressor(callbacks=[reduce, watch], learning_rate=0.1).fit(X, y)
    np.testing.assert_allclose(rates, [0.1, 0.1, 0.01, 0.001], rtol=1e-6)
    assert not np.array_equal(fitted.predict(X), regressor(learning_rate=0.1).fit(X, y).predict(X))


def test_learning_rate_scheduler_equals_the_rates_by_hand(X, y):
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1 / 2**epoch)
    scheduled = regressor(callbacks=schedule, average=False).fit(X, y)
    by_hand = regressor(average=False)
    for epoch in range(4):
        by_hand.set_params(learning_rate=0.1 / 2**epoch).partial_fit(X, y)
    np.testing.assert_allclose(by_hand.history_["loss"][0], scheduled.history_["loss"][0], rtol=0.2)
    assert scheduled.history_["loss"][3] < scheduled.history_["loss"][0]
    # The program that a callback has seen is not lent to the next fit.
    assert regressor().fit(X, y).history_ == regressor().fit(X, y).history_


def test_model_checkpoint_each_epoch(X, y, tmp_path):
    saves = keras.callbacks.ModelCheckpoint(
        str(tmp_path / "{epoch}.weights.h5"), save_weights_only=True, save_freq="epoch"
    )
    fitted = regressor(callbacks=saves).fit(X, y)
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["1", "2", "3", "4"]
    assert np.array_equal(fitted.predict(X), regressor().fit(X, y).predict(X))


def test_checkpoints_of_a_users_model_hold_the_fitted_weights(X, y, tmp_path):
    best = keras.callbacks.ModelCheckpoint(str(tmp_path / "best.keras"), monitor="loss")
    fitted = KerasRegressor(builder, callbacks=best, epochs=2, random_state=0).fit(X, y)
    saved = keras.saving.load_model(tmp_path / "best.keras")
    np.testing.assert_allclose(np.ravel(saved(X.astype("float32"))), fitted.predict(X), rtol=1e-5)


def test_csv_logger(X, y, tmp_path):
    logger = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    fitted = regressor(callbacks=[logger]).fit(X, y, X_val=X, y_val=y)
    with open(tmp_path / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2, 3]
    for name, values in fitted.history_.items():
        np.testing.assert_allclose([float(row[name]) for row in rows], values)
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))
    clone(fitted)


class Diary(keras.callbacks.Callback):
    """Writes down each hook of training and of epochs."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def on_train_begin(self, logs=None):
        self.lines.append(("begin", self.params["epochs"], type(self.model.optimizer).__name__))

    def on_epoch_begin(self, epoch, logs=None):
        self.lines.append(("epoch begin", epoch))

    def on_epoch_end(self, epoch, logs=None):
        self.lines.append(("epoch end", epoch, sorted(logs)))
        if epoch == 1:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        self.lines.append(("end",))


def test_epoch_hooks_in_their_order(X, y):
    diary = Diary()
    fitted = regressor(callbacks=diary).fit(X, y, X_val=X, y_val=y)
    names = ["loss", "root_mean_squared_error", "val_loss", "val_root_mean_squared_error"]
    assert diary.lines == [
        ("begin", 4, "Adam"),
        ("epoch begin", 0),
        ("epoch end", 0, names),
        ("epoch begin", 1),
        ("epoch end", 1, names),
        ("end",),
    ]
    assert fitted.n_iter_ == 2
    copy.deepcopy(fitted)
    assert diary.model is None


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dropout": 0.3, "l2": 0.01},
        {"early_stopping": True, "patience": 1, "learning_rate": 0.3, "epochs": 12},
    ],
    ids=["plain", "dropout", "stopping"],
)
def test_batch_hooks_give_the_same_result(X, y, options, average):
    batches = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: batches.append(batch)
    )
    weight = np.linspace(0.2, 3, N)
    arguments = {"X_val": X[:20], "y_val": y[::-1][:20]}
    options = {**options, "average": average}
    alone = regressor(**options).fit(X, y, weight, **arguments)
    watched = regressor(callbacks=watch, **options).fit(X, y, weight, **arguments)
    assert batches == [0, 1, 2] * watched.n_iter_
    assert (watched.n_iter_, watched.best_epoch_) == (alone.n_iter_, alone.best_epoch_)
    np.testing.assert_allclose(watched.predict(X), alone.predict(X), rtol=1e-5)
    assert watched.history_.keys() == alone.history_.keys()
    for name, values in alone.history_.items():
        np.testing.assert_allclose(watched.history_[name], values, rtol=1e-4)


def test_batch_hooks_of_a_classifier_and_of_a_users_model(X, y):
    class Counter(keras.callbacks.Callback):
        count = 0

        def on_train_batch_begin(self, batch, logs=None):
            Counter.count += 1

    labels = np.digitize(y, [95, 105])
    alone = MLPClassifier(**SMALL).fit(X, labels)
    watched = MLPClassifier(**SMALL, callbacks=[Counter()]).fit(X, labels)
    np.testing.assert_allclose(watched.predict_proba(X), alone.predict_proba(X), rtol=1e-5)
    own = {"epochs": 2, "random_state": 0, "standardize": True}
    alone = KerasRegressor(builder, **own).fit(X, y)
    watched = KerasRegressor(builder, **own, callbacks=Counter()).fit(X, y)
    np.testing.assert_allclose(watched.predict(X), alone.predict(X), rtol=1e-5)
    assert Counter.count == 3 * 4 + 3 * 2


@pytest.mark.parametrize("hook", ["on_epoch_end", "on_train_batch_end"])
def test_callbacks_let_go_of_the_model_when_training_fails(X, y, hook):
    watch = keras.callbacks.LambdaCallback(**{hook: lambda step, logs: None})
    wild = regressor(
        callbacks=watch, optimizer="sgd", learning_rate=1e6, standardize=False, epochs=20
    )
    with pytest.raises(TrainingDivergedError, match="learning_rate=1e\\+06"):
        wild.fit(X, y)
    assert watch.model is None
    assert not hasattr(wild, "history_")


def test_an_error_in_a_callback_reaches_the_caller(X, y):
    def fail(epoch, logs):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        regressor(callbacks=keras.callbacks.LambdaCallback(on_epoch_end=fail)).fit(X, y)


def test_verbose_0_prints_nothing_at_all(X, y, capfd):
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    regressor(early_stopping=True).fit(X, y).predict(X)
    regressor(callbacks=watch).fit(X, y)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert [line for line in captured.err.splitlines() if "0000 00:00" not in line] == []


@pytest.mark.parametrize("batch_hooks", [False, True])
def test_verbose_1_prints_a_line_an_epoch_with_bar_and_time_left(X, y, capsys, batch_hooks):
    hook = "on_train_batch_end" if batch_hooks else "on_epoch_end"
    watch = keras.callbacks.LambdaCallback(**{hook: lambda step, logs: None})
    fitted = regressor(verbose=1, callbacks=watch).fit(X, y, X_val=X, y_val=y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == fitted.n_iter_ == 4
    assert lines[0].startswith("Epoch 1/4 ━━━━━───────────────")
    assert lines[3].startswith("Epoch 4/4 ━━━━━━━━━━━━━━━━━━━━ 0.0s left - loss: ")
    assert "s left - loss: " in lines[0]
    assert "val_root_mean_squared_error: " in lines[0]
