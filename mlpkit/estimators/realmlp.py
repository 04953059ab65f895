"""`RealMLPClassifier` and `RealMLPRegressor`: one network with pre-tuned defaults."""

from sklearn.base import ClassifierMixin

from mlpkit.estimators.classes import ClassifierMethods
from mlpkit.estimators.realmlp_fitting import BaseRealMLP
from mlpkit.estimators.regression import RegressorMethods
from mlpkit.estimators.tabular import BaseTabular


class RealMLPClassifier(ClassifierMethods, ClassifierMixin, BaseRealMLP):
    """RealMLP, one network with pre-tuned defaults, for classes or labels.

    Takes tables as they are. Columns are scaled by their quartiles and clipped smoothly, numbers go
    through a periodic embedding, each column has a factor that is learnt quickly, and units and
    learning rates are set so that the same defaults serve most tables.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int or int, default=(256, 256, 256)
        Units of each hidden layer.
    activation : str, default="auto"
        Any Keras activation by name, of which each unit learns how much it takes; "auto" is SELU.
    dropout : float, default=0.15
        Share of hidden units dropped in training; it falls to 0 in the second half.
    learning_rate : float or "auto", default="auto"
        Highest one of the schedule, of Adam with second momentum 0.95; "auto" is 0.04. Factors of
        the columns learn six times as fast, biases, embeddings and activations a tenth.
    weight_decay : float, default=0.02
        Weights but for biases shrink by learning rate times it a step; falls like the dropout.
    learning_rate_schedule : str, callable or None, default="coslog4"
        As in `MLPClassifier`; "coslog4" are four waves, each twice as long as the one before.
    label_smoothing : float, default=0.1
        Share of each row's target that is spread over all classes in training, in [0, 1).
    loss, metrics
        As in `MLPClassifier`.
    batch_size : int or "auto", default="auto"
        Rows a step; "auto" is 64 up to 1024 rows, else 256.
    epochs : int, default=256
        Passes over the rows.
    validation_fraction : float, default=0.2
        Share of rows held back, on which the best epoch is found, the last one among equals.
    scoring : str, default="auto"
        What selects the best epoch: "auto" the accuracy, else "loss", "accuracy", "neg_log_loss" or
        "neg_root_mean_squared_error".
    max_time : float or None, default=None
        Seconds after which training ends with the best weights so far; the schedule is cut off.
    calibrate : bool or "auto", default="auto"
        Whether logits are divided by the temperature at which the validation rows are most likely;
        "auto" does. Smoothed labels make probabilities too uncertain, and this mends it.
    class_weight, jit_compile, device, verbose, random_state
        As in `TabMClassifier`.

    Attributes
    ----------
    classes_, n_features_in_, feature_names_in_, n_outputs_, history_, n_iter_, best_epoch_, \
task_, encoder_, temperature_, spec_, model_
        As in `TabMClassifier`.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data. NeurIPS.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from mlpkit import RealMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = RealMLPClassifier(32, epochs=40, jit_compile=False, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    partial_fit = BaseTabular.partial_fit
    _by_accuracy = True

    def __init__(
        self,
        hidden_layer_sizes=(256, 256, 256),
        *,
        activation="auto",
        dropout=0.15,
        learning_rate="auto",
        weight_decay=0.02,
        learning_rate_schedule="coslog4",
        label_smoothing=0.1,
        loss="auto",
        metrics="auto",
        batch_size="auto",
        epochs=256,
        validation_fraction=0.2,
        scoring="auto",
        max_time=None,
        calibrate="auto",
        class_weight=None,
        jit_compile="auto",
        device="auto",
        verbose=0,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.learning_rate_schedule = learning_rate_schedule
        self.label_smoothing = label_smoothing
        self.loss = loss
        self.metrics = metrics
        self.batch_size = batch_size
        self.epochs = epochs
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.max_time = max_time
        self.calibrate = calibrate
        self.class_weight = class_weight
        self.jit_compile = jit_compile
        self.device = device
        self.verbose = verbose
        self.random_state = random_state


class RealMLPRegressor(RegressorMethods, BaseRealMLP):
    """RealMLP, one network with pre-tuned defaults, for one number or several.

    See `RealMLPClassifier` for what it is. Targets are standardised inside; predictions come in the
    target's units, and stay in the range that the training rows had.

    Parameters
    ----------
    hidden_layer_sizes, dropout, weight_decay, learning_rate_schedule, batch_size, epochs, \
validation_fraction, max_time
        As in `RealMLPClassifier`.
    activation : str, default="auto"
        "auto" is Mish.
    learning_rate : float or "auto", default="auto"
        "auto" is 0.2.
    output_range, output_activation, loss, delta, quantile, metrics
        As in `MLPRegressor`.
    scoring : str, default="auto"
        "auto" is the validation loss; the others as in `RealMLPClassifier`.
    jit_compile, device, verbose, random_state
        As in `TabMClassifier`.

    Attributes
    ----------
    n_features_in_, feature_names_in_, n_outputs_, history_, n_iter_, best_epoch_, task_, \
encoder_, spec_, model_
        As in `TabMClassifier`.

    References
    ----------
    D. Holzmüller, L. Grinsztajn, I. Steinwart (2024), Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data. NeurIPS.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from mlpkit import RealMLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = RealMLPRegressor(16, epochs=4, jit_compile=False, random_state=0).fit(X, y)
    >>> model.predict(X[:2]).shape
    (2,)
    """

    partial_fit = BaseTabular.partial_fit
    calibrate = False

    def __init__(
        self,
        hidden_layer_sizes=(256, 256, 256),
        *,
        activation="auto",
        dropout=0.15,
        output_range=None,
        output_activation="auto",
        learning_rate="auto",
        weight_decay=0.02,
        learning_rate_schedule="coslog4",
        loss="mse",
        delta=1.0,
        quantile=0.5,
        metrics="auto",
        batch_size="auto",
        epochs=256,
        validation_fraction=0.2,
        scoring="auto",
        max_time=None,
        jit_compile="auto",
        device="auto",
        verbose=0,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
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
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.max_time = max_time
        self.jit_compile = jit_compile
        self.device = device
        self.verbose = verbose
        self.random_state = random_state
