"""The network as a frozen value: every choice of Géron's tables, made before any layer exists."""

import math
from dataclasses import dataclass

from mlpkit import activations
from mlpkit.checks import (
    Rule,
    boolean,
    check_parameters,
    instance_of,
    integer,
    is_integer,
    none,
    number,
    one_of,
    sizes,
)
from mlpkit.losses import loss_name, loss_problems
from mlpkit.outputs import Outputs, plain_outputs, resolve_outputs
from mlpkit.tasks import TASKS

INITIALIZERS = (
    "glorot_uniform", "glorot_normal", "he_normal", "he_uniform", "lecun_normal",
    "lecun_uniform", "orthogonal", "random_normal", "random_uniform", "truncated_normal",
    "variance_scaling", "zeros", "ones",
)  # fmt: skip

OPTIMIZERS = (
    "sgd", "rmsprop", "adam", "adamw", "adadelta", "adagrad", "adamax", "adafactor", "nadam",
    "ftrl", "lion", "lamb",
)  # fmt: skip


def _is_shape(value):
    return (
        isinstance(value, tuple | list) and value and all(is_integer(n) and n > 0 for n in value)
    )


def _is_metrics(value):
    return not isinstance(value, str) and hasattr(value, "__iter__")


RULES = {
    "n_features": Rule("be an integer >= 1", lambda v: is_integer(v) and v > 0)
    | Rule("a shape such as (28, 28)", _is_shape),
    "n_classes": integer(2),
    "n_outputs": integer(1),
    "multilabel": boolean(),
    "hidden_layer_sizes": sizes(),
    "activation": Rule(
        "be the name of a Keras activation or 'prelu'",
        lambda v: isinstance(v, str) and v in activations.names(),
        tuple(activations.names()),
    ),
    "kernel_initializer": Rule(
        f"be 'auto' or one of {', '.join(INITIALIZERS)}",
        lambda v: isinstance(v, str) and v in ("auto", *INITIALIZERS),
        ("auto", *INITIALIZERS),
    ),
    "normalization": none() | one_of("batch", "layer"),
    "dropout": number(0, 1, closed="left"),
    "l2": number(0),
    "standardize": boolean(),
    "optimizer": Rule(
        f"be one of {', '.join(OPTIMIZERS)}",
        lambda v: isinstance(v, str) and v.lower() in OPTIMIZERS,
        OPTIMIZERS,
    )
    | instance_of("be a Keras optimizer", "BaseOptimizer"),
    "learning_rate": none() | number(0, closed="right"),
    "delta": number(0, closed="right"),
    "quantile": number(0, 1, closed="neither")
    | Rule(
        "a list of such numbers",
        lambda v: hasattr(v, "__len__")
        and len(v) > 0
        and all(number(0, 1, closed="neither").allows(q) for q in v),
    ),
    "metrics": none() | one_of("auto") | Rule("be a list of Keras metrics", _is_metrics),
    "dtype": one_of("float32", "float64"),
    "random_state": none()
    | integer(0)
    | instance_of("be a NumPy RandomState or Generator", "RandomState", "Generator"),
}


