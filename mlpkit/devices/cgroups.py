"""What a container may use: limits of the control groups this process is in (Linux)."""

import math
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def cpu_quota():
    """Give the cores' worth of time that the container may take.

    Returns
    -------
    float or None
        None where nothing limits it.

    Examples
    --------
    >>> quota = cpu_quota()
    >>> quota is None or quota > 0
    True
    """
    both = (text.split() for text in _readings("cpu", "cpu.max"))
    old = zip(
        _readings("cpu", "cpu.cfs_quota_us"), _readings("cpu", "cpu.cfs_period_us"), strict=False
    )
    found = [
        int(quota) / int(period) for quota, period in (*both, *old) if quota.strip().isdecimal()
    ]
    return min(found, default=None)


def memory_limit():
    """Give the bytes of memory that the container may take.

    Returns
    -------
    int or None
        None where nothing limits it.

    Examples
    --------
    >>> limit = memory_limit()
    >>> limit is None or limit > 0
    True
    """
    texts = (*_readings("memory", "memory.max"), *_readings("memory", "memory.limit_in_bytes"))
    found = [int(text) for text in texts if text.isdecimal()]
    limit = min(found, default=math.inf)
    return limit if limit < 2**60 else None  # version 1 writes "no limit" as nearly 2 ** 63


def _readings(controller, name):
    """Yield what a file says in each group this process is in, from its own up to the root."""
    for line in (_text(OWN) or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        base = ROOT / controller if controllers else ROOT  # version 1, and version 2
        group = base / path.lstrip("/")
        # A container sees its own group as the root, and the path may be the host's.
        for folder in (group, *group.parents):
            text = _text(folder / name) if folder.is_relative_to(base) else None
            if text:
                yield text


def _text(path):
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        return None
