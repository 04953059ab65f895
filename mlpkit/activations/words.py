"""What there is to know of each activation beside its numbers: range, saturation, for and against.

References
----------
A. Géron, Hands-On Machine Learning, chapters 10 and 11; and of the newer ones the papers that
brought them, named beside each.
"""

from typing import NamedTuple

_INF = float("inf")


class Words(NamedTuple):
    """Range, saturation, strengths and weaknesses of one activation."""

    range: tuple
    saturates: str
    strengths: str
    weaknesses: str


WORDS = {
    "celu": Words(
        (-1.0, _INF), "left", "Smooth whatever its α, where ELU has a kink for α other than 1.",
        "An exponential a unit; far left it learns nothing. (Barron 2017)",
    ),
    "elu": Words(
        (-1.0, _INF), "left", "Smooth; outputs average nearer to 0 than ReLU's; no dead units.",
        "An exponential a unit, so slower than ReLU. (Clevert et al. 2016)",
    ),
    "exponential": Words(
        (0.0, _INF), "left", "Positive outputs that act by factors, as rates of counts do.",
        "Grows without measure: gradients explode; for outputs, not for hidden layers.",
    ),
    "gelu": Words(
        (-0.16997120747990369, _INF), "left", "Smooth and not monotone; strong in deep networks.",
        "Costs an error function a unit. (Hendrycks and Gimpel 2016)",
    ),
    "glu": Words(
        (-_INF, _INF), "both", "Half of the units gate the others: products of features.",
        "Twice the weights for the same width; an even number of units. (Dauphin et al. 2017)",
    ),
    "hard_shrink": Words(
        (-_INF, _INF), "no", "Sets small signals to exactly 0, the others it leaves.",
        "Jumps at ±t, and units within learn nothing.",
    ),
    "hard_sigmoid": Words(
        (0.0, 1.0), "both", "A sigmoid without an exponential.",
        "No gradient at all beyond ±3; kinks.",
    ),
    "hard_silu": Words(
        (-0.375, _INF), "left", "SiLU without an exponential, for small devices.",
        "No gradient at all below -3. (Howard et al. 2019)",
    ),
    "hard_tanh": Words(
        (-1.0, 1.0), "both", "A tanh without exponentials.", "No gradient at all beyond ±1; kinks."
    ),
    "heaviside": Words(
        (0.0, 1.0), "both", "Answers yes or no; the step of the first neurons.",
        "Its derivative is 0, so no gradient trains it.",
    ),
    "leaky_relu": Words(
        (-_INF, _INF), "no", "As fast as ReLU, and no unit dies: a slope is left on the left.",
        "One more choice, the leak: 0.01 in the first papers, 0.2 in Keras. (Maas et al. 2013)",
    ),
    "linear": Words(
        (-_INF, _INF), "no", "Any number may come out: the output of a regression.",
        "Adds nothing between layers: a stack of them is one affine map.",
    ),
    "log_sigmoid": Words(
        (-_INF, 0.0), "right", "The logarithm of a probability, without rounding to log(0).",
        "For likelihoods, not for hidden layers.",
    ),
    "log_softmax": Words(
        (-_INF, 0.0), "right", "Logarithms of probabilities, without rounding to log(0).",
        "For likelihoods, not for hidden layers.",
    ),
    "mish": Words(
        (-0.30884341301725, _INF), "left", "Smooth and not monotone; lets gradients pass below 0.",
        "The dearest of its family: a tanh of a softplus. (Misra 2019)",
    ),
    "prelu": Words(
        (-_INF, _INF), "no", "Learns its own leak, for each unit.",
        "A weight more a unit; may overfit small tables. (He et al. 2015)",
    ),
    "relu": Words(
        (0.0, _INF), "left", "The fastest; does not saturate on the right; the usual choice.",
        "A unit below 0 on every row is dead; outputs are not centred. (Nair and Hinton 2010)",
    ),
    "relu6": Words(
        (0.0, 6.0), "both", "A ReLU whose outputs stay small, for arithmetic of few bits.",
        "No gradient outside 0..6.",
    ),
    "selu": Words(
        (-1.7580993408473766, _INF), "left",
        "Keeps mean 0 and variance 1 through depth by itself: no normalisation needed.",
        "Only in a plain stack with LeCun's weights and standardised rows. (Klambauer et al. 2017)",
    ),
    "sgn": Words(
        (-1.0, 1.0), "both", "Answers yes or no about 0, and 0 at it.",
        "Its derivative is 0, so no gradient trains it.",
    ),
    "sigmoid": Words(
        (0.0, 1.0), "both", "A probability: the output for yes or no.",
        "Derivative at most 1/4, near 0 at large |z|: gradients vanish; outputs not centred.",
    ),
    "silu": Words(
        (-0.27846454276107, _INF), "left", "Smooth and not monotone; strong in deep networks.",
        "An exponential a unit. (Elfwing et al. 2017, Ramachandran et al. 2017)",
    ),
    "soft_shrink": Words(
        (-_INF, _INF), "no", "Sets small signals to exactly 0, without a jump.",
        "Units within ±t learn nothing; large signals come out smaller.",
    ),
    "softmax": Words(
        (0.0, 1.0), "both", "Probabilities of classes of which one is true: they sum to 1.",
        "Not for several true labels, nor for hidden layers: units depend on each other.",
    ),
    "softplus": Words(
        (0.0, _INF), "left", "A smooth ReLU, always positive: the output for positive targets.",
        "Slower than ReLU, and no better in hidden layers. (Dugas et al. 2001)",
    ),
    "softsign": Words(
        (-1.0, 1.0), "both", "A tanh with longer tails: saturates slowly, no exponential.",
        "Comes near to its limits slowly; gradients fade as 1/z².",
    ),
    "sparse_plus": Words(
        (0.0, _INF), "left", "A softplus that is exactly 0 below -1 and exactly z above 1.",
        "Dead below -1, as ReLU is below 0.",
    ),
    "sparse_sigmoid": Words(
        (0.0, 1.0), "both", "A sigmoid that reaches 0 and 1.", "No gradient at all beyond ±1."
    ),
    "sparsemax": Words(
        (0.0, 1.0), "both", "Probabilities of which many are exactly 0.",
        "A class at 0 gets no gradient; needs its own loss. (Martins and Astudillo 2016)",
    ),
    "squareplus": Words(
        (0.0, _INF), "left", "A smooth ReLU without an exponential.",
        "Digits are lost far left. (Barron 2021)",
    ),
    "tanh": Words(
        (-1.0, 1.0), "both", "Centred, and its derivative reaches 1: better inside than a sigmoid.",
        "Saturates: gradients vanish in deep networks and at large |z|.",
    ),
    "tanh_shrink": Words(
        (-_INF, _INF), "no", "Mutes small signals smoothly.", "Almost no gradient around 0."
    ),
}  # fmt: skip
WORDS["hard_swish"], WORDS["swish"] = WORDS["hard_silu"], WORDS["silu"]
