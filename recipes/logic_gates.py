"""Logic by neurons that are on or off: identity, AND, OR, AND NOT, and any proposition of yours.

    python recipes/logic_gates.py
    python recipes/logic_gates.py --expression "(A and not B) or (B and not A)"

McCulloch and Pitts' neuron of 1943 has binary inputs and a binary output. It fires when at least
two of its excitatory inputs are active, and never while an inhibitory one is. Wired twice, a single
input fires it alone: that is identity, and with two such inputs OR; wired once each, AND. Since an
inhibitory input is NOT, and an input that is always on fires what nothing else does, every
proposition of logic is a network of these neurons. Nobody trained them: the wiring is the
knowledge, and learning it from examples had to wait for the Perceptron.

Prints the truth tables, and writes them as truth_table.csv, with the wiring in wiring.png.
"""

import sys

from mlpkit.neurons import PROPOSITIONS, compile_proposition
from mlpkit.neurons.mcculloch_pitts import ALWAYS_ON

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

EXPRESSION = "(A and not B) or C"
BLUE, ORANGE = "#0072B2", "#D55E00"


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_logic_gates, argv)


def _logic_gates(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--expression", default=EXPRESSION, help="default: %(default)s")
    parser.add_out("logic_gates")
    parser.add_quick("changes nothing: truth tables take no time")
    options = parser.parse_args(argv)
    network = compile_proposition(options.expression)
    with staged(options.out) as folder:
        for text, gate in PROPOSITIONS.items():
            print(f"{text}: {gate}\n{gate.truth_table().to_string(index=False)}\n")
        table = network.truth_table()
        n = len(network.neurons)
        print(f"{options.expression}, by {n} neuron{'s' * (n > 1)}:\n{network}")
        print(table.to_string(index=False))
        true = int(table.iloc[:, -1].sum())
        print(f"\nNotice: {true} of {len(table)} rows are true, and no weight was learnt.")
        table.to_csv(folder / "truth_table.csv", index=False)
        _draw(network, options.expression, folder)
    say_written(options.out, ["truth_table.csv", "wiring.png"])


def levels(network):
    """Give the column of each input and neuron: one further than what it is fed by."""
    level = dict.fromkeys((*network.inputs, ALWAYS_ON), 0)
    for neuron in network.neurons:
        level[neuron.name] = 1 + max(level[n] for n in (*neuron.excitatory, *neuron.inhibitory))
    used = {n for neuron in network.neurons for n in (*neuron.excitatory, *neuron.inhibitory)}
    return {name: at for name, at in level.items() if name != ALWAYS_ON or name in used}


def places(network):
    """Give x and y of each input and neuron, a column a level."""
    columns = {}
    for name, level in levels(network).items():
        columns.setdefault(level, []).append(name)
    return {
        name: (2.4 * level, (len(names) - 1) / 2 - row)
        for level, names in columns.items()
        for row, name in enumerate(names)
    }


def _draw(network, expression, folder):
    place = places(network)
    width = 2.2 + 1.7 * max(x for x, _ in place.values()) / 2.4
    height = 1.6 + 0.9 * (max(y for _, y in place.values()) * 2 + 1)
    fig, ax = figure(size=(max(width, 5.6), height))
    for neuron in network.neurons:
        for name in dict.fromkeys(neuron.excitatory):
            twice = neuron.excitatory.count(name) > 1
            _wire(ax, place[name], place[neuron.name], BLUE, "-|>", 3.4 if twice else 1.4)
        for name in neuron.inhibitory:
            _wire(ax, place[name], place[neuron.name], ORANGE, "|-|", 1.6, (0, (3, 1.5)))
    for name, (x, y) in place.items():
        shape = "circle,pad=0.35" if name not in network.inputs else "round,pad=0.35"
        ax.text(x, y, name, ha="center", va="center", zorder=3,
                bbox={"boxstyle": shape, "facecolor": "white", "edgecolor": "black"})  # fmt: skip
    for width, dash, colour, text in (
        (1.4, "-", BLUE, "excites"),
        (3.4, "-", BLUE, "excites, wired twice"),
        (1.6, (0, (3, 1.5)), ORANGE, "inhibits"),
    ):
        ax.plot([], [], color=colour, linewidth=width, linestyle=dash, label=text)
    fig.legend(loc="outside lower center", ncols=3, frameon=False, fontsize="small")
    ax.set_title(expression, fontsize="medium")
    across, up = zip(*place.values(), strict=True)
    beside = max(0.7, 0.075 * max(map(len, network.inputs)))  # room for a long name
    ax.set_xlim(min(across) - beside, max(across) + 0.9)
    ax.set_ylim(min(up) - 0.7, max(up) + 0.7)
    ax.axis("off")
    fig.savefig(folder / "wiring.png", dpi=150)


def _wire(ax, start, end, colour, arrow, width, dash="-"):
    style = f"{arrow},widthA=0,widthB=0.5" if arrow == "|-|" else arrow
    ax.annotate("", end, start, arrowprops={
        "arrowstyle": style, "color": colour, "linewidth": width, "linestyle": dash,
        "shrinkA": 14, "shrinkB": 17,
    })  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
