"""Rosenblatt's rule at work: every mistake moves the line, until there are none, or for ever.

    python recipes/perceptron_convergence.py

The Perceptron looks at one row at a time and changes its weights only where it is wrong, by the row
itself. If some line separates the classes with a margin, the number of mistakes it can make is
bounded: the square of the longest row over the margin, whatever the order of the rows (Novikoff
1962). A wide margin means few mistakes, a narrow one many. If no line separates the classes it goes
on making mistakes for ever, and where it stops is chance. It says nothing of how sure it is, and of
all lines that separate it takes the first it meets.

Prints mistakes beside the bound, and writes them as mistakes.csv, with convergence.png.
"""

import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning

from mlpkit.neurons import RosenblattPerceptron

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

MARGINS = (1.0, 0.5, 0.25, 0.1, 0.05, 0.02)
EPOCHS = 40  # of the classes that no line separates
CLASSES = ((0, "#D55E00", "^"), (1, "#0072B2", "o"))


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_perceptron_convergence, argv)


def _perceptron_convergence(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("perceptron_convergence")
    parser.add_quick("changes nothing: the rule is quick")
    options = parser.parse_args(argv)
    with staged(options.out) as folder:
        table = pd.DataFrame([_mistakes(margin) for margin in MARGINS])
        print(table.to_string(index=False, float_format="{:,.4g}".format))
        table.to_csv(folder / "mistakes.csv", index=False)
        share = (table["mistakes"] / table["bound"]).max()
        print(f"\nNotice: at most {share:.1%} of the mistakes the theorem allows; it holds always.")
        X, y = flowers(0.05)
        apart, mixed = RosenblattPerceptron().fit(X, y), never_ending(X, y)
        print(
            f"With one row on the wrong side: {mixed.n_updates_} mistakes in {mixed.n_iter_} "
            "passes, at least one in each, and no end."
        )
        _draw(X, y, apart, mixed, folder)
    say_written(options.out, ["convergence.png", "mistakes.csv"])


def flowers(margin, n=200, seed=0):
    """Give rows of two features on both sides of a line, none nearer to it than the margin."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-3, 3, (4 * n, 2))
    z = X @ [0.8, 0.6] - 0.5
    kept = np.abs(z) >= margin
    X, z = X[kept][:n], z[kept][:n]
    X[0] += (np.sign(z[0]) * margin - z[0]) * np.array([0.8, 0.6])  # one row is as near
    return X, (z > 0).astype(int)


def bound(X, y):
    """Give (R / γ)² of the rows with the input that is always 1, for the line they were made by."""
    rows = np.column_stack([np.ones(len(X)), X])
    normal = np.array([-0.5, 0.8, 0.6])
    margin = np.abs(rows @ normal).min() / np.linalg.norm(normal)
    return (np.linalg.norm(rows, axis=1).max() / margin) ** 2


def _mistakes(margin):
    X, y = flowers(margin)
    model = RosenblattPerceptron().fit(X, y)
    return {"margin": margin, "mistakes": model.n_updates_, "passes": model.n_iter_,
            "bound": bound(X, y)}  # fmt: skip


def never_ending(X, y):
    """Give a Perceptron of the same rows with one on the wrong side."""
    y = y.copy()
    y[np.argmax(X[:, 0])] ^= 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is the point
        return RosenblattPerceptron(max_epochs=EPOCHS).fit(X, y)


def _draw(X, y, apart, mixed, folder):
    fig, (left, right) = figure(1, 2, size=(10, 4.2))
    for label, colour, marker in CLASSES:
        left.scatter(*X[y == label].T, color=colour, marker=marker, s=18, label=f"class {label}")
    lines = apart.updates_["weights"]
    x = np.array([-3.2, 3.2])
    for i, (b, w1, w2) in enumerate(lines):
        if abs(w2) > 1e-9:
            last = i == len(lines) - 1
            left.plot(
                x, -(w1 * x + b) / w2, color="black", linewidth=2 if last else 0.7,
                alpha=1 if last else 0.15 + 0.35 * i / len(lines),
                linestyle="-" if last else "--", label="after the last update" if last else None,
            )  # fmt: skip
    left.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), xlabel="x1", ylabel="x2")
    left.set_title(f"the line after each of {apart.n_updates_} updates", fontsize="medium")
    left.legend(edgecolor="none", framealpha=0.9, fontsize="small", loc="lower left")
    for model, colour, dash, marker, text in (
        (apart, "#0072B2", "-", "o", "separable"),
        (mixed, "#D55E00", "--", "^", "one row on the wrong side"),
    ):
        epochs = np.arange(1, model.n_iter_ + 1)
        right.plot(epochs, model.errors_per_epoch_, color=colour, linestyle=dash, marker=marker,
                   markersize=4, label=text)  # fmt: skip
    right.set(xlabel="pass over the rows", ylabel="mistakes")
    right.set_title("mistakes in each pass", fontsize="medium")
    right.legend(edgecolor="none", framealpha=1)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(folder / "convergence.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
