"""Forward and backward: a tiny network worked by hand, by backpropagation and by differences.

    python recipes/forward_and_backward.py

Two features go into three hidden units with a ReLU, and those into one output with a sigmoid.
Forward, each layer computes z = a W + b from the layer before, and a = φ(z); the last a is compared
with the target, which gives the loss. Backward, the chain rule tells how the loss would
change with each z, then with the weights in front of it, then with the a before: each layer hands
the next one down what it needs. The same gradients come from moving each weight a little and
looking at the loss, but that takes two forward passes a weight, and backpropagation one backward
pass for all. A small step against the gradient lowers the loss; learning is nothing but such steps.

Prints z and a of one row and the gradients found in three ways, and writes gradients.csv,
network.png and graph.png.
"""

import sys

import numpy as np
import pandas as pd

from mlpkit.diagnostics import computational_graph, forward_trace, gradients
from mlpkit.plots import plot_network

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

X = np.array([[0.5, 1.0], [1.5, -0.5], [-1.0, 2.0], [-0.5, -1.5]])
Y = np.array([[1.0], [0.0], [1.0], [0.0]])
WEIGHTS = {
    "hidden/kernel": np.array([[0.8, -0.6, 0.4], [0.3, 0.9, -0.7]]),
    "hidden/bias": np.array([0.1, 0.0, 0.2]),
    "output/kernel": np.array([[0.7], [-0.5], [0.6]]),
    "output/bias": np.array([0.1]),
}
RATE, EPSILON = 0.5, 1e-5
STEPS = {True: 50, False: 500}


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_forward_and_backward, argv)


def _forward_and_backward(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("forward_and_backward")
    parser.add_quick(f"{STEPS[True]} gradient steps in place of {STEPS[False]}")
    options = parser.parse_args(argv)
    model = keras_model()
    with staged(options.out) as folder:
        print("Forward, the first row, layer by layer:\n")
        print(forward_trace(model, X[:1]).drop(columns="row").round(4).to_string(index=False))
        table = three_ways(model)
        table.to_csv(folder / "gradients.csv", index=False)
        print(f"\nBackward, the gradient of each of the {len(table)} weights:\n")
        print(table.round(6).to_string(index=False))
        _notice(table, STEPS[options.quick])
        _draw(model, folder)
    say_written(options.out, ["gradients.csv", "network.png", "graph.png"])


def forward(weights):
    """Give the loss and, for the way back, what each step of the forward pass computed."""
    W1, b1, W2, b2 = weights.values()
    z1 = X @ W1 + b1
    a1 = np.maximum(z1, 0)
    z2 = a1 @ W2 + b2
    a2 = 1 / (1 + np.exp(-z2))
    loss = -np.mean(Y * np.log(a2) + (1 - Y) * np.log(1 - a2))
    return loss, (z1, a1, a2)


def backward(weights):
    """Give the loss's gradient by each array of weights, by the chain rule, from the end."""
    _, (z1, a1, a2) = forward(weights)
    dz2 = (a2 - Y) / len(Y)  # dL/da2 da2/dz2: the sigmoid's slope cancels out
    da1 = dz2 @ weights["output/kernel"].T  # z2 = a1 W2 + b2
    dz1 = da1 * (z1 > 0)  # a ReLU lets pass what it let pass on the way forward
    return {
        "hidden/kernel": X.T @ dz1,  # z1 = X W1 + b1
        "hidden/bias": dz1.sum(axis=0),
        "output/kernel": a1.T @ dz2,
        "output/bias": dz2.sum(axis=0),
    }


def differences(weights):
    """Give the same gradients by moving each weight a little to both sides."""
    found = {}
    for name, values in weights.items():
        slopes = np.empty_like(values)
        for place in np.ndindex(values.shape):
            losses = []
            for step in (EPSILON, -EPSILON):
                moved = values.copy()
                moved[place] += step
                losses.append(forward({**weights, name: moved})[0])
            slopes[place] = (losses[0] - losses[1]) / (2 * EPSILON)
        found[name] = slopes
    return found


def keras_model():
    """Give the same network as a Keras model."""
    from mlpkit.backend import keras

    model = keras.Sequential(
        [
            keras.Input((2,), dtype="float64"),
            keras.layers.Dense(3, "relu", name="hidden", dtype="float64"),
            keras.layers.Dense(1, "sigmoid", name="output", dtype="float64"),
        ]
    )
    model.set_weights(list(WEIGHTS.values()))
    model.compile(loss="binary_crossentropy")
    return model


def three_ways(model):
    """Give a line for each weight: the gradient by hand, by backpropagation, by differences."""
    by_hand, by_differences = backward(WEIGHTS), differences(WEIGHTS)
    found = gradients(model, X, Y)
    lines = [
        (f"{name}{list(place)}", values[place], by_hand[name][place], found[name][place],
         by_differences[name][place])
        for name, values in WEIGHTS.items()
        for place in np.ndindex(values.shape)
    ]  # fmt: skip
    columns = ["weight", "value", "by_hand", "backpropagation", "central_difference"]
    return pd.DataFrame(lines, columns=columns)


def descend(n_steps):
    """Give the loss before and after each gradient step."""
    weights, losses = WEIGHTS, [forward(WEIGHTS)[0]]
    for _ in range(n_steps):
        steps = backward(weights)
        weights = {name: values - RATE * steps[name] for name, values in weights.items()}
        losses.append(forward(weights)[0])
    return losses


def _notice(table, n_steps):
    losses = descend(n_steps)
    gap = [
        np.abs(table["by_hand"] - table[name]).max()
        for name in ("backpropagation", "central_difference")
    ]
    print(
        f"\nNotice: what is found by hand differs from backpropagation by {gap[0]:.0e} at most, "
        f"from central differences by {gap[1]:.0e}. One step of {RATE} times the gradient lowers "
        f"the loss from {losses[0]:.4f} to {losses[1]:.4f}; "
        f"{n_steps} steps lower it to {losses[-1]:.4f}."
    )


def _draw(model, folder):
    fig, ax = figure(size=(7.1, 3.4))
    plot_network(
        model, feature_names=["x1", "x2"], output_names=["P(y = 1)"], show_bias=True, ax=ax
    )
    fig.savefig(folder / "network.png", dpi=150)
    fig, ax = figure(size=(10.2, 3.1))
    computational_graph(model, X, Y).plot(ax=ax)
    fig.savefig(folder / "graph.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
