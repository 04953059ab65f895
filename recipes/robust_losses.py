"""Outliers and the loss: what squared, absolute and Huber errors make of the same wrong readings.

    python recipes/robust_losses.py

A sensor follows a known curve with a little noise, but one reading in eight is 4 volts too high.
The squared error of such a reading is so large that its pull on the network grows with its
distance, and the fit is drawn to the mean of right and wrong readings. The absolute error pulls
with the same strength from everywhere, and so leads to the median, which most readings decide. The
Huber loss is squared within delta of the target, which makes it smooth at its lowest point, and
linear beyond it: delta is where an error begins to count as an outlier's, here 1 standard
deviation of the target, as in table 10-1, and a quarter of it as well. Errors are measured against
the clean curve, which only this recipe knows; without outliers the three losses are equally good.

Writes losses.csv and losses.png.
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

N_ROWS, NOISE = 600, 0.1
SHARE, HEIGHT = 0.125, 4.0  # of the readings that are wrong, and how far above they are
EPOCHS, QUICK_EPOCHS = 150, 40
# Parameters of each loss, colour and dash.
LOSSES = {
    "squared (MSE)": (dict(loss="mse"), "#D55E00", "--"),
    "absolute (MAE)": (dict(loss="mae"), "#0072B2", "-"),
    "Huber, delta 1": (dict(loss="huber", delta=1.0), "#009E73", "-."),
    "Huber, delta 1/4": (dict(loss="huber", delta=0.25), "#CC79A7", ":"),
}
GRID = np.linspace(0, 10, 401)[:, np.newaxis]


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_robust_losses, argv)


def _robust_losses(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("robust_losses")
    parser.add_quick(f"{QUICK_EPOCHS} epochs in place of {EPOCHS}")
    options = parser.parse_args(argv)
    epochs = QUICK_EPOCHS if options.quick else EPOCHS
    X, clean, planted = readings(seed=0)
    with staged(options.out) as folder:
        fits = {name: fitted(X, planted, name, epochs) for name in LOSSES}
        without = {name: fitted(X, clean, name, epochs) for name in LOSSES}
        table = errors(fits, without)
        print(f"{N_ROWS} readings, {np.sum(planted != clean)} of them {HEIGHT:.0f} too high")
        print(table.to_string(index=False, float_format="{:.3f}".format))
        _notice(table)
        table.to_csv(folder / "losses.csv", index=False)
        _draw(X, planted, planted != clean, fits, folder)
    say_written(options.out, ["losses.csv", "losses.png"])


def truth(X):
    """Give the clean curve."""
    return np.sin(X[:, 0]) + 0.2 * X[:, 0]


def readings(seed):
    """Draw readings of the curve, and the same with outliers planted among them.

    Parameters
    ----------
    seed : int
        What decides them.

    Returns
    -------
    X : ndarray of shape (N_ROWS, 1)
    clean, planted : ndarray of shape (N_ROWS,)
    """
    rng = np.random.default_rng(seed)
    X = rng.uniform(0, 10, (N_ROWS, 1))
    clean = truth(X) + rng.normal(0, NOISE, N_ROWS)
    wrong = rng.permutation(N_ROWS) < SHARE * N_ROWS
    return X, clean, np.where(wrong, clean + HEIGHT, clean)


def fitted(X, y, name, epochs):
    """Give the curve a network with that loss has learnt, on `GRID`."""
    model = MLPRegressor(
        (64, 64),
        **LOSSES[name][0],
        learning_rate=0.005,
        epochs=epochs,
        batch_size=32,
        early_stopping=False,
        random_state=0,
    )
    return model.fit(X, y).predict(GRID)


def errors(fits, without):
    """Give the distance of each fit from the clean curve.

    Parameters
    ----------
    fits, without : dict of str to ndarray
        Curves on `GRID`, learnt with outliers and without them.

    Returns
    -------
    DataFrame
        Root mean squared errors, and the mean of fit minus truth (how far it was drawn up).
    """
    true = truth(GRID)
    return pd.DataFrame(
        {
            "loss": list(fits),
            "error with outliers": [root_mean_squared_error(true, fit) for fit in fits.values()],
            "drawn up by": [np.mean(fit - true) for fit in fits.values()],
            "error without": [root_mean_squared_error(true, fit) for fit in without.values()],
        }
    )


def _notice(table):
    error = table.set_index("loss")["error with outliers"]
    drawn = table.set_index("loss")["drawn up by"]
    squared, *others = table["loss"]
    print(
        f"Notice: {SHARE:.1%} of outliers {HEIGHT:.0f} too high draw the squared error's fit up by "
        f"{drawn[squared]:.2f}; their share times their height is {SHARE * HEIGHT:.2f}."
    )
    listed = ", ".join(f"{name} {error[squared] / error[name]:.1f} times" for name in others)
    print(f"Notice: nearer to the clean curve than the squared error: {listed}.")
    print(
        f"Notice: without outliers all lie within {table['error without'].min():.3f} and "
        f"{table['error without'].max():.3f} of it, beside readings with a noise of {NOISE}."
    )


def _draw(X, y, wrong, fits, folder):
    fig, ax = figure(size=(8, 4.8))
    grey = "#5F5F5F"
    ax.scatter(X[~wrong, 0], y[~wrong], s=8, color=grey, alpha=0.4, label="readings")
    ax.scatter(X[wrong, 0], y[wrong], s=22, marker="x", color=grey, label="outliers")
    ax.plot(GRID[:, 0], truth(GRID), color="black", linewidth=1, label="clean curve")
    for name, (_, colour, dash) in LOSSES.items():
        ax.plot(GRID[:, 0], fits[name], color=colour, linestyle=dash, linewidth=2.2, label=name)
    ax.set_xlabel("time (s)")
    ax.set_ylabel("reading (V)")
    ax.spines[["top", "right"]].set_visible(False)
    fig.legend(loc="outside right center", edgecolor="none", fontsize="small", handlelength=3.5)
    fig.savefig(folder / "losses.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
