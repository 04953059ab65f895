"""TensorFlow and Keras, loaded in one place and without their page of start-up messages.

Only modules that need TensorFlow import this one, and they are themselves imported late. What
TensorFlow logs while it starts is dropped, everything else that reaches standard error in that
time is passed on. A user who has set ``TF_CPP_MIN_LOG_LEVEL`` gets what they asked for.
Python warnings are left alone.
"""

import contextlib
import importlib
import os
import re
import sys
import tempfile

_NOISE = re.compile(rb"^([IWE]\d{4} |WARNING: All log messages before absl|\d{4}-\d\d-\d\d .*: [IWE] )")


def _load():
    """Import TensorFlow and Keras and give both modules."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    wants_log = "TF_CPP_MIN_LOG_LEVEL" in os.environ
    # Read by TensorFlow when it is loaded, and later by the threads that look for devices.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    quiet = contextlib.nullcontext() if wants_log or "tensorflow" in sys.modules else _quiet()
    with quiet:
        tensorflow = importlib.import_module("tensorflow")
        keras_module = importlib.import_module("keras")
    name = keras_module.backend.backend()
    if name != "tensorflow":
        raise ImportError(
            f"mlpkit needs Keras's TensorFlow backend. Got {name!r}: unset KERAS_BACKEND, or "
            "set it to 'tensorflow', before Keras is imported."
        )
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
