"""Backups are whole or found out; a fit that goes on from its own ends with the same bits."""

import itertools
import os
import shutil
import warnings
from functools import partial

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone

from mlpkit import (
    BackupError,
    BackupWarning,
    InvalidParameterError,
    KerasClassifier,
    MLPClassifier,
    MLPRegressor,
    TrainingDivergedError,
)
from mlpkit.backend import keras, tf
from mlpkit.backups import BackupFolder, DamagedFileError, digest, packed, read
from mlpkit.estimators.describing import described
from mlpkit.training import streams

N, D = 400, 5


def table(n=N):
    X = np.random.RandomState(0).randn(n, D)
    return X, np.where(X[:, 0] * X[:, 1] + X[:, 2] > 0, "yes", "no")


class CutOff(BaseException):
    """Stands for a power cut."""


def fit_and_cut_off(estimator, *data, after, **more):
    """Fit, and let the power go after so many backups."""
    save, count = BackupFolder.save, itertools.count(1)

    def save_some(self, *arguments):
        save(self, *arguments)
        if next(count) == after:
            raise CutOff

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BackupFolder, "save", save_some)
        with pytest.raises(CutOff):
            estimator.fit(*data, **more)
    assert not hasattr(estimator, "history_")


def assert_same_bits(one, other):
    assert one.history_ == other.history_
    assert (one.n_iter_, one.best_epoch_) == (other.n_iter_, other.best_epoch_)
    for a, b in zip(one._learnt.weights, other._learnt.weights, strict=True):
        assert a.tobytes() == b.tobytes()


# Storage

ARRAYS = [np.arange(6.0).reshape(2, 3), np.array(7, np.int32), np.zeros((0, 2)), np.array([True])]


def save(folder, number, run=1, arrays=ARRAYS):
    folder.save(run, number, {"number": number}, arrays)


def test_what_is_saved_comes_back(tmp_path):
    folder = BackupFolder(tmp_path / "a" / "b")
    assert folder.load() is None
    save(folder, 3)
    record, arrays = folder.load()
    assert record == {"number": 3}
    for found, expected in zip(arrays, ARRAYS, strict=True):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert np.array_equal(found, expected)
    narrow = np.asarray(tf.constant([1.5], tf.bfloat16))
    assert read(b"".join(packed({}, [narrow])))[1][0].dtype == narrow.dtype


def test_the_last_two_of_each_run_are_kept_and_the_last_run_is_the_newest(tmp_path):
    folder = BackupFolder(tmp_path)
    for run, number in [(1, 8), (1, 9), (1, 10), (2, 1)]:
        save(folder, number, run)
    numbers = [name.split(".")[0] for name in sorted(os.listdir(tmp_path)) if "lock" not in name]
    assert numbers == ["backup-1-000009", "backup-1-000010", "backup-2-000001"]
    assert [folder.load(run)[0]["number"] for run in (None, 1, 2)] == [1, 10, 1]


def test_a_folder_is_left_as_it_was_found(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "backup-1-000004.mlpkit.77.part").write_bytes(b"half")
    folder = BackupFolder(tmp_path)
    assert not list(tmp_path.glob("*.part"))
    save(folder, 1)
    folder.clear()
    folder.close()
    assert os.listdir(tmp_path) == ["mine.txt"]
    own = BackupFolder(tmp_path / "own")
    own.close()
    assert not own.path.exists()


def test_a_folder_serves_one_fit_at_a_time(tmp_path):
    folder = BackupFolder(tmp_path)
    with pytest.raises(BackupError, match="no other fit is using"):
        BackupFolder(tmp_path)
    folder.close()
    BackupFolder(tmp_path).close()


def test_a_folder_that_cannot_be_written_to_is_refused_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    classifier = MLPClassifier(backup_dir=tmp_path / "file" / "folder")
    with pytest.raises(InvalidParameterError, match="that can be written to. Got .*Not a dir"):
        classifier.fit(*table())
    with pytest.raises(InvalidParameterError, match="room for 5 backups, 5e?.* MB free"):
        BackupFolder(tmp_path).require(10**18)


