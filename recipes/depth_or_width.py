"""More hidden layers do not always help: scores over depth and width, on handwritten digits.

    python recipes/depth_or_width.py

How many layers and how many units is nothing a formula tells: they are hyperparameters, and the
book's tables give ranges, 1 to 5 layers of 10 to 100 units. One layer is enough for many tables;
more layers make features of features, and are harder to train. Here every combination is scored by
cross-validation, as rows held back see it. Training rows are met the better the larger the network;
held-out rows are not, and wider layers pay before deeper ones do. The curves are a search by hand:
recipes/tune.py does it with less work.

Prints the table, and writes scores.csv and depth_or_width.png.
"""

import itertools
import sys

import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, cross_validate

from mlpkit.comparison.progress import bar
from mlpkit.estimators import MLPClassifier
from mlpkit.plots import plot_validation_curve

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

FULL = {"depths": (1, 2, 3, 4, 5), "widths": (10, 30, 100), "folds": 5, "epochs": 40, "rows": None}
QUICK = {"depths": (1, 5), "widths": (10, 100), "folds": 2, "epochs": 10, "rows": 500}


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_depth_or_width, argv)


def _depth_or_width(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("depth_or_width")
    parser.add_quick("four networks, 500 rows, two folds, few epochs")
    options = parser.parse_args(argv)
    with staged(options.out) as folder:
        table = scores(**(QUICK if options.quick else FULL))
        means = table.pivot_table(index="depth", columns="width", values="test_score")
        print(f"accuracy of held-out rows\n{means.to_string(float_format='{:.3f}'.format)}")
        _say_what_to_notice(table)
        table.to_csv(folder / "scores.csv", index=False)
        fig, ax = figure(size=(7, 4.6))
        plot_validation_curve(
            table, x="depth", lines="width", train_score="train_score", xlabel="hidden layers",
            ylabel="accuracy", ax=ax,
        )  # fmt: skip
        fig.savefig(folder / "depth_or_width.png", dpi=150)
    say_written(options.out, ["depth_or_width.png", "scores.csv"])


def scores(depths, widths, folds, epochs, rows):
    """Give a row for each network and fold, with the scores of training and held-out rows."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:rows], y[:rows]
    splits = StratifiedKFold(folds, shuffle=True, random_state=0)
    networks = list(itertools.product(depths, widths))
    report, tables = bar(), []
    for done, (depth, width) in enumerate(networks, start=1):
        model = MLPClassifier((width,) * depth, epochs=epochs, early_stopping=False, random_state=0)
        found = cross_validate(model, X, y, cv=splits, return_train_score=True)
        tables.append(pd.DataFrame(found)[["train_score", "test_score"]])
        tables[-1].insert(0, "depth", depth)
        tables[-1].insert(1, "width", width)
        tables[-1].insert(2, "fold", range(folds))
        report(done, len(networks), f"{depth} x {width}")
    return pd.concat(tables, ignore_index=True)


def _say_what_to_notice(table):
    means = table.groupby(["depth", "width"])["test_score"].mean()
    (depth, width), best = means.idxmax(), means.max()
    deepest = means.index.get_level_values("depth").max()
    narrow = means.index.get_level_values("width").min()
    print(
        f"\nNotice: {depth} layer{'s' if depth > 1 else ''} of {width}: the best, {best:.3f}; "
        f"{deepest} layers of {width} reach {means[deepest, width]:.3f}, and with {narrow} units "
        f"depth takes {means[1, narrow]:.3f} to {means[deepest, narrow]:.3f}."
    )


if __name__ == "__main__":
    sys.exit(main())
