"""`MLPRegressor`: the factories' networks as a scikit-learn regressor."""

import numpy as np
from sklearn.metrics import d2_pinball_score

from mlpkit.estimators.mlp_base import BaseMLP
from mlpkit.estimators.regression import RegressorMethods


class MLPRegressor(RegressorMethods, BaseMLP):
    """Multilayer perceptron for one number or several.

    Output activation and loss follow from Géron's table 10-1. Inputs and targets are standardised
    inside, on training rows alone; predictions come in the target's units.

    Parameters
    ----------
    hidden_layer_sizes, activation, kernel_initializer, normalization, dropout, l2
        As in `MLPClassifier`.
    encode : bool or "auto", default="auto"
        As in `MLPClassifier`.
    standardize : bool, default=True
        Standardise inputs and targets (weighted means and variances of the training rows).
        Targets only where the loss allows it: "mse", "mae", "huber", "poisson", "quantile";
        any other loss sees them in their own units.
    output_range : None, "positive", (low, high), or a list of these per output, default=None
        What values the target can take, in its own units. Predictions stay in the range.
    output_activation : str, default="auto"
        Another activation that suits the range: "relu" for positive outputs, "tanh" for bounded.
    optimizer, learning_rate, learning_rate_schedule, global_clipnorm
        As in `MLPClassifier`.
    loss : str, keras.losses.Loss or callable, default="mse"
        "mse", "mae", "huber", "poisson" (positive outputs only), "quantile", or any Keras loss.
    delta : float, default=1.0
        Where the Huber loss turns linear, in standard deviations of the target.
    quantile : float or list of float, default=0.5
        For ``loss="quantile"``: the quantile in (0, 1); a list gives a column each.
    metrics : "auto", None or list, default="auto"
        What `history_` records beside the loss, in the target's units; "auto" is the RMSE.
    early_stopping : bool or "auto", default="auto"
        As in `MLPClassifier`, by the validation loss.
    scoring : str, callable or None, default="auto"
        What tells the best epoch: "auto" and "loss" are the loss, "neg_root_mean_squared_error" the
        RMSE in the program, and others as in `MLPClassifier`.
    batch_size, epochs, max_time, validation_fraction, patience, average, jit_compile, device, \
warm_start, callbacks, backup_dir, backup_freq, verbose, dtype, random_state
        As in `MLPClassifier`.

    Attributes
    ----------
    n_features_in_, feature_names_in_, n_outputs_, n_iter_, best_epoch_, task_, spec_, model_
        As in `MLPClassifier`.
    history_ : dict of str to list of float
        ``loss`` and ``val_loss`` on standardised targets, metrics in the target's units.

    References
    ----------
    A. Géron, Hands-On Machine Learning with Scikit-Learn, Keras & TensorFlow, table 10-1.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from mlpkit import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = MLPRegressor(epochs=20, output_range="positive", random_state=0).fit(X, y)
    >>> regressor.predict(X[:2]).shape, bool(regressor.predict(X).min() > 0)
    ((2,), True)
    """

    def __init__(
        self,
        hidden_layer_sizes=(256, 128),
        *,
        activation="relu",
        kernel_initializer="glorot_uniform",
        normalization=None,
        dropout=0.0,
        l2=1e-4,
        encode="auto",
        standardize=True,
        output_range=None,
        output_activation="auto",
        optimizer="adam",
        learning_rate="auto",
        learning_rate_schedule=None,
        global_clipnorm=None,
        loss="mse",
        delta=1.0,
        quantile=0.5,
        metrics="auto",
        batch_size="auto",
        epochs=100,
        max_time=None,
        early_stopping="auto",
        validation_fraction=0.1,
        patience=20,
        scoring="auto",
        average=True,
        jit_compile="auto",
        device="auto",
        warm_start=False,
        callbacks=None,
        backup_dir=None,
        backup_freq="epoch",
        verbose=0,
        dtype="float32",
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.kernel_initializer = kernel_initializer
        self.normalization = normalization
        self.dropout = dropout
        self.l2 = l2
        self.encode = encode
        self.standardize = standardize
        self.output_range = output_range
        self.output_activation = output_activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.global_clipnorm = global_clipnorm
        self.loss = loss
        self.delta = delta
        self.quantile = quantile
        self.metrics = metrics
        self.batch_size = batch_size
        self.epochs = epochs
        self.max_time = max_time
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.scoring = scoring
        self.average = average
        self.jit_compile = jit_compile
        self.device = device
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.backup_dir = backup_dir
        self.backup_freq = backup_freq
        self.verbose = verbose
        self.dtype = dtype
        self.random_state = random_state

    def score(self, X, y, sample_weight=None):
        """Give R², or for several quantiles the mean D² of their pinball losses.

        Parameters
        ----------
        X : array-like or CSR/CSC matrix of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        float
            At most 1, which is perfect; 0 is a constant prediction.
        """
        if self.loss == "quantile" and hasattr(self.quantile, "__len__"):
            scores = [
                d2_pinball_score(y, column, sample_weight=sample_weight, alpha=alpha)
                for alpha, column in zip(self.quantile, self.predict(X).T, strict=True)
            ]
            return float(np.mean(scores))
        return super().score(X, y, sample_weight)
