"""A table as tables are, ages, categories, gaps and dates, straight into three classifiers.

    python recipes/adult_income.py
    python recipes/adult_income.py --data adult.csv

FILE holds people, one a row, and a column "income" with two values, such as the Adult table of the
1994 census; without it a table is made. The recipe shows first what `TabularEncoder` makes of each
column. mlpkit's classifiers encode by themselves, so that they are given the DataFrame. Boosting
by histograms takes gaps, but wants categories marked as such and dates as numbers, which is done
for it here. Then the three are asked whether they can be trusted: of the people to whom they give
70 %, do 70 % earn much? And what they make of one person, as she is, with a category that nobody
has seen, and with a gap.

Writes scores.csv, encoding.csv and reliability.png.
"""

import sys
import time

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from mlpkit import MLPClassifier, TabMClassifier, TabularEncoder
from mlpkit.plots import plot_calibration

if __package__:
    from recipes._people import people
    from recipes._run import BadInput, Parser, figure, named_path, run, say_written, staged
    from recipes._table import read_table, split_target
else:
    from _people import people
    from _run import BadInput, Parser, figure, named_path, run, say_written, staged
    from _table import read_table, split_target

TARGET = "income"
FULL = {"rows": 8000, "trees": {}, "settings": {}, "tabm": {}}
# So few epochs are quicker than their compilation by XLA would be.
QUICK = {
    "rows": 600,
    "trees": {"max_iter": 20},
    "settings": {"epochs": 4, "jit_compile": False},
    "tabm": {"n_estimators": 4, "hidden_layer_sizes": (32,)},
}
LEAST_ROWS = 100
MOST_LEVELS = 255  # that histogram boosting takes as a category
BINS = 10  # groups of people by their probability
FILES = ["encoding.csv", "reliability.png", "scores.csv"]


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_adult_income, argv)


def _adult_income(argv):
    options = _parser().parse_args(argv)
    size = QUICK if options.quick else FULL
    X, y = _load(options.data, size["rows"])
    parts = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
    with staged(options.out) as folder:
        print(f"training on {len(parts[0])} people, testing on {len(parts[1])}")
        encoding = TabularEncoder().fit(parts[0]).report()
        print(encoding.to_string(index=False))
        scores, probabilities, models = _compared(*parts, size)
        print(scores.to_string(index=False, float_format="{:.4g}".format))
        _notice(parts[0], encoding, scores, models)
        _one_person(parts[1], models)
        encoding.to_csv(folder / "encoding.csv", index=False)
        scores.to_csv(folder / "scores.csv", index=False)
        second = (parts[3] == models["mlpkit TabM"].classes_[1]).astype(int)
        fig, ax = figure(size=(6, 5.4))
        plot_calibration(second, probabilities, n_bins=BINS, ax=ax)
        ax.set_title(f"{len(second)} people that no model has met")
        fig.savefig(folder / "reliability.png", dpi=150)
    say_written(options.out, FILES)


def _parser():
    parser = Parser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--data",
        type=named_path,
        metavar="FILE",
        help=f"a .csv, .csv.gz or .parquet file with a column {TARGET!r}; default: a made table",
    )
    parser.add_out("adult_income")
    parser.add_quick("{rows} people, four epochs".format(**QUICK))
    return parser


def _load(path, rows):
    """Give at most so many rows of a file, or of a made table, and their incomes."""
    table = people(rows, seed=0) if path is None else read_table(path)
    if TARGET not in table.columns:
        raise BadInput(f"the table must have a column {TARGET!r}. Got {', '.join(table.columns)}.")
    X, y, _, _ = split_target(table, TARGET)
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) != 2 or counts.min() < 4:
        found = ", ".join(map(str, classes[:4])) + (", ..." if len(classes) > 4 else "")
        raise BadInput(f"{TARGET!r} must hold two values, each in 4 rows at least. Got {found}.")
    if len(X) < LEAST_ROWS:
        raise BadInput(f"the table must hold at least {LEAST_ROWS} people. Got {len(X)}.")
    kept = np.random.default_rng(0).permutation(len(X))[:rows]
    return X.iloc[kept].reset_index(drop=True), y[kept]


