"""Pictures of predictions beside the truth, through scikit-learn's displays."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import BLUE, FAINT, ORANGE, new_axes, open_frame, several_axes

_MOST_CELLS_WITH_NUMBERS = 15


def plot_confusion_matrix(y_true, y_pred, *, labels=None, normalize=None, ax=None):
    """Draw which class was taken for which, through scikit-learn's display.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted classes.
    labels : array-like of shape (n_classes,), default=None
        Classes in the order to draw; None takes those in the data, sorted.
    normalize : {"true", "pred", "all"}, default=None
        Give shares of rows, columns or all in place of counts.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When there are no rows, or the two differ in shape.

    Examples
    --------
    >>> figure = plot_confusion_matrix(["a", "b", "b"], ["a", "b", "a"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1', '0', '1', '1']
    """
    from sklearn.metrics import ConfusionMatrixDisplay

    _check_pairs(y_true, y_pred)
    classes = np.unique([*y_true, *y_pred]) if labels is None else np.asarray(labels)
    many = len(classes) > _MOST_CELLS_WITH_NUMBERS
    side = min(3.2 + 0.32 * len(classes), 9.0)
    ax = ax or new_axes(figsize=(side * 1.15 if many else side, side))
    wide = max(len(str(c)) for c in classes) > 3
    display = ConfusionMatrixDisplay.from_predictions(
        y_true,
        y_pred,
        labels=classes,
        normalize=normalize,
        values_format=None if normalize is None else ".2f",
        include_values=not many,
        xticks_rotation="vertical" if wide and len(classes) > 4 else "horizontal",
        cmap="Blues",
        colorbar=False,
        ax=ax,
    )
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    if many:
        ax.tick_params(labelsize="x-small")
        ax.figure.colorbar(display.im_, ax=ax, shrink=0.7)
    for text in ax.texts:  # let the errors stand out among the zeros
        text.set_alpha(0.3 if float(text.get_text()) == 0 else None)
    return ax.figure


def plot_residuals(y_true, y_pred, *, ax=None, unit="", random_state=0):
    """Draw predictions against the truth, and residuals against predictions.

    Through scikit-learn's `PredictionErrorDisplay`, with at most 1000 points.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted numbers.
    ax : sequence of two matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.
    unit : str, default=""
        Unit of the target, shown with the names of the axes.
    random_state : int, RandomState instance or None, default=0
        Seed of the choice of points.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When there are no rows, the two differ in shape, or hold anything but finite numbers.

    Examples
    --------
    >>> left, right = plot_residuals([1.0, 2.0, 3.0], [1.5, 2.0, 2.5]).axes
    >>> left.get_xlabel(), left.get_ylabel(), right.get_ylabel()
    ('predicted', 'true', 'true - predicted')
    """
    from sklearn.metrics import PredictionErrorDisplay

    _check_pairs(y_true, y_pred)
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
            raise InvalidParameterError(f"{name} must hold finite numbers. It does not.")
    axes = several_axes(new_axes(columns=2, figsize=(9.0, 4.2)) if ax is None else ax, 2)
    kinds = {"actual_vs_predicted": "true", "residual_vs_predicted": "true - predicted"}
    unit = f" [{unit}]" if unit else ""
    for each, (kind, name) in zip(axes, kinds.items(), strict=True):
        PredictionErrorDisplay.from_predictions(
            y_true,
            y_pred,
            kind=kind,
            ax=each,
            random_state=random_state,
            scatter_kwargs={"color": BLUE, "alpha": 0.35, "s": 16, "edgecolors": "none"},
            line_kwargs={"color": ORANGE, "linestyle": "--", "linewidth": 2},
        )
        each.set_xlabel(f"predicted{unit}")
        each.set_ylabel(f"{name}{unit}")
        each.grid(color=FAINT, linewidth=0.6)
        each.set_axisbelow(True)
        _round_ticks(each)
        open_frame(each, keep=("left", "bottom"))
    return axes[0].figure


def _check_pairs(y_true, y_pred):
    shapes = np.shape(y_true), np.shape(y_pred)
    if shapes[0] != shapes[1] or len(shapes[0]) != 1 or not shapes[0][0]:
        raise InvalidParameterError(
            "y_true and y_pred must have the same shape (n_samples,), a row at least; one output "
            f"at a time. Got {shapes[0]} and {shapes[1]}."
        )


def _round_ticks(ax):
    """Put ticks at round numbers, which the display's own are not."""
    from matplotlib.ticker import AutoLocator, ScalarFormatter

    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(AutoLocator())
        axis.set_major_formatter(ScalarFormatter())
