"""Keras layers of strong multilayer perceptrons for tables, usable in anyone's model."""

from mlpkit.layers.categories import CategoryEmbedding
from mlpkit.layers.dense import NTPDense, ParametricActivation
from mlpkit.layers.dropout import HashDropout
from mlpkit.layers.ensemble import EnsembleDense, Networks
from mlpkit.layers.periodic import PeriodicEmbedding
from mlpkit.layers.piecewise import PiecewiseLinearEmbedding
from mlpkit.layers.scaling import ScalingLayer, SmoothClip

__all__ = [
    "CategoryEmbedding",
    "EnsembleDense",
    "HashDropout",
    "NTPDense",
    "Networks",
    "ParametricActivation",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "ScalingLayer",
    "SmoothClip",
]
