"""The front door for Keras users: the right compiled Keras model in one line."""

import numpy as np

from mlpkit.architecture import make_spec
from mlpkit.checks import is_integer
from mlpkit.devices import place
from mlpkit.tasks import TASKS


def make_classifier(
    n_features,
    n_classes=2,
    *,
    multilabel=False,
    hidden_layer_sizes=(100,),
    activation="relu",
    kernel_initializer="auto",
    normalization=None,
    dropout=0.0,
    l2=0.0,
    standardize=False,
    optimizer="adam",
    learning_rate=None,
    loss="auto",
    metrics="auto",
    dtype="float32",
    device="auto",
    random_state=None,
):
    """Build and compile the classification MLP of Géron's table 10-2.

    Two classes give one sigmoid unit, more give a softmax, labels give one sigmoid each; the
    loss is the cross-entropy that fits.

    Parameters
    ----------
    n_features : int or tuple of int
        Number of input features, or the shape of one row such as ``(28, 28)``, which is flattened
        first.
    n_classes : int, default=2
        Number of classes, or of labels when `multilabel`.
    multilabel : bool, default=False
        Whether a row can have several labels at once (targets are a 0/1 indicator matrix).
    hidden_layer_sizes : tuple of int or int, default=(100,)
        Units of each hidden layer; ``()`` is the linear model.
    activation : str, default="relu"
        Any Keras activation by name, or "prelu".
    kernel_initializer : str, default="auto"
        "auto" is He normal for ReLU and its family, LeCun normal for SELU, Glorot uniform for the
        rest; else a Keras name, for the hidden layers.
    normalization : {None, "batch", "layer"}, default=None
        Normalisation before each hidden activation.
    dropout : float, default=0.0
        Share of hidden units dropped in training, in [0, 1); alpha dropout with SELU.
    l2 : float, default=0.0
        Keras's kernel penalty, ``l2 * sum(W ** 2)`` for each layer.
    standardize : bool, default=False
        Put a Keras Normalization layer first. Call its ``adapt(X)`` before ``fit``, or it changes
        nothing:
        ``model.get_layer("standardize").adapt(X)``.
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        Keras's name, or an optimizer, of which a copy is used.
    learning_rate : float, default=None
        None leaves the optimizer's own.
    loss : str, keras.losses.Loss or callable, default="auto"
        "auto" is the cross-entropy that fits. A loss that does not fit the output is refused.
    metrics : "auto", None or list, default="auto"
        "auto" is the accuracy.
    dtype : {"float32", "float64", "mixed_bfloat16"}, default="float32"
        Type of weights and arithmetic. "mixed_bfloat16" keeps weights and outputs in float32 and
        multiplies in bfloat16, faster for wide layers; it is refused where the hardware has none.
    device : str, list of str or tf.distribute.Strategy, default="auto"
        Where Keras's own ``fit`` trains the model, which is built in the scope of the strategy:
        "auto" is all GPUs there are, else the CPU; "cpu", "gpu" or "gpu:1" one device; a list of
        them, "mirrored" or "multiworker" a replica on each, as in `MLPClassifier`. In several
        processes Keras 3's ``fit`` fails; give the model to `KerasClassifier` with that device.
    random_state : int, RandomState instance or None, default=None
        Decides initial weights and dropout masks.

    Returns
    -------
    keras.Model
        Compiled. Targets are 0/1 for two classes, class numbers for more (a 0/1 column per class
        with a "categorical" loss, "kl_divergence" or "mse"), a 0/1 matrix for labels.

    Raises
    ------
    InvalidParameterError
        When arguments break their rules; all of them are listed.

    References
    ----------
    A. Géron, Hands-On Machine Learning with Scikit-Learn, Keras & TensorFlow, table 10-2.

    Examples
    --------
    >>> from mlpkit import make_classifier
    >>> model = make_classifier(4, 3, hidden_layer_sizes=(10, 10), random_state=0)
    >>> model.output_shape, model.layers[-1].activation.__name__
    ((None, 3), 'softmax')
    """
    binary = is_integer(n_classes) and n_classes == 2
    task = "multilabel" if multilabel else "binary" if binary else "multiclass"
    parameters = dict(
        multilabel=multilabel, hidden_layer_sizes=hidden_layer_sizes, activation=activation,
        kernel_initializer=kernel_initializer, normalization=normalization, dropout=dropout,
        l2=l2, standardize=standardize, optimizer=optimizer, learning_rate=learning_rate,
        loss=loss, metrics=metrics, dtype=dtype, device=device, random_state=random_state,
    )  # fmt: skip
    spec = make_spec(task, n_features, n_classes if task != "binary" else 1, **parameters)
    return _compiled(spec, parameters)


