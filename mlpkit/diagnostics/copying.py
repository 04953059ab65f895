"""A copy of a model with its weights, in another type where that is asked for."""

import warnings

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
    with seeded(0):  # initial weights are drawn, and then replaced
        copy = _cloned_model(model, dtype)
    copy.set_weights(model.get_weights())
    for layer in copy._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    return copy


def _cloned_model(model, dtype):
    # With inputs of its own, or a model inside this one would pass on no more digits than before.
    inputs = [
        keras.Input(
            entry.shape[1:],
            dtype=dtype if dtype and entry.dtype.startswith("float") else entry.dtype,
            name=entry.name,
        )
        for entry in model.inputs
    ]
    return keras.models.clone_model(
        model,
        input_tensors=inputs[0] if len(inputs) == 1 else inputs,
        clone_function=lambda layer: _cloned(layer, dtype),
    )


def _cloned(layer, dtype):
    if isinstance(layer, keras.Sequential) or hasattr(layer, "_run_through_graph"):
        return _cloned_model(layer, dtype)
    config = _config(layer)
    if dtype is not None and isinstance(layer, keras.Layer):  # a slice is none
        config["dtype"] = dtype
    if isinstance(layer, keras.layers.Lambda):  # Keras reads no function back that it wrote
        kept = {name: config[name] for name in ("name", "trainable", "dtype", "arguments")}
        return keras.layers.Lambda(layer.function, **kept)
    handed = _handed_over(layer, config)
    copy = type(layer).from_config({**config, **dict.fromkeys(handed)})
    for name, thing in handed.items():
        if dtype == "float64" and isinstance(thing, WidePenalty):
            # It gives float32 for Keras's sake; a difference quotient needs all digits.
            thing = keras.regularizers.L2(float(thing.l2))
        setattr(copy, name, thing)
    return copy


def _config(layer):
    with warnings.catch_warnings():
        # A lambda is handed over as it is; nobody saves it.
        warnings.filterwarnings("ignore", message="The object being serialized includes a `lambda`")
        config = layer.get_config()
    if _is_of_keras(layer):  # the weights drawn are not kept
        config.update({name: "zeros" for name in config if name.endswith("_initializer")})
    return config


def _is_of_keras(layer):
    return type(layer).__module__.split(".")[0] in ("keras", "mlpkit")


def _handed_over(layer, config):
    """Give what the copy shares with the layer: Keras reads back no function of the user's."""
    if not _is_of_keras(layer):
        return {}
    names = [name for name in config if name.endswith(("_regularizer", "_constraint"))]
    if not isinstance(getattr(layer, "activation", None), keras.Layer | None):
        names.append("activation")  # a layer as activation has weights of its own
    return {
        name: getattr(layer, name)
        for name in names
        if name in config
        and hasattr(layer, name)
        and not isinstance(getattr(type(layer), name, None), property)
    }
