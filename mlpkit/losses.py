"""The losses as data: which outputs each one fits, and what targets it wants to see.

Names are Keras's. A later floor turns a row into a Keras loss; no Keras is needed here.
"""

from dataclasses import dataclass

from mlpkit.checks import shown, suggestion

CLASSES = ("binary", "multilabel")
NUMBERS = ("regression", "multioutput")


@dataclass(frozen=True)
class LossRow:
    """What a loss fits.

    Parameters
    ----------
    keras_class : str
        Name of the class in ``keras.losses``; "Quantile" is mlpkit's own.
    tasks : tuple of str
        Names of the tasks whose output it fits; none for a loss that fits no output of an MLP's.
    one_hot : bool, default=False
        Whether a multiclass target is wanted as a column per class.
    positive : bool, default=False
        Whether predictions must be positive.
    homogeneous : bool, default=False
        Whether stretching and shifting targets and predictions alike only rescales the loss, so
        that training on standardised targets has the same optimum.

    Examples
    --------
    >>> LOSSES["poisson"].keras_class, LOSSES["poisson"].positive
    ('Poisson', True)
    """

    keras_class: str
    tasks: tuple
    one_hot: bool = False
    positive: bool = False
    homogeneous: bool = False


_ANY_CLASSES = (*CLASSES, "multiclass")

LOSSES = {
    "binary_crossentropy": LossRow("BinaryCrossentropy", CLASSES),
    "binary_focal_crossentropy": LossRow("BinaryFocalCrossentropy", CLASSES),
    "sparse_categorical_crossentropy": LossRow("SparseCategoricalCrossentropy", ("multiclass",)),
    "categorical_crossentropy": LossRow("CategoricalCrossentropy", ("multiclass",), one_hot=True),
    "categorical_focal_crossentropy": LossRow(
        "CategoricalFocalCrossentropy", ("multiclass",), one_hot=True
    ),
    "categorical_hinge": LossRow("CategoricalHinge", ("multiclass",), one_hot=True),
    "kl_divergence": LossRow("KLDivergence", ("multiclass",), one_hot=True),
    "mean_squared_error": LossRow(
        "MeanSquaredError", (*_ANY_CLASSES, *NUMBERS), one_hot=True, homogeneous=True
    ),
    "mean_absolute_error": LossRow("MeanAbsoluteError", NUMBERS, homogeneous=True),
    "huber": LossRow("Huber", NUMBERS, homogeneous=True),
    "log_cosh": LossRow("LogCosh", NUMBERS),
    "mean_absolute_percentage_error": LossRow("MeanAbsolutePercentageError", NUMBERS),
    "mean_squared_logarithmic_error": LossRow(
        "MeanSquaredLogarithmicError", NUMBERS, positive=True
    ),
    "poisson": LossRow("Poisson", NUMBERS, positive=True, homogeneous=True),
    "quantile": LossRow("Quantile", NUMBERS, homogeneous=True),
    "cosine_similarity": LossRow("CosineSimilarity", ("multioutput",)),
    # Margins of a raw score, overlaps of whole images, sequences and embeddings.
    "hinge": LossRow("Hinge", ()),
    "squared_hinge": LossRow("SquaredHinge", ()),
    "dice": LossRow("Dice", ()),
    "tversky": LossRow("Tversky", ()),
    "ctc": LossRow("CTC", ()),
    "circle": LossRow("Circle", ()),
}

ALIASES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "logcosh": "log_cosh",
}

LOSS_NAMES = ("auto", *LOSSES, *ALIASES)


def loss_name(loss, task_loss):
    """Give Keras's full name of a loss, None for a loss object that the table does not know.

    Parameters
    ----------
    loss : str or keras.losses.Loss or callable
        "auto", a name or alias, or a Keras loss, as an object or one of Keras's functions.
    task_loss : str
        What "auto" stands for.

    Returns
    -------
    str or None

    Examples
    --------
    >>> loss_name("auto", "poisson"), loss_name("mse", "poisson")
    ('poisson', 'mean_squared_error')
    """
    if isinstance(loss, str):
        loss = task_loss if loss == "auto" else loss
        return ALIASES.get(loss, loss)
    if str(getattr(loss, "__module__", "")).startswith("keras."):
        name = getattr(loss, "__name__", None)
        if name in LOSSES:
            return name
    classes = {row.keras_class: name for name, row in LOSSES.items() if name != "quantile"}
    return classes.get(type(loss).__name__)


def loss_problems(loss, task_name, task_loss, positive):
    """List why a loss does not fit an output; empty where it does.

    Parameters
    ----------
    loss : str or keras.losses.Loss or callable
        The loss as the user gave it.
    task_name : str
        A name of `mlpkit.tasks.TASKS`.
    task_loss : str
        What "auto" stands for.
    positive : bool
        Whether every output is positive by its activation.

    Returns
    -------
    list of str

    Examples
    --------
    >>> loss_problems("mae", "regression", "mean_squared_error", positive=False)
    []
    >>> loss_problems("humber", "regression", "mean_squared_error", positive=False)[0][-21:]
    "Did you mean 'huber'?"
    """
    name = loss_name(loss, task_loss)
    if isinstance(loss, type):
        return [f"loss must be an object, not a class. Got {loss.__name__}; call it."]
    if name is None and callable(loss):
        return []
    row = LOSSES.get(name)
    if row is None:
        known = ", ".join(key for key, row in LOSSES.items() if row.tasks)
        return [
            f"loss must be a Keras loss or one of {known}. Got {shown(loss)}."
            f"{suggestion(loss, LOSS_NAMES)}"
        ]
    if task_name not in row.tasks:
        fitting = ", ".join(key for key, row in LOSSES.items() if task_name in row.tasks)
        return [f"loss must fit the output of a {task_name} task: {fitting}. Got {name!r}."]
    if row.positive and not positive:
        return [
            f"loss={name!r} needs positive outputs. Set output_range='positive' (softplus) or "
            "output_activation='relu'."
        ]
    if getattr(loss, "from_logits", False):
        return [
            "loss must not have from_logits=True: the output activation is part of the network. "
            "Leave from_logits out."
        ]
    return []