def test_a_disk_that_is_full_costs_the_backup_and_not_the_training(tmp_path, monkeypatch):
    folder = BackupFolder(tmp_path)
    save(folder, 1)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.warns(BackupWarning, match="could not be written .*No space left on device"):
        save(folder, 2)
    save(folder, 3)  # told once
    assert not list(tmp_path.glob("*.part"))
    assert folder.load()[0] == {"number": 1}


def spoilt(content, rng):
    """Bytes cut off at a random place, or with one of them changed."""
    place = rng.randint(len(content))
    if rng.rand() < 0.5:
        return content[:place]
    changed = bytes([content[place] ^ rng.randint(1, 256)])
    return content[:place] + changed + content[place + 1 :]


def test_damage_at_200_random_places_is_found(tmp_path):
    rng = np.random.RandomState(0)
    folder = BackupFolder(tmp_path)
    for number in (1, 2):
        save(folder, number, arrays=[rng.randn(9, 4), rng.randn(4)])
    newest = tmp_path / "backup-1-000002.mlpkit"
    content = newest.read_bytes()
    for _ in range(200):
        damaged = spoilt(content, rng)
        with pytest.raises(DamagedFileError):
            read(damaged)
        newest.write_bytes(damaged)
        with pytest.warns(BackupWarning, match="A damaged backup .* goes on from an older one"):
            assert folder.load()[0] == {"number": 1}
    save(folder, 3)  # the damaged one goes first
    assert [folder.load()[0]["number"], len(folder._backups(1))] == [3, 2]
    for path in tmp_path.glob("*.mlpkit"):
        path.write_bytes(spoilt(path.read_bytes(), rng))
    with pytest.raises(BackupError, match="damaged ones only .* delete them"):
        folder.load()


def test_digests_tell_arrays_apart():
    a = np.arange(12.0).reshape(3, 4)
    others = [a.T, a.reshape(4, 3), a.astype("float32"), -a, a[:2], np.array(["a", "b"])]
    told = [digest([array]) for array in [a, *others]]
    assert len(set(told)) == len(told)
    assert digest([np.asfortranarray(a)]) == digest([np.repeat(a, 2, axis=1)[:, ::2]]) == told[0]
    assert digest([np.array(["x", "y"], object)]) == digest([np.array(["x", "y"])])


# Fits

EPOCHS = 6
SMALL = dict(hidden_layer_sizes=(8,), epochs=EPOCHS, batch_size=32, random_state=0)
# Parameters, and after how many of the backups the fit is cut off.
RESUMED = {
    "graph": ({"jit_compile": False, "early_stopping": False}, 3),
    "XLA": ({"jit_compile": True, "early_stopping": False}, 3),
    "first training": ({"patience": 50}, 2),
    "between the trainings": ({"patience": 50}, EPOCHS),
    "second training": ({"patience": 50}, EPOCHS + 2),
    "stopped early": ({"early_stopping": True, "patience": 1, "learning_rate": 0.5}, 2),
    "dropout, normalization": ({"dropout": 0.3, "normalization": "batch"}, 3),
    "momentum, no average": (
        {"optimizer": keras.optimizers.SGD(0.1, momentum=0.9), "average": False},
        3,
    ),
    "schedule": (
        {"optimizer": keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 60)),
         "learning_rate": None},
        3,
    ),
    "float64": ({"dtype": "float64"}, 3),
    "no seed": ({"random_state": None}, 3),
    "seconds": ({"backup_freq": 1e-9}, 2),
}  # fmt: skip


@pytest.mark.parametrize("case", RESUMED)
def test_a_fit_that_was_cut_off_ends_with_the_same_bits(case, tmp_path):
    options, after = RESUMED[case]
    parameters, folder = {**SMALL, **options}, tmp_path / "backups"
    np.random.seed(1)
    whole = MLPClassifier(**parameters).fit(*table())
    np.random.seed(1)
    fit_and_cut_off(MLPClassifier(**parameters, backup_dir=folder), *table(), after=after)
    assert list(folder.glob("*.mlpkit"))
    np.random.seed(2)  # another process is somewhere else
    resumed = MLPClassifier(**parameters, backup_dir=str(folder)).fit(*table())
    assert_same_bits(resumed, whole)
    assert not folder.exists()


