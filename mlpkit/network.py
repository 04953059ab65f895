"""The only builder of layers: a frozen spec in, a Keras model out."""

import numpy as np

from mlpkit.backend import keras


def build(spec, seed=None):
    """Build the Keras model that a spec describes; it is not compiled yet.

    Parameters
    ----------
    spec : MLPSpec
        The description.
    seed : int, default=None
        Decides initial weights and dropout masks; None draws new ones each time.

    Returns
    -------
    keras.Model
        Takes (n_samples, *spec.input_shape), gives (n_samples, spec.units).

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> build(make_spec("multiclass", (28, 28), 10, hidden_layer_sizes=(30,))).count_params()
    23860
    """
    layers = _entry_layers(spec)
    dropout_seeds = iter(_dropout_seeds(spec, seed))
    seeds = iter(_kernel_seeds(spec, seed))
    for i, size in enumerate(spec.hidden_layer_sizes, 1):
        layers += _hidden_layers(spec, size, f"hidden_{i}", next(seeds), dropout_seeds)
    last = keras.layers.Dense(
        spec.units,
        kernel_initializer=initializer("glorot_uniform", next(seeds)),
        kernel_regularizer=_penalty(spec),
        dtype=spec.dtype,
        name="output",
    )
    return _assemble(spec, [*layers, last])


def initializer(name, seed=None):
    """Give a Keras initializer by name, seeded where it draws.

    Parameters
    ----------
    name : str
        Keras's name.
    seed : int, default=None
        The seed, None for a new one each time.

    Returns
    -------
    keras.initializers.Initializer
    """
    plain = keras.initializers.get(name)
    config = plain.get_config()
    return type(plain).from_config({**config, "seed": seed}) if "seed" in config else plain


def initial_weights(spec, seed):
    """Give the weights that `build` would start from, without building anything.

    Parameters
    ----------
    spec : MLPSpec
        The description, without a first Normalization layer.
    seed : int
        As in `build`.

    Returns
    -------
    list of ndarray
        In the order of ``model.get_weights()``.
    """
    seeds = iter(_kernel_seeds(spec, seed))
    weights = []
    affine = zip(spec.widths, (*spec.hidden_layer_sizes, spec.units), strict=True)
    for i, (n_in, n_out) in enumerate(affine):
        is_output = i == len(spec.hidden_layer_sizes)
        name = "glorot_uniform" if is_output else spec.kernel_initializer
        draw = initializer(name, next(seeds))
        zeros, ones = np.zeros(n_out, spec.dtype), np.ones(n_out, spec.dtype)
        weights.append(np.asarray(draw((n_in, n_out), dtype=spec.dtype)))
        if is_output or spec.normalization is None:
            weights.append(zeros)
        elif spec.normalization == "batch":  # scale, shift, moving mean, moving variance
            weights += [ones, zeros, zeros, ones]
        else:
            weights += [ones, zeros]
        if spec.activation == "prelu" and not is_output:
            weights.append(zeros)
    return weights


def dropout_states(spec, seed):
    """Give the states that the dropout layers' generators start from in `build`.

    Parameters
    ----------
    spec : MLPSpec
        The description.
    seed : int
        As in `build`.

    Returns
    -------
    list of ndarray of shape (2,)
        One for each dropout layer, in their order.
    """
    if not spec.dropout:
        return []
    seeds = _dropout_seeds(spec, seed)[: len(spec.hidden_layer_sizes)]
    return [np.array([value, 0], np.uint32) for value in seeds]


def put_weights(model, weights, features=None):
    """Put trained weights, and the standardisation of the inputs, into a built model.

    Parameters
    ----------
    model : keras.Model
        Built from a spec.
    weights : list of ndarray
        The weights behind the first Normalization layer.
    features : Affine, default=None
        Offset and scale of the inputs, for a model with a Normalization layer.
    """
    if features is None:
        model.set_weights(weights)
        return
    layer = model.get_layer("standardize")
    count = np.zeros((), np.int32)
    model.set_weights([features.offset, features.scale**2, count, *weights])
    layer.finalize_state()


