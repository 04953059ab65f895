"""Predictions from a spec and its weights, in NumPy: no TensorFlow is needed."""

from mlpkit.inference.blocks import MEMORY, block_rows, is_finite, run_blocks
from mlpkit.inference.forward_pass import Forward, forward

__all__ = ["MEMORY", "Forward", "block_rows", "forward", "is_finite", "run_blocks"]
