"""The picture of a training run."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import BLUE, FAINT, GREY, ORANGE, new_axes, open_frame


def plot_learning_curve(history, best_epoch=None, *, metric="loss", ax=None):
    """Draw a metric of the training rows and of the validation rows against the epoch.

    Parameters
    ----------
    history : dict of str to list of float
        `history_` of a fitted estimator: ``"loss"`` and, where there was one, ``"val_loss"``.
    best_epoch : int, default=None
        Epoch, counted from 1, whose weights were kept; marked when given.
    metric : str, default="loss"
        What to draw: a key of `history`.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When `history` does not hold the metric, or the epoch is none of it.

    Examples
    --------
    >>> history = {"loss": [0.9, 0.4], "val_loss": [0.8, 0.5]}
    >>> figure = plot_learning_curve(history, best_epoch=2)
    >>> [line.get_label() for line in figure.axes[0].get_lines()][:3]
    ['training', 'validation', 'best epoch, 2']
    """
    _check(history, best_epoch, metric)
    ax = ax or new_axes(figsize=(6.4, 4.0))
    curves = [(metric, "training", BLUE, "-"), (f"val_{metric}", "validation", ORANGE, "--")]
    for key, label, colour, dash in curves:
        if len(history.get(key, ())):
            epochs = range(1, len(history[key]) + 1)
            # A single epoch is a point, which a line alone would not show.
            ax.plot(
                epochs,
                history[key],
                color=colour,
                linestyle=dash,
                label=label,
                linewidth=2,
                marker="o" if len(history[key]) < 2 else None,
            )
    if best_epoch is not None:
        _mark(ax, history, best_epoch, curves)
    ax.set_xlabel("epoch")
    ax.set_ylabel(metric.replace("_", " "))
    ax.xaxis.get_major_locator().set_params(integer=True)
    if metric == "loss":
        ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))
    ax.grid(axis="y", color=FAINT, linewidth=0.8)
    ax.legend(edgecolor="none", framealpha=1)
    open_frame(ax, keep=("left", "bottom"))
    return ax.figure


def _check(history, best_epoch, metric):
    if not hasattr(history, "get"):
        raise InvalidParameterError(
            "history must be a dict of lists, as an estimator's history_ or a Keras History's "
            f"history. Got {type(history).__name__}."
        )
    if not len(history.get(metric, ())):
        raise InvalidParameterError(
            f"history must hold {metric!r}, one number an epoch. Got the keys {sorted(history)}."
        )
    n_epochs = len(history[metric])
    if best_epoch is not None and not 1 <= best_epoch <= n_epochs:
        raise InvalidParameterError(
            f"best_epoch must be an epoch of the history, 1 to {n_epochs}. Got {best_epoch!r}."
        )


def _mark(ax, history, epoch, curves):
    """Mark the best epoch, and on the curve that chose it its value."""
    ax.axvline(epoch, color=GREY, linestyle=":", label=f"best epoch, {epoch}")
    key, _, colour, _ = next(c for c in reversed(curves) if len(history.get(c[0], ())))
    value = np.asarray(history[key])[epoch - 1]
    ax.plot(epoch, value, marker="*", markersize=13, color=colour, markeredgecolor="white",
            linestyle="none", label="_best")  # fmt: skip
