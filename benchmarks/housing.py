"""California housing, the table of the papers: RMSE and seconds of everybody on one known split.

    python -m benchmarks.housing --data california_housing.csv.gz [--who mk_tabm,catboost]

scikit-learn's eight features and its target in 100,000 dollars, 80/20 with `random_state=42`, as
the published figures have it. FILE holds these columns, or those of Géron's housing.csv, from which
they are derived. Géron's file has no bedrooms in 207 districts: the median of the training rows
fills AveBedrms there, for everybody. Without --data scikit-learn downloads its own table, in which
none is missing.
"""

import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split

from benchmarks import _bars, _contestants, _options, _report
from benchmarks._arena import Homes
from benchmarks._child import ChildFailed

WHO = (
    "mk_tabm", "mk_realmlp", "mk_mlp_raw", "catboost", "lgbm", "xgb", "histgb", "realmlp", "tabm",
    "sk_mlp",
)  # fmt: skip
COLUMNS = {
    "model": _report.model,
    "test RMSE": lambda row: f"{row['rmse']:.4f}",
    "min": lambda row: f"{row['min']:.4f}",
    "max": lambda row: f"{row['max']:.4f}",
    "seconds a fit": "seconds",
    "bar": "bar",
    "": "verdict",
}


def main(argv=None):
    """Print the table, a line as soon as it is measured, and write it as JSON."""
    names = {"type": lambda text: tuple(text.split(",")), "default": WHO}
    options = _options.read(
        __doc__, argv, runs=1,
        add=[
            ("--data", {"help": "file with the table; else scikit-learn downloads it"}),
            ("--who", {**names, "help": f"contestants: {', '.join(WHO)}"}),
        ],
    )  # fmt: skip
    unknown = [name for name in options.who if name not in _contestants.CONTESTANTS]
    if unknown:
        raise SystemExit(f"--who must name {', '.join(WHO)}. Got {', '.join(unknown)}.")
    data = str(Path(options.data).resolve()) if options.data else None
    rows = []
    with Homes() as homes:
        for name in _contestants.present(options.who):
            package = _contestants.CONTESTANTS[name].package
            arguments = (name, data, options.runs, options.quick)
            try:
                found = homes.call(package, "benchmarks.housing:measured", *arguments)
            except ChildFailed as error:
                print(f"{name} is left out: {error}")
                continue
            judged = _bars.judged("housing", "rmse", name, {"RMSE": found["rmse"]})
            title = _contestants.CONTESTANTS[name].title
            rows.append({"work": "rmse", "model": title, **found, **judged})
            print(f"{title:<36}{found['rmse']:.4f}  {found['seconds']:.1f} s", flush=True)
    print(f"\n{_report.markdown(COLUMNS, rows)}\n\n{_bars.summary(rows)}")
    _report.write("housing", rows, options.out)


def measured(name, data, runs, quick):
    """Fit a contestant with as many seeds as `runs` says; give median RMSE and seconds.

    Parameters
    ----------
    name : str
        Of `_contestants.CONTESTANTS`.
    data : str or None
        File; None for scikit-learn's download.
    runs : int
        Seeds 0, 1, ...; the split is the same for all.
    quick : bool
        A few made rows, and two epochs of mlpkit's.

    Returns
    -------
    dict
        `rmse` and `seconds` (medians), `min` and `max` of the RMSE, `rows`.
    """
    X_train, X_test, y_train, y_test = train_test_split(
        *(_tiny() if quick else _table(data)), test_size=0.2, random_state=42
    )
    medians = X_train.median()
    X_train, X_test = X_train.fillna(medians), X_test.fillna(medians)
    ours = _contestants.CONTESTANTS[name].package == "mlpkit"
    if ours:
        import mlpkit.backend  # noqa: F401, loaded before the clock starts, as the peers' are
    errors, seconds = [], []
    for seed in range(runs):
        settings = {"epochs": 2} if quick and ours else None
        model = _contestants.make(name, "regression", seed=seed, settings=settings)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # convergence and the like: not what is asked here
            began = time.perf_counter()
            model.fit(X_train, y_train)
            seconds.append(time.perf_counter() - began)
            residuals = np.reshape(model.predict(X_test), -1) - y_test
        errors.append(float(np.sqrt(np.mean(residuals**2))))
    return {
        "rmse": float(np.median(errors)), "min": min(errors), "max": max(errors),
        "seconds": float(np.median(seconds)), "rows": len(X_train),
    }  # fmt: skip


def _table(data):
    from recipes.california_housing import FEATURES, TARGET, load

    table = load(data and Path(data))
    return table[FEATURES].astype("float32"), table[TARGET].to_numpy()


def _tiny():
    import pandas as pd

    X, y = make_friedman1(200, random_state=0)
    return pd.DataFrame(X).add_prefix("x"), y


if __name__ == "__main__":
    main()
