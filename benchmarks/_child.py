"""Work in another Python: nothing is warm in a fresh one, and its memory is its own.

This module is what the other process runs, so it imports nothing but the standard library: what
is measured there must find neither NumPy nor scikit-learn loaded.
"""

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT = 600  # seconds


class ChildFailed(Exception):
    """Another process failed or did not answer in time; the message says which and why."""


class Worker:
    """A Python process that calls functions when told to, and waits without cost in between.

    Libraries that cannot live in one process (TensorFlow and PyTorch, with some versions) can
    thus be measured in turn. A context manager: the process ends with the block.
    """

    def __init__(self):
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        self._complaints = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._child"],
            cwd=ROOT, env=environment, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints,
        )  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def call(self, function, *arguments, timeout=TIMEOUT):
        """Call a function in the process and give what it returns.

        Parameters
        ----------
        function : str
            ``"module:name"``, such as ``"benchmarks.search:search"``.
        *arguments : object
            Positional arguments that JSON can hold; so must be the result.
        timeout : float, default=600
            Seconds after which the process is killed.

        Returns
        -------
        object

        Raises
        ------
        ChildFailed
            When the function raises, the process ends, or the time is over.
        """
        called = f"{function}({', '.join(map(repr, arguments))})"
        late = threading.Timer(timeout, self._kill)
        late.start()
        try:
            print(json.dumps([function, arguments]), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            # The timer's thread has ended when it has fired.
            late.cancel()
            late.join()
        if not line:
            raise ChildFailed(f"{called} {self._ended(timeout)}")
        answer = json.loads(line)
        if "error" in answer:
            raise ChildFailed(f"{called} raised {answer['error']}")
        return answer["result"]

    def close(self):
        """End the process and whatever it has started."""
        self._kill()
        self._process.stdout.close()
        # What could not be sent to a process that is gone is not missed.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._complaints.close()

    def _kill(self):
        if self._process.poll() is not None:
            return
        if hasattr(os, "killpg"):
            os.killpg(self._process.pid, signal.SIGKILL)  # it leads a group of its own
        else:
            self._process.kill()
        self._process.wait()

    def _ended(self, timeout):
        self._process.wait()
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        status = self._process.returncode
        return f"ended with status {status} (limit {timeout} s): {lines[-1] if lines else 'silent'}"


def fresh(function, *arguments, timeout=TIMEOUT):
    """Call a function in a Python started for it alone; see `Worker.call`."""
    with Worker() as worker:
        return worker.call(function, *arguments, timeout=timeout)


def timed(statement):
    """Run a statement and give [seconds, whether TensorFlow is loaded by now]."""
    began = time.perf_counter()
    exec(statement, {})
    return [time.perf_counter() - began, "tensorflow" in sys.modules]


def first_prediction(path):
    """Load a pickled (estimator, rows), predict, and give the seconds and whether TensorFlow is."""
    import pickle

    began = time.perf_counter()
    with open(path, "rb") as file:
        estimator, rows = pickle.load(file)
    estimator.predict_proba(rows)
    return [time.perf_counter() - began, "tensorflow" in sys.modules]


def serve():
    """Answer the calls that come in as lines of JSON, till there are no more."""
    # What the libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        function, arguments = json.loads(line)
        module, _, name = function.partition(":")
        try:
            answer = {"result": getattr(importlib.import_module(module), name)(*arguments)}
        except Exception as error:  # told to the other side, which decides what it means
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve()
