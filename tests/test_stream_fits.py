"""Estimators learn from files as from tables, and hold no more of them than a tally."""

import threading
import warnings

import numpy as np
import pandas as pd
import pytest

from mlpkit import (
    KerasClassifier,
    KerasRegressor,
    MLPClassifier,
    MLPRegressor,
    make_classifier,
    stream_csv,
    stream_parquet,
)
from mlpkit.backend import keras, tf
from mlpkit.estimators import dataset_samples, datasets, target_tallies
from mlpkit.estimators.tally import Tally
from mlpkit.file_streams import shuffling
from mlpkit.file_streams import stream as streams
from mlpkit.tasks.targets import checked_target
from mlpkit.training.streams import _THREADS, ahead

N, BATCH = 512, 32
FEATURES = ["a", "b", "c"]


class InOrder(np.random.RandomState):
    """Draws what every generator of its seed draws, but leaves rows in their order."""

    def permutation(self, n):
        return np.arange(n)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 3)) * [1, 20, 1] + [0, 1.7e9, 0]
    X[:, 2] = X[:, 2] > 0
    frame = pd.DataFrame(X, columns=FEATURES)
    score = X[:, 0] + X[:, 2]
    frame["two"] = np.where(score > 0.5, "yes", "no")
    frame["three"] = np.digitize(score, [0, 1])
    frame["number"] = 40 * score + 100
    frame["size"] = np.exp(score)
    frame["label"] = (score > 0).astype(int)
    frame["flag"] = score > 1
    frame["weight"] = rng.integers(1, 4, N).astype(float)
    return frame


@pytest.fixture(scope="module")
def files(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    table.to_csv(folder / "t.csv", index=False)
    table.to_parquet(folder / "t.parquet", row_group_size=100)
    return {"csv": str(folder / "t.csv"), "parquet": str(folder / "t.parquet")}


def opened(files, kind, target, **options):
    make = stream_csv if kind == "csv" else stream_parquet
    options = {"features": FEATURES, "batch_size": BATCH, "shuffle": False, **options}
    return make(files[kind], target=target, **options)


TASKS = {
    "binary": (MLPClassifier, "two", {"class_weight": "balanced"}),
    "binary, a class weighted": (MLPClassifier, "two", {"class_weight": {"yes": 3.0}}),
    "multiclass": (MLPClassifier, "three", {}),
    "multilabel": (MLPClassifier, ["label", "flag"], {}),
    "regression": (MLPRegressor, "number", {}),
    "several outputs": (MLPRegressor, ["number", "size"], {}),
    "positive": (MLPRegressor, "size", {"output_range": "positive"}),
    "quantiles": (MLPRegressor, "number", {"loss": "quantile", "quantile": [0.1, 0.9]}),
}


@pytest.mark.parametrize("kind, weighted", [("csv", False), ("parquet", True)])
@pytest.mark.parametrize("task", TASKS)
def test_files_train_as_the_table_in_order(task, kind, weighted, table, files):
    estimator, target, parameters = TASKS[task]
    parameters = dict(
        parameters, hidden_layer_sizes=(6,), epochs=3, batch_size=BATCH, early_stopping=False,
        jit_compile=False,
    )  # fmt: skip
    weight = "weight" if weighted else None
    ours = estimator(**parameters, random_state=InOrder(0))
    ours.fit(opened(files, kind, target, sample_weight=weight))
    theirs = estimator(**parameters, random_state=InOrder(0))
    theirs.fit(table[FEATURES], table[target], table["weight"] if weighted else None)
    assert ours.history_.keys() == theirs.history_.keys()
    for name, figures in ours.history_.items():
        assert figures == pytest.approx(theirs.history_[name], rel=1e-5)
    X = table[FEATURES].head(50)
    if ours._kind == "classification":
        assert ours.classes_.tolist() == theirs.classes_.tolist()
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)
    else:
        np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-4)
    assert ours.feature_names_in_.tolist() == FEATURES
    for units in ("features", "targets"):
        a, b = getattr(ours._learnt, units), getattr(theirs._learnt, units)
        np.testing.assert_allclose(a.offset, b.offset, rtol=1e-12)
        # Means of 1.7e9 have 7 digits behind the point: a deviation of 19 has so many fewer.
        np.testing.assert_allclose(a.scale, b.scale, rtol=1e-9)


