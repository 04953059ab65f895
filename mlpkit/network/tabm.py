"""TabM as a Keras model of small layers, and its initial weights without a model."""

import numpy as np

from mlpkit.backend import keras
from mlpkit.layers import EnsembleDense, HashDropout, Networks, PiecewiseLinearEmbedding
from mlpkit.network.building import output_layers
from mlpkit.network.ensemble_model import EnsembleModel
from mlpkit.processes import check_fork


def build_trunk(spec, seed=None):
    """Build what is trained: each network's own rows in, each member's outputs out.

    Parameters
    ----------
    spec : TabMSpec
        The description.
    seed : int, default=None
        Decides dropout masks; None draws new ones each time.

    Returns
    -------
    keras.Model
        Takes (n_networks, n_samples, n_columns), gives (n_networks, n_members, n_samples, units),
        before the output activation.

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> from mlpkit.architecture.tabm import tabm_spec
    >>> spec = tabm_spec(make_spec("multiclass", 5, 3), n_numbers=5, n_networks=2, n_members=4)
    >>> build_trunk(spec)(np.zeros((2, 10, 5), "float32")).shape
    TensorShape([2, 4, 10, 3])
    """
    check_fork()
    n = spec.n_networks
    rows = keras.Input(batch_shape=(n, None, *spec.input_shape), name="features")
    z = _first_input(spec, rows)
    seeds = dropout_seeds(spec, seed)
    for i, size in enumerate(spec.hidden_layer_sizes):
        z = EnsembleDense(
            size,
            spec.n_members,
            spec.adapters(i),
            random_input=i == 0,
            n_networks=n,
            name=f"hidden_{i + 1}",
        )(z)
        z = keras.layers.Activation(spec.activation, name=f"hidden_{i + 1}_{spec.activation}")(z)
        if spec.dropout:
            z = HashDropout(spec.dropout, seed=seeds[i], name=f"hidden_{i + 1}_dropout")(z)
    heads = EnsembleDense(spec.units, spec.n_members, shared=False, n_networks=n, name="heads")
    return keras.Model(rows, heads(z), name="trunk")


def _first_input(spec, rows):
    """Embed the numbers, and put the other columns behind them."""
    parts = []
    if spec.n_numbers:
        embedding = PiecewiseLinearEmbedding(
            spec.output_dim, spec.n_bins, n_networks=spec.n_networks, name="embedding"
        )
        width = spec.n_numbers * spec.output_dim
        embedded = embedding(rows[..., : spec.n_numbers])
        parts.append(keras.ops.reshape(embedded, (spec.n_networks, -1, width)))
    if spec.chunks:
        parts.append(rows[..., spec.n_numbers :])
    return parts[0] if len(parts) == 1 else keras.layers.Concatenate(name="columns")(parts)


def build(spec, seed=None):
    """Build the whole model: rows in, the ensemble's predictions out.

    Parameters
    ----------
    spec : TabMSpec
        The description.
    seed : int, default=None
        Decides dropout masks.

    Returns
    -------
    EnsembleModel
        Takes (n_samples, n_columns), gives (n_samples, units); not compiled yet.

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> from mlpkit.architecture.tabm import tabm_spec
    >>> build(tabm_spec(make_spec("binary", 2), n_numbers=2))(np.zeros((3, 2), "float32")).shape
    TensorShape([3, 1])
    """
    entry = [keras.Input(spec.input_shape, name="rows")]
    if spec.standardize:
        entry.append(keras.layers.Normalization(axis=-1, name="standardize"))
    z = entry[0]
    for layer in entry[1:]:
        z = layer(z)
    z = build_trunk(spec, seed)(Networks(spec.n_networks, name="networks")(z))
    # Probabilities are averaged, not what comes before them.
    for layer in output_layers(spec):
        z = layer(z)
    return EnsembleModel(entry[0], z, name="tabm")


def initial_weights(spec, seed):
    """Draw initial weights, in the order of the trunk's ``get_weights()``.

    Parameters
    ----------
    spec : TabMSpec
        The description.
    seed : int
        Decides them.

    Returns
    -------
    list of ndarray
        Bins are empty; see `place_bins`.

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> from mlpkit.architecture.tabm import tabm_spec
    >>> spec = tabm_spec(make_spec("binary", 2), n_numbers=2)
    >>> shapes = [w.shape for w in initial_weights(spec, 0)]
    >>> shapes == [w.shape for w in build_trunk(spec).get_weights()]
    True
    """
    rng = np.random.RandomState(seed)
    n, k = spec.n_networks, spec.n_members

    def uniform(width, *shape):
        limit = width**-0.5
        return rng.uniform(-limit, limit, shape).astype(np.float32)

    weights = []
    if spec.n_numbers:
        d, columns = spec.output_dim, spec.n_numbers
        weights += [uniform(d, n, columns, 1, d), uniform(d, n, columns, 1, d)]
        weights.append(np.zeros((n, columns, spec.n_bins, d), np.float32))
        fixed = np.zeros((columns, spec.n_bins), np.float32)
        weights += [fixed, fixed, fixed + 1]
    for i, (n_in, n_out) in enumerate(zip(spec.widths, spec.hidden_layer_sizes, strict=False)):
        adapters = spec.adapters(i)
        own = k if adapters == "all" else 1
        if adapters:
            weights.append(_input_scale(spec, rng) if i == 0 else np.ones((n, k, 1, n_in), "f"))
        weights.append(uniform(n_in, n, n_in, n_out))
        if adapters == "all":
            weights.append(np.ones((n, k, 1, n_out), np.float32))
        weights.append(np.repeat(uniform(n_in, n, 1, 1, n_out), own, axis=1))
    last = spec.widths[-1]
    return [*weights, uniform(last, n, k, last, spec.units), uniform(last, n, k, 1, spec.units)]


def _input_scale(spec, rng):
    """Draw the first layer's scales: one number a column of the table and member."""
    widths = (*[spec.output_dim] * spec.n_numbers, *spec.chunks)
    drawn = rng.standard_normal((spec.n_networks, spec.n_members, 1, len(widths)))
    return np.repeat(drawn, widths, axis=-1).astype(np.float32)


def put_weights(model, weights, features):
    """Put a trunk's weights, and the standardisation of the columns, into a built model.

    Parameters
    ----------
    model : keras.Model
        From `build`, with a Normalization layer.
    weights : list of ndarray
        The trunk's.
    features : Affine
        Offset and scale of the columns.
    """
    model.get_layer("trunk").set_weights(weights)
    layer = model.get_layer("standardize")
    layer.set_weights([features.offset, features.scale**2, np.zeros((), np.int32)])
    layer.finalize_state()


def place_bins(spec, weights, bins):
    """Give weights with the bins of the piecewise linear embedding put in.

    Parameters
    ----------
    spec : TabMSpec
        The description.
    weights : list of ndarray
        In the order of the trunk's ``get_weights()``; not changed.
    bins : Bins
        Of standardised numbers.

    Returns
    -------
    list of ndarray
    """
    if not spec.n_numbers:
        return weights
    return [*weights[:3], *(np.asarray(part, np.float32) for part in bins), *weights[6:]]


def dropout_seeds(spec, seed):
    """Give a seed for each layer's dropout; Nones for no seed.

    Parameters
    ----------
    spec : TabMSpec or RealMLPSpec
        The description.
    seed : int or None
        Decides them.

    Returns
    -------
    list of int or None
    """
    n = len(spec.hidden_layer_sizes)
    if seed is None:
        return [None] * n
    return np.random.RandomState(seed).randint(1, 2**31 - 1, size=n).tolist()
