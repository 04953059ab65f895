"""Several CPU devices out of one, to run in small what is meant for many devices."""

from mlpkit.checks import check_parameters, integer
from mlpkit.processes import tensorflow_has_started


def use_logical_cpus(n):
    """Divide the CPU into logical devices, before TensorFlow's runtime starts.

    They share the cores and the memory, and nothing is faster with them: they are for trying
    placement and training on several devices where there is but one.

    Parameters
    ----------
    n : int
        How many devices.

    Returns
    -------
    list of str
        Their names: "cpu:0", "cpu:1", ...

    Raises
    ------
    InvalidParameterError
        When `n` is no positive integer.
    RuntimeError
        When TensorFlow runs already, with another number. The same number is harmless.

    Examples
    --------
    >>> import tensorflow as tf
    >>> n = len(tf.config.list_logical_devices("CPU"))  # TensorFlow runs from here on
    >>> use_logical_cpus(n)[0]
    'cpu:0'
    """
    check_parameters({"n": n}, {"n": integer(1)})
    from mlpkit.backend import tf

    if not tensorflow_has_started():
        cpu = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration() for _ in range(n)]
        tf.config.set_logical_device_configuration(cpu, parts)
    elif (found := len(tf.config.list_logical_devices("CPU"))) != n:
        raise RuntimeError(
            "use_logical_cpus must be called before TensorFlow starts, which it does with the "
            f"first tensor, model or fit. Got n={n} where it runs with {found}: call it first in a "
            f"new process, or say use_logical_cpus({found})."
        )
    return [f"cpu:{i}" for i in range(n)]
