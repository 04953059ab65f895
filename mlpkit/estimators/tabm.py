"""`TabMClassifier` and `TabMRegressor`: ensembles of small networks that share weights."""

from sklearn.base import ClassifierMixin

from mlpkit.estimators.classes import ClassifierMethods
from mlpkit.estimators.regression import RegressorMethods
from mlpkit.estimators.tabm_fitting import BaseTabM
from mlpkit.estimators.tabular import BaseTabular


class TabMClassifier(ClassifierMethods, ClassifierMixin, BaseTabM):
    """TabM, an ensemble of small networks, for two classes, several, or several labels a row.

    Takes tables as they are. Each number goes through a piecewise linear embedding over the
    quantiles of its column; members share most weights and differ in the scales of their inputs and
    in their heads. Up to 50,000 rows there are four networks beside each other, one a fold: each
    learns the rows of the other folds and judges its own, so that all rows are learnt and all
    validate. All of it is one compiled program.

    Parameters
    ----------
    n_estimators : int or "auto", default="auto"
        Members in all, spread evenly over the networks (rounded up); "auto" is 16 from
        10,000 to 25,000 rows, else 8.
    variant : {"mini", "full"}, default="mini"
        What a member has of its own: the scales of its inputs and its head, or scales of inputs
        and outputs, and biases, of each layer as well.
    hidden_layer_sizes : tuple of int, int or "auto", default="auto"
        Units of each hidden layer, one layer at least; "auto" is (128, 128) below 10,000 rows, else
        (256, 256).
    activation : str, default="relu"
        Any Keras activation by name.
    embedding_dim : int, default=12
        Outputs a number of the embedding.
    n_bins : int, default=48
        Its bins, quantiles of the column.
    dropout : float or "auto", default="auto"
        Share of hidden units dropped in training, in [0, 1); "auto" is 0.1.
    learning_rate : float, default=0.004
        Of AdamW.
    weight_decay : float, default=0.03
        Of AdamW: weights shrink by learning rate times weight decay a step, biases do not.
    learning_rate_schedule : str, callable or None, default=None
        As in `MLPClassifier`.
    loss : str, keras.losses.Loss or callable, default="auto"
        "auto" is the cross-entropy that fits the target. Each member is trained on its own loss.
    metrics : "auto", None or list, default="auto"
        What `history_` records beside the loss; "auto" is the accuracy.
    batch_size : int or "auto", default="auto"
        Rows a step of each network; "auto" is 32 below 2800 rows, 64 below 4500, 128 below 6400,
        256 below 32,000, else 512.
    epochs : int, default=150
        Passes over the rows, at most.
    cv : {"auto", None, 2, 4, 8}, default="auto"
        Folds, and networks. None is one network of all members, and a share of the rows is held
        back. "auto" is 4 from 20 to 50,000 rows, else None, as where `X_val` is given.
    validation_fraction : float, default=0.2
        Share of rows held back where there are no folds, shuffled and stratified.
    patience : int, default=16
        Epochs without a lower validation loss before training stops. The weights of the best epoch
        are kept, the same epoch for all networks.
    average : bool, default=True
        Keep a running average of the weights over the epochs; it is what is validated and kept.
    scoring : str, default="auto"
        What selects the best epoch: "auto" and "loss" the validation loss, "accuracy",
        "neg_log_loss" or "neg_root_mean_squared_error" that figure. With folds each row is judged
        by the network that has not learnt it.
    max_time : float or None, default=None
        Seconds after which training ends, at the end of an epoch, with the best weights so far.
        What was trained then depends on the machine, and not on the seed alone.
    calibrate : bool or "auto", default="auto"
        Whether the logits of the predicted probabilities are divided by a temperature, at which
        the validation rows are most likely. "auto" does so where there is one network: the mean
        of several is calibrated better as it is.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class, multiplied with the sample weights.
    jit_compile : bool or "auto", default="auto"
        Whether XLA compiles whole epochs; "auto" does for the named losses. It takes some seconds
        once for a shape of table and network.
    device : str, default="auto"
        One device: "cpu", "gpu" or "gpu:1".
    verbose : int, default=0
        1 prints a line an epoch.
    random_state : int, RandomState instance or None, default=None
        Decides folds, initial weights, order of rows and dropout.

    Attributes
    ----------
    classes_, n_features_in_, feature_names_in_, n_outputs_, history_, n_iter_, task_
        As in `MLPClassifier`; validation figures are over all rows where there are folds.
    encoder_ : TabularEncoder
        What the table is encoded by; see its ``report()``.
    n_folds_ : int
        Networks beside each other.
    best_epoch_ : int
        The epoch, counted from 1, whose weights were kept.
    temperature_ : float
        What logits are divided by; 1 where nothing was calibrated.
    spec_ : TabMSpec
        The network; print it.
    model_ : keras.Model
        The fitted ensemble, made on demand; it takes rows that ``encoder_`` has encoded.

    References
    ----------
    Y. Gorishniy, A. Kotelnikov, A. Babenko (2025), TabM: advancing tabular deep learning with
    parameter-efficient ensembling. ICLR. Y. Gorishniy, I. Rubachev, A. Babenko (2022), On
    embeddings for numerical features in tabular deep learning. NeurIPS.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlpkit import TabMClassifier
    >>> table = pd.DataFrame({"size": [1.0, 2.0, None, 4.0] * 10, "town": ["Oslo", "Rome"] * 20})
    >>> y = (table["town"] == "Oslo").to_numpy()
    >>> model = TabMClassifier(hidden_layer_sizes=16, epochs=30, learning_rate=0.02,
    ...                        jit_compile=False, random_state=0).fit(table, y)
    >>> model.predict(table[:2])
    array([ True, False])
    """

    partial_fit = BaseTabular.partial_fit

    def __init__(
        self,
        n_estimators="auto",
        *,
        variant="mini",
        hidden_layer_sizes="auto",
        activation="relu",
        embedding_dim=12,
        n_bins=48,
        dropout="auto",
        learning_rate=4e-3,
        weight_decay=0.03,
        learning_rate_schedule=None,
        loss="auto",
        metrics="auto",
        batch_size="auto",
        epochs=150,
        cv="auto",
        validation_fraction=0.2,
        patience=16,
        average=True,
        scoring="auto",
        max_time=None,
        calibrate="auto",
        class_weight=None,
        jit_compile="auto",
        device="auto",
        verbose=0,
        random_state=None,
    ):
        self.n_estimators = n_estimators
        self.variant = variant
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.embedding_dim = embedding_dim
        self.n_bins = n_bins
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.learning_rate_schedule = learning_rate_schedule
        self.loss = loss
        self.metrics = metrics
        self.batch_size = batch_size
        self.epochs = epochs
        self.cv = cv
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.average = average
        self.scoring = scoring
        self.max_time = max_time
        self.calibrate = calibrate
        self.class_weight = class_weight
        self.jit_compile = jit_compile
        self.device = device
        self.verbose = verbose
        self.random_state = random_state


