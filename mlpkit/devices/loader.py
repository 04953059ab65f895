"""What the system's loader says of shared libraries; run in a process of its own.

    python loader.py < {"name": ["file", "another file"], ...}

Loading CUDA takes memory, and a broken library may end the process: neither is to happen to the
one that asks.
"""

import ctypes
import json
import subprocess
import sys

DRIVERS = ("libcuda.so.1", "nvcuda.dll")
_TIMEOUT = 60


def tried(libraries):
    """Try to load libraries, in another process.

    Parameters
    ----------
    libraries : dict of str to list of str
        Files that may be each of them, tried one after the other.

    Returns
    -------
    dict of str to dict
        `file` that was loaded, None where none could be; `reason`, the loader's own words for the
        first of them; for the CUDA driver `cuda` as well, the version it speaks.

    Raises
    ------
    OSError
        When the process that tries them fails.
    subprocess.TimeoutExpired
        When it does not end.

    Examples
    --------
    >>> tried({"none": ["libthere_is_none.so"]})["none"]["file"] is None
    True
    """
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(libraries),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
    )
    if done.returncode:
        raise OSError(f"loading libraries ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _first(files):
    reasons = []
    for file in files:
        try:
            library = ctypes.CDLL(file)
        except OSError as error:
            reasons.append(str(error))
            continue
        found = {"file": file, "reason": None}
        return {**found, **_greeted(library)} if file in DRIVERS else found
    return {"file": None, "reason": reasons[0] if reasons else "no such library is known"}


def _greeted(driver):
    """Give what the CUDA driver says: the version it speaks, and why it does not start."""
    version = ctypes.c_int()
    driver.cuDriverGetVersion(ctypes.byref(version))
    spoken = f"{version.value // 1000}.{version.value % 1000 // 10}"
    code = driver.cuInit(0)
    if not code:
        return {"cuda": spoken}
    words = ctypes.c_char_p()
    driver.cuGetErrorString(code, ctypes.byref(words))
    said = (words.value or b"an unknown error").decode()
    return {"cuda": spoken, "reason": f"cuInit gives {code}, {said}"}


if __name__ == "__main__":
    print(json.dumps({name: _first(files) for name, files in json.load(sys.stdin).items()}))
