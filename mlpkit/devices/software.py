"""The software: versions, the BLAS that NumPy uses, and what the environment says."""

import os
import platform
import re
import sys
from importlib import metadata

# The oldest versions mlpkit is tried with; the same as in setup.cfg.
LOWEST = {
    "python": "3.10",
    "tensorflow": "2.19",
    "keras": "3.10",
    "scikit-learn": "1.6",
    "pandas": "2.2",
}
_PACKAGES = (*tuple(LOWEST)[1:], "numpy", "scipy", "joblib", "matplotlib", "pyarrow", "dask")
# TensorFlow comes in packages of several names, with one module in them.
_TENSORFLOWS = (
    "tensorflow", "tensorflow-cpu", "tensorflow-macos", "tensorflow-intel", "tf-nightly",
)  # fmt: skip
# Not all that begins with TF_: Terraform's variables do too, and hold passwords.
_VARIABLES = re.compile(
    r"TF_(CONFIG$|(CPP|CPU|CUDA|CUDNN|DETERMINISTIC|DISABLE|ENABLE|FORCE|GPU|NUM|USE|XLA)_)"
    r"|(XLA|CUDA|NVIDIA|KERAS|OMP|MKL|OPENBLAS|LOKY|JOBLIB)_|LD_LIBRARY_PATH$"
)


def versions():
    """Give the versions of mlpkit, Python and the packages it works with.

    Returns
    -------
    dict of str to str or None
        None for what is not installed.

    Examples
    --------
    >>> found = versions()
    >>> found["python"].startswith("3."), found["keras"] is None
    (True, False)
    """
    own = sys.modules[__name__.partition(".")[0]].__version__
    found = {"mlpkit": own, "python": platform.python_version()}
    found.update((name, _version(name)) for name in _PACKAGES)
    found["tensorflow"] = next(filter(None, map(_version, _TENSORFLOWS)), None)
    return found


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def parsed(version):
    """Give the first two numbers of a version, to be compared.

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> parsed("2.21.0rc1") > parsed("2.9")
    True
    """
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def environment():
    """Give the variables that TensorFlow, Keras, CUDA, joblib and the BLAS read, as they are set.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> "HOME" in environment()
    False
    """
    return {name: value for name, value in sorted(os.environ.items()) if _VARIABLES.match(name)}


def blas():
    """Give the libraries that multiply NumPy's matrices, which predictions are made with.

    Returns
    -------
    list of dict
        `name`, `version`, `threads` and `kernels` (the processor they are made for) of each.

    Examples
    --------
    >>> all(one["threads"] >= 1 for one in blas())
    True
    """
    import numpy  # noqa: F401  (its library is looked for among those loaded)
    from threadpoolctl import threadpool_info

    return [
        {
            "name": one["internal_api"],
            "version": one["version"],
            "threads": one["num_threads"],
            "kernels": one.get("architecture"),
        }
        for one in threadpool_info()
        if one["user_api"] == "blas" and "scipy.libs" not in one["filepath"]
    ]
