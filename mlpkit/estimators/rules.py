"""What the estimators' parameters must be, one rule a name; all are looked at in one go."""

from sklearn.metrics import get_scorer_names

from mlpkit import activations
from mlpkit.architecture import RULES
from mlpkit.checks import Rule, boolean, instance_of, integer, none, number, one_of
from mlpkit.estimators.datasets import is_dataset
from mlpkit.losses import LOSS_NAMES
from mlpkit.outputs import resolve_outputs
from mlpkit.schedules import SCHEDULE

SCORINGS = ("auto", "loss", *get_scorer_names())

_CALLBACK = instance_of("a Keras callback", "Callback")


def _is_range(value):
    """Tell whether `value` can be an output_range, for however many columns the target has."""
    several = len(value) if isinstance(value, list | tuple) and value else 1
    return any(resolve_outputs(n, value)[0] is not None for n in (1, several))


def validation_problems(X_val, y_val, sample_weight_val):
    """List what is wrong with which validation rows were given.

    Parameters
    ----------
    X_val, y_val, sample_weight_val : object
        Arguments of ``fit``.

    Returns
    -------
    list of str
    """
    found = []
    if is_dataset(X_val) and y_val is not None:
        found.append("y_val must come with the batches of X_val, a dataset. Got it as well.")
    elif not is_dataset(X_val) and (X_val is None) != (y_val is None):
        found.append("X_val and y_val must be given together. Got only one of them.")
    if sample_weight_val is not None and X_val is None:
        found.append("sample_weight_val needs X_val and y_val. Got no X_val.")
    return found


TRAINING_RULES = {
    **{name: RULES[name] for name in ("learning_rate", "standardize", "metrics", "device")},
    "learning_rate_schedule": none() | SCHEDULE,
    "global_clipnorm": none() | number(0, closed="neither"),
    "scoring": Rule(
        "be 'auto', 'loss', None, the name of a scorer of scikit-learn, or a function "
        "scorer(estimator, X, y)",
        lambda value: (
            value is None or (value in SCORINGS if isinstance(value, str) else callable(value))
        ),
        SCORINGS,
    ),
    "max_time": none() | number(0, closed="neither"),
    "batch_size": one_of("auto") | integer(1),
    "epochs": integer(1),
    "early_stopping": one_of("auto") | boolean(),
    "validation_fraction": number(0, 1, closed="neither"),
    "patience": integer(1),
    "class_weight": none()
    | one_of("balanced")
    | Rule("be a dict of class weights", lambda value: isinstance(value, dict)),
    "average": boolean(),
    "jit_compile": one_of("auto") | boolean(),
    "encode": one_of("auto") | boolean(),
    "warm_start": boolean(),
    "callbacks": none()
    | _CALLBACK
    | Rule(
        "a list of Keras callbacks",
        lambda value: isinstance(value, list | tuple) and all(map(_CALLBACK.allows, value)),
    ),
    "backup_dir": none() | instance_of("be a folder's name or Path", "str", "PurePath"),
    "backup_freq": one_of("epoch") | number(0, closed="neither"),
    "verbose": boolean() | integer(0),
    "random_state": none() | integer(0) | instance_of("be a NumPy RandomState", "RandomState"),
    # Whether it fits the task is seen once the target is known.
    "loss": Rule(
        "be the name of a loss or a Keras loss",
        lambda value: value in LOSS_NAMES if isinstance(value, str) else callable(value),
        LOSS_NAMES,
    ),
}

MLP_RULES = {
    **RULES,
    **TRAINING_RULES,
    "learning_rate": one_of("auto") | RULES["learning_rate"],
    "output_range": Rule(
        "be None, 'positive', a pair (low, high) with low < high, or a list of these",
        _is_range,
        ("positive",),
    ),
    "output_activation": Rule(
        "be 'auto' or the name of a Keras activation",
        lambda value: isinstance(value, str) and value in ("auto", *activations.names(trains=True)),
        ("auto", *activations.names(trains=True)),
    ),
}

KERAS_RULES = {
    **TRAINING_RULES,
    "model": Rule(
        "be a Keras model or a function builder(n_features, task, **params) that returns one",
        callable,
    ),
    "optimizer": Rule("be 'auto'", lambda value: isinstance(value, str) and value == "auto")
    | RULES["optimizer"],
}
