"""What the pictures share: colours, figures and frames."""

BLUE, ORANGE, GREY, FAINT = "#0072B2", "#D55E00", "#5F5F5F", "#D9D9D9"


def new_axes(columns=1, figsize=None):
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(1, columns, figsize=figsize, layout="constrained")
    return axes


def open_frame(ax, keep):
    """Hide the frame's lines but those in `keep`."""
    for side, spine in ax.spines.items():
        spine.set_visible(side in keep)
