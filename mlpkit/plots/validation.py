"""The picture of scores over a hyperparameter, such as depth or width."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import SERIES, check_columns, legend_beside, new_axes, tidy, wrapped


def plot_validation_curve(
    frame, *, x, lines=None, score="test_score", train_score=None, log=False, xlabel=None,
    ylabel="score", ax=None,
):  # fmt: skip
    """Draw scores of held-out rows against a hyperparameter, a line for each value of another.

    Through scikit-learn's `ValidationCurveDisplay`, with whiskers of one standard deviation over
    the rows of equal values (folds, seeds).

    Parameters
    ----------
    frame : DataFrame or dict
        A row for each fit; or ``cv_results_`` of a search, in which each fold is a fit, with
        columns ``test_score`` and, where the search kept them, ``train_score``.
    x : str
        Column of the hyperparameter, in numbers: depth, width, ``param_alpha``.
    lines : str, default=None
        Column whose values have a line each, at most seven.
    score : str, default="test_score"
        Column of the scores of held-out rows.
    train_score : str, default=None
        Column of the scores of training rows, drawn thin, when given.
    log : bool, default=False
        Whether the horizontal axis is logarithmic; the values are positive then.
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
        When columns are missing or hold no numbers, or there are too many lines.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"depth": [1, 1, 2, 2], "test_score": [0.8, 0.9, 0.9, 0.9]})
    >>> figure = plot_validation_curve(frame, x="depth", xlabel="hidden layers")
    >>> figure.axes[0].get_xlabel()
    'hidden layers'
    """
    frame = _checked(_fits(frame), x, lines, score, train_score, log)
    groups = _groups(frame, lines)
    ax = new_axes(figsize=(6.4, 4.2)) if ax is None else ax
    for (colour, dash, marker), (name, group) in zip(SERIES, groups, strict=False):
        label = "held-out rows" if lines is None else wrapped(name, 24)
        look = {"color": colour, "linestyle": dash, "marker": marker}
        _line(ax, group, x, score, {**look, "linewidth": 2, "label": label})
        if train_score:
            label = "training rows" if lines is None else "_training rows"  # told in the title
            _line(ax, group, x, train_score, {**look, "linewidth": 0.8, "alpha": 0.7,
                                              "markersize": 3, "label": label})  # fmt: skip
    ax.set_xscale("log" if log else "linear")  # the display chooses by itself
    ax.set_xlabel(xlabel or _name_of(x))
    ax.set_ylabel(ylabel)
    _whole_ticks(ax, np.unique(frame[x]), log)
    tidy(ax)
    if lines is None:
        ax.legend(edgecolor="none", framealpha=0.9)
    else:
        thin = "\n(thin: training rows)" if train_score else ""
        legend_beside(ax, title=wrapped(_name_of(lines), 24) + thin)
    return ax.figure


def _name_of(column):
    return column.removeprefix("param_")


def _fits(frame):
    """Give a frame with a row for each fit; of a search's results, for each fold."""
    import pandas as pd

    frame = pd.DataFrame(frame)
    if "mean_test_score" not in frame.columns or "test_score" in frame.columns:
        return frame
    folds = []
    while f"split{len(folds)}_test_score" in frame.columns:
        split = f"split{len(folds)}_"
        names = {f"{split}{kind}": kind for kind in ("test_score", "train_score")}
        folds.append(frame.rename(columns=names))
    return pd.concat(folds, ignore_index=True)


def _checked(frame, x, lines, score, train_score, log):
    """Give the rows that have their numbers."""
    wanted = [name for name in (x, lines, score, train_score) if name is not None]
    check_columns(frame, wanted)
    for name in (x, score, train_score):
        if name is not None:
            try:
                frame = frame.assign(**{name: frame[name].astype(float)})
            except (TypeError, ValueError):
                raise InvalidParameterError(
                    f"{name!r} must hold numbers. Got {frame[name].iloc[0]!r}: map them to numbers."
                ) from None
    frame = frame.dropna(subset=[x, score])
    if frame.empty:
        raise InvalidParameterError("frame must hold at least one fit with a score. Got none.")
    if log and frame[x].min() <= 0:
        raise InvalidParameterError(
            f"{x!r} must be positive where log=True. Got {frame[x].min():g}."
        )
    return frame


def _groups(frame, lines):
    groups = [("", frame)] if lines is None else list(frame.groupby(lines, dropna=False))
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
    if len(values) < 2:  # which the display cannot draw, but beside a point that is not there
        values, even = (*values, np.nan), np.vstack([even, [np.nan] * 2])
    display = ValidationCurveDisplay(
        param_name=x, param_range=np.array(values), train_scores=even, test_scores=even
    )
    label = look.pop("label")
    display.plot(
        ax=ax, score_type="test", std_display_style="errorbar", errorbar_kw={**look, "capsize": 3}
    )
    display.errorbar_[-1].set_label(label)


def _whole_ticks(ax, values, log):
    """Put ticks at the values themselves where they are few and apart."""
    texts = [f"{value:g}" for value in values]
    places = np.log(values) if log else values
    if len(values) > 1:
        # About 55 letters have room side by side.
        apart = 55 * np.diff(places).min() / np.ptp(places)
        if apart < max(map(len, texts)) + 1:
            return
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    ax.xaxis.set_major_locator(FixedLocator(values))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FixedFormatter(texts))
