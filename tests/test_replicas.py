"""Several replicas train as a single device does: four logical CPU devices stand for GPUs."""

import numpy as np
import pytest
import scipy.sparse

from mlpkit import KerasClassifier, KerasRegressor, MLPClassifier, MLPRegressor
from mlpkit.backend import keras, tf
from mlpkit.training import streams

Adam, SGD = keras.optimizers.Adam, keras.optimizers.SGD
LambdaCallback = keras.callbacks.LambdaCallback

CPUS = [f"cpu:{i}" for i in range(4)]
# Batches of 25 rows, shared by 2 or 4; the last one has 3: one replica of four is left without.
N, D, BATCH = 203, 6, 25
PARAMETERS = dict(
    hidden_layer_sizes=(16, 8), epochs=3, batch_size=BATCH, random_state=0, early_stopping=False
)


def table(task):
    rng = np.random.RandomState(0)
    X = rng.randn(N, D) * 3 + 10
    signs = (X[:, :3] > 10).astype(int)
    y = {
        "binary": np.where(signs[:, 0], "yes", "no"),
        "multiclass": signs.sum(axis=1),
        "multilabel": signs,
        "regression": X[:, 0] + np.abs(X[:, 1]),
        "multioutput": X[:, :2] ** 2,
    }[task]
    return X, y, rng.rand(N) + 0.5


def estimator(task, **options):
    kind = MLPRegressor if task in ("regression", "multioutput") else MLPClassifier
    return kind(**{**PARAMETERS, **options})


def assert_same(ours, theirs, *, elementwise=False):
    """Weights and figures agree to 1e-5; in float32 each matrix by its norm."""
    for a, b in zip(ours._learnt.weights, theirs._learnt.weights, strict=True):
        if elementwise:
            np.testing.assert_allclose(a, b, rtol=1e-5)
        assert np.linalg.norm(a - b) <= 1e-5 * np.linalg.norm(b)
    assert ours.history_.keys() == theirs.history_.keys()
    for name, figures in ours.history_.items():
        assert figures == pytest.approx(theirs.history_[name], rel=1e-5)
    assert (ours.n_iter_, ours.best_epoch_) == (theirs.n_iter_, theirs.best_epoch_)


TASKS = ("binary", "multiclass", "multilabel", "regression", "multioutput")


# benchmarks.devices has all tasks in float32; float64 tells rounding from other mistakes.
@pytest.mark.parametrize(
    "task, dtype",
    [*((task, "float64") for task in TASKS), ("multiclass", "float32"), ("regression", "float32")],
)
def test_each_task_trains_as_on_a_single_device(task, dtype):
    X, y, weight = table(task)
    alone = estimator(task, dtype=dtype).fit(X, y, sample_weight=weight)
    for device in (CPUS[:2], CPUS) if dtype == "float64" else (CPUS,):
        shared = estimator(task, dtype=dtype, device=device).fit(X, y, sample_weight=weight)
        assert_same(shared, alone, elementwise=dtype == "float64")


OPTIONS = {
    "early stopping": {"early_stopping": True, "patience": 2, "epochs": 8},
    "learnt twice": {"early_stopping": "auto", "validation_fraction": 0.3},
    "batch normalisation": {"normalization": "batch"},
    "layer normalisation": {"normalization": "layer", "activation": "prelu"},
    "penalty and clipping": {"l2": 0.01, "optimizer": lambda: Adam(global_clipnorm=0.1)},
    "momentum and decay": {"optimizer": lambda: SGD(0.1, momentum=0.9, weight_decay=0.01)},
    "weights and metrics": {"class_weight": "balanced", "metrics": ["accuracy", "auc"]},
    "shown": {"average": False, "verbose": 1},
}


@pytest.mark.parametrize("case", OPTIONS)
def test_each_option_trains_as_on_a_single_device(case, capsys):
    X, y, _ = table("binary")
    options = dict(OPTIONS[case])
    if "optimizer" in options:
        options["optimizer"] = options["optimizer"]()
    alone = estimator("binary", **options).fit(X, y)
    shared = estimator("binary", device=CPUS[:2], **options).fit(X, y)
    assert_same(shared, alone)


def builder(n_features, task, activity=0.0):
    return keras.Sequential(
        [
            keras.Input((n_features,)),
            # A bias in front of the normalisation would have rounding errors as its gradient.
            keras.layers.Dense(
                12, use_bias=False, activity_regularizer=keras.regularizers.L2(activity)
            ),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.Dense(task.units, activation=task.output_activation),
        ]
    )


OWN = dict(epochs=3, batch_size=BATCH, random_state=0, early_stopping=False, standardize=True)


def test_models_of_the_users_own_train_as_on_a_single_device():
    X, y, weight = table("multiclass")
    alone = KerasClassifier(builder, **OWN).fit(X, y, sample_weight=weight)
    assert_same(KerasClassifier(builder, device=CPUS, **OWN).fit(X, y, sample_weight=weight), alone)


