"""Alternating runs: each round runs everybody once, so that a noisy minute is everybody's."""

import contextlib
import statistics
import time
from functools import partial

from benchmarks import _bars
from benchmarks._child import ChildFailed, Worker

OURS = "mlpkit"
PAUSE = 0.1  # seconds before each run: the threads of the one before spin on for a while


def seconds_of(call):
    """Give the seconds that one call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def alternate(tasks, runs, *, at_most=None):
    """Measure several things in turn, round after round.

    Each round begins with another one, so that nobody always runs after the same neighbour.

    Parameters
    ----------
    tasks : dict of str to callable
        Name to what gives one figure (seconds, mostly).
    runs : int
        Number of rounds.
    at_most : dict of str to int, default=None
        Fewer rounds for those that are slow.

    Returns
    -------
    dict of str to list
        The figures of each, in the order of `tasks`. A peer whose process fails is left out with
        a printed line; mlpkit may not fail.

    Raises
    ------
    ChildFailed
        When mlpkit's process fails.
    """
    names, figures = list(tasks), {name: [] for name in tasks}
    for run in range(runs):
        first = run % len(names)
        for name in names[first:] + names[:first]:
            if name not in figures or len(figures[name]) >= (at_most or {}).get(name, runs):
                continue
            time.sleep(PAUSE)
            try:
                figures[name].append(tasks[name]())
            except ChildFailed as error:
                if name == OURS:
                    raise
                del figures[name]
                print(f"{name} is left out: {error}")
    return figures


@contextlib.contextmanager
def workers(homes):
    """Start the processes that `homes` names, and end them with the block.

    Parameters
    ----------
    homes : iterable of str
        Names, of which equal ones are one process.

    Yields
    ------
    dict of str to Worker
    """
    with contextlib.ExitStack() as stack:
        yield {home: stack.enter_context(Worker()) for home in dict.fromkeys(homes)}


def prepared(module, models, running, *arguments):
    """Let each model's process get ready, and give the calls to alternate.

    Parameters
    ----------
    module : str
        The benchmark, with a function ``prepare(model, *arguments)`` and a function ``run(model)``,
        which gives one figure.
    models : dict of str to str
        Model to the name of its process.
    running : dict of str to Worker
        The processes, from `workers`.
    *arguments : object
        Further arguments of `prepare`.

    Returns
    -------
    dict of str to callable
        A peer whose preparation fails is left out with a printed line.

    Raises
    ------
    ChildFailed
        When mlpkit's preparation fails.
    """
    calls = {}
    for model, home in models.items():
        try:
            running[home].call(f"{module}:prepare", model, *arguments)
        except ChildFailed as error:
            if model == OURS:
                raise
            print(f"{model} is left out: {error}")
            continue
        calls[model] = partial(running[home].call, f"{module}:run", model)
    return calls


def compared(benchmark, work, figures):
    """Give a table's rows: medians, and how many times as long as mlpkit each one takes.

    Parameters
    ----------
    benchmark, work : str
        What was measured; they find the bars.
    figures : dict of str to list of float
        Seconds by name, as `alternate` gives them; mlpkit among them.

    Returns
    -------
    list of dict
        `work`, `model`, `runs`, `seconds` (median), `min`, `max`, `ratio` (quotient of the medians,
        None for mlpkit itself), `seconds_later` (by how much mlpkit is), `bar` and `verdict`.
    """
    ours = statistics.median(figures[OURS])
    rows = []
    for name, seconds in figures.items():
        median = statistics.median(seconds)
        ratio = None if name == OURS else median / ours
        later = None if name == OURS else ours - median
        judged = _bars.judged(benchmark, work, name, {"x": ratio, "s later": later})
        rows.append(
            {
                "work": work, "model": name, "runs": len(seconds), "seconds": median,
                "min": min(seconds), "max": max(seconds), "ratio": ratio,
                "seconds_later": later, **judged,
            }
        )  # fmt: skip
    return rows
