"""What a Keras model's layers do with the rows of a batch, where some rows only fill it up."""

from mlpkit.backend import keras


def mixes_rows(model):
    """Tell whether a layer looks at several rows at once, and takes a mask of those that count.

    Parameters
    ----------
    model : keras.Model
        The model.

    Returns
    -------
    bool

    Examples
    --------
    >>> mixes_rows(keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()]))
    True
    """
    return any(isinstance(layer, keras.layers.BatchNormalization) for layer in _layers(model))


def why_not_filled_up(model):
    """Say why a model should not see batches with rows that only fill up; None where it may.

    Parameters
    ----------
    model : keras.Model
        The model.

    Returns
    -------
    str or None

    Examples
    --------
    >>> why_not_filled_up(keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]))
    >>> why_not_filled_up(keras.Sequential([keras.Input((3,)), keras.layers.Lambda(abs)]))
    'a model with a layer of your own, Lambda'
    """
    layers = _layers(model)
    for layer in (model, *layers):
        name = type(layer).__name__
        is_kerass = type(layer).__module__.split(".")[0] == "keras"
        if not is_kerass or isinstance(layer, keras.layers.Lambda):
            return f"a model with a layer of your own, {name}"
        if not layer.supports_jit:
            return f"a model with a {name} layer, which XLA does not take"
        if getattr(layer, "activity_regularizer", None) is not None:
            return f"a model with a penalty on the outputs of a {name} layer"
    if mixes_rows(model) and not all(layer.supports_masking for layer in layers):
        return "a model whose layers do not pass a mask on to its batch normalisation"
    return None


def _layers(model):
    """Give the layers of a model, those inside its layers included, containers left out."""
    layers = model._flatten_layers(include_self=False)
    return [layer for layer in layers if not _is_container(layer)]


def _is_container(layer):
    kinds = keras.Sequential | keras.layers.InputLayer
    return isinstance(layer, kinds) or hasattr(layer, "_operations")
