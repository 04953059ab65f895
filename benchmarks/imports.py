"""How long importing takes, and what it loads: each a fresh Python, in turn.

python -m benchmarks.imports [--runs 5]
"""

import statistics
from functools import partial

from benchmarks import _child, _options, _peers, _plot, _report, _rounds

STATEMENTS = {
    "import mlpkit": "import mlpkit",
    "from mlpkit import MLPClassifier; MLPClassifier()": (
        "from mlpkit import MLPClassifier; MLPClassifier()"
    ),
    "import sklearn.neural_network": "import sklearn.neural_network",
    "import mlpkit.backend  (TensorFlow and Keras)": "import mlpkit.backend",
}
PEERS = {"keras": "import keras", "torch": "import torch", "skorch": "import skorch",
         "scikeras": "import scikeras.wrappers"}  # fmt: skip
COLUMNS = {
    "statement": lambda row: f"`{row['statement']}`",
    "seconds": "seconds",
    "TensorFlow loaded": "tensorflow",
}


def main(argv=None):
    """Print the table and write it as JSON and a picture."""
    options = _options.read(__doc__, argv, parts=("mlpkit", *PEERS))
    statements = dict(STATEMENTS) if "mlpkit" in options.only else {}
    for name in _peers.present(name for name in PEERS if name in options.only):
        statements[PEERS[name]] = PEERS[name]
    loaded = {}

    def seconds(name):
        took, loaded[name] = _child.fresh("benchmarks._child:timed", statements[name])
        return took

    figures = _rounds.alternate({name: partial(seconds, name) for name in statements}, options.runs)
    rows = [
        {
            "statement": name, "seconds": statistics.median(runs), "runs": len(runs),
            "min": min(runs), "max": max(runs), "tensorflow": loaded[name],
        }
        for name, runs in figures.items()
    ]  # fmt: skip
    print(f"\n{_report.markdown(COLUMNS, rows)}")
    _report.write("imports", rows, options.out)
    panels = {"in a fresh Python": [(row["statement"], row["seconds"]) for row in rows]}
    _plot.draw(_report.folder(options.out) / "imports.png", panels, "importing")


if __name__ == "__main__":
    main()
