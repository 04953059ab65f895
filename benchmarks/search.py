"""How long a grid search takes: digits, 4 learning rates x 5 folds, compilation included.

    python -m benchmarks.search [--runs 5] [--only mlpkit,scikit-learn,skorch,scikeras]

20 epochs, one layer of 100, batches of 32; the same folds for all, no refit, one search a fresh
process, with its library loaded before the clock starts. Slow peers are run fewer times; the table
says how many.
"""

import importlib
import statistics
from functools import partial

from benchmarks import _bars, _child, _options, _peers, _plot, _report, _rounds
from benchmarks._nets import find

MODELS = ("mlpkit", "scikit-learn", "skorch", "scikeras")
SLOW = {"skorch": 3, "scikeras": 2}  # rounds at most; scikeras takes a minute a search
RATES = (3e-4, 1e-3, 3e-3, 1e-2)
FOLDS = 5
PARAMETER = {
    "mlpkit": "learning_rate",
    "scikit-learn": "learning_rate_init",
    "skorch": "lr",
    "scikeras": "optimizer__learning_rate",
}
# TensorFlow and PyTorch in one process end in a crash with some of their versions.
LIBRARY = {
    "mlpkit": "mlpkit.backend",
    "scikit-learn": "sklearn.neural_network",
    "skorch": "skorch",
    "scikeras": "mlpkit.backend",
}
TITLE = f"digits, {len(RATES)} learning rates x {FOLDS} folds, 20 epochs"
COLUMNS = {
    "model": _report.model,
    "seconds": "seconds",
    "searches": "runs",
    "times as long as mlpkit": _report.times,
    "best accuracy": "accuracy",
    "programs compiled": "programs",
    "bar": "bar",
    "": "verdict",
}


def main(argv=None):
    """Print the table and write it as JSON and a picture."""
    options = _options.read(__doc__, argv, parts=MODELS)
    models = _peers.present(name for name in MODELS if name in {"mlpkit", *options.only})
    print(f"{TITLE}: {options.runs} rounds of {'; '.join(models)}", flush=True)
    found = {model: [] for model in models}

    def seconds(model):
        found[model].append(_child.fresh("benchmarks.search:search", model, options.quick))
        return found[model][-1]["seconds"]

    calls = {model: partial(seconds, model) for model in models}
    figures = _rounds.alternate(calls, options.runs, at_most=SLOW)
    rows = _rounds.compared("search", "digits", figures)
    for row in rows:
        row["accuracy"] = statistics.median(one["accuracy"] for one in found[row["model"]])
        row["programs"] = found[row["model"]][-1]["programs"]
    print(f"\n{_report.markdown(COLUMNS, rows)}\n\n{_bars.summary(rows)}")
    _report.write("search", rows, options.out)
    panels = {TITLE: [(row["model"], row["seconds"]) for row in rows]}
    _plot.draw(_report.folder(options.out) / "search.png", panels, "a grid search")


def search(model, quick):
    """Search in this process and give seconds, the best accuracy and how often mlpkit compiled.

    Returns
    -------
    dict
        `seconds`, `accuracy` (mean over folds of the best learning rate) and `programs` (None
        for the peers, and where mlpkit does not count).
    """
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    importlib.import_module(LIBRARY[model])
    net = find("digits", quick)
    X, y = net.data()
    grid = {PARAMETER[model]: list(RATES[:2] if quick else RATES)}
    # Named, since scikeras does not tell current scikit-learn that it is a classifier.
    folds = StratifiedKFold(2 if quick else FOLDS)
    searching = GridSearchCV(
        _estimator(model, net), grid, cv=folds, refit=False, error_score="raise"
    )
    fit = partial(_peers.silent_fit, searching, X, y)
    seconds = _rounds.seconds_of(fit)
    accuracy = float(searching.cv_results_["mean_test_score"].max())
    return {"seconds": seconds, "accuracy": accuracy, "programs": _programs(model)}


def _estimator(model, net):
    make = {
        "mlpkit": _peers.mlpkit_estimator,
        "scikit-learn": _peers.sklearn_estimator,
        "skorch": _peers.skorch_estimator,
        "scikeras": partial(_peers.scikeras_estimator, random_state=0),
    }
    return make[model](net)


def _programs(model):
    """Give how many programs mlpkit compiled, if it counts them."""
    if model != "mlpkit":
        return None
    from mlpkit import training

    count = getattr(training, "cache_info", None)
    return count().misses if count else None


if __name__ == "__main__":
    main()
