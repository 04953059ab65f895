"""Pictures of ideas: what they draw, by labels and values."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from mlpkit import activations, plots
from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import BLUE, ORANGE


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize("name", activations.names())
def test_an_activation_is_drawn_with_its_own_numbers(name):
    (ax,) = plots.plot_activation(name).axes
    value, slope, *_ = ax.get_lines()
    entry, t = activations.get(name), value.get_xdata()
    if entry.elementwise:
        expected = entry(t), entry.derivative(t)
    elif name == "glu":  # the gate of an input of 1
        z = np.column_stack([np.ones_like(t), t])
        expected = entry(z)[:, 0], entry.derivative(z)[:, 0, 1]
    else:
        z = np.column_stack([t, 0 * t, 0 * t])
        expected = entry(z)[:, 0], entry.derivative(z)[:, 0, 0]
    for line, numbers in zip((value, slope), expected, strict=True):
        drawn = line.get_ydata()
        assert np.isnan(drawn).sum() <= 2  # a gap where it jumps
        np.testing.assert_array_equal(drawn[~np.isnan(drawn)], numbers[~np.isnan(drawn)])
    assert value.get_linestyle() != slope.get_linestyle()
    assert ax.get_xlabel() == "z" and ax.get_ylabel() == f"{name}(z) and its derivative"
    assert ax.get_title().replace("\n", " ") == f"f(z) = {entry.formula}"
    ends = [line.get_ydata()[0] for line in ax.get_lines() if line.get_label() == "_range"]
    assert ends == [end for end in entry.range if np.isfinite(end)]


def test_jumps_are_gaps_and_bends_are_not():
    def gaps(name):
        lines = plots.plot_activation(name).axes[0].get_lines()[:2]
        return [int(np.isnan(line.get_ydata()).sum()) for line in lines]

    assert gaps("sgn") == [2, 0]
    assert gaps("hard_shrink") == [2, 2]
    assert gaps("relu") == [0, 1]
    assert gaps("tanh") == gaps("exponential") == [0, 0]


def test_an_activation_with_a_parameter_of_its_own():
    ax = plots.plot_activation(activations.get("leaky_relu", negative_slope=0.01)).axes[0]
    assert ax.get_lines()[0].get_ydata()[0] == pytest.approx(-0.05)
    one = plots.plot_activation("tanh", derivative=False, limits=(-1, 1)).axes[0]
    assert legend(one) == ["tanh(z)"]


def test_the_gallery_holds_every_function_once_in_one_scale():
    figure = plots.plot_activations()
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == [n for n in activations.names() if n not in ("swish", "hard_swish")]
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["value", "derivative"]
    named = [ax.get_xlabel() for ax in figure.axes]
    assert named[-4:] == ["z"] * 4 and set(named[:-4]) == {""}


@pytest.mark.parametrize("n", [1, 3, 5, 6])
def test_every_column_of_a_small_gallery_has_a_name(n):
    figure = plots.plot_activations(activations.names()[:n])
    assert sum(ax.get_xlabel() == "z" for ax in figure.axes) == min(n, 4)


def test_steps_are_filled_where_they_are_and_open_where_not():
    left, right = plots.plot_step_functions().axes

    def dots(ax):
        return {
            (float(line.get_ydata()[0]), to_hex(line.get_markerfacecolor()) != "#ffffff")
            for line in ax.get_lines()
            if line.get_marker() == "o"
        }

    assert dots(left) == {(0, False), (1, True)}
    assert dots(right) == {(-1, False), (0, True), (1, False)}
    assert (left.get_ylabel(), right.get_ylabel()) == ("heaviside(z)", "sgn(z)")


@pytest.fixture(scope="module")
def iris():
    data = load_iris(as_frame=True)
    return data.data.iloc[:, 2:], data.target_names[data.target]


def test_a_boundary_shows_the_predictions(iris):
    X, y = iris
    classifier = LogisticRegression().fit(X, y)
    (ax,) = plots.plot_decision_boundary(classifier, X, y, resolution=40).axes
    mesh = ax.collections[0]
    codes = np.asarray(mesh.get_array()).ravel()
    corners = mesh.get_coordinates()  # of the cells, around the points asked about
    middles = (corners[:-1, :-1] + corners[1:, 1:]).reshape(-1, 2) / 2
    expected = classifier.predict(pd.DataFrame(middles, columns=X.columns))
    agree = classifier.classes_[codes.astype(int)] == expected
    assert agree.mean() > 0.99
    assert (ax.get_xlabel(), ax.get_ylabel()) == tuple(X.columns)
    assert legend(ax) == ["setosa", "versicolor", "virginica"]
    drawn = sum(len(c.get_offsets()) for c in ax.collections if c.get_label() in set(y))
    assert drawn == len(X)


def test_a_boundary_without_probabilities_names_and_rows(iris):
    X, y = iris[0].to_numpy(), iris[1] == "setosa"
    classifier = LinearSVC().fit(X, y)
    pale = plots.plot_decision_boundary(classifier, X, resolution=20).axes[0]
    assert (pale.get_xlabel(), pale.get_ylabel()) == ("x0", "x1")
    assert pale.get_legend() is None
    sure = plots.plot_decision_boundary(LogisticRegression().fit(X, y), X, resolution=20).axes[0]
    assert len(sure.collections) == len(pale.collections) + 1  # the veil of confidence
    named = plots.plot_decision_boundary(classifier, X, feature_names=["a (cm)", "b"], resolution=9)
    assert named.axes[0].get_xlabel() == "a (cm)"


def test_a_boundary_refuses(iris):
    X, y = iris
    wide = np.zeros((5, 3))
    with pytest.raises(InvalidParameterError, match=r"two columns. Got shape \(5, 3\)"):
        plots.plot_decision_boundary(LogisticRegression().fit(X, y), wide)
    with pytest.raises(InvalidParameterError, match="fitted classifier of 2 to 7"):
        plots.plot_decision_boundary(LogisticRegression(), X)
    fitted, gone = LogisticRegression().fit(X, y), X.assign(**{X.columns[0]: np.nan})
    for arguments, message in [
        ((fitted, X, ["rose"] * len(X)), r"y must hold a class.*\['rose'\]"),
        ((fitted, X, y[:9]), "each of the 150 rows. Got 9"),
        ((fitted, gone), "X must be finite"),
        ((fitted, X[:0]), r"Got shape \(0, 2\)"),
        (
            (LogisticRegression().fit(np.eye(3), [0, 1, 2]), X),
            "two features. Got one of 3",
        ),
    ]:
        with pytest.raises(InvalidParameterError, match=message):
            plots.plot_decision_boundary(*arguments)
    with pytest.raises(InvalidParameterError, match="feature_names must be two names"):
        plots.plot_decision_boundary(fitted, X, feature_names=["a"])


def test_a_boundary_of_lists_and_of_polars(iris):
    X, y = iris
    classifier = LogisticRegression().fit(X.to_numpy(), y)
    listed = plots.plot_decision_boundary(classifier, X.to_numpy().tolist(), list(y), resolution=9)
    assert legend(listed.axes[0]) == ["setosa", "versicolor", "virginica"]
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": X.iloc[:, 0].to_numpy(), "b": X.iloc[:, 1].to_numpy()})
    drawn = plots.plot_decision_boundary(LogisticRegression().fit(frame, y), frame, resolution=9)
    assert drawn.axes[0].get_xlabel() == "a"


def test_calibration_draws_scikit_learn_s_curve():
    rng = np.random.default_rng(0)
    p = rng.random(500)
    y = (rng.random(500) < p**2).astype(int)
    (ax,) = plots.plot_calibration(y, {"a": p, "b": p**2}).axes
    diagonal, first, second = ax.get_lines()
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 1]
    for line, q in ((first, p), (second, p**2)):
        share, mean = calibration_curve(y, q, n_bins=10, strategy="quantile")
        np.testing.assert_allclose(line.get_xdata(), mean)
        np.testing.assert_allclose(line.get_ydata(), share)
    assert legend(ax) == ["perfectly calibrated", "a", "b"]
    named = plots.plot_calibration(np.where(y, "yes", "no"), {"a": p}).axes[0].get_lines()[1]
    np.testing.assert_array_equal(named.get_ydata(), first.get_ydata())  # "yes" is the second
    (rare,) = plots.plot_calibration([0] * 99 + [1], np.full(100, 0.01), n_bins=2).axes
    assert rare.get_xlim()[1] == rare.get_ylim()[1] < 0.02


@pytest.mark.parametrize(
    "y, p, options, message",
    [
        ([0, 1], {"a": [0.1, 1.2]}, {}, "0 to 1. Got 1.2 of 'a'"),
        ([0, 1], [np.nan, 0.5], {}, "0 to 1. Got nan"),
        ([0, 1], [[0.9, 0.1], [0.1, 0.9]], {}, r"each of the 2 rows.*Got shape \(2, 2\)"),
        ([0, 1, 2], [0.1, 0.2, 0.3], {}, "two classes. Got 3"),
        ([], [], {}, "two classes. Got 0"),
        ([0, 1], [0.1, 0.9], {"n_bins": 0, "strategy": "deciles"}, "2 arguments are wrong"),
    ],
)
def test_calibration_refuses(y, p, options, message):
    with pytest.raises(InvalidParameterError, match=message):
        plots.plot_calibration(y, p, **options)


@pytest.fixture
def fits():
    rows = [(d, w, 0.1 * d + 0.001 * w + e, 0.5 + e) for d in (1, 2) for w in (10, 30)
            for e in (0.0, 0.02, 0.04)]  # fmt: skip
    return pd.DataFrame(rows, columns=["depth", "width", "test_score", "train_score"])


def test_a_validation_curve_draws_means_and_deviations(fits):
    figure = plots.plot_validation_curve(fits, x="depth", lines="width", xlabel="hidden layers")
    (ax,) = figure.axes
    assert legend(ax) == ["10", "30"]
    assert ax.get_legend().get_title().get_text() == "width"
    for container, width in zip(ax.containers, (10, 30), strict=True):
        line = container.lines[0]
        assert line.get_xdata().tolist() == [1, 2]
        np.testing.assert_allclose(line.get_ydata(), [0.12 + 0.001 * width, 0.22 + 0.001 * width])
        low, high = container.lines[2][0].get_segments()[0][:, 1]
        assert (high - low) / 2 == pytest.approx(np.std([0, 0.02, 0.04]))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("hidden layers", "score")
    assert ax.get_xticks().tolist() == [1, 2]


def test_a_validation_curve_of_unequal_folds_with_training_rows(fits):
    figure = plots.plot_validation_curve(
        fits[1:], x="width", train_score="train_score", log=True, ylabel="accuracy"
    )
    (ax,) = figure.axes
    assert legend(ax) == ["held-out rows", "training rows"]
    assert ax.get_xscale() == "log"
    means = fits[1:].groupby("width")["test_score"].mean()
    np.testing.assert_allclose(ax.containers[0].lines[0].get_ydata(), means)


def test_a_validation_curve_of_a_search_has_a_row_for_each_fold():
    results = {
        "param_C": np.array([1, 2], dtype=object),
        "split0_test_score": np.array([0.5, 0.7]), "split1_test_score": np.array([0.7, 0.9]),
        "split0_train_score": np.array([1.0, 1.0]), "split1_train_score": np.array([1.0, 0.8]),
        "mean_test_score": np.array([0.6, 0.8]),
    }  # fmt: skip
    (ax,) = plots.plot_validation_curve(results, x="param_C", train_score="train_score").axes
    assert ax.get_xlabel() == "C"
    held_out, training = (container.lines[0].get_ydata() for container in ax.containers)
    np.testing.assert_allclose(held_out, [0.6, 0.8])
    np.testing.assert_allclose(training, [1.0, 0.9])
    low, high = ax.containers[0].lines[2][0].get_segments()[0][:, 1]
    assert (high - low) / 2 == pytest.approx(0.1)


def test_a_validation_curve_of_one_value_missing_scores_and_far_values():
    frame = pd.DataFrame(
        {"x": [1, 1001, 1002], "test_score": [np.nan, 1.0, 2.0], "norm": [None, None, "batch"]}
    )
    one = plots.plot_validation_curve(frame[:2], x="x").axes[0]
    assert one.containers[0].lines[0].get_ydata()[0] == 1.0
    ax = plots.plot_validation_curve(frame.fillna({"test_score": 0.0}), x="x", lines="norm").axes[0]
    assert legend(ax) == ["batch", "nan"] and ax.get_xscale() == "linear"
    assert 1001 not in ax.get_xticks()  # its name would lie over that of 1002


def test_a_validation_curve_refuses(fits):
    words = fits.assign(depth="deep")
    with pytest.raises(InvalidParameterError, match="'depth' must hold numbers. Got 'deep'"):
        plots.plot_validation_curve(words, x="depth")
    with pytest.raises(InvalidParameterError, match="must be positive where log=True. Got 0"):
        plots.plot_validation_curve(fits.assign(depth=0), x="depth", log=True)
    with pytest.raises(InvalidParameterError, match=r"Missing: \['layers'\]"):
        plots.plot_validation_curve(fits, x="layers")
    with pytest.raises(InvalidParameterError, match="at least one fit"):
        plots.plot_validation_curve(fits[:0], x="depth")
    with pytest.raises(InvalidParameterError, match="at most 7 values"):
        plots.plot_validation_curve(fits, x="depth", lines="test_score")


def lines_of(ax, colour):
    return [c for c in ax.collections if isinstance(c, LineCollection)
            and to_hex(c.get_colors()[0]) == colour.lower()]  # fmt: skip


def test_a_network_is_drawn_unit_by_unit_and_weight_by_weight():
    kernels = [np.array([[2.0, -1.0, 0.0], [0.5, 1.0, 1.0]]), np.array([[1.0], [-2.0], [1.0]])]
    figure = plots.plot_network(kernels, feature_names=["a", "b"], output_names=["y"])
    (ax,) = figure.axes
    assert sum(isinstance(patch, Circle) for patch in ax.patches) == 2 + 3 + 1
    positive, negative = lines_of(ax, BLUE), lines_of(ax, ORANGE)
    assert sum(len(c.get_segments()) for c in positive) == 4 + 2  # a weight of 0 is no line
    assert sum(len(c.get_segments()) for c in negative) == 1 + 1
    widths = np.array(positive[0].get_linewidths())
    assert widths.max() == widths[0] == 3.5  # the largest weight of all, 2
    assert texts(ax)[:3] == ["a", "b", "y"]
    assert texts(ax)[3:] == ["inputs\n2", "layer 1\n3 units", "layer 2\n1 unit"]
    assert "largest: 2" in legend(ax)


def test_a_wide_network_says_what_it_leaves_out():
    rng = np.random.default_rng(0)
    ax = plots.plot_network([rng.normal(size=(64, 100)), rng.normal(size=(100, 3))]).axes[0]
    assert sum(isinstance(patch, Circle) for patch in ax.patches) == 12 + 12 + 3
    assert {"52 more", "88 more"} <= set(texts(ax))


def test_a_network_of_keras_and_of_an_estimator():
    import keras

    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, name="second")])
    first = keras.layers.Dense(4, activation="relu", name="first")
    model = keras.Sequential([keras.Input((3,)), first, keras.layers.Dropout(0.1), inner])
    assert texts(plots.plot_network(model).axes[0]) == [
        "inputs\n3", "first\n4 units", "second\n5 units",
    ]  # fmt: skip
    titles = [ax.get_title() for ax in plots.plot_weight_histograms(model).axes]
    deviation = np.std(first.get_weights()[0])
    assert titles[0] == f"first: deviation {deviation:.3g}"


def test_bias_units_are_squares_wired_by_the_biases():
    first = np.array([[1.0, -1.0], [2.0, 1.0]]), np.array([4.0, 0.0])
    second = np.array([[1.0], [2.0]])  # without biases
    third = np.array([[1.0]]), np.array([-2.0])
    (ax,) = plots.plot_network([first, second, third], show_bias=True).axes
    squares = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    columns = [(square.get_x() + square.get_width() / 2) / 3 for square in squares]
    assert columns == [0, 2] and texts(ax)[:2] == ["1", "1"]
    assert "largest: 4" in legend(ax)  # a bias
    ends = [segment for c in lines_of(ax, BLUE) for segment in c.get_segments()]
    assert any((segment == [[0, 1.5], [3, 0.5]]).all() for segment in ends)  # above the inputs
    assert len(ends) == 3 + 1 + 2 + 1  # none for a bias of 0
    assert len([s for c in lines_of(ax, ORANGE) for s in c.get_segments()]) == 1 + 1
    assert not any(isinstance(p, Rectangle) for p in plots.plot_network([first]).axes[0].patches)


def test_a_network_of_scikit_learn_and_of_layers_of_one_name():
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier((3,), max_iter=1)
    network.partial_fit(np.eye(4), [0, 1, 2, 0], classes=[0, 1, 2])
    assert texts(plots.plot_network(network).axes[0])[0] == "inputs\n4"
    same = SimpleNamespace(name="d", kernel=np.eye(2), get_weights=lambda: [np.eye(2)])
    model = SimpleNamespace(layers=[SimpleNamespace(layers=[same]), SimpleNamespace(layers=[same])])
    assert len(plots.plot_weight_histograms(model).axes) == 2


def test_a_deep_network_is_drawn_smaller():
    deep = plots.plot_network([np.ones((4, 4))] * 40, feature_names=["a name"] * 4)
    assert deep.get_size_inches()[0] < 22


def test_a_layer_may_have_no_biases():
    shown = texts(plots.plot_network([(np.ones((2, 3)), None)], show_bias=True).axes[0])
    assert shown == ["inputs\n2", "layer 1\n3 units"]


def test_a_network_refuses():
    with pytest.raises(InvalidParameterError, match="Got LogisticRegression: fit it first"):
        plots.plot_network(LogisticRegression())
    with pytest.raises(InvalidParameterError, match="NaN or infinity in layer 1"):
        plots.plot_network([np.array([[np.nan, 1.0]])])
    with pytest.raises(InvalidParameterError, match="a kernel must hold numbers"):
        plots.plot_network(["weights"])
    with pytest.raises(InvalidParameterError, match="what the one before gives, 3 numbers"):
        plots.plot_network([np.ones((2, 3)), np.ones((2, 1))])
    with pytest.raises(InvalidParameterError, match="a name for each of the 2 inputs. Got 1"):
        plots.plot_network([np.ones((2, 3))], feature_names=["a"])
    with pytest.raises(InvalidParameterError, match="max_units"):
        plots.plot_network([np.ones((2, 3))], max_units=1)
    with pytest.raises(InvalidParameterError, match="at least one dense layer"):
        plots.plot_network([])
    with pytest.raises(InvalidParameterError, match=r"shape \(n_inputs, n_units\). Got \(3,\)"):
        plots.plot_network([np.ones(3)])


def stage(name, activation, n_in, n_out, rng):
    z, dz = rng.normal(size=(2, 8, n_out))
    return SimpleNamespace(
        name=name, activation=activation, z=z, a=np.maximum(z, 0), dz=dz, da=2 * dz,
        kernel=rng.normal(size=(n_in, n_out)), bias=np.zeros(n_out),
    )  # fmt: skip


def test_a_graph_shows_shapes_forward_and_norms_back():
    rng = np.random.default_rng(0)
    stages = [stage("h", "relu", 3, 4, rng), stage("o", "linear", 4, 1, rng)]
    (ax,) = plots.plot_computational_graph(stages, loss=0.25).axes
    shown = texts(ax)
    boxes = ["X", "z1 = X W1 + b1", "a1 = relu(z1)", "z2 = a1 W2 + b2", "L = 0.25"]
    assert shown[:5] == boxes  # an output without activation is its z
    assert {"8×3", "8×4", "8×1", "3×4", "4×1"} <= set(shown)
    for gradient in (stages[0].dz, stages[0].da, stages[1].dz, stages[0].a.T @ stages[1].dz):
        assert f"{np.linalg.norm(gradient):.2g}" in shown


def test_a_deep_graph_is_shortened_and_one_without_gradients_refused():
    rng = np.random.default_rng(0)
    stages = [stage(f"h{i}", "relu", 4, 4, rng) for i in range(9)]
    shown = texts(plots.plot_computational_graph(stages, loss=1.0).axes[0])
    assert "… 5 layers" in shown and "z8 = a7 W8 + b8" in shown and "z5 = a4 W5 + b5" not in shown
    stages[0].dz = None
    with pytest.raises(InvalidParameterError, match="pass y too"):
        plots.plot_computational_graph(stages, loss=1.0)


def flow_frame(n):
    return pd.DataFrame(
        {
            "name": [f"hidden_{i + 1}" for i in range(n)],
            "a_std": np.geomspace(1, 1e-3, n),
            "kernel_gradient": np.append(np.geomspace(1e-6, 1, n - 1), 0.0),
            "dead": np.linspace(0, 0.5, n),
            "saturated": 0.25,
        }
    )


@pytest.mark.parametrize("n", [3, 20])
def test_a_gradient_flow(n):
    frame = flow_frame(n)
    top, middle, low = plots.plot_gradient_flow(frame).axes
    np.testing.assert_array_equal(top.get_lines()[0].get_ydata(), frame["a_std"])
    drawn = middle.get_lines()[0].get_ydata()
    np.testing.assert_array_equal(drawn[:-1], frame["kernel_gradient"][:-1])
    assert np.isnan(drawn[-1])  # 0 has no place on a logarithmic scale
    assert top.get_yscale() == middle.get_yscale() == "log"
    heights = [bar.get_height() for bar in low.patches]
    np.testing.assert_allclose(heights, [*100 * frame["dead"], *100 * frame["saturated"]])
    names = [label.get_text() for label in low.get_xticklabels()]
    assert names == ["hidden 1", "hidden 2", "hidden 3"] if n == 3 else low.get_xlabel() == "layer"
    with pytest.raises(InvalidParameterError, match="at least one layer"):
        plots.plot_gradient_flow(frame[:0])
    with pytest.raises(InvalidParameterError, match=r"Missing: \['dead'\]"):
        plots.plot_gradient_flow(frame.drop(columns="dead"))
    with pytest.raises(InvalidParameterError, match="must be a DataFrame. Got int"):
        plots.plot_gradient_flow(3)


def test_layers_that_are_nearly_alike_look_alike():
    frame = flow_frame(3).assign(a_std=[1.0, 1.1, 1.2])
    low, high = plots.plot_gradient_flow(frame).axes[0].get_ylim()
    assert high / low == pytest.approx(10)


def test_initialization_says_what_is_zero():
    frame = pd.DataFrame(
        {
            "initializer": ["zeros"] * 2 + ["he_normal"] * 2,
            "layer": [1, 2] * 2,
            "activation_variance": [0.0, 0.0, 1.0, 2.0],
            "gradient_variance": [0.0, 0.0, 4.0, 3.0],
        }
    )
    left, right = plots.plot_initialization(frame).axes
    assert legend(left) == ["zeros: 0 in every layer", "he_normal"]
    assert left.get_lines()[1].get_ydata().tolist() == [1, 2]
    assert right.get_lines()[1].get_ydata().tolist() == [4, 3]
    assert right.get_ylabel() == "variance of ∂L/∂z"
    wider = pd.concat([frame, frame.assign(initializer="constant", activation_variance=1e-9)])
    low, high = plots.plot_initialization(wider).axes[0].get_ylim()
    assert low < 1e-9 and high > 2  # every line is in the picture
    with pytest.raises(InvalidParameterError, match=r"Missing: \['layer'\]"):
        plots.plot_initialization(frame.drop(columns="layer"))
    with pytest.raises(InvalidParameterError, match="1 to 7 initializers. Got 0"):
        plots.plot_initialization(frame[:0])


def test_histograms_hold_all_numbers():
    trace = pd.DataFrame({"name": ["b", "b", "a", "a"], "a": [0.0, 1.0, 5.0, 5.0]})
    figure = plots.plot_activation_histograms(trace)
    assert [ax.get_title() for ax in figure.axes] == ["b: deviation 0.5", "a: deviation 0"]
    for ax in figure.axes:
        assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(100)
        assert ax.get_xlabel() == "activation"
    for trace, message in [
        ({}, "1 to 24 layers"),
        (3, "dict of arrays. Got int"),
        ({"h": []}, "Got 0 numbers of 'h'"),
        ({"h": [1.0, np.inf]}, "2 numbers of 'h', 1 of them NaN or infinite"),
    ]:
        with pytest.raises(InvalidParameterError, match=message):
            plots.plot_activation_histograms(trace)


def test_activations_refuse_what_cannot_be_drawn():
    for limits in ((5, -5), (0, np.inf), "ab"):
        with pytest.raises(InvalidParameterError, match="limits must be two numbers"):
            plots.plot_activation("relu", limits=limits)
    for names in ([], "relu"):
        with pytest.raises(InvalidParameterError, match="a list of one activation or more"):
            plots.plot_activations(names)
    ax = Figure().subplots()
    with pytest.raises(InvalidParameterError, match="a sequence of 2 matplotlib Axes"):
        plots.plot_step_functions(ax=ax)
    leaky = activations.get("leaky_relu", negative_slope=0.01)
    assert plots.plot_activations([leaky], ax=ax).axes[0].get_title() == "leaky_relu"


def test_all_take_axes_and_return_their_figure(iris, fits):
    X, y = iris[0].to_numpy(), iris[1]
    classifier = LogisticRegression().fit(X, y)
    rng = np.random.default_rng(0)
    single = {
        "plot_activation": ("relu",),
        "plot_calibration": ([0, 1], [0.2, 0.8]),
        "plot_computational_graph": ([stage("o", "relu", 2, 2, rng)], 0.5),
        "plot_decision_boundary": (classifier, X),
        "plot_network": ([np.ones((2, 2))],),
    }
    for name, arguments in single.items():
        figure = Figure()
        ax = figure.subplots()
        assert getattr(plots, name)(*arguments, ax=ax) is figure
        assert figure.axes == [ax] and ax.has_data() or ax.texts
    several = {
        "plot_activations": (2, (["relu", "elu"],)),
        "plot_step_functions": (2, ()),
        "plot_gradient_flow": (3, (flow_frame(3),)),
        "plot_weight_histograms": (1, ([np.ones((2, 2))],)),
        "plot_activation_histograms": (1, ({"a": np.ones(3)},)),
    }
    for name, (n, arguments) in several.items():
        figure = Figure()
        axes = figure.subplots(1, n, squeeze=False)[0]
        assert getattr(plots, name)(*arguments, ax=axes) is figure
        assert all(ax.has_data() for ax in axes)
    figure = Figure()
    assert plots.plot_validation_curve(fits, x="depth", ax=figure.subplots()) is figure
