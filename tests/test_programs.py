"""Programs are kept and shared, compile once, and never change what a seed gives."""

import multiprocessing
import threading

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from mlpkit import KerasClassifier, MLPClassifier, MLPRegressor, training
from mlpkit.backend import keras, tf
from mlpkit.training.cache import ProgramCache
from mlpkit.training.programs import Program

SMALL = dict(hidden_layer_sizes=(7, 3), epochs=2, early_stopping=False)


@pytest.fixture(autouse=True)
def nothing_kept():
    training.cache_clear()


@pytest.fixture
def compilations(monkeypatch):
    """The graphs that are traced from here on, a name and whether XLA compiles it each."""
    traced = []
    trace = Program._trace

    def counted(self, name, arguments):
        traced.append((name, self.compiled))
        return trace(self, name, arguments)

    monkeypatch.setattr(Program, "_trace", counted)
    return traced


def numbers(n=100, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.randn(n, 6)
    return X, X[:, 0] - X[:, 1] + 0.1 * rng.randn(n)


def digits(n=300):
    X, y = load_digits(return_X_y=True)
    return X[:n], y[:n]


def weights(estimator):
    return estimator._learnt.weights


def assert_same_bits(ours, theirs):
    assert all(map(np.array_equal, ours, theirs))


def test_run_time_values_share_a_program(compilations):
    X, y = numbers()
    fits = [
        dict(learning_rate=1e-3, random_state=0),
        dict(learning_rate=1e-1, random_state=1),
        dict(l2=0.5),
        dict(optimizer="adam", epochs=5),
    ]
    for i, parameters in enumerate(fits):
        MLPRegressor(**{**SMALL, **parameters}).fit(X[: 100 - i], y[: 100 - i])
    assert training.cache_info()[:2] == (3, 1)
    assert compilations == [("run", False)]
    for parameters in (dict(dropout=0.1), dict(dropout=0.3)):
        MLPRegressor(**SMALL, **parameters).fit(X, y)
    assert training.cache_info()[:2] == (4, 2)
    for decay in (0.1, 0.2):
        adamw = keras.optimizers.AdamW(decay / 100, weight_decay=decay)
        MLPRegressor(**SMALL, optimizer=adamw).fit(X, y)
    assert training.cache_info()[:2] == (5, 3)
    MLPRegressor(**SMALL, optimizer="sgd").fit(X, y)
    MLPRegressor(**SMALL, loss="mae").fit(X, y)
    MLPRegressor(**SMALL, l2=0).fit(X, y)
    MLPRegressor(**SMALL, batch_size=50).fit(X, y)
    assert training.cache_info()[:2] == (5, 7)
    assert len(compilations) == 7


def test_a_grid_search_compiles_once(compilations):
    X, y = digits()
    classifier = MLPClassifier((8,), batch_size=32, jit_compile=True, epochs=3,
                               early_stopping=False, random_state=0)  # fmt: skip
    grid = {"learning_rate": [1e-3, 3e-3, 1e-2, 3e-2]}
    search = GridSearchCV(classifier, grid, cv=5, refit=False).fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert compilations == [("run", True)]  # 240 rows in each fold
    assert training.cache_info()[:2] == (19, 1)


def test_folds_in_two_buckets_compile_twice(compilations):
    X, y = numbers(322)  # folds of 257 and 258 rows, and of 256 where 321 rows are left
    regressor = MLPRegressor(**SMALL, jit_compile=True, random_state=0)
    for n in (258, 257, 256, 255):
        regressor.fit(X[:n], y[:n])
    assert compilations == [("run", True)] * 2
    assert training.bucket(257) == training.bucket(258) != training.bucket(256)


def test_rows_learnt_again_share_the_program_of_the_first_time(compilations):
    X, y = digits(400)
    classifier = MLPClassifier((8,), epochs=100, batch_size=32, random_state=0).fit(X, y)
    assert classifier.best_epoch_ < classifier.n_iter_ or classifier.n_iter_ == 100
    assert compilations == [("run", True)]


def test_rows_are_learnt_again_for_as_many_epochs_as_were_best(monkeypatch):
    ran = []
    run = Program.run

    def counted(self, *args):
        state, figures = run(self, *args)
        ran.append(len(figures))
        return state, figures

    monkeypatch.setattr(Program, "run", counted)
    X, y = numbers(400)
    for jit_compile in (False, True):
        regressor = MLPRegressor((5,), epochs=40, patience=3, learning_rate=1e-3, random_state=0,
                                 jit_compile=jit_compile).fit(X, y)  # fmt: skip
        assert regressor.best_epoch_ > 3
        assert ran[-2:] == [regressor.n_iter_, regressor.best_epoch_]


def test_a_fit_runs_in_one_call_where_nobody_looks(monkeypatch):
    calls = []
    run = Program.run
    monkeypatch.setattr(Program, "run", lambda self, *args: calls.append(1) or run(self, *args))
    X, y = numbers(320)
    early = dict(hidden_layer_sizes=(5,), epochs=30, early_stopping=True, random_state=0)
    quiet = MLPRegressor(**early).fit(X, y)
    assert len(calls) == 1
    loud = MLPRegressor(**early, verbose=1).fit(X, y)
    assert len(calls) == 1 + loud.n_iter_
    watched = MLPRegressor(**early, callbacks=[keras.callbacks.Callback()]).fit(X, y)
    assert quiet.history_ == loud.history_ == watched.history_
    assert_same_bits(weights(quiet), weights(loud))
    assert_same_bits(weights(quiet), weights(watched))


def test_more_epochs_than_a_call_takes(monkeypatch):
    X, y = numbers(320)
    parameters = dict(hidden_layer_sizes=(5,), epochs=10, random_state=0, jit_compile=True)
    whole = MLPRegressor(**parameters).fit(X, y)
    training.cache_clear()
    monkeypatch.setattr("mlpkit.training.shapes.ORDERS_A_CALL", 320 * 3)
    parts = MLPRegressor(**parameters).fit(X, y)
    assert whole.history_["loss"] == pytest.approx(parts.history_["loss"], rel=1e-6)
    for a, b in zip(weights(whole), weights(parts), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_early_stopping_keeps_the_best_epoch(jit_compile, average):
    X, y = numbers(120)
    y = y + np.random.RandomState(1).randn(120)
    X_val, y_val = numbers(80, seed=2)
    parameters = dict(hidden_layer_sizes=(30,), learning_rate=0.03, batch_size=16, random_state=0)
    parameters.update(average=average, jit_compile=jit_compile, early_stopping=True)
    stopped = MLPRegressor(**parameters, epochs=60, patience=4).fit(X, y, X_val=X_val, y_val=y_val)
    losses = stopped.history_["val_loss"]
    assert stopped.best_epoch_ == 1 + int(np.argmin(losses))
    assert stopped.n_iter_ == stopped.best_epoch_ + 4 < 60
    # The same weights as a fit that ends there.
    parameters.update(early_stopping=False, epochs=stopped.best_epoch_)
    ended = MLPRegressor(**parameters).fit(X, y, X_val=X_val, y_val=y_val)
    for a, b in zip(weights(stopped), weights(ended), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    scaled = (stopped.predict(X_val) - y_val) / y.std()
    assert np.mean(scaled**2) + 1e-4 * sum((w**2).sum() for w in weights(stopped)[::2]) == (
        pytest.approx(min(losses), rel=1e-4)
    )


def test_graph_and_compiled_programs_agree():
    X, y = digits()
    parameters = dict(hidden_layer_sizes=(20,), epochs=3, dtype="float64", random_state=0)
    for more in ({}, {"normalization": "batch"}, {"activation": "tanh", "l2": 0.1}):
        graph, compiled = (
            MLPClassifier(**parameters, **more, jit_compile=jit).fit(X, y) for jit in (False, True)
        )
        assert graph.history_["loss"] == pytest.approx(compiled.history_["loss"], rel=1e-6)
        for a, b in zip(weights(graph), weights(compiled), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-7)


class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x


@keras.saving.register_keras_serializable("mlpkit.tests")
def centred(x):
    return x - keras.ops.mean(x, axis=0)


@pytest.mark.parametrize(
    "layers, reason",
    [
        ([Twice()], "a layer of your own, Twice"),
        ([keras.layers.Reshape((2, 3)), keras.layers.BatchNormalization(),
          keras.layers.Flatten()], "do not pass a mask on"),
        ([keras.layers.Lambda(centred)], "Lambda"),
        ([keras.layers.Dense(3, activity_regularizer="l2")], "penalty on the outputs of a Dense"),
    ],
)  # fmt: skip
def test_what_xla_cannot_fill_up_is_not_compiled(layers, reason, compilations):
    X, y = numbers(64)
    y = (y > 0).astype(int)
    model = keras.Sequential([keras.Input((6,)), *layers, keras.layers.Dense(1, "sigmoid")])
    classifier = KerasClassifier(model, epochs=600, batch_size=32, random_state=0)
    classifier.set_params(early_stopping=False).fit(X, y)
    assert compilations == [("run", False)]
    with pytest.raises(ValueError, match=f"jit_compile must be 'auto' or False for .*{reason}"):
        classifier.set_params(jit_compile=True).fit(X, y)


def test_a_loss_of_the_users_own_sees_only_rows_that_count():
    X, y = numbers(70)

    def spread(y_true, y_pred):
        """A loss that looks at all rows of the batch."""
        return keras.ops.square(y_true - y_pred)[:, 0] + keras.ops.var(y_pred)

    regressor = MLPRegressor(**SMALL, loss=spread, random_state=0)
    with pytest.raises(ValueError, match="a loss of your own, which may look at several rows"):
        regressor.set_params(jit_compile=True).fit(X, y)
    regressor.set_params(jit_compile="auto", epochs=500).fit(X[:40], y[:40])
    assert np.isfinite(regressor.history_["loss"]).all()


def test_batch_normalisation_of_the_users_own_sees_only_rows_that_count():
    X, y = numbers(70)
    y = (y > 0).astype(int)
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(4, use_bias=False),
         keras.layers.BatchNormalization(),
         keras.layers.Dense(1, "sigmoid")]
    )  # fmt: skip
    fits = [
        KerasClassifier(model, epochs=3, batch_size=32, random_state=0, jit_compile=jit).fit(X, y)
        for jit in (False, True)
    ]
    for a, b in zip(weights(fits[0]), weights(fits[1]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


REPRODUCED = dict(hidden_layer_sizes=(16,), dropout=0.2, epochs=4, batch_size=16, random_state=3)


def fitted_weights(jit_compile):
    X, y = digits(200)
    return weights(MLPClassifier(**REPRODUCED, jit_compile=jit_compile).fit(X, y))


@pytest.mark.slow
@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_same_seed_gives_the_same_bits_everywhere(jit_compile):
    first = fitted_weights(jit_compile)
    X, y = numbers()
    MLPRegressor(**SMALL, jit_compile=jit_compile).fit(X, y)
    assert_same_bits(fitted_weights(jit_compile), first)  # a warm process, a kept program
    training.cache_clear()
    assert_same_bits(fitted_weights(jit_compile), first)  # a program made anew
    found = [None, None]

    def fit(i):
        found[i] = fitted_weights(jit_compile)

    threads = [threading.Thread(target=fit, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in found:
        assert_same_bits(each, first)  # other threads, at once
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert_same_bits(pool.apply(fitted_weights, (jit_compile,)), first)  # a fresh process
    for each in Parallel(n_jobs=2)(delayed(fitted_weights)(jit_compile) for _ in range(2)):
        assert_same_bits(each, first)  # under loky


@pytest.mark.parametrize("jit_compile", [False, True])
def test_different_estimators_in_threads_do_not_change_each_other(jit_compile):
    X, y = digits(200)
    parameters = dict(epochs=30, batch_size=16, jit_compile=jit_compile, early_stopping=False)
    estimators = [
        MLPClassifier((16,), dropout=0.2, random_state=3, **parameters),
        MLPRegressor((8, 24), activation="tanh", optimizer="sgd", random_state=4, **parameters),
        MLPRegressor((16,), normalization="batch", random_state=5, **parameters),
    ]
    alone = [weights(clone(estimator).fit(X, y)) for estimator in estimators]
    training.cache_clear()  # so that programs are made at once, too
    threads = [threading.Thread(target=estimator.fit, args=(X, y)) for estimator in estimators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for estimator, expected in zip(estimators, alone, strict=True):
        assert_same_bits(weights(estimator), expected)


def test_two_threads_that_need_the_same_program_make_it_once():
    made, barrier = [], threading.Barrier(4)
    cache = ProgramCache(maxsize=2)
    found = []

    def get():
        barrier.wait()
        found.append(cache.get("key", lambda: made.append(1) or object()))

    threads = [threading.Thread(target=get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and len(set(map(id, found))) == 1
    assert cache.info() == (3, 1, 2, 1)


def test_the_cache_is_bounded_and_forgets_the_least_recently_used():
    cache = ProgramCache(maxsize=2)
    for key in "abac":
        cache.get(key, object)
    assert cache.info() == (1, 3, 2, 2)
    cache.get("a", object)
    assert cache.info().hits == 2
    cache.get("b", object)
    assert cache.info().misses == 4


def test_a_program_that_could_not_be_made_is_tried_again():
    cache = ProgramCache(maxsize=2)
    with pytest.raises(ZeroDivisionError):
        cache.get("key", lambda: 1 / 0)
    assert cache.get("key", lambda: 5) == 5


def test_optimizers_that_are_no_pure_functions_train_as_keras_does():
    X, y = numbers(64)
    X = X.astype("float32")
    adam = keras.optimizers.Adam(0.01, gradient_accumulation_steps=2)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    ours = MLPRegressor((), optimizer=adam, standardize=False, epochs=3, batch_size=16, l2=0,
                        average=False, early_stopping=False, random_state=0)  # fmt: skip
    started = MLPRegressor(**{**ours.get_params(), "optimizer": keras.optimizers.SGD(0.0)})
    model.set_weights(weights(started.fit(X, y)))
    ours.fit(X, y)
    rng = np.random.RandomState(0)
    rng.randint(2**31 - 1)
    model.compile(adam.from_config(adam.get_config()), "mse")
    for _ in range(3):
        order = rng.permutation(64)
        for start in range(0, 64, 16):
            rows = order[start : start + 16]
            model.train_on_batch(X[rows], y[rows])
    for a, b in zip(weights(ours), model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_tensors_share_the_memory_of_arrays_made_for_them():
    from mlpkit.training.rows import empty, on_device

    array = empty((5, 3), "float32")
    array[:] = 1
    tensor = on_device(array)
    if tf.config.list_logical_devices("GPU"):
        pytest.skip("a GPU has memory of its own")
    array[0, 0] = 7
    assert float(tensor[0, 0]) == 7


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop", "adagrad", "nadam", "ftrl"])
def test_layers_of_any_width_share_a_graph(optimizer, compilations):
    X, y = numbers()
    parameters = dict(epochs=3, optimizer=optimizer, dropout=0.1, random_state=0, dtype="float64")
    sizes = [(5, 6), (40, 3), (3, 3)]
    shared = [MLPRegressor(size, **parameters).fit(X, y) for size in sizes]
    assert compilations == [("run", False)]
    for size, one in zip(sizes, shared, strict=True):
        training.cache_clear()
        alone = MLPRegressor(size, **parameters).fit(X, y)
        assert_same_bits(weights(alone), weights(one))
    MLPRegressor((5,), **parameters).fit(X, y)  # another depth
    MLPRegressor((5, 6), **parameters, activation="tanh").fit(X, y)
    assert training.cache_info().misses == 3


def test_layers_of_any_width_go_on_where_they_stopped():
    X, y = numbers()
    MLPRegressor((9,), epochs=1, random_state=0).fit(X, y)
    parameters = dict(average=False, early_stopping=False, learning_rate=0.01, dtype="float64")
    parameters.update(hidden_layer_sizes=(5,), batch_size=100)
    once = MLPRegressor(**parameters, epochs=4, random_state=0).fit(X, y)
    twice = MLPRegressor(**parameters, epochs=2, random_state=0, warm_start=True)
    twice.fit(X, y).fit(X, y)
    for a, b in zip(weights(once), weights(twice), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "selu"])
@pytest.mark.parametrize("optimizer", ["adam", "adagrad", "ftrl", "rmsprop"])
def test_filled_up_layers_train_as_layers_of_their_own_width(activation, optimizer, compilations):
    X, y = numbers()
    parameters = dict(activation=activation, optimizer=optimizer, dtype="float64", epochs=4)
    parameters.update(hidden_layer_sizes=(5, 18), random_state=0, l2=0.01)
    parameters["kernel_initializer"] = "auto"
    exact = MLPRegressor(**parameters, jit_compile=False).fit(X, y)
    filled = MLPRegressor(**parameters, jit_compile=True).fit(X, y)
    assert [w.shape for w in weights(filled)] == [w.shape for w in weights(exact)]
    assert filled.history_["loss"] == pytest.approx(exact.history_["loss"], rel=1e-9)
    for a, b in zip(weights(filled), weights(exact), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-10)
    parameters["hidden_layer_sizes"] = (16, 31)
    MLPRegressor(**parameters, jit_compile=True).fit(X, y)
    assert compilations == [("run", False), ("run", True)]


@pytest.mark.parametrize("activation", ["sigmoid", "softplus", "softmax", "prelu"])
def test_layers_whose_zero_gives_no_zero_are_not_filled_up(activation):
    from mlpkit.architecture import make_spec
    from mlpkit.estimators.mlp_network import MLPNetwork
    from mlpkit.estimators.widening import widened

    spec = make_spec("regression", 3, hidden_layer_sizes=(5,), activation=activation)
    network = MLPNetwork(spec, None, {"optimizer": "adam"})
    assert widened(network) is network
    lamb = MLPNetwork(make_spec("regression", 3), None, {"optimizer": keras.optimizers.Lamb()})
    assert widened(lamb) is lamb


def test_weights_are_one_vector_where_each_is_treated_alike():
    X, y = numbers()
    joined = []

    class Watched(training.Step):
        def __init__(self, *args, joins=False):
            joined.append(joins)
            super().__init__(*args, joins=joins)

    parameters = dict(SMALL, jit_compile=True, random_state=0, l2=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "Step", Watched)
        MLPRegressor(**parameters).fit(X, y)
        MLPRegressor(**{**parameters, "l2": 0.1}).fit(X, y)
        MLPRegressor(**parameters, warm_start=True).fit(X, y)
        MLPRegressor(**parameters, optimizer=keras.optimizers.Adam(clipnorm=1.0)).fit(X, y)
        MLPRegressor(**{**parameters, "hidden_layer_sizes": (300, 300)}).fit(X, y)
        MLPRegressor(**{**parameters, "jit_compile": False}).fit(X, y)
    assert joined == [True, False, False, False, False, False]