def test_csv_and_parquet_train_alike_shuffled_and_twice_the_same(files):
    def fit(kind):
        dataset = opened(files, kind, "two", shuffle=True, random_state=3)
        return MLPClassifier((6,), epochs=3, random_state=0).fit(dataset), dataset

    first, dataset = fit("csv")
    second, _ = fit("csv")
    assert first.history_ == second.history_
    assert dataset.stream.epoch == 3
    again = MLPClassifier((6,), epochs=3, random_state=0).fit(dataset)  # counted from 0 again
    assert again.history_ == first.history_
    parquet, _ = fit("parquet")
    assert parquet.history_["accuracy"][-1] == pytest.approx(
        first.history_["accuracy"][-1], abs=0.1
    )


def test_partial_fit_goes_on_with_the_epochs_of_the_files(files):
    dataset = opened(files, "csv", "two", shuffle=True, random_state=3)
    whole = MLPClassifier((6,), epochs=3, average=False, random_state=0).fit(dataset)
    parts = MLPClassifier((6,), random_state=0)
    dataset.stream.epoch = 0
    for _ in range(3):
        parts.partial_fit(dataset, None, classes=["no", "yes"])
    assert parts.n_iter_ == dataset.stream.epoch == 3
    assert parts.history_["loss"] == pytest.approx(whole.history_["loss"], rel=1e-5)
    swapped = opened(files, "csv", "two", features=["b", "a", "c"])
    with pytest.raises(ValueError, match="feature names"):
        parts.partial_fit(swapped, None)


def test_the_users_own_models_take_files_too(table, files):
    def builder(n_features, task):
        return keras.Sequential(
            [keras.Input((n_features,)), keras.layers.Dense(task.units, task.output_activation)]
        )

    parameters = dict(standardize=True, epochs=30, learning_rate=0.05, random_state=0)
    classifier = KerasClassifier(builder, **parameters).fit(opened(files, "csv", "two"))
    assert classifier.score(table[FEATURES], table["two"]) > 0.95
    regressor = KerasRegressor(builder, **parameters).fit(opened(files, "parquet", "number"))
    assert regressor.score(table[FEATURES], table["number"]) > 0.95