def test_a_fit_cut_off_again_and_again(tmp_path, capsys):
    whole = MLPRegressor(**SMALL).fit(table()[0], table()[0])
    for _ in range(5):
        estimator = MLPRegressor(**SMALL, backup_dir=tmp_path)
        fit_and_cut_off(estimator, table()[0], table()[0], after=2)
    estimator = MLPRegressor(**SMALL, backup_dir=tmp_path, verbose=1)
    assert_same_bits(estimator.fit(table()[0], table()[0]), whole)
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"Going on after epoch {EPOCHS}/{EPOCHS}, from a backup"
    assert os.listdir(tmp_path) == []  # the folder is not ours


def test_the_generator_given_is_left_as_a_whole_fit_leaves_it(tmp_path):
    whole, resumed = np.random.RandomState(5), np.random.RandomState(6)
    MLPClassifier(**{**SMALL, "random_state": whole}).fit(*table())
    parameters = {**SMALL, "random_state": np.random.RandomState(5), "backup_dir": tmp_path}
    fit_and_cut_off(MLPClassifier(**parameters), *table(), after=3)
    MLPClassifier(**{**parameters, "random_state": resumed}).fit(*table())
    assert whole.randint(10**9) == resumed.randint(10**9)


def data_of_all_kinds():
    X, y = table()
    weight = np.random.RandomState(1).randint(0, 3, N)
    spec = tf.data.Dataset.from_tensor_slices((X, y)).shuffle(N, seed=3)
    return {
        "sparse": ((scipy.sparse.csr_matrix(np.where(X > 0, X, 0)), y), {}),
        "weights, validation": ((X, y, weight), {"X_val": X[:50], "y_val": y[:50]}),
        "dataset": ((spec.batch(32),), {}),
    }


@pytest.mark.parametrize("kind", ["sparse", "weights, validation", "dataset"])
def test_data_of_all_kinds(kind, tmp_path):
    fits = iter(lambda: data_of_all_kinds()[kind], None)  # a dataset as another process makes it
    data, more = next(fits)
    whole = MLPClassifier(**SMALL).fit(*data, **more)
    data, more = next(fits)
    fit_and_cut_off(MLPClassifier(**SMALL, backup_dir=tmp_path), *data, after=3, **more)
    data, more = next(fits)
    assert_same_bits(MLPClassifier(**SMALL, backup_dir=tmp_path).fit(*data, **more), whole)


def test_a_dataset_that_shuffles_without_a_seed_is_refused(tmp_path):
    X, y = table()

    def shuffled():
        return tf.data.Dataset.from_tensor_slices((X, y)).shuffle(N).batch(32)

    fit_and_cut_off(MLPClassifier(**SMALL, backup_dir=tmp_path), shuffled(), after=1)
    with pytest.raises(BackupError, match="other values of X and y"):
        MLPClassifier(**SMALL, backup_dir=tmp_path).fit(shuffled())


def test_streamed_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "MEMORY_SHARE", 0.0)
    monkeypatch.setattr(streams, "SEGMENT_BYTES", 4 * D * 32 * 3)
    whole = MLPClassifier(**SMALL).fit(*table())
    fit_and_cut_off(MLPClassifier(**SMALL, backup_dir=tmp_path), *table(), after=3)
    assert_same_bits(MLPClassifier(**SMALL, backup_dir=tmp_path).fit(*table()), whole)


