"""Rosenblatt's Perceptron on iris: setosa or not, by the length and width of the petals.

    python recipes/iris_perceptron.py

The first example of the book's chapter on neural networks. Two numbers tell a setosa from other
irises so well that a straight line parts them. A Perceptron is such a line: it weighs the two
lengths, and says setosa where the sum is above 0. Training moves the line a little after each
flower on its wrong side, and leaves it once there is none. So it is the first line that will do,
rather than the best one, and there are no probabilities to tell how near a flower is to it.

Prints ``predict([[2, 0.5]])`` and writes decision_line.png.
"""

import sys

import numpy as np
from sklearn.datasets import load_iris

from mlpkit.baseline_models import baselines

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

FEATURES = ["petal length (cm)", "petal width (cm)"]
FLOWER = [[2, 0.5]]
# Okabe and Ito's blue and vermilion: name, colour and marker of each class.
CLASSES = {True: ("setosa", "#0072B2", "o"), False: ("not setosa", "#D55E00", "^")}


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_iris_perceptron, argv)


def _iris_perceptron(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("iris_perceptron")
    parser.add_quick("changes nothing: 150 flowers take no time")
    out = parser.parse_args(argv).out
    with staged(out) as folder:
        iris = load_iris(as_frame=True)
        X, y = iris.data[FEATURES].to_numpy(), (iris.target == 0).to_numpy()
        model = baselines("binary", random_state=42)["perceptron"].fit(X, y)
        print(f"accuracy on the {len(y)} flowers: {model.score(X, y):.3f}")
        print(f"predict({FLOWER}) = {model.predict(FLOWER)}")
        _draw(X, y, model, folder)
    say_written(out, ["decision_line.png"])


def line(model):
    """Give w1, w2, b of the line w1 x1 + w2 x2 + b = 0 between the classes, in centimetres.

    Parameters
    ----------
    model : Pipeline
        A fitted scaler and a fitted linear classifier of two features.

    Returns
    -------
    tuple of float
    """
    scaler, perceptron = model[0], model[-1]
    weights = perceptron.coef_[0] / scaler.scale_
    return *weights, perceptron.intercept_[0] - weights @ scaler.mean_


def _draw(X, y, model, folder):
    w1, w2, b = line(model)
    fig, ax = figure(size=(6.4, 4))
    for label, (name, colour, marker) in CLASSES.items():
        ax.scatter(*X[y == label].T, color=colour, marker=marker, s=28, alpha=0.8, label=name)
    ax.scatter(*FLOWER[0], marker="*", s=180, color="black", label="the flower asked about")
    length = np.array([0.0, 8.0])
    ax.plot(length, -(w1 * length + b) / w2, color="black", linestyle="--", label="decision line")
    ax.set_xlim(*length)
    ax.set_ylim(0, 2.7)
    ax.set_xlabel(FEATURES[0])
    ax.set_ylabel(FEATURES[1])
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(edgecolor="none", framealpha=1, loc="lower right")
    fig.savefig(folder / "decision_line.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
