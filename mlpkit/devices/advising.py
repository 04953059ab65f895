"""What to do about what was found: a pure function of findings, one small rule a subject."""

import re
from dataclasses import dataclass

from mlpkit.devices.cluster import find_cluster
from mlpkit.devices.missing_gpu import missing_gpu
from mlpkit.devices.seen import WITHOUT_AVX
from mlpkit.devices.software import LOWEST, parsed
from mlpkit.errors import InvalidParameterError

ENOUGH_MEMORY = 2**30  # bytes that TensorFlow and a small fit take, amply


@dataclass(frozen=True)
class Advice:
    """One thing that is not as it could be, and what to do about it.

    Parameters
    ----------
    says : str
        What was found, and what to do.
    stops : bool, default=False
        Whether nothing can be trained before it is done.
    """

    says: str
    stops: bool = False


def advice(findings):
    """Say what to do about what was found.

    Parameters
    ----------
    findings : mapping of str to dict
        By the names of `Description`'s fields; what is missing is not advised on.

    Returns
    -------
    tuple of Advice
        What stops training first.

    Examples
    --------
    >>> advice({"versions": {"pandas": None}})[0].says
    "pandas is not installed: pip install 'pandas>=2.2'."
    """
    found = [one for rule in _RULES for one in rule(_Findings(findings))]
    return tuple(sorted(found, key=lambda one: not one.stops))


class _Findings(dict):
    """Findings by attribute: a missing part is empty, one not found out has an `error`."""

    def __getattr__(self, name):
        return self.get(name) or {}


def _tensorflow(found):
    error = found.tensorflow.get("error")
    if not error:
        return
    if "KERAS_BACKEND" in error:
        yield Advice(error.partition(": ")[2], True)  # it says all, but for its type
    elif error == WITHOUT_AVX:
        yield Advice(f"{error}: use another machine.", True)
    elif "tensorflow" in found.versions and not found.versions["tensorflow"]:
        yield Advice("TensorFlow is not installed: pip install tensorflow.", True)
    else:
        yield Advice(
            f"TensorFlow cannot be loaded ({error}): install mlpkit into a fresh environment.", True
        )


def _versions(found):
    for name, lowest in LOWEST.items():
        version = found.versions.get(name, lowest)
        if version is None and name != "tensorflow":
            yield Advice(f"{name} is not installed: pip install '{name}>={lowest}'.", True)
        elif version is not None and parsed(version) < parsed(lowest):
            how = f"pip install '{name}>={lowest}'" if name != "python" else "install a newer one"
            yield Advice(
                f"{name} must be {lowest} or newer, the oldest that mlpkit is tried with. Got "
                f"{version}: {how}."
            )


def _no_gpu(found):
    unknown = not found.cuda or found.cuda.get("error") or found.tensorflow.get("error")
    if unknown or found.tensorflow.get("gpus"):
        return
    says = missing_gpu(found.system.get("name", "Linux"), found.cuda, found.environment)
    if says:
        yield Advice(says)


def _gpus(found):
    known = [re.findall(r"\d+", name)[0] for name in found.cuda.get("capabilities", ())]
    lowest = min((float(f"{digits[:-1]}.{digits[-1]}") for digits in known), default=0)
    for gpu in found.tensorflow.get("gpus", ()):
        capability = gpu.get("capability")
        if capability and parsed(capability) < parsed(str(lowest)):
            yield Advice(
                f"{gpu['device']} must have compute capability {lowest} or more. Got {capability} "
                f"({gpu.get('name')}): hide it, CUDA_VISIBLE_DEVICES=-1, or install a TensorFlow "
                "built for it."
            )
        if gpu.get("memory_grows") is False:
            yield Advice(
                f"TensorFlow takes all memory of {gpu['device']} at once: unset "
                "TF_FORCE_GPU_ALLOW_GROWTH, or set it to 'true', where processes share the GPU."
            )


def _cores(found):
    cores, usable = found.processor.get("cores"), found.processor.get("usable")
    if not usable:  # could not be found out
        return
    if usable < cores:
        yield Advice(
            f"{usable} of {cores} cores may be used: raise the limit of the container, or of the "
            "job, where more are wanted."
        )
    threads = _Findings(found.tensorflow).threads.get("intra_op", 1)
    if threads > usable:
        yield Advice(
            f"TensorFlow starts {threads} threads for {usable} cores' worth of time: set "
            f"TF_NUM_INTRAOP_THREADS={usable} and TF_NUM_INTEROP_THREADS={usable}."
        )
    said = found.environment.get("OMP_NUM_THREADS", "").partition(",")[0]
    if said.isdecimal() and int(said) < usable:
        yield Advice(
            f"OMP_NUM_THREADS={said} holds predictions, and each worker of a search, to {said} of "
            f"{usable} cores: unset it, unless that is what you want."
        )


def _memory(found):
    sizes = (found.memory.get("available"), found.memory.get("usable"))
    free = min((size for size in sizes if size), default=ENOUGH_MEMORY)
    if free < ENOUGH_MEMORY:
        yield Advice(
            f"{free / 2**30:.1f} GiB of memory may be used, less than TensorFlow and a small fit "
            "take, 1 GiB: end other processes, or raise the limit of the container."
        )


def _cluster(found):
    try:
        find_cluster(found.environment)
    except InvalidParameterError as error:
        yield Advice(f"{' '.join(str(error).split())}: correct TF_CONFIG, or unset it.")


_RULES = (_tensorflow, _versions, _no_gpu, _gpus, _cores, _memory, _cluster)