class Halves(keras.callbacks.Callback):
    """Halves the learning rate each epoch, and remembers nothing."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)
        self.model.optimizer.learning_rate = 0.5 * self.model.optimizer.learning_rate
        self.model.stop_training = epoch == EPOCHS - 2


class HalvesAndCounts(Halves):
    """The same through ``keras.Model.fit``."""

    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize(
    "kind, average, after",
    [
        (Halves, True, 2),
        (Halves, False, EPOCHS - 1),  # which a callback has made the last one
        (HalvesAndCounts, True, 2),
        (HalvesAndCounts, False, EPOCHS - 1),
    ],
)
def test_callbacks(kind, average, after, tmp_path):
    parameters = dict(SMALL, average=average, dropout=0.2)
    whole = MLPClassifier(**parameters, callbacks=kind()).fit(*table())
    fit_and_cut_off(
        MLPClassifier(**parameters, callbacks=kind(), backup_dir=tmp_path), *table(), after=after
    )
    watch = kind()
    resumed = MLPClassifier(**parameters, callbacks=watch, backup_dir=tmp_path).fit(*table())
    assert_same_bits(resumed, whole)
    assert watch.epochs == list(range(after, EPOCHS - 1))


@pytest.mark.parametrize(
    "option, after", [({"gradient_accumulation_steps": 2}, 2), ({"use_ema": True}, EPOCHS + 1)]
)
def test_optimizers_that_keras_runs(option, after, tmp_path):
    parameters = dict(SMALL, average=False, learning_rate=None)
    parameters["optimizer"] = keras.optimizers.Adam(0.01, **option)
    whole = MLPClassifier(**parameters).fit(*table())
    fit_and_cut_off(MLPClassifier(**parameters, backup_dir=tmp_path), *table(), after=after)
    assert_same_bits(MLPClassifier(**parameters, backup_dir=tmp_path).fit(*table()), whole)


def builder(n_features, task, width=8):
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((n_features,)), layers.Dense(width, "tanh"), layers.Dropout(0.2),
         layers.Dense(task.units, task.output_activation)]
    )  # fmt: skip


def test_the_users_own_models(tmp_path):
    parameters = dict(epochs=4, random_state=0)
    whole = KerasClassifier(builder, **parameters).fit(*table())
    fit_and_cut_off(KerasClassifier(builder, **parameters, backup_dir=tmp_path), *table(), after=2)
    with pytest.raises(BackupError, match=r"that has model__width=nothing \(now 9\)"):
        KerasClassifier(builder, **parameters, backup_dir=tmp_path, model__width=9).fit(*table())
    resumed = KerasClassifier(builder, **parameters, backup_dir=tmp_path).fit(*table())
    assert_same_bits(resumed, whole)


def test_a_builder_that_gives_other_weights_is_refused(tmp_path):
    draws = np.random.default_rng(0)  # no seed of ours reaches it

    def own_draws(n_features, task):
        model = builder(n_features, task)
        model.set_weights([draws.standard_normal(w.shape) for w in model.get_weights()])
        return model

    parameters = dict(epochs=2, random_state=0, backup_dir=tmp_path)
    fit_and_cut_off(KerasClassifier(own_draws, **parameters), *table(), after=1)
    with pytest.raises(BackupError, match="began with the same weights"):
        KerasClassifier(own_draws, **parameters).fit(*table())


def test_a_warm_start_begins_with_the_weights_of_before(tmp_path):
    X, y = table()

    def started(rows=N):
        return MLPClassifier(**SMALL, warm_start=True).fit(X[:rows], y[:rows])

    whole = started().fit(X, y)
    first = started().set_params(backup_dir=tmp_path)
    del first.history_
    fit_and_cut_off(first, X, y, after=2)
    with pytest.raises(BackupError, match="other values of the weights learnt before"):
        started(N - 1).set_params(backup_dir=tmp_path).fit(X, y)
    assert_same_bits(started().set_params(backup_dir=tmp_path).fit(X, y), whole)


def test_partial_fit_makes_no_backups(tmp_path):
    folder = tmp_path / "none"
    MLPClassifier(**SMALL, backup_dir=folder).partial_fit(*table(), classes=["no", "yes"])
    assert not folder.exists()


# What is refused

X, Y = table()
REFUSED = {
    "X": (dict(), dict(X=X + 1), "other values of X[.]"),
    "X, column": (dict(), dict(X=X[:, ::-1]), "other values of X[.]"),
    "y": (dict(), dict(y=np.where(Y == "yes", "no", "yes")), "other values of y[.]"),
    "classes": (dict(), dict(y=np.where(Y == "no", "never", Y)), "other values of y[.]"),
    "rows": (dict(), dict(X=X[1:], y=Y[1:]), "other values of X and y and sample_weight[.]"),
    "sample_weight": (
        dict(), dict(sample_weight=np.full(N, 2.0)), "other values of sample_weight[.]"
    ),
    "X_val": (dict(), dict(X_val=X[:9], y_val=Y[:9]), "other values of validation rows[.]"),
    "one parameter": (dict(l2=0.5), dict(), r"that has l2=0.0001 \(now 0.5\)[.] Finish"),
    "parameters": (
        dict(epochs=9, hidden_layer_sizes=(8, 8)), dict(),
        r"epochs=6 \(now 9\); hidden_layer_sizes=\(8\) \(now \(8, 8\)\)",
    ),
    "seed": (dict(random_state=1), dict(), r"random_state=0 \(now 1\)"),
    "callbacks": (
        dict(callbacks=keras.callbacks.TerminateOnNaN()), dict(), r"callbacks=None \(now \(keras"
    ),
    "estimator": (dict(), dict(kind=MLPRegressor, y=X[:, 0]), r"of MLPClassifier \(now MLPR"),
}  # fmt: skip


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory):
    """A folder with the backups of a fit that was cut off."""
    folder = tmp_path_factory.mktemp("unfinished")
    fit_and_cut_off(MLPClassifier(**SMALL, backup_dir=folder), X, Y, after=3)
    return folder


@pytest.mark.parametrize("case", REFUSED)
def test_backups_of_another_fit_are_refused(case, unfinished):
    options, data, message = REFUSED[case]
    data = {"X": X, "y": Y, **data}
    kind = data.pop("kind", MLPClassifier)
    before = sorted(os.listdir(unfinished))
    estimator = kind(**{**SMALL, **options}, backup_dir=unfinished)
    with pytest.raises(BackupError, match=message):
        estimator.fit(**data)
    assert not hasattr(estimator, "n_features_in_")
    assert sorted(os.listdir(unfinished)) == before


def test_backups_of_another_version_are_refused(unfinished, monkeypatch):
    monkeypatch.setattr(keras, "__version__", "99.0")
    with pytest.raises(BackupError, match=r"that has keras=3\S+ \(now 99.0\)"):
        MLPClassifier(**SMALL, backup_dir=unfinished).fit(X, Y)


def test_a_refusal_leaves_the_generator_where_it_was(unfinished):
    np.random.seed(3)
    before = np.random.get_state()[2]
    with pytest.raises(BackupError, match=r"random_state=0 \(now None\)"):
        MLPClassifier(**{**SMALL, "random_state": None}, backup_dir=unfinished).fit(X, Y)
    assert np.random.get_state()[2] == before


def copied(folder, to):
    for path in folder.glob("*.mlpkit"):
        (to / path.name).write_bytes(path.read_bytes())
    return sorted(to.glob("*.mlpkit"))


def test_a_fit_with_damaged_backups_goes_on_from_the_older_one_or_is_refused(unfinished, tmp_path):
    whole, rng = MLPClassifier(**SMALL).fit(X, Y), np.random.RandomState(0)
    for _ in range(6):
        older, newest = copied(unfinished, tmp_path)
        newest.write_bytes(spoilt(newest.read_bytes(), rng))
        with pytest.warns(BackupWarning, match="A damaged backup .* is left out"):
            resumed = MLPClassifier(**SMALL, backup_dir=tmp_path).fit(X, Y)
        assert_same_bits(resumed, whole)
    for path in copied(unfinished, tmp_path):
        path.write_bytes(spoilt(path.read_bytes(), rng))
    with pytest.raises(BackupError, match="damaged ones only"):
        MLPClassifier(**SMALL, backup_dir=tmp_path).fit(X, Y)


def test_what_decides_no_bit_may_differ(unfinished, tmp_path, capsys):
    copied(unfinished, tmp_path)
    estimator = MLPClassifier(**SMALL, backup_dir=tmp_path, verbose=1, backup_freq=60.0)
    assert_same_bits(estimator.fit(X, Y), MLPClassifier(**SMALL).fit(X, Y))
    assert capsys.readouterr().out.startswith("Going on after epoch 3/6")


def test_a_fit_that_diverges_leaves_no_backups(tmp_path):
    wild = MLPRegressor(**SMALL, optimizer="sgd", standardize=False, backup_dir=tmp_path)
    wild.set_params(learning_rate=1e12)
    with pytest.raises(TrainingDivergedError):
        wild.fit(X, X * 100)
    assert os.listdir(tmp_path) == []


def test_backups_change_nothing(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        backed_up = MLPClassifier(**SMALL, backup_dir=tmp_path).fit(X, Y)
    assert_same_bits(backed_up, MLPClassifier(**SMALL).fit(X, Y))
    clone(backed_up)


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"backup_dir": 3}, "backup_dir must be None or a folder's name or Path. Got 3"),
        *(
            ({"backup_freq": wrong}, "backup_freq must be 'epoch' or a number > 0[.] Got")
            for wrong in (0, -1.0, float("nan"), "batch")
        ),
    ],
)
def test_wrong_parameters(wrong, message):
    with pytest.raises(InvalidParameterError, match=message):
        MLPClassifier(**wrong).fit(X, Y)


def test_parameters_are_told_alike_in_each_process():
    first, second = (
        keras.Sequential([keras.layers.Dense(2)]),
        keras.Sequential([keras.layers.Dense(2)]),
    )
    assert described(first) == described(second)
    assert described(keras.optimizers.Adam(0.1)) != described(keras.optimizers.Adam(0.2))
    assert described(lambda x: x + 1) != described(lambda x: x + 2)
    assert described((8,)) == described([np.int64(8)]) == "(8)"
    assert described({"a": b"x"}) == "{'a': b'x'}"


def loss_with(factor, used=None):
    def weighted(y_true, y_pred):
        return factor * used(y_true, y_pred) if used else factor * abs(y_true - y_pred)

    return weighted


def knows_itself(factor):
    def one(n):
        return other(n) * factor

    def other(n):
        return one(n - 1) if n else 1

    return one


def test_functions_are_told_by_what_they_have_from_around_them():
    assert described(loss_with(1.0)) == described(loss_with(1.0))
    assert described(loss_with(1.0)) != described(loss_with(5.0))
    assert described(loss_with(1.0, loss_with(2.0))) != described(loss_with(1.0, loss_with(3.0)))
    assert described(knows_itself(2)) == described(knows_itself(2)) != described(knows_itself(3))
    assert described(partial(pow, exp=2)) != described(partial(pow, exp=3))


def test_a_folder_that_a_killed_fit_has_made_goes_with_the_next(tmp_path):
    killed = BackupFolder(tmp_path / "own")
    os.close(killed._descriptor)  # as the system does
    BackupFolder(tmp_path / "own").close()
    assert os.listdir(tmp_path) == []


def test_a_folder_of_our_own_that_keeps_backups_goes_when_they_do(tmp_path):
    kept = BackupFolder(tmp_path / "own")
    save(kept, 1)
    kept.close()
    next_one = BackupFolder(tmp_path / "own")
    next_one.clear()
    next_one.close()
    assert os.listdir(tmp_path) == []


def test_a_folder_that_has_gone_costs_no_fit(tmp_path):
    folder = BackupFolder(tmp_path / "own")
    save(folder, 1)
    shutil.rmtree(folder.path)
    with pytest.warns(BackupWarning, match="could not be written"):
        save(folder, 2)
    folder.clear()
    folder.close()


@pytest.mark.parametrize("spoilt", [1, 2])
def test_a_training_whose_backups_are_all_damaged_is_begun_anew(spoilt, tmp_path):
    whole = MLPClassifier(**SMALL, patience=50).fit(*table())
    estimator = MLPClassifier(**SMALL, patience=50, backup_dir=tmp_path)
    fit_and_cut_off(estimator, *table(), after=EPOCHS + 1)  # in the second training
    for path in tmp_path.glob(f"backup-{spoilt}-*.mlpkit"):
        path.write_bytes(b"spoilt")
    with pytest.warns(BackupWarning) as told:
        resumed = MLPClassifier(**SMALL, patience=50, backup_dir=tmp_path).fit(*table())
    assert "begins this training anew, to the same result" in str(told[-1].message)
    assert_same_bits(resumed, whole)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_names_that_no_folder_can_have_are_refused(name, tmp_path):
    with pytest.raises(InvalidParameterError, match="must be a folder that can be written to"):
        BackupFolder(tmp_path / name)