def test_an_empty_share_adds_nothing_even_to_means_over_its_rows():
    X, y, _ = table("regression")
    options = dict(OWN, batch_size=2, model__activity=0.01)
    model = KerasRegressor(builder, device=CPUS, **options).fit(X[:9], y[:9])
    assert np.isfinite(model.history_["loss"]).all()
    assert all(np.isfinite(w).all() for w in model._learnt.weights)


def test_dropout_differs_between_replicas_and_is_the_same_for_the_same_seed():
    X, y, _ = table("binary")
    first, again = (estimator("binary", dropout=0.5, device=CPUS[:2]).fit(X, y) for _ in range(2))
    for a, b in zip(first._learnt.weights, again._learnt.weights, strict=True):
        assert (a == b).all()

    # Rows that are all the same: if both replicas drop the same units, they learn what one does.
    X, y = np.ones((16, D)), np.ones(16)

    def fitted(device, n, **options):
        options = dict(options, device=device, batch_size=n // 8, epochs=1, standardize=False)
        return estimator("regression", **options).fit(X[:n], y[:n])._learnt.weights[0]

    for dropout, is_same in ((0.0, True), (0.5, False)):
        one, two = fitted(CPUS[:1], 8, dropout=dropout), fitted(CPUS[:2], 16, dropout=dropout)
        assert np.allclose(one, two, rtol=1e-5) == is_same


def test_sparse_rows_train_as_on_a_single_device():
    X, y, weight = table("binary")
    X = scipy.sparse.csr_matrix(np.where(X > 12, X, 0))
    alone = estimator("binary").fit(X, y, sample_weight=weight)
    shared = estimator("binary", device=CPUS).fit(X, y, sample_weight=weight)
    assert_same(shared, alone)


def test_streamed_rows_and_datasets_train_as_on_a_single_device(monkeypatch):
    X, y, weight = table("binary")
    dataset = tf.data.Dataset.from_tensor_slices((X, y, weight)).batch(BATCH)
    options = dict(X_val=X[:31], y_val=y[:31])
    alone = estimator("binary").fit(dataset, **options)
    assert_same(estimator("binary", device=CPUS[:2]).fit(dataset, **options), alone)
    alone = estimator("binary").fit(X, y, **options)
    monkeypatch.setattr(streams, "MEMORY_SHARE", 0.0)
    monkeypatch.setattr(streams, "SEGMENT_BYTES", 4 * D * BATCH * 3)
    assert_same(estimator("binary", device=CPUS[:2]).fit(X, y, **options), alone)


def test_training_goes_on_and_callbacks_look_in():
    X, y, _ = table("binary")
    seen = []
    callback = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs["loss"]))
    fits = {}
    for device in ("auto", CPUS[:2]):
        model = estimator("binary", device=device, warm_start=True, callbacks=callback)
        fits[str(device)] = model.fit(X, y).fit(X, y).partial_fit(X, y)
    assert_same(fits[str(CPUS[:2])], fits["auto"])
    assert seen[:7] == pytest.approx(seen[7:], rel=1e-5)


def test_a_strategy_of_the_users_own_and_its_scope():
    X, y, _ = table("binary")
    strategy = tf.distribute.MirroredStrategy(
        ["CPU:0", "CPU:1"], cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    alone = estimator("binary").fit(X, y)
    assert_same(estimator("binary", device=strategy).fit(X, y), alone)
    with strategy.scope():
        assert_same(estimator("binary").fit(X, y), alone)
    single = tf.distribute.OneDeviceStrategy("/cpu:1")
    assert_same(estimator("binary", device=single).fit(X, y), alone)


def test_replicas_follow_schedules_and_factors_of_variables():
    X, y, _ = table("regression")
    model = keras.Sequential(
        [keras.Input((D,)), keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1)]
    )
    model.layers[0].bias.learning_rate_factor = 0.0
    model.layers[1].kernel.learning_rate_factor = 5.0
    model.layers[1].kernel.weight_decay_factor = 0.0
    options = {k: v for k, v in PARAMETERS.items() if k != "hidden_layer_sizes"}
    options |= {"optimizer": "adamw", "learning_rate_schedule": "one_cycle", "standardize": True}
    fits = [KerasRegressor(model, **options, device=d).fit(X, y) for d in ("cpu", CPUS[:2])]
    ours, theirs = (fitted.model_.get_weights() for fitted in fits)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


REFUSED = {
    "batch hooks": (
        lambda: {"callbacks": LambdaCallback(on_train_batch_end=lambda batch, logs: None)},
        "batch hooks.* need a single device. Got 2 replicas",
    ),
    "an optimizer that accumulates": (
        lambda: {"optimizer": Adam(gradient_accumulation_steps=2)},
        "optimizers that accumulate.* need a single device",
    ),
    "XLA": (
        lambda: {"jit_compile": True},
        "jit_compile must be 'auto' or False for several replicas",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_replicas_cannot_do_is_refused(case):
    X, y, _ = table("binary")
    options, words = REFUSED[case]
    model = estimator("binary", device=CPUS[:2], **options())
    with pytest.raises(ValueError, match=words):
        model.fit(X, y)
    assert not hasattr(model, "classes_")
