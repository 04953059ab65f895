"""Loss objects: those of Keras, and three of our own."""

from mlpkit.backend import keras, tf
from mlpkit.losses import LOSSES, loss_name

REDUCTION = "mean_with_sample_weight"  # a batch's loss is divided by its sum of weights


@keras.saving.register_keras_serializable("mlpkit")
class Quantile(keras.losses.Loss):
    """Pinball loss: ``max(q * (y - f), (q - 1) * (y - f))``, averaged over outputs.

    Parameters
    ----------
    quantile : float or list of float, default=0.5
        The quantile of each output, in (0, 1). Several quantiles of one target: the target is
        compared with each output.
    reduction, name, dtype
        As in every Keras loss.

    References
    ----------
    R. Koenker, G. Bassett (1978), Regression quantiles, Econometrica 46.

    Examples
    --------
    >>> round(float(Quantile(0.9)([[1.0]], [[0.0]])), 6)
    0.9
    """

    def __init__(self, quantile=0.5, reduction=REDUCTION, name="quantile", dtype=None):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.quantile = quantile

    def call(self, y_true, y_pred):
        """Pinball loss of each row.

        Parameters
        ----------
        y_true : tensor of shape (n_samples, n_outputs) or (n_samples, 1)
            Targets.
        y_pred : tensor of shape (n_samples, n_outputs)
            Predicted quantiles.

        Returns
        -------
        tensor of shape (n_samples,)
        """
        y_pred = keras.ops.convert_to_tensor(y_pred)
        q = keras.ops.convert_to_tensor(self.quantile, dtype=y_pred.dtype)
        y_true = keras.ops.cast(y_true, y_pred.dtype)
        # A plain vector is a column: against several quantiles it must not become a row.
        y_true = keras.ops.reshape(y_true, (-1, 1)) if len(y_true.shape) == 1 else y_true
        error = y_true - y_pred
        return keras.ops.mean(keras.ops.maximum(q * error, (q - 1) * error), axis=-1)

    def get_config(self):
        """Give the arguments, as Keras saves them."""
        return {**super().get_config(), "quantile": self.quantile}


@keras.saving.register_keras_serializable("mlpkit")
class Huber(keras.losses.Huber):
    """Keras's Huber loss, which remembers its `delta` when it is saved.

    Keras up to 3.15 at least leaves `delta` out of the configuration (keras-team/keras#23286,
    mended upstream since): a saved model would go on with 1, and two losses that differ only in
    `delta` would look the same.

    Parameters
    ----------
    delta : float, default=1.0
        Error from which on the loss is linear.
    reduction, name, dtype
        As in every Keras loss.

    Examples
    --------
    >>> Huber.from_config(Huber(2.0).get_config()).get_config()["delta"]
    2.0
    """

    def __init__(self, delta=1.0, reduction=REDUCTION, name="huber", dtype=None):
        super().__init__(delta, reduction=reduction, name=name, dtype=dtype)
        self.delta = delta

    @staticmethod
    def delta_of(loss):
        """Give the `delta` of one of Keras's own Huber losses."""
        return loss.get_config().get("delta", loss._fn_kwargs["delta"])

    def get_config(self):
        """Give the arguments, as Keras saves them."""
        return {**super().get_config(), "delta": self.delta}


@keras.saving.register_keras_serializable("mlpkit")
class FunctionLoss(keras.losses.Loss):
    """A plain function of (y_true, y_pred) as a Keras loss.

    Parameters
    ----------
    function : callable
        Takes targets and predictions of shape (n_samples, n_outputs), gives a loss per row.
    reduction, name, dtype
        As in every Keras loss.

    Examples
    --------
    >>> absolute = FunctionLoss(lambda y, f: keras.ops.abs(y - f)[:, 0], name="absolute")
    >>> float(absolute(tf.constant([[1.0]]), tf.constant([[3.0]])))
    2.0
    """

    def __init__(self, function, reduction=REDUCTION, name=None, dtype=None):
        name = name or getattr(function, "__name__", "loss")
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.function = function

    def call(self, y_true, y_pred):
        """Apply the function."""
        return self.function(y_true, y_pred)

    def get_config(self):
        """Give the arguments, as Keras saves them; the user registers a function of their own."""
        function = keras.saving.serialize_keras_object(self.function)
        return {**super().get_config(), "function": function}

    @classmethod
    def from_config(cls, config):
        """Make the loss again from what `get_config` gave."""
        function = keras.saving.deserialize_keras_object(config["function"])
        return cls(**{**config, "function": function})


def make_loss(loss, task_loss, *, delta=1.0, quantile=0.5, dtype="float32"):
    """Give the Keras loss object for a checked `loss` argument.

    Parameters
    ----------
    loss : str or keras.losses.Loss or callable
        "auto", a name of `mlpkit.losses.LOSSES`, or a loss of the user's.
    task_loss : str
        What "auto" stands for.
    delta : float, default=1.0
        Where the Huber loss turns linear.
    quantile : float or list of float, default=0.5
        The quantiles of the pinball loss.
    dtype : str, default="float32"
        Type in which the loss is computed.

    Returns
    -------
    keras.losses.Loss
        Reduced by "mean_with_sample_weight". A loss object of the user's is copied.

    Examples
    --------
    >>> make_loss("huber", "mean_squared_error", delta=2.0).get_config()["delta"]
    2.0
    """
    if not isinstance(loss, str):
        return _own_loss(loss, dtype)
    name = loss_name(loss, task_loss)
    # Named, or Keras counts its losses and equal ones get different names.
    options = {"reduction": REDUCTION, "dtype": dtype, "name": name}
    if name == "quantile":
        several = hasattr(quantile, "__len__")
        quantile = [float(q) for q in quantile] if several else float(quantile)
        return Quantile(quantile, **options)
    if name == "huber":
        return Huber(float(delta), **options)
    return getattr(keras.losses, LOSSES[name].keras_class)(**options)


def _own_loss(loss, dtype):
    if not isinstance(loss, keras.losses.Loss):
        return FunctionLoss(loss, dtype=dtype)
    options = {"name": type(loss).__name__, "reduction": REDUCTION, "dtype": dtype}
    if type(loss) is keras.losses.Huber:
        return Huber(Huber.delta_of(loss), **options)
    # By hand: copy.copy would save it as Keras does, and knows no class that is not registered.
    mine = object.__new__(type(loss))
    vars(mine).update(vars(loss))
    keras.losses.Loss.__init__(mine, **options)
    return mine


def loss_per_row(loss, y_true, y_pred):
    """Give a loss value for each row, before weights and reduction.

    Parameters
    ----------
    loss : keras.losses.Loss
        The loss.
    y_true, y_pred : tensors of shape (n_samples, n_outputs)
        Targets and predictions.

    Returns
    -------
    tensor of shape (n_samples,)

    Examples
    --------
    >>> y, f = tf.constant([[1.0], [2.0]]), tf.constant([[0.0], [0.0]])
    >>> loss_per_row(make_loss("mse", ""), y, f).numpy()
    array([1., 4.], dtype=float32)
    """
    values = tf.cast(loss.call(y_true, y_pred), y_pred.dtype)
    return tf.reduce_mean(tf.reshape(values, (tf.shape(y_pred)[0], -1)), axis=1)
