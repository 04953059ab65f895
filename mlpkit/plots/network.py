"""The picture of a network: its units, and the weights between them."""

import numpy as np

from mlpkit.checks import boolean, check_parameters, integer
from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import BLUE, GREY, ORANGE, new_axes, wrapped
from mlpkit.plots.weights import dense_weights

_RADIUS = 0.32  # of a unit, where neighbours are 1 apart
_APART = 3.0  # layers
_THICKEST = 3.5  # points
_INCHES = 0.42  # of a unit, with its distance to the next
_WIDEST = 20.0  # inches, beyond which a deep network is drawn smaller
_LETTERS = 26  # of a name on one line


def plot_network(
    model, *, feature_names=None, output_names=None, max_units=12, show_bias=False, ax=None
):
    """Draw a network: a circle a unit, a line a weight, as thick as the weight is large.

    Positive weights are blue and solid, negative ones orange and dashed. Of a wide layer the first
    and last units are drawn, and how many are left out is written between them.

    Parameters
    ----------
    model : keras.Model, fitted mlpkit estimator, or sequence
        A model of dense layers; or pairs (kernel, bias), or kernels of shape (n_inputs, n_units);
        or scikit-learn's fitted MLP.
    feature_names, output_names : sequence of str, default=None
        Names beside the inputs and outputs.
    max_units : int, default=12
        Units of a layer that are drawn, at most; at least 2.
    show_bias : bool, default=False
        Whether a bias unit, a square that is always 1, stands above each layer that feeds one with
        biases; its weights are the biases.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When there is no dense layer, one does not take what the one before gives, or names are too
        few or too many.

    Examples
    --------
    >>> kernels = [np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([[-1.0], [1.0]])]
    >>> figure = plot_network(kernels, feature_names=["x1", "x2"])
    >>> [text.get_text() for text in figure.axes[0].texts][:2]
    ['x1', 'x2']
    """
    rules = {"max_units": integer(2), "show_bias": boolean()}
    check_parameters({"max_units": max_units, "show_bias": show_bias}, rules)
    layers = dense_weights(model)
    _check_chain(layers)
    sizes = [len(layers[0][1]), *(kernel.shape[1] for _, kernel, _ in layers)]
    _check_names(feature_names, sizes[0], "feature_names", "inputs")
    _check_names(output_names, sizes[-1], "output_names", "outputs")
    shown = [_shown(size, max_units) for size in sizes]
    places = [_places(units, sizes[i], i) for i, units in enumerate(shown)]
    top = max(place[0, 1] for place in places) + show_bias
    low = min(place[-1, 1] for place in places)
    if ax is None:
        ax = new_axes(figsize=_size(len(sizes), top - low, feature_names, output_names))
    largest = _draw_links(ax, layers, shown, places, show_bias)
    for i, size in enumerate(sizes):
        _draw_units(ax, places[i], size, len(shown[i]))
    _name_units(ax, places[0], shown[0], feature_names, "right")
    _name_units(ax, places[-1], shown[-1], output_names, "left")
    _name_layers(ax, sizes, [name for name, *_ in layers], low - 1.0)
    ax.set_xlim(-1.6, (len(sizes) - 1) * _APART + 1.6)
    ax.set_ylim(low - 2.4, top + 0.6)
    _explain(ax, largest)
    ax.set_aspect("equal")
    ax.axis("off")
    return ax.figure


def _check_names(names, size, parameter, what):
    if names is not None and len(names) != size:
        raise InvalidParameterError(
            f"{parameter} must have a name for each of the {size} {what}. Got {len(names)}."
        )


def _check_chain(layers):
    for (_, left, _), (name, right, _) in zip(layers, layers[1:], strict=False):
        if right.shape[0] != left.shape[1]:
            raise InvalidParameterError(
                f"each kernel must take what the one before gives, {left.shape[1]} numbers. "
                f"Got shape {right.shape} in {name}."
            )


def _lines(name, letters=_LETTERS):
    return wrapped(name, letters).splitlines()


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


def _size(n_layers, height, *names):
    """Give width and height in inches: a distance between units is the same in both."""
    beside = [len(part) for n in names if n is not None for name in n for part in _lines(name)]
    letters = (2 if names[0] is not None and names[1] is not None else 1) * max(beside, default=0)
    wide = (n_layers - 1) * _APART + 3.2
    inches = min(_INCHES, _WIDEST / wide)
    return max(5.0, wide * inches + 0.075 * letters), (height + 3.0) * inches + 0.5


def _draw_links(ax, layers, shown, places, show_bias):
    """Draw all weights, and the bias units with theirs; give the size of the largest."""
    biases = [bias if show_bias else None for *_, bias in layers]
    arrays = [*(kernel for _, kernel, _ in layers), *(v for v in biases if v is not None)]
    largest = max(np.abs(v).max() for v in arrays) or 1.0
    for i, ((_, kernel, _), bias) in enumerate(zip(layers, biases, strict=True)):
        weights = kernel[np.ix_(*shown[i : i + 2])]
        _draw_weights(ax, weights / largest, places[i], places[i + 1])
        if bias is not None:
            place = places[i][:1] + (0, 1)  # above the first unit
            _draw_weights(ax, bias[np.newaxis, shown[i + 1]] / largest, place, places[i + 1])
            _draw_bias_unit(ax, *place[0])
    return largest


def _draw_weights(ax, weights, start, end):
    from matplotlib.collections import LineCollection

    ends = np.stack(np.broadcast_arrays(start[:, np.newaxis], end[np.newaxis]), axis=2)
    for sign, colour, dash in ((1, BLUE, "-"), (-1, ORANGE, (0, (4, 1.5)))):
        chosen = np.sign(weights) == sign
        if chosen.any():
            widths = 0.3 + (_THICKEST - 0.3) * np.abs(weights[chosen])
            lines = LineCollection(
                ends[chosen], linewidths=widths, colors=colour, linestyles=[dash], alpha=0.75,
                zorder=1,
            )  # fmt: skip
            ax.add_collection(lines)


def _draw_bias_unit(ax, x, y):
    from matplotlib.patches import Rectangle

    corner, side = (x - _RADIUS, y - _RADIUS), 2 * _RADIUS
    ax.add_patch(Rectangle(corner, side, side, facecolor="#EDEDED", edgecolor="black", zorder=2))
    ax.text(x, y, "1", ha="center", va="center", fontsize="small", zorder=3)


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
        ax.text(x + away, y, "\n".join(_lines(names[unit])), ha=side, va="center", fontsize="small")


def _name_layers(ax, sizes, names, y):
    for i, size in enumerate(sizes):
        what = "inputs" if i == 0 else "\n".join(_lines(names[i - 1].replace("_", " "), 14))
        units = f"{size:,} unit{'s' if size != 1 else ''}" if i else f"{size:,}"
        ax.text(i * _APART, y, f"{what}\n{units}", ha="center", va="top", fontsize="small")


def _explain(ax, largest):
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=BLUE, linewidth=2, label="positive weight"),
        Line2D([], [], color=ORANGE, linewidth=2, linestyle=(0, (3, 1)), label="negative weight"),
        Line2D([], [], color=GREY, linewidth=_THICKEST, label=f"largest: {largest:.3g}"),
    ]
    ax.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False,
        fontsize="small", handlelength=2.4, columnspacing=1.2,
    )  # fmt: skip
