"""Searches spread over processes: threads, forks, GPUs, and the same bits as in one process."""

import multiprocessing
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score

from mlpkit import (
    KerasRegressor,
    MLPClassifier,
    MLPRegressor,
    SharedGPUWarning,
    make_regressor,
    processes,
)
from mlpkit.backend import tf
from mlpkit.devices import sharing

linux = pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
SMALL = dict(hidden_layer_sizes=(16,), epochs=5, batch_size=32, early_stopping=False)


def digits(n=300):
    X, y = load_digits(return_X_y=True)
    return X[:n], y[:n]


def threads_of_tensorflow():
    """How many threads each pool of TensorFlow has, by the names it gives them."""
    from mlpkit.backend import tf

    # A compiled product has the pool for single operations made as well.
    tf.function(lambda x: x @ x, jit_compile=True)(tf.ones((256, 256)))
    names = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    return {"intra_op": names.count("tf_XLAEigen"), "inter_op": names.count("tf_Compute")}


@pytest.mark.parametrize(
    "said, expected",
    [(None, None), ("3", 3), ("2,4", 2), (" 1 ", 1), ("", None), ("0", None), ("-1", None),
     ("many", None)],
)  # fmt: skip
def test_a_worker_has_the_threads_it_was_given(said, expected, monkeypatch):
    monkeypatch.setattr(processes, "is_worker", lambda: True)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if said is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert processes.worker_threads() == expected
    monkeypatch.setattr(processes, "is_worker", lambda: False)
    assert processes.worker_threads() is None


@pytest.mark.parametrize("own", [None, "", "5"])
def test_what_a_user_has_set_stays(own, monkeypatch):
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_FORCE_GPU_ALLOW_GROWTH")
    for name in names:
        monkeypatch.setenv(name, own or "")  # put back to what it was when the test ends
        if own is None:
            monkeypatch.delenv(name)
    monkeypatch.setattr(processes, "worker_threads", lambda: 2)
    processes.prepare()
    expected = ["5"] * 3 if own else ["2", "2", "true"]
    assert [os.environ[name] for name in names] == expected


MAIN_PROCESS = """
import os, sys
sys.path.insert(0, "tests")
from mlpkit import processes
from mlpkit.backend import tf

def fate():
    child = os.fork()
    if not child:
        try:
            processes.check_fork()
            os._exit(0)
        except RuntimeError:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

tf.config.threading.set_intra_op_parallelism_threads(3)
loaded = fate()
from test_processes import threads_of_tensorflow
print(threads_of_tensorflow(), processes.is_worker(), loaded, fate())
"""


