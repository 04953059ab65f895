"""Outputs that cannot be impossible: softplus for positive targets, sigmoid between bounds.

    python recipes/positive_and_bounded.py

A linear output can give any number, so a network that counts bicycles by the hour predicts less
than none at night, and one that tells the share of seeds that sprout more than all of them: it errs
a little to both sides, also where the truth lies at a bound. An output that ends in softplus or
ReLU is never below 0, and one that ends in sigmoid or tanh, with targets scaled to 0..1 or -1..1,
never leaves its bounds, whatever the row (table 10-1). Little is lost by it, but for ReLU: where
its z is negative for all rows it has no slope and never comes back, so that it may hardly learn,
and softplus, which is as smooth as sigmoid, is what `output_range="positive"` takes.

Writes outputs.csv and outputs.png.
"""

import sys

import numpy as np
import pandas as pd
from sklearn.metrics import root_mean_squared_error

from mlpkit import MLPRegressor

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

N_ROWS, EPOCHS, QUICK_EPOCHS = 400, 150, 30
SEEDS = 50  # a tray
LINEAR, LIMITED, OTHER = "#D55E00", "#0072B2", "#5F5F5F"
# Outputs by target: range, activation.
OUTPUTS = {
    "bicycles": [(None, "linear"), ("positive", "softplus"), ("positive", "relu")],
    "sprouted": [(None, "linear"), ((0, 100), "sigmoid"), ((0, 100), "tanh")],
}
BOUNDS = {"bicycles": (0, np.inf), "sprouted": (0, 100)}
AXES = {
    "bicycles": ("hour of the day", "bicycles passing in an hour"),
    "sprouted": ("temperature (°C)", "seeds that sprout (%)"),
}


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_positive_and_bounded, argv)


def _positive_and_bounded(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("positive_and_bounded")
    parser.add_quick(f"{QUICK_EPOCHS} epochs in place of {EPOCHS}")
    options = parser.parse_args(argv)
    epochs = QUICK_EPOCHS if options.quick else EPOCHS
    with staged(options.out) as folder:
        found = {target: fitted(target, epochs) for target in OUTPUTS}
        table = pd.concat([summary(target, curves) for target, curves in found.items()])
        print(table.to_string(index=False, float_format="{:.2f}".format))
        _notice(table)
        table.to_csv(folder / "outputs.csv", index=False)
        _draw(found, folder)
    say_written(options.out, ["outputs.csv", "outputs.png"])


def rows_of(target, n, seed):
    """Draw rows of one feature by a known rule.

    Parameters
    ----------
    target : {"bicycles", "sprouted"}
        Counts by the hour (Poisson), or percents by the temperature (binomial, 50 seeds a tray).
    n : int
        How many rows.
    seed : int
        What decides them.

    Returns
    -------
    X : ndarray of shape (n, 1)
    y : ndarray of shape (n,)
    """
    rng = np.random.default_rng(seed)
    if target == "bicycles":
        hour = rng.uniform(0, 24, n)
        rate = 0.1 + 60 * np.exp(-((hour - 8) ** 2) / 2) + 45 * np.exp(-((hour - 17.5) ** 2) / 4)
        return hour[:, np.newaxis], rng.poisson(rate).astype(float)
    degrees = rng.uniform(0, 45, n)
    share = 1 / (1 + np.exp(-(degrees - 9) * 1.5)) / (1 + np.exp((degrees - 35) * 1.5))
    return degrees[:, np.newaxis], 100 * rng.binomial(SEEDS, share) / SEEDS


def fitted(target, epochs):
    """Give for each output the predictions for fresh rows, in the order of the feature."""
    X, y = rows_of(target, N_ROWS, seed=0)
    X_test, y_test = rows_of(target, 2000, seed=1)
    order = np.argsort(X_test[:, 0])
    X_test, y_test = X_test[order], y_test[order]
    curves = {}
    for output_range, activation in OUTPUTS[target]:
        model = MLPRegressor(
            (50, 50),
            output_range=output_range,
            output_activation=activation,
            epochs=epochs,
            early_stopping=False,
            random_state=0,
        )
        curves[activation] = model.fit(X, y).predict(X_test)
    return X_test[:, 0], y_test, curves


def summary(target, found):
    """Give a row for each output: its error, and what it predicts that cannot be.

    Parameters
    ----------
    target : {"bicycles", "sprouted"}
        What is predicted.
    found : tuple
        As `fitted` gave it.

    Returns
    -------
    DataFrame
    """
    _, y, curves = found
    low, high = BOUNDS[target]
    return pd.DataFrame(
        {
            "target": target,
            "output": list(curves),
            "impossible": [int(np.sum((p < low) | (p > high))) for p in curves.values()],
            "lowest": [p.min() for p in curves.values()],
            "highest": [p.max() for p in curves.values()],
            "RMSE": [root_mean_squared_error(y, p) for p in curves.values()],
        }
    )


def _notice(table):
    """Print how many predictions cannot be, and what keeping to the bounds costs."""
    for target, rows in table.groupby("target"):
        counts = ", ".join(f"{row.impossible} of {row.output}" for row in rows.itertuples())
        errors = ", ".join(f"{row.RMSE:.2f} of {row.output}" for row in rows.itertuples())
        print(
            f"Notice, {target}: of 2000 predictions each, impossible are {counts}; RMSE {errors}."
        )
    dull = table[(table["output"] == "relu")].iloc[0]
    if dull["RMSE"] > 2 * table[table["output"] == "softplus"].iloc[0]["RMSE"]:
        print(
            "Notice: the ReLU output gave 0 for most rows early on, where it has no slope, and "
            f"never got beyond {dull['highest']:.1f}; softplus has a slope everywhere."
        )


def _draw(found, folder):
    """Draw the curves above, and what lies beside a bound below, enlarged."""
    fig, axes = figure(2, 2, size=(9.6, 6.4), sharex="col")
    near = {"bicycles": (-4, 8), "sprouted": (92, 106)}
    for (target, (x, y, curves)), pair in zip(found.items(), axes.T, strict=True):
        for ax in pair:
            ax.scatter(x[::8], y[::8], s=6, color=OTHER, alpha=0.4, label="fresh rows")
            for bound in filter(np.isfinite, BOUNDS[target]):
                ax.axhline(bound, color="black", linewidth=0.8)
            styles = zip([LINEAR, LIMITED, "#009E73"], ["--", "-", ":"], strict=True)
            for (name, curve), (colour, dash) in zip(curves.items(), styles, strict=True):
                ax.plot(x, curve, color=colour, linestyle=dash, linewidth=2, label=name)
            ax.spines[["top", "right"]].set_visible(False)
            ax.set_ylabel(AXES[target][1])
        pair[1].set_ylim(near[target])
        pair[1].set_xlabel(AXES[target][0])
        pair[1].set_title("the same beside the bound", fontsize="medium")
        pair[0].legend(edgecolor="none", fontsize="small")
    fig.savefig(folder / "outputs.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
