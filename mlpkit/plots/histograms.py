"""Pictures of how weights and activations are spread, layer by layer."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import BLUE, GREEN, GREY, new_axes, several_axes, tidy, wrapped
from mlpkit.plots.weights import dense_weights

_COLUMNS, _BINS, _MOST = 4, 40, 24


def plot_weight_histograms(model, *, ax=None):
    """Draw how the weights of each dense layer are spread, biases left out.

    Parameters
    ----------
    model : keras.Model, fitted mlpkit estimator, or sequence
        A model of dense layers; or pairs (kernel, bias), or kernels.
    ax : sequence of matplotlib.axes.Axes, default=None
        Where to draw, one a layer; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When there is no dense layer, or more than 24.

    Examples
    --------
    >>> figure = plot_weight_histograms([np.array([[-1.0, 1.0]])])
    >>> figure.axes[0].get_title()
    'layer 1: deviation 1'
    """
    arrays = [(name, kernel) for name, kernel, _ in dense_weights(model)]
    return _histograms(arrays, "weight", BLUE, ax)


def plot_activation_histograms(trace, *, ax=None):
    """Draw how the activations of each layer are spread over rows and units.

    Parameters
    ----------
    trace : DataFrame
        What ``mlpkit.diagnostics.forward_trace`` gave: `name` and `a`; or a dict of str to array.
    ax : sequence of matplotlib.axes.Axes, default=None
        Where to draw, one a layer; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When there is no layer, or more than 24, or a layer holds no finite numbers.

    Examples
    --------
    >>> figure = plot_activation_histograms({"hidden_1": np.array([0.0, 0.0, 2.0])})
    >>> figure.axes[0].get_title()
    'hidden 1: deviation 0.943'
    """
    if hasattr(trace, "groupby"):
        trace = {name: part["a"] for name, part in trace.groupby("name", sort=False)}
    if not hasattr(trace, "items"):
        raise InvalidParameterError(
            "trace must be the frame of a forward trace, or a dict of arrays. "
            f"Got {type(trace).__name__}."
        )
    return _histograms(list(trace.items()), "activation", GREEN, ax)


def _histograms(arrays, label, colour, ax):
    if not 1 <= len(arrays) <= _MOST:
        raise InvalidParameterError(
            f"there must be 1 to {_MOST} layers, a picture each. Got {len(arrays)}."
        )
    arrays = [(name, np.ravel(np.asarray(values, np.float64))) for name, values in arrays]
    for name, values in arrays:
        if not len(values) or not np.isfinite(values).all():
            raise InvalidParameterError(
                f"a layer must hold finite numbers. Got {len(values)} numbers of {name!r}, "
                f"{np.count_nonzero(~np.isfinite(values))} of them NaN or infinite."
            )
    if ax is None:
        columns = min(_COLUMNS, len(arrays))
        rows = -(-len(arrays) // columns)
        grid = new_axes(columns, (0.6 + 2.6 * columns, 0.5 + 2.1 * rows), rows=rows, squeeze=False)
        for unused in grid.ravel()[len(arrays) :]:
            unused.remove()
        ax = grid.ravel()[: len(arrays)]
    ax = several_axes(ax, len(arrays))
    for i, (each, (name, values)) in enumerate(zip(ax, arrays, strict=True)):
        share = np.full(len(values), 100 / len(values))
        each.hist(values, bins=_BINS, weights=share, color=colour, edgecolor="white", linewidth=0.3)
        each.axvline(values.mean(), color=GREY, linestyle=":", linewidth=1.5)
        title = f"{name.replace('_', ' ')}: deviation {values.std():.3g}"
        each.set_title(wrapped(title, 30), fontsize="medium")
        each.set_xlabel(label)
        if i % _COLUMNS == 0:
            each.set_ylabel("share (%)")
        each.locator_params(axis="x", nbins=5)
        tidy(each, grid="y")
    return ax[0].figure
