"""Pictures of results: every function draws numbers it is given and returns the axes.

Colours are Okabe and Ito's, told apart by readers who are colour-blind; lines differ in dash and
markers in shape as well, so that prints in grey stay readable. matplotlib is loaded when a
function is called. Without `ax` a figure is made by pyplot; with it, the figure is yours.

References
----------
Okabe and Ito, "Color Universal Design", 2008, https://jfly.uni-koeln.de/color/
"""

from mlpkit.plots.comparison import plot_comparison
from mlpkit.plots.learning import plot_learning_curve
from mlpkit.plots.predictions import plot_confusion_matrix, plot_residuals

__all__ = ["plot_comparison", "plot_confusion_matrix", "plot_learning_curve", "plot_residuals"]