@linux
def test_a_main_process_is_left_alone_and_settings_of_tensorflow_s_own_win(root):
    variables = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "2"}
    inherited = {name: text for name, text in os.environ.items() if "INTEROP" not in name}
    done = subprocess.run(
        [sys.executable, "-c", MAIN_PROCESS], cwd=root, capture_output=True, text=True,
        env={**inherited, **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    cores = len(os.sched_getaffinity(0))
    # A fork of a process that has only loaded TensorFlow may use it, one that has started it not.
    assert done.stdout.split() == f"{dict(intra_op=3, inter_op=cores)} False 0 1".split()


def facts_of_a_worker(X, y):
    wide = MLPRegressor((1024, 512), epochs=1, batch_size=256, random_state=0, jit_compile=False)
    rows = np.random.RandomState(0).randn(512, 100)
    return {
        "threads": threads_of_tensorflow(),
        "joblib": processes.is_joblib_worker(),
        "compiled": weights(MLPClassifier(**SMALL, random_state=0, jit_compile=True).fit(X, y)),
        "wide": weights(wide.fit(rows, rows[:, 0])),
    }


def weights(estimator):
    return estimator._learnt.weights


def assert_same_bits(ours, theirs):
    assert len(ours) == len(theirs) > 0
    assert all(map(np.array_equal, ours, theirs))


@linux
@pytest.mark.slow
def test_workers_of_loky_share_the_cores_and_give_the_same_bits():
    X, y = digits()
    here = facts_of_a_worker(X, y)
    share = max(1, len(os.sched_getaffinity(0)) // 2)
    for there in Parallel(n_jobs=2)(delayed(facts_of_a_worker)(X, y) for _ in range(2)):
        assert there["threads"] == {"intra_op": share, "inter_op": share}
        assert there["joblib"] and not here["joblib"]
        assert_same_bits(there["compiled"], here["compiled"])
        for a, b in zip(there["wide"], here["wide"], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    classifier = MLPClassifier(**SMALL, random_state=0)
    alone, together = (cross_val_score(classifier, X, y, cv=2, n_jobs=n) for n in (None, 2))
    np.testing.assert_array_equal(alone, together)


@pytest.mark.slow
def test_a_search_on_a_dask_cluster_gives_the_same_bits():
    distributed = pytest.importorskip("distributed")
    X, y = digits()
    search = GridSearchCV(
        MLPClassifier(**SMALL, random_state=0), {"learning_rate": [1e-3, 1e-2]}, cv=2
    )
    search.fit(X, y)
    scores = [name for name in search.cv_results_ if name.endswith("test_score")]
    alone = {name: search.cv_results_[name] for name in scores}
    best, best_index = search.best_estimator_, search.best_index_
    settings = dict(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster) as client:
        with parallel_config(backend="dask"):
            search.fit(X, y)
        if sys.platform == "linux":
            threads = client.submit(threads_of_tensorflow).result()
            assert threads == {"intra_op": 1, "inter_op": 1}
        assert client.submit(processes.is_worker).result()
        assert not client.submit(processes.is_joblib_worker).result()
    for name in scores:
        np.testing.assert_array_equal(search.cv_results_[name], alone[name])
    assert search.best_index_ == best_index
    assert_same_bits(weights(search.best_estimator_), weights(best))


def test_a_dask_worker_has_threads_for_all_its_tasks(monkeypatch):
    class Distributed:
        class state:
            nthreads = 4

        @classmethod
        def get_worker(cls):
            return cls

    monkeypatch.setitem(sys.modules, "distributed", Distributed)
    monkeypatch.setattr(processes, "is_worker", lambda: True)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert processes.worker_threads() == 8


def error_of(job):
    """The error of a job in words; none where it went well."""
    try:
        job()
    except RuntimeError as error:
        return str(error)
    return None


def jobs_for_a_fork():
    X, y = digits(100)
    mlp = MLPRegressor((3,), epochs=1, random_state=0).fit(X, y)
    own = KerasRegressor(mlp.model_, epochs=1, random_state=0).fit(X, y)
    batches = tf.data.Dataset.from_tensor_slices((X, y)).batch(50)
    return {
        "fit": lambda: mlp.fit(X, y),
        "partial_fit": lambda: mlp.partial_fit(X, y),
        "a fit on batches": lambda: mlp.fit(batches),
        "a fit of a model of the user's": lambda: own.fit(X, y),
        "its predictions": lambda: own.predict(X),
        "a factory": lambda: make_regressor(2),
        "predictions in NumPy": lambda: mlp.predict(X[:1]),
    }


@forks
def test_a_fork_of_a_running_tensorflow_is_told_and_does_not_hang():
    jobs = jobs_for_a_fork()
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()

    def run():
        for name, job in jobs.items():
            answers.put((name, error_of(job)))

    with warnings.catch_warnings():
        # Python 3.12 warns of what this test is about.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = fork.Process(target=run, daemon=True)
        child.start()
    child.join(60)
    assert child.exitcode == 0
    found = dict(answers.get() for _ in jobs)
    assert found.pop("predictions in NumPy") is None
    for name, error in found.items():
        assert "forked after TensorFlow has started" in error, name
    assert processes.check_fork() is None  # nothing happened to this one


@forks
def test_joblib_s_forking_backend_is_told_and_does_not_hang():
    X, y = digits(100)
    regressor = MLPRegressor((3,), epochs=1, random_state=0).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with pytest.raises(RuntimeError, match="use joblib's backend 'loky', its default"):
            Parallel(n_jobs=2, backend="multiprocessing")([delayed(regressor.fit)(X, y)] * 2)


def test_workers_on_a_gpu_are_warned_once(monkeypatch):
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind=None: [f"{kind}:0"])
    sharing.warn_of_shared_gpu.cache_clear()
    sharing.warn_of_shared_gpu()  # not a worker
    sharing.warn_of_shared_gpu.cache_clear()
    monkeypatch.setattr(processes, "is_joblib_worker", lambda: True)
    with pytest.warns(SharedGPUWarning, match="n_jobs should be 1 where a GPU trains"):
        sharing.warn_of_shared_gpu()
    sharing.warn_of_shared_gpu()
    sharing.warn_of_shared_gpu.cache_clear()


def test_a_fit_looks_whether_it_shares_a_gpu(monkeypatch):
    looked = []
    monkeypatch.setattr("mlpkit.estimators.running.warn_of_shared_gpu", lambda: looked.append(1))
    X, y = digits(50)
    MLPRegressor((3,), epochs=1, random_state=0).fit(X, y)
    assert looked == [1]
