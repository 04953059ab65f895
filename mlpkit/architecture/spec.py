"""The frozen description of a network, and the table it prints."""

import math
from dataclasses import dataclass

from mlpkit import activations
from mlpkit.outputs import Outputs
from mlpkit.tasks import TASKS


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
    dtype : {"float32", "float64", "mixed_bfloat16"}, default="float32"
        Type of weights and arithmetic; "mixed_bfloat16" keeps weights in float32 and multiplies in
        bfloat16.

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
    def float_type(self):
        """Type of the weights, inputs and outputs; mixed precision computes in another one."""
        return "float32" if self.dtype.startswith("mixed") else self.dtype

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
        per_unit = (self.normalization is not None) + (self.activation == "prelu")
        return total + hidden * per_unit

    def __str__(self):
        rows = _described(self)
        left, middle = (max(len(row[i]) for row in rows) for i in (0, 1))
        title = f"{self.task} MLP after Géron's {TASKS[self.task].table}"
        lines = [f"{name:<{left}}  {value:<{middle}}  {why}" for name, value, why in rows]
        return "\n".join([title, *(line.rstrip() for line in lines)])


def _described(spec):
    """Give the rows (choice, value, why) of the printed table."""
    table = TASKS[spec.task].table
    output, loss = _outputs_shown(spec.outputs), spec.loss
    return [
        ("input neurons", str(spec.widths[0]), "table 10-1: one per input feature"),
        ("hidden layers", str(len(spec.hidden_layer_sizes)), "table 10-1: typically 1 to 5"),
        *(_hidden_described(spec) if spec.hidden_layer_sizes else ()),
        ("output neurons", str(spec.units), f"{table}: {TASKS[spec.task].units}"),
        ("output activation", output, f"{table}: {_why_output(spec)}"),
        ("loss", loss, f"{table}: {_why_loss(spec.task)}"),
        ("trainable weights", f"{spec.n_parameters:,}", ""),
        *_extras_described(spec),
    ]


def _hidden_described(spec):
    suited = activations.get(spec.activation).initializer
    why = "table 11-1: suits the activation"
    if spec.kernel_initializer != suited:
        why = f"chosen by you (table 11-1: {suited})"
    sizes = ", ".join(map(str, spec.hidden_layer_sizes))
    return [
        ("neurons per layer", sizes, "table 10-1: typically 10 to 100"),
        ("hidden activation", spec.activation, "table 10-1: ReLU (or SELU)"),
        ("kernel initializer", spec.kernel_initializer, why),
    ]


def _extras_described(spec):
    kind = "alpha dropout (SELU)" if spec.activation == "selu" else "chapter 11"
    extras = [
        ("normalization", spec.normalization, "chapter 11: between affine map and activation"),
        ("dropout", spec.dropout, kind),
        ("l2", spec.l2, "Keras's kernel penalty, l2 * sum(W**2)"),
        ("standardize", spec.standardize, "inputs standardised inside the model"),
    ]
    return [(name, str(value), why) for name, value, why in extras if value]


def _outputs_shown(outputs):
    """Name each kind of output once, with its bounds where they are not the activation's own."""
    columns = zip(outputs.activations, outputs.scale, outputs.offset, *outputs.bounds, strict=True)
    shown = []
    for name, scale, offset, low, high in columns:
        text = "none" if name == "linear" else name
        if (scale, offset) != (1.0, 0.0):
            text += f" ({low:g} to {high:g})"
        shown.append(text)
    return ", ".join(dict.fromkeys(shown))


def _why_output(spec):
    if spec.task in ("regression", "multioutput"):
        return "none; ReLU/softplus if positive, sigmoid/tanh if bounded"
    return {"multiclass": "softmax"}.get(spec.task, "sigmoid")


def _why_loss(task):
    return "MSE, or MAE/Huber if outliers" if "table 10-1" == TASKS[task].table else "cross-entropy"
