"""Where to search for hyperparameters: the ranges of the book's tables, and wider ones."""

from mlpkit.tuning.ranges import Layers
from mlpkit.tuning.spaces import search_space, suggest

__all__ = ["Layers", "search_space", "suggest"]
