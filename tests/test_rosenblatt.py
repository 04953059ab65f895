"""Rosenblatt's Perceptron against the theorem, scikit-learn, and steps by hand."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Perceptron
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlpkit import RosenblattPerceptron
from mlpkit.errors import InvalidParameterError


@pytest.mark.filterwarnings("ignore:Every one of the 50 passes")  # the checks' rows overlap
@parametrize_with_checks([RosenblattPerceptron(max_epochs=50)])
def test_scikit_learn_s_checks(estimator, check):
    check(estimator)


def test_the_rule_by_hand():
    X, y = np.array([[1.0, 2.0], [-1.0, 1.0]]), np.array([0, 1])
    with pytest.warns(ConvergenceWarning):
        model = RosenblattPerceptron(eta0=0.5, max_epochs=1).fit(X, y)
    # Row 0: heaviside(0) = 1, target 0: w = -0.5 (1, 1, 2). Row 1: z = -0.5 - 0.5 * -1 - 1 = -1,
    # so 0, target 1: w += 0.5 (1, -1, 1).
    assert model.updates_["weights"].tolist() == [[-0.5, -0.5, -1.0], [0.0, -1.0, -0.5]]
    assert model.updates_["error"].tolist() == [-1, 1]
    assert model.updates_["row"].tolist() == [0, 1]
    assert model.intercept_.tolist() == [0.0] and model.coef_.tolist() == [[-1.0, -0.5]]
    with pytest.warns(ConvergenceWarning):
        model = RosenblattPerceptron(step="sgn", max_epochs=1).fit(X, y)
    # sgn(0) = 0 is half a mistake for target -1; then z = -1 - 1 * -1 - 2 = -2, error 2.
    assert model.updates_["weights"].tolist() == [[-1, -1, -2], [1, -3, 0]]


def separable(rng):
    """Rows with a planted plane: X, y and (R / γ)² of the rows with the bias input."""
    n, d = rng.integers(5, 80), rng.integers(1, 8)
    X = rng.normal(size=(n, d)) * rng.uniform(0.1, 10)
    u = rng.normal(size=d + 1)
    u /= np.linalg.norm(u)
    rows = np.column_stack([np.ones(n), X])
    margin = np.abs(rows @ u)
    kept = margin > 0.1 * margin.max()
    X, rows = X[kept], rows[kept]
    bound = (np.linalg.norm(rows, axis=1).max() / margin[kept].min()) ** 2
    return X, (rows @ u > 0).astype(int), bound


def test_mistakes_stay_within_the_bound_in_100_random_cases():
    rng, tried, nearest = np.random.default_rng(0), 0, 0
    while tried < 100:
        X, y, bound = separable(rng)
        if len(np.unique(y)) < 2:
            continue
        tried += 1
        plain = RosenblattPerceptron(eta0=rng.uniform(0.01, 10)).fit(X, y)
        shuffled = RosenblattPerceptron(shuffle=True, random_state=tried).fit(X, y)
        signed = RosenblattPerceptron(step="sgn").fit(X, y)
        for model, allowed in ((plain, bound), (shuffled, bound), (signed, 9 / 8 * bound)):
            assert model.converged_ and model.errors_per_epoch_[-1] == 0
            assert model.n_updates_ <= allowed
            assert (model.predict(X) == y).all()
        nearest = max(nearest, plain.n_updates_ / bound)
    assert nearest > 0.05  # the bound is one that means something


@pytest.fixture(scope="module")
def setosa():
    iris = load_iris()
    return iris.data[:, 2:], (iris.target == 0).astype(int)


def test_agreement_with_scikit_learn_on_iris(setosa):
    X, y = setosa
    ours = RosenblattPerceptron().fit(X, y)
    theirs = Perceptron(shuffle=False, tol=None, max_iter=100).fit(X, y)
    assert ours.converged_
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.predict([[2, 0.5]]).tolist() == theirs.predict([[2, 0.5]]).tolist() == [1]


def test_the_same_weights_as_scikit_learn_s_where_a_sum_of_0_means_the_same(setosa):
    X, y = setosa
    # scikit-learn takes z = 0 for a mistake in either class, heaviside only where the target is 0:
    # so the first row, whose sum is 0, is to be of that class.
    ours = RosenblattPerceptron().fit(X, 1 - y)
    theirs = Perceptron(shuffle=False, tol=None, max_iter=100).fit(X, 1 - y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-12)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-12)


def test_eta_scales_the_weights_and_changes_nothing_else(setosa):
    one, other = (RosenblattPerceptron(eta0=eta).fit(*setosa) for eta in (1.0, 0.25))
    np.testing.assert_array_equal(other.coef_, 0.25 * one.coef_)
    np.testing.assert_array_equal(one.errors_per_epoch_, other.errors_per_epoch_)


def test_several_outputs_answer_several_questions_at_once():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2))
    X = X[(np.abs(X) > 0.2).all(axis=1)]
    Y = (X > 0).astype(int)
    both = RosenblattPerceptron().fit(X, Y)
    np.testing.assert_array_equal(both.predict(X), Y)
    for j in (0, 1):  # each output learns as if it were alone
        alone = RosenblattPerceptron().fit(X, Y[:, j])
        np.testing.assert_array_equal(alone.coef_[0], both.coef_[j])
        assert (both.updates_["output"] == j).sum() == alone.n_updates_


def test_several_classes_are_one_against_the_rest():
    rng = np.random.default_rng(0)
    centres = np.array([[0, 10], [10, -10], [-10, -10]])
    y = np.repeat(["a", "b", "c"], 20)
    X = np.repeat(centres, 20, axis=0) + rng.normal(size=(60, 2))
    model = RosenblattPerceptron().fit(X, y)
    assert model.coef_.shape == (3, 2)
    assert model.score(X, y) == 1
    assert model.decision_function(X).shape == (60, 3)


def test_xor_never_converges():
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    with pytest.warns(ConvergenceWarning, match="Every one of the 1000 passes had mistakes"):
        model = RosenblattPerceptron().fit(X, y)
    assert not model.converged_ and model.n_iter_ == 1000
    assert model.score(X, y) <= 0.75


def test_the_last_record_is_the_result_and_the_record_is_bounded(setosa, monkeypatch):
    X, y = setosa
    model = RosenblattPerceptron().fit(X, y)
    assert len(model.updates_) == model.n_updates_ == model.errors_per_epoch_.sum()
    assert model.updates_["weights"][-1].tolist() == [model.intercept_[0], *model.coef_[0]]
    monkeypatch.setattr("mlpkit.neurons.rosenblatt._MOST_RECORDED", 21)
    short = RosenblattPerceptron().fit(X, y)
    assert len(short.updates_) == 3 and short.n_updates_ == model.n_updates_


def test_a_table_is_looked_at_in_blocks_and_learnt_row_by_row():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(3000, 5))
    y = (X @ rng.normal(size=5) + 0.3 * rng.normal(size=3000) > 0).astype(int)
    with pytest.warns(ConvergenceWarning):
        model = RosenblattPerceptron(max_epochs=3).fit(X, y)
    w = np.zeros(6)
    for _ in range(3):
        for x, target in zip(np.column_stack([np.ones(3000), X]), y, strict=True):
            w += (target - float(x @ w >= 0)) * x
    np.testing.assert_allclose([model.intercept_[0], *model.coef_[0]], w, rtol=1e-9)


def test_all_wrong_parameters_are_told_at_once():
    with pytest.raises(InvalidParameterError) as error:
        RosenblattPerceptron(eta0=0, max_epochs=0, step="relu", shuffle=2).fit([[0], [1]], [0, 1])
    assert "4 arguments are wrong" in str(error.value)


@pytest.mark.parametrize("scale", [1e160, 1e300])
def test_weights_that_overflow_are_an_error(scale):
    rng = np.random.default_rng(0)
    X, y = scale * rng.normal(size=(50, 3)), rng.integers(0, 2, 50)
    with pytest.raises(ValueError, match="Scale the features"):
        RosenblattPerceptron(max_epochs=5).fit(X, y)


def test_labels_may_be_sparse():
    import scipy.sparse

    X = np.random.default_rng(0).normal(size=(40, 2))
    Y = (X > 0).astype(int)
    dense, sparse = (RosenblattPerceptron().fit(X, Y_) for Y_ in (Y, scipy.sparse.csr_array(Y)))
    np.testing.assert_array_equal(dense.coef_, sparse.coef_)


def test_a_fit_that_fails_leaves_the_one_before(setosa):
    X, y = setosa
    model = RosenblattPerceptron().fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match="one class only"):
        model.fit(np.ones((4, 3)), np.zeros(4))
    assert model.n_features_in_ == 2
    np.testing.assert_array_equal(model.predict(X), before)
