"""Ctrl-C while training: the epoch is finished, what was learnt is kept, and a warning tells."""

import os
import signal
import threading
import warnings

import numpy as np
import pytest

from mlpkit import MLPClassifier, TrainingInterruptedWarning, compare, interrupts
from mlpkit.backend import keras
from mlpkit.interrupts import Interrupts
from mlpkit.training import calls, loop, streams
from recipes import _run

N, D = 400, 5
SMALL = dict(hidden_layer_sizes=(8,), epochs=6, batch_size=32, random_state=0)
X = np.random.RandomState(0).randn(N, D)
Y = np.where(X[:, 0] * X[:, 1] + X[:, 2] > 0, "yes", "no")


@pytest.fixture(autouse=True)
def python_s_own_handler():
    """Where tests run in the background of a shell, Ctrl-C is ignored from the start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def long_ago(monkeypatch):
    """The Ctrl-C of the test before is forgotten."""
    monkeypatch.setattr(interrupts, "_last", [-1e9])


def press(times=1):
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)


@pytest.fixture
def pressed(monkeypatch):
    """A function that has Ctrl-C pressed after so many epochs, each of which is a call."""

    def after(n_epochs, times=1):
        run, count = loop.run_epochs, iter(range(10**6))
        monkeypatch.setattr(loop, "CALL_SECONDS", 0.0)

        def run_and_press(*arguments):
            done = run(*arguments)
            if next(count) + 1 == n_epochs:
                press(times)
            return done

        monkeypatch.setattr(loop, "run_epochs", run_and_press)

    yield after
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def interrupted(estimator, message, *data):
    with pytest.warns(TrainingInterruptedWarning, match=message):
        return estimator.fit(*(data or (X, Y)))


def assert_same_weights(one, other):
    for a, b in zip(one._learnt.weights, other._learnt.weights, strict=True):
        assert np.array_equal(a, b)


def test_the_last_weights_are_kept_where_nothing_is_validated(pressed):
    parameters = dict(SMALL, early_stopping=False)
    expected = MLPClassifier(**parameters).set_params(epochs=3).fit(X, Y)
    pressed(3)
    message = "after epoch 3 of 6. The weights are those of epoch 3. Give backup_dir"
    fitted = interrupted(MLPClassifier(**parameters), message)
    assert (fitted.n_iter_, fitted.best_epoch_, len(fitted.history_["loss"])) == (3, 3, 3)
    assert_same_weights(fitted, expected)
    assert fitted.predict(X).shape == (N,)


def test_the_best_weights_are_kept_where_something_is(pressed):
    parameters = dict(SMALL, early_stopping=True, learning_rate=0.3, patience=99, epochs=30)
    whole = MLPClassifier(**parameters).fit(X, Y)
    n_epochs = whole.best_epoch_ + 2
    assert n_epochs < 30
    pressed(n_epochs)
    best = f"after epoch {n_epochs} of 30. .* epoch {whole.best_epoch_}, the best so far"
    assert_same_weights(interrupted(MLPClassifier(**parameters), best), whole)


@pytest.mark.parametrize("epoch", [4, 6, 8])  # the second training begins behind 6
def test_all_rows_are_not_learnt_again(pressed, epoch):
    first = dict(SMALL, early_stopping=True, patience=99)
    expected = MLPClassifier(**first).set_params(epochs=min(epoch, 6)).fit(X, Y)
    pressed(epoch)
    fitted = interrupted(MLPClassifier(**{**first, "early_stopping": "auto"}), "interrupted")
    assert fitted.n_iter_ == min(epoch, 6)
    assert_same_weights(fitted, expected)


@pytest.mark.parametrize("epoch", [3, 8])
def test_pressed_again_it_interrupts_at_once(pressed, epoch):
    pressed(epoch, times=2)
    classifier = MLPClassifier(**SMALL)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, Y)
    assert not hasattr(classifier, "n_features_in_")


def test_a_search_can_be_ended(pressed):
    pressed(2)
    interrupted(MLPClassifier(**SMALL), "after epoch 2")
    pressed(2)  # the next fit, at once
    with pytest.raises(KeyboardInterrupt):
        MLPClassifier(**SMALL).fit(X, Y)


def test_comparisons_and_recipes_are_ended_by_the_first(pressed, capsys):
    pressed(2)
    with pytest.raises(KeyboardInterrupt):
        compare({"mlp": MLPClassifier(**SMALL)}, X, Y, cv=2)
    pressed(2)
    assert _run.run(lambda argv: MLPClassifier(**SMALL).fit(X, Y), []) == 130
    assert "nothing was written" in capsys.readouterr().err


@pytest.mark.parametrize("early_stopping", [False, "auto"])
def test_with_backups_the_fit_goes_on_where_it_was(pressed, early_stopping, tmp_path):
    parameters = dict(SMALL, early_stopping=early_stopping)
    whole = MLPClassifier(**parameters).fit(X, Y)
    parameters.update(backup_dir=tmp_path, backup_freq=3600.0)
    pressed(3)
    interrupted(MLPClassifier(**parameters), "fit again with backup_dir='.*' as it is")
    assert [path.name for path in tmp_path.iterdir()] == ["backup-1-000003.mlpkit"]
    resumed = MLPClassifier(**parameters).fit(X, Y)
    assert_same_weights(resumed, whole)
    assert resumed.history_ == whole.history_
    assert os.listdir(tmp_path) == []


def test_a_warm_start_goes_on_by_itself(pressed, tmp_path):
    pressed(3)
    parameters = dict(SMALL, early_stopping=False, warm_start=True, backup_dir=tmp_path)
    fitted = interrupted(MLPClassifier(**parameters), r"fit again \(warm_start=True\)")
    losses = fitted.history_["loss"]
    assert os.listdir(tmp_path) == []
    assert fitted.fit(X, Y).history_["loss"][0] < losses[0]


class Raises(keras.callbacks.Callback):
    """Raises KeyboardInterrupt, or has Ctrl-C pressed, at one hook."""

    def __init__(self, hook, act, epoch=2):
        super().__init__()
        self.at, self.act, self.epoch, self.ended = hook, act, epoch, 0

    def _at(self, hook, number):
        if self.at == hook and number == self.epoch:
            self.act()

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch
        self._at("on_epoch_begin", epoch)

    def on_epoch_end(self, epoch, logs=None):
        self._at("on_epoch_end", epoch)

    def on_train_end(self, logs=None):
        self.ended += 1


class RaisesInBatches(Raises):
    """The same with a batch hook, so that Keras runs the fit."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 3:
            self._at("on_train_batch_end", self.now)


