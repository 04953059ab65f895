"""`make_tabm`: an ensemble of members that share weights, as a compiled Keras model."""

import numpy as np

from mlpkit.architecture import make_spec
from mlpkit.architecture.tabm import VARIANTS, tabm_spec
from mlpkit.bins import quantile_bins
from mlpkit.checks import Rule, check_parameters, integer, number, one_of
from mlpkit.scaling import fit_feature_units
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
