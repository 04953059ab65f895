"""Where networks are trained: the workers of a cluster, and which of them this process is."""

from mlpkit.devices.cluster import Cluster, find_cluster, is_chief

__all__ = ["Cluster", "find_cluster", "is_chief"]