def refuse():
    raise KeyboardInterrupt


@pytest.mark.parametrize("act", [refuse, press])
@pytest.mark.parametrize(
    "kind, hook, epochs",
    [
        (Raises, "on_epoch_begin", {refuse: 2, press: 3}),
        (Raises, "on_epoch_end", {refuse: 3, press: 3}),
        (RaisesInBatches, "on_epoch_end", {refuse: 3, press: 3}),
        (RaisesInBatches, "on_train_batch_end", {refuse: 2, press: 2}),
    ],
)
def test_callbacks_may_interrupt_too(kind, hook, epochs, act, tmp_path):
    parameters = dict(SMALL, early_stopping=False, dropout=0.2)
    quiet = kind("never", act)
    n_epochs = epochs[act]
    whole = MLPClassifier(**parameters, callbacks=quiet).fit(X, Y)
    short = MLPClassifier(**{**parameters, "epochs": n_epochs}, callbacks=quiet).fit(X, Y)
    callback = kind(hook, act)
    classifier = MLPClassifier(**parameters, callbacks=callback, backup_dir=tmp_path)
    fitted = interrupted(classifier, f"after epoch {n_epochs} of 6")
    assert callback.ended == 1
    assert_same_weights(fitted, short)
    callback.at = "never"
    assert_same_weights(classifier.fit(X, Y), whole)