def make_regressor(
    n_features,
    n_outputs=1,
    *,
    hidden_layer_sizes=(100,),
    activation="relu",
    kernel_initializer="auto",
    normalization=None,
    dropout=0.0,
    l2=0.0,
    standardize=False,
    output_range=None,
    output_activation="auto",
    optimizer="adam",
    learning_rate=None,
    loss="mse",
    delta=1.0,
    quantile=0.5,
    metrics="auto",
    dtype="float32",
    device="auto",
    random_state=None,
):
    """Build and compile the regression MLP of Géron's table 10-1.

    Parameters
    ----------
    n_features : int or tuple of int
        Number of input features, or the shape of one row, which is flattened first.
    n_outputs : int, default=1
        Number of target columns: 1 for a value, 2 for a centre, 4 for a box.
    hidden_layer_sizes, activation, kernel_initializer, normalization, dropout, l2, standardize
        As in `make_classifier`.
    output_range : None, "positive", (low, high), or a list of these per output, default=None
        What values the target can take, in its own units: softplus keeps an output positive, a
        sigmoid carried to low..high keeps it between its bounds.
    output_activation : str, default="auto"
        Another activation that suits the range: "relu" for positive outputs, "tanh" for bounded
        ones.
    optimizer, learning_rate
        As in `make_classifier`.
    loss : str, keras.losses.Loss or callable, default="mse"
        "mse", "mae", "huber", "poisson" (positive outputs only), "quantile", or any Keras loss.
        A loss that does not fit the output is refused.
    delta : float, default=1.0
        Error, in the target's units, from which on the Huber loss is linear.
    quantile : float or list of float, default=0.5
        For ``loss="quantile"``: the quantile in (0, 1); a list gives one output each, for a
        single target column.
    metrics : "auto", None or list, default="auto"
        "auto" is the root mean squared error; nothing for several quantiles.
    dtype, device, random_state
        As in `make_classifier`.

    Returns
    -------
    keras.Model
        Compiled; its output is in the target's own units.

    Raises
    ------
    InvalidParameterError
        When arguments break their rules; all of them are listed.

    References
    ----------
    A. Géron, Hands-On Machine Learning with Scikit-Learn, Keras & TensorFlow, table 10-1.

    Examples
    --------
    >>> from mlpkit import make_regressor
    >>> model = make_regressor(8, output_range=(0, 5), random_state=0)
    >>> [layer.name for layer in model.layers]
    ['hidden_1', 'hidden_1_relu', 'output', 'output_sigmoid', 'target_units']
    """
    parameters = dict(
        hidden_layer_sizes=hidden_layer_sizes, activation=activation,
        kernel_initializer=kernel_initializer, normalization=normalization, dropout=dropout,
        l2=l2, standardize=standardize, output_range=output_range,
        output_activation=output_activation, optimizer=optimizer, learning_rate=learning_rate,
        loss=loss, delta=delta, quantile=quantile, metrics=metrics, dtype=dtype,
        device=device, random_state=random_state,
    )  # fmt: skip
    task = "regression" if is_integer(n_outputs) and n_outputs == 1 else "multioutput"
    return _compiled(make_spec(task, n_features, n_outputs, **parameters), parameters)


def _compiled(spec, parameters):
    from sklearn.utils import check_random_state

    from mlpkit import network

    network.warn_about_selu(spec)
    seed = None
    if parameters["random_state"] is not None:
        seed = check_random_state(parameters["random_state"]).randint(2**31 - 1)
    with place(parameters["device"]).keras_scope():
        model = network.build(spec, seed)
        compile_model(model, spec, parameters)
    return model


def compile_model(model, spec, parameters):
    """Compile a model with the optimizer, loss and metrics of a factory's arguments.

    Parameters
    ----------
    model : keras.Model
        The model that `spec` describes.
    spec : MLPSpec
        Its description.
    parameters : mapping of str to object
        A factory's arguments by name.

    Examples
    --------
    >>> from mlpkit import network
    >>> spec = make_spec("binary", 3)
    >>> model = network.build(spec, seed=0)
    >>> given = {"optimizer": "sgd", "learning_rate": 0.1, "loss": "auto", "metrics": None}
    >>> compile_model(model, spec, given)
    >>> model.loss.name, round(float(model.optimizer.learning_rate), 3)
    ('binary_crossentropy', 0.1)
    """
    from mlpkit import compilation
    from mlpkit.losses import LOSSES

    row = LOSSES.get(spec.loss)
    one_hot = row is None or row.one_hot
    metrics = parameters["metrics"]
    several = spec.loss == "quantile" and np.ndim(parameters.get("quantile", 0.5))
    if several and isinstance(metrics, str):
        metrics = None  # several quantiles of one column have no error in common
    model.compile(
        optimizer=compilation.make_optimizer(
            parameters["optimizer"], parameters["learning_rate"], parameters.get("global_clipnorm")
        ),
        loss=compilation.make_loss(
            parameters["loss"],
            TASKS[spec.task].loss,
            delta=parameters.get("delta", 1.0),
            quantile=parameters.get("quantile", 0.5),
            dtype=spec.float_type,
        ),
        metrics=compilation.make_metrics(
            metrics, spec.task, one_hot=one_hot, dtype=spec.float_type
        ),
    )
