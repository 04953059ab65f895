"""Pictures of what passes through the layers: a gradient flow, and initial weights by depth."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import (
    BLUE,
    GREEN,
    ORANGE,
    SERIES,
    check_columns,
    new_axes,
    several_axes,
    tidy,
    wrapped,
)

_MOST_NAMES = 12
_FLOW = (
    ("activations", "a_std", BLUE, "-", "o", "standard deviation"),
    ("gradients", "kernel_gradient", ORANGE, "--", "^", "norm of ∂L/∂W"),
)


def plot_gradient_flow(frame, *, ax=None):
    """Draw a gradient flow: how large activations and gradients are in each layer, and who is dead.

    Parameters
    ----------
    frame : DataFrame
        `frame` of a gradient flow: a row for each layer, with `name`, `a_std`, `kernel_gradient`,
        `dead` and `saturated`.
    ax : sequence of three matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When the frame has no layer, or columns are missing.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"name": ["hidden_1", "output"], "a_std": [1.0, 0.5],
    ...     "kernel_gradient": [0.1, 0.2], "dead": [0.25, 0.0], "saturated": [0.0, 0.0]})
    >>> figure = plot_gradient_flow(frame)
    >>> [ax.get_ylabel() for ax in figure.axes]
    ['standard deviation', 'norm of ∂L/∂W', 'share (%)']
    """
    check_columns(frame, ("name", "a_std", "kernel_gradient", "dead", "saturated"))
    if frame.empty:
        raise InvalidParameterError("frame must hold at least one layer. Got none.")
    if ax is None:
        width = min(4.6 + 0.28 * len(frame), 12.0)
        ax = new_axes(figsize=(width, 6.6), rows=3, sharex=True)
    ax = several_axes(ax, 3)
    x = np.arange(1, len(frame) + 1)
    for each, (title, column, colour, dash, marker, label) in zip(ax, _FLOW, strict=False):
        _positive(each, x, frame[column].to_numpy(float), color=colour, linestyle=dash,
                  marker=marker, linewidth=2)  # fmt: skip
        _logarithmic(each)
        each.set_title(title, fontsize="medium", loc="left")
        each.set_ylabel(label)
        tidy(each)
    shares = ax[2]
    shares.bar(x - 0.2, 100 * frame["dead"], 0.38, color=ORANGE, label="units that never fire",
               hatch="//", edgecolor="white")  # fmt: skip
    shares.bar(x + 0.2, 100 * frame["saturated"], 0.38, color=GREEN, label="saturated outputs")
    shares.set_ylim(0, 105)
    shares.set_ylabel("share (%)")
    shares.set_title("units", fontsize="medium", loc="left")
    shares.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False,
                  fontsize="small", borderpad=0)  # fmt: skip
    tidy(shares, grid="y")
    _name_layers(shares, x, frame["name"])
    return ax[0].figure


def plot_initialization(frame, *, ax=None):
    """Draw the variance of activations and gradients through depth for several initial weights.

    Parameters
    ----------
    frame : DataFrame
        What ``mlpkit.diagnostics.initialization_report`` gave: `initializer`, `layer`,
        `activation_variance`, `gradient_variance`.
    ax : sequence of two matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When there are more than seven initializers, or none, or columns are missing.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"initializer": "he_normal", "layer": [1, 2],
    ...     "activation_variance": [0.7, 0.7], "gradient_variance": [0.1, 0.1]})
    >>> [ax.get_ylabel() for ax in plot_initialization(frame).axes]
    ['variance of activations', 'variance of ∂L/∂z']
    """
    wanted = ("initializer", "layer", "activation_variance", "gradient_variance")
    check_columns(frame, wanted)
    groups = list(frame.groupby("initializer", sort=False))
    if not 1 <= len(groups) <= len(SERIES):
        raise InvalidParameterError(
            f"frame must hold 1 to {len(SERIES)} initializers. Got {len(groups)}."
        )
    axes = several_axes(new_axes(2, (9.6, 4.4)) if ax is None else ax, 2)
    panels = [("activation_variance", "variance of activations", "forward")]
    panels.append(("gradient_variance", "variance of ∂L/∂z", "backward"))
    for each, (column, label, title) in zip(axes, panels, strict=True):
        for (colour, dash, marker), (name, group) in zip(SERIES, groups, strict=False):
            values = group[column].to_numpy(float)
            shown = name if (values > 0).any() else f"{name}: 0 in every layer"
            _positive(each, group["layer"], values, color=colour, linestyle=dash, marker=marker,
                      linewidth=1.8, markersize=4.5, label=shown)  # fmt: skip
        each.set_xlabel("layer")
        each.set_ylabel(label)
        each.set_title(title, fontsize="medium", loc="left")
        _logarithmic(each)
        each.xaxis.get_major_locator().set_params(integer=True)
        tidy(each)
    axes[0].legend(edgecolor="none", framealpha=0.9, fontsize="small")
    return axes[0].figure


def _positive(ax, x, values, **look):
    """Draw values; zeros, which have no place on a logarithmic scale, as gaps."""
    shown = np.where(values > 0, values, np.nan)
    ax.plot(x, shown, **look)


def _logarithmic(ax):
    """Make the vertical axis logarithmic, over a decade at least: small differences look small."""
    if not any(np.isfinite(line.get_ydata()).any() for line in ax.get_lines()):
        return
    ax.set_yscale("log")
    low, high = np.log10(ax.get_ylim())
    if high - low < 1:
        middle = (low + high) / 2
        ax.set_ylim(10 ** (middle - 0.5), 10 ** (middle + 0.5))


def _name_layers(ax, x, names):
    if len(x) <= _MOST_NAMES:
        names = [wrapped(name.replace("_", " "), 18) for name in names]
        crowded = len(x) > 6 or max(map(len, names)) > 12
        ax.set_xticks(x, names, rotation=45 if crowded else 0, ha="right" if crowded else "center",
                      rotation_mode="anchor" if crowded else None)  # fmt: skip
        ax.set_xlim(x[0] - 0.8, x[-1] + 0.8)
    else:
        ax.set_xlabel("layer")
        ax.xaxis.get_major_locator().set_params(integer=True)