@dataclass(frozen=True)
class MLPSpec:
    """A multilayer perceptron, described; `print` shows which table each choice came from.

    Parameters
    ----------
    task : str
        A name of `mlpkit.tasks.TASKS`.
    input_shape : tuple of int
        Shape of one row of the input.
    outputs : Outputs
        Activation, scale and offset of each output unit.
    hidden_layer_sizes : tuple of int, default=(100,)
        Units of each hidden layer; empty for the linear model.
    activation : str, default="relu"
        Keras name of the hidden activation, or "prelu".
    kernel_initializer : str, default="he_normal"
        Keras name of the hidden layers' initializer.
    normalization : {None, "batch", "layer"}, default=None
        Normalisation between each hidden layer's affine map and its activation.
    dropout : float, default=0.0
        Share of hidden units dropped in training; alpha dropout with SELU.
    l2 : float, default=0.0
        Factor of Keras's kernel penalty, ``l2 * sum(W ** 2)`` per layer.
    standardize : bool, default=False
        Whether a Keras Normalization layer comes first.
    loss : str, default="auto"
        Name of the loss, for the table; a loss object's class name.
    dtype : {"float32", "float64"}, default="float32"
        Type of weights and arithmetic.

    References
    ----------
    A. Géron, Hands-On Machine Learning with Scikit-Learn, Keras & TensorFlow, tables 10-1, 10-2
    and 11-1.

    Examples
    --------
    >>> from mlpkit.outputs import plain_outputs
    >>> spec = MLPSpec("binary", (4,), plain_outputs("sigmoid", 1), hidden_layer_sizes=(8, 8))
    >>> spec.units, spec.n_parameters
    (1, 121)
    """

    task: str
    input_shape: tuple
    outputs: Outputs
    hidden_layer_sizes: tuple = (100,)
    activation: str = "relu"
    kernel_initializer: str = "he_normal"
    normalization: str | None = None
    dropout: float = 0.0
    l2: float = 0.0
    standardize: bool = False
    loss: str = "auto"
    dtype: str = "float32"

    @property
    def units(self):
        """Number of output units."""
        return len(self.outputs.activations)

    @property
    def widths(self):
        """Width of what each affine map takes in, the input's first (GLU halves its layer's)."""
        halved = 2 if self.activation == "glu" else 1
        return (math.prod(self.input_shape), *(n // halved for n in self.hidden_layer_sizes))

    @property
    def n_parameters(self):
        """Number of trained weights."""
        affine = zip(self.widths, (*self.hidden_layer_sizes, self.units), strict=True)
        total = sum((n_in + 1) * n_out for n_in, n_out in affine)
        hidden = sum(self.hidden_layer_sizes)
        # A normalised layer has two weights a unit (scale and shift) in place of one bias.
        return total + hidden * (self.normalization is not None) + hidden * (
            self.activation == "prelu"
        )

    def __str__(self):
        rows = _described(self)
        left, middle = (max(len(row[i]) for row in rows) for i in (0, 1))
        title = f"{self.task} MLP after Géron's {TASKS[self.task].table}"
        lines = [f"{name:<{left}}  {value:<{middle}}  {why}" for name, value, why in rows]
        return "\n".join([title, *(line.rstrip() for line in lines)])


def _described(spec):
    """Give the rows (choice, value, why) of the printed table."""
    table = TASKS[spec.task].table
    sizes_text = ", ".join(map(str, spec.hidden_layer_sizes)) or "none"
    suited = activations.get(spec.activation).initializer
    why_init = "table 11-1: suits the activation"
    if spec.kernel_initializer != suited:
        why_init = f"chosen by you (table 11-1: {suited})"
    rows = [
        ("input neurons", str(spec.widths[0]), "table 10-1: one per input feature"),
        ("hidden layers", str(len(spec.hidden_layer_sizes)), "table 10-1: typically 1 to 5"),
        ("neurons per layer", sizes_text, "table 10-1: typically 10 to 100"),
        ("hidden activation", spec.activation, "table 10-1: ReLU (or SELU)"),
        ("kernel initializer", spec.kernel_initializer, why_init),
        ("output neurons", str(spec.units), f"{table}: {TASKS[spec.task].units}"),
        ("output activation", _output_text(spec.outputs), f"{table}: {_why_output(spec)}"),
        ("loss", spec.loss, f"{table}: {_why_loss(spec.task)}"),
        ("trainable weights", f"{spec.n_parameters:,}", ""),
    ]
    optional = {
        "normalization": (spec.normalization, "chapter 11: between affine map and activation"),
        "dropout": (
            spec.dropout,
            "alpha dropout (SELU)" if spec.activation == "selu" else "chapter 11",
        ),
        "l2": (spec.l2, "Keras's kernel penalty, l2 * sum(W**2)"),
        "standardize": (spec.standardize, "inputs standardised inside the model"),
    }
    rows += [(name, str(value), why) for name, (value, why) in optional.items() if value]
    return rows


def _output_text(outputs):
    names = list(dict.fromkeys(outputs.activations))
    return ", ".join("none" if name == "linear" else name for name in names)


def _why_output(spec):
    if spec.task in ("regression", "multioutput"):
        return "none; ReLU/softplus if positive, sigmoid/tanh if bounded"
    return {"multiclass": "softmax"}.get(spec.task, "sigmoid")


def _why_loss(task):
    return "MSE, or MAE/Huber if outliers" if "table 10-1" == TASKS[task].table else "cross-entropy"


def make_spec(task, n_features, n_outputs=1, **parameters):
    """Check every argument and give the frozen description of the network.

    Parameters
    ----------
    task : {"binary", "multiclass", "multilabel", "regression", "multioutput"}
        The kind of task.
    n_features : int or tuple of int
        Input features, or the shape of one row.
    n_outputs : int, default=1
        Classes of a multiclass task, labels, or outputs of a regression.
    **parameters
        The arguments of `make_classifier` or `make_regressor`.

    Returns
    -------
    MLPSpec

    Raises
    ------
    InvalidParameterError
        When arguments break their rules; all of them are listed.

    Examples
    --------
    >>> make_spec("regression", 3, output_range="positive").outputs.activations
    ('softplus',)
    """
    found = network_problems(
        task, parameters, {"n_features": n_features, "n_outputs": n_outputs}
    )
    check_parameters({"task": task}, {"task": one_of(*TASKS)}, *found)
    units = _units(task, n_outputs, parameters)
    shape = (int(n_features),) if is_integer(n_features) else tuple(map(int, n_features))
    hidden = parameters.get("hidden_layer_sizes", (100,))
    hidden = (int(hidden),) if is_integer(hidden) else tuple(int(n) for n in hidden)
    activation = parameters.get("activation", "relu")
    initializer = parameters.get("kernel_initializer", "auto")
    if initializer == "auto":
        initializer = activations.get(activation).initializer
    loss = parameters.get("loss", "auto")
    return MLPSpec(
        task=task,
        input_shape=shape,
        outputs=_outputs(task, units, parameters)[0],
        hidden_layer_sizes=hidden,
        activation=activation,
        kernel_initializer=initializer,
        normalization=parameters.get("normalization"),
        dropout=float(parameters.get("dropout", 0.0)),
        l2=float(parameters.get("l2", 0.0)),
        standardize=bool(parameters.get("standardize", False)),
        loss=loss_name(loss, TASKS[task].loss) or type(loss).__name__,
        dtype=parameters.get("dtype", "float32"),
    )


def network_problems(task, parameters, more=()):
    """List what is wrong with the arguments of a network, across all of them.

    Parameters
    ----------
    task : str
        The kind of task.
    parameters : mapping of str to object
        Arguments of a factory by name.
    more : mapping of str to object, default=()
        Further arguments with a rule in `RULES`; ``n_outputs`` among them sets the number of
        output ranges.

    Returns
    -------
    list of str
    """
    from mlpkit.checks import problems

    given = dict(more)
    found = problems({**given, **parameters}, RULES)
    if task not in TASKS or found:
        return found
    n_outputs = given.get("n_outputs", 1)
    units = _units(task, n_outputs, parameters)
    if units != n_outputs and n_outputs > 1:
        found.append(
            f"quantile must be a single number for a target of {n_outputs} columns. "
            f"Got {parameters['quantile']!r}."
        )
    outputs, output_problems = _outputs(task, units, parameters)
    found += output_problems
    positive = outputs is not None and outputs.is_positive
    found += loss_problems(parameters.get("loss", "auto"), task, TASKS[task].loss, positive)
    hidden = parameters.get("hidden_layer_sizes", ())
    hidden = (hidden,) if is_integer(hidden) else hidden
    if parameters.get("activation") == "glu" and any(n % 2 for n in hidden):
        found.append(
            f"hidden_layer_sizes must be even for 'glu', which halves them. Got {hidden!r}."
        )
    return found


def _units(task, n_outputs, parameters):
    quantile = parameters.get("quantile", 0.5)
    several = parameters.get("loss") == "quantile" and hasattr(quantile, "__len__")
    return len(quantile) if several and task in ("regression", "multioutput") else int(n_outputs)


def _outputs(task, units, parameters):
    if task not in ("regression", "multioutput"):
        return plain_outputs(TASKS[task].output_activation, units), []
    return resolve_outputs(
        units, parameters.get("output_range"), parameters.get("output_activation", "auto")
    )


def describe_architecture(task, n_features, n_outputs=1, **parameters):
    """Say in a small table which row of the book's tables each choice came from.

    Parameters
    ----------
    task : {"binary", "multiclass", "multilabel", "regression", "multioutput"}
        The kind of task.
    n_features : int or tuple of int
        Input features, or the shape of one row.
    n_outputs : int, default=1
        Classes of a multiclass task, labels, or outputs of a regression.
    **parameters
        The arguments of `make_classifier` or `make_regressor`.

    Returns
    -------
    str
        The table; ``print(estimator.spec_)`` shows that of a fitted estimator.

    Raises
    ------
    InvalidParameterError
        When arguments break their rules.

    References
    ----------
    A. Géron, Hands-On Machine Learning with Scikit-Learn, Keras & TensorFlow, tables 10-1, 10-2
    and 11-1.

    Examples
    --------
    >>> print(describe_architecture("multiclass", 4, 3, hidden_layer_sizes=(10,)))
    multiclass MLP after Géron's table 10-2
    input neurons       4                                table 10-1: one per input feature
    hidden layers       1                                table 10-1: typically 1 to 5
    neurons per layer   10                               table 10-1: typically 10 to 100
    hidden activation   relu                             table 10-1: ReLU (or SELU)
    kernel initializer  he_normal                        table 11-1: suits the activation
    output neurons      3                                table 10-2: one per class
    output activation   softmax                          table 10-2: softmax
    loss                sparse_categorical_crossentropy  table 10-2: cross-entropy
    trainable weights   83
    """
    return str(make_spec(task, n_features, n_outputs, **parameters))
