"""How long predicting takes: one row, a table of 100,000, and a fitted estimator from a file.

    python -m benchmarks.prediction [--runs 5] [--only row,table32,table64,unpickled]

The network is that of digits, 64 inputs, one layer of 100, 10 classes; its weights do not matter.
Everybody gives probabilities from an array of NumPy; keras predicts by batches of 8192.
"""

import pickle
import statistics
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import _bars, _child, _options, _peers, _plot, _report, _rounds
from benchmarks._nets import DIGITS

WORKS = {
    "row": ("one row", 1, "float32"),
    "table32": ("100,000 x 64, float32", 100_000, "float32"),
    "table64": ("100,000 x 64, float64", 100_000, "float64"),
}
UNPICKLED = "unpickled, first prediction, fresh process"
MODELS = ("mlpkit", "scikit-learn", "keras predict", "keras model(x)", "torch")
SECONDS_A_RUN = 0.5  # the calls of one run last about so long
MOST_CALLS = 2000
COLUMNS = {
    "work": "title",
    "model": _report.model,
    "median": lambda row: _report.duration(row["seconds"]),
    "times as long as mlpkit": _report.times,
    "TensorFlow loaded": lambda row: row.get("tensorflow", ""),
    "bar": "bar",
    "": "verdict",
}


def main(argv=None):
    """Print the table and write it as JSON and a picture."""
    options = _options.read(__doc__, argv, parts=(*WORKS, "unpickled"))
    rows = []
    works = [work for work in WORKS if work in options.only]
    if works:
        models = _peers.present(MODELS)
        with _rounds.workers(models.values()) as running:
            for work in works:
                rows += _predicted(work, models, running, options)
    if "unpickled" in options.only:
        rows += _unpickled(options.runs)
    print(f"\n{_report.markdown(COLUMNS, rows)}\n\n{_bars.summary(rows)}")
    _report.write("prediction", rows, options.out)
    panels = {}
    for row in rows:
        panels.setdefault(row["title"], []).append((row["model"], row["seconds"]))
    _plot.draw(_report.folder(options.out) / "prediction.png", panels, "one call")


def _predicted(work, models, running, options):
    title, n, dtype = WORKS[work]
    n = min(n, 1000) if options.quick else n
    print(f"{title}: {options.runs} rounds of {'; '.join(models)}", flush=True)
    calls = _rounds.prepared("benchmarks.prediction", models, running, n, dtype, options.quick)
    figures = _rounds.alternate(calls, options.runs)
    return [{"title": title, **row} for row in _rounds.compared("prediction", work, figures)]


_calls = {}  # in a worker: what is to be timed and how often, by model


def prepare(model, n, dtype, quick):
    """Get a model and its rows ready in this process, and warm it up; see how many calls fit."""
    net = DIGITS.quick()
    X, y = net.data()
    X = X.astype(dtype)
    rows = np.random.default_rng(0).standard_normal((n, net.inputs)).astype(dtype)
    predict = partial(_predictor(model, net, X, y), rows)
    assert np.shape(predict()) == (n, net.outputs)
    seconds = min(_rounds.seconds_of(predict) for _ in range(3))
    calls = 2 if quick else int(np.clip(SECONDS_A_RUN / seconds, 3, MOST_CALLS))
    _calls[model] = predict, calls


def run(model):
    """Give the median of the seconds of some calls."""
    predict, calls = _calls[model]
    return statistics.median(_rounds.seconds_of(predict) for _ in range(calls))


def _predictor(model, net, X, y):
    """Give the function from rows to probabilities, of a model that was fitted on `X`."""
    if model == "mlpkit":
        return _peers.mlpkit_estimator(net).fit(X, y).predict_proba
    if model == "scikit-learn":
        return _peers.silent_fit(_peers.sklearn_estimator(net), X, y).predict_proba
    if model == "torch":
        return _torch_predictor(net, X.dtype)
    keras_model = _peers.keras_model(net)
    if model == "keras predict":
        return partial(keras_model.predict, batch_size=8192, verbose=0)
    return lambda rows: keras_model(rows).numpy()


def _torch_predictor(net, dtype):
    import torch

    network = _peers.torch_network(net)
    network = network.double() if dtype == np.float64 else network

    def predict(rows):
        with torch.no_grad():
            return torch.softmax(network(torch.from_numpy(rows)), 1).numpy()

    return predict


def _unpickled(runs):
    """Measure a fitted estimator's first prediction against scikit-learn's import alone."""
    statement = "import sklearn.neural_network"
    print(f"{UNPICKLED}: {runs} rounds against {statement}", flush=True)
    net = DIGITS.quick()
    X, y = net.data()
    loaded = set()

    def seconds(function, argument):
        took, tensorflow = _child.fresh(function, argument)
        loaded.add((argument, tensorflow))
        return took

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "estimator.pickle"
        path.write_bytes(pickle.dumps((_peers.mlpkit_estimator(net).fit(X, y), X[:1])))
        calls = {
            "mlpkit": partial(seconds, "benchmarks._child:first_prediction", str(path)),
            statement: partial(seconds, "benchmarks._child:timed", statement),
        }
        figures = _rounds.alternate(calls, runs)
    rows = _rounds.compared("prediction", "unpickled", figures)
    for row, argument in zip(rows, (str(path), statement), strict=True):
        row["tensorflow"] = (argument, True) in loaded
    return [{"title": UNPICKLED, **row} for row in rows]


if __name__ == "__main__":
    main()
