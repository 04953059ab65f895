"""What a network is trained with, as Keras objects: optimizer, loss and metrics."""

from mlpkit.compilation.metrics import make_metrics
from mlpkit.compilation.objectives import (
    REDUCTION,
    FunctionLoss,
    Huber,
    Quantile,
    loss_per_row,
    make_loss,
)
from mlpkit.compilation.optimizers import make_optimizer

__all__ = [
    "REDUCTION",
    "FunctionLoss",
    "Huber",
    "Quantile",
    "loss_per_row",
    "make_loss",
    "make_metrics",
    "make_optimizer",
]
