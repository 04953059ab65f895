"""RealMLP as a Keras model of small layers."""

from mlpkit.backend import keras
from mlpkit.layers import (
    CategoryEmbedding,
    HashDropout,
    Networks,
    NTPDense,
    ParametricActivation,
    PeriodicEmbedding,
    ScalingLayer,
    SmoothClip,
)
from mlpkit.network.building import output_layers
from mlpkit.network.ensemble_model import EnsembleModel
from mlpkit.network.tabm import dropout_seeds
from mlpkit.processes import check_fork


def build_trunk(spec, seed=None, dropout=None):
    """Build what is trained: scaled rows in, outputs before the last activation out.

    Parameters
    ----------
    spec : RealMLPSpec
        The description.
    seed : int, default=None
        Decides dropout masks; None draws new ones each time.
    dropout : keras.Variable, default=None
        A dropout rate that may change later; None takes the description's.

    Returns
    -------
    keras.Model
        Takes (1, n_samples, n_columns), gives (1, 1, n_samples, units): one network of one member,
        as `EnsembleStep` has them.

    Examples
    --------
    >>> import numpy as np
    >>> from mlpkit.architecture.realmlp import RealMLPSpec
    >>> from mlpkit.outputs import plain_outputs
    >>> spec = RealMLPSpec("multiclass", (3,), plain_outputs("softmax", 2), (8,), n_numbers=3)
    >>> build_trunk(spec)(np.zeros((1, 10, 3), "float32")).shape
    TensorShape([1, 1, 10, 2])
    """
    check_fork()
    rows = keras.Input(batch_shape=(1, None, *spec.input_shape), name="features")
    z = ScalingLayer(name="scale")(_columns(spec, rows))
    seeds = dropout_seeds(spec, seed)
    rate = spec.dropout if dropout is None else dropout
    for i, size in enumerate(spec.hidden_layer_sizes, 1):
        z = NTPDense(size, name=f"hidden_{i}")(z)
        z = ParametricActivation(spec.activation, name=f"hidden_{i}_{spec.activation}")(z)
        if spec.dropout:
            z = HashDropout(rate, seed=seeds[i - 1], name=f"hidden_{i}_dropout")(z)
    z = NTPDense(spec.units, name="output")(z)
    return keras.Model(rows, keras.ops.expand_dims(z, 1), name="trunk")


def _columns(spec, rows):
    """Embed numbers and categories, and put all columns beside each other."""
    parts, n, scaled = [], spec.n_numbers, spec.n_numbers + spec.n_flags
    clipped = SmoothClip(name="clip")(rows[..., :scaled]) if scaled else None
    if n:
        embedding = PeriodicEmbedding(spec.embedding_dim, spec.n_frequencies, name="numbers")
        width = n * spec.embedding_dim
        parts.append(keras.ops.reshape(embedding(clipped[..., :n]), (1, -1, width)))
    if spec.n_flags:
        parts.append(clipped[..., n:])
    if spec.n_codes:
        embedding = CategoryEmbedding(spec.n_codes, spec.category_dim, name="categories")
        parts.append(embedding(rows[..., scaled:]))
    return parts[0] if len(parts) == 1 else keras.layers.Concatenate(name="columns")(parts)


def build(spec, seed=None):
    """Build the whole model: rows in, predictions out.

    Parameters
    ----------
    spec : RealMLPSpec
        The description.
    seed : int, default=None
        Decides dropout masks.

    Returns
    -------
    EnsembleModel
        Takes (n_samples, n_columns), gives (n_samples, units); not compiled yet.

    Examples
    --------
    >>> import numpy as np
    >>> from mlpkit.architecture.realmlp import RealMLPSpec
    >>> from mlpkit.outputs import plain_outputs
    >>> spec = RealMLPSpec("multiclass", (3,), plain_outputs("softmax", 2), (8,), n_numbers=3)
    >>> build(spec)(np.zeros((10, 3), "float32")).shape
    TensorShape([10, 2])
    """
    entry = keras.Input(spec.input_shape, name="rows")
    z = keras.layers.Normalization(axis=-1, name="standardize")(entry)
    z = build_trunk(spec, seed)(Networks(1, name="networks")(z))
    for layer in output_layers(spec):
        z = layer(z)
    return EnsembleModel(entry, z, name="realmlp")
