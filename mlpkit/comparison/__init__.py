"""Compare models on the same folds, fairly timed: one tidy row a model."""

from mlpkit.comparison.folds import make_folds
from mlpkit.comparison.metrics import METRICS
from mlpkit.comparison.progress import bar
from mlpkit.comparison.table import clean_target, compare

__all__ = ["METRICS", "bar", "clean_target", "compare", "make_folds"]
