"""Keras layers of strong multilayer perceptrons for tables, usable in anyone's model."""

from mlpkit.layers.dropout import HashDropout
from mlpkit.layers.ensemble import EnsembleDense, Networks
from mlpkit.layers.piecewise import PiecewiseLinearEmbedding

__all__ = ["EnsembleDense", "HashDropout", "Networks", "PiecewiseLinearEmbedding"]
