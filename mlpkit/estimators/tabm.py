"""`TabMClassifier` and `TabMRegressor`: ensembles of small networks that share weights."""

from sklearn.base import ClassifierMixin

from mlpkit.estimators.classes import ClassifierMethods
from mlpkit.estimators.regression import RegressorMethods
from mlpkit.estimators.tabm_fitting import BaseTabM
from mlpkit.estimators.tabular import BaseTabular


class TabMClassifier(ClassifierMethods, ClassifierMixin, BaseTabM):
    """TabM, the strongest multilayer perceptron for tables, as a classifier.

    Parameters
    ----------
    n_estimators : int, default=8
        Members.
    """

    partial_fit = BaseTabular.partial_fit

    def __init__(
        self,
        n_estimators=8,
        *,
        variant="mini",
        hidden_layer_sizes=(128, 128),
        activation="relu",
        embedding_dim=12,
        n_bins=48,
        dropout=0.1,
        learning_rate=4e-3,
        weight_decay=0.03,
        loss="auto",
        metrics="auto",
        batch_size="auto",
        epochs=150,
        cv="auto",
        validation_fraction=0.2,
        patience=16,
        average=True,
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
        self.loss = loss
        self.metrics = metrics
        self.batch_size = batch_size
        self.epochs = epochs
        self.cv = cv
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.average = average
        self.calibrate = calibrate
        self.class_weight = class_weight
        self.jit_compile = jit_compile
        self.device = device
        self.verbose = verbose
        self.random_state = random_state


class TabMRegressor(RegressorMethods, BaseTabM):
    """TabM as a regressor."""

    partial_fit = BaseTabular.partial_fit
    calibrate = False

    def __init__(
        self,
        n_estimators=8,
        *,
        variant="mini",
        hidden_layer_sizes=(128, 128),
        activation="relu",
        embedding_dim=12,
        n_bins=48,
        dropout=0.0,
        output_range=None,
        output_activation="auto",
        learning_rate=4e-3,
        weight_decay=0.03,
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
        self.jit_compile = jit_compile
        self.device = device
        self.verbose = verbose
        self.random_state = random_state
