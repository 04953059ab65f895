"""Initial weights decide whether a signal survives depth: six of them, through twenty layers.

    python recipes/initialization.py

Each layer multiplies the variance of what passes it by the number of its inputs times the variance
of its weights, and by what the activation leaves of it. A factor of a half a layer is a millionth
after twenty; a factor of fifty has more digits than a float. Xavier's initialization (2 / (n_in +
n_out)) keeps activations and gradients apart from the extremes for functions like tanh, He's (2 /
n_in) makes up for the half that ReLU mutes, LeCun's (1 / n_in) is the one for which SELU holds mean
0 and variance 1 by itself; layers as wide as their inputs, as here, make the two the same. Zeros
pass nothing on, and equal weights pass the same to all units. Whether a deep network learns at all
is decided here, before the first step.

Prints and writes variance.csv, accuracy.csv and initialization.png.
"""

import sys

import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from mlpkit.diagnostics import initialization_report
from mlpkit.estimators import MLPClassifier
from mlpkit.plots import plot_initialization

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

LAYERS, WIDTH = 20, 100
ACTIVATIONS = ("relu", "tanh", "selu")
TRAINED_ACTIVATIONS = ("relu", "tanh")  # SELU is for LeCun's weights alone
TRAINED = ("zeros", "glorot_normal", "he_normal", "lecun_normal")
EPOCHS = {True: 3, False: 20}


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_initialization, argv)


def _initialization(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("initialization")
    parser.add_quick(f"trains {EPOCHS[True]} epochs in place of {EPOCHS[False]}, ReLU alone")
    options = parser.parse_args(argv)
    shown = ACTIVATIONS[:1] if options.quick else ACTIVATIONS
    with staged(options.out) as folder:
        reports = {name: initialization_report((WIDTH,) * LAYERS, name) for name in shown}
        table = pd.concat(reports, names=["activation"]).reset_index(level=0)
        table.to_csv(folder / "variance.csv", index=False)
        last = table[table["layer"] == LAYERS]
        print(f"variance of activations after {LAYERS} layers of {WIDTH} units")
        _print(last, "activation_variance", "{:.2g}")
        epochs = EPOCHS[options.quick]
        scores = accuracies([name for name in TRAINED_ACTIVATIONS if name in shown], epochs)
        scores.to_csv(folder / "accuracy.csv", index=False)
        print(f"\naccuracy on digits held back, {LAYERS // 2} layers, {epochs} epochs")
        _print(scores, "accuracy", "{:.3f}")
        _say_what_to_notice(last, scores)
        _draw(reports, folder)
    say_written(options.out, ["accuracy.csv", "initialization.png", "variance.csv"])


def _print(table, column, form):
    wide = table.pivot(index="initializer", columns="activation", values=column)
    print(wide.loc[table["initializer"].unique()].to_string(float_format=form.format))


def accuracies(shown, epochs):
    """Give the accuracy of networks trained from each kind of initial weights."""
    X, y = load_digits(return_X_y=True)
    parts = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
    rows = []
    for activation in shown:
        for name in TRAINED:
            model = MLPClassifier(
                (WIDTH,) * (LAYERS // 2), activation=activation, kernel_initializer=name,
                learning_rate=0.01, optimizer="sgd", epochs=epochs, early_stopping=False,
                average=False, l2=0.0, random_state=0,
            )  # fmt: skip
            score = model.fit(parts[0], parts[2]).score(parts[1], parts[3])
            rows.append({"activation": activation, "initializer": name, "accuracy": score})
    return pd.DataFrame(rows)


def _say_what_to_notice(last, scores):
    relu = last[last["activation"] == "relu"].set_index("initializer")["activation_variance"]
    learnt = scores[scores["activation"] == "relu"].set_index("initializer")["accuracy"]
    print(
        f"\nNotice: with ReLU He's weights leave a variance of {relu['he_normal']:.2f}, Xavier's "
        f"{relu['glorot_normal']:.1e}, normal(0, 1) {relu['normal(0, 1)']:.1e}. From zeros nothing "
        f"is learnt ({learnt['zeros']:.3f}); from He's {learnt['he_normal']:.3f}."
    )


def _draw(reports, folder):
    fig, axes = figure(len(reports), 2, size=(9.6, 3.9 * len(reports)), squeeze=False)
    for pair, (activation, report) in zip(axes, reports.items(), strict=True):
        plot_initialization(report, ax=pair)
        for ax, way in zip(pair, ("forward", "backward"), strict=True):
            ax.set_title(f"{activation}, {way}", fontsize="medium", loc="left")
    for pair in axes[1:]:
        pair[0].get_legend().remove()
    fig.savefig(folder / "initialization.png", dpi=130)


if __name__ == "__main__":
    sys.exit(main())
