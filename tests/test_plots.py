"""What is drawn: labels and values, never pixels."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from mlpkit import plots
from mlpkit.errors import InvalidParameterError


def plot_comparison(*args, **options):
    return plots.plot_comparison(*args, **options).axes[0]


def plot_confusion_matrix(*args, **options):
    return plots.plot_confusion_matrix(*args, **options).axes[0]


def plot_learning_curve(*args, **options):
    return plots.plot_learning_curve(*args, **options).axes[0]


def plot_residuals(*args, **options):
    return plots.plot_residuals(*args, **options).axes


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "model": ["mlp", "trees", "linear", "dummy", "broken"],
            "score": "accuracy",
            "score_mean": [0.97, 0.96, 0.94, 0.1, np.nan],
            "score_std": [0.01, 0.02, 0.02, 0.0, np.nan],
            "log_loss": [0.1, 0.2, np.nan, 2.3, np.nan],
            "fit_seconds": [1.0, 3.0, 0.01, 0.001, np.nan],
            "predict_seconds": [0.1, 0.2, 0.01, 0.001, np.nan],
            "warnings": "",
            "error": ["", "", "", "", "fold 1: ValueError: no"],
        }
    )


def texts(ax):
    return [text.get_text() for text in ax.texts]


def names(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def dots(ax):
    """x of the dots of the error bars, by line."""
    return [float(container.lines[0].get_xdata()[0]) for container in ax.containers]


def axes_of_a_figure(columns=1):
    return Figure().subplots(1, columns)


def test_comparison_draws_scores_best_on_top(frame):
    ax = plot_comparison(frame)
    assert names(ax) == ["mlp", "trees", "linear", "dummy"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert ax.get_xlabel() == "accuracy (mean ± deviation over folds)"
    assert dots(ax) == [0.97, 0.96, 0.94]
    assert texts(ax) == ["0.970", "0.960", "0.940", "0.100 (off the scale)"]
    assert ax.get_xlim()[0] > 0.5


def test_comparison_draws_whiskers_of_one_deviation(frame):
    ends = plot_comparison(frame).containers[1].lines[2][0].get_segments()[0][:, 0]
    np.testing.assert_allclose(ends, [0.94, 0.98])


def test_comparison_keeps_all_on_the_scale_where_none_is_far(frame):
    frame.loc[3, "score_mean"] = 0.85
    ax = plot_comparison(frame)
    assert dots(ax) == [0.97, 0.96, 0.94, 0.85]


def test_comparison_in_r2_with_a_model_that_went_astray(frame):
    frame["score"] = "r2"
    frame.loc[3, "score_mean"] = -1234567.0
    ax = plot_comparison(frame)
    assert ax.get_xlabel().startswith("R²")
    assert texts(ax)[-1] == "-1,234,567 (off the scale)"
    assert ax.get_xlim()[0] > 0


def test_comparison_in_r2_below_the_mean_is_off_the_scale(frame):
    frame["score"] = "r2"
    frame["score_mean"] = [0.8, 0.5, -0.02, -3.7, np.nan]
    assert texts(plot_comparison(frame)) == ["0.800", "0.500", "-0.020", "-3.700 (off the scale)"]
    frame["score_mean"] = [-1.0, -1.5, -2.0, -3.7, np.nan]
    assert dots(plot_comparison(frame)) == [-1.0, -1.5, -2.0, -3.7]


def test_comparison_of_losses_says_where_there_is_none(frame):
    ax = plot_comparison(frame, column="log_loss")
    assert ax.get_xlabel() == "log loss (less is better)"
    assert texts(ax) == ["0.100", "0.200", "none", "2.300 (off the scale)"]


def test_comparison_of_times_is_logarithmic(frame):
    ax = plot_comparison(frame, column="fit_seconds")
    assert ax.get_xscale() == "log"
    assert dots(ax) == [1.0, 3.0, 0.01, 0.001]
    assert texts(ax) == ["1", "3", "0.01", "0.001"]


def test_comparison_highlights_one_model(frame):
    ax = plot_comparison(frame, highlight="trees")
    colours = [container.lines[0].get_color() for container in ax.containers]
    assert colours[1] not in (colours[0], colours[2])
    assert colours[0] == colours[2]


@pytest.mark.parametrize("score", [0.0, 0.5])
def test_comparison_of_one_model_or_of_equals(frame, score):
    assert dots(plot_comparison(frame[:1])) == [0.97]
    frame["score_mean"] = score
    assert dots(plot_comparison(frame)) == [score] * 5


def test_comparison_leaves_the_frame_as_it_was(frame):
    before = frame.copy()
    plot_comparison(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_comparison_refuses(frame):
    with pytest.raises(InvalidParameterError, match=r"column must be one of .* Got 'rmse'"):
        plot_comparison(frame, column="rmse")
    with pytest.raises(InvalidParameterError, match="at least one model with a score"):
        plot_comparison(frame[4:])


def test_learning_curve():
    history = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.5, 2.75], "accuracy": [0, 0, 1]}
    ax = plot_learning_curve(history, best_epoch=2)
    training, validation, best, star = ax.get_lines()
    assert training.get_xdata().tolist() == [1, 2, 3]
    assert training.get_ydata().tolist() == [3, 2, 1]
    assert validation.get_ydata().tolist() == [3.5, 2.5, 2.75]
    assert list(best.get_xdata()) == [2, 2]
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (2, 2.5)
    assert training.get_linestyle() != validation.get_linestyle()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["training", "validation", "best epoch, 2"]


def test_learning_curve_without_validation_and_of_one_epoch():
    ax = plot_learning_curve({"loss": [0.5]})
    (line,) = ax.get_lines()
    assert line.get_marker() == "o"


def test_learning_curve_of_negative_losses_is_not_cut():
    assert plot_learning_curve({"loss": [1.0, -2.0]}).get_ylim()[0] < -2


@pytest.mark.parametrize("history", [{}, {"val_loss": [1.0]}, {"loss": []}])
def test_learning_curve_refuses(history):
    with pytest.raises(InvalidParameterError, match="history must hold 'loss'"):
        plot_learning_curve(history)


def test_confusion_matrix():
    ax = plot_confusion_matrix(["b", "b", "a", "a", "a"], ["b", "a", "a", "a", "b"])
    assert texts(ax) == ["2", "1", "1", "1"]
    assert names(ax) == ["a", "b"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")


def test_confusion_matrix_in_the_order_given_and_as_shares():
    ax = plot_confusion_matrix([0, 0, 1], [0, 1, 1], labels=[1, 0], normalize="true")
    assert texts(ax) == ["1.00", "0.00", "0.50", "0.50"]
    assert [text.get_alpha() for text in ax.texts] == [None, 0.3, None, None]


def test_confusion_matrix_of_many_classes_is_colours_only():
    ax = plot_confusion_matrix(np.arange(30), np.arange(30))
    assert texts(ax) == []
    assert len(names(ax)) == 30
    assert len(ax.figure.axes) == 2  # with the bar of colours


def test_residuals():
    y_true, y_pred = [1.0, 2.0, 4.0], [1.5, 2.0, 3.0]
    left, right = plot_residuals(y_true, y_pred, unit="km")
    points = left.collections[0].get_offsets()
    assert sorted(points.tolist()) == sorted(
        [y_pred, y_true] for y_pred, y_true in zip(y_pred, y_true, strict=True)
    )
    assert sorted(right.collections[0].get_offsets()[:, 1].tolist()) == [-0.5, 0.0, 1.0]
    assert left.get_xlabel() == right.get_xlabel() == "predicted [km]"
    assert left.get_ylabel() == "true [km]"
    assert right.get_ylabel() == "true - predicted [km]"


def test_residuals_draws_at_most_1000_points():
    left, _ = plot_residuals(np.arange(3000.0), np.arange(3000.0))
    assert len(left.collections[0].get_offsets()) == 1000


def test_axes_of_ones_own_are_drawn_into_and_returned(frame):
    ax = axes_of_a_figure()
    assert plot_comparison(frame, ax=ax) is ax
    ax = axes_of_a_figure()
    assert plot_learning_curve({"loss": [1.0, 0.5]}, ax=ax) is ax
    ax = axes_of_a_figure()
    assert plot_confusion_matrix([0, 1], [0, 1], ax=ax) is ax
    pair = axes_of_a_figure(2)
    assert list(plot_residuals([1.0, 2.0], [1.0, 2.0], ax=pair)) == list(pair)
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


@pytest.mark.parametrize(
    "y_true, y_pred, message",
    [
        ([], [], r"a row at least.*Got \(0,\) and \(0,\)"),
        ([1, 2], [1], r"same shape.*Got \(2,\) and \(1,\)"),
        ([[1, 2]], [[1, 2]], "one output at a time"),
    ],
)
def test_pairs_that_are_none_are_refused(y_true, y_pred, message):
    for draw in (plots.plot_confusion_matrix, plots.plot_residuals):
        with pytest.raises(InvalidParameterError, match=message):
            draw(y_true, y_pred)


def test_what_is_no_number_and_no_history_is_refused():
    for wrong in ([1.0, np.nan], ["a", "b"]):
        with pytest.raises(InvalidParameterError, match="y_pred must hold finite numbers"):
            plots.plot_residuals([1.0, 2.0], wrong)
    with pytest.raises(InvalidParameterError, match="history must be a dict.*Got NoneType"):
        plots.plot_learning_curve(None)


def test_matplotlib_is_loaded_by_drawing_only(root):
    script = "import sys, mlpkit.plots; print('matplotlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
