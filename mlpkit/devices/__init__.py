"""Where networks are trained: devices by name, several at once, several workers."""

from mlpkit.devices.logical import use_logical_cpus
from mlpkit.devices.names import DEVICE
from mlpkit.devices.placement import Placement, place

__all__ = ["DEVICE", "Placement", "place", "use_logical_cpus"]
