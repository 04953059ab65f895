"""The layers of a spec: initial weights, penalties, dropout, normalisation, parameter counts."""

import warnings

import numpy as np
import pytest

from mlpkit.architecture import make_spec
from mlpkit.errors import SelfNormalizationWarning


@pytest.fixture(scope="module")
def network():
    from mlpkit import network

    return network


def equal(left, right):
    return len(left) == len(right) and all(map(np.array_equal, left, right))


SHAPES = {
    "plain": {},
    "linear": {"hidden_layer_sizes": ()},
    "deep, SELU": {"hidden_layer_sizes": (9, 7), "activation": "selu", "dropout": 0.1},
    "batch normalisation": {"hidden_layer_sizes": (9, 7), "normalization": "batch"},
    "layer normalisation": {"hidden_layer_sizes": (9,), "normalization": "layer"},
    "PReLU": {"hidden_layer_sizes": (9, 7), "activation": "prelu", "normalization": "batch"},
    "GLU": {"hidden_layer_sizes": (8, 6), "activation": "glu", "normalization": "layer"},
    "float64": {"dtype": "float64", "kernel_initializer": "orthogonal"},
    "ranges": {"output_range": ["positive", (0, 9), None], "hidden_layer_sizes": (4,)},
}


@pytest.mark.parametrize("case", SHAPES)
def test_initial_weights_are_those_that_build_starts_from(case, network):
    spec = make_spec("multioutput", (2, 3), 3, **SHAPES[case])
    model = network.build(spec, seed=7)
    weights = network.initial_weights(spec, 7)
    assert equal(weights, model.get_weights())
    assert {w.dtype.name for w in weights} == {spec.dtype}
    assert not equal(weights, network.initial_weights(spec, 8))
    assert spec.n_parameters == sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    assert model.output_shape == (None, spec.units)
    assert {layer.dtype_policy.name for layer in model.layers} == {spec.dtype}


def test_without_a_seed_every_network_is_another(network):
    spec = make_spec("binary", 3)
    assert not equal(network.initial_weights(spec, None), network.initial_weights(spec, None))
    assert not equal(network.build(spec).get_weights(), network.build(spec).get_weights())


def test_no_two_layers_share_their_seed(network):
    spec = make_spec("regression", 5, 5, hidden_layer_sizes=(5, 5), dropout=0.5)
    kernels = [w for w in network.initial_weights(spec, 0) if w.ndim == 2]
    assert not np.array_equal(kernels[0], kernels[1])
    states = network.dropout_states(spec, 0)
    assert not np.array_equal(states[0], states[1])


def test_dropout_states_are_those_of_the_layers(network):
    spec = make_spec("binary", 3, hidden_layer_sizes=(5, 5), dropout=0.3)
    model = network.build(spec, 3)
    layers = [layer for layer in model.layers if layer.name.endswith("dropout")]
    states = [np.asarray(layer.seed_generator.state) for layer in layers]
    assert equal(states, network.dropout_states(spec, 3))
    assert network.dropout_states(make_spec("binary", 3), 3) == []


# Variance of each distribution for n_in inputs and n_out outputs.
VARIANCES = {
    "he_normal": lambda n_in, n_out: 2 / n_in,
    "he_uniform": lambda n_in, n_out: 2 / n_in,
    "lecun_normal": lambda n_in, n_out: 1 / n_in,
    "lecun_uniform": lambda n_in, n_out: 1 / n_in,
    "glorot_normal": lambda n_in, n_out: 2 / (n_in + n_out),
    "glorot_uniform": lambda n_in, n_out: 2 / (n_in + n_out),
}


@pytest.mark.parametrize("name", VARIANCES)
def test_distribution_of_initial_weights(name, network):
    spec = make_spec("binary", 400, hidden_layer_sizes=(700,), kernel_initializer=name)
    kernel = network.initial_weights(spec, 0)[0]
    variance = VARIANCES[name](400, 700)
    # 280,000 draws: the sample variance lies within 1 % of the true one, the mean by 0 in 4 sigma.
    assert kernel.var() == pytest.approx(variance, rel=0.01)
    assert abs(kernel.mean()) < 4 * np.sqrt(variance / kernel.size)
    if name.endswith("uniform"):
        assert abs(kernel).max() <= np.sqrt(3 * variance) * (1 + 1e-6)
        assert abs(kernel).max() > 0.999 * np.sqrt(3 * variance)
    else:
        assert abs(kernel).max() > 2 * np.sqrt(variance)


def test_the_output_layer_starts_from_glorot_uniform_and_biases_from_zero(network):
    spec = make_spec("multiclass", 3, 300, hidden_layer_sizes=(500,))
    _, hidden_bias, output, output_bias = network.initial_weights(spec, 0)
    assert output.var() == pytest.approx(2 / 800, rel=0.02)
    assert not hidden_bias.any() and not output_bias.any()


def test_l2_is_the_sum_of_squares_of_every_kernel_the_output_s_too(network):
    spec = make_spec("regression", 4, hidden_layer_sizes=(6, 5), l2=0.03, normalization="batch")
    model = network.build(spec, 0)
    kernels = [w for w in model.get_weights() if w.ndim == 2]
    assert len(kernels) == 3 == len(model.losses)
    expected = [0.03 * float((kernel.astype(float) ** 2).sum()) for kernel in kernels]
    np.testing.assert_allclose([float(loss) for loss in model.losses], expected, rtol=1e-6)
    assert network.build(make_spec("regression", 4), 0).losses == []


def test_selu_brings_alpha_dropout(network):
    kinds = [type(layer).__name__ for layer in network.build(
        make_spec("binary", 3, hidden_layer_sizes=(4,), activation="selu", dropout=0.1)
    ).layers]  # fmt: skip
    assert kinds == ["Dense", "Activation", "AlphaDropout", "Dense", "Activation"]
    relu = network.build(make_spec("binary", 3, hidden_layer_sizes=(4,), dropout=0.1))
    assert type(relu.layers[2]).__name__ == "Dropout"


def test_selu_with_normalisation_warns_where_the_user_called():
    from mlpkit import make_classifier

    with pytest.warns(SelfNormalizationWarning, match="normalization='batch' breaks") as caught:
        make_classifier(3, activation="selu", normalization="batch")
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_classifier(3, activation="selu")


def test_normalisation_stands_between_affine_map_and_activation(network):
    for name, kind in (("batch", "BatchNormalization"), ("layer", "LayerNormalization")):
        spec = make_spec("binary", 3, hidden_layer_sizes=(4,), normalization=name)
        layers = network.build(spec).layers
        kinds = [type(layer).__name__ for layer in layers]
        assert kinds == ["Dense", kind, "Activation", "Dense", "Activation"]
        assert not layers[0].use_bias and layers[3].use_bias


def test_put_weights_puts_standardisation_and_weights(network):
    from mlpkit.scaling import fit_standardisation

    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 2, 3)) * 5 + 2
    spec = make_spec("regression", (2, 3), hidden_layer_sizes=(), standardize=True, dtype="float64")
    features = fit_standardisation(X.reshape(50, 6), np.ones(50))
    weights = [np.full((6, 1), 2.0), np.array([1.0])]
    model = network.build(spec)
    network.put_weights(model, weights, features)
    expected = features.apply(X.reshape(50, 6), "float64") @ weights[0] + 1
    np.testing.assert_allclose(model(X).numpy(), expected, rtol=1e-6)


def test_an_initializer_that_draws_nothing_takes_no_seed(network):
    assert network.initializer("zeros", 3).get_config() == {}
