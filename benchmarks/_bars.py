"""The bars: what each measured figure has to reach on two CPU cores, all in one place."""

from typing import NamedTuple


class Bar(NamedTuple):
    """A limit that a figure must reach, or not exceed."""

    relation: str
    limit: float
    unit: str = "x"

    def __str__(self):
        space = "" if self.unit == "x" else " "
        return f"{self.relation} {self.limit:g}{space}{self.unit}"

    def met(self, figure):
        """Tell whether `figure`, in the bar's unit, is good enough."""
        return figure >= self.limit if self.relation == ">=" else figure <= self.limit


def _faster(**limits):
    """Give bars on how many times faster than a peer mlpkit is, by the peer's short name."""
    names = {"keras": "keras fit", "torch": "torch loop", "sklearn": "scikit-learn"}
    return {names[peer]: Bar(">=", limit) for peer, limit in limits.items()}


STEP_OVER_FLOOR = Bar("<=", 2.5)
FASTER_THAN_PREDICT = Bar(">=", 1.5)
NOT_SLOWER = Bar(">=", 1)

SAME_WEIGHTS = Bar("<=", 1e-5, "relative")


def _arena(measure, relative, place):
    """Give the bars of TabM by a measure of the arena: relative to CatBoost, place, and times."""
    return {
        f"{measure} vs catboost": {"mk_tabm": Bar("<=", relative)},
        f"{measure} vs sk_mlp": {"mk_mlp_raw": Bar("<=", 0.95)},
        f"{measure} place": {"mk_tabm": Bar("<=", place, "place")},
        f"{measure} fit": {"mk_tabm": Bar("<=", 12, "s")},
        f"{measure} one row": {"mk_tabm": Bar("<=", 1, "ms")},
        f"{measure} 10,000 rows": {"mk_tabm": Bar("<=", 0.5, "s")},
    }


# Benchmark, work and whom or what the figure is held against.
BARS = {
    "training": {
        "digits": {**_faster(keras=25, torch=8, sklearn=4), "floor": STEP_OVER_FLOOR},
        "fashion": {**_faster(keras=4, torch=2, sklearn=5), "floor": STEP_OVER_FLOOR},
        "housing": {**_faster(keras=35, torch=15, sklearn=8), "floor": STEP_OVER_FLOOR},
        "wide": {**_faster(keras=1.8, torch=1.3, sklearn=1.5), "floor": STEP_OVER_FLOOR},
        "first": {"keras fit": Bar(">=", 3), "scikit-learn": Bar("<=", 0.5, "s later")},
    },
    "prediction": {
        "row": {"scikit-learn": NOT_SLOWER, "keras predict": Bar(">=", 200)},
        "table32": {"scikit-learn": NOT_SLOWER, "keras predict": FASTER_THAN_PREDICT},
        "table64": {"scikit-learn": NOT_SLOWER, "keras predict": FASTER_THAN_PREDICT},
        "unpickled": {"import sklearn.neural_network": Bar("<=", 0.5, "s later")},
    },
    "search": {"digits": {"scikit-learn": Bar(">=", 3), "scikeras": Bar(">=", 25)}},
    "memory": {
        "growth": {"mlpkit": Bar("<=", 30, "MB")},
        "architectures": {"mlpkit": Bar("<=", 1, "MB a fit")},
        "xla": {"mlpkit": Bar("<=", 5, "MB a fit")},
    },
    "devices": {
        "parity": {"2 replicas": SAME_WEIGHTS, "4 replicas": SAME_WEIGHTS},
        "loop": dict.fromkeys(("digits", "housing", "wide"), Bar("<=", 2)),
        "workers": {"each other": Bar("<=", 0, "relative"), "two mirrored devices": SAME_WEIGHTS},
    },
    "survival": {
        "killed": {"mlpkit": Bar("<=", 0, "wrong")},
        "workers": {"mlpkit": Bar("<=", 0, "wrong")},
        "damaged": {"mlpkit": Bar("<=", 0, "wrong")},
    },
    "accuracy": {
        **_arena("error", 0.95, 1),
        **_arena("logloss", 0.97, 1),
        **_arena("nrmse", 0.98, 2),
        "duel score": {"mk_realmlp": Bar("<=", 1.01)},
        "duel time": {"mk_realmlp": Bar("<=", 0.25)},
    },  # fmt: skip
    "housing": {"rmse": {"mk_tabm": Bar("<=", 0.445, "RMSE")}},
    "streams": {kind: {"mlpkit": Bar("<=", 1500, "MB")} for kind in ("csv", "parquet")},
}


def judged(benchmark, work, against, figures):
    """Hold the figure that a bar speaks of against it.

    Parameters
    ----------
    benchmark, work, against : str
        Which bar.
    figures : dict of str to float
        By unit; the bar picks its own.

    Returns
    -------
    dict
        `bar` and `verdict` ("met" or "missed"), both empty where there is no bar.
    """
    bar = BARS.get(benchmark, {}).get(work, {}).get(against)
    if bar is None:
        return {"bar": "", "verdict": ""}
    return {"bar": str(bar), "verdict": "met" if bar.met(figures[bar.unit]) else "missed"}


def summary(rows):
    """Give one line that counts the bars met, and names those missed."""
    missed = [f"{row['work']} / {row['model']}" for row in rows if row["verdict"] == "missed"]
    met = sum(row["verdict"] == "met" for row in rows)
    names = f": {'; '.join(missed)}" if missed else ""
    return f"Bars met: {met} of {met + len(missed)}. Missed: {len(missed)}{names}"
