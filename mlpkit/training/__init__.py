"""The compiled engine: programs that are kept, one loop, rows on the device."""

from mlpkit.training.cache import cache_clear, cache_info, cached_program
from mlpkit.training.clock import Clock
from mlpkit.training.factors import copy_factors, factors_of
from mlpkit.training.keeping import generator_state
from mlpkit.training.keys import run_time_values, stable_key
from mlpkit.training.loop import Outcome, Plan, train
from mlpkit.training.optimizers import is_elementwise, may_join
from mlpkit.training.programs import Program
from mlpkit.training.replicas import replicas_of
from mlpkit.training.rows import Rows, empty, fill_up, make_rows
from mlpkit.training.shapes import (
    EVALUATION_BATCH,
    JOINED_WEIGHTS,
    bucket,
    compiling_pays,
    evaluation_bucket,
)
from mlpkit.training.step import Step
from mlpkit.training.streams import Stream, is_streamed, segment_rows

__all__ = [
    "Clock",
    "EVALUATION_BATCH",
    "JOINED_WEIGHTS",
    "Outcome",
    "Plan",
    "Program",
    "Rows",
    "Step",
    "Stream",
    "bucket",
    "cache_clear",
    "cache_info",
    "cached_program",
    "compiling_pays",
    "copy_factors",
    "empty",
    "evaluation_bucket",
    "factors_of",
    "fill_up",
    "generator_state",
    "is_elementwise",
    "is_streamed",
    "make_rows",
    "may_join",
    "replicas_of",
    "run_time_values",
    "segment_rows",
    "stable_key",
    "train",
]
