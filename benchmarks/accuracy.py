"""The arena: mlpkit's estimators and every peer that is installed, on many tables, same splits.

    python -m benchmarks.accuracy [--data FOLDER] [--scores FILE] [--who mk_tabm,catboost]
    python -m benchmarks.accuracy --report --half reported --scores FILE --plot FILE
    python -m benchmarks.accuracy --duel mk_realmlp,realmlp --seeds 0 1 2

FOLDER holds tables and an INDEX.csv; without one, tables that scikit-learn ships and made ones are
taken. All run with their defaults. A run that stands in the scores is not run again, so that the
command goes on where it was stopped. Half of the tables, by the hash of their names, are those that
defaults were chosen on (`--half tuned`); the others (`--half reported`) are what is to be believed.
"""

import json

from benchmarks import _bars, _options, _report, _standings, _standings_plot, _tables
from benchmarks._arena import Homes, Scores, play
from benchmarks._arena_tables import HALVES, TASKS, tables
from benchmarks._contestants import CONTESTANTS, present

SINGLE = TASKS[:3]
# Of the reported half, in few rows: RealMLP in PyTorch takes minutes where there are many.
DUEL = (
    "titanic", "yeast_localization", "car_evaluation", "kr_vs_kp", "hpc_jobs", "nyc_taxi_fares",
    "cpu_activity", "california_housing",
)  # fmt: skip
QUICK = {"tables": ("wine", "diabetes"), "who": ("mk_mlp", "sk_mlp", "sk_linear"), "rows": 200}
BASES = ("catboost", "histgb")  # the first that is there, unless --base says another
COLUMNS = {
    "measure": "heading",
    "model": _report.model,
    "mean rank": "rank",
    "relative": "relative",
    "wins": "wins",
    "fit": lambda row: _seconds(row["fit"]),
    "one row": lambda row: _seconds(row["row"]),
    "10,000 rows": lambda row: _seconds(row["rows_10k"]),
    "failed": "failed",
}
BAR_COLUMNS = {
    "work": "work", "model": _report.model, "figure": lambda row: f"{row['figure']:.4g}",
    "bar": "bar", "": "verdict",
}  # fmt: skip
DUEL_COLUMNS = {
    "table": "data", "measure": "measure", "seeds": "seeds", "ours": "ours", "theirs": "theirs",
    "relative": "relative", "our fit": lambda row: _seconds(row.get("ours_s")),
    "their fit": lambda row: _seconds(row.get("theirs_s")), "times": "times",
}  # fmt: skip


def main(argv=None):
    """Run what is missing, print the tables and write them as JSON and a picture."""
    options = _read(argv)
    options.folder = None if options.quick else _tables.data_folder(options.data)
    chosen = tables(
        options.folder, tasks=options.tasks, only=options.only, which=options.half,
        max_features=options.max_features,
    )  # fmt: skip
    scores = Scores(options.scores)
    if not options.report:
        with Homes() as homes:
            play(chosen, present(options.who), scores, homes, options)
    frame = _selected(scores.frame(), chosen, options)
    if frame.empty:
        print("No runs to report.")
        return
    rows, bars = _duel(frame, options) if options.duel else _rank(frame, options)
    if not options.quick:
        print(f"\n{_report.markdown(BAR_COLUMNS, bars)}\n\n{_bars.summary(bars)}" if bars else "")
    _report.write("accuracy_duel" if options.duel else "accuracy", rows, options.out, bars=bars)


def _read(argv):
    names = {"type": lambda text: tuple(text.split(",")), "default": ()}
    options = _options.read(
        __doc__, argv, runs=None,
        add=[
            ("--data", {"help": "folder with tables and an INDEX.csv"}),
            ("--scores", {"help": "file of runs, read and added to (accuracy.jsonl in --out)"}),
            ("--who", {**names, "help": f"contestants: {', '.join(CONTESTANTS)}"}),
            ("--tasks", {**names, "default": SINGLE, "help": f"of {', '.join(TASKS)}"}),
            ("--half", {"choices": (*HALVES, "all"), "default": "all"}),
            ("--max-rows", {"type": int, "default": 8000}),
            ("--max-features", {"type": int, "default": 400}),
            ("--seeds", {"type": int, "nargs": "+", "help": "splits and random states (0)"}),
            ("--base", {"help": f"who is 1 ({', else '.join(BASES)})"}),
            ("--tag", {"default": "", "help": "put behind the names of mlpkit's estimators"}),
            ("--settings", {"type": json.loads, "help": "JSON: parameters of mlpkit's estimators"}),
            ("--report", {"action": "store_true", "help": "run nothing"}),
            ("--retry", {"action": "store_true", "help": "run again what has failed"}),
            ("--duel", {**names, "help": "two contestants to hold against each other"}),
            ("--plot", {"help": "PNG file (accuracy.png in --out)"}),
        ],
    )  # fmt: skip
    for name in (*options.who, *options.duel):
        if name not in CONTESTANTS and not options.report:
            raise SystemExit(f"--who must name {', '.join(CONTESTANTS)}. Got {name}.")
    if options.settings and not options.tag:
        raise SystemExit("--settings needs a --tag, which tells these runs from the defaults'.")
    if options.duel:
        if len(options.duel) != 2:
            raise SystemExit(f"--duel must name two. Got {', '.join(options.duel)}.")
        options.who, options.only = options.duel, options.only or DUEL
    options.seeds = options.seeds or ([0, 1, 2] if options.duel else [0])
    folder = _report.folder(options.out)
    options.scores = options.scores or folder / "accuracy.jsonl"
    if options.quick:
        _shrink(options, folder)
    return options


