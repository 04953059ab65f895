"""NumPy's forward pass against the Keras model, after one training step."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from mlpkit import activations, inference
from mlpkit.architecture import make_spec
from mlpkit.inference.layers import Layer, folds
from mlpkit.scaling import Affine

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
# Keras up to 3.15 gives a wrong sparsemax (keras-team/keras#23425); the paper's is given here, and
# tests/test_activations.py holds it against its definition.
NAMES = [name for name in activations.names(trains=True) if name != "sparsemax"]


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


def random_network(n_features, hidden, **options):
    """A spec and weights as a fit would leave them."""
    spec = make_spec("multiclass", n_features, 10, hidden_layer_sizes=hidden, **options)
    rng, weights, width = np.random.default_rng(0), [], n_features
    for units in (*hidden, 10):
        weights += [rng.normal(size=(width, units)) / np.sqrt(width), rng.normal(size=units)]
        width = units
    return spec, [w.astype(spec.dtype) for w in weights]


@pytest.mark.parametrize(
    "name, normalization",
    [
        *((name, None) for name in activations.names(trains=True)),
        ("prelu", "batch"),
        ("glu", "layer"),
    ],
)
def test_blocks_give_what_all_rows_at_once_give(name, normalization):
    spec = make_spec(
        "regression", 5, hidden_layer_sizes=(8, 4), activation=name,
        normalization=normalization, dtype="float64",
    )  # fmt: skip
    model, X = trained(spec)
    units = Affine(X.mean(axis=0), X.std(axis=0)), Affine(np.array([5.0]), np.array([3.0]))
    whole = inference.Forward(spec, model.get_weights(), *units)
    blocks = inference.Forward(spec, model.get_weights(), *units)
    blocks.block_rows = 7
    np.testing.assert_allclose(
        inference.run_blocks(blocks, X, np.ravel), inference.run_blocks(whole, X, np.ravel),
        rtol=1e-10, atol=1e-12,
    )  # fmt: skip


def test_mixed_outputs_in_blocks():
    spec = make_spec("multioutput", 5, 3, output_range=[None, "positive", (-5, 40)])
    model, X = trained(spec)
    forward = inference.Forward(spec, model.get_weights())
    whole = forward(X)
    forward.block_rows = 7
    blocks = inference.run_blocks(forward, X, lambda outputs: outputs)
    np.testing.assert_allclose(blocks, whole, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("given", ["float64", "float32"])
@pytest.mark.parametrize("offset", [0.5, 2.0, 3.0, 1.7e9])
def test_standardisation_loses_no_digits(offset, given):
    """Against float64 throughout; by the weights where features lie near 0, before them else."""
    spec, weights = random_network(6, (30,))
    rng = np.random.default_rng(1)
    units = Affine(np.full(6, offset), np.ones(6))
    X = (offset + rng.normal(size=(50, 6))).astype(given)
    double, exact = random_network(6, (30,), dtype="float64")
    exact = [w.astype("float64") for w in weights]
    expected = inference.forward(double, exact, (X.astype("float64") - offset))
    found = inference.Forward(spec, weights, units)(X)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_features_in_extreme_units_are_standardised_first():
    spec, weights = random_network(2, (5,))
    z = np.random.default_rng(1).normal(size=(9, 2))
    scale = np.array([1e-40, 1e40])  # weights for these are no float32 numbers
    found = inference.Forward(spec, weights, Affine(np.zeros(2), scale))(z * scale)
    expected = inference.forward(spec, weights, z.astype("float32"))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(784, (300, 100)), (1500, (900,)), (3, (300_000,))])
def test_a_single_row_of_a_wide_network(shape):
    spec, weights = random_network(*shape, dtype="float64")
    X = np.random.default_rng(1).normal(size=(3, shape[0]))
    one = inference.forward(spec, weights, X[:1])
    np.testing.assert_allclose(one, inference.forward(spec, weights, X)[:1], rtol=1e-9)


def test_products_in_pieces_are_the_product():
    """Narrow layers are multiplied in pieces of one thread, with and without a place to write."""
    rng = np.random.default_rng(0)
    layer = Layer(rng.normal(size=(100, 10)), None)
    a, out = rng.normal(size=(3000, 100)), np.empty((3000, 10))
    assert layer.product(a, out) is out
    for found in (out, layer.product(a), layer.product(a[:5]), layer.product(a[:1])):
        np.testing.assert_allclose(found, a[: len(found)] @ layer.kernel, rtol=1e-10, atol=1e-12)


def test_logits_are_what_the_output_activation_takes():
    spec, weights = random_network(6, (30,), dtype="float64")
    X = np.random.default_rng(1).normal(size=(20, 6))
    forward = inference.Forward(spec, weights)
    softmax = activations.get("softmax")
    np.testing.assert_allclose(softmax(forward(X, logits=True)), forward(X), rtol=1e-12)


def test_only_rows_that_may_not_be_finite_are_looked_at_again():
    spec, weights = random_network(3, (4,), dtype="float64")
    forward, seen = inference.Forward(spec, weights), []

    def doubt(rows):
        seen.append(rows[1, 1])
        if not np.isfinite(rows).all():
            raise ValueError

    X = np.ones((2, 3))
    forward(X, doubt=doubt)
    X[1, 1] = 1e200
    forward(X, doubt=doubt)
    for X[1, 1] in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError):
            forward(X, doubt=doubt)
    np.testing.assert_array_equal(seen, [1e200, np.nan, np.inf, -np.inf])


@pytest.mark.parametrize(
    "n_features, hidden, options",
    [(64, (100,), {}), (64, (256, 128), {"activation": "elu"}), (300, (8,), {"dtype": "float64"})],
)
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_memory_beside_the_result_is_bounded(n_features, hidden, options, form):
    spec, weights = random_network(n_features, hidden, **options)
    units = Affine(np.full(n_features, 100.0), np.ones(n_features))  # the way that takes more
    forward = inference.Forward(spec, weights, units)
    X = np.zeros((200_000, n_features), "float32")
    X[:, ::50] = 1
    X = form(X)
    tracemalloc.start()
    try:
        result = inference.run_blocks(forward, X, lambda outputs: outputs)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= result.nbytes + inference.MEMORY


def test_blocks_hold_the_memory():
    assert inference.block_rows(10, 4) * 10 * 4 * 3 <= inference.MEMORY
    assert inference.block_rows(10**7, 8) == 256


def test_standardisation_is_part_of_the_weights_only_near_0():
    scale = np.array([2.0, 2.0, 0.5, 1.0])
    for offset, expected in (
        ([0, 0, 0, 0], True),
        ([4, -4, 1, 2], True),
        ([8, 0, 0, 0], True),
        ([8.1, 0, 0, 0], False),
        ([6, 6, 1.5, 0], False),
    ):
        assert folds(Affine(np.array(offset, float), scale)) is expected, offset
