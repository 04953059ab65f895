"""What each argument of a network must be, and the names Keras knows."""

from mlpkit import activations
from mlpkit.checks import (
    Rule,
    boolean,
    instance_of,
    integer,
    is_integer,
    none,
    number,
    one_of,
    sizes,
)
from mlpkit.devices import DEVICE

INITIALIZERS = (
    "glorot_uniform", "glorot_normal", "he_normal", "he_uniform", "lecun_normal",
    "lecun_uniform", "orthogonal", "random_normal", "random_uniform", "truncated_normal",
    "variance_scaling", "zeros", "ones",
)  # fmt: skip

OPTIMIZERS = (
    "sgd", "rmsprop", "adam", "adamw", "adadelta", "adagrad", "adamax", "adafactor", "nadam",
    "ftrl", "lion",
)  # fmt: skip

# Those that need no arguments and give one number; others go in as objects.
METRICS = (
    "accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy",
    "top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "auc", "precision",
    "recall", "true_positives", "true_negatives", "false_positives", "false_negatives",
    "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy",
    "kl_divergence", "mse", "mae", "mape", "msle", "rmse", "mean_squared_error",
    "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
    "root_mean_squared_error", "r2_score", "log_cosh_error", "cosine_similarity", "poisson",
)  # fmt: skip


def _is_shape(value):
    is_pair = isinstance(value, tuple | list) and len(value) > 0
    return is_pair and all(is_integer(n) and n > 0 for n in value)


def _are_metrics(value):
    return isinstance(value, list | tuple) and all(
        metric in METRICS if isinstance(metric, str) else callable(metric) for metric in value
    )


def _are_quantiles(value):
    return hasattr(value, "__len__") and len(value) > 0 and all(map(_QUANTILE.allows, value))


_QUANTILE = number(0, 1, closed="neither")

RULES = {
    "n_features": Rule("be an integer >= 1", lambda v: is_integer(v) and v > 0)
    | Rule("a shape such as (28, 28)", _is_shape),
    "multilabel": boolean(),
    "hidden_layer_sizes": sizes(),
    "activation": Rule(
        "be the name of a Keras activation or 'prelu' (a step has no gradient to train it)",
        lambda v: isinstance(v, str) and v in activations.names(trains=True),
        tuple(activations.names(trains=True)),
    ),
    "kernel_initializer": Rule(
        f"be 'auto' or one of {', '.join(INITIALIZERS)}",
        lambda v: isinstance(v, str) and v in ("auto", *INITIALIZERS),
        ("auto", *INITIALIZERS),
    ),
    "normalization": none() | one_of("batch", "layer"),
    "dropout": number(0, 1, closed="left"),
    "l2": number(0),
    "standardize": boolean(),
    "optimizer": Rule(
        f"be one of {', '.join(OPTIMIZERS)}",
        lambda v: isinstance(v, str) and v.lower() in OPTIMIZERS,
        OPTIMIZERS,
    )
    | instance_of("be a Keras optimizer", "BaseOptimizer"),
    "learning_rate": none() | number(0, closed="right"),
    "delta": number(0, closed="right"),
    "quantile": _QUANTILE | Rule("a list of such numbers", _are_quantiles),
    "metrics": none()
    | one_of("auto")
    | Rule("be a list of names of Keras metrics, or of metrics", _are_metrics, METRICS),
    "device": DEVICE,
    "dtype": one_of("float32", "float64", "mixed_bfloat16"),
    "random_state": none()
    | integer(0, 2**32 - 1)
    | instance_of("be a NumPy RandomState", "RandomState"),
}
