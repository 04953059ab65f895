"""The output layer of a regression: which activation keeps each output in its range.

Géron's table 10-1: no activation; ReLU or softplus where outputs are positive; sigmoid or tanh
where they are bounded, with targets scaled to 0..1 or -1..1.
"""

from dataclasses import dataclass

from mlpkit import activations
from mlpkit.checks import is_real, shown, suggestion


def _serves_an_output(name):
    entry = activations.get(name)
    return entry.elementwise and entry.trains and not entry.learned


POSITIVE = tuple(
    name
    for name in activations.names()
    if _serves_an_output(name) and activations.get(name).range[0] >= 0
)
BOUNDED = ("sigmoid", "tanh")  # those whose ends the table scales targets to


@dataclass(frozen=True)
class Outputs:
    """Activation, scale and offset of each output: ``scale * activation(z) + offset``.

    Parameters
    ----------
    activations : tuple of str
        Keras name of each output's activation.
    scale, offset : tuple of float
        What carries each activation's values to the target's own units.

    Examples
    --------
    >>> Outputs(("tanh", "linear"), (5.0, 1.0), (10.0, 0.0)).bounds
    ([5.0, -inf], [15.0, inf])
    """

    activations: tuple
    scale: tuple
    offset: tuple

    @property
    def is_plain(self):
        """Whether the activations' values are the outputs as they stand."""
        return set(self.scale) == {1.0} and set(self.offset) == {0.0}

    @property
    def bounds(self):
        """Lowest and highest value of each output, a pair of lists."""
        ends = [activations.get(name).range for name in self.activations]
        units = list(zip(ends, self.scale, self.offset, strict=True))
        return tuple(
            [end[side] * scale + offset for end, scale, offset in units] for side in (0, 1)
        )

    @property
    def is_positive(self):
        """Whether no output can be negative."""
        return min(self.bounds[0]) >= 0


def plain_outputs(activation, n_outputs):
    """Give `n_outputs` outputs with the same activation, in the network's own units.

    Parameters
    ----------
    activation : str
        Keras name of the activation.
    n_outputs : int
        Number of output units.

    Returns
    -------
    Outputs

    Examples
    --------
    >>> plain_outputs("sigmoid", 2).activations
    ('sigmoid', 'sigmoid')
    """
    return Outputs((activation,) * n_outputs, (1.0,) * n_outputs, (0.0,) * n_outputs)


def resolve_outputs(n_outputs, output_range=None, output_activation="auto"):
    """Choose the output activations of a regression from the ranges of its targets.

    Parameters
    ----------
    n_outputs : int
        Number of outputs.
    output_range : None, "positive", (low, high), or a list of these per output, default=None
        What values the targets can take, in their own units.
    output_activation : str, default="auto"
        "auto": linear without a range, softplus for "positive", sigmoid for (low, high). Else a
        Keras name, which must suit the range: "relu" is positive, "tanh" is bounded.

    Returns
    -------
    outputs : Outputs or None
        None when there are problems.
    problems : list of str

    Examples
    --------
    >>> outputs, problems = resolve_outputs(2, ["positive", (0, 10)])
    >>> outputs.activations, outputs.scale, outputs.offset
    (('softplus', 'sigmoid'), (1.0, 10.0), (0.0, 0.0))
    """
    ranges = _per_output(n_outputs, output_range)
    if ranges is None:
        return None, [
            "output_range must be None, 'positive', a pair of finite numbers (low, high) with "
            f"low < high, or a list with one of these for each of the {n_outputs} output(s). "
            f"Got {shown(output_range)}."
            f"{suggestion(output_range, ('positive',))}"
        ]
    found = [_problem(a_range, output_activation) for a_range in ranges]
    found = sorted({problem for problem in found if problem})
    if found:
        return None, found
    columns = [_column(a_range, output_activation) for a_range in ranges]
    return Outputs(*map(tuple, zip(*columns, strict=True))), []


def _per_output(n_outputs, output_range):
    """Give one range per output, None where `output_range` breaks its rule."""
    if _is_range(output_range):
        return [_plain(output_range)] * n_outputs
    if isinstance(output_range, str) or not hasattr(output_range, "__len__"):
        return None
    fits = len(output_range) == n_outputs and all(_is_range(item) for item in output_range)
    return [_plain(item) for item in output_range] if fits else None


def _plain(a_range):
    return a_range if a_range is None or isinstance(a_range, str) else tuple(map(float, a_range))


def _is_range(value):
    if value is None or (isinstance(value, str) and value == "positive"):
        return True
    if isinstance(value, str) or not hasattr(value, "__len__") or len(value) != 2:
        return False
    return all(is_real(end) for end in value) and value[0] < value[1]


def _problem(a_range, activation):
    if activation == "auto":
        return ""
    names = activations.names(trains=True)
    if activation not in names or not activations.get(activation).elementwise:
        return (
            "output_activation must be 'auto' or the name of an activation that acts on each "
            f"output alone. Got {activation!r}.{suggestion(activation, ('auto', *names))}"
        )
    if activations.get(activation).learned:
        return f"output_activation must not have weights of its own. Got {activation!r}."
    if a_range == "positive" and activation not in POSITIVE:
        return (
            f"output_activation must be positive for output_range='positive': "
            f"{', '.join(POSITIVE)}. Got {activation!r}."
        )
    if a_range not in (None, "positive") and activation not in BOUNDED:
        return (
            f"output_activation must be bounded for output_range=(low, high): "
            f"{', '.join(BOUNDED)}. Got {activation!r}."
        )
    return ""


def _column(a_range, activation):
    """Give (activation, scale, offset) of one output."""
    if a_range is None:
        return ("linear" if activation == "auto" else activation, 1.0, 0.0)
    if a_range == "positive":
        return ("softplus" if activation == "auto" else activation, 1.0, 0.0)
    low, high = a_range
    if activation == "tanh":
        return ("tanh", (high - low) / 2, (high + low) / 2)
    return ("sigmoid", high - low, low)
