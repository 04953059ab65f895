"""`make_tabm` and `make_realmlp`: strong networks for tables, as compiled Keras models."""

import numpy as np

from mlpkit.architecture import make_spec
from mlpkit.architecture.realmlp import realmlp_spec
from mlpkit.architecture.tabm import VARIANTS, tabm_spec
from mlpkit.bins import quantile_bins
from mlpkit.checks import Rule, check_parameters, integer, number, one_of
from mlpkit.scaling import fit_feature_units, fit_robust_units
from mlpkit.tasks import TASKS

_RULES = {
    "task": one_of(*TASKS),
    "X": Rule(
        "be a table of finite numbers, of shape (n_samples, n_features) with 2 rows or more",
        lambda X: np.ndim(X) == 2 and len(X) > 1 and bool(np.isfinite(np.asarray(X, float)).all()),
    ),
    "n_estimators": integer(1),
    "variant": one_of(*VARIANTS),
    "embedding_dim": integer(1),
    "n_bins": integer(1),
    "weight_decay": number(0),
    "epochs": integer(1),
    "batch_size": integer(1),
}


def make_tabm(
    task,
    X,
    n_outputs=1,
    *,
    n_estimators=8,
    variant="mini",
    hidden_layer_sizes=(256, 256),
    activation="relu",
    embedding_dim=12,
    n_bins=48,
    dropout=0.1,
    learning_rate=2e-3,
    weight_decay=3e-4,
    random_state=None,
    **parameters,
):
    """Build and compile TabM, an ensemble of networks that share most of their weights.

    Parameters
    ----------
    task : {"binary", "multiclass", "multilabel", "regression", "multioutput"}
        The kind of task.
    X : array-like of shape (n_samples, n_features)
        Training rows, numbers only: the standardisation and the bins of each column are found in
        them. `TabularEncoder` makes them of a table as it is.
    n_outputs : int, default=1
        Classes of a multiclass task, labels, or columns of a regression's target.
    n_estimators : int, default=8
        Members.
    variant : {"mini", "full"}, default="mini"
        What a member has of its own: the scales of its inputs and its head, or scales of inputs
        and outputs, and biases, of each layer as well.
    hidden_layer_sizes : tuple of int or int, default=(256, 256)
        Units of each hidden layer.
    activation : str, default="relu"
        Any Keras activation by name.
    embedding_dim : int, default=12
        Outputs a number of the piecewise linear embedding.
    n_bins : int, default=48
        Its bins, quantiles of the column.
    dropout : float, default=0.1
        Share of hidden units dropped in training.
    learning_rate, weight_decay : float, default=0.002, 0.0003
        Of AdamW.
    random_state : int, RandomState instance or None, default=None
        Decides initial weights and dropout masks.
    **parameters
        "loss", "metrics" and, for a regression, "output_range", "output_activation", "delta" and
        "quantile", as in `make_classifier` and `make_regressor`.

    Returns
    -------
    EnsembleModel
        A compiled Keras model: raw numbers in, the members' mean prediction out; ``fit`` trains
        each member on its own loss. Give targets in units of about 1, or standardise them.

    Raises
    ------
    InvalidParameterError
        When arguments break their rules; all of them are listed.

    References
    ----------
    Y. Gorishniy, A. Kotelnikov, A. Babenko (2025), TabM: advancing tabular deep learning with
    parameter-efficient ensembling. ICLR.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from mlpkit import make_tabm
    >>> X, y = load_wine(return_X_y=True)
    >>> model = make_tabm("multiclass", X, 3, n_estimators=4, random_state=0)
    >>> history = model.fit(X, y, epochs=2, verbose=0)
    >>> model.predict(X[:2], verbose=0).shape
    (2, 3)
    """
    own = dict(
        task=task, X=X, n_estimators=n_estimators, variant=variant, embedding_dim=embedding_dim,
        n_bins=n_bins, weight_decay=weight_decay,
    )  # fmt: skip
    check_parameters(own, _RULES)
    X = np.asarray(X, np.float64)
    common = dict(
        parameters, hidden_layer_sizes=hidden_layer_sizes, activation=activation, dropout=dropout,
        learning_rate=learning_rate, standardize=True, random_state=random_state,
    )  # fmt: skip
    spec = tabm_spec(
        make_spec(task, X.shape[1], n_outputs, **common),
        n_numbers=X.shape[1], n_members=n_estimators, output_dim=embedding_dim, n_bins=n_bins,
        variant=variant,
    )  # fmt: skip
    return _made(spec, X, {**common, "weight_decay": float(weight_decay)})


