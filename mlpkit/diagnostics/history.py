"""The history of a training run as a tidy table."""

import numpy as np

from mlpkit.diagnostics.wrapping import what_to_pass
from mlpkit.errors import InvalidParameterError


def history_frame(source):
    """History of a training run as a tidy table: a line for each epoch, split and metric.

    Parameters
    ----------
    source : fitted estimator, keras.callbacks.History, trained keras.Model or dict
        What has a history: of an estimator its ``history_``; a dict of lists, one number an epoch,
        in which the validation's names begin with "val_".

    Returns
    -------
    DataFrame
        With the columns

        - epoch: from 1
        - split: "training" or "validation"
        - metric: name of the loss or metric
        - value: its value
        - best: whether the epoch is the best one: an estimator's ``best_epoch_``, whose weights it
          has kept; else the epoch with the lowest validation loss, or training loss where nothing
          was held back

    Raises
    ------
    InvalidParameterError
        When there is no history in `source`, or it is no dict of lists of numbers.

    Examples
    --------
    >>> history_frame({"loss": [0.9, 0.4], "val_loss": [0.5, 0.6]})
       epoch       split metric  value   best
    0      1    training   loss    0.9   True
    1      2    training   loss    0.4  False
    2      1  validation   loss    0.5   True
    3      2  validation   loss    0.6  False
    """
    import pandas as pd

    history = _history_of(source)
    n_epochs = max(len(values) for values in history.values())
    frames = []
    for key, values in history.items():
        split = "validation" if key.startswith("val_") else "training"
        columns = {
            "epoch": _epochs(key, len(values), n_epochs),
            "split": split,
            "metric": key.removeprefix("val_"),
            "value": values,
        }
        frames.append(pd.DataFrame(columns))
    frame = pd.concat(frames, ignore_index=True)
    frame["best"] = frame["epoch"] == _best_epoch(source, frame)
    return frame


def _history_of(source):
    found = getattr(source, "history_", getattr(source, "history", source))
    found = getattr(found, "history", found)  # of a keras.Model: its History object
    if not hasattr(found, "items"):
        raise InvalidParameterError(
            "source must be a fitted estimator, a Keras History or a dict of lists. "
            f"Got {type(source).__name__}, which has no history"
            f"{what_to_pass(source) or ': fit it first'}."
        )
    history = {str(key): _values(key, values) for key, values in found.items()}
    if not any(len(values) for values in history.values()):
        raise InvalidParameterError("source must hold at least one epoch. Got none.")
    return history


def _values(key, values):
    try:
        numbers = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        numbers = np.empty((0, 0))
    if numbers.ndim != 1:
        raise InvalidParameterError(
            f"source must hold a list of numbers for each metric. Got {values!r} for {key!r}."
        )
    return numbers


def _epochs(key, n_values, n_epochs):
    """Give the epochs of a metric's values: every k-th, where Keras validated every k-th."""
    every = n_epochs // n_values if n_values else 1
    if n_values and n_epochs // every != n_values:
        raise InvalidParameterError(
            f"source must hold a number an epoch, or one every k epochs. Got {n_values} numbers of "
            f"{key!r} for {n_epochs} epochs."
        )
    return every * np.arange(1, n_values + 1)


def _best_epoch(source, frame):
    """Give the epoch whose weights are the best, None where no loss says so."""
    kept = getattr(source, "best_epoch_", None)
    if kept is not None:
        return int(kept)
    for split in ("validation", "training"):
        losses = frame[(frame["metric"] == "loss") & (frame["split"] == split)]
        losses = losses[np.isfinite(losses["value"])]
        if len(losses):
            return int(losses["epoch"].loc[losses["value"].idxmin()])
    return None
