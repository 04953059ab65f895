"""NumPy's forward pass against the Keras model, after one training step."""

import numpy as np
import pytest

from mlpkit import activations, inference
from mlpkit.architecture import make_spec

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
# Keras up to 3.15 gives a wrong sparsemax (keras-team/keras#23425); the paper's is given here, and
# tests/test_activations.py holds it against its definition.
NAMES = [name for name in activations.names() if name != "sparsemax"]


def trained(spec):
    """The network's Keras model after one step of gradient descent, so that no bias is zero."""
    import keras

    from mlpkit import network

    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, *spec.input_shape)).astype(spec.dtype)
    y = rng.random((40, spec.units)).astype(spec.dtype)
    model = network.build(spec, seed=1)
    loss = keras.losses.MeanSquaredError(dtype=spec.dtype)
    model.compile(keras.optimizers.SGD(0.01), loss, run_eagerly=True)
    model.train_on_batch(X, y)
    return model, X


# The exponential of an exponential leaves every range in a step, so it comes alone.
DEPTHS = {"exponential": (8,)}


def assert_same_as_keras(spec):
    model, X = trained(spec)
    weights = model.get_weights()
    assert all(np.isfinite(w).all() for w in weights)
    flat = X.reshape(len(X), -1)
    before = flat.copy(), [w.copy() for w in weights]
    outputs = inference.forward(spec, weights, flat)
    assert outputs.dtype == np.dtype(spec.dtype)
    np.testing.assert_array_equal(flat, before[0])
    assert all(map(np.array_equal, weights, before[1]))
    scaled = outputs * np.array(spec.outputs.scale) + np.array(spec.outputs.offset)
    expected = model(X, training=False).numpy()
    size = max(1, abs(expected).max())
    np.testing.assert_allclose(scaled, expected, rtol=0, atol=TOLERANCE[spec.dtype] * size)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", NAMES)
def test_every_activation_builds_trains_and_is_evaluated_as_keras_does(name, dtype):
    assert_same_as_keras(
        make_spec(
            "regression",
            5,
            hidden_layer_sizes=DEPTHS.get(name, (8, 6)),
            activation=name,
            dtype=dtype,
        )
    )


def test_sparsemax_builds_and_trains():
    model, X = trained(make_spec("regression", 5, hidden_layer_sizes=(4,), activation="sparsemax"))
    assert np.isfinite(model(X).numpy()).all()


SPECS = {
    "linear": ("regression", 5, 1, {"hidden_layer_sizes": ()}),
    "images": ("multiclass", (4, 5), 3, {}),
    "labels": ("multilabel", 5, 3, {"activation": "tanh"}),
    "batch": ("binary", 5, 1, {"normalization": "batch", "hidden_layer_sizes": (9, 8)}),
    "layer": ("binary", 5, 1, {"normalization": "layer", "hidden_layer_sizes": (9, 8)}),
    "batch, PReLU": ("multiclass", 5, 3, {"normalization": "batch", "activation": "prelu"}),
    "layer, PReLU": ("regression", 5, 1, {"normalization": "layer", "activation": "prelu"}),
    "batch, GLU": ("regression", 5, 1, {"normalization": "batch", "activation": "glu"}),
    "layer, softmax": ("regression", 5, 1, {"normalization": "layer", "activation": "softmax"}),
    "dropout": ("binary", 5, 1, {"dropout": 0.5, "activation": "selu", "l2": 0.1}),
    "quantiles": ("regression", 5, 1, {"loss": "quantile", "quantile": [0.1, 0.5, 0.9]}),
    "ranges": ("multioutput", 5, 3, {"output_range": [None, "positive", (-5, 40)]}),
    "tanh range": ("regression", 5, 1, {"output_range": (10, 12), "output_activation": "tanh"}),
    "ranges of one kind": ("multioutput", 5, 2, {"output_range": [(0, 1), (5, 9)]}),
}


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", SPECS)
def test_every_kind_of_network_is_evaluated_as_keras_does(case, dtype):
    task, n_features, n_outputs, parameters = SPECS[case]
    assert_same_as_keras(make_spec(task, n_features, n_outputs, dtype=dtype, **parameters))


def test_rows_do_not_depend_on_each_other():
    spec = make_spec("multiclass", 3, 4, normalization="layer", dtype="float64")
    model, X = trained(spec)
    weights = model.get_weights()
    whole = inference.forward(spec, weights, X)
    one_by_one = np.vstack([inference.forward(spec, weights, row[np.newaxis]) for row in X])
    np.testing.assert_allclose(whole, one_by_one, rtol=1e-12)


def test_blocks_hold_the_memory():
    assert inference.block_rows(10, 4) * 10 * 4 * 3 <= inference.MEMORY
    assert inference.block_rows(10**7, 8) == 256
