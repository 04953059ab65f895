"""Where networks are trained: devices by name, several at once, several workers, what is there."""

from mlpkit.devices.cluster import Cluster, find_cluster, is_chief
from mlpkit.devices.describing import describe
from mlpkit.devices.logical import use_logical_cpus
from mlpkit.devices.names import DEVICE
from mlpkit.devices.placement import Placement, available, place

__all__ = [
    "DEVICE",
    "Cluster",
    "Placement",
    "available",
    "describe",
    "find_cluster",
    "is_chief",
    "place",
    "use_logical_cpus",
]
