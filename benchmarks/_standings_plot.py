"""The picture of the arena: how good against how long, a panel a measure."""

import numpy as np

from mlpkit.plots.style import FAINT, GREY, ORANGE, open_frame

PEER = "#6B7780"
NEAR = 0.34, 0.055  # of the axes: labels nearer than this, sideways and upwards, would touch

# From a name to its point, seen where the name had to move.
_THREAD = {"arrowstyle": "-", "color": PEER, "linewidth": 0.5, "shrinkA": 1, "shrinkB": 4}


def draw(path, panels):
    """Write points as PNG: relative error against median seconds of a fit, both logarithmic.

    Parameters
    ----------
    path : Path
        File to write.
    panels : dict of str to list of (str, float, float)
        A measure's heading to names, seconds and relative errors. Names with mlpkit in them stand
        out. Nothing is drawn if there are none.
    """
    from matplotlib.figure import Figure

    panels = {title: points for title, points in panels.items() if points}
    if not panels:
        return
    figure = Figure(figsize=(5.6 * len(panels), 4.6), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for ax, (title, points) in zip(axes, panels.items(), strict=True):
        _panel(ax, title, points)
    axes[0].set_ylabel("relative error, geometric mean; less is better")
    figure.savefig(path, dpi=150)
    print(f"Written: {path}")


def _panel(ax, title, points):
    points = sorted(points, key=lambda point: point[2])
    x = np.log10(np.maximum([seconds for _, seconds, _ in points], 1e-3))
    y = np.log10([relative for *_, relative in points])
    ax.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
    x_range = (x.min() - 0.2, x.max() + 0.35 * max(np.ptp(x), 1))  # room for the last name
    y_range = (y.min() - 0.02, y.max() + 0.06 * max(np.ptp(y), 0.2) + 0.02)
    spread = np.array([np.ptp(x_range), np.ptp(y_range)])
    places = list(zip(x, y, strict=True))
    for (name, *_), place, label in zip(points, places, _labels(x, y, spread), strict=True):
        ours = "mlpkit" in name
        ax.plot(*place, "o", markersize=8 if ours else 6, color=ORANGE if ours else PEER)
        ax.annotate(
            name, place, xytext=(place[0] + 0.018 * spread[0], label), va="center", fontsize=8.5,
            fontweight="bold" if ours else "normal", arrowprops=_THREAD,
        )  # fmt: skip
    ax.set_xlim(x_range)
    ax.set_ylim(y_range)
    seconds = [s for s in (0.01, 0.1, 1, 10, 100, 1000) if x_range[0] <= np.log10(s) <= x_range[1]]
    ax.set_xticks(np.log10(seconds), [f"{s:g} s" for s in seconds])
    few, many = (0.5, 1, 2, 5, 10, 20, 50), (0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.35, 1.5, 1.75, 2)
    ticks = [tick for tick in (few if np.ptp(y) > 0.3 else many) if _within(tick, y_range)]
    ax.set_yticks(np.log10(ticks), [f"{t:g}" for t in ticks])
    ax.set_xlabel("median seconds of a fit")
    ax.set_title(title, loc="left", fontsize=10)
    ax.set_axisbelow(True)
    ax.grid(color=FAINT, linewidth=0.7)
    ax.tick_params(length=0, labelsize=9)
    open_frame(ax)


def _within(value, limits):
    return limits[0] <= np.log10(value) <= limits[1]


def _labels(x, y, spread):
    """Give the height of each label: its point's, or as much above it as the others need."""
    heights = []
    for number, height in enumerate(y):
        for other in range(number):
            beside = abs(x[number] - x[other]) < NEAR[0] * spread[0]
            if beside and height < heights[other] + NEAR[1] * spread[1]:
                height = heights[other] + NEAR[1] * spread[1]
        heights.append(height)
    return heights
