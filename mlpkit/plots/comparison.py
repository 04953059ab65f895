"""The picture of a comparison of models."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import BLUE, FAINT, ORANGE, new_axes, open_frame

# What each column of a comparison is called on its axis, its scale and the format of its numbers.
_COLUMNS = {
    "score_mean": (None, "linear", "{:.3f}"),
    "log_loss": ("log loss (less is better)", "linear", "{:.3f}"),
    "rmse": ("RMSE, units of the target (less is better)", "linear", "{:.4g}"),
    "fit_seconds": ("seconds to fit one fold", "log", "{:.2g}"),
    "predict_seconds": ("seconds to predict one fold", "log", "{:.2g}"),
}
_SCORES = {
    "accuracy": "accuracy",
    "subset_accuracy": "rows with all labels right",
    "r2": "R²",
}
_LOWEST_R2 = -0.5
_FAR = 8  # a model this many times further from the best than the one above it is off the scale


def plot_comparison(frame, *, column="score_mean", highlight=None, ax=None):
    """Draw one column of a comparison as a dot plot, a model a line, best on top.

    Parameters
    ----------
    frame : DataFrame
        What `compare` gave. Models that failed are left out, as are missing values.
    column : {"score_mean", "log_loss", "rmse", "fit_seconds", "predict_seconds"}, \
            default="score_mean"
        What to draw. The score has whiskers of one standard deviation over the folds. A model of
        the worse half that is far behind the rest, or with an R² below -0.5, is a triangle at the
        edge of the picture with its value above it, so that the others are not squeezed into one
        point.
    highlight : str, default=None
        Name of the model to draw in the second colour.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When `column` is not in the frame or no model has a value in it.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"model": ["ridge", "dummy"], "score": "r2",
    ...     "score_mean": [0.6, 0.0], "score_std": [0.02, 0.01]})
    >>> figure = plot_comparison(frame)
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['ridge', 'dummy']
    """
    if column not in _COLUMNS or column not in frame.columns:
        known = [name for name in _COLUMNS if name in frame.columns]
        raise InvalidParameterError(f"column must be one of {known}. Got {column!r}.")
    shown = frame[frame["score_mean"].notna()].reset_index(drop=True)
    if shown.empty:
        raise InvalidParameterError(
            "frame must hold at least one model with a score. Got none; see its error column."
        )
    ax = ax or new_axes(figsize=(6.4, 0.8 + 0.42 * len(shown)))
    far = _far_behind(shown, column)
    for row, values in shown.iterrows():
        colour = ORANGE if values["model"] == highlight else BLUE
        _dot(ax, row, values, column, colour, at_edge=far[row])
    label, scale, _ = _COLUMNS[column]
    score = shown["score"].iloc[0]
    ax.set_xscale(scale)
    ax.set_xlabel(label or f"{_SCORES.get(score, score)} (mean ± deviation over folds)")
    ax.set_yticks(range(len(shown)), shown["model"])
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.margins(x=0.16)
    ax.grid(axis="x", color=FAINT, linewidth=0.8)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", which="minor", length=0)
    open_frame(ax, keep=("bottom",))
    return ax.figure


def _far_behind(shown, column):
    """Tell which models to draw at the edge: of the worse half, those far behind the one above.

    So are those whose R² is far below that of the mean. Times have a logarithmic scale, on which
    nothing is far.
    """
    far = np.zeros(len(shown), dtype=bool)
    if _COLUMNS[column][1] == "log":
        return far
    values = shown[column].to_numpy(dtype=float)
    if column == "score_mean" and shown["score"].iloc[0] == "r2" and values.max() > _LOWEST_R2:
        far = values < _LOWEST_R2
    best = np.nanmax(values) if column == "score_mean" else np.nanmin(values)
    behind = np.abs(values - best)
    order = np.argsort(behind)  # missing values last; they compare as near
    for above, below in zip(order[:-1], order[1:], strict=True):
        if 2 * np.count_nonzero(behind < behind[below]) >= len(shown) and (
            far[above] or behind[below] > _FAR * behind[above] > 0
        ):
            far[below] = True
    return far


def _dot(ax, row, values, column, colour, at_edge):
    """Draw one model's line: whisker and dot, or a triangle at the edge; and its number."""
    value = values[column]
    text = _COLUMNS[column][2].format(value) if abs(value) < 10 else f"{value:,.4g}"
    text = f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else text
    ax.axhline(row, color=FAINT, linewidth=0.8, zorder=0)
    if at_edge or not np.isfinite(value):
        coordinates = ax.get_yaxis_transform()  # x as a share of the width
        left = column == "score_mean"  # where bad models are
        at, align = (0.02, "left") if left else (0.98, "right")
        marker = "" if not at_edge else "<" if left else ">"
        text = f"{text} (off the scale)" if at_edge else "none"
        ax.plot(at, row, marker=marker, color=colour, markersize=7, transform=coordinates)
    else:
        at, coordinates, align = value, ax.transData, "center"
        spread = values["score_std"] if column == "score_mean" else None
        ax.errorbar(
            at, row, xerr=spread, fmt="o", color=colour, markersize=6, elinewidth=2, capsize=3
        )
    ax.annotate(
        text,
        (at, row),
        xycoords=coordinates,
        xytext=(0, 6),
        textcoords="offset points",
        ha=align,
        fontsize="small",
        color=colour,
    )
