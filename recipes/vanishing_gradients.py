"""Why deep networks do not learn: gradients that vanish or explode, and units that die.

    python recipes/vanishing_gradients.py

On its way back a gradient is multiplied, layer after layer, by the weights and by the activation's
slope. The slope of the sigmoid is at most a quarter, so that after twenty layers next to nothing
is left and the first layers stay as they were drawn. ReLU has slope 1 where it is on, and with
He's weights as much comes out as went in; batch normalisation and SELU get there by other ways.
Weights that are too large do the opposite: signals and gradients grow until they are no numbers.
And one step that is too long can push ReLU's units below zero for every row: from there no gradient
brings them back.

Prints what `gradient_flow` says of each; writes flow.csv, trained.csv and gradient_flow.png.
"""

import sys

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from mlpkit import MLPClassifier, gradient_flow, make_classifier

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

WIDTH = 32
LAYERS, EPOCHS = {True: 8, False: 20}, {True: 3, False: 20}
# Activation, initial weights, normalisation, what the weights are multiplied by, and its looks.
NETS = {
    "sigmoid": ("sigmoid", "glorot_uniform", None, 1, ("#D55E00", "--", "^")),
    "ReLU, He": ("relu", "he_normal", None, 1, ("#0072B2", "-", "o")),
    "sigmoid, batch normalisation": ("sigmoid", "glorot_uniform", "batch", 1,
                                     ("#009E73", "-.", "s")),
    "SELU, LeCun": ("selu", "lecun_normal", None, 1, ("#E69F00", ":", "D")),
    "ReLU, weights three times He's": ("relu", "he_normal", None, 3, ("black", (0, (8, 3)), "X")),
}  # fmt: skip
TRAINED = tuple(NETS)[:4]
RATES = (0.05, 2.0)  # of the network whose units are to die


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_vanishing_gradients, argv)


def _vanishing_gradients(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("vanishing_gradients")
    parser.add_quick(
        f"{LAYERS[True]} layers in place of {LAYERS[False]}, of which two networks are trained, "
        f"for {EPOCHS[True]} epochs in place of {EPOCHS[False]}"
    )
    options = parser.parse_args(argv)
    layers, epochs = LAYERS[options.quick], EPOCHS[options.quick]
    X, y = load_digits(return_X_y=True)
    with staged(options.out) as folder:
        flows = {name: new_flow(name, layers, X, y) for name in NETS}
        for name, flow in flows.items():
            print(f"{name}, {layers} layers: {flow.summary}\n  {flow.verdicts[0]}")
        dying = {rate: dying_flow(rate, X, y) for rate in RATES}
        for rate, flow in dying.items():
            print(f"ReLU after steps of {rate}: {flow.summary}\n  {flow.verdicts[1]}")
        trained = accuracies(TRAINED[:2] if options.quick else TRAINED, layers, epochs, X, y)
        _write(flows, dying, trained, folder)
        _say_what_to_notice(flows, dying, trained, layers)
        _draw(flows, dying, folder)
    say_written(options.out, ["flow.csv", "gradient_flow.png", "trained.csv"])


def new_flow(name, layers, X, y):
    """Give the gradient flow of a network that has learnt nothing yet."""
    activation, initializer, normalization, factor, _ = NETS[name]
    model = make_classifier(
        X.shape[1], 10, hidden_layer_sizes=(WIDTH,) * layers, activation=activation,
        kernel_initializer=initializer, normalization=normalization, random_state=0,
    )  # fmt: skip
    if factor != 1:
        model.set_weights([factor * weight for weight in model.get_weights()])
    return gradient_flow(model, StandardScaler().fit_transform(X), y, training=True)


def dying_flow(rate, X, y):
    """Give the gradient flow of a ReLU network after three epochs of steps of a rate."""
    model = MLPClassifier(
        (64, 64), activation="relu", kernel_initializer="he_normal", optimizer="sgd",
        learning_rate=rate, epochs=3, early_stopping=False, average=False, l2=0.0, random_state=0,
    )  # fmt: skip
    return gradient_flow(model.fit(X, y), X, y)


def accuracies(names, layers, epochs, X, y):
    """Give the accuracy of the trained networks on rows held back."""
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
    rows = []
    for name in names:
        activation, initializer, normalization, _, _ = NETS[name]
        model = MLPClassifier(
            (WIDTH,) * layers, activation=activation, kernel_initializer=initializer,
            normalization=normalization, epochs=epochs, early_stopping=False, random_state=0,
        )  # fmt: skip
        rows.append({"network": name, "accuracy": model.fit(X, y).score(X_test, y_test)})
    return pd.DataFrame(rows)


def _write(flows, dying, trained, folder):
    named = {**flows, **{f"ReLU after steps of {rate}": flow for rate, flow in dying.items()}}
    frames = {name: flow.frame.assign(verdict=flow.verdicts) for name, flow in named.items()}
    table = pd.concat(frames, names=["network"]).reset_index(level=0)
    table.to_csv(folder / "flow.csv", index=False)
    trained.to_csv(folder / "trained.csv", index=False)
    print(f"\naccuracy on rows held back\n{trained.to_string(index=False, float_format='%.3f')}")


def _say_what_to_notice(flows, dying, trained, layers):
    lost, kept = (shares(flows[name])[0] for name in ("sigmoid", "ReLU, He"))
    accuracy = trained.set_index("network")["accuracy"]
    dead = [100 * dying[rate].frame["dead"][1] for rate in RATES]
    print(
        f"\nNotice: through {layers} layers of sigmoids {lost:.0e} of the gradient is left for "
        f"layer 1, through ReLU {kept:.2f} of it. Trained, the one is right on "
        f"{accuracy['sigmoid']:.3f} of the rows, the other on {accuracy['ReLU, He']:.3f}. Steps of "
        f"{RATES[1]} in place of {RATES[0]} raise the share of dead units from {dead[0]:.0f} % to "
        f"{dead[1]:.0f} %."
    )


def shares(flow):
    """Give each layer's gradient as a share of the output layer's."""
    gradient = flow.frame["z_gradient"].to_numpy()
    return gradient / gradient[-1]


def _draw(flows, dying, folder):
    fig, (left, right) = figure(1, 2, size=(11, 4.8), width_ratios=(3, 2))
    for name, flow in flows.items():
        colour, dash, marker = NETS[name][-1]
        left.semilogy(flow.frame["layer"], shares(flow), color=colour, linestyle=dash,
                      marker=marker, markersize=4, label=name)  # fmt: skip
    left.xaxis.get_major_locator().set_params(integer=True)
    left.set_xlabel("layer, the output last")
    left.set_ylabel("norm of ∂L/∂z, in those of the output layer")
    left.legend(edgecolor="none", framealpha=0.9, fontsize="small")
    looks = (("#0072B2", None), ("#D55E00", "//"))
    for i, (rate, (colour, hatch)) in enumerate(zip(RATES, looks, strict=True)):
        dead = 100 * dying[rate].frame["dead"][:2]
        bars = right.bar(np.arange(2) + 0.4 * i, dead, 0.36, color=colour, hatch=hatch,
                         edgecolor="white", label=f"learning rate {rate}")  # fmt: skip
        right.bar_label(bars, fmt="%.0f %%")
    right.set_xticks(np.arange(2) + 0.2, ["hidden 1", "hidden 2"])
    right.set_ylim(0, 108)
    right.set_ylabel("units that never fire (%), after 3 epochs")
    right.legend(edgecolor="none", loc="upper left")
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(folder / "gradient_flow.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