def _kernel_seeds(spec, seed):
    n_layers = len(spec.hidden_layer_sizes) + 1
    return _draw(seed, n_layers)


def _dropout_seeds(spec, seed):
    n_layers = len(spec.hidden_layer_sizes) + 1
    return _draw(seed, 2 * n_layers)[n_layers:]


def _draw(seed, n):
    """Draw Python integers: Keras takes no NumPy ones for seeds."""
    if seed is None:
        return [None] * n
    return np.random.RandomState(seed).randint(1, 2**31 - 1, size=n).tolist()


def _entry_layers(spec):
    entry = [keras.Input(spec.input_shape, dtype=spec.dtype, name="features")]
    if len(spec.input_shape) > 1:
        entry.append(keras.layers.Flatten(dtype=spec.dtype, name="flatten"))
    if spec.standardize:
        entry.append(keras.layers.Normalization(axis=-1, dtype=spec.dtype, name="standardize"))
    return entry


def _hidden_layers(spec, size, name, seed, dropout_seeds):
    dtype = {"dtype": spec.dtype}
    block = [
        keras.layers.Dense(
            size,
            use_bias=spec.normalization is None,  # a normalised layer is shifted afterwards anyway
            kernel_initializer=initializer(spec.kernel_initializer, seed),
            kernel_regularizer=_penalty(spec),
            name=name,
            **dtype,
        )
    ]
    if spec.normalization == "batch":
        block.append(keras.layers.BatchNormalization(name=f"{name}_normalized", **dtype))
    elif spec.normalization == "layer":
        block.append(keras.layers.LayerNormalization(name=f"{name}_normalized", **dtype))
    if spec.activation == "prelu":
        block.append(keras.layers.PReLU(name=f"{name}_prelu", **dtype))
    else:
        block.append(
            keras.layers.Activation(spec.activation, name=f"{name}_{spec.activation}", **dtype)
        )
    if spec.dropout:
        # SELU needs dropout that keeps mean and variance (Klambauer et al. 2017, section 3).
        kind = keras.layers.AlphaDropout if spec.activation == "selu" else keras.layers.Dropout
        block.append(
            kind(spec.dropout, seed=next(dropout_seeds), name=f"{name}_dropout", **dtype)
        )
    return block


def _penalty(spec):
    return keras.regularizers.L2(spec.l2) if spec.l2 else None


def _assemble(spec, layers):
    """Chain the layers and put the output activations and their scales behind them."""
    names = list(dict.fromkeys(spec.outputs.activations))
    if len(names) == 1:
        if names[0] != "linear":
            layers = [
                *layers,
                keras.layers.Activation(names[0], name=f"output_{names[0]}", dtype=spec.dtype),
            ]
        return keras.Sequential([*layers, *_rescaling(spec)])
    z = layers[0]
    for layer in layers[1:]:
        z = layer(z)
    columns = [
        keras.layers.Activation(name, name=f"output_{i + 1}_{name}", dtype=spec.dtype)(
            z[:, i : i + 1]
        )
        for i, name in enumerate(spec.outputs.activations)
    ]
    out = keras.layers.Concatenate(name="outputs", dtype=spec.dtype)(columns)
    for layer in _rescaling(spec):
        out = layer(out)
    return keras.Model(layers[0], out)


def _rescaling(spec):
    if spec.outputs.is_plain:
        return []
    # As arrays: Keras would round plain numbers to float32 first.
    scale, offset = np.array(spec.outputs.scale), np.array(spec.outputs.offset)
    return [keras.layers.Rescaling(scale, offset=offset, name="target_units", dtype=spec.dtype)]


def warn_about_selu(spec):
    """Warn where SELU's self-normalisation is broken by a normalisation layer.

    Parameters
    ----------
    spec : MLPSpec
        The description.
    """
    import warnings

    from mlpkit.errors import SelfNormalizationWarning

    if spec.activation == "selu" and spec.normalization:
        warnings.warn(
            f"activation='selu' normalises itself; normalization={spec.normalization!r} breaks "
            "that. Leave normalization=None with SELU, or take another activation.",
            SelfNormalizationWarning,
            stacklevel=3,
        )
