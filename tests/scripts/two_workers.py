"""Run by test_workers.py in each of two workers; writes what it learnt and what it was told."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from mlpkit import KerasClassifier, MLPClassifier, MLPRegressor, stream_csv
from mlpkit.devices import find_cluster

FITS = {
    "classifier": (MLPClassifier, {"normalization": "batch", "early_stopping": True}),
    "regressor": (MLPRegressor, {"dtype": "float64"}),
}
PARAMETERS = dict(
    hidden_layer_sizes=(16, 8), epochs=3, batch_size=25, random_state=0, early_stopping=False
)


def table(name):
    rng = np.random.RandomState(0)
    X = rng.randn(203, 6)
    y = X[:, 0] + np.abs(X[:, 1])
    return X, np.digitize(y, [0, 1]) if name == "classifier" else y, rng.rand(203) + 0.5


def fitted(name, device, **options):
    X, y, weight = table(name)
    kind, more = FITS[name]
    return kind(**{**PARAMETERS, **more, "device": device, **options}).fit(X, y, weight)


def over_files(folder, device="multiworker", **options):
    """Fit files of which each worker reads its own, a third of the rows in the second."""
    for part in ("train", "valid"):
        if find_cluster() is None or find_cluster().is_chief:
            write(folder, part)
    wait_for(folder / "ready")
    train, valid = (
        stream_csv(folder / f"{part}*.csv", target="y", shuffle=False, batch_size=20)
        for part in ("train", "valid")
    )
    model = MLPClassifier(8, device=device, epochs=3, class_weight="balanced", random_state=0)
    return model.fit(train, X_val=valid)


def write(folder, part):
    """Write two files of other sizes; the second lacks a class."""
    X, y, _ = table("classifier")
    frame = pd.DataFrame(X).add_prefix("x").assign(y=y)
    frame[:150].to_csv(folder / f"{part}0.csv", index=False)
    frame[150:][y[150:] < 2].to_csv(folder / f"{part}1.csv", index=False)
    if part == "valid":
        (folder / "ready").touch()


def wait_for(path):
    limit = time.monotonic() + 60
    while not path.exists() and time.monotonic() < limit:
        time.sleep(0.01)


def said(fit):
    """What is raised, in words."""
    try:
        fit()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def main(folder):
    words = {"sigterm": "not noted"}
    signal.signal(signal.SIGTERM, lambda number, frame: words.update(sigterm="noted"))
    worker = find_cluster().index
    learnt = {}
    for name in FITS:
        model = fitted(name, "multiworker", verbose=1)
        learnt.update({f"{name}{i}": w for i, w in enumerate(model._learnt.weights)})
    streamed = over_files(folder)
    learnt.update({f"streamed{i}": w for i, w in enumerate(streamed._learnt.weights)})
    chance = fitted("regressor", "multiworker", random_state=None)
    learnt.update({f"chance{i}": w for i, w in enumerate(chance._learnt.weights)})
    np.savez(folder / f"worker_{worker}.npz", **learnt)

    X, y, _ = table("regressor")
    other, missing = X.copy(), X.copy()
    other[0, 0] += worker
    missing[0, 0] = np.nan if worker else 0
    model = MLPRegressor(device="multiworker", **PARAMETERS)
    strict = MLPRegressor(device="multiworker", encode=False, **PARAMETERS)
    os.kill(os.getpid(), signal.SIGTERM)
    words |= {
        "other rows": said(lambda: model.fit(other, y)),
        "missing": said(lambda: strict.fit(missing, y)),
        "parameters": said(lambda: fitted("regressor", "multiworker", epochs=3 + worker)),
        "builder": said(lambda: KerasClassifier(builder, device="multiworker").fit(X, y > 0)),
        "fitted": str(hasattr(model, "n_iter_")),
    }
    (folder / f"worker_{worker}.json").write_text(json.dumps(words))


def builder(n_features, task):
    if find_cluster().index == 0:
        raise LookupError("no such layer")
    import keras

    return keras.Sequential([keras.Input((n_features,)), keras.layers.Dense(1, "sigmoid")])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
