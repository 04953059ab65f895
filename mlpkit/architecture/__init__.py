"""The network as a frozen value: every choice of Géron's tables, made before any layer exists."""

from mlpkit.architecture.making import describe_architecture, make_spec
from mlpkit.architecture.rules import INITIALIZERS, METRICS, OPTIMIZERS, RULES
from mlpkit.architecture.spec import MLPSpec

__all__ = [
    "INITIALIZERS",
    "METRICS",
    "OPTIMIZERS",
    "RULES",
    "MLPSpec",
    "describe_architecture",
    "make_spec",
]
