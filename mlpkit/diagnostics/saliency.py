"""Which features move an output: its gradient by the inputs, without shuffling a column."""

from dataclasses import dataclass

import numpy as np

from mlpkit.backend import keras, tf
from mlpkit.checks import check_parameters, one_of, shown
from mlpkit.diagnostics.recording import Recorder
from mlpkit.diagnostics.subject import row_labels, subject_of
from mlpkit.errors import InvalidParameterError

_CHOOSES_ONE = ("softmax", "log_softmax", "sparsemax")
_MOST_LINES = 10_000_000


def input_gradients(model, X, *, output=None, of="output"):
    """Input gradients (saliency): how an output would change with each feature of a row.

    The gradient of the output by the inputs, at each row: a local linear explanation, found by one
    backward pass. Multiplied by a feature's standard deviation, features of different units
    can be compared.

    Parameters
    ----------
    model : mlpkit estimator or keras.Model
        A fitted estimator, or a Sequential or functional Keras model.
    X : array-like of shape (n_samples, n_features)
        One row or several, in the features' own units.
    output : object, default=None
        A class of a fitted classifier, else the number of an output from 0. None takes each row's
        predicted class where the model chooses one of several (softmax), the second class of a
        binary classifier, and otherwise every output.
    of : {"output", "score"}, default="output"
        "output": the probability of a classifier, a prediction in the target's units of a
        regressor. "score": what goes into the output activation, a sigmoid's logit for instance,
        whose gradient does not vanish where the model is sure.

    Returns
    -------
    DataFrame
        A line for each row, output and feature, the largest ``|effect|`` of a row and output
        first, with the columns

        - row: the row's label in `X` where that is a DataFrame, else its number from 0
        - output: the class, or the number of the output
        - feature, value: name and value of the feature; of a table that was encoded, its columns as
          encoded
        - gradient: change of the output per unit of the feature
        - effect: change of the output per standard deviation of the feature in the training rows,
          where an estimator or a first Normalization layer has standardised it; else per unit

    Raises
    ------
    InvalidParameterError
        When there is no such output, the model is of another kind, or `X` does not suit it.

    References
    ----------
    K. Simonyan, A. Vedaldi, A. Zisserman (2014), Deep inside convolutional networks: visualising
    image classification models and saliency maps, https://arxiv.org/abs/1312.6034.

    Examples
    --------
    >>> from mlpkit import MLPRegressor
    >>> X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 30.0], [1.0, 30.0]])
    >>> y = 5 * X[:, 0] - 0.1 * X[:, 1]
    >>> line = MLPRegressor((), learning_rate=0.1, epochs=300, l2=0.0, early_stopping=False)
    >>> input_gradients(line.fit(X, y), X[:1]).round(2)
       row  output feature  value  gradient  effect
    0    0       0      x0    0.0       5.0     5.0
    1    0       0      x1    0.0      -0.1    -1.5
    """
    check_parameters({"of": of}, {"of": one_of("output", "score")})
    subject = subject_of(model, X, dtype="float64")
    found = _passed(subject, of)
    wanted = _wanted(subject, found, output)
    _check_size(subject, wanted)
    unit = subject.outputs.scale if of == "output" else np.ones(found.values.shape[-1])
    parts = [
        (each.labels, _gradient(found, each.columns) * (each.sign * unit[each.columns])[:, None])
        for each in wanted
    ]
    encoder = getattr(model, "encoder_", None)
    values = X if encoder is None else encoder.transform(X)
    return _table(subject, values, row_labels(X, len(subject.rows)), parts)


@dataclass(frozen=True, eq=False)
class _Found:
    """What is differentiated, with the tape that has seen it computed."""

    tape: object
    rows: object
    values: object
    chooses_one: bool


@dataclass(frozen=True, eq=False)
class _Wanted:
    """Of each row one output: its label, its column, and 1, or -1 for what a sigmoid leaves."""

    labels: np.ndarray
    columns: np.ndarray
    sign: int = 1


