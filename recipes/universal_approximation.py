"""One hidden layer approximates anything, if it is wide enough: the error against the width.

    python recipes/universal_approximation.py

A hidden unit with ReLU bends a line once, so a layer of n units draws a curve of at most n bends.
With enough of them any continuous function on an interval is met as closely as one likes; that is
the theorem of universal approximation (Cybenko 1989, Hornik 1991). It says nothing of how many
units it takes, nor that training finds their weights. Here a wavy curve without noise is learnt by
layers of 1 to 256 units, three times each. The error falls as the layer widens, until training and
not width is what limits it.

Prints the errors, and writes errors.csv and approximation.png.
"""

import sys

import numpy as np
import pandas as pd

from mlpkit.estimators import MLPRegressor

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

FULL = {"widths": (1, 2, 4, 8, 16, 32, 64, 128, 256), "seeds": 3, "epochs": 6000}
QUICK = {"widths": (1, 4, 16, 64), "seeds": 1, "epochs": 600}
SHOWN = ((1, "#CC79A7", ":"), (4, "#D55E00", "--"), (16, "#009E73", "-."), (64, "#0072B2", "-"))
X = np.linspace(-3, 3, 400)[:, np.newaxis]
Y = np.sin(2 * X[:, 0]) + 0.4 * np.cos(5 * X[:, 0])


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_universal_approximation, argv)


def _universal_approximation(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("universal_approximation")
    parser.add_quick("four widths, once each, in few epochs")
    options = parser.parse_args(argv)
    size = QUICK if options.quick else FULL
    table, curves = errors(**size)
    means = table.groupby("width")["rmse"].mean()
    with staged(options.out) as folder:
        print(means.rename("RMSE, mean").to_string(float_format="{:.4f}".format))
        first, last = means.iloc[0], means.iloc[-1]
        print(
            f"\nNotice: {means.index[0]} unit misses by {first:.3f}, {means.index[-1]} by "
            f"{last:.3f}; the curve's own standard deviation is {Y.std():.3f}."
        )
        table.to_csv(folder / "errors.csv", index=False)
        _draw(means, table, curves, folder)
    say_written(options.out, ["approximation.png", "errors.csv"])


def errors(widths, seeds, epochs):
    """Give the error of each width and seed, and the first seed's curves by width."""
    rows, curves = [], {}
    for width in widths:
        for seed in range(seeds):
            model = MLPRegressor(
                (width,), kernel_initializer="he_normal", learning_rate=0.01, epochs=epochs,
                batch_size=32, l2=0.0, early_stopping=False, random_state=seed,
            )  # fmt: skip
            predicted = model.fit(X, Y).predict(X)
            curves.setdefault(width, predicted)
            rmse = np.sqrt(np.mean((predicted - Y) ** 2))
            rows.append({"width": width, "seed": seed, "rmse": rmse})
    return pd.DataFrame(rows), curves


def _draw(means, table, curves, folder):
    fig, (left, right) = figure(1, 2, size=(11, 4.2))
    left.plot(X, Y, color="#BBBBBB", linewidth=6, label="the curve")
    for width, colour, dash in SHOWN:
        text = f"{width} unit{'s' if width > 1 else ''}"
        left.plot(X, curves[width], color=colour, linestyle=dash, linewidth=1.8, label=text)
    left.set(xlabel="x", ylabel="y", ylim=(-1.7, 2.6))
    left.legend(edgecolor="none", framealpha=0.9, fontsize="small", ncols=3, loc="upper center")
    right.plot(means.index, means, color="#0072B2", marker="o", label="mean")
    right.plot(table["width"], table["rmse"], color="black", marker="x", linestyle="none",
               markersize=5, label="each seed")  # fmt: skip
    right.set(xscale="log", yscale="log", xlabel="units of the hidden layer", ylabel="RMSE")
    right.set_xticks(means.index, [str(width) for width in means.index])
    right.set_yticks(
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.5], ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5"]
    )
    right.minorticks_off()
    right.grid(color="#D9D9D9", linewidth=0.6)
    right.legend(edgecolor="none", framealpha=1)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(folder / "approximation.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
