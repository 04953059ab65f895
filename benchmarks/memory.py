"""What training leaves in memory, and what it takes at its peak; each scenario a fresh process.

    python -m benchmarks.memory [--runs 5] [--only growth,architectures,xla,thousand,repeated,peak]

Short fits of digits (300 rows, 3 epochs); resident memory as the system tells it. Slow peers are
run fewer times; the table says how many.
"""

import statistics
from functools import partial

from benchmarks import _bars, _child, _options, _peers, _plot, _report, _rounds

# Part: title, what the figure is in, and the function of _resident with its arguments by model.
SCENARIOS = {
    "growth": (
        "300 fits of 3 architectures and 3000 predictions, after the first 10 fits", "MB",
        {"mlpkit": ("growth",)},
    ),
    "architectures": (
        "50 fits of 50 architectures", "MB a fit", {"mlpkit": ("architectures", "auto")},
    ),
    "xla": (
        "50 fits of 50 architectures, jit_compile=True", "MB a fit",
        {"mlpkit": ("architectures", True)},
    ),
    "thousand": (
        "a random search: fits of 1 to 5 layers of 10 to 100 units", "MB a fit",
        {
            "mlpkit, 1000 fits": ("thousand", "auto"),
            "mlpkit, 40 fits, jit_compile=True": ("thousand", True),
        },
    ),
    "repeated": (
        "20 more fits of one architecture", "MB a fit",
        {name: ("repeated", name) for name in ("mlpkit", "scikit-learn", "skorch", "scikeras")},
    ),
    "peak": (
        "peak of a fit of 400,000 x 64 float64, beyond the table itself", "tables",
        {
            "mlpkit, early_stopping=False": ("peak", False),
            "mlpkit, early_stopping=True": ("peak", True),
        },
    ),
}  # fmt: skip
SLOW = {"skorch": 2, "scikeras": 2}  # rounds at most; they take half a minute each
COLUMNS = {
    "work": "title",
    "model": _report.model,
    "memory": lambda row: f"{_report.number(row['value'])} {row['unit']}",
    "runs": "runs",
    "bar": "bar",
    "": "verdict",
}


def main(argv=None):
    """Print the table and write it as JSON and a picture."""
    options = _options.read(__doc__, argv, parts=tuple(SCENARIOS))
    rows = []
    for part in options.only:
        rows += _measured(part, options)
    print(f"\n{_report.markdown(COLUMNS, rows)}\n\n{_bars.summary(rows)}")
    _report.write("memory", rows, options.out)
    panels = {}
    for row in rows:
        if row["unit"] == "MB a fit":
            panels.setdefault(row["title"], []).append((row["model"], row["value"]))
    path = _report.folder(options.out) / "memory.png"
    _plot.draw(path, panels, "left in memory", write=lambda mb: f"{_report.number(mb)} MB")


def _measured(part, options):
    title, unit, calls = SCENARIOS[part]
    if part == "repeated":
        calls = {name: calls[name] for name in _peers.present(calls)}
    print(f"{title}: {options.runs} rounds of {'; '.join(calls)}", flush=True)
    figures = _rounds.alternate(
        {
            name: partial(_child.fresh, f"benchmarks._resident:{scenario}", *more, options.quick)
            for name, (scenario, *more) in calls.items()
        },
        options.runs,
        at_most=SLOW,
    )
    rows = []
    for name, values in figures.items():
        value = statistics.median(values)
        rows.append(
            {
                "title": title, "work": part, "model": name, "runs": len(values), "value": value,
                "min": min(values), "max": max(values), "unit": unit,
                **_bars.judged("memory", part, name, {unit: value}),
            }
        )  # fmt: skip
    return rows


if __name__ == "__main__":
    main()
