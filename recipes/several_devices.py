"""Train the same network on one device and on several: are the weights the same, what does it cost?

    python recipes/several_devices.py
    python recipes/several_devices.py --data houses.csv --target price --devices 2

Where there are several GPUs it takes them, else as many logical CPU devices as --devices says:
these show that the results agree, but share the same cores and cannot be faster. Without --data
it takes the handwritten digits that scikit-learn ships.

All is computed in float64: in float32 the sums of a batch's gradients, rounded in another order,
drift apart in the course of a long training, as those of two makes of GPU do.

Prints, and writes as devices.csv, how far the weights are from the single device's (the largest
relative difference of a layer), the score on rows held back, and the seconds an epoch.
"""

import statistics
import sys
import time

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from mlpkit.devices import available, use_logical_cpus
from mlpkit.estimators import MLPClassifier, MLPRegressor
from mlpkit.preprocessing import make_preprocessor

if __package__:
    from recipes._run import Parser, run, say_written, staged
    from recipes._table import add_table_options, digits_or_table
else:
    from _run import Parser, run, say_written, staged
    from _table import add_table_options, digits_or_table

QUICK = {"epochs": 2, "repeats": 1}
FULL = {"epochs": 10, "repeats": 3}


def main(argv=None):
    """Run the recipe and give its exit status; see the top of the file."""
    return run(_several_devices, argv)


def _several_devices(argv):
    options = _parser().parse_args(argv)
    X, y, task = digits_or_table(options)
    placements = _placements(options.devices)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    preprocessor = make_preprocessor()
    parts = preprocessor.fit_transform(X_train), y_train, preprocessor.transform(X_test), y_test
    size = QUICK if options.quick else FULL
    with staged(options.out) as folder:
        table = _compared(placements, parts, task, size)
        print(table.to_string(index=False))
        table.to_csv(folder / "devices.csv", index=False)
    say_written(options.out, ["devices.csv"])


def _placements(count):
    """Give the words for one device and for 2, 4, ... of them."""
    gpus = [name for name in _started(count) if name.startswith("gpu")]
    if len(gpus) < 2 and gpus:
        print("one GPU is no several devices: showing logical CPU devices")
    names = gpus if len(gpus) > 1 else [f"cpu:{i}" for i in range(count)]
    print(f"devices: {', '.join(names)}")
    several = [n for n in (2, 4, 8, 16) if n < len(names)]
    return [names[0], *(names[:n] for n in [*several, len(names)])]


def _started(count):
    """Give the devices there are, with as many logical CPUs as asked for."""
    use_logical_cpus(count)
    return available()


def _compared(placements, parts, task, size):
    """Fit on each placement and give the table; each is warmed up by a fit."""
    rows, reference = [], None
    for device in placements:
        model, seconds = _fitted(device, parts, task, size)
        weights = model.model_.get_weights()
        reference = reference or weights
        rows.append(
            {
                "devices": device if isinstance(device, str) else ", ".join(device),
                "weights differ by": f"{_difference(weights, reference):.1e}",
                "accuracy" if task.is_classification else "R2": f"{model.score(*parts[2:]):.4f}",
                "seconds an epoch": f"{seconds:.3f}",
            }
        )
    return pd.DataFrame(rows)


def _fitted(device, parts, task, size):
    """Give a fitted model and the seconds an epoch, the median of several fits."""
    kind = MLPClassifier if task.is_classification else MLPRegressor
    # Without XLA everywhere: several replicas train as a graph, and so does the single device here.
    settings = dict(early_stopping=False, jit_compile=False, dtype="float64", random_state=0)
    model = kind(device=device, epochs=size["epochs"], **settings).fit(*parts[:2])
    seconds = []
    for _ in range(size["repeats"]):
        began = time.perf_counter()
        model.fit(*parts[:2])
        seconds.append((time.perf_counter() - began) / size["epochs"])
    return model, statistics.median(seconds)


def _difference(weights, reference):
    """Give the largest difference of a layer's weights, by their norm; NaN where one holds it."""
    pairs = zip(weights, reference, strict=True)
    return np.max([np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-12) for a, b in pairs])


def _parser():
    parser = Parser(description=__doc__.split("\n\n")[0])
    add_table_options(parser)
    parser.add_argument(
        "--devices",
        type=int,
        choices=range(2, 17),
        metavar="N",
        default=4,
        help="logical CPU devices, where there are no GPUs; default: %(default)s",
    )
    parser.add_out("several_devices")
    parser.add_quick("few epochs, timed once")
    return parser


if __name__ == "__main__":
    sys.exit(main())
