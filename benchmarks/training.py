"""How long training takes: mlpkit, its peers and the floor, on the same work in one run.

    python -m benchmarks.training [--runs 5] [--only digits,first] [--jit true]

Four networks, each peer warmed up; then "first": one fit of digits in a fresh process with
TensorFlow loaded, compilation included. The floor is the time of the step's matrix products alone.
"""

from functools import partial

from benchmarks import _bars, _child, _floor, _options, _peers, _plot, _report, _rounds
from benchmarks._nets import DIGITS, NETS, find

TRAINED = (
    "mlpkit", "keras fit", "keras fit, 32 steps an execution", "scikit-learn", "torch loop",
    "torch loop, fused Adam", "skorch",
)  # fmt: skip
FIRST = ("mlpkit", "keras fit", "scikit-learn")
JIT = {"auto": "auto", "true": True, "false": False}
COLUMNS = {
    "work": "title",
    "model": _report.model,
    "seconds": "seconds",
    "µs a step": "microseconds_a_step",
    "times as long as mlpkit": lambda row: _times(row),
    "bar": "bar",
    "": "verdict",
}
FLOOR_COLUMNS = {
    "net": "net", "product": "product", "shape": "shape", "times a step": "times",
    "µs": "microseconds", "GFLOP/s": "gflops", "by": "by",
}  # fmt: skip


def main(argv=None):
    """Print the tables and write them as JSON and pictures."""
    parts = (*(net.name for net in NETS), "first")
    jit = ("--jit", {"choices": JIT, "default": "auto", "help": "mlpkit's jit_compile (auto)"})
    options = _options.read(__doc__, argv, parts=parts, add=[jit])
    nets = [net.name for net in NETS if net.name in options.only]
    rows, floors = [], []
    if nets:
        models = _peers.present(TRAINED)
        with _rounds.workers(models.values()) as running:
            for name in nets:
                more, floor = _measured(find(name, options.quick), models, running, options)
                rows += more
                floors += floor
        print(f"\n{_report.markdown(FLOOR_COLUMNS, floors)}")
    if "first" in options.only:
        rows += _first(options.runs, options.quick)
    print(f"\n{_report.markdown(COLUMNS, rows)}\n\n{_bars.summary(rows)}")
    _report.write("training", rows, options.out, floor=floors, jit_compile=options.jit)
    _draw(rows, options.out)


_fits = {}  # in a worker: what is to be timed, by model


def prepare(model, name, quick, jit):
    """Get a model's fit ready in this process, and warm it up by one fit."""
    net = find(name, quick)
    X, y = net.data()
    _fits[model] = partial(_whole_fit(model, net, jit), X, y)
    _fits[model]()


def run(model):
    """Give the seconds of one fit of a model that is ready."""
    return _rounds.seconds_of(_fits[model])


def _whole_fit(model, net, jit):
    """Give the function of X and y that is one fit; a Keras model is built and compiled before."""
    if model == "mlpkit":
        return _peers.mlpkit_estimator(net, **_jit(jit)).fit
    if model == "scikit-learn":
        return partial(_peers.silent_fit, _peers.sklearn_estimator(net))
    if model == "skorch":
        estimator = _peers.skorch_estimator(net)
        return lambda X, y: estimator.fit(X, y if net.classes else y[:, None])
    if model.startswith("torch loop"):
        return partial(_peers.torch_loop, net, fused="fused" in model)
    return _keras_fit(net, 32 if "32" in model else 1)


def _jit(jit):
    return {} if jit == "auto" else {"jit_compile": JIT[jit]}


def _keras_fit(net, steps_per_execution=1):
    model = _peers.keras_model(net)
    model.steps_per_execution = steps_per_execution  # compile's argument of this name sets it
    return partial(model.fit, batch_size=net.batch, epochs=net.epochs, verbose=0)


def _measured(net, models, running, options):
    """Measure one network after a warm-up fit of each; give its rows, and those of its floor."""
    if net.optimizer != "adam":
        models = {model: home for model, home in models.items() if "Adam" not in model}
    print(f"{net.title}: {options.runs} rounds of {'; '.join(models)}", flush=True)
    floor = partial(running["keras"].call, "benchmarks._floor:measured", net.name, options.quick)
    before = floor()
    more = (net.name, options.quick, options.jit)
    fits = _rounds.prepared("benchmarks.training", models, running, *more)
    rows = _rounds.compared("training", net.name, _rounds.alternate(fits, options.runs))
    products = _floor.better(before, floor())
    for row in rows:
        row["microseconds_a_step"] = row["seconds"] / net.steps * 1e6
    rows.append(_floor_row(net, rows[0], _floor.microseconds(products)))
    return [{"title": net.title, **row} for row in rows], products


def _floor_row(net, ours, floor):
    """Give the floor's row, which holds mlpkit's step against it."""
    step = ours["microseconds_a_step"] / floor
    return {
        "work": net.name, "model": "floor", "runs": 2 * _floor.REPEATS,
        "seconds": floor * net.steps / 1e6, "microseconds_a_step": floor,
        "step_over_floor": step, **_bars.judged("training", net.name, "floor", {"x": step}),
    }  # fmt: skip


def _first(runs, quick):
    """Measure the first fit of a process, each in a fresh one."""
    names = _peers.present(FIRST)
    print(f"first fit of a process, digits: {runs} rounds of {', '.join(names)}", flush=True)
    calls = {
        name: partial(_child.fresh, "benchmarks.training:first_fit", name, quick) for name in names
    }
    rows = _rounds.compared("training", "first", _rounds.alternate(calls, runs))
    return [{"title": f"compilation included: {DIGITS.title}", **row} for row in rows]


def first_fit(model, quick):
    """Give the seconds of one fit in this process: TensorFlow loaded, nothing compiled."""
    from sklearn import neural_network  # noqa: F401, nobody's import is timed

    from mlpkit import MLPClassifier, make_classifier  # noqa: F401
    from mlpkit.backend import tf

    net = find("digits", quick)
    X, y = net.data()
    tf.add(tf.constant(1.0), 1.0).numpy()  # starts the runtime
    return _rounds.seconds_of(lambda: _whole_fit(model, net, "auto")(X, y))


def _times(row):
    """Write how a row compares with mlpkit's; for the floor, what mlpkit's step is to it."""
    if row["model"] == "floor":
        return f"mlpkit is {_report.number(row['step_over_floor'])}x the floor"
    return _report.times(row)


def _draw(rows, out):
    steps, first = {}, {}
    for row in rows:
        warm = row["work"] != "first"
        value = row["microseconds_a_step"] / 1e6 if warm else row["seconds"]
        (steps if warm else first).setdefault(row["title"], []).append((row["model"], value))
    folder = _report.folder(out)
    if steps:
        _plot.draw(folder / "training.png", steps, "a training step")
    if first:
        _plot.draw(folder / "training_first.png", first, "the first fit of a process")


if __name__ == "__main__":
    main()
