"""Standardisation against scikit-learn's StandardScaler and against rows written twice."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.preprocessing import StandardScaler

from mlpkit.outputs import plain_outputs, resolve_outputs
from mlpkit.scaling import Affine, fit_standardisation, fit_target_units, identity

MAKERS = {"dense": np.asarray, "sparse": scipy.sparse.csr_matrix}
maker = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def table(dtype="float64", n_rows=300):
    """Columns of several sizes, two constant ones, and a third of zeros."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 6)) * [1, 50, 1e-3, 1, 1, 1] + [0, 5, 0, 1000, 0, 0]
    X[rng.random(X.shape) < 0.3] = 0
    X[:, 4:] = [7.3, 0]
    return X.astype(dtype), rng.integers(0, 4, n_rows).astype(float)


def assert_same(found, expected, rtol=1e-12):
    np.testing.assert_allclose(found.offset, expected.offset, rtol=rtol, atol=1e-12)
    np.testing.assert_allclose(found.scale, expected.scale, rtol=rtol)


@maker
@dtypes
def test_equals_scikit_learn_s_scaler(make, dtype):
    X, weight = table(dtype)
    scaler = StandardScaler().fit(X.astype(float), sample_weight=weight)
    assert_same(fit_standardisation(make(X), weight), Affine(scaler.mean_, scaler.scale_))


@maker
@dtypes
def test_a_row_of_weight_two_is_that_row_twice(make, dtype):
    X, weight = table(dtype)
    repeated = np.repeat(X, weight.astype(int), axis=0)
    assert_same(
        fit_standardisation(make(X), weight),
        fit_standardisation(make(repeated), np.ones(len(repeated))),
    )


@maker
def test_the_size_of_the_weights_does_not_matter(make):
    X, weight = table()
    assert_same(fit_standardisation(make(X), weight), fit_standardisation(make(X), weight / 7e6))


@maker
@dtypes
@pytest.mark.parametrize("value", [0.0, 0.1, -3.7e5, 1e9, 16777217.0, 1e-40])
def test_a_constant_column_keeps_scale_one_whatever_the_weights(make, dtype, value):
    X = np.full((501, 2), value, dtype)
    found = fit_standardisation(make(X), np.linspace(0.1, 2, 501))
    np.testing.assert_array_equal(found.scale, [1, 1])
    np.testing.assert_allclose(found.offset, X[0].astype(float), rtol=1e-14)


@maker
def test_a_constant_column_of_enormous_numbers(make):
    found = fit_standardisation(make(np.full((50, 1), 1e150)), np.linspace(0.1, 2, 50))
    np.testing.assert_array_equal(found.scale, [1])


@maker
def test_small_differences_of_huge_values_are_kept(make):
    seconds = 1.7e9 + np.arange(1000.0)[:, np.newaxis]  # a time as seconds since 1970
    found = fit_standardisation(make(seconds), np.random.default_rng(0).random(1000) + 0.5)
    assert found.scale[0] == pytest.approx(288.7, rel=0.05)
    ready = found.apply(seconds, "float32")
    assert ready.dtype == np.float32
    assert len(np.unique(ready)) == 1000
    assert abs(ready.mean()) < 0.1 and ready.std() == pytest.approx(1, rel=0.05)


def test_weights_between_whole_numbers_on_a_table_of_integers():
    X, weight = np.array([[1, 0], [3, 4]]), np.array([0.5, 1.5])
    for make in MAKERS.values():
        found = fit_standardisation(make(X), weight)
        np.testing.assert_allclose(found.offset, [2.5, 3])
        np.testing.assert_allclose(found.scale, np.sqrt([0.75, 3]))


@dtypes
def test_blocks_make_no_difference(dtype, monkeypatch):
    X, weight = table(dtype)
    whole = fit_standardisation(X, weight)
    ready = whole.apply(X, dtype)
    monkeypatch.setattr("mlpkit.scaling.affine.BLOCK", 7 * X.shape[1])
    assert_same(fit_standardisation(X, weight), whole)
    np.testing.assert_array_equal(whole.apply(X, dtype), ready)


@dtypes
def test_undo_undoes_apply(dtype):
    X, weight = table(dtype)
    found = fit_standardisation(X, weight)
    before = X.copy()
    ready = found.apply(X, "float64")
    np.testing.assert_allclose(found.undo(ready), X, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(X, before)
    assert found.undo(ready.astype("float32")).dtype == np.float64


def test_identity_changes_nothing():
    values = np.ones((2, 3), "float32")
    assert identity(3).is_identity
    assert identity(3).undo(values) is values
    assert not Affine(np.array([0.0]), np.array([2.0])).is_identity
    assert not Affine(np.array([1.0]), np.array([1.0])).is_identity


def units(y, outputs, weight=None, standardize=True):
    y = np.asarray(y, float).reshape(len(y), -1)
    weight = np.ones(len(y)) if weight is None else np.asarray(weight, float)
    return fit_target_units(y, weight, outputs, standardize=standardize)


def test_unbounded_targets_are_standardised():
    y, weight = np.array([1.0, 2.0, 6.0]), [1, 1, 2]
    found = units(y, plain_outputs("linear", 1), weight)
    scaler = StandardScaler().fit(np.array([[1.0], [2.0], [6.0], [6.0]]))
    assert_same(found, Affine(scaler.mean_, scaler.scale_))


def test_positive_targets_get_mean_size_one_and_keep_their_zero():
    found = units([0.0, 2.0, 10.0], plain_outputs("softplus", 1), [1, 1, 2])
    assert found.offset.tolist() == [0] and found.scale.tolist() == [5.5]
    assert units([0.0, 0.0], plain_outputs("relu", 1)).scale.tolist() == [1]


@pytest.mark.parametrize("activation, low", [("sigmoid", 0), ("tanh", -1)])
@pytest.mark.parametrize("standardize", [True, False])
def test_bounded_targets_are_carried_to_the_activation_s_range(activation, low, standardize):
    outputs, _ = resolve_outputs(1, (10, 30), activation)
    found = units([10.0, 15.0, 30.0], outputs, standardize=standardize)
    ready = (np.array([10.0, 30.0]) - found.offset) / found.scale
    np.testing.assert_allclose(ready, [low, 1])


def test_without_standardisation_unbounded_and_positive_targets_stay():
    for name in ("linear", "softplus"):
        assert units([1.0, 5.0], plain_outputs(name, 1), standardize=False).is_identity


def test_several_quantiles_share_their_target_s_units():
    found = units([1.0, 3.0], plain_outputs("linear", 3))
    assert found.offset.tolist() == [2, 2, 2] and found.scale.tolist() == [1, 1, 1]


def test_each_column_has_its_own_units():
    found = units([[1.0, 100], [3.0, 300]], plain_outputs("linear", 2))
    assert found.offset.tolist() == [2, 200] and found.scale.tolist() == [1, 100]
