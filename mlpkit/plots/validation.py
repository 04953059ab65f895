"""The picture of scores over a hyperparameter, such as depth or width."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import SERIES, new_axes, tidy


def plot_validation_curve(
    frame, *, x, lines=None, score="test_score", train_score=None, log=False, xlabel=None,
    ylabel="score", ax=None,
):  # fmt: skip
    """Draw scores of held-out rows against a hyperparameter, a line for each value of another.

    Through scikit-learn's `ValidationCurveDisplay`, with whiskers of one standard deviation over
    the rows of equal values (folds, seeds).

    Parameters
    ----------
    frame : DataFrame
        A row for each fit.
    x : str
        Column of the hyperparameter, in numbers: depth, width.
    lines : str, default=None
        Column whose values have a line each, at most seven.
    score : str, default="test_score"
        Column of the scores of held-out rows.
    train_score : str, default=None
        Column of the scores of training rows, drawn thin, when given.
    log : bool, default=False
        Whether the horizontal axis is logarithmic.
    xlabel, ylabel : str, default=None, "score"
        Names of the axes, with units; None takes `x`.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When columns are missing, or there are too many lines.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"depth": [1, 1, 2, 2], "test_score": [0.8, 0.9, 0.9, 0.9]})
    >>> figure = plot_validation_curve(frame, x="depth", xlabel="hidden layers")
    >>> figure.axes[0].get_xlabel()
    'hidden layers'
    """
    groups = _groups(frame, x, lines, score, train_score)
    ax = new_axes(figsize=(6.4, 4.2)) if ax is None else ax
    for (colour, dash, marker), (name, group) in zip(SERIES, groups, strict=False):
        label = "held-out rows" if lines is None else f"{lines} = {name}"
        look = {"color": colour, "linestyle": dash, "marker": marker}
        _line(ax, group, x, score, {**look, "linewidth": 2, "label": label})
        if train_score:
            label = "training rows" if lines is None else f"{lines} = {name}, training rows"
            _line(ax, group, x, train_score, {**look, "linewidth": 0.8, "alpha": 0.7,
                                              "markersize": 3, "label": label})  # fmt: skip
    if log:
        ax.set_xscale("log")
    ax.set_xlabel(xlabel or x)
    ax.set_ylabel(ylabel)
    _whole_ticks(ax, np.unique(frame[x]), log)
    tidy(ax)
    ax.legend(edgecolor="none", framealpha=1)
    return ax.figure


def _groups(frame, x, lines, score, train_score):
    wanted = [name for name in (x, lines, score, train_score) if name is not None]
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise InvalidParameterError(
            f"frame must have the columns {wanted}. Missing: {missing}; it has "
            f"{list(frame.columns)}."
        )
    if frame.empty:
        raise InvalidParameterError("frame must hold at least one fit. Got none.")
    groups = [("", frame)] if lines is None else list(frame.groupby(lines))
    if len(groups) > len(SERIES):
        raise InvalidParameterError(
            f"{lines!r} must have at most {len(SERIES)} values, a line each. Got {len(groups)}."
        )
    return groups


def _line(ax, group, x, score, look):
    from sklearn.model_selection import ValidationCurveDisplay

    values, scores = zip(*[(value, part[score]) for value, part in group.groupby(x)], strict=True)
    # The display wants as many scores for each value; missing ones are not counted.
    table = np.full((len(scores), max(map(len, scores))), np.nan)
    for row, each in zip(table, scores, strict=True):
        row[: len(each)] = each
    mean, deviation = np.nanmean(table, axis=1), np.nanstd(table, axis=1)
    even = np.column_stack([mean - deviation, mean + deviation])  # of the same mean and deviation
    display = ValidationCurveDisplay(
        param_name=x, param_range=np.array(values), train_scores=even, test_scores=even
    )
    label = look.pop("label")
    display.plot(
        ax=ax, score_type="test", std_display_style="errorbar", errorbar_kw={**look, "capsize": 3}
    )
    display.errorbar_[-1].set_label(label)


def _whole_ticks(ax, values, log):
    """Put ticks at the values themselves where they are few."""
    if len(values) > 12:
        return
    from matplotlib.ticker import FixedLocator, NullLocator

    ax.xaxis.set_major_locator(FixedLocator(values))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
