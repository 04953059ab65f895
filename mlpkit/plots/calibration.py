"""The picture of probabilities beside what came true."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import GREY, SERIES, new_axes, tidy


def plot_calibration(y_true, y_prob, *, n_bins=10, strategy="quantile", ax=None):
    """Draw the share of rows that came true against the probability they were given.

    Through scikit-learn's `CalibrationDisplay`. On the dotted diagonal, of the rows that are given
    70 %, 70 % come true; below it the classifier is too sure.

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
        When there are more than seven models, or probabilities outside 0..1.

    Examples
    --------
    >>> figure = plot_calibration([0, 0, 1, 1], {"mlp": [0.1, 0.4, 0.6, 0.9]}, n_bins=2)
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['perfectly calibrated', 'mlp']
    """
    from sklearn.calibration import CalibrationDisplay

    several = dict(y_prob) if hasattr(y_prob, "items") else {"": y_prob}
    if not 1 <= len(several) <= len(SERIES):
        raise InvalidParameterError(
            f"y_prob must hold 1 to {len(SERIES)} models. Got {len(several)}."
        )
    for name, values in several.items():
        values = np.asarray(values, dtype=float)
        if not ((values >= 0) & (values <= 1)).all():
            raise InvalidParameterError(
                f"y_prob must hold probabilities, 0 to 1. Got {values.min():g} to "
                f"{values.max():g}{f' of {name!r}' if name else ''}."
            )
    ax = new_axes(figsize=(5.2, 5.0)) if ax is None else ax
    ax.plot((0, 1), (0, 1), color=GREY, linestyle=":", label="perfectly calibrated")
    for (colour, dash, marker), (name, values) in zip(SERIES, several.items(), strict=False):
        CalibrationDisplay.from_predictions(
            y_true, values, n_bins=n_bins, strategy=strategy, ax=ax, ref_line=False,
            name=name or "model", color=colour, linestyle=dash, marker=marker, linewidth=2,
        )  # fmt: skip
    ax.set_xlabel("mean probability given")
    ax.set_ylabel("share that came true")
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    ax.set_aspect("equal")
    tidy(ax)
    ax.legend(edgecolor="none", framealpha=1, loc="upper left")
    return ax.figure