class TabMRegressor(RegressorMethods, BaseTabM):
    """TabM, an ensemble of small networks, for one number or several.

    See `TabMClassifier` for what it is. Targets are standardised inside; predictions come in the
    target's units.

    Parameters
    ----------
    n_estimators, variant, hidden_layer_sizes, activation, embedding_dim, n_bins
        As in `TabMClassifier`.
    dropout : float or "auto", default="auto"
        Share of hidden units dropped in training; "auto" is 0 below 10,000 rows, else 0.1.
    output_range, output_activation, loss, delta, quantile, metrics
        As in `MLPRegressor`: "mse", "mae", "huber", "poisson" (positive outputs only), "quantile"
        or any Keras loss, and outputs that stay in a range.
    learning_rate, weight_decay, learning_rate_schedule, batch_size, epochs, cv, \
validation_fraction, patience, average, scoring, max_time, jit_compile, device, verbose, \
random_state
        As in `TabMClassifier`.

    Attributes
    ----------
    n_features_in_, feature_names_in_, n_outputs_, n_iter_, best_epoch_, history_, task_, \
encoder_, n_folds_, spec_, model_
        As in `TabMClassifier`.

    References
    ----------
    Y. Gorishniy, A. Kotelnikov, A. Babenko (2025), TabM: advancing tabular deep learning with
    parameter-efficient ensembling. ICLR.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from mlpkit import TabMRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = TabMRegressor(hidden_layer_sizes=16, epochs=5, jit_compile=False, random_state=0)
    >>> model.fit(X, y).predict(X[:2]).shape
    (2,)
    """

    partial_fit = BaseTabular.partial_fit
    calibrate = False

    def __init__(
        self,
        n_estimators="auto",
        *,
        variant="mini",
        hidden_layer_sizes="auto",
        activation="relu",
        embedding_dim=12,
        n_bins=48,
        dropout="auto",
        output_range=None,
        output_activation="auto",
        learning_rate=4e-3,
        weight_decay=0.03,
        learning_rate_schedule=None,
        loss="mse",
        delta=1.0,
        quantile=0.5,
        metrics="auto",
        batch_size="auto",
        epochs=150,
        cv="auto",
        validation_fraction=0.2,
        patience=16,
        average=True,
        scoring="auto",
        max_time=None,
        jit_compile="auto",
        device="auto",
        verbose=0,
        random_state=None,
    ):
        self.n_estimators = n_estimators
        self.variant = variant
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.embedding_dim = embedding_dim
        self.n_bins = n_bins
        self.dropout = dropout
        self.output_range = output_range
        self.output_activation = output_activation
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.learning_rate_schedule = learning_rate_schedule
        self.loss = loss
        self.delta = delta
        self.quantile = quantile
        self.metrics = metrics
        self.batch_size = batch_size
        self.epochs = epochs
        self.cv = cv
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.average = average
        self.scoring = scoring
        self.max_time = max_time
        self.jit_compile = jit_compile
        self.device = device
        self.verbose = verbose
        self.random_state = random_state
