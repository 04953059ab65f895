"""A copy of a model with its weights, in another type where that is asked for."""

from mlpkit.backend import keras
from mlpkit.errors import InvalidParameterError
from mlpkit.keras_network import seeded
from mlpkit.network import WidePenalty


def check_followable(model):
    """Refuse a model whose layers cannot be copied one by one.

    Parameters
    ----------
    model : keras.Model
        The model.

    Raises
    ------
    InvalidParameterError
        When it is subclassed, is not built, or has several inputs or outputs.

    Examples
    --------
    >>> check_followable(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    """
    # Functional models have the method by which Keras runs their graph; subclassed ones have not.
    if not isinstance(model, keras.Sequential) and not hasattr(model, "_run_through_graph"):
        raise InvalidParameterError(
            "model must be a Sequential or functional Keras model, whose layers can be followed. "
            f"Got a subclassed one, {type(model).__name__}: build the same layers functionally."
        )
    if not model.built:
        raise InvalidParameterError(
            "model must be built, with a keras.Input in front. Got one without weights."
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise InvalidParameterError(
            "model must have one input and one output. "
            f"Got {len(model.inputs)} and {len(model.outputs)}."
        )


def copied(model, dtype=None):
    """Give a copy of a Sequential or functional model with the same weights.

    Parameters
    ----------
    model : keras.Model
        A built model; it is left as it is.
    dtype : {"float32", "float64"}, default=None
        Type of the copy's weights and arithmetic; None is the model's own.

    Returns
    -------
    keras.Model

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> copied(model, "float64")(keras.ops.ones((1, 2))).dtype
    tf.float64
    """
    own = model.inputs[0].dtype
    kind = dtype if dtype and own.startswith("float") else own
    with seeded(0):  # initial weights are drawn, and then replaced
        copy = keras.models.clone_model(
            model,
            input_tensors=keras.Input(model.input_shape[1:], dtype=kind, name="rows"),
            clone_function=lambda layer: _cloned(layer, dtype),
            recursive=True,
        )
    copy.set_weights(model.get_weights())
    for layer in copy._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return copy


def _cloned(layer, dtype):
    config = layer.get_config()
    if dtype is not None and isinstance(layer, keras.Layer):  # a slice is none
        config["dtype"] = dtype
    if isinstance(layer, keras.layers.Lambda):  # Keras reads no function back that it wrote
        kept = {name: config[name] for name in ("name", "trainable", "dtype", "arguments")}
        return keras.layers.Lambda(layer.function, **kept)
    copy = type(layer).from_config(config)
    penalty = getattr(copy, "kernel_regularizer", None)
    if dtype == "float64" and isinstance(penalty, WidePenalty):
        # It gives float32 for Keras's sake; a difference quotient needs all digits.
        copy.kernel_regularizer = keras.regularizers.L2(float(penalty.l2))
    return copy
