"""What the pictures share: colours, figures, frames and legends."""

import textwrap

from mlpkit.errors import InvalidParameterError

BLUE, ORANGE, GREY, FAINT = "#0072B2", "#D55E00", "#5F5F5F", "#D9D9D9"
GREEN, PURPLE, AMBER, SKY = "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
# Colour, dash and marker of each of several lines: any two differ in all three.
SERIES = (
    (BLUE, "-", "o"),
    (ORANGE, "--", "^"),
    (GREEN, "-.", "s"),
    (PURPLE, ":", "D"),
    (AMBER, (0, (6, 1, 1, 1, 1, 1)), "v"),
    (SKY, (0, (2, 1)), "P"),
    ("black", (0, (8, 3)), "X"),
)


def new_axes(columns=1, figsize=None, *, rows=1, **options):
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(rows, columns, figsize=figsize, layout="constrained", **options)
    return axes


def several_axes(ax, n):
    """Give the axes that were handed over as a list of `n`, or refuse them."""
    axes = list(getattr(ax, "flat", ax)) if hasattr(ax, "__len__") else [ax]
    if len(axes) != n or not all(hasattr(each, "plot") for each in axes):
        raise InvalidParameterError(
            f"ax must be a sequence of {n} matplotlib Axes, one for each panel. Got {ax!r}."
        )
    return axes


def check_columns(frame, wanted):
    """Refuse a frame that has not all columns wanted."""
    if not hasattr(frame, "columns"):
        raise InvalidParameterError(f"frame must be a DataFrame. Got {type(frame).__name__}.")
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise InvalidParameterError(
            f"frame must have the columns {list(wanted)}. Missing: {missing}; it has "
            f"{list(frame.columns)}."
        )


def wrapped(text, width, max_lines=2):
    """Give text in lines of a width; what is longer yet ends in "…"."""
    return "\n".join(textwrap.wrap(str(text), width, max_lines=max_lines, placeholder=" …"))


def legend_beside(ax, **options):
    """Put the legend to the right of the axes, where it lies over nothing."""
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, **options)


def open_frame(ax, keep=("left", "bottom")):
    """Hide the frame's lines but those in `keep`."""
    for side, spine in ax.spines.items():
        spine.set_visible(side in keep)


def tidy(ax, *, grid="both"):
    """Give axes a faint grid behind what they show, and an open frame."""
    ax.grid(axis=grid, color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    open_frame(ax)
