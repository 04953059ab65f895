"""Layers without a nonlinearity are one layer: a deep linear network, collapsed.

    python recipes/linear_collapse.py

An affine map of an affine map is an affine map: f(x) = 2x + 3 after g(x) = 5x - 1 is 10x + 1. So a
network whose activations are linear draws a straight line however deep it is, and can be written
with one matrix and one vector. Here one of four layers is trained on a curve, collapsed to (W, b),
and the two are compared. The same network with ReLU between the layers bends, and follows the
curve. Depth is worth having only because of what stands between the layers.

Prints the maps and the errors, and writes predictions.csv and collapse.png.
"""

import sys

import numpy as np
import pandas as pd

from mlpkit.estimators import MLPRegressor
from mlpkit.neurons import collapse_linear

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

LAYERS = (32, 32, 32)
EPOCHS = {True: 30, False: 200}
CURVES = (("linear", "#D55E00", "--"), ("relu", "#0072B2", "-"))


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_linear_collapse, argv)


def _linear_collapse(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("linear_collapse")
    parser.add_quick(f"{EPOCHS[True]} epochs in place of {EPOCHS[False]}")
    options = parser.parse_args(argv)
    f, g = ([[2]], [3]), ([[5]], [-1])
    W, b = collapse_linear([g, f])
    print(f"f(x) = 2x + 3, g(x) = 5x - 1: f(g(x)) = {W.item():g}x + {b.item():g}")
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(-3, 3, 300))
    y = np.sin(2 * x) + 0.5 * x + 0.1 * rng.normal(size=300)
    models = {name: _fitted(name, x, y, EPOCHS[options.quick]) for name, *_ in CURVES}
    with staged(options.out) as folder:
        table = pd.DataFrame({"x": x, "y": y})
        for name, model in models.items():
            table[name] = model.predict(x[:, np.newaxis])
        W, b = collapse_linear(models["linear"])
        table["collapsed"] = W.item() * x + b.item()
        _report(table, models["linear"], W, b)
        table.to_csv(folder / "predictions.csv", index=False)
        _draw(table, folder)
    say_written(options.out, ["collapse.png", "predictions.csv"])


def _fitted(activation, x, y, epochs):
    model = MLPRegressor(
        LAYERS, activation=activation, epochs=epochs, learning_rate=0.005, early_stopping=False,
        random_state=0,
    )  # fmt: skip
    return model.fit(x[:, np.newaxis], y)


def _report(table, model, W, b):
    apart = np.abs(table["linear"] - table["collapsed"]).max()
    print(
        f"The linear network of {len(LAYERS) + 1} layers and {model.spec_.n_parameters:,} weights "
        f"is y = {W.item():.4f} x {b.item():+.4f}, to {apart:.1e}."
    )
    line = np.polyval(np.polyfit(table["x"], table["y"], 1), table["x"])
    errors = {
        name: np.sqrt(np.mean((values - table["y"]) ** 2))
        for name, values in {"linear": table["linear"], "relu": table["relu"], "line": line}.items()
    }
    print(
        f"\nNotice: RMSE {errors['linear']:.3f} without a nonlinearity, {errors['line']:.3f} by the"
        f" best straight line, and {errors['relu']:.3f} with ReLU between the same layers."
    )


def _draw(table, folder):
    fig, ax = figure(size=(7, 4.4))
    ax.scatter(table["x"], table["y"], s=10, color="#BBBBBB", label="rows")
    for name, colour, dash in CURVES:
        label = f"{len(LAYERS) + 1} layers, {name} between them"
        ax.plot(table["x"], table[name], color=colour, linestyle=dash, linewidth=2.5, label=label)
    few = table.iloc[::25]
    ax.plot(few["x"], few["collapsed"], color="black", marker="s", linestyle="none", markersize=6,
            markerfacecolor="none", label="W x + b, collapsed")  # fmt: skip
    ax.set(xlabel="x", ylabel="y")
    ax.legend(edgecolor="none", framealpha=1, fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(folder / "collapse.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