@pytest.mark.parametrize("kind", [Raises, RaisesInBatches])
def test_before_the_first_epoch_is_done_the_interrupt_goes_through(kind):
    classifier = MLPClassifier(**SMALL, callbacks=kind("on_epoch_begin", refuse, epoch=0))
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, Y)
    assert not hasattr(classifier, "n_features_in_")


def test_a_streamed_epoch_is_left_between_segments(monkeypatch, tmp_path):
    monkeypatch.setattr(streams, "MEMORY_SHARE", 0.0)
    monkeypatch.setattr(streams, "SEGMENT_BYTES", 4 * D * 32 * 3)
    parameters = dict(SMALL, early_stopping=False)
    whole = MLPClassifier(**parameters).fit(X, Y)
    short = MLPClassifier(**parameters).set_params(epochs=2).fit(X, Y)
    segments, epoch = [], streams.Stream.epoch

    def counted(self, rng):
        for segment in epoch(self, rng):
            segments.append(segment)
            if len(segments) == 12:  # the second of the third epoch's
                press()
            yield segment

    with monkeypatch.context() as patch:
        patch.setattr(streams.Stream, "epoch", counted)
        classifier = MLPClassifier(**parameters, backup_dir=tmp_path, backup_freq=3600.0)
        fitted = interrupted(classifier, "after epoch 2 of 6")
    assert len(segments) == 12
    assert_same_weights(fitted, short)
    assert_same_weights(MLPClassifier(**parameters, backup_dir=tmp_path).fit(X, Y), whole)


def test_handlers_of_others_and_other_threads_are_left_alone():
    def theirs(number, frame):
        raise AssertionError

    before = signal.signal(signal.SIGINT, theirs)
    try:
        with Interrupts().noted():
            assert signal.getsignal(signal.SIGINT) is theirs
    finally:
        signal.signal(signal.SIGINT, before)
    seen = []

    def fit():
        with Interrupts().noted():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=fit)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]


def test_calls_are_as_long_as_a_second(monkeypatch):
    lengths, run = [], loop.run_epochs

    def counted(program, state, rows, held, n_epochs, plan):
        lengths.append(n_epochs)
        return run(program, state, rows, held, n_epochs, plan)

    monkeypatch.setattr(loop, "run_epochs", counted)
    parameters = dict(SMALL, early_stopping=False, jit_compile=False, epochs=50)
    MLPClassifier(**parameters).fit(X, Y)
    assert lengths == [50]  # they take a fraction of a second
    lengths.clear()
    monkeypatch.setattr(loop, "expected_seconds", lambda *sizes: 0.3)
    MLPClassifier(**parameters).fit(X, Y)
    assert lengths[0] == 3
    assert sum(lengths) == 50
    assert len(lengths) < 10
    lengths.clear()
    thread = threading.Thread(target=MLPClassifier(**parameters).fit, args=(X, Y))
    thread.start()
    thread.join()
    assert lengths == [50]


def test_a_warning_that_is_an_error_leaves_the_estimator_fitted(pressed):
    pressed(2)
    classifier = MLPClassifier(**SMALL, early_stopping=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TrainingInterruptedWarning):
            classifier.fit(X, Y)
    assert classifier.n_iter_ == 2


def test_the_generator_is_put_back_by_an_interrupt_alone():
    rng = np.random.RandomState(0)

    def draw_and_be_interrupted():
        with calls.put_back(rng):
            rng.rand()
            refuse()

    with pytest.raises(KeyboardInterrupt):
        draw_and_be_interrupted()
    with calls.put_back(rng):
        rng.rand()
    assert rng.rand() == np.random.RandomState(0).rand(2)[1]