def _shrink(options, folder):
    """Make it a smoke test, which reads no scores and leaves none among the good ones."""
    options.only, options.max_rows = QUICK["tables"], QUICK["rows"]
    options.who = options.who or QUICK["who"]
    options.settings = options.settings or {"epochs": 2}
    options.scores = folder / "accuracy_quick.jsonl"
    options.scores.unlink(missing_ok=True)


def _selected(frame, chosen, options):
    """Keep the runs of the tables, contestants, rows and seeds that are asked for."""
    if frame.empty:
        return frame
    frame = frame[
        frame["data"].isin([table.name for table in chosen])
        & frame["seed"].isin(options.seeds)
        & (frame["max_rows"] == options.max_rows)
    ]
    if options.who:
        names = {*options.who, *(name + options.tag for name in options.who)}
        frame = frame[frame["who"].isin(names)]
    return frame


def _rank(frame, options):
    """Print the standings by each measure, and draw them; give all rows and those of the bars."""
    there = set(frame["who"])
    base = options.base or next((name for name in BASES if name in there), "")
    rows, bars, panels = [], [], {}
    for measure, (heading, *_) in _standings.MEASURES.items():
        found = _standings.standings(frame, measure, base)
        if not found:
            continue
        heading = f"{heading}, {found[0]['tables']} tables, relative to {_title(found[0]['base'])}"
        rows += [{"heading": heading, "model": _title(row["who"]), **row} for row in found]
        bars += _judged(frame, measure)
        panels[heading] = [(_title(row["who"]), row["fit"], row["relative"]) for row in found]
    print(f"\nHalf of the tables: {options.half}\n\n{_report.markdown(COLUMNS, rows)}")
    path = options.plot or _report.folder(options.out) / "accuracy.png"
    _standings_plot.draw(path, dict(list(panels.items())[:3]))
    return rows, bars


def _judged(frame, measure):
    """Hold everybody's figures by a measure against the bars, which have bases of their own."""
    rows = []
    for base in ("catboost", "sk_mlp"):
        for place, row in enumerate(_standings.standings(frame, measure, base), 1):
            if row["base"] != base:
                break
            figures = {f"{measure} vs {base}": ("x", row["relative"])}
            if base == "catboost":
                figures |= {
                    f"{measure} place": ("place", place), f"{measure} fit": ("s", row["fit"]),
                    f"{measure} one row": ("ms", row["row"] and row["row"] * 1e3),
                    f"{measure} 10,000 rows": ("s", row["rows_10k"]),
                }  # fmt: skip
            for work, (unit, figure) in figures.items():
                if figure is not None:
                    rows.append(_bar(work, row["who"], unit, figure))
    return [row for row in rows if row["verdict"]]


def _bar(work, who, unit, figure):
    judged = _bars.judged("accuracy", work, who, {unit: figure})
    return {"work": work, "model": _title(who), "figure": figure, **judged}


def _duel(frame, options):
    """Print two contestants table by table; give the rows and those of the bars."""
    ours, theirs = options.duel
    rows = _standings.duel(frame, ours + options.tag, theirs)
    if not rows:
        print("The two have no table in common.")
        return [], []
    print(f"\n{_title(ours)} against {_title(theirs)}\n\n{_report.markdown(DUEL_COLUMNS, rows)}")
    found = {"duel score": rows[-1]["relative"], "duel time": rows[-1]["times"]}
    bars = [_bar(work, ours, "x", figure) for work, figure in found.items()]
    return rows, [row for row in bars if row["verdict"]]


def _title(who):
    """Give a contestant's name for the reader, with its tag in brackets."""
    known = max((name for name in CONTESTANTS if who.startswith(name)), key=len, default=None)
    if known is None:
        return who
    tag = who.removeprefix(known).strip("_")
    return CONTESTANTS[known].title + (f" ({tag})" if tag else "")


def _seconds(value):
    return "" if value is None else _report.duration(value)


if __name__ == "__main__":
    main()
