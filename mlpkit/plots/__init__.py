"""Pictures: every function draws numbers it is given and returns the figure.

Colours are Okabe and Ito's, told apart by readers who are colour-blind; lines differ in dash and
markers in shape as well, so that prints in grey stay readable. matplotlib is loaded when a
function is called. Without `ax` a figure is made by pyplot; with it, the figure is yours.

References
----------
Okabe and Ito, "Color Universal Design", 2008, https://jfly.uni-koeln.de/color/
"""

from mlpkit.plots.activations import plot_activation, plot_activations, plot_step_functions
from mlpkit.plots.boundary import plot_decision_boundary
from mlpkit.plots.calibration import plot_calibration
from mlpkit.plots.comparison import plot_comparison
from mlpkit.plots.flow import plot_gradient_flow, plot_initialization
from mlpkit.plots.graph import plot_computational_graph
from mlpkit.plots.histograms import plot_activation_histograms, plot_weight_histograms
from mlpkit.plots.learning import plot_learning_curve
from mlpkit.plots.network import plot_network
from mlpkit.plots.predictions import plot_confusion_matrix, plot_residuals
from mlpkit.plots.validation import plot_validation_curve

__all__ = [
    "plot_activation",
    "plot_activation_histograms",
    "plot_activations",
    "plot_calibration",
    "plot_comparison",
    "plot_computational_graph",
    "plot_confusion_matrix",
    "plot_decision_boundary",
    "plot_gradient_flow",
    "plot_initialization",
    "plot_learning_curve",
    "plot_network",
    "plot_residuals",
    "plot_step_functions",
    "plot_validation_curve",
    "plot_weight_histograms",
]
