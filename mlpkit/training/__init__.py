"""The compiled engine: programs that are kept, one loop, rows on the device."""

from mlpkit.training.keys import stable_key
from mlpkit.training.loop import Outcome, Plan, train
from mlpkit.training.programs import Program, borrowed
from mlpkit.training.rows import Rows, make_rows

__all__ = ["Outcome", "Plan", "Program", "Rows", "borrowed", "make_rows", "stable_key", "train"]
