"""The picture of a network: its units, and the weights between them."""

import numpy as np

from mlpkit.checks import check_parameters, integer
from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import BLUE, GREY, ORANGE, new_axes
from mlpkit.plots.weights import dense_weights

_RADIUS = 0.32  # of a unit, where neighbours are 1 apart
_APART = 3.0  # layers
_THICKEST = 3.5  # points


def plot_network(model, *, feature_names=None, output_names=None, max_units=12, ax=None):
    """Draw a network: a circle a unit, a line a weight, as thick as the weight is large.

    Positive weights are blue and solid, negative ones orange and dashed. Of a wide layer the first
    and last units are drawn, and how many are left out is written between them.

    Parameters
    ----------
    model : keras.Model, fitted mlpkit estimator, or sequence
        A model of dense layers; or pairs (kernel, bias), or kernels of shape (n_inputs, n_units).
    feature_names, output_names : sequence of str, default=None
        Names beside the inputs and outputs.
    max_units : int, default=12
        Units of a layer that are drawn, at most; at least 2.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When there is no dense layer, or names are too few or too many.

    Examples
    --------
    >>> kernels = [np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([[-1.0], [1.0]])]
    >>> figure = plot_network(kernels, feature_names=["x1", "x2"])
    >>> [text.get_text() for text in figure.axes[0].texts][:2]
    ['x1', 'x2']
    """
    check_parameters({"max_units": max_units}, {"max_units": integer(2)})
    layers = dense_weights(model)
    sizes = [len(layers[0][1]), *(kernel.shape[1] for _, kernel, _ in layers)]
    _check_names(feature_names, sizes[0], "feature_names", "inputs")
    _check_names(output_names, sizes[-1], "output_names", "outputs")
    shown = [_shown(size, max_units) for size in sizes]
    tallest = max(
        len(units) + (len(units) < size) for units, size in zip(shown, sizes, strict=True)
    )
    if ax is None:
        ax = new_axes(figsize=(1.4 + 1.9 * len(sizes), 1.3 + 0.42 * max(tallest, 3)))
    places = [
        _places(units, size, i) for i, (units, size) in enumerate(zip(shown, sizes, strict=True))
    ]
    largest = max(np.abs(kernel).max() for _, kernel, _ in layers) or 1.0
    for i, (_, kernel, _) in enumerate(layers):
        _draw_weights(ax, kernel, shown[i : i + 2], places[i : i + 2], largest)
    for i, size in enumerate(sizes):
        _draw_units(ax, places[i], size, len(shown[i]))
    _name_units(ax, places[0], shown[0], feature_names, "right")
    _name_units(ax, places[-1], shown[-1], output_names, "left")
    _name_layers(ax, sizes, [name for name, *_ in layers], tallest)
    _explain(ax, largest)
    ax.set_aspect("equal")
    ax.axis("off")
    return ax.figure


def _check_names(names, size, parameter, what):
    if names is not None and len(names) != size:
        raise InvalidParameterError(
            f"{parameter} must have a name for each of the {size} {what}. Got {len(names)}."
        )


def _shown(size, most):
    """Give the numbers of the units that are drawn."""
    if size <= most:
        return np.arange(size)
    first = (most + 1) // 2
    return np.concatenate([np.arange(first), np.arange(size - (most - first), size)])


def _places(units, size, layer):
    """Give x and y of the units drawn; where some are left out there is room for one."""
    rows = np.arange(len(units), dtype=float)
    if len(units) < size:
        rows[(len(units) + 1) // 2 :] += 1
    return np.column_stack([np.full(len(units), layer * _APART), _centred(rows)])


def _centred(rows):
    return (rows[0] + rows[-1]) / 2 - rows


def _draw_weights(ax, kernel, shown, places, largest):
    from matplotlib.collections import LineCollection

    weights = kernel[np.ix_(*shown)]
    ends = np.stack(np.broadcast_arrays(places[0][:, np.newaxis], places[1][np.newaxis]), axis=2)
    for sign, colour, dash in ((1, BLUE, "-"), (-1, ORANGE, (0, (4, 1.5)))):
        chosen = np.sign(weights) == sign
        share = np.abs(weights[chosen]) / largest
        if len(share):
            lines = LineCollection(
                ends[chosen], linewidths=0.3 + (_THICKEST - 0.3) * share, colors=colour,
                linestyles=[dash], alpha=0.75, zorder=1,
            )  # fmt: skip
            ax.add_collection(lines)


def _draw_units(ax, places, size, n_shown):
    from matplotlib.patches import Circle

    for place in places:
        ax.add_patch(Circle(place, _RADIUS, facecolor="white", edgecolor="black", zorder=2))
    if n_shown < size:
        middle = places[(n_shown + 1) // 2 - 1 : (n_shown + 1) // 2 + 1].mean(axis=0)
        ax.text(
            *middle, f"{size - n_shown:,} more", ha="center", va="center", fontsize="small",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1}, zorder=3,
        )  # fmt: skip


def _name_units(ax, places, units, names, side):
    if names is None:
        return
    away = -1.5 * _RADIUS if side == "right" else 1.5 * _RADIUS
    for (x, y), unit in zip(places, units, strict=True):
        ax.text(x + away, y, str(names[unit]), ha=side, va="center", fontsize="small")


def _name_layers(ax, sizes, names, tallest):
    low = -(tallest - 1) / 2 - 1.0
    for i, size in enumerate(sizes):
        what = "inputs" if i == 0 else names[i - 1].replace("_", " ")
        units = f"{size:,} unit{'s' if size != 1 else ''}" if i else f"{size:,}"
        ax.text(i * _APART, low, f"{what}\n{units}", ha="center", va="top", fontsize="small")
    ax.set_xlim(-1.6, (len(sizes) - 1) * _APART + 1.6)
    ax.set_ylim(low - 1.4, -low + 0.2)


def _explain(ax, largest):
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=BLUE, linewidth=2, label="positive weight"),
        Line2D([], [], color=ORANGE, linewidth=2, linestyle=(0, (3, 1)), label="negative weight"),
        Line2D([], [], color=GREY, linewidth=_THICKEST, label=f"largest: {largest:.3g}"),
    ]
    ax.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, 1.1), ncols=3, frameon=False,
        fontsize="small", handlelength=2.4, columnspacing=1.2,
    )  # fmt: skip
