"""The first neurons, small enough to be followed by hand: nothing here needs TensorFlow."""

from mlpkit.neurons.collapsing import collapse_linear
from mlpkit.neurons.mcculloch_pitts import McCullochPittsNetwork, McCullochPittsNeuron
from mlpkit.neurons.propositions import PROPOSITIONS, compile_proposition
from mlpkit.neurons.rosenblatt import RosenblattPerceptron
from mlpkit.neurons.threshold import ThresholdLogicNetwork, ThresholdLogicUnit, xor_network

__all__ = [
    "PROPOSITIONS",
    "McCullochPittsNetwork",
    "McCullochPittsNeuron",
    "RosenblattPerceptron",
    "ThresholdLogicNetwork",
    "ThresholdLogicUnit",
    "collapse_linear",
    "compile_proposition",
    "xor_network",
]
