"""CUDA: what TensorFlow was built for, the driver, and the libraries, with the reason for each."""

import re
import subprocess
import sysconfig
from importlib import metadata
from pathlib import Path

from mlpkit.devices.loader import DRIVERS, tried

# The number in a library's name, for each version of CUDA; cuDNN's is its own.
_NUMBERS = {
    "12": {"cudart": 12, "cublasLt": 12, "cublas": 12, "cufft": 11, "cusparse": 12, "cusolver": 11},
    "13": {"cudart": 13, "cublasLt": 13, "cublas": 13, "cufft": 12, "cusparse": 12, "cusolver": 12},
}
_COLUMNS = ("name", "memory_mib", "used_mib", "driver", "capability")
_QUERY = "--query-gpu=name,memory.total,memory.used,driver_version,compute_cap"


def cuda(build):
    """Give what there is of CUDA, and the reasons why parts of it are not there.

    Parameters
    ----------
    build : mapping
        TensorFlow's ``tf.sysconfig.get_build_info()``; empty where it cannot be asked.

    Returns
    -------
    dict
        `built_with_cuda`, `cuda` and `cudnn` (versions built for), `capabilities`, `driver` and
        each of `libraries` (`file` or None, `reason`), `gpus` (what nvidia-smi lists) and
        `packages` (NVIDIA's, installed by pip, with versions).

    Examples
    --------
    >>> found = cuda({"is_cuda_build": False})
    >>> found["built_with_cuda"], found["libraries"]
    (False, {})
    """
    version, cudnn = build.get("cuda_version", ""), build.get("cudnn_version", "")
    wanted = _libraries(version, cudnn) if build.get("is_cuda_build") else {}
    loaded = tried({"driver": list(DRIVERS), **wanted})
    driver = loaded.pop("driver")
    smi = _nvidia_smi()
    return {
        "built_with_cuda": build.get("is_cuda_build"),
        "cuda": version or None,
        "cudnn": cudnn or None,
        "capabilities": list(build.get("cuda_compute_capabilities", ())),
        "driver": driver,
        "nvidia_smi": smi["reason"],
        "gpus": smi["gpus"],
        "libraries": loaded,
        "packages": _packages(),
    }


def _libraries(version, cudnn):
    """Give the files that may be each library TensorFlow opens, the loader's choice first."""
    numbers = _NUMBERS.get(version.partition(".")[0], {})
    names = [f"lib{name}.so.{number}" for name, number in numbers.items()]
    names += [f"libcudnn.so.{cudnn.partition('.')[0]}"] if cudnn else []
    return {name: [name, *_installed(name, version)] for name in names}


def _installed(name, version):
    """List the files of a library that pip installed, but for those of another CUDA."""
    files = (Path(sysconfig.get_path("purelib")) / "nvidia").glob(f"*/lib/{name}")
    own = f"cu{version.partition('.')[0]}"
    folders = ((file, file.parent.parent.name) for file in sorted(files))
    return [str(file) for file, at in folders if at == own or not re.fullmatch(r"cu\d+", at)]


def _nvidia_smi():
    command = ["nvidia-smi", _QUERY, "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"gpus": [], "reason": str(error)}
    if done.returncode:
        return {"gpus": [], "reason": (done.stdout + done.stderr).strip()}
    return {"gpus": [_gpu(line) for line in done.stdout.splitlines() if line], "reason": None}


def _gpu(line):
    found = dict(zip(_COLUMNS, (part.strip() for part in line.split(",")), strict=False))
    sizes = {name: found.pop(f"{name}_mib", "") for name in ("memory", "used")}
    return {
        **found,
        **{name: int(n) * 2**20 if n.isdecimal() else None for name, n in sizes.items()},
    }


def _packages():
    named = ((one.metadata["Name"] or "", one.version) for one in metadata.distributions())
    return dict(sorted(pair for pair in named if pair[0].startswith("nvidia-")))
