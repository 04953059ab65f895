"""What a machine gives: its devices, processor and memory, and how processes share them."""

from mlpkit.devices.describing import describe
from mlpkit.devices.logical import use_logical_cpus

__all__ = ["describe", "use_logical_cpus"]
