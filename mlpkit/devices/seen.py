"""What TensorFlow sees: devices, threads, and how it was built. Its runtime is not started."""

import os
import platform

from mlpkit.devices.machine import cpu_flags, processor
from mlpkit.devices.placement import available
from mlpkit.processes import tensorflow_has_started

WITHOUT_AVX = "TensorFlow's packages need a processor with AVX. Got one without it"


def tensorflow():
    """Give what TensorFlow sees, or why it cannot be loaded.

    Returns
    -------
    dict
        `error` (None, or the reason in words: nothing else is there then), `build`, `physical` and
        `logical` devices as users spell them, `gpus` and `threads`.

    Examples
    --------
    >>> found = tensorflow()
    >>> found["error"] is None, "cpu:0" in found["physical"]
    (True, True)
    """
    flags = cpu_flags()
    if platform.machine() in ("x86_64", "AMD64") and flags and "avx" not in flags:
        # Importing it would end this process.
        return {"error": WITHOUT_AVX}
    try:
        from mlpkit.backend import tf
    except Exception as error:  # whatever is broken in it
        return {"error": f"{type(error).__name__}: {error}"}
    physical = tf.config.list_physical_devices()
    return {
        "error": None,
        "build": dict(tf.sysconfig.get_build_info()),
        "physical": [_spelt(device) for device in physical],
        "logical": _logical(tf, physical),
        "gpus": [_gpu(tf, device) for device in physical if device.device_type == "GPU"],
        "threads": _threads(tf),
    }


def _spelt(device):
    return ":".join(device.name.lower().split(":")[-2:])


def _logical(tf, physical):
    """List logical devices, from how they are set where the runtime has not made them yet."""
    if tensorflow_has_started():
        return available()
    found, made = [], {}
    for device in tf.config.get_visible_devices():
        kind = device.device_type.lower()
        for _ in tf.config.get_logical_device_configuration(device) or (None,):
            found.append(f"{kind}:{made.setdefault(kind, 0)}")
            made[kind] += 1
    return found


def _gpu(tf, device):
    details = tf.config.experimental.get_device_details(device)
    grows = os.environ.get("TF_FORCE_GPU_ALLOW_GROWTH", "").lower()  # stronger than the setting
    if grows not in ("true", "false"):
        grows = str(tf.config.experimental.get_memory_growth(device)).lower()
    capability = details.get("compute_capability")
    return {
        "device": _spelt(device),
        "name": details.get("device_name"),
        "capability": capability and ".".join(map(str, capability)),
        "memory_grows": grows == "true",
    }


def _threads(tf):
    """Give the threads an operation takes, and the operations at once, as TensorFlow decides."""
    threading = tf.config.threading
    asked = {
        "intra_op": threading.get_intra_op_parallelism_threads(),
        "inter_op": threading.get_inter_op_parallelism_threads(),
    }
    named = {"intra_op": "TF_NUM_INTRAOP_THREADS", "inter_op": "TF_NUM_INTEROP_THREADS"}
    said = {kind: os.environ.get(name, "") for kind, name in named.items()}
    said = {kind: int(text) if text.isdecimal() else 0 for kind, text in said.items()}
    return {kind: asked[kind] or said[kind] or processor()["allowed"] for kind in named}
