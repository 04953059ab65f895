"""Who stands where in the arena: mean ranks, geometric means relative to one of them, wins, times.

Only tables that all of those compared have finished count, each once: the mean of its seeds.
"""

import numpy as np
import pandas as pd

from benchmarks._arena_tables import CLASSES

# Measure: its heading, the kinds of target, its column, and the floor below which figures count as
# the floor, or one table that is nearly separable would outweigh all others.
MEASURES = {
    "error": ("class error", CLASSES, "error", 2e-3),
    "logloss": ("log loss", CLASSES, "logloss", 5e-3),
    "nrmse": ("RMSE", ("regression",), "nrmse", 2e-2),
    "labels": ("multilabel log loss", ("multilabel",), "logloss", 5e-3),
    "outputs": ("multi-output RMSE", ("multioutput",), "nrmse", 2e-2),
}
TIMES = {"fit_s": "fit", "row_s": "row", "rows_10k_s": "rows_10k"}


def table_of(frame, measure):
    """Give a measure's figures, a row a table and a column a contestant; the floor holds.

    Parameters
    ----------
    frame : DataFrame
        Runs, as `Scores.frame` gives them.
    measure : str
        A key of `MEASURES`.

    Returns
    -------
    DataFrame
        Tables that all contestants of this kind of target have finished.
    """
    _, tasks, column, floor = MEASURES[measure]
    runs = frame[frame["task"].isin(tasks)]
    if runs.empty or column not in runs:
        return pd.DataFrame()
    return _means(runs, column).dropna().clip(lower=floor)


def _means(runs, column):
    return runs.pivot_table(index="data", columns="who", values=column)


def standings(frame, measure, base):
    """Rank the contestants by a measure.

    Parameters
    ----------
    frame : DataFrame
        Runs.
    measure : str
        A key of `MEASURES`.
    base : str
        To whom the geometric means are relative; where it has no figures, to the first by name.

    Returns
    -------
    list of dict
        Best mean rank first: `who`, `base`, `rank`, `relative`, `wins` (tables where nobody is
        better), `fit`, `row` and `rows_10k` (median seconds, None where not measured), `tables`
        and `failed` (runs).
    """
    full = table_of(frame, measure)
    if full.empty:
        return []
    base = base if base in full else full.columns[0]
    runs = frame[frame["task"].isin(MEASURES[measure][1])]
    failed = runs[_failed(runs)]["who"].value_counts()
    relative = np.exp(np.log(full.div(full[base], axis=0)).mean())
    ranks, best = full.rank(axis=1).mean(), full.min(axis=1)
    return [
        {
            "who": who, "base": base, "rank": float(ranks[who]), "relative": float(relative[who]),
            "wins": int((full[who] == best).sum()), **_seconds(runs, full.index, who),
            "tables": len(full), "failed": int(failed.get(who, 0)),
        }
        for who in ranks.sort_values(kind="stable").index
    ]  # fmt: skip


def _failed(runs):
    return runs["failed"].notna() if "failed" in runs else np.zeros(len(runs), bool)


def _seconds(runs, names, who):
    runs = runs[(runs["who"] == who) & runs["data"].isin(names)]
    found = {}
    for column, name in TIMES.items():
        values = runs[column].dropna() if column in runs else pd.Series(dtype=float)
        found[name] = float(values.median()) if len(values) else None
    return found


def duel(frame, ours, theirs):
    """Hold two contestants against each other, table by table, on the seeds that both have run.

    Parameters
    ----------
    frame : DataFrame
        Runs.
    ours, theirs : str
        Contestants.

    Returns
    -------
    list of dict
        A row a table: `data`, `measure` ("error" or "nrmse"), `seeds`, `ours` and `theirs` (means),
        `relative`, `ours_s`, `theirs_s` (mean seconds of a fit) and `times` (their quotient); the
        last row, "geometric mean", has the two quotients alone, and "all" as its measure.
    """
    good = frame[~_failed(frame)]
    keys = ["data", "seed", "max_rows"]
    both = good[good["who"] == ours].merge(good[good["who"] == theirs], on=keys)
    rows = []
    for name, part in both.groupby("data", sort=False):
        measure = "error" if part["task_x"].iloc[0] in (*CLASSES, "multilabel") else "nrmse"
        floor = MEASURES[measure][3]
        scores = [part[measure + side].mean() for side in ("_x", "_y")]
        seconds = [part["fit_s" + side].mean() for side in ("_x", "_y")]
        rows.append(
            {
                "data": name, "measure": measure, "seeds": len(part),
                "ours": float(scores[0]), "theirs": float(scores[1]),
                "relative": float(max(scores[0], floor) / max(scores[1], floor)),
                "ours_s": float(seconds[0]), "theirs_s": float(seconds[1]),
                "times": float(seconds[0] / max(seconds[1], 0.01)),
            }
        )  # fmt: skip
    if rows:
        means = {
            key: float(np.exp(np.mean(np.log([max(row[key], 1e-4) for row in rows]))))
            for key in ("relative", "times")
        }
        rows.append({"data": "geometric mean", "measure": "all", **means})
    return rows
