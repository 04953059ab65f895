"""The picture of probabilities beside what came true."""

import numpy as np

from mlpkit.checks import check_parameters, integer, one_of
from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import GREY, SERIES, legend_beside, new_axes, tidy, wrapped

_RULES = {"n_bins": integer(1), "strategy": one_of("quantile", "uniform")}


def plot_calibration(y_true, y_prob, *, n_bins=10, strategy="quantile", ax=None):
    """Draw the share of rows that came true against the probability they were given.

    Through scikit-learn's `CalibrationDisplay`. On the dotted diagonal, of the rows that are given
    70 %, 70 % come true; below it the classifier is too sure. The axes end where the curves do if
    that is below a half, as for a rare class.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Zeros and ones, or two classes, the second of which is meant.
    y_prob : array-like of shape (n_samples,), or dict of str to such
        Probabilities of the second class; several models by their names.
    n_bins : int, default=10
        Groups of rows by their probability.
    strategy : {"quantile", "uniform"}, default="quantile"
        Groups of equal numbers of rows, or of equal width.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When there are more than seven models, not two classes, not a probability of 0 to 1 for each
        row, or arguments break their rules.

    Examples
    --------
    >>> figure = plot_calibration([0, 0, 1, 1], {"mlp": [0.1, 0.4, 0.6, 0.9]}, n_bins=2)
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['perfectly calibrated', 'mlp']
    """
    from sklearn.calibration import CalibrationDisplay

    check_parameters({"n_bins": n_bins, "strategy": strategy}, _RULES)
    y_true, second = _two_classes(y_true)
    several = dict(y_prob) if hasattr(y_prob, "items") else {"": y_prob}
    if not 1 <= len(several) <= len(SERIES):
        raise InvalidParameterError(
            f"y_prob must hold 1 to {len(SERIES)} models. Got {len(several)}."
        )
    for name, values in several.items():
        _check_probabilities(np.asarray(values, dtype=float), len(y_true), name)
    ax = new_axes(figsize=(5.2 if len(several) < 3 else 7.4, 5.0)) if ax is None else ax
    ax.plot((0, 1), (0, 1), color=GREY, linestyle=":", label="perfectly calibrated")
    for (colour, dash, marker), (name, values) in zip(SERIES, several.items(), strict=False):
        CalibrationDisplay.from_predictions(
            y_true, values, pos_label=second, n_bins=n_bins, strategy=strategy, ax=ax,
            ref_line=False, name=wrapped(name or "model", 28), color=colour, linestyle=dash,
            marker=marker, linewidth=2,
        )  # fmt: skip
    ax.set_xlabel("mean probability given")
    ax.set_ylabel("share that came true")
    top = max(max(*line.get_xdata(), *line.get_ydata()) for line in ax.get_lines()[1:])
    top = 1.0 if top > 0.5 else max(1.05 * top, 0.01)
    ax.set_xlim(-0.02 * top, 1.02 * top)
    ax.set_ylim(-0.02 * top, 1.02 * top)
    ax.set_aspect("equal")
    tidy(ax)
    if len(several) > 2:
        legend_beside(ax, fontsize="small")
    else:
        ax.legend(edgecolor="none", framealpha=0.9)
    return ax.figure


def _two_classes(y_true):
    """Give the true classes and the second of them."""
    y_true = np.asarray(y_true)
    classes = np.unique(y_true) if y_true.ndim == 1 else ()
    if set(classes) <= {0, 1} and len(classes):
        return y_true, 1
    if len(classes) != 2:
        raise InvalidParameterError(
            "y_true must be zeros and ones, or hold two classes. Got "
            f"{len(classes)} classes in an array of shape {y_true.shape}."
        )
    return y_true, classes[1]


def _check_probabilities(values, n_rows, name):
    whose = f" of {name!r}" if name else ""
    if values.shape != (n_rows,):
        raise InvalidParameterError(
            f"y_prob must hold a probability for each of the {n_rows} rows, that of the second "
            f"class. Got shape {values.shape}{whose}."
        )
    wrong = values[~((values >= 0) & (values <= 1))]
    if len(wrong):
        raise InvalidParameterError(
            f"y_prob must hold probabilities, 0 to 1. Got {wrong[0]:g}{whose}."
        )
