"""From a spec to its Keras model."""

import sys
import warnings

import numpy as np

from mlpkit.backend import keras
from mlpkit.errors import SelfNormalizationWarning
from mlpkit.layers import HashDropout
from mlpkit.network.drawing import dropout_seeds, initializer, kernel_seeds
from mlpkit.network.layers import Halving, Penalty, WidePenalty
from mlpkit.network.precision import check_precision
from mlpkit.processes import check_fork


def build(spec, seed=None, *, hashed=False):
    """Build the Keras model that a spec describes; it is not compiled yet.

    Parameters
    ----------
    spec : MLPSpec
        The description.
    seed : int, default=None
        Decides initial weights and dropout masks; None draws new ones each time.
    hashed : bool, default=False
        Whether dropout draws its masks as the estimators' programs do, else as Keras does.

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
    return _built(spec, seed, {}, hashed)


def build_for_many_fits(spec):
    """Build the Keras model with a penalty and a dropout rate that each fit sets.

    Parameters
    ----------
    spec : MLPSpec
        The description; of its penalty and dropout only counts whether they are there.

    Returns
    -------
    model : keras.Model
        As `build` gives it, but for the layers that hold the settings.
    settings : dict of str to keras.Variable
        "l2" and "dropout", where the network has them. Alpha dropout has a fixed rate.

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> model, settings = build_for_many_fits(make_spec("binary", 3, l2=0.1, dropout=0.2))
    >>> sorted(settings), model.count_params()
    (['dropout', 'l2'], 501)
    """
    wanted = {"l2": spec.l2, "dropout": spec.dropout * (spec.activation != "selu")}
    settings = {
        name: keras.Variable(value, trainable=False, dtype=spec.float_type, name=name)
        for name, value in wanted.items()
        if value
    }
    return _built(spec, 0, settings, hashed=True), settings


def _built(spec, seed, settings, hashed):
    check_fork()
    check_precision(spec.dtype)
    layers = _entry_layers(spec)
    masks = iter(dropout_seeds(spec, seed))
    seeds = iter(kernel_seeds(spec, seed))
    for i, size in enumerate(spec.hidden_layer_sizes, 1):
        layers += _hidden_layers(spec, size, f"hidden_{i}", next(seeds), masks, settings, hashed)
    last = keras.layers.Dense(
        spec.units,
        kernel_initializer=initializer("glorot_uniform", next(seeds)),
        kernel_regularizer=_penalty(spec, settings),
        dtype=spec.float_type,  # mixed precision ends before the outputs
        name="output",
    )
    return _assemble(spec, [*layers, last])


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

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> from mlpkit.scaling import Affine
    >>> model = build(make_spec("regression", 1, hidden_layer_sizes=(), standardize=True))
    >>> features = Affine(offset=np.array([10.0]), scale=np.array([2.0]))
    >>> put_weights(model, [np.array([[3.0]]), np.array([1.0])], features)
    >>> model(np.array([[14.0]])).numpy()
    array([[7.]], dtype=float32)
    """
    if features is None:
        model.set_weights(weights)
        return
    layer = model.get_layer("standardize")
    shape, count = model.input_shape[1:], np.zeros((), np.int32)
    mean, variance = (np.reshape(v, shape) for v in (features.offset, features.scale**2))
    model.set_weights([mean, variance, count, *weights])
    layer.finalize_state()


def _entry_layers(spec):
    entry = [keras.Input(spec.input_shape, dtype=spec.float_type, name="features")]
    if spec.standardize:
        # Before the flattening, so that it is adapted to rows in the user's own shape.
        axes = tuple(range(1, len(spec.input_shape) + 1))
        entry.append(
            keras.layers.Normalization(axis=axes, dtype=spec.float_type, name="standardize")
        )
    if len(spec.input_shape) > 1:
        entry.append(keras.layers.Flatten(dtype=spec.dtype, name="flatten"))
    return entry


