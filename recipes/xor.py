"""XOR: no single layer can do it, two threshold units before a third can, and an MLP learns it.

    python recipes/xor.py

Exactly one of two inputs is on: the two true rows lie on one diagonal of a square, the two false
ones on the other, and no line has them on different sides. A Perceptron therefore never gets more
than three of the four rows right, which Minsky and Papert made famous in 1969. A hidden layer
changes what the last unit sees: one hidden unit computes AND, the other OR, and OR without AND is a
line away. The weights of that network can be set by hand. Gradients find such a solution by
themselves, once the step is replaced by something that has a slope.

Prints what each answers, and writes the answers as xor.csv, with xor.png.
"""

import sys
import warnings

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning

from mlpkit.estimators import MLPClassifier
from mlpkit.neurons import RosenblattPerceptron, xor_network
from mlpkit.plots import plot_decision_boundary

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
EPOCHS = {True: 150, False: 600}


class ByHand(ClassifierMixin, BaseEstimator):
    """The book's network as a classifier: its weights are set, and there is nothing to fit."""

    def fit(self, X, y):
        """Remember the classes, and nothing else."""
        self.classes_, self.n_features_in_ = np.unique(y), 2
        return self

    def predict(self, X):
        """Give the output of the three threshold units."""
        return xor_network()(X).astype(int)


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_xor, argv)


def _xor(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("xor")
    parser.add_quick(f"{EPOCHS[True]} epochs in place of {EPOCHS[False]}")
    options = parser.parse_args(argv)
    models = fitted(EPOCHS[options.quick])
    with staged(options.out) as folder:
        table = pd.DataFrame({"A": X[:, 0], "B": X[:, 1], "XOR": Y})
        for name, model in models.items():
            table[name] = model.predict(X)
        print(table.to_string(index=False))
        table.to_csv(folder / "xor.csv", index=False)
        right = {name: int((table[name] == Y).sum()) for name in models}
        print(
            "\nNotice: " + "; ".join(f"{name}: {n} of 4 right" for name, n in right.items()) + "."
        )
        _draw(models, right, folder)
    say_written(options.out, ["xor.csv", "xor.png"])


def fitted(epochs):
    """Give the three models: one that cannot, one that was told, one that learnt."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # no line separates these rows
        perceptron = RosenblattPerceptron().fit(X, Y)
    mlp = MLPClassifier(
        (4,), activation="tanh", learning_rate=0.05, batch_size=4, epochs=epochs, l2=0.0,
        average=False, random_state=0,
    )  # fmt: skip
    return {
        "Perceptron": perceptron,
        "by hand": ByHand().fit(X, Y),
        "MLP, learnt": mlp.fit(X, Y),
    }


def _draw(models, right, folder):
    fig, axes = figure(1, 3, size=(12, 4))
    corners = np.array([[-0.4, -0.4], [1.4, 1.4]])
    for ax, (name, model) in zip(axes, models.items(), strict=True):
        plot_decision_boundary(model, corners, feature_names=["A", "B"], ax=ax)
        for label, colour, marker in ((0, "#0072B2", "o"), (1, "#D55E00", "^")):
            ax.scatter(*X[label == Y].T, color=colour, marker=marker, s=110, edgecolors="black",
                       label=f"XOR is {label}", zorder=3)  # fmt: skip
        ax.set(xlim=(-0.4, 1.4), ylim=(-0.4, 1.4))
        ax.set_title(f"{name}: {right[name]} of 4 right", fontsize="medium")
    axes[0].legend(edgecolor="none", framealpha=0.9, loc="center")
    fig.savefig(folder / "xor.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
