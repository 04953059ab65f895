"""A fit over files and one in memory, each for a process of its own."""

import time

from benchmarks._resident import MB
from recipes.larger_than_memory import STREAMS, model, peak_memory, table

TARGET = "bought"


def _scored(fitted, quick):
    test = table(2000 if quick else 100_000, seed=1)
    return fitted.score(test.drop(columns=TARGET), test[TARGET])


def streamed(path, kind, quick):
    """Give the figures of one epoch over a file, standardisation found in the pass before.

    Parameters
    ----------
    path : str
        The file.
    kind : {"csv", "parquet"}
        Its format.
    quick : bool
        Whether fresh rows are few.

    Returns
    -------
    dict
        Rows; seconds of the fit; the most MB in memory, TensorFlow's and pandas's own included;
        accuracy on fresh rows; rows a second read, and read and shuffled.
    """
    dataset = STREAMS[kind](path, target=TARGET, random_state=0)
    began = time.perf_counter()
    fitted = model(1).fit(dataset)
    seconds = time.perf_counter() - began
    peak = peak_memory() / MB
    figures = {"seconds": seconds, "peak": peak, "accuracy": _scored(fitted, quick)}
    for name, epoch in (("read", None), ("shuffled", 1)):
        began = time.perf_counter()
        n_rows = sum(block.n for block in dataset.stream.blocks(epoch))
        figures[name] = n_rows / (time.perf_counter() - began)
    return {"rows": n_rows, **figures}


def in_memory(quick):
    """Give rows of a sample, and the accuracy of the model that has learnt them in memory."""
    n_rows, epochs = (2000, 1) if quick else (500_000, 5)
    sample = table(n_rows, seed=2)
    fitted = model(epochs).fit(sample.drop(columns=TARGET), sample[TARGET])
    return {"rows": n_rows, "epochs": epochs, "accuracy": _scored(fitted, quick)}