def _hidden_layers(spec, size, name, seed, masks, settings, hashed):
    dtype = {"dtype": spec.dtype}
    block = [
        keras.layers.Dense(
            size,
            use_bias=spec.normalization is None,  # a normalised layer is shifted afterwards anyway
            kernel_initializer=initializer(spec.kernel_initializer, seed),
            kernel_regularizer=_penalty(spec, settings),
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
        kind = Halving if spec.activation == "glu" else keras.layers.Activation
        block.append(kind(spec.activation, name=f"{name}_{spec.activation}", **dtype))
    if spec.dropout:
        # SELU needs dropout that keeps mean and variance (Klambauer et al. 2017, section 3).
        kind = HashDropout if hashed else keras.layers.Dropout
        kind = keras.layers.AlphaDropout if spec.activation == "selu" else kind
        rate = settings.get("dropout", spec.dropout)
        block.append(kind(rate, seed=next(masks), name=f"{name}_dropout", **dtype))
    return block


def _penalty(spec, settings):
    if "l2" in settings:
        return Penalty(settings["l2"])
    kind = keras.regularizers.L2 if spec.float_type == "float32" else WidePenalty
    return kind(spec.l2) if spec.l2 else None


def _assemble(spec, layers):
    """Chain the layers and put the output activations and their scales behind them."""
    if len(set(spec.outputs.activations)) == 1:
        return keras.Sequential([*layers, *output_layers(spec)])
    z = layers[0]
    for layer in [*layers[1:], *output_layers(spec)]:
        z = layer(z)
    return keras.Model(layers[0], z)


def output_layers(spec):
    """Give what comes behind the last affine map: output activations and their scales.

    Parameters
    ----------
    spec : MLPSpec
        The description.

    Returns
    -------
    list of callable
        Keras layers, or a function of a Keras tensor where outputs have several activations.

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> [layer.name for layer in output_layers(make_spec("binary", 3))]
    ['output_sigmoid']
    """
    names = list(dict.fromkeys(spec.outputs.activations))
    if len(names) > 1:
        return [lambda z: _column_activations(spec, z), *_rescaling(spec)]
    plain = names[0] == "linear"
    kind, dtype = keras.layers.Activation, spec.float_type
    activation = [] if plain else [kind(names[0], name=f"output_{names[0]}", dtype=dtype)]
    return [*activation, *_rescaling(spec)]


def _column_activations(spec, z):
    dtype = spec.float_type
    columns = [
        keras.layers.Activation(name, name=f"output_{i + 1}_{name}", dtype=dtype)(z[..., i : i + 1])
        for i, name in enumerate(spec.outputs.activations)
    ]
    return keras.layers.Concatenate(name="outputs", dtype=dtype)(columns)


def _rescaling(spec):
    if spec.outputs.is_plain:
        return []
    # As arrays: Keras would round plain numbers to float32 first.
    scale, offset = np.array(spec.outputs.scale), np.array(spec.outputs.offset)
    return [
        keras.layers.Rescaling(scale, offset=offset, name="target_units", dtype=spec.float_type)
    ]


def warn_about_selu(spec):
    """Warn where SELU's self-normalisation is broken, by other weights or by a normalisation.

    Parameters
    ----------
    spec : MLPSpec
        The description.

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> warn_about_selu(make_spec("binary", 3, activation="selu"))
    """
    if spec.activation != "selu":
        return
    if spec.normalization:
        broken, mend = f"normalization={spec.normalization!r}", "normalization=None"
    elif spec.hidden_layer_sizes and spec.kernel_initializer != "lecun_normal":
        broken = f"kernel_initializer={spec.kernel_initializer!r}"
        mend = "kernel_initializer='auto' (LeCun normal)"
    else:
        return
    warnings.warn(
        f"activation='selu' normalises itself; {broken} breaks that. Set {mend} with SELU, or "
        "take another activation.",
        SelfNormalizationWarning,
        stacklevel=_first_level_outside(),
    )


def _first_level_outside():
    """Give the stack level of the line outside mlpkit that led to the caller's warning."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("mlpkit."):
        frame, level = frame.f_back, level + 1
    return level
