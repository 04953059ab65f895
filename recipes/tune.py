"""A search over the ranges of the book's tables that gives most of its time to what does well.

    python recipes/tune.py

Grids waste work: most of their points differ in what does not matter. A random search draws each
hyperparameter for itself, so that a few dozen draws see as many values of the one that does matter.
Halving goes on from there: all candidates get a few epochs, the best third of them three times as
many, and so on, until one is left. Networks of one depth and activation share compiled programs,
whatever their width, rate or dropout, so that most fits start at once. The learning rate decides
first; then depth and width.

Prints the best parameters, and writes trials.csv and halving.png.
"""

import sys
import time

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import accuracy_score
from sklearn.model_selection import HalvingRandomSearchCV, train_test_split

from mlpkit.comparison.progress import bar
from mlpkit.estimators import MLPClassifier
from mlpkit.tuning import search_space

if __package__:
    from recipes._run import Parser, figure, run, say_written, staged
else:
    from _run import Parser, figure, run, say_written, staged

FULL = {"n_candidates": 27, "min_resources": 4, "max_resources": 108, "cv": 3}
QUICK = {"n_candidates": 4, "min_resources": 2, "max_resources": 6, "cv": 2}
SHOWN = ["hidden_layer_sizes", "activation", "learning_rate", "dropout", "l2"]


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_tune, argv)


def _tune(argv):
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_out("tune")
    parser.add_quick("four candidates, 600 rows, few epochs")
    options = parser.parse_args(argv)
    rows = 600 if options.quick else None
    X, y = (part[:rows] for part in load_digits(return_X_y=True))
    parts = train_test_split(X, y, test_size=0.2, random_state=0, stratify=y)
    with staged(options.out) as folder:
        began = time.perf_counter()
        search = searched(*parts[::2], **(QUICK if options.quick else FULL))
        _report(search, parts[1], parts[3], time.perf_counter() - began)
        table = trials(search)
        table.to_csv(folder / "trials.csv", index=False)
        _draw(table, folder)
    say_written(options.out, ["halving.png", "trials.csv"])


def searched(X, y, n_candidates, min_resources, max_resources, cv):
    """Give the finished search; its progress is shown on the way."""
    rungs = _rungs(n_candidates, min_resources, max_resources)
    score = _Counting(sum(rungs) * cv)
    search = HalvingRandomSearchCV(
        MLPClassifier(early_stopping=False, metrics=None, random_state=0),
        search_space("geron", "multiclass"),
        resource="epochs",
        n_candidates=n_candidates,
        min_resources=min_resources,
        max_resources=max_resources,
        factor=3,
        cv=cv,
        scoring=score,
        return_train_score=False,
        random_state=0,
    )
    return search.fit(X, y)


def _rungs(n_candidates, least, most):
    """Give how many candidates each round has: a third of the last one's."""
    rungs = [n_candidates]
    while rungs[-1] > 1 and least * 3 ** len(rungs) <= most:
        rungs.append(-(-rungs[-1] // 3))
    return rungs


class _Counting:
    """The accuracy as a scorer that moves a progress bar."""

    def __init__(self, total):
        self.total, self.done, self.report = total, 0, bar()

    def __call__(self, model, X, y):
        self.done += 1
        name = f"{model.epochs} epochs"
        self.report(min(self.done, self.total), max(self.done, self.total), name)
        return accuracy_score(y, model.predict(X))


def _report(search, X_test, y_test, seconds):
    from mlpkit.training import cache_info  # loads TensorFlow

    for name in SHOWN:
        value = search.best_params_[name]
        print(f"{name:>18}: {value:.3g}" if isinstance(value, float) else f"{name:>18}: {value}")
    fits = int(np.sum(np.array(search.n_candidates_))) * search.n_splits_
    epochs = sum(n * r for n, r in zip(search.n_candidates_, search.n_resources_, strict=True))
    programs = cache_info().misses
    full = search.n_candidates_[0] * search.n_resources_[-1]
    print(
        f"\nNotice: {fits} fits in {seconds:.1f} s, {programs} programs compiled for them; "
        f"{search.n_candidates_} candidates had {search.n_resources_} epochs, "
        f"{epochs / full:.0%} of what all would have taken to the end. Accuracy "
        f"{search.best_score_:.3f} in cross-validation, "
        f"{accuracy_score(y_test, search.predict(X_test)):.3f} on rows never searched on."
    )


def trials(search):
    """Give a row for each candidate and round: its parameters, epochs and score."""
    results = search.cv_results_
    table = pd.DataFrame({name: results[f"param_{name}"] for name in SHOWN})
    table["round"] = results["iter"]
    table["epochs"] = results["n_resources"]
    table["accuracy"] = results["mean_test_score"]
    table["candidate"] = table.groupby(SHOWN[1:]).ngroup()
    return table


def _draw(table, folder):
    fig, (left, right) = figure(1, 2, size=(11, 4.4))
    last = table.groupby("candidate")["round"].transform("max")
    for _, group in table.groupby("candidate"):
        won = last[group.index].iloc[0] == table["round"].max()
        left.plot(
            group["epochs"], group["accuracy"], marker="o", markersize=7 if won else 4,
            color="#D55E00" if won else "#0072B2", linewidth=2.4 if won else 0.9,
            alpha=1 if won else 0.6, zorder=3 if won else 2,
            label="the one that is left" if won else None,
        )  # fmt: skip
    epochs = np.unique(table["epochs"])
    left.set(xscale="log", xlabel="epochs of a candidate", ylabel="accuracy in cross-validation")
    left.set_xticks(epochs, [str(n) for n in epochs])
    left.minorticks_off()
    left.legend(edgecolor="none", framealpha=1, loc="lower right")
    first = table[table["round"] == 0]
    depth = first["hidden_layer_sizes"].map(len)
    dots = right.scatter(first["learning_rate"].astype(float), first["accuracy"], c=depth,
                         cmap="cividis", vmin=1, vmax=5, s=45, edgecolors="black")  # fmt: skip
    fig.colorbar(dots, ax=right, label="hidden layers", ticks=range(1, 6))
    right.set(xscale="log", xlabel="learning rate", ylabel="accuracy in the first round")
    for ax in (left, right):
        ax.grid(color="#D9D9D9", linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(folder / "halving.png", dpi=150)


if __name__ == "__main__":
    sys.exit(main())
