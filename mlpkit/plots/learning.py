"""The picture of a training run."""

from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import BLUE, FAINT, GREY, ORANGE, new_axes, open_frame


def plot_learning_curve(history, best_epoch=None, *, ax=None):
    """Draw training and validation loss against the epoch.

    Parameters
    ----------
    history : dict of str to list of float
        `history_` of a fitted estimator: ``"loss"`` and, where there was one, ``"val_loss"``.
    best_epoch : int, default=None
        Epoch, counted from 1, whose weights were kept; marked when given.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidParameterError
        When `history` holds no ``"loss"``.

    Examples
    --------
    >>> ax = plot_learning_curve({"loss": [0.9, 0.4], "val_loss": [0.8, 0.5]}, best_epoch=2)
    >>> ax.get_xlabel(), [line.get_label() for line in ax.get_lines()]
    ('epoch', ['training', 'validation', 'best epoch, 2'])
    """
    if not len(history.get("loss", ())):
        raise InvalidParameterError(
            f"history must hold 'loss', one number an epoch. Got the keys {sorted(history)}."
        )
    ax = ax or new_axes(figsize=(6.4, 4.0))
    curves = [("loss", "training", BLUE, "-"), ("val_loss", "validation", ORANGE, "--")]
    for key, label, colour, dash in curves:
        if len(history.get(key, ())):
            epochs = range(1, len(history[key]) + 1)
            # A single epoch is a point, which a line alone would not show.
            marker = "o" if len(history[key]) < 2 else None
            ax.plot(
                epochs,
                history[key],
                color=colour,
                linestyle=dash,
                label=label,
                linewidth=2,
                marker=marker,
            )
    if best_epoch is not None:
        ax.axvline(best_epoch, color=GREY, linestyle=":", label=f"best epoch, {best_epoch}")
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))
    ax.grid(axis="y", color=FAINT, linewidth=0.8)
    ax.legend(edgecolor="none", framealpha=1)
    open_frame(ax, keep=("left", "bottom"))
    return ax