def _made(spec, X, parameters):
    """Build the model, put in what is found in the rows, and compile it."""
    from sklearn.utils import check_random_state

    from mlpkit import factories
    from mlpkit.backend import keras
    from mlpkit.network import tabm

    random_state = parameters["random_state"]
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    features = fit_feature_units(X, np.ones(len(X)), None)
    bins = quantile_bins((X - features.offset) / features.scale, spec.n_bins)
    model = tabm.build(spec, seed)
    weights = tabm.place_bins(spec, tabm.initial_weights(spec, seed), bins)
    tabm.put_weights(model, weights, features)
    decayed = keras.optimizers.AdamW(weight_decay=parameters["weight_decay"])
    given = {"loss": "auto", "metrics": "auto", **parameters, "optimizer": decayed}
    factories.compile_model(model, spec, given)
    model.optimizer.exclude_from_weight_decay(var_names=["bias"])
    return model


def make_realmlp(
    task,
    X,
    n_outputs=1,
    *,
    hidden_layer_sizes=(256, 256, 256),
    activation="auto",
    dropout=0.15,
    learning_rate="auto",
    weight_decay=0.02,
    epochs=256,
    batch_size=256,
    random_state=None,
    **parameters,
):
    """Build and compile RealMLP, one network with pre-tuned defaults.

    Parameters
    ----------
    task : {"binary", "multiclass", "multilabel", "regression", "multioutput"}
        The kind of task.
    X : array-like of shape (n_samples, n_features)
        Training rows, numbers only: their medians and quartiles are found in them, and the initial
        weights fitted to them.
    n_outputs : int, default=1
        Classes of a multiclass task, labels, or columns of a regression's target.
    hidden_layer_sizes : tuple of int or int, default=(256, 256, 256)
        Units of each hidden layer.
    activation : str, default="auto"
        Any Keras activation by name; "auto" is SELU for classes, Mish for a regression.
    dropout : float, default=0.15
        Share of hidden units dropped in training.
    learning_rate : float or "auto", default="auto"
        Highest one of the schedule; "auto" is 0.04 for classes, 0.2 for a regression.
    weight_decay : float, default=0.02
        Of AdamW.
    epochs, batch_size : int, default=256
        What ``fit`` will be called with: the learning rate falls and rises over so many steps.
    random_state : int, RandomState instance or None, default=None
        Decides initial weights and dropout masks.
    **parameters
        "loss", "metrics" and, for a regression, "output_range", "output_activation", "delta" and
        "quantile", as in `make_classifier` and `make_regressor`.

    Returns
    -------
    keras.Model
        Compiled. Give a regression's targets standardised. `RealMLPClassifier` and
        `RealMLPRegressor` train it faster, smooth labels, and let dropout and decay fall, too.

    Raises
    ------
    InvalidParameterError
        When arguments break their rules; all of them are listed.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data. NeurIPS.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from mlpkit import make_realmlp
    >>> X, y = load_wine(return_X_y=True)
    >>> model = make_realmlp("multiclass", X, 3, epochs=2, random_state=0)
    >>> history = model.fit(X, y, epochs=2, batch_size=256, verbose=0)
    >>> model.predict(X[:2], verbose=0).shape
    (2, 3)
    """
    own = dict(task=task, X=X, weight_decay=weight_decay, epochs=epochs, batch_size=batch_size)
    check_parameters(own, _RULES)
    X = np.asarray(X, np.float64)
    classes = task not in ("regression", "multioutput")
    if activation == "auto":
        activation = "selu" if classes else "mish"
    if learning_rate == "auto":
        learning_rate = 0.04 if classes else 0.2
    common = dict(
        parameters, hidden_layer_sizes=hidden_layer_sizes, activation=activation, dropout=dropout,
        learning_rate=learning_rate, random_state=random_state,
    )  # fmt: skip
    spec = realmlp_spec(make_spec(task, X.shape[1], n_outputs, **common), n_numbers=X.shape[1])
    n_steps = epochs * -(-len(X) // batch_size)
    return _made_realmlp(spec, X, {**common, "weight_decay": float(weight_decay)}, n_steps)


def _made_realmlp(spec, X, parameters, n_steps):
    """Build the model, fit its initial weights to rows, and compile it."""
    from sklearn.utils import check_random_state

    from mlpkit import factories
    from mlpkit.inference.realmlp import start_weights
    from mlpkit.network import realmlp, tabm
    from mlpkit.network.optimizing import CosLog4, FactorAdamW

    seed = int(check_random_state(parameters["random_state"]).randint(2**31 - 1))
    features = fit_robust_units(X, X.shape[1])
    model = realmlp.build(spec, seed)
    weights = start_weights(spec, (X - features.offset) / features.scale, seed)
    tabm.put_weights(model, weights, features)
    rate = CosLog4(float(parameters["learning_rate"]), n_steps)
    optimizer = FactorAdamW(
        rate, weight_decay=parameters["weight_decay"], beta_2=0.95, epsilon=1e-8
    )
    given = {"loss": "auto", "metrics": "auto", **parameters}
    given.update(optimizer=optimizer, learning_rate=None)
    factories.compile_model(model, spec, given)
    return model
