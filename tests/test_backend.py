"""How TensorFlow is loaded: quietly, unless the user wants its log, and only under Keras with it.

Most tests run a Python of their own: what is loaded once is loaded for good.
"""

import os
import subprocess
import sys

import pytest

LOAD = "import mlpkit.backend, os; print(os.environ['TF_CPP_MIN_LOG_LEVEL'])"
BUILD = """
import sys, warnings
import numpy as np
from mlpkit import make_regressor
warnings.warn("mine")
print("mine too", file=sys.stderr)
make_regressor(2, hidden_layer_sizes=()).predict(np.ones((1, 2)), verbose=0)
"""


def run(script, root, **variables):
    """Run a script with these environment variables and give what became of it."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("TF_CPP_MIN_LOG_LEVEL", "KERAS_BACKEND")
    }
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=root,
        capture_output=True,
        text=True,
        env={**inherited, **variables},
    )


def test_tensorflow_s_log_is_silenced_and_nothing_else(root):
    done = run(BUILD, root)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "UserWarning: mine" in done.stderr
    ours = ("mine", "warnings.warn")
    # NumPy 2 reminds Keras of how to turn tensors into arrays; see setup.cfg.
    theirs = ("__array__", "np.array(")
    left = [line for line in done.stderr.splitlines() if not any(w in line for w in ours + theirs)]
    assert left == []


def test_a_user_who_wants_quiet_gets_it(root):
    done = run(LOAD, root, TF_CPP_MIN_LOG_LEVEL="2")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.strip() == "2"


def test_a_user_who_wants_the_log_gets_it(root):
    done = run(LOAD, root, TF_CPP_MIN_LOG_LEVEL="0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "0"
    assert done.stderr != ""


def test_another_backend_of_keras_is_refused_before_anything_is_loaded(root):
    script = (
        "import sys\n"
        "try:\n    import mlpkit.backend\n"
        "except ImportError as error:\n    print(error)\n"
        "print([name for name in ('keras', 'tensorflow', 'jax') if name in sys.modules])"
    )
    done = run(script, root, KERAS_BACKEND="jax")
    message, loaded = done.stdout.splitlines()
    assert message.startswith("mlpkit needs Keras's TensorFlow backend. Got 'jax': unset KERAS_B")
    assert loaded == "[]"


def test_keras_already_loaded_with_another_backend_is_refused(monkeypatch):
    from mlpkit import backend

    monkeypatch.setattr(backend.keras.backend, "backend", lambda: "torch")
    with pytest.raises(ImportError, match="Got 'torch'"):
        backend._load()


@pytest.mark.parametrize("level, kept", [("", "3"), ("1", "1")])
def test_an_empty_variable_is_none(level, kept, monkeypatch):
    from mlpkit import backend

    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", level)
    assert backend._load() == (backend.tf, backend.keras)
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == kept


def test_only_the_log_of_tensorflow_is_held_back(capfd):
    from mlpkit import backend

    with backend._quiet():
        os.write(2, b"before\n")
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called\n")
        os.write(2, b"I0000 00:00:1700000000.000000    1234 port.cc:153] oneDNN\n")
        os.write(2, b"2026-01-01 00:00:00.000000: I tensorflow/core/util/port.cc:153] oneDNN\n")
        os.write(2, b"I am a line of the user's\nand one without an end")
    assert capfd.readouterr().err == "before\nI am a line of the user's\nand one without an end"


def test_a_program_without_standard_error_can_load_it(monkeypatch):
    from mlpkit import backend

    def no_such_file(number):
        raise OSError("Bad file descriptor")

    monkeypatch.setattr(backend.os, "dup", no_such_file)
    with backend._quiet():
        pass
