"""The only builder of layers: a frozen spec in, a Keras model out."""

from mlpkit.network.building import build, build_for_many_fits, put_weights, warn_about_selu
from mlpkit.network.drawing import dropout_states, initial_weights, initializer
from mlpkit.network.layers import Halving, WidePenalty
from mlpkit.network.precision import on_gpu

__all__ = [
    "Halving",
    "WidePenalty",
    "build",
    "build_for_many_fits",
    "dropout_states",
    "initial_weights",
    "initializer",
    "on_gpu",
    "put_weights",
    "warn_about_selu",
]
