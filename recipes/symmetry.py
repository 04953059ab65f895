"""Sixteen hidden units that start equal stay equal, and can do no more than one.

    python recipes/symmetry.py

Units with the same weights, in and out, give the same outputs and get the same gradient: after
every step they are the same again. However wide it is, such a layer has one unit, and one unit of
tanh draws a line, as a Perceptron does, where two half moons want a curve. It makes no difference
whether the weights are all 0.5 or all 0 (then not even that one unit learns). Random weights break
the symmetry: each unit starts elsewhere, gets a gradient of its own, and finds work of its own.
`gradient_flow` counts the units that differ, and says so before anything is trained.

Prints and writes symmetry.csv and symmetry.png.
"""

import sys

import numpy as np
import pandas as pd
from sklearn.datasets import make_moons

from mlpkit import KerasClassifier, gradient_flow, make_classifier

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

UNITS = 16
# Name: hidden units, and the weight they all start from; None draws each.
STARTS = {
    "one unit": (1, None),
    "all 0": (UNITS, 0.0),
    "all 0.5": (UNITS, 0.5),
    "random": (UNITS, None),
}
EPOCHS = {True: 60, False: 1000}
BLUE, ORANGE = "#0072B2", "#D55E00"


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_symmetry, argv)


def _symmetry(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("symmetry")
    parser.add_quick(f"trains {EPOCHS[True]} epochs in place of {EPOCHS[False]}")
    options = parser.parse_args(argv)
    X, y = make_moons(300, noise=0.12, random_state=0)
    with staged(options.out) as folder:
        models, paths, lines = {}, {}, []
        for name, (units, value) in STARTS.items():
            models[name] = model = start(units, value)
            before = gradient_flow(model, X, y)
            paths[name] = train(model, X, y, EPOCHS[options.quick])
            after = gradient_flow(model, X, y)
            lines.append(_line(name, model, X, y, before, after))
            print(f"{name}: {before.verdicts[0].partition(': ')[2]}")
        table = pd.DataFrame(lines)
        table.to_csv(folder / "symmetry.csv", index=False)
        print(f"\n{table.to_string(index=False, float_format='{:.3f}'.format)}")
        _say_what_to_notice(table.set_index("start"))
        _draw(models, paths, X, y, folder)
    say_written(options.out, ["symmetry.csv", "symmetry.png"])


def start(units, value):
    """Give a compiled network with one hidden layer, all its weights `value` if that is given."""
    model = make_classifier(
        2, hidden_layer_sizes=(units,), activation="tanh", learning_rate=0.05, random_state=0
    )
    if value is not None:
        hidden, output = (layer for layer in model.layers if layer.weights)
        for kernel in (hidden.kernel, output.kernel):
            kernel.assign(np.full(kernel.shape, value))
    return model


def train(model, X, y, epochs):
    """Train a model from the weights it has, and give its hidden kernel after each epoch."""
    from mlpkit.backend import keras

    seen = [model.layers[0].kernel.numpy()]
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(watch.model.layers[0].kernel.numpy())
    )
    trained = KerasClassifier(
        model, epochs=epochs, batch_size=len(X), standardize=False, early_stopping=False,
        warm_start=True, callbacks=[watch], random_state=0,
    )  # fmt: skip
    model.set_weights(trained.fit(X, y).model_.get_weights())
    return np.array(seen)


def _line(name, model, X, y, before, after):
    predicted = model(X).numpy().ravel() > 0.5
    return {
        "start": name,
        "units": int(before.frame["units"][0]),
        "distinct at first": int(before.frame["distinct"][0]),
        "distinct at last": int(after.frame["distinct"][0]),
        "loss": after.loss,
        "accuracy": float((predicted == y).mean()),
    }


def _say_what_to_notice(table):
    equal, one, free = (table.loc[name] for name in ("all 0.5", "one unit", "random"))
    print(
        f"\nNotice: {UNITS} units that start equal are {equal['distinct at last']:.0f} unit after "
        f"training too, and right on {equal['accuracy']:.3f} of the rows, as one unit is "
        f"({one['accuracy']:.3f}). {UNITS} that start from random weights stay "
        f"{free['distinct at last']:.0f}: {free['accuracy']:.3f}."
    )


def _draw(models, paths, X, y, folder):
    fig, axes = figure(2, len(STARTS), size=(12, 6), sharex="row", sharey="row")
    grid = np.stack(np.meshgrid(np.linspace(-1.6, 2.6, 120), np.linspace(-1.1, 1.6, 120)), axis=-1)
    for (above, below), (name, model) in zip(axes.T, models.items(), strict=True):
        share = model(grid.reshape(-1, 2)).numpy().reshape(120, 120)
        above.contourf(*grid.transpose(2, 0, 1), share, levels=np.linspace(0, 1, 11), cmap="Greys",
                       alpha=0.25)  # fmt: skip
        above.contour(*grid.transpose(2, 0, 1), share, levels=[0.5], colors="black")
        for label, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "^")):
            above.scatter(*X[y == label].T, s=12, color=colour, marker=marker)
        above.set_title(name)
        above.set_xlabel("x0")
        below.plot(paths[name][:, 0, :], color=BLUE, alpha=0.7, linewidth=1.2)
        below.set_xlabel("epoch")
    axes[0, 0].set_ylabel("x1")
    axes[1, 0].set_ylabel("weight of x0, by hidden unit")
    fig.savefig(folder / "symmetry.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
