"""What initial weights do to a signal on its way through depth, forward and backward."""

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from mlpkit import activations
from mlpkit.checks import Rule, check_parameters, instance_of, integer, none, sizes
from mlpkit.errors import InvalidParameterError

# Each draws a kernel of shape (n_in, n_out); the variances are Glorot and Bengio's (2010, eq. 16),
# He et al.'s (2015, eq. 10) and LeCun et al.'s (1998, eq. 16).
_CONSTANT = 0.05
INITIALIZERS = {
    "zeros": lambda rng, n_in, n_out: np.zeros((n_in, n_out)),
    "constant": lambda rng, n_in, n_out: np.full((n_in, n_out), _CONSTANT),
    "normal(0, 1)": lambda rng, n_in, n_out: rng.normal(size=(n_in, n_out)),
    "glorot_normal": lambda rng, n_in, n_out: _normal(rng, n_in, n_out, 2 / (n_in + n_out)),
    "he_normal": lambda rng, n_in, n_out: _normal(rng, n_in, n_out, 2 / n_in),
    "lecun_normal": lambda rng, n_in, n_out: _normal(rng, n_in, n_out, 1 / n_in),
}


def _normal(rng, n_in, n_out, variance):
    return rng.normal(scale=np.sqrt(variance), size=(n_in, n_out))


def _can_be_followed(name):
    known = isinstance(name, str) and name in activations.names(trains=True)
    return known and activations.get(name).elementwise and not activations.get(name).learned


_FOLLOWED = tuple(filter(_can_be_followed, activations.names()))
_RULES = {
    "hidden_layer_sizes": sizes(),
    "activation": Rule(
        "be the name of an activation that acts on each unit alone and learns nothing",
        _can_be_followed,
        _FOLLOWED,
    ),
    "n_features": integer(1),
    "n_samples": integer(2),
    "initializers": none()
    | Rule(
        f"be a list of some of {', '.join(INITIALIZERS)}, each once",
        lambda names: (
            isinstance(names, list | tuple)
            and len(names) == sum(name in names for name in INITIALIZERS) > 0
        ),
        tuple(INITIALIZERS),
    ),
    "random_state": none()
    | integer(0, 2**32 - 1)
    | instance_of("be a NumPy RandomState", "RandomState"),
}


def initialization_report(
    hidden_layer_sizes=(100,) * 20, activation="relu", *, X=None, n_features=100, n_samples=500,
    initializers=None, random_state=0,
):  # fmt: skip
    """Follow the variance of activations and gradients through a network that is not trained yet.

    The network is drawn several times, once for each kind of initial weights, with biases of 0.
    Forward go rows of standard normal features, or yours; backward goes a gradient of standard
    normal numbers, as from a loss behind the last hidden layer. A variance that falls or grows from
    layer to layer does so exponentially, and is what vanishing and exploding signals are.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int or int, default=(100,) * 20
        Units of each hidden layer.
    activation : str, default="relu"
        Name of an elementwise activation.
    X : array-like of shape (n_samples, n_features), default=None
        Rows, standardised; None draws them.
    n_features : int, default=100
        Number of features that are drawn, where `X` is None.
    n_samples : int, default=500
        Number of rows that are drawn, where `X` is None.
    initializers : list of str, default=None
        Which initial weights, of "zeros", "constant" (0.05), "normal(0, 1)", "glorot_normal"
        (Xavier's), "he_normal" and "lecun_normal"; None takes all. The last three are plain normal
        here, where Keras cuts their tails off; the variance is the same.
    random_state : int, RandomState instance or None, default=0
        Seed of the weights, the rows and the gradient.

    Returns
    -------
    DataFrame
        A row for each initializer and hidden layer: `initializer`, `layer`, `activation_mean`,
        `activation_variance` and `gradient_variance`, that of ∂L/∂z, over rows and units; infinite
        or NaN where a signal has grown beyond what a float holds.

    Raises
    ------
    InvalidParameterError
        When arguments break their rules; all of them are listed.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010. K. He et al., "Delving Deep into Rectifiers", 2015. Y. LeCun et al., "Efficient
    BackProp", 1998.

    Examples
    --------
    >>> report = initialization_report((200,) * 10, "relu", n_features=200)
    >>> through = report.pivot(index="layer", columns="initializer", values="activation_variance")
    >>> through.loc[10, ["glorot_normal", "he_normal"]].round(4).tolist()
    [0.0005, 0.4824]
    """
    check_parameters(
        {
            "hidden_layer_sizes": hidden_layer_sizes, "activation": activation,
            "n_features": n_features, "n_samples": n_samples, "initializers": initializers,
            "random_state": random_state,
        },
        _RULES,
    )  # fmt: skip
    widths = np.atleast_1d(hidden_layer_sizes).astype(int).tolist()
    if not widths:
        raise InvalidParameterError("hidden_layer_sizes must hold at least one layer. Got ().")
    rng = check_random_state(random_state)
    X = rng.normal(size=(n_samples, n_features)) if X is None else _checked_rows(X)
    gradient = rng.normal(size=(len(X), widths[-1]))
    seed = rng.randint(2**31 - 1)
    rows = []
    for name in initializers or INITIALIZERS:
        drawing = np.random.RandomState(seed)  # the same draws for each, but for their scale
        shapes = zip([X.shape[1], *widths[:-1]], widths, strict=True)
        kernels = [INITIALIZERS[name](drawing, *shape) for shape in shapes]
        for layer, figures in enumerate(_followed(X, kernels, activation, gradient), start=1):
            rows.append({"initializer": name, "layer": layer, **figures})
    return pd.DataFrame(rows)


def _checked_rows(X):
    rule = "X must be finite numbers of shape (n_samples, n_features), two rows at least. Got "
    try:
        X = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidParameterError(f"{rule}{X!r:.80}.") from None
    if X.ndim != 2 or len(X) < 2 or not X.shape[1]:
        raise InvalidParameterError(f"{rule}shape {X.shape}.")
    if not np.isfinite(X).all():
        raise InvalidParameterError(f"{rule}{np.count_nonzero(~np.isfinite(X))} that are not.")
    return X


def _followed(a, kernels, activation, gradient):
    """Give the figures of each layer."""
    entry = activations.get(activation)
    figures, sums = [], []
    with np.errstate(over="ignore", invalid="ignore"):  # signals that explode are the point
        for kernel in kernels:
            sums.append(a @ kernel)
            a = entry(sums[-1])
            figures.append({"activation_mean": a.mean(), "activation_variance": a.var()})
        for place in reversed(range(len(kernels))):
            gradient = gradient * entry.derivative(sums[place])
            figures[place]["gradient_variance"] = gradient.var()
            gradient = gradient @ kernels[place].T
    return figures
