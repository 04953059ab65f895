"""TensorFlow and Keras, loaded in one place and without their page of start-up messages.

Only modules that need TensorFlow import this one, and they are themselves imported late. What
TensorFlow logs while it starts is dropped, everything else that reaches standard error in that
time is passed on. A user who has set ``TF_CPP_MIN_LOG_LEVEL`` gets what they asked for: 0 and 1
let the log through, 2 and 3 want quiet. Python warnings are left alone. What TensorFlow takes of
threads and of a GPU's memory is set before (`mlpkit.processes.prepare`).
"""

import contextlib
import importlib
import os
import re
import sys
import tempfile

from mlpkit import processes

_NOISE = re.compile(
    rb"^([IWE]\d{4} |WARNING: All log messages before absl|\d{4}-\d\d-\d\d .*: [IWE] )"
)
_WRONG_BACKEND = (
    "mlpkit needs Keras's TensorFlow backend. Got {!r}: unset KERAS_BACKEND, or set it to "
    "'tensorflow', before Keras is imported."
)


def _load():
    """Import TensorFlow and Keras and give both modules."""
    wanted = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if "keras" not in sys.modules:
        if wanted != "tensorflow":  # Keras would load the other library first, or miss it
            raise ImportError(_WRONG_BACKEND.format(wanted))
        os.environ["KERAS_BACKEND"] = wanted  # stronger than Keras's configuration file
    processes.prepare()
    wants_log = os.environ.get("TF_CPP_MIN_LOG_LEVEL") in ("0", "1")
    # Read by TensorFlow when it is loaded, and later by the threads that look for devices.
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL") or "3"
    quiet = contextlib.nullcontext() if wants_log or "tensorflow" in sys.modules else _quiet()
    with quiet:
        tensorflow = importlib.import_module("tensorflow")
        keras_module = importlib.import_module("keras")
    name = keras_module.backend.backend()
    if name != "tensorflow":
        raise ImportError(_WRONG_BACKEND.format(name))
    return tensorflow, keras_module


@contextlib.contextmanager
def _quiet():
    """Hold back standard error, then pass on the lines that are not TensorFlow's log."""
    try:
        stderr = os.dup(2)
    except OSError:  # no standard error at all: nothing to keep quiet
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not _NOISE.match(line):
                    os.write(2, line)


tf, keras = _load()