def _passed(subject, of):
    recorder, rows = Recorder(subject.model), tf.convert_to_tensor(subject.rows)
    if not rows.dtype.is_floating:
        _refuse_numbers_of_things()
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(rows)
        outputs = subject.model(rows, training=False)
    recorder.finish()
    last = recorder.stages[-1] if recorder.stages else None
    ends = last is not None and np.array_equal(last.a, outputs)
    if of == "score" and not ends:
        raise InvalidParameterError(
            "of must be 'output' for a model that computes on after its last layer's activation. "
            "Got 'score'."
        )
    chooses_one = ends and last.activation in _CHOOSES_ONE and outputs.shape[-1] > 1
    return _Found(tape, rows, last.z if of == "score" else outputs, chooses_one)


def _wanted(subject, found, output):
    n_rows, n_outputs = len(subject.rows), found.values.shape[-1]
    classes = subject.classes
    labels = np.arange(n_outputs) if classes is None else classes
    sigmoid = classes is not None and n_outputs == 1  # one output for two classes
    if output is None:
        if found.chooses_one:
            columns = np.argmax(found.values, axis=-1)
            return [_Wanted(labels[columns], columns)]
        return [_at(labels[j + sigmoid], j, n_rows) for j in range(n_outputs)]
    position = np.flatnonzero(labels == output) if np.ndim(output) == 0 else []
    if len(position) != 1:
        raise InvalidParameterError(
            f"output must be one of {', '.join(map(str, labels.tolist()))}, or None. "
            f"Got {shown(output)}."
        )
    if sigmoid:
        return [_at(labels[position[0]], 0, n_rows, sign=1 if position[0] else -1)]
    return [_at(labels[position[0]], position[0], n_rows)]


def _at(label, column, n_rows, sign=1):
    return _Wanted(np.full(n_rows, label), np.full(n_rows, column), sign)


def _gradient(found, columns):
    with found.tape:
        chosen = tf.gather(found.values, columns[:, np.newaxis], batch_dims=1)
    gradient = found.tape.gradient(chosen, found.rows)
    if gradient is None:
        _refuse_numbers_of_things()
    gradient = tf.convert_to_tensor(gradient).numpy()
    return gradient.reshape(len(columns), -1)


def _refuse_numbers_of_things():
    raise InvalidParameterError(
        "model must compute with its inputs, for a gradient by them. Got one that takes them as "
        "numbers of things, as an Embedding does: look at the layers behind it."
    )


def _check_size(subject, wanted):
    lines = len(wanted) * subject.rows.size
    if lines > _MOST_LINES:
        raise InvalidParameterError(
            f"X must be few enough rows for a table of at most {_MOST_LINES:,} lines. Got "
            f"{len(subject.rows):,} rows, which make {lines:,}: explain some of them."
        )


def _deviations(subject):
    """Give what of each feature counts as one step."""
    first = subject.model.layers[0]
    if isinstance(first, keras.layers.InputLayer):
        first = subject.model.layers[1]
    if isinstance(first, keras.layers.Normalization) and not first.invert:
        deviation = np.sqrt(np.asarray(first.variance, np.float64)).ravel()
        if deviation.size == subject.features.scale.size:
            return deviation * subject.features.scale
    return subject.features.scale


def _table(subject, X, labels, parts):
    import pandas as pd

    n_rows = len(subject.rows)
    values = np.asarray(X.toarray() if hasattr(X, "toarray") else X).reshape(n_rows, -1)
    n_features = values.shape[1]
    numbers = np.arange(n_rows)
    rows = labels.repeat(n_features)
    frames = []
    for part, (outputs, by_rows) in enumerate(parts):
        by_feature = by_rows / subject.features.scale
        columns = {
            "row": rows,
            "output": outputs.repeat(n_features),
            "feature": np.tile(subject.names, n_rows),
            "value": values.ravel(),
            "gradient": by_feature.ravel(),
            "effect": (by_feature * _deviations(subject)).ravel(),
            "_row": numbers.repeat(n_features),
            "_part": part,
        }
        frames.append(pd.DataFrame(columns))
    table = pd.concat(frames, ignore_index=True)
    order = np.lexsort((-table["effect"].abs(), table["_part"], table["_row"]))
    return table.drop(columns=["_row", "_part"]).iloc[order].reset_index(drop=True)
