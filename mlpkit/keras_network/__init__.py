"""The network of the Keras estimators: the user's own model, or what their builder returns."""

from mlpkit.keras_network.making import fresh_model, seeded
from mlpkit.keras_network.network import KerasNetwork
from mlpkit.keras_network.raw import raw_model

__all__ = ["KerasNetwork", "fresh_model", "raw_model", "seeded"]
