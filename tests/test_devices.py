"""The words for devices, and where models are then trained. There are four logical CPU devices."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from mlpkit import KerasRegressor, MLPClassifier, MLPRegressor, make_classifier, make_regressor
from mlpkit.backend import tf
from mlpkit.devices import DEVICE, place, placement

CPUS = [f"cpu:{i}" for i in range(4)]


@pytest.fixture
def gpus(monkeypatch):
    """TensorFlow says that there are so many GPUs, and strategies only note their devices."""

    def pretend(count):
        names = [*(f"gpu:{i}" for i in range(count)), "cpu:0"]
        monkeypatch.setattr(placement, "available", lambda: names)
        monkeypatch.setattr(placement, "_strategies", {})
        monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda names, **options: names)

    return pretend


@pytest.mark.parametrize(
    "word", ["auto", "cpu", "gpu", "GPU:1", "cpu:0", "mirrored", "multiworker", CPUS, ("gpu",)]
)
def test_words_for_devices(word):
    assert DEVICE.allows(word)


@pytest.mark.parametrize(
    "word",
    ["cuda", "gpu1", "cpu:", 0, None, [], ["cpu:0", "cpu:0"], ["cpu", "cpu:0"], ["gpu:0", "cpu:0"],
     ["mirrored"], [0]],
)  # fmt: skip
def test_other_words_are_refused_before_anything_is_built(word):
    for make in (
        lambda: make_classifier(3, device=word, l2=-1),
        lambda: make_regressor(3, device=word, l2=-1),
        lambda: MLPClassifier(device=word, l2=-1).fit([[0.0], [1.0]], [0, 1]),
    ):
        with pytest.raises(ValueError, match="device must be 'auto'.* Got") as caught:
            make()
        assert "l2 must" in str(caught.value)
    with pytest.raises(ValueError, match="device must be 'auto'"):
        KerasRegressor(lambda n_features, task: None, device=word).fit([[0.0]], [0])


def test_a_near_word_is_suggested():
    with pytest.raises(ValueError, match="Did you mean 'multiworker'"):
        make_classifier(3, device="multi-worker")


def test_single_devices():
    for word, expected in (("auto", "CPU:0"), ("cpu", "CPU:0"), ("cpu:2", "CPU:2")):
        with place(word).scope():
            assert tf.constant(1.0).device.endswith(expected)
    assert place("auto").strategy is place("cpu:1").strategy is None


def test_several_devices_are_mirrored_by_one_strategy():
    strategy = place(CPUS[:2]).strategy
    assert strategy.num_replicas_in_sync == 2
    assert place(("CPU:0", "cpu:1")).strategy is strategy
    assert place("mirrored").strategy.num_replicas_in_sync == 4
    with strategy.scope():
        assert place("auto").strategy is strategy


def test_words_where_there_are_gpus(gpus):
    gpus(2)
    assert place("auto").strategy == place("mirrored").strategy == ["GPU:0", "GPU:1"]
    assert (place("gpu").device, place("gpu:1").device) == ("/GPU:0", "/GPU:1")
    assert place("cpu").device == "/CPU:0"
    assert place(["gpu:1"]).strategy == ["GPU:1"]
    gpus(1)
    assert place("auto").strategy is place("auto").device is None
    assert place("mirrored").strategy == ["GPU:0"]


MISSING = {
    "gpu": r"Got gpu:0; there is cpu:0, .*cpu:3\. For GPUs, install .*doctor",
    "cpu:7": r"Got cpu:7; there is cpu:0, .*use_logical_cpus\(n\)",
    "multiworker": "needs the description of a cluster: .*mlpkit.launch --workers 2",
}


@pytest.mark.parametrize("word", MISSING)
def test_devices_that_are_not_there(word, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(ValueError, match=MISSING[word]):
        make_regressor(3, device=word)
    model = MLPRegressor(device=word)
    with pytest.raises(ValueError, match=MISSING[word]):
        model.fit([[0.0], [1.0]], [0.0, 1.0])
    assert not hasattr(model, "n_features_in_")


@pytest.mark.parametrize("word", [None, 3, [], [3], "gpu:a", ["cpu:0", "cpu:0"]])
def test_place_refuses_other_words(word):
    with pytest.raises(ValueError, match="device must be 'auto'"):
        place(word)


def test_tensorflow_s_default_strategy_is_no_strategy():
    assert place(tf.distribute.get_strategy()).strategy is None


def test_mirrored_needs_several_devices(gpus):
    gpus(0)
    with pytest.raises(ValueError, match="needs several devices. There is cpu:0. For GPUs"):
        place("mirrored")


def test_workers_after_tensorflow_has_started(monkeypatch):
    tf.constant(1.0)
    config = '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 0}}'
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(RuntimeError, match="before TensorFlow has started.*top of the script"):
        place("multiworker")


def test_strategies_that_do_not_step_together_are_refused():
    class ParameterServerStrategyV2(tf.distribute.Strategy):
        def __init__(self):
            pass

    with pytest.raises(ValueError, match="take each step together.* Got ParameterServer"):
        place(ParameterServerStrategyV2())


def test_factories_build_in_the_scope():
    rng = np.random.RandomState(0)
    X, y = rng.randn(120, 4), rng.randint(2, size=120)
    fitted = {}
    for device in ("auto", "cpu:1", CPUS[:2]):
        model = make_classifier(4, device=device, random_state=0)
        model.fit(X, y, epochs=2, batch_size=24, shuffle=False, verbose=0)
        fitted[str(device)] = model
    kernel = fitted["cpu:1"].trainable_variables[0].value
    assert kernel.device.endswith("CPU:1")
    assert fitted[str(CPUS[:2])].distribute_strategy is place(CPUS[:2]).strategy
    for model in fitted.values():
        for a, b in zip(model.get_weights(), fitted["auto"].get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_estimators_with_a_device_are_cloned_and_pickled():
    X, y = np.eye(4), [0, 1, 0, 1]
    model = MLPClassifier(device=CPUS[:2], epochs=1).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(X) == model.predict_proba(X)).all()
    assert clone(again).device == CPUS[:2]
    strategy = tf.distribute.MirroredStrategy(
        ["CPU:0"], cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    copy = clone(MLPClassifier(device=strategy, epochs=1)).fit(X, y)
    assert copy.n_iter_ == 1


def test_one_device_gives_the_same_bits_as_another():
    rng = np.random.RandomState(0)
    X, y = rng.randn(60, 3), rng.randn(60)
    first, second = (
        MLPRegressor(8, epochs=3, device=device, random_state=0).fit(X, y)._learnt.weights
        for device in ("auto", "cpu:3")
    )
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
