"""Forward propagation written down: z and a of every unit, layer by layer."""

import numpy as np

from mlpkit.diagnostics.passes import run_pass
from mlpkit.diagnostics.subject import row_labels, subject_of
from mlpkit.errors import InvalidParameterError

_MOST_LINES = 10_000_000


def forward_trace(model, X):
    """Trace of the forward propagation: z and a of each unit for each row, as a tidy table.

    A layer computes ``z = a W + b`` from the a of the layer before, and ``a = φ(z)``. The units
    are those in which the network learns: an estimator's features are standardised before the
    first layer, and the outputs of a regressor carried back after the last.

    Parameters
    ----------
    model : mlpkit estimator or keras.Model
        A fitted estimator, or a Sequential or functional Keras model.
    X : array-like of shape (n_samples, n_features)
        Rows, as the model takes them.

    Returns
    -------
    DataFrame
        A line for each row, layer and unit, in this order, with the columns

        - row: the row's label in `X` where that is a DataFrame, else its number from 0
        - layer: number of the layer, from 1
        - name, activation: the layer's name, and its activation's in the catalogue
        - unit: number of the unit, from 0
        - z: before the activation, normalised where a normalisation stands between
        - a: after it; missing where an activation gives fewer numbers than it takes ("glu")

    Raises
    ------
    InvalidParameterError
        When the model is of another kind, `X` does not suit it, or the table would be longer than
        ten million lines.

    Examples
    --------
    >>> from mlpkit.backend import keras
    >>> neuron = keras.layers.Dense(1, activation="relu", kernel_initializer="ones", name="sum")
    >>> model = keras.Sequential([keras.Input((2,)), neuron])
    >>> forward_trace(model, [[1, 2], [3, -5]])
       row  layer name activation  unit    z    a
    0    0      1  sum       relu     0  3.0  3.0
    1    1      1  sum       relu     0 -2.0  0.0
    """
    import pandas as pd

    subject = subject_of(model, X)
    _check_size(len(subject.rows), _n_units(subject.model))
    stages = run_pass(subject, backward=False).stages
    if not stages:
        raise InvalidParameterError("model must have a layer with weights. Got none to trace.")
    # A convolution's units have many places, which only the pass tells.
    _check_size(len(subject.rows), sum(stage.z[0].size for stage in stages))
    labels = row_labels(X, len(subject.rows))
    frames = [_lines(stage, number, labels) for number, stage in enumerate(stages, 1)]
    # Row by row as one reads it, the layers of a row together.
    order = np.argsort(np.concatenate([frame.index for frame in frames]), kind="stable")
    return pd.concat(frames, ignore_index=True).iloc[order].reset_index(drop=True)


def _lines(stage, number, labels):
    """Give the lines of one layer, indexed by the number of their row."""
    import pandas as pd

    z, a = (values.reshape(len(values), -1) for values in (stage.z, stage.a))
    n_rows, width = z.shape
    if a.shape[1] < width:
        a = np.pad(a, [(0, 0), (0, width - a.shape[1])], constant_values=np.nan)
    return pd.DataFrame(
        {
            "row": labels.repeat(width),
            "layer": number,
            "name": stage.name,
            "activation": stage.activation,
            "unit": np.tile(np.arange(width), n_rows),
            "z": z.ravel(),
            "a": a.ravel(),
        },
        index=np.arange(n_rows).repeat(width),
    )


def _n_units(model):
    layers = model._flatten_layers(include_self=False)
    return sum(int(layer.kernel.shape[-1]) for layer in layers if hasattr(layer, "kernel"))


def _check_size(n_rows, units):
    if n_rows * units > _MOST_LINES:
        raise InvalidParameterError(
            f"X must be few enough rows for a table of at most {_MOST_LINES:,} lines. Got "
            f"{n_rows:,} rows of a model with {units:,} units: trace some of them."
        )
