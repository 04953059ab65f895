"""Initial weights through depth, against what theory says of each."""

import numpy as np
import pytest

from mlpkit.diagnostics import initialization_report
from mlpkit.errors import InvalidParameterError

DEEP = (300,) * 12


def followed(activation, initializer, **options):
    report = initialization_report(DEEP, activation, n_features=300, initializers=[initializer],
                                   **options)  # fmt: skip
    return report.set_index("layer")


def ratio(values):
    """Factor a layer, as the geometric mean over depth."""
    return (values.iloc[-1] / values.iloc[0]) ** (1 / (len(values) - 1))


def test_he_keeps_the_mean_square_of_relu_and_its_gradient():
    report = followed("relu", "he_normal")
    square = report["activation_variance"] + report["activation_mean"] ** 2
    # E[a²] = Var[z] / 2 = E[a²] of the layer before: 1/2 · 2 (He et al. 2015, equation 10).
    assert square.between(0.5, 2).all()
    assert ratio(square) == pytest.approx(1, abs=0.06)
    assert ratio(report["gradient_variance"]) == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("initializer", ["glorot_normal", "lecun_normal"])
def test_xavier_and_lecun_halve_relu_s_signal(initializer):
    report = followed("relu", initializer)
    assert ratio(report["activation_variance"]) == pytest.approx(0.5, abs=0.03)
    assert ratio(report["gradient_variance"]) == pytest.approx(2, abs=0.15)  # from the end: half


def test_xavier_keeps_what_is_linear():
    report = followed("linear", "glorot_normal")
    np.testing.assert_allclose(report["activation_variance"], 1, rtol=0.25)
    np.testing.assert_allclose(report["gradient_variance"], 1, rtol=0.25)


def test_lecun_and_selu_hold_mean_0_and_variance_1():
    report = followed("selu", "lecun_normal")
    np.testing.assert_allclose(report["activation_variance"], 1, atol=0.15)
    np.testing.assert_allclose(report["activation_mean"], 0, atol=0.06)


def test_normal_weights_grow_relu_s_signal_by_half_the_inputs_a_layer():
    report = followed("relu", "normal(0, 1)")
    assert ratio(report["activation_variance"]) == pytest.approx(150, rel=0.05)


def test_normal_weights_saturate_tanh_so_that_nothing_comes_back():
    report = followed("tanh", "normal(0, 1)")
    assert (report["activation_variance"] > 0.9).all()
    xavier = followed("tanh", "glorot_normal")
    assert report["gradient_variance"].iloc[0] > 1e3 * xavier["gradient_variance"].iloc[0]


def test_zeros_pass_nothing_on_and_constants_the_same_to_all():
    zeros = followed("tanh", "zeros")
    assert (zeros["activation_variance"] == 0).all()
    assert (zeros["gradient_variance"].iloc[:-1] == 0).all()
    X = np.random.default_rng(0).normal(size=(1, 30)).repeat(2, axis=0)
    same = initialization_report((40, 40), "tanh", X=X, initializers=["constant"])
    assert (same["activation_variance"] < 1e-30).all()  # over units: the rows are equal


def test_the_same_seed_gives_the_same_frame_and_rows_may_be_given():
    first, second = (initialization_report((20, 10), "relu", random_state=3) for _ in range(2))
    assert first.equals(second)
    assert not first.equals(initialization_report((20, 10), "relu", random_state=4))
    X = np.random.default_rng(0).normal(size=(50, 7))
    given = initialization_report(15, "relu", X=X, initializers=["he_normal"])
    assert given["layer"].tolist() == [1]


def test_what_cannot_be_followed_is_refused():
    with pytest.raises(InvalidParameterError) as error:
        initialization_report((), "softmax", n_samples=1, initializers=["xavier"])
    assert "3 arguments are wrong" in str(error.value)
    with pytest.raises(InvalidParameterError, match="at least one layer"):
        initialization_report((), "relu")
    with pytest.raises(InvalidParameterError, match=r"Got shape \(3,\)"):
        initialization_report((5,), "relu", X=[1.0, 2.0, 3.0])


def test_the_recipe(cooked):
    import pandas as pd

    out, folder = cooked("initialization")
    last = pd.read_csv(folder / "variance.csv").query("layer == 20")
    variance = last.set_index("initializer")["activation_variance"]
    assert 0.1 < variance["he_normal"] < 3
    assert variance["glorot_normal"] < 1e-3 and variance["normal(0, 1)"] > 1e20
    accuracy = pd.read_csv(folder / "accuracy.csv").set_index("initializer")["accuracy"]
    assert accuracy["zeros"] < 0.2 < accuracy["he_normal"]
    assert "From zeros nothing" in out


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"X": [["a"], ["b"]]}, "X must be finite numbers.*Got"),
        ({"X": [[1, 2], [3]]}, "X must be finite numbers"),
        ({"X": [[np.nan, 1], [1, 2]]}, "Got 1 that are not"),
        ({"X": np.zeros((5, 0))}, r"Got shape \(5, 0\)"),
        ({"initializers": []}, "each once. Got"),
        ({"initializers": ["he_normal", "he_normal"]}, "each once"),
        ({"initializers": [["he_normal"]]}, "each once"),
        ({"initializers": ["he_norml"]}, "Did you mean 'he_normal'"),
    ],
)
def test_rows_and_initializers_that_cannot_be_followed(arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        initialization_report((4, 4), **arguments)
