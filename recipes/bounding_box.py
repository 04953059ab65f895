"""Where is it? Four outputs in 0 to 1 tell the box around a shape in a noisy picture.

    python recipes/bounding_box.py

A box is four numbers: left, top, width and height, as shares of the picture. So the network of
table 10-1 has four outputs, and since none of the numbers can leave 0 to 1, they are sigmoid units.
The mean squared error trains it, for it has a slope everywhere; what we care for is how well the
two boxes agree: their intersection over their union, 1 for the same box and 0 for two that do not
meet. The pictures are noise with a rectangle or ellipse in it, made by a rule, so that the true box
is known; the mean box of the training pictures shows what a guess scores that has not looked.

Writes boxes.csv, boxes.png and overlaps.png.
"""

import sys

import numpy as np
import pandas as pd

from mlpkit import MLPRegressor

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

SIDE = 24  # pixels
NOISE, CONTRAST = 0.15, 0.7
FULL = {"n_train": 8000, "epochs": 60}
QUICK = {"n_train": 1500, "epochs": 15}
N_TEST = 1000
COORDINATES = ["left", "top", "width", "height"]
TRUE, PREDICTED = "#0072B2", "#D55E00"
FILES = ["boxes.csv", "boxes.png", "overlaps.png"]


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_bounding_box, argv)


def _bounding_box(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("bounding_box")
    parser.add_quick("{n_train} pictures and {epochs} epochs".format(**QUICK))
    options = parser.parse_args(argv)
    size = QUICK if options.quick else FULL
    X, boxes = pictures(size["n_train"], seed=0)
    X_test, true = pictures(N_TEST, seed=1)
    with staged(options.out) as folder:
        print(f"{len(X)} pictures of {SIDE} x {SIDE} pixels to train on, {N_TEST} to test on")
        model = MLPRegressor((128, 64), output_range=(0, 1), epochs=size["epochs"], random_state=0)
        predicted = model.fit(X, boxes).predict(X_test)
        overlaps = intersection_over_union(true, predicted)
        constant = intersection_over_union(true, np.broadcast_to(boxes.mean(axis=0), true.shape))
        _notice(model, true, predicted, overlaps, constant)
        table = pd.DataFrame(np.hstack([true, predicted]))
        table.columns = [f"{who}_{name}" for who in ("true", "predicted") for name in COORDINATES]
        table.assign(overlap=overlaps).to_csv(folder / "boxes.csv", index=False)
        _draw_boxes(X_test, true, predicted, overlaps, folder)
        _draw_overlaps(overlaps, constant, folder)
    say_written(options.out, FILES)


def pictures(n, seed):
    """Draw pictures of one rectangle or ellipse each, with its box.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        What decides them.

    Returns
    -------
    X : ndarray of shape (n, SIDE * SIDE)
        Brightness of each pixel, row by row from the top.
    boxes : ndarray of shape (n, 4)
        Left, top, width and height, as shares of the side.
    """
    rng = np.random.default_rng(seed)
    size = rng.uniform(0.25, 0.6, (n, 2))
    corner = rng.uniform(0, 1 - size)
    middle = (np.arange(SIDE) + 0.5) / SIDE
    # How far each pixel is from the centre, in halves of the width and of the height.
    across, down = (
        np.abs(middle - corner[:, [k]] - size[:, [k]] / 2) / (size[:, [k]] / 2) for k in (0, 1)
    )
    across, down = across[:, np.newaxis, :], down[:, :, np.newaxis]
    is_round = rng.random((n, 1, 1)) < 0.5
    inside = np.where(is_round, across**2 + down**2, np.maximum(across, down)) <= 1
    brightness = rng.normal(0.0, NOISE, inside.shape) + CONTRAST * inside
    return brightness.reshape(n, -1), np.hstack([corner, size])


def intersection_over_union(a, b):
    """Give the area two boxes share over the area they cover together.

    Parameters
    ----------
    a, b : ndarray of shape (n, 4)
        Left, top, width and height.

    Returns
    -------
    ndarray of shape (n,)
        From 0 (they do not meet) to 1 (they are the same).
    """
    low = np.maximum(a[:, :2], b[:, :2])
    high = np.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    union = a[:, 2:].prod(axis=1) + b[:, 2:].prod(axis=1) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _notice(model, true, predicted, overlaps, constant):
    """Print the overlaps, and that every number is a possible one."""
    print(
        f"mean intersection over union {overlaps.mean():.3f}; of the mean box, which looks at "
        f"nothing, {constant.mean():.3f}"
    )
    errors = dict(zip(COORDINATES, SIDE * np.abs(predicted - true).mean(axis=0), strict=True))
    listed = ", ".join(f"{name} {error:.2f}" for name, error in errors.items())
    print(f"Notice: mean error in pixels of {SIDE}: {listed}.")
    print(
        f"Notice: {model.n_outputs_} outputs of {set(model.spec_.outputs.activations)}, all within "
        f"{predicted.min():.3f} and {predicted.max():.3f}."
    )
    print(
        f"Notice: {np.mean(overlaps > 0.5):.1%} of the boxes cover more than half (0.5 is what "
        f"contests count as found), and {np.mean(constant > 0.5):.1%} of the mean box's."
    )


def _draw_boxes(X, true, predicted, overlaps, folder):
    """Draw the first pictures with both boxes."""
    from matplotlib.patches import Rectangle

    fig, axes = figure(2, 5, size=(9.6, 4.6))
    kinds = {"true box": (true, TRUE, "-"), "predicted box": (predicted, PREDICTED, "--")}
    for nth, ax in enumerate(axes.flat):
        ax.imshow(X[nth].reshape(SIDE, SIDE), cmap="Greys", extent=(0, 1, 1, 0))
        for name, (boxes, colour, dash) in kinds.items():
            left, top, width, height = boxes[nth]
            style = dict(edgecolor=colour, linestyle=dash, linewidth=2.5, facecolor="none")
            ax.add_patch(Rectangle((left, top), width, height, label=name, **style))
        ax.set_title(f"overlap {overlaps[nth]:.2f}", fontsize="medium")
        ax.set_xticks([])
        ax.set_yticks([])
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    fig.savefig(folder / "boxes.png", dpi=150)


def _draw_overlaps(overlaps, constant, folder):
    fig, ax = figure(size=(6.4, 4))
    bins = np.linspace(0, 1, 26)
    kinds = {"network": (overlaps, TRUE, "-"), "mean box": (constant, PREDICTED, "--")}
    for name, (values, colour, dash) in kinds.items():
        label = f"{name}, mean {values.mean():.2f}"
        style = dict(histtype="step", linewidth=2, color=colour, linestyle=dash, label=label)
        ax.hist(values, bins, **style)
    ax.set_xlabel("intersection over union of true and predicted box")
    ax.set_ylabel("test pictures")
    ax.set_xlim(0, 1)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(edgecolor="none", loc="upper left")
    fig.savefig(folder / "overlaps.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
