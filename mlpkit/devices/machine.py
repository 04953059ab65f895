"""The machine: its processor and memory, and how much of both this process may use."""

import math
import os
import platform
from pathlib import Path

from mlpkit.devices import cgroups

# What matters to matrix products, of x86 and of ARM.
FEATURES = (
    "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16",
    "asimd", "sve", "bf16",
)  # fmt: skip


def cpu_flags():
    """Give what the processor says it can do; nothing where it cannot be asked (not on Linux).

    Returns
    -------
    set of str
    """
    return {flag for name in ("flags", "Features") for flag in _cpuinfo().get(name, "").split()}


def _cpuinfo():
    """Give the entries of /proc/cpuinfo, which are alike for all cores."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    named = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in named}


def processor():
    """Give the processor's name, cores and features.

    Returns
    -------
    dict
        `name`, `cores` of the machine, `allowed` (affinity), `quota` (cores' worth of time, None
        where nothing limits it), `usable` (what is left of them in whole cores) and `features`.

    Examples
    --------
    >>> found = processor()
    >>> 1 <= found["usable"] <= found["cores"]
    True
    """
    cores = os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    quota = cgroups.cpu_quota()
    flags = cpu_flags()
    return {
        "name": _cpuinfo().get("model name") or platform.processor() or platform.machine(),
        "cores": cores,
        "allowed": allowed,
        "quota": quota,
        "usable": allowed if quota is None else max(1, min(allowed, math.ceil(quota))),
        "features": [name for name in FEATURES if name in flags],
    }


def memory():
    """Give the bytes of memory of the machine, of the container and those that are free.

    Returns
    -------
    dict
        `machine`, `limit` (None where nothing limits it), `usable` (the smaller one) and
        `available` (free in the machine; None where it does not say).

    Examples
    --------
    >>> found = memory()
    >>> 2**20 < found["usable"] <= found["machine"]
    True
    """
    machine = _installed()
    limit = cgroups.memory_limit()
    return {
        "machine": machine,
        "limit": limit,
        "usable": min(machine, limit or machine),
        "available": _available(),
    }


def _installed():
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    import ctypes

    status = (ctypes.c_uint64 * 8)(64)  # Windows's MEMORYSTATUSEX, which begins with its own size
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return status[1]


def _available():
    path = Path("/proc/meminfo")
    for line in path.read_text().splitlines() if path.is_file() else []:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def system():
    """Give the operating system.

    Returns
    -------
    dict
        `platform` in words, `name` ("Linux", "Darwin", "Windows") and `machine` ("x86_64", ...).

    Examples
    --------
    >>> sorted(system())
    ['machine', 'name', 'platform']
    """
    return {
        "platform": platform.platform(),
        "name": platform.system(),
        "machine": platform.machine(),
    }
