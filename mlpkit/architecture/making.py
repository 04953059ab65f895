"""From arguments to the frozen description, every argument checked."""

from mlpkit import activations
from mlpkit.architecture.rules import RULES
from mlpkit.architecture.spec import MLPSpec
from mlpkit.checks import (
    Rule,
    check_parameters,
    integer,
    is_integer,
    one_of,
    problems,
    raise_problems,
    suggestion,
)
from mlpkit.losses import NUMBERS, loss_name, loss_problems
from mlpkit.outputs import plain_outputs, resolve_outputs
from mlpkit.tasks import TASKS


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
    check_parameters({"task": task}, {"task": one_of(*TASKS)})
    raise_problems(_problems(task, n_features, n_outputs, parameters))
    units = _units(task, n_outputs, parameters)
    shape = (int(n_features),) if is_integer(n_features) else tuple(map(int, n_features))
    activation = parameters.get("activation", "relu")
    initializer = parameters.get("kernel_initializer", "auto")
    if initializer == "auto":
        initializer = activations.get(activation).initializer
    return MLPSpec(
        task=task,
        input_shape=shape,
        outputs=_outputs(task, units, parameters)[0],
        hidden_layer_sizes=_hidden(parameters),
        activation=activation,
        kernel_initializer=initializer,
        normalization=parameters.get("normalization"),
        dropout=float(parameters.get("dropout", 0.0)),
        l2=float(parameters.get("l2", 0.0)),
        standardize=bool(parameters.get("standardize", False)),
        loss=_loss_shown(parameters.get("loss", "auto"), task),
        dtype=parameters.get("dtype", "float32"),
    )


def _problems(task, n_features, n_outputs, parameters):
    """List what is wrong with the arguments of a network, one by one and across all of them."""
    count, rule = _count_rule(task)
    named = {"n_features": n_features, count: n_outputs, **parameters}
    found = problems(named, {**RULES, count: rule}) + _unknown(task, parameters)
    if task in NUMBERS:
        found += _regression_problems(task, n_outputs, parameters)
    else:
        found += _loss_problems(task, parameters)
    sizes = parameters.get("hidden_layer_sizes", ())
    halved = parameters.get("activation") == "glu" and RULES["hidden_layer_sizes"].allows(sizes)
    if halved and any(n % 2 for n in _hidden(parameters)):
        found.append(
            f"hidden_layer_sizes must be even for 'glu', which halves them. Got {sizes!r}."
        )
    return found


def _regression_problems(task, n_outputs, parameters):
    quantile = parameters.get("quantile", 0.5)
    if not (integer(1).allows(n_outputs) and RULES["quantile"].allows(quantile)):
        return _loss_problems(task, parameters)  # how many outputs there are cannot be told
    found = []
    if _several_quantiles(parameters) and n_outputs > 1:
        found.append(
            f"quantile must be a single number for a target of {n_outputs} columns. "
            f"Got {quantile!r}."
        )
    outputs, more = _outputs(task, _units(task, n_outputs, parameters), parameters)
    found += more + _loss_problems(task, parameters, outputs is None or outputs.is_positive)
    metrics = parameters.get("metrics")
    if isinstance(metrics, list | tuple) and any(m in ("accuracy", "acc") for m in metrics):
        found.append(
            "metrics of a regression must measure numbers. Got 'accuracy'; take 'rmse', 'mae' or "
            "'r2_score'."
        )
    return found


def _count_rule(task):
    """Give what the number of outputs is called for a task, and its rule."""
    if task == "binary":
        return "n_outputs", Rule("be 1 for a binary task", lambda v: is_integer(v) and v == 1)
    if task in NUMBERS:
        return "n_outputs", integer(1)
    return "n_classes", integer(2 if task == "multiclass" else 1)


def _unknown(task, parameters):
    known = (*RULES, "loss", *(("output_range", "output_activation") if task in NUMBERS else ()))
    return [
        f"{name} is not an argument of a {task} network.{suggestion(name, known)}"
        for name in parameters
        if name not in known
    ]


def _loss_problems(task, parameters, positive=True):
    return loss_problems(parameters.get("loss", "auto"), task, TASKS[task].loss, positive)


def _hidden(parameters):
    sizes = parameters.get("hidden_layer_sizes", (100,))
    return (int(sizes),) if is_integer(sizes) else tuple(int(n) for n in sizes)


def _loss_shown(loss, task):
    """Give a loss's name for the table; the user's own never pass for one of Keras's."""
    own = getattr(loss, "__name__", type(loss).__name__)
    return loss_name(loss, TASKS[task].loss) or f"{own} (yours)"


def _several_quantiles(parameters):
    return parameters.get("loss") == "quantile" and hasattr(parameters.get("quantile"), "__len__")


def _units(task, n_outputs, parameters):
    several = task in NUMBERS and _several_quantiles(parameters)
    return len(parameters["quantile"]) if several else int(n_outputs)


def _outputs(task, units, parameters):
    if task not in NUMBERS:
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
