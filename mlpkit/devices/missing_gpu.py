"""Why TensorFlow sees no GPU: the first gap on the way to one, and how it is closed."""

import re

from mlpkit.devices.software import parsed

_INSTALL = "pip install 'mlpkit[gpu]'"
_UNKNOWN = (
    "There is a GPU driver, and TensorFlow sees no GPU: TF_CPP_MIN_LOG_LEVEL=0 python -m "
    "mlpkit.doctor shows what it says itself."
)


def missing_gpu(system, cuda, environment):
    """Say why there is no GPU and what to do.

    Parameters
    ----------
    system : str
        "Linux", "Windows" or "Darwin".
    cuda : mapping
        What `mlpkit.devices.cuda` found.
    environment : mapping of str to str
        Variables.

    Returns
    -------
    str or None
        None on macOS, for which there is nothing to do.

    Examples
    --------
    >>> missing_gpu("Linux", {"driver": {"file": "libcuda.so.1"}}, {"CUDA_VISIBLE_DEVICES": "-1"})
    "CUDA_VISIBLE_DEVICES='-1' hides all GPUs: unset it, or name one, CUDA_VISIBLE_DEVICES=0."
    """
    if system == "Darwin":
        return None
    if system == "Windows":
        return f"TensorFlow's packages for Windows know no GPU: use WSL2, and {_INSTALL} inside it."
    return next(filter(None, (gap(cuda, environment) for gap in _WAY)), _UNKNOWN)


def _driver(cuda, environment):
    driver = cuda.get("driver") or {}
    if driver.get("file"):
        return None
    return (
        f"No GPU driver ({driver.get('reason')}): training runs on the CPU. Where the machine has "
        "an NVIDIA GPU, install its driver (in a container: start it with --gpus all), then "
        f"{_INSTALL}."
    )


def _hidden(cuda, environment):
    shown = environment.get("CUDA_VISIBLE_DEVICES")
    if shown is None or not re.fullmatch(r"\s*(-.*)?", shown):
        return None
    return (
        f"CUDA_VISIBLE_DEVICES={shown!r} hides all GPUs: unset it, or name one, "
        "CUDA_VISIBLE_DEVICES=0."
    )


def _start(cuda, environment):
    reason = cuda["driver"].get("reason")
    return reason and (
        f"The GPU driver does not start ({reason}): nvidia-smi tells more; after an update of the "
        "driver restart the machine."
    )


def _build(cuda, environment):
    if cuda.get("built_with_cuda"):
        return None
    return f"TensorFlow was built without CUDA and uses no GPU: {_INSTALL}."


def _age(cuda, environment):
    spoken, built = cuda["driver"].get("cuda"), cuda.get("cuda")
    if not (spoken and built) or parsed(spoken)[0] >= parsed(built)[0]:
        return None
    return (
        f"The GPU driver must know CUDA {built}, for which TensorFlow was built. Got one that "
        f"knows {spoken}: install a newer driver."
    )


def _libraries(cuda, environment):
    libraries = cuda.get("libraries") or {}
    missing = {name: one["reason"] for name, one in libraries.items() if not one["file"]}
    if not missing:
        return None
    path = environment.get("LD_LIBRARY_PATH")
    also = f", and unset LD_LIBRARY_PATH={path!r}, which is searched first" if path else ""
    names, reason = ", ".join(missing), next(iter(missing.values()))
    return f"TensorFlow lacks {names} ({reason}): {_INSTALL}{also}."


_WAY = (_driver, _hidden, _start, _build, _age, _libraries)
