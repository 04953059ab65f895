"""`MLPClassifier`: the factories' networks as a scikit-learn classifier."""

from sklearn.base import ClassifierMixin

from mlpkit import activations
from mlpkit.estimators.classes import ClassifierMethods
from mlpkit.estimators.mlp_base import BaseMLP


class MLPClassifier(ClassifierMethods, ClassifierMixin, BaseMLP):
    """Multilayer perceptron for two classes, several classes, or several labels a row.

    Output units, output activation and loss follow from the target (Géron's table 10-2). Inputs
    are standardised inside, on training rows alone. Training is a compiled loop.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int or int, default=(256, 128)
        Units of each hidden layer; ``()`` is a logistic regression.
    activation : str, default="relu"
        Any Keras activation by name, or "prelu".
    kernel_initializer : str, default="glorot_uniform"
        A Keras name. On most of the real tables it was measured on, Glorot's smaller weights gave
        a lower error than He's; "auto" is the book's choice (He normal for ReLU and its family,
        LeCun normal for SELU, else Glorot uniform).
    normalization : {None, "batch", "layer"}, default=None
        Normalisation before each hidden activation.
    dropout : float, default=0.0
        Share of hidden units dropped in training, in [0, 1).
    l2 : float, default=1e-4
        Keras's kernel penalty, ``l2 * sum(W ** 2)`` for each layer.
    encode : bool or "auto", default="auto"
        Whether tables are encoded as they are, by `TabularEncoder`: text, categories, dates and
        missing or infinite values. "auto" leaves tables of finite numbers as they are, which then
        stay the only ones that are predicted from; False refuses others. Sparse matrices and
        datasets are never encoded. The encoder looks at all rows of positive weight, once each.
    standardize : bool, default=True
        Standardise the inputs (weighted means and variances of the training rows).
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        Keras's name, or an optimizer, of which a copy is used.
    learning_rate : float, "auto" or None, default="auto"
        "auto" is 0.002 for "adam", else the optimizer's own; None is always the optimizer's own.
    learning_rate_schedule : str, callable or None, default=None
        A function of steps done / steps planned, by whose value the learning rate is multiplied at
        each step: "cosine", "one_cycle", "flat_cos", "coslog4" or "constant" of
        `mlpkit.schedules`, a `WarmUp` of it, or one of your own.
    global_clipnorm : float or None, default=None
        Norm to which the gradients of a step are clipped, all together.
    loss : str, keras.losses.Loss or callable, default="auto"
        "auto" is the cross-entropy that fits the target.
    metrics : "auto", None or list, default="auto"
        What `history_` records beside the loss; "auto" is the accuracy.
    batch_size : int or "auto", default="auto"
        Rows a step; "auto" is 32 below 3000 training rows, 64 below 12,000, 128 below 40,000,
        else 256.
    epochs : int, default=100
        Passes over the rows, at most.
    max_time : float or None, default=None
        Seconds of ``fit`` after which training ends with the epoch, with the best weights so far
        or the last ones. All rows are learnt only where there is time for it. How many epochs
        that is (`n_iter_`) depends on the machine, and so do the bits.
    early_stopping : bool or "auto", default="auto"
        True: hold rows back, stop when neither their accuracy nor their loss improves, and bring
        back the weights of the highest accuracy (the lowest loss among equals), as scikit-learn's
        MLP goes by the score (with ``metrics=None`` the loss decides alone). "auto" does so from
        10,000 rows on, or where `X_val` is given; from 300 rows on it finds the best epoch that
        way and then learns all rows for as many epochs; below it trains all epochs.
    validation_fraction : float, default=0.1
        Share of rows held back, shuffled and stratified.
    patience : int, default=20
        Epochs without improvement before training stops.
    scoring : str, callable or None, default="auto"
        What tells the best epoch: "auto" as said at `early_stopping`, "loss", "accuracy",
        "neg_log_loss", any other scorer of scikit-learn by name, ``scorer(estimator, X, y)``, or
        None for `score`. Other scorers than the first four look in after each epoch, and
        `history_` has their "val_score".
    average : bool, default=True
        Keep a running average of the weights over the epochs in place of the last ones. It is
        what is validated, and it generalises better than any one epoch's weights.
    jit_compile : bool or "auto", default="auto"
        Whether XLA compiles whole epochs. Compiling takes about half a second once for a shape of
        network and table, and makes each step up to four times faster; "auto" does so where the
        fit may take 800 steps or more (epochs times batches) of a small or middle-sized network
        (batch size times weights up to 33 million), and never for sparse features.
    device : str, list of str or tf.distribute.Strategy, default="auto"
        Where it is trained: "auto" is all GPUs there are, else the CPU; "cpu", "gpu" or "gpu:1"
        one device; a list of them, or "mirrored", a replica on each, and "multiworker" one or more
        in each process of a cluster, which share every batch. Predictions are made on the CPU.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class, multiplied with the sample weights.
    warm_start : bool, default=False
        Go on from the last fit's weights in place of new ones.
    callbacks : keras.callbacks.Callback or list of them, default=None
        Called as Keras's ``fit`` calls them. Their ``model`` is the network inside, which takes
        standardised features; save `model_` for one that takes raw features. A callback with
        batch hooks makes the fit as slow as Keras's.
    backup_dir : str, Path or None, default=None
        Folder for backups of this fit while it runs. When it is cut off, the same fit (data and
        parameters; with ``random_state=None`` too) goes on from the last one, and ends with the
        bits it would have had. Backups of another fit are refused, damaged ones are left out;
        when the fit is done they are removed. Each fit at a time needs a folder of its own.
        Objects of classes of your own among the parameters are known by their class alone.
        `callbacks` that remember something from epoch to epoch begin anew, and a dataset that
        shuffles must do so by a seed. ``partial_fit``, an epoch a call, makes no backups.
    backup_freq : "epoch" or float, default="epoch"
        A backup after each epoch, or at the end of the first epoch after so many seconds.
    verbose : int, default=0
        1 prints a line an epoch, 0 nothing at all.
    dtype : {"float32", "float64", "mixed_bfloat16"}, default="float32"
        Type of weights and arithmetic. "mixed_bfloat16" keeps weights and outputs in float32 and
        multiplies in bfloat16, faster for wide layers; it is refused where the hardware has none.
    random_state : int, RandomState instance or None, default=None
        Decides initial weights, order of rows, dropout and the validation split.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels; column numbers for multilabel targets.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Column names, where `X` had some.
    encoder_ : TabularEncoder or None
        What encodes tables; None where `X` came as finite numbers.
    n_outputs_ : int
        Columns of the target.
    history_ : dict of str to list of float
        ``loss``, ``val_loss`` and metrics by epoch.
    n_iter_ : int
        Epochs run.
    best_epoch_ : int
        The epoch, counted from 1, whose weights were kept, or for which all rows were learnt.
    task_ : Task
        Kind of target.
    spec_ : MLPSpec
        The network; print it.
    model_ : keras.Model
        The fitted Keras model, made on demand; it takes raw features, of an encoded table
        ``encoder_.transform(X)``.

    References
    ----------
    A. Géron, Hands-On Machine Learning with Scikit-Learn, Keras & TensorFlow, table 10-2.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from mlpkit import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = MLPClassifier(epochs=30, random_state=0).fit(X, y)
    >>> classifier.predict_proba(X[:2]).shape
    (2, 3)
    >>> bool(classifier.score(X, y) > 0.9)
    True
    """

    _kind = "classification"
    _by_accuracy = True

    def decision_function(self, X):
        """Give the output layer's values before its activation.

        Parameters
        ----------
        X : array-like or CSR/CSC matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_classes) or (n_samples, n_labels)
            For two classes and for labels the logarithm of the odds: above 0 is what `predict`
            gives the second class, or the label; 0 is where the probability is one half to
            rounding. For several classes the values whose softmax is `predict_proba`. They tell
            rows apart that are so certain that their probabilities are all 1 or 0.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from mlpkit import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> classifier = MLPClassifier(epochs=5, random_state=0).fit(X, y == 0)
        >>> bool(((classifier.decision_function(X) > 0) == classifier.predict(X)).all())
        True
        """
        return self._predicted(X, self._decisions, logits=True)

    def _decisions(self, logits):
        if self.task_.name == "multiclass":
            return logits
        # Where the probability is rounded to one half, `predict` does not see the sign either.
        logits[activations.get("sigmoid").function(logits) == 0.5] = 0
        return logits.ravel() if self.task_.name == "binary" else logits

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
        optimizer="adam",
        learning_rate="auto",
        learning_rate_schedule=None,
        global_clipnorm=None,
        loss="auto",
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
        class_weight=None,
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
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.global_clipnorm = global_clipnorm
        self.loss = loss
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
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.backup_dir = backup_dir
        self.backup_freq = backup_freq
        self.verbose = verbose
        self.dtype = dtype
        self.random_state = random_state
