"""What there is to train with, and what to do about what is wrong."""

from dataclasses import asdict, dataclass

from mlpkit.devices import machine, seen, software
from mlpkit.devices.advising import Advice, advice
from mlpkit.devices.cuda import cuda
from mlpkit.devices.report import report


@dataclass(frozen=True)
class Description:
    """What there is to train with; ``str()`` of it is a report.

    A part that could not be found out is ``{"error": reason}``.

    Parameters
    ----------
    versions : dict
        Of mlpkit, Python and packages; None for what is not installed.
    system : dict
        `platform`, `name`, `machine`.
    processor : dict
        `name`, `cores`, `allowed`, `quota`, `usable`, `features`.
    memory : dict
        `machine`, `limit`, `usable`, `available`, in bytes.
    tensorflow : dict
        `error`, `build`, `physical`, `logical`, `gpus`, `threads`.
    cuda : dict
        `built_with_cuda`, `cuda`, `cudnn`, `capabilities`, `driver`, `nvidia_smi`, `gpus`,
        `libraries`, `packages`.
    blas : dict
        `libraries`, one dict for each that NumPy uses.
    environment : dict
        Variables that TensorFlow, Keras, CUDA, joblib and the BLAS read.
    advice : tuple of Advice
        What to do.
    """

    versions: dict
    system: dict
    processor: dict
    memory: dict
    tensorflow: dict
    cuda: dict
    blas: dict
    environment: dict
    advice: tuple[Advice, ...]

    @property
    def can_train(self):
        """Whether nothing was found that makes training impossible."""
        return not any(one.stops for one in self.advice)

    def as_dict(self):
        """Give everything as plain dicts and lists, for JSON."""
        return {**asdict(self), "can_train": self.can_train}

    def __str__(self):
        return report(self)


def describe():
    """Describe what there is to train with: versions, machine, devices, CUDA, and what to do.

    TensorFlow is loaded; its runtime is not started, so that devices can still be set afterwards.
    Nothing is raised, whatever is broken: a part that could not be found out says why.

    Returns
    -------
    Description
        To be printed, or looked into.

    Examples
    --------
    >>> description = describe()
    >>> description.can_train, description.tensorflow["physical"][0]
    (True, 'cpu:0')
    >>> print(description)
    Versions
      mlpkit ...
    """
    found = {
        "environment": _gathered(software.environment),  # before TensorFlow adds its own
        "versions": _gathered(software.versions),
        "system": _gathered(machine.system),
        "processor": _gathered(machine.processor),
        "memory": _gathered(machine.memory),
        "tensorflow": _gathered(seen.tensorflow),
        "blas": _gathered(lambda: {"libraries": software.blas()}),
    }
    found["cuda"] = _gathered(lambda: cuda(found["tensorflow"].get("build", {})))
    return Description(**found, advice=advice(found))


def _gathered(part):
    """Give a part, or why it could not be found out."""
    try:
        return part()
    except Exception as error:  # describing what is broken must not break
        return {"error": f"{type(error).__name__}: {error}"}
