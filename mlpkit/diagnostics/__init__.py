"""Look into a network: what passes each layer, forward and backward, and what is wrong with it."""

from mlpkit.diagnostics.backward import Gradients, gradients
from mlpkit.diagnostics.checking import check_gradients
from mlpkit.diagnostics.flow import GradientFlow, gradient_flow
from mlpkit.diagnostics.graph import ComputationalGraph, computational_graph
from mlpkit.diagnostics.history import history_frame
from mlpkit.diagnostics.initialization import initialization_report
from mlpkit.diagnostics.saliency import input_gradients
from mlpkit.diagnostics.tracing import forward_trace

__all__ = [
    "ComputationalGraph",
    "GradientFlow",
    "Gradients",
    "check_gradients",
    "computational_graph",
    "forward_trace",
    "gradient_flow",
    "gradients",
    "history_frame",
    "initialization_report",
    "input_gradients",
]
