"""What the estimators' parameters must be, one rule a name; all are looked at in one go."""

from mlpkit import activations
from mlpkit.architecture import RULES
from mlpkit.checks import Rule, boolean, instance_of, integer, none, number, one_of
from mlpkit.losses import LOSS_NAMES
from mlpkit.outputs import resolve_outputs

_CALLBACK = instance_of("a Keras callback", "Callback")


def _is_range(value):
    """Tell whether `value` can be an output_range, for however many columns the target has."""
    several = len(value) if isinstance(value, list | tuple) and value else 1
    return any(resolve_outputs(n, value)[0] is not None for n in (1, several))


TRAINING_RULES = {
    **{name: RULES[name] for name in ("learning_rate", "standardize", "metrics", "device")},
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
    "warm_start": boolean(),
    "callbacks": none()
    | _CALLBACK
    | Rule(
        "a list of Keras callbacks",
        lambda value: isinstance(value, list | tuple) and all(map(_CALLBACK.allows, value)),
    ),
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
        lambda value: isinstance(value, str) and value in ("auto", *activations.names()),
        ("auto", *activations.names()),
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
