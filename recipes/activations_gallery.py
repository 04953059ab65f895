"""All activation functions side by side, with their derivatives and what each is good for.

    python recipes/activations_gallery.py

An activation bends what a layer's sums are, and its derivative is the factor by which a gradient
passes back through it. A step has no slope at all, so the first neurons could not learn by
gradients. The sigmoid has one, but at most 1/4, and through many layers of it a gradient shrinks to
nothing; tanh does better, its derivative reaches 1. ReLU passes a gradient whole or not at all: a
unit that is below 0 on every row is dead, and its leaky relatives are there for that. What a
network has inside is a choice, what it has at the end follows from the target: any number, a
positive one, a probability.

Prints the catalogue, and writes it as activations.csv with activations.png and steps.png.
"""

import sys

import numpy as np
import pandas as pd

from mlpkit import activations
from mlpkit.plots import plot_activations, plot_step_functions

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

FILES = ["activations.csv", "activations.png", "steps.png"]
LAYERS = 10


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_activations_gallery, argv)


def _activations_gallery(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("activations_gallery")
    parser.add_quick("changes nothing: the functions are quick to draw")
    options = parser.parse_args(argv)
    table = catalogue()
    with staged(options.out) as folder:
        print(table[["activation", "range", "saturates", "largest derivative", "initializer"]]
              .to_string(index=False))  # fmt: skip
        _say_what_to_notice(table)
        table.to_csv(folder / "activations.csv", index=False)
        plot_activations().savefig(folder / "activations.png", dpi=110)
        steps, axes = figure(1, 2, size=(8, 3.2))
        plot_step_functions(ax=axes)
        steps.savefig(folder / "steps.png", dpi=150)
    say_written(options.out, FILES)


def catalogue():
    """Give the whole catalogue as a table, a row an activation."""
    z = np.linspace(-10, 10, 20_001)
    rows = []
    for name in activations.names():
        entry = activations.get(name)
        slope = entry.derivative(z) if entry.elementwise else None
        low, high = entry.range
        rows.append(
            {
                "activation": name,
                "range": f"{low:.3g} to {high:.3g}",
                "saturates": entry.saturates,
                # That of exp grows without end; a Jacobian is no single number.
                "largest derivative": slope.max() if slope is not None else np.nan,
                "initializer": entry.initializer,
                "formula": entry.formula,
                "strengths": entry.strengths,
                "weaknesses": entry.weaknesses,
            }
        )
    return pd.DataFrame(rows)


def _say_what_to_notice(table):
    largest = table.set_index("activation")["largest derivative"]
    through = {name: largest[name] ** LAYERS for name in ("sigmoid", "tanh", "relu")}
    print(
        f"\nNotice: a gradient that passes {LAYERS} layers is multiplied by at most "
        f"{through['sigmoid']:.1e} in sigmoids, {through['tanh']:.3g} in tanh and "
        f"{through['relu']:.3g} in ReLU; the steps' derivative is {largest['heaviside']:.0f}."
    )
    flat = table.loc[table["saturates"] == "no", "activation"]
    print(f"Never flat at large |z|: {', '.join(flat)}.")


if __name__ == "__main__":
    sys.exit(main())
