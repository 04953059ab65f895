"""Mixed precision: refused where the hardware lacks it, close to float32 where it does not."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from mlpkit import MLPClassifier, make_classifier
from mlpkit.network import precision

has_it = bool(precision.cpu_flags() & set(precision._CPU_FLAGS)) or precision.on_gpu()
MIXED = dict(dtype="mixed_bfloat16", random_state=0)


def test_hardware_without_it_is_told(monkeypatch):
    monkeypatch.setattr(precision, "on_gpu", lambda: False)
    monkeypatch.setattr(precision, "cpu_flags", lambda: {"avx2"})
    X, y = load_digits(return_X_y=True)
    for attempt in (
        lambda: make_classifier(64, 10, **MIXED),
        lambda: MLPClassifier(**MIXED, epochs=1).fit(X[:200], y[:200]),
    ):
        with pytest.raises(ValueError, match="multiplies in bfloat16. Got a CPU without it"):
            attempt()


@pytest.mark.skipif(not has_it, reason="this device has no bfloat16 arithmetic")
def test_training_is_close_to_float32():
    X, y = load_digits(return_X_y=True)
    parameters = dict(hidden_layer_sizes=(32,), epochs=5, early_stopping=False, random_state=0)
    mixed = MLPClassifier(**parameters, dtype="mixed_bfloat16").fit(X, y)
    plain = MLPClassifier(**parameters).fit(X, y)
    # bfloat16 has 8 bits: products are right to 0.4 %.
    assert mixed.history_["loss"] == pytest.approx(plain.history_["loss"], rel=0.02)
    assert mixed.history_["loss"] != plain.history_["loss"]
    assert all(w.dtype == np.float32 for w in mixed._learnt.weights)
    shown = mixed.predict_proba(X)
    assert shown.dtype == plain.predict_proba(X).dtype
    np.testing.assert_allclose(mixed.model_.predict(X, verbose=0), shown, atol=0.05)


@pytest.mark.skipif(not has_it, reason="this device has no bfloat16 arithmetic")
def test_weights_inputs_and_outputs_stay_in_float32():
    model = make_classifier(4, 3, hidden_layer_sizes=(8,), **MIXED)
    assert model.inputs[0].dtype == model.outputs[0].dtype == "float32"
    hidden = model.get_layer("hidden_1")
    assert (hidden.compute_dtype, hidden.variable_dtype) == ("bfloat16", "float32")


@pytest.mark.skipif(not has_it or precision.on_gpu(), reason="needs a CPU with bfloat16")
def test_xla_is_refused_on_a_cpu():
    X, y = load_digits(return_X_y=True)
    with pytest.raises(ValueError, match="jit_compile must be 'auto' or False for dtype="):
        MLPClassifier(**MIXED, jit_compile=True).fit(X, y)
