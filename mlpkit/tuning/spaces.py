"""Two search spaces: that of the book's tables, and a wider one."""

from mlpkit.checks import check_parameters, one_of
from mlpkit.checks.rules import Rule
from mlpkit.tasks import TASKS
from mlpkit.tuning.ranges import Between, Layers, OneOf

# Parameters are those of MLPClassifier and MLPRegressor. Each draw is one of its own, so no two
# ranges may hold values that warn together: SELU, which normalises itself, is where no
# normalization is, and stands with the initializer that suits each activation.
SPACES = {
    "geron": {
        "hidden_layer_sizes": Layers(depth=(1, 5), width=(10, 100)),  # tables 10-1 and 10-2
        "activation": OneOf(("relu", "selu")),  # table 10-1
        "kernel_initializer": OneOf(("auto",)),  # table 11-1
        "learning_rate": Between(1e-4, 3e-2, log=True),
        "dropout": Between(0.0, 0.5),
        "l2": Between(1e-6, 1e-2, log=True),
    },
    "wide": {
        "hidden_layer_sizes": Layers(depth=(1, 6), width=(16, 512)),
        "activation": OneOf(("relu", "leaky_relu", "elu", "gelu", "silu", "tanh")),
        "kernel_initializer": OneOf(("auto", "glorot_uniform")),
        "normalization": OneOf((None, "batch", "layer")),
        "learning_rate": Between(1e-4, 3e-2, log=True),
        "dropout": Between(0.0, 0.6),
        "l2": Between(1e-7, 1e-2, log=True),
        "batch_size": OneOf((16, 32, 64, 128, 256)),
        "average": OneOf((True, False)),
    },
}
# Table 10-1: the squared error, or one that outliers sway less.
_LOSS = OneOf(("mse", "mae", "huber"))

_KINDS = ("classification", *TASKS)
_RULES = {
    "kind": one_of(*SPACES),
    "task": Rule(
        f"be a Task, or one of {', '.join(_KINDS)}",
        lambda task: isinstance(_name_of(task), str) and _name_of(task) in _KINDS,
        _KINDS,
    ),
    "prefix": Rule("be text, such as 'mlpclassifier__'", lambda prefix: isinstance(prefix, str)),
}


def search_space(kind, task, *, prefix=""):
    """Give the hyperparameters to search over, for scikit-learn's searches.

    Parameters
    ----------
    kind : {"geron", "wide"}
        "geron" has the ranges of the book's tables: 1 to 5 hidden layers of 10 to 100 units, ReLU
        or SELU, learning rates from 1e-4 to 3e-2, dropout, penalty, for a regression the loss.
        "wide" has 1 to 6 layers of 16 to 512 units, more activations, normalisation, batch sizes.
    task : Task or str
        What `infer_task` gave, or its name, or "classification" or "regression".
    prefix : str, default=""
        What stands before each name: ``"mlpclassifier__"`` for a pipeline.

    Returns
    -------
    dict of str to distribution or list
        For ``RandomizedSearchCV`` and ``HalvingRandomSearchCV``.

    Raises
    ------
    InvalidParameterError
        When an argument is none of these; all of them are listed.

    References
    ----------
    A. Géron, Hands-On Machine Learning with Scikit-Learn, Keras & TensorFlow, tables 10-1 and 10-2.

    Examples
    --------
    >>> from sklearn.model_selection import ParameterSampler
    >>> space = search_space("geron", "multiclass")
    >>> sorted(space)
    ['activation', 'dropout', 'hidden_layer_sizes', 'kernel_initializer', 'l2', 'learning_rate']
    >>> next(iter(ParameterSampler(space, 1, random_state=0)))["hidden_layer_sizes"]
    (39,)
    """
    return {
        f"{prefix}{name}": range_.distribution
        for name, range_ in _ranges(kind, task, prefix).items()
    }


def suggest(trial, kind, task, *, prefix=""):
    """Ask Optuna's trial for hyperparameters, from the same ranges as `search_space`.

    Parameters
    ----------
    trial : optuna.Trial
        The trial; Optuna is installed by ``pip install mlpkit[tune]``.
    kind : {"geron", "wide"}
        As in `search_space`.
    task : Task or str
        As in `search_space`.
    prefix : str, default=""
        As in `search_space`.

    Returns
    -------
    dict of str to object
        Parameters for ``MLPClassifier(**parameters)``, or for ``set_params`` of a pipeline. Once a
        study is done ``suggest(study.best_trial, ...)`` gives the best ones again, which
        ``study.best_params`` holds with depth and width apart.

    Raises
    ------
    InvalidParameterError
        When an argument is none of these; all of them are listed.

    Examples
    --------
    >>> class Lowest:  # as optuna.Trial
    ...     def suggest_int(self, name, low, high, log=False):
    ...         return low
    ...     def suggest_float(self, name, low, high, log=False):
    ...         return low
    ...     def suggest_categorical(self, name, choices):
    ...         return choices[0]
    >>> suggest(Lowest(), "geron", "binary")["hidden_layer_sizes"]
    (10,)
    """
    return {
        f"{prefix}{name}": range_.suggest(trial, f"{prefix}{name}")
        for name, range_ in _ranges(kind, task, prefix).items()
    }


def _ranges(kind, task, prefix):
    check_parameters({"kind": kind, "task": task, "prefix": prefix}, _RULES)
    is_regression = _name_of(task) in ("regression", "multioutput")
    return {**SPACES[kind], **({"loss": _LOSS} if is_regression else {})}


def _name_of(task):
    return getattr(task, "name", task) if not isinstance(task, str) else task