class ForTrees(TransformerMixin, BaseEstimator):
    """Tables as histogram boosting wants them: categories marked as such, dates as numbers."""

    def fit(self, X, y=None):
        """Find the levels of the categories; those that come up later count as missing."""
        texts = X.select_dtypes(["object", "string", "category"]).columns
        self.levels_ = {name: X[name].astype("category").cat.categories for name in texts}
        return self

    def transform(self, X):
        """Give such a table as a new DataFrame."""
        X = X.copy()
        for name, levels in self.levels_.items():
            column = (
                X[name]
                .astype(object)
                .where(X[name].isin(levels))
                .astype(pd.CategoricalDtype(levels))
            )
            X[name] = column.cat.codes if len(levels) > MOST_LEVELS else column
        for name in X.select_dtypes(["datetime", "datetimetz"]).columns:
            since = pd.to_datetime(X[name], utc=True) - pd.Timestamp(0, tz="UTC")
            X[name] = since / pd.Timedelta(days=1)
        return X


def _compared(X_train, X_test, y_train, y_test, size):
    """Fit the three; give their scores, their probabilities of the second class, and them."""
    trees = HistGradientBoostingClassifier(random_state=0, **size["trees"])
    models = {
        "histogram boosting": make_pipeline(ForTrees(), trees),
        "mlpkit MLP": MLPClassifier(random_state=0, **size["settings"]),
        "mlpkit TabM": TabMClassifier(random_state=0, **size["settings"], **size["tabm"]),
    }
    rows, probabilities = [], {}
    for name, model in models.items():
        began = time.perf_counter()
        model.fit(X_train, y_train)
        seconds = time.perf_counter() - began
        p = probabilities[name] = model.predict_proba(X_test)[:, 1]
        second = y_test == model.classes_[1]
        rows.append(
            {
                "model": name, "error": np.mean((p > 0.5) != second),
                "log_loss": log_loss(second, p), "off_by": off_by(second, p),
                "fit_seconds": seconds, "row_ms": _row_milliseconds(model, X_test[:1]),
            }
        )  # fmt: skip
    return pd.DataFrame(rows), probabilities, models


def _row_milliseconds(model, row):
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        model.predict_proba(row)
        taken.append(time.perf_counter() - began)
    return 1e3 * float(np.median(taken))


def off_by(came_true, p, bins=BINS):
    """Give by how much probabilities are off: |share that came true - mean probability|, averaged.

    Parameters
    ----------
    came_true : ndarray of shape (n_samples,)
        Zeros and ones.
    p : ndarray of shape (n_samples,)
        Probabilities, by which rows are put into groups of equal numbers.
    bins : int, default=10
        Groups.

    Returns
    -------
    float
        The mean over rows of their group's difference.
    """
    order = np.argsort(p, kind="stable")
    groups = np.array_split(order, bins)
    gaps = [abs(came_true[group].mean() - p[group].mean()) for group in groups if len(group)]
    return float(np.average(gaps, weights=[len(group) for group in groups if len(group)]))


def _notice(X, encoding, scores, models):
    gaps = X.isna().any()
    out = int(encoding["columns_out"].sum())
    print(
        f"Notice: {X.shape[1]} columns have become {out}, all numbers; {int(gaps.sum())} of them "
        "had gaps, and none had to be mended by hand."
    )
    named = scores.set_index("model")
    print(
        f"Notice: {named['log_loss'].idxmin()} has the lowest log loss; a fit takes "
        + ", ".join(f"{value:.1f} s ({name})" for name, value in named["fit_seconds"].items())
        + "."
    )
    print(
        "Notice: probabilities are off by "
        + ", ".join(f"{value:.1%} ({name})" for name, value in named["off_by"].items())
        + f"; TabM's temperature is {models['mlpkit TabM'].temperature_:.2f}."
    )


def _one_person(X, models):
    """Print a person of the test rows, and what the models make of that row, and of it changed."""
    person = X.iloc[[0]]
    told = (
        f"{name}={str(value).removesuffix(' 00:00:00')}" for name, value in person.iloc[0].items()
    )
    print(f"one person: {', '.join(told)}")
    changed = {"as in the table": person}
    texts = X.select_dtypes(["object", "string", "category"]).columns
    if len(texts):
        changed[f"{texts[0]} never seen before"] = person.assign(**{texts[0]: "never seen"})
    numbers = X.select_dtypes("number").columns
    if len(numbers):
        changed[f"{numbers[0]} missing"] = person.assign(**{numbers[0]: np.nan})
    table = pd.DataFrame(
        {
            what: {name: model.predict_proba(row)[0, 1] for name, model in models.items()}
            for what, row in changed.items()
        }
    ).T
    print(f"probability of {models['mlpkit TabM'].classes_[1]!r}:")
    print(table.to_string(float_format="{:.2f}".format))


if __name__ == "__main__":
    sys.exit(main())
