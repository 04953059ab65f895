"""Pictures of the activations: each alone, all of them, and the steps of the first neurons."""

import numpy as np

from mlpkit import activations
from mlpkit.activations.entry import Activation
from mlpkit.checks import is_real
from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import BLUE, FAINT, GREY, ORANGE, new_axes, several_axes, tidy, wrapped

_ALIASES = ("hard_swish", "swish")  # of hard_silu and silu
_COLUMNS = 4


def plot_activation(activation, *, derivative=True, limits=(-5.0, 5.0), ax=None):
    """Draw an activation function, its derivative, and the limits of its range.

    One that acts over the last axis is drawn as the first of its outputs, while the first of three
    inputs varies and the others are 0 (of "glu" while the gate of an input of 1 varies).

    Parameters
    ----------
    activation : str or mlpkit.activations.Activation
        A name, or what ``mlpkit.activations.get`` gave for one, with parameters of its own.
    derivative : bool, default=True
        Whether the derivative is drawn too.
    limits : tuple of float, default=(-5.0, 5.0)
        Ends of the horizontal axis.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        If there is no such activation.

    Examples
    --------
    >>> figure = plot_activation("tanh")
    >>> [line.get_label() for line in figure.axes[0].get_lines()][:2]
    ['tanh(z)', 'derivative']
    """
    entry = _entry(activation)
    ax = new_axes(figsize=(6.4, 4.2)) if ax is None else ax
    _curves(ax, entry, derivative, limits, linewidth=2.2)
    for end in entry.range:
        if np.isfinite(end):
            ax.axhline(end, color=GREY, linestyle=":", linewidth=1.2, label="_range", zorder=1)
    ax.set_xlabel("z")
    ax.set_ylabel(f"{entry.name}(z)" + (" and its derivative" if derivative else ""))
    ax.set_title(wrapped(f"f(z) = {entry.formula}", 60), fontsize="medium")
    ax.legend(edgecolor="none", framealpha=1, loc="upper left")
    tidy(ax)
    return ax.figure