def test_keras_s_own_fit_takes_the_dataset(files):
    # Of Parquet the number of batches is known; else Keras warns that it had to find out.
    dataset = opened(files, "parquet", "label", features=["a", "c"], shuffle=True, shard=(0, 2))
    assert int(dataset.cardinality()) == 16  # half of the rows in half of the batch size
    model = make_classifier(2, hidden_layer_sizes=(4,), random_state=0)
    history = model.fit(dataset, epochs=3, shuffle=False, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    assert dataset.stream.epoch == 3


@pytest.mark.parametrize("jit_compile", [False, True])
def test_many_validation_rows_are_read_again_and_judged_alike(
    jit_compile, files, table, monkeypatch
):
    parameters = dict(
        hidden_layer_sizes=(6,), epochs=6, patience=2, batch_size=BATCH, jit_compile=jit_compile,
        class_weight="balanced",
    )  # fmt: skip

    def fit(X, y=None):
        validation = opened(files, "csv", "two", shuffle=True)
        model = MLPClassifier(**parameters, random_state=InOrder(0))
        return model.fit(X, y, X_val=validation)

    X, y = table[FEATURES], table["two"]
    kept = fit(opened(files, "csv", "two"))
    monkeypatch.setattr(dataset_samples, "HELD_BYTES", 1000)
    for streamed in (fit(opened(files, "csv", "two")), fit(X, y)):
        for name, figures in kept.history_.items():
            assert streamed.history_[name] == pytest.approx(figures, rel=1e-5)
        assert streamed.best_epoch_ == kept.best_epoch_
    import scipy.sparse

    with pytest.raises(ValueError, match="X_val must be a table, or a dataset of few rows"):
        MLPClassifier(**dict(parameters, jit_compile=False)).fit(
            scipy.sparse.csr_matrix(X.to_numpy()), y,
            X_val=tf.data.Dataset.from_tensor_slices((X.to_numpy(), y)).batch(50),
        )  # fmt: skip


def test_validation_of_unknown_classes_and_other_features_is_refused(files, monkeypatch):
    monkeypatch.setattr(dataset_samples, "HELD_BYTES", 1000)
    train = opened(files, "csv", "label")
    with pytest.raises(ValueError, match="only the known classes"):
        MLPClassifier(epochs=1).fit(train, X_val=opened(files, "csv", "three"))
    with pytest.raises(ValueError, match="feature names"):
        MLPClassifier(epochs=1).fit(train, X_val=opened(files, "csv", "label", features=["a"]))


BAD = {
    "continuous": (MLPClassifier, "number", {}, "holds? classes. Unknown label type: continuous"),
    "many classes": (MLPClassifier, "b", {}, "Unknown label type: continuous|at most 100 classes"),
    "one class": (MLPClassifier, "one", {}, "one class only, 1"),
    "text": (MLPRegressor, "two", {}, "must hold numbers. Got '(yes|no)'"),
    "out of range": (MLPRegressor, "number", {"output_range": (0, 50)}, "0 to 50 .* Got -50.891: "),
    "no labels": (MLPClassifier, ["label", "three"], {}, "indicator matrix of 0 and 1"),
    "weights of labels": (
        MLPClassifier, ["label", "flag"], {"class_weight": "balanced"}, "class_weight must be None",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_targets_that_cannot_be_learnt(case, files, table, tmp_path, monkeypatch):
    estimator, target, parameters, message = BAD[case]
    monkeypatch.setattr(target_tallies, "MAX_CLASSES", 100)
    table.assign(one=1, b=np.arange(N)).to_csv(tmp_path / "t.csv", index=False)
    dataset = stream_csv(tmp_path / "t.csv", target=target, features=["a", "c"])
    model = estimator(**parameters)
    with pytest.raises(ValueError, match=message):
        model.fit(dataset)
    assert not hasattr(model, "n_features_in_")


def test_an_error_in_a_late_row_comes_out_of_fit_as_it_is(tmp_path, table, monkeypatch):
    monkeypatch.setattr(streams, "CHUNK_BYTES", 2000)
    table.to_csv(tmp_path / "t.csv", index=False)
    dataset = stream_csv(tmp_path / "t.csv", target="two", features=FEATURES)
    classifier = MLPClassifier((4,), epochs=2).fit(dataset)
    table.assign(a=table["a"].astype(object).where(table.index != 400, "?")).to_csv(
        tmp_path / "t.csv", index=False
    )
    before = classifier.history_
    with pytest.raises(ValueError, match="Got '\\?' in column 'a', row 401 of"):
        classifier.fit(dataset)
    assert classifier.history_ is before


def parts_of(table, target, n=4):
    """Tallies of parts of the rows, of which one part is empty."""
    X, y = table[FEATURES].to_numpy(), checked_target(table[target].to_numpy())
    y = y.astype(str) if target == "two" else y
    for rows in (*np.array_split(np.arange(N), n - 1), []):
        rows = np.asarray(rows, int)
        yield X[rows], y[rows], table["weight"].to_numpy()[rows]


@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize(
    "kind, target",
    [
        ("classification", "two"),
        ("classification", "three"),
        ("classification", ["label", "flag"]),
        ("regression", "number"),
        ("regression", ["number", "size"]),
    ],
)
def test_tallies_of_parts_merge_to_that_of_all(kind, target, by_class, table):
    whole, merged = (Tally(kind, by_class=by_class) for _ in range(2))
    for x, y, weight in parts_of(table, target):
        part = Tally(kind, by_class=by_class)
        if len(x):
            whole.add(x, y, weight)
            part.add(x, y, weight)
        merged.merge(Tally.of_bytes(part.to_bytes()))
    assert merged.n_rows == whole.n_rows == N
    assert merged.y.tolist() == whole.y.tolist()
    np.testing.assert_allclose(merged.weight, whole.weight, rtol=1e-14)
    factors = np.arange(len(whole.y)) + 0.5
    for found, expected in (
        (merged.feature_units(), whole.feature_units()),
        (merged.feature_units(factors), whole.feature_units(factors)),
    ):
        np.testing.assert_allclose(found.offset, expected.offset, rtol=1e-13)
        np.testing.assert_allclose(found.scale, expected.scale, rtol=1e-9)
    assert b"pickle" not in whole.to_bytes()


def test_tallies_of_other_tables_do_not_merge(table):
    some, other = Tally("classification"), Tally("classification")
    some.add(np.zeros((2, 1)), np.array([0, 1]), np.ones(2))
    other.add(np.zeros((2, 3)), np.array([0, 1]), np.ones(2))
    with pytest.raises(ValueError, match="must have the same columns"):
        some.merge(other)


def test_a_fit_holds_a_tally_in_place_of_the_targets(table, files):
    tally = datasets.fresh_tally(MLPRegressor())
    held = datasets.DatasetTable(opened(files, "csv", "number"), tally, np.asarray)
    assert held.shape == (N, 3)
    assert held.y.tolist() == [table["number"].min(), table["number"].max()]
    assert held.kept is None
    # The bytes of a summary do not grow with the rows.
    assert len(held.tally.to_bytes()) < 10_000


def test_skipping_epochs_reads_nothing(files, monkeypatch):
    dataset = opened(files, "csv", "two", shuffle=True, random_state=1)
    table = datasets.dataset_table(MLPClassifier(), dataset, None, None, reset=True)

    def targets(block_rows=N):
        return shuffling.join(list(table.source.groups(block_rows))).y.tolist()

    passes = [targets() for _ in range(3)]
    table.source.epoch = 0
    monkeypatch.setattr(table.source.stream, "blocks", lambda epoch: pytest.fail("rows were read"))
    table.skip(2)
    monkeypatch.undo()
    assert targets() == passes[2] != passes[0]


def iter_of(n):
    yield from range(n)


def test_what_is_made_ahead_ends_with_its_reader():
    closed = threading.Event()

    def items():
        try:
            yield from range(100)
        finally:
            closed.set()

    reader = ahead(items())
    assert next(reader) == 0
    reader.close()
    assert closed.is_set()
    before = threading.active_count()
    for _ in range(20):  # a thread is used again
        assert list(ahead(iter_of(3))) == [0, 1, 2]
    assert threading.active_count() <= before + 1

    def fails():
        yield 1
        raise KeyError("told")

    with pytest.raises(KeyError, match="told"):
        list(ahead(fails()))


def test_a_reader_left_to_the_garbage_collector_does_not_wait_for_itself():
    going, left = threading.Event(), threading.Event()

    def items():
        yield 0
        going.set()
        left.wait(10)
        yield 1

    reader = ahead(items())
    assert next(reader) == 0
    assert going.wait(10)
    collector = threading.Thread(target=reader.close, name=f"{_THREADS}_9")
    collector.start()
    collector.join(5)
    assert not collector.is_alive()
    left.set()
    assert list(ahead(iter_of(3))) == [0, 1, 2]


def test_text_targets_of_any_dataset_and_matrices_of_text():
    X = np.random.default_rng(0).normal(size=(64, 2))
    y = np.where(X[:, :1] > 0, "left", "right")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the column, which scikit-learn would rather have flat
        dataset = tf.data.Dataset.from_tensor_slices((X, y)).batch(16)
        assert MLPClassifier((4,), epochs=1).fit(dataset).classes_.tolist() == ["left", "right"]
    both = tf.data.Dataset.from_tensor_slices((X, np.hstack([y, y]))).batch(16)
    with pytest.raises(ValueError, match="indicator matrix"):
        MLPClassifier((4,), epochs=1).fit(both)
