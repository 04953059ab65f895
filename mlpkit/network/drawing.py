"""Initial weights and dropout masks from one seed."""

import numpy as np

from mlpkit.backend import keras


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

    Examples
    --------
    >>> initializer("he_normal", 3).seed
    3
    """
    # Not by keras.initializers.get, which draws a seed from Python's global generator first.
    kind = getattr(keras.initializers, "".join(word.title() for word in name.split("_")))
    return kind() if name in ("zeros", "ones") else kind(seed=seed)


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

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> spec = make_spec("regression", 2, hidden_layer_sizes=(3,))
    >>> [w.shape for w in initial_weights(spec, seed=0)]
    [(2, 3), (3,), (3, 1), (1,)]
    """
    seeds = iter(kernel_seeds(spec, seed))
    weights = []
    affine = zip(spec.widths, (*spec.hidden_layer_sizes, spec.units), strict=True)
    for i, (n_in, n_out) in enumerate(affine):
        is_output = i == len(spec.hidden_layer_sizes)
        name = "glorot_uniform" if is_output else spec.kernel_initializer
        draw = initializer(name, next(seeds))
        zeros, ones = np.zeros(n_out, spec.float_type), np.ones(n_out, spec.float_type)
        weights.append(np.asarray(draw((n_in, n_out), dtype=spec.float_type)))
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

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> spec = make_spec("regression", 2, hidden_layer_sizes=(3, 3), dropout=0.5)
    >>> [state.shape for state in dropout_states(spec, seed=0)]
    [(2,), (2,)]
    """
    if not spec.dropout:
        return []
    seeds = dropout_seeds(spec, seed)[: len(spec.hidden_layer_sizes)]
    return [np.array([value, 0], np.uint32) for value in seeds]


def kernel_seeds(spec, seed):
    """Give the seed of each kernel, the output's last; Nones for no seed.

    Parameters
    ----------
    spec : MLPSpec
        The description.
    seed : int or None
        As in `build`.

    Returns
    -------
    list of int or None

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> kernel_seeds(make_spec("binary", 3), None)
    [None, None]
    """
    n_layers = len(spec.hidden_layer_sizes) + 1
    return _draw(seed, n_layers)


def dropout_seeds(spec, seed):
    """Give a seed for each layer's dropout; Nones for no seed.

    Parameters
    ----------
    spec : MLPSpec
        The description.
    seed : int or None
        As in `build`.

    Returns
    -------
    list of int or None

    Examples
    --------
    >>> from mlpkit.architecture import make_spec
    >>> dropout_seeds(make_spec("binary", 3), None)
    [None, None]
    """
    n_layers = len(spec.hidden_layer_sizes) + 1
    return _draw(seed, 2 * n_layers)[n_layers:]


def _draw(seed, n):
    """Draw Python integers: Keras takes no NumPy ones for seeds."""
    if seed is None:
        return [None] * n
    return np.random.RandomState(seed).randint(1, 2**31 - 1, size=n).tolist()
