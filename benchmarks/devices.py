"""Several replicas against a single device: are the weights the same, and what does a step cost?

    python -m benchmarks.devices [--runs 5] [--only parity,loop,workers,terms]

Logical CPU devices of a fresh process stand for GPUs, and two processes on this machine for two
machines: what is measured is that they agree, and what their common loop and exchanges cost.
"""

import statistics

from benchmarks import _bars, _child, _options, _report

PARTS = ("parity", "loop", "workers", "terms")
COLUMNS = {
    "work": "title",
    "figure": lambda row: f"{_written(row)} {row['unit']}".strip(),
    "bar": "bar",
    "": "verdict",
}
TITLES = {
    "parity": "weights of {} replicas against one, 5 tasks, 3 epochs, weighted rows: largest "
    "relative difference ({})",
    "loop": "the replicas' loop on one device against the single device's graph, {}",
    "workers": "weights of two workers, {}",
}


def main(argv=None):
    """Print the table and write it as JSON."""
    options = _options.read(__doc__, argv, parts=PARTS)
    rows = [row for part in options.only for row in globals()[f"_{part}"](options)]
    print(f"\n{_report.markdown(COLUMNS, rows)}\n\n{_bars.summary(rows)}")
    _report.write("devices", rows, options.out)


def _row(part, against, title, value, unit=""):
    judged = _bars.judged("devices", part, against, {unit or "relative": value})
    return {
        "title": title, "work": part, "model": against, "value": value, "unit": unit, **judged,
    }  # fmt: skip


def _written(row):
    return f"{row['value']:.1e}" if row["unit"] == "" else _report.number(row["value"])


def _parity(options):
    """Compare the weights of 2 and 4 replicas with those of a single device."""
    print("parity: each task on 1, 2 and 4 logical devices", flush=True)
    found = _child.fresh("benchmarks._replicas:parity", options.quick)
    return [
        _row("parity", f"{count} replicas", TITLES["parity"].format(count, dtype), value)
        for count, dtype, value in found
    ]


def _loop(options):
    """Time an epoch of the replicas' loop on one device, and of the single device's graph."""
    print(f"loop: {options.runs} rounds", flush=True)
    rows = []
    for name in ("digits", "housing", "wide"):
        alone, shared = _child.fresh("benchmarks._replicas:loop", name, options.runs, options.quick)
        ratio = statistics.median(shared) / statistics.median(alone)
        rows.append(_row("loop", name, TITLES["loop"].format(name), ratio, "x"))
    return rows


def _workers(options):
    """Compare the weights of two processes with each other and with two mirrored devices."""
    print("workers: two processes through the launcher", flush=True)
    between, mirrored = _child.fresh("benchmarks._replicas:workers", options.quick)
    return [
        _row("workers", "each other", TITLES["workers"].format("one against the other"), between),
        _row(
            "workers", "two mirrored devices",
            TITLES["workers"].format("against two mirrored devices"), mirrored,
        ),
    ]  # fmt: skip


def _terms(options):
    """Measure the terms of the model of docs/scaling.md."""
    print("terms: steps of growing batches, exchanges of growing networks", flush=True)
    found = _child.fresh("benchmarks._replicas:terms", options.quick)
    return [_row("terms", title, title, value, unit) for title, value, unit in found]


if __name__ == "__main__":
    main()
