"""The picture of a classifier of two features: which class where, and how sure."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.plots.style import SERIES, legend_beside, new_axes, open_frame, wrapped

_SURE = (0.0, 0.6, 0.7, 0.8, 0.9, 1.0)  # of the likeliest class
_VEIL = (0.85, 0.65, 0.45, 0.25, 0.0)  # how much white lies over the colour in between
_MOST_POINTS = 1000


def plot_decision_boundary(estimator, X, y=None, *, feature_names=None, resolution=250, ax=None):
    """Draw the regions of a classifier's classes, paler where it is less sure, and rows in them.

    Through scikit-learn's `DecisionBoundaryDisplay`.

    Parameters
    ----------
    estimator : classifier
        A fitted one, of two features; where it has `predict_proba`, colours are paler where the
        likeliest class has a probability below 0.9, 0.8, 0.7, 0.6.
    X : array-like of shape (n_samples, 2)
        Rows, in whose range it is drawn; a DataFrame's columns name the axes.
    y : array-like of shape (n_samples,), default=None
        Their classes; None draws no rows. At most 1000 rows are drawn, evenly chosen.
    feature_names : sequence of two str, default=None
        Names of the axes, with units.
    resolution : int, default=250
        Points along each axis at which the estimator is asked.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; None makes a figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InvalidParameterError
        When there are not two features, more than seven classes, or rows of other classes.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> iris = load_iris()
    >>> X, names = iris.data[:, 2:], iris.feature_names[2:]
    >>> classifier = LogisticRegression().fit(X, iris.target_names[iris.target])
    >>> figure = plot_decision_boundary(classifier, X, classifier.predict(X), feature_names=names)
    >>> figure.axes[0].get_xlabel()
    'petal length (cm)'
    """
    X = X if hasattr(X, "columns") else np.asarray(X)
    names, classes = _checked(estimator, X, y, feature_names)
    ax = new_axes(figsize=(7.2, 4.8)) if ax is None else ax
    display = _regions(estimator, X, len(classes), resolution, ax)
    if hasattr(estimator, "predict_proba"):
        _confidence(estimator, X, display, ax)
    codes = np.asarray(display.response)
    for edge in range(len(classes) - 1):
        ax.contour(
            display.xx0, display.xx1, codes == edge, levels=[0.5], colors="black", linewidths=0.8
        )
    if y is not None:
        _rows(ax, X, y, classes)
    ax.set_xlabel(wrapped(names[0], 48))
    ax.set_ylabel(wrapped(names[1], 44))
    open_frame(ax)
    return ax.figure


def _checked(estimator, X, y, feature_names):
    """Give the names of the axes and the classes."""
    problems = []
    shape = np.shape(X)
    if len(shape) != 2 or shape[1] != 2 or not shape[0]:
        problems.append(f"X must have rows of two columns. Got shape {shape}: choose two features.")
    elif not np.isfinite(np.asarray(X, dtype=float)).all():
        problems.append("X must be finite numbers. Got missing or infinite ones: leave them out.")
    n_features = getattr(estimator, "n_features_in_", 2)
    if n_features != 2:
        problems.append(f"estimator must be fitted to two features. Got one of {n_features}.")
    classes = np.asarray(getattr(estimator, "classes_", ()))
    if not 2 <= len(classes) <= len(SERIES):
        problems.append(
            f"estimator must be a fitted classifier of 2 to {len(SERIES)} classes. "
            f"Got {len(classes)}."
        )
    elif y is not None and (len(y) != len(X) or not np.isin(y, classes).all()):
        problems.append(
            f"y must hold a class of the estimator for each of the {len(X)} rows. Got {len(y)} "
            f"of the classes {np.unique(np.asarray(y).astype(str)).tolist()}."
        )
    names = getattr(X, "columns", ("x0", "x1")) if feature_names is None else feature_names
    if feature_names is not None and (isinstance(names, str) or len(names) != 2):
        problems.append(f"feature_names must be two names. Got {feature_names!r}.")
    if problems:
        raise InvalidParameterError("\n".join(problems))
    return list(names), classes


def _regions(estimator, X, n_classes, resolution, ax):
    from matplotlib.colors import ListedColormap, to_rgb
    from sklearn.inspection import DecisionBoundaryDisplay

    display = DecisionBoundaryDisplay.from_estimator(
        estimator,
        X,
        response_method="predict",
        plot_method="pcolormesh",
        grid_resolution=resolution,
        ax=ax,
    )
    # Put on afterwards: which of its arguments sets them depends on scikit-learn's version.
    tints = [0.55 * np.array(to_rgb(colour)) + 0.45 for colour, *_ in SERIES[:n_classes]]
    display.surface_.set_cmap(ListedColormap(tints))
    display.surface_.set_clim(-0.5, n_classes - 0.5)
    return display


def _confidence(estimator, X, display, ax):
    """Lay white over the colours where the likeliest class is not so likely."""
    grid = [display.xx0.ravel(), display.xx1.ravel()]
    if hasattr(X, "columns"):  # of pandas or of Polars
        grid = type(X)(dict(zip(X.columns, grid, strict=True)))
    else:
        grid = np.column_stack(grid)
    sure = np.asarray(estimator.predict_proba(grid)).max(axis=1).reshape(display.xx0.shape)
    veils = [(1, 1, 1, alpha) for alpha in _VEIL]
    ax.contourf(display.xx0, display.xx1, np.clip(sure, 0, 1), levels=_SURE, colors=veils)


def _rows(ax, X, y, classes):
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    step = -(-len(X) // _MOST_POINTS)
    for (colour, _, marker), name in zip(SERIES, classes, strict=False):
        chosen = np.flatnonzero(y == name)[::step]
        ax.scatter(
            *X[chosen].T, color=colour, marker=marker, s=26, edgecolors="white", linewidths=0.6,
            label=wrapped(name, 22),
        )  # fmt: skip
    legend_beside(ax, title="class")