def plot_activations(names=None, *, derivative=True, limits=(-5.0, 5.0), ax=None):
    """Draw a gallery of activations, all in one scale.

    Parameters
    ----------
    names : sequence of str or mlpkit.activations.Activation, default=None
        Which ones; None takes the whole catalogue, each function once.
    derivative : bool, default=True
        Whether the derivatives are drawn too.
    limits : tuple of float, default=(-5.0, 5.0)
        Ends of the horizontal axes.
    ax : sequence of matplotlib.axes.Axes, default=None
        Where to draw, one for each name; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        If there is no activation of one of the names, or no name, or axes are too few or too many.

    Examples
    --------
    >>> figure = plot_activations(["relu", "elu"])
    >>> [ax.get_title() for ax in figure.axes]
    ['relu', 'elu']
    """
    if names is None:
        names = [name for name in activations.names() if name not in _ALIASES]
    if isinstance(names, str) or not len(names):
        raise InvalidParameterError(
            f"names must be a list of one activation or more. Got {names!r}."
        )
    entries = [_entry(name) for name in names]
    if ax is None:
        columns = min(_COLUMNS, len(entries))
        rows = -(-len(entries) // columns)
        size = (2.25 * columns + 0.4, 1.75 * rows + 0.6)
        grid = new_axes(columns, size, rows=rows, sharex=True, sharey=True, squeeze=False)
        for unused in grid.ravel()[len(entries) :]:
            unused.remove()
        ax = grid.ravel()[: len(entries)]
        _name_outer(grid, len(entries))
    ax = several_axes(ax, len(entries))
    for each, entry in zip(ax, entries, strict=True):
        _curves(each, entry, derivative, limits, linewidth=1.7)
        each.set_title(entry.name, fontsize="medium")
        each.set_ylim(-2.2, 3.4)
        tidy(each)
    figure = ax[0].figure
    handles = ax[0].get_lines()[: 1 + bool(derivative)]
    figure.legend(
        handles, ["value", "derivative"][: len(handles)], loc="outside upper center", ncols=2,
        frameon=False,
    )  # fmt: skip
    return figure


def plot_step_functions(*, limits=(-2.0, 2.0), ax=None):
    """Draw the two step functions of threshold logic units, with their values at 0.

    A filled dot is the value at 0, an open one the limit that is not reached.

    Parameters
    ----------
    limits : tuple of float, default=(-2.0, 2.0)
        Ends of the horizontal axes.
    ax : sequence of two matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> left, right = plot_step_functions().axes
    >>> left.get_title(), right.get_title()
    ('heaviside(0) = 1', 'sgn(0) = 0')
    """
    axes = several_axes(new_axes(2, (8.0, 3.2), sharey=True) if ax is None else ax, 2)
    for each, name in zip(axes, activations.names(trains=False), strict=True):
        step = activations.get(name)
        below, at, above = step([-1.0, 0.0, 1.0])
        for ends, value in ((limits[0], 0), below), ((0, limits[1]), above):
            each.plot(ends, (value, value), color=BLUE, linewidth=2.2)
        for value in (below, above):
            if value != at:
                each.plot(0, value, marker="o", markersize=8, color=BLUE, markerfacecolor="white")
        each.plot(0, at, marker="o", markersize=8, color=BLUE)
        each.set_title(f"{name}(0) = {at:g}", fontsize="medium")
        each.set_xlabel("z")
        each.set_ylabel(f"{name}(z)")
        each.set_yticks((-1, 0, 1))
        each.set_ylim(-1.3, 1.3)
        each.tick_params(labelleft=True)
        tidy(each)
    return axes[0].figure


def _entry(activation):
    return activation if isinstance(activation, Activation) else activations.get(activation)


def _curves(ax, entry, derivative, limits, linewidth):
    """Draw value and derivative; where one jumps, its line is broken."""
    if not (all(map(is_real, limits)) and len(limits) == 2 and limits[0] < limits[1]):
        raise InvalidParameterError(f"limits must be two numbers, the less first. Got {limits!r}.")
    t = np.linspace(*limits, 1001)
    value, slope = map(_broken, _numbers(entry, t))
    ax.plot(t, value, color=BLUE, linewidth=linewidth, label=f"{entry.name}(z)")
    if derivative:
        ax.plot(t, slope, color=ORANGE, linestyle="--", linewidth=linewidth, label="derivative")
    ax.axhline(0, color=FAINT, linewidth=1, zorder=0)
    ax.axvline(0, color=FAINT, linewidth=1, zorder=0)


def _broken(curve):
    """Put a gap where a curve moves a hundred times as far as around there, and visibly."""
    moves = np.abs(np.diff(curve))
    beside = np.pad(moves, 1, mode="edge")
    around = np.minimum(beside[:-2], beside[2:])
    curve = curve.copy()
    curve[:-1][(moves > 0.1) & (moves > 100 * around)] = np.nan
    return curve


def _numbers(entry, t):
    if entry.elementwise:
        return entry(t), entry.derivative(t)
    if entry.name == "glu":
        z = np.column_stack([np.ones_like(t), t])
        return entry(z)[:, 0], entry.derivative(z)[:, 0, 1]
    z = np.column_stack([t, np.zeros_like(t), np.zeros_like(t)])
    return entry(z)[:, 0], entry.derivative(z)[:, 0, 0]


def _name_outer(grid, n):
    """Name the axes at the left and at the lower end of each column."""
    rows, columns = grid.shape
    for row in range(rows):
        grid[row, 0].set_ylabel("f(z)")
    for column in range(columns):
        last = rows - 1 if (rows - 1) * columns + column < n else rows - 2
        grid[last, column].set_xlabel("z")
        grid[last, column].tick_params(labelbottom=True)
