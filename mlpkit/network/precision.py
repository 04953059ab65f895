"""Mixed precision: where the hardware multiplies in bfloat16, and where it does not."""

from mlpkit.backend import tf
from mlpkit.devices.machine import cpu_flags
from mlpkit.errors import InvalidParameterError

_CPU_FLAGS = ("avx512_bf16", "amx_bf16", "bf16")  # x86's two, and ARM's
_CAPABILITY = (8, 0)  # of NVIDIA's GPUs, from Ampere on


def check_precision(dtype):
    """Refuse mixed precision where the device that trains has no arithmetic for it.

    Parameters
    ----------
    dtype : {"float32", "float64", "mixed_bfloat16"}
        Type of the network's arithmetic.

    Raises
    ------
    InvalidParameterError
        When "mixed_bfloat16" would be emulated, slower than float32 and less exact.

    Examples
    --------
    >>> check_precision("float32")
    """
    if dtype != "mixed_bfloat16":
        return
    lacking = _gpus_without() if on_gpu() else _cpu_without()
    if lacking:
        raise InvalidParameterError(
            f"dtype='mixed_bfloat16' needs a device that multiplies in bfloat16. Got {lacking}, "
            "where it would be slower than float32 and less exact: use dtype='float32'."
        )


def on_gpu():
    """Tell whether TensorFlow trains on a GPU."""
    return bool(tf.config.list_logical_devices("GPU"))


def _gpus_without():
    for device in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(device)
        if details.get("compute_capability", _CAPABILITY) < _CAPABILITY:
            return f"a GPU without it ({details.get('device_name', device.name)})"
    return None


def _cpu_without():
    return None if any(flag in cpu_flags() for flag in _CPU_FLAGS) else "a CPU without it"
