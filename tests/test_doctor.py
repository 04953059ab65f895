"""What a machine gives is described, whatever is broken, and advised on."""

import configparser
import json
import os
import subprocess
import sys
from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import numpy as np
import pytest

from mlpkit import doctor
from mlpkit.backend import tf
from mlpkit.devices import (
    cgroups,
    cuda,
    describe,
    loader,
    machine,
    seen,
    software,
    use_logical_cpus,
)  # fmt: skip
from mlpkit.devices.advising import advice

LIBRARY = {"file": "lib.so", "reason": None}
GONE = {"file": None, "reason": "libcudnn.so.9: cannot open shared object file"}
CUDA = {
    "built_with_cuda": True, "cuda": "12.5.1", "capabilities": ["sm_60", "sm_70", "compute_90"],
    "driver": {**LIBRARY, "cuda": "12.8"}, "libraries": {"libcudart.so.12": LIBRARY},
}  # fmt: skip
GPU = {"device": "gpu:0", "name": "A100", "capability": "8.0", "memory_grows": True}
SOUND = {
    "versions": {**software.LOWEST, "python": "3.13.1", "pyarrow": None},
    "system": {"name": "Linux"},
    "processor": {"cores": 8, "usable": 8},
    "memory": {"usable": 2**34, "available": 2**33},
    "tensorflow": {"error": None, "gpus": [GPU], "threads": {"intra_op": 8}},
    "cuda": CUDA,
    "environment": {},
}


def changed(**sections):
    """Sound findings with some entries of some sections replaced."""
    return {name: {**found, **sections.get(name, {})} for name, found in SOUND.items()}


def no_gpu(environment=None, system="Linux", **more):
    return changed(
        tensorflow={"gpus": []}, cuda=more, environment=environment or {}, system={"name": system}
    )


def test_what_is_sound_needs_no_advice():
    assert advice(SOUND) == ()
    assert advice({}) == ()
    assert (
        advice({name: {"error": "OSError: broken"} for name in SOUND if name != "tensorflow"}) == ()
    )


STOPS = {
    "no TensorFlow": (
        changed(tensorflow={"error": "ModuleNotFoundError: ..."}, versions={"tensorflow": None}),
        ["TensorFlow is not installed: pip install tensorflow."],
    ),
    "a broken TensorFlow": (
        changed(tensorflow={"error": "ImportError: undefined symbol"}),
        ["TensorFlow cannot be loaded (ImportError: undefined symbol): install"],
    ),
    "another backend": (
        changed(tensorflow={"error": "ImportError: mlpkit needs ...: unset KERAS_BACKEND."}),
        ["mlpkit needs ...: unset KERAS_BACKEND."],
    ),
    "no AVX": (changed(tensorflow={"error": "TensorFlow's packages need a processor with AVX. Got "
                                   "one without it"}), ["without it: use another machine."]),
    "no pandas": (changed(versions={"pandas": None}), ["pip install 'pandas>=2.2'"]),
}  # fmt: skip
HINTS = {
    "an old Keras": (changed(versions={"keras": "3.9.2"}), ["keras must be 3.10 or", "3.9.2"]),
    "an old Python": (changed(versions={"python": "3.9"}), ["Got 3.9: install a newer one"]),
    "no driver": (
        no_gpu(driver={"file": None, "reason": "libcuda.so.1: cannot open"}),
        ["No GPU driver (libcuda.so.1: cannot open)", "pip install 'mlpkit[gpu]'"],
    ),
    "hidden": (no_gpu({"CUDA_VISIBLE_DEVICES": ""}), ["CUDA_VISIBLE_DEVICES='' hides all GPUs"]),
    "hidden too": (no_gpu({"CUDA_VISIBLE_DEVICES": "-1"}), ["'-1' hides all GPUs: unset it"]),
    "a driver that does not start": (
        no_gpu(driver={"file": "libcuda.so.1", "reason": "cuInit gives 803, mismatch"}),
        ["does not start (cuInit gives 803, mismatch): nvidia-smi"],
    ),
    "a build without CUDA": (no_gpu(built_with_cuda=False), ["built without CUDA", "mlpkit[gpu]"]),
    "an old driver": (
        no_gpu(driver={**LIBRARY, "cuda": "11.4"}),
        ["must know CUDA 12.5.1", "Got one that knows 11.4: install a newer driver."],
    ),
    "no cuDNN": (
        no_gpu(libraries={"libcudart.so.12": LIBRARY, "libcudnn.so.9": GONE}),
        [f"TensorFlow lacks libcudnn.so.9 ({GONE['reason']}): pip install 'mlpkit[gpu]'."],
    ),
    "another cuDNN first": (
        no_gpu({"LD_LIBRARY_PATH": "/opt/cuda"}, libraries={"libcudnn.so.9": GONE}),
        ["mlpkit[gpu]', and unset LD_LIBRARY_PATH='/opt/cuda', which is searched first."],
    ),
    "nothing missing": (no_gpu({"CUDA_VISIBLE_DEVICES": "0"}), ["TF_CPP_MIN_LOG_LEVEL=0"]),
    "Windows": (no_gpu(system="Windows"), ["use WSL2"]),
    "an old GPU": (
        changed(tensorflow={"gpus": [{**GPU, "capability": "5.2"}]}),
        ["gpu:0 must have compute capability 6.0 or more. Got 5.2 (A100)"],
    ),
    "a greedy TensorFlow": (
        changed(tensorflow={"gpus": [{**GPU, "memory_grows": False}]}),
        ["takes all memory of gpu:0 at once: unset TF_FORCE_GPU_ALLOW_GROWTH"],
    ),
    "an affinity": (
        changed(processor={"usable": 2}, tensorflow={"threads": {"intra_op": 2}}),
        ["2 of 8 cores may be used"],
    ),
    "one thread": (
        changed(environment={"OMP_NUM_THREADS": "1,4"}),
        ["OMP_NUM_THREADS=1 holds predictions", "to 1 of 8 cores: unset it"],
    ),
    "a small container": (
        changed(memory={"usable": 2**29}), ["0.5 GiB of memory may be used, less than TensorFlow"]
    ),
    "no JSON": (
        changed(environment={"TF_CONFIG": "worker"}),
        ["TF_CONFIG must", "must be JSON", "correct TF_CONFIG"],
    ),
    "deep JSON": (changed(environment={"TF_CONFIG": "[" * 100000}), ["must be JSON"]),
}  # fmt: skip


@pytest.mark.parametrize("case", [*STOPS, *HINTS])
def test_each_thing_that_is_wrong_has_its_advice(case):
    findings, words = {**STOPS, **HINTS}[case]
    (found,) = advice(findings)
    assert found.stops == (case in STOPS)
    assert all(word in found.says for word in words), found.says


def test_a_container_with_less_time_than_threads_is_told_both():
    findings = changed(
        processor={"cores": 64, "usable": 2}, tensorflow={"threads": {"intra_op": 64}}
    )
    first, second = advice(findings)
    assert first.says.startswith("2 of 64 cores may be used")
    assert "TF_NUM_INTRAOP_THREADS=2 and TF_NUM_INTEROP_THREADS=2" in second.says


def test_what_stops_training_comes_first():
    findings = no_gpu({"OMP_NUM_THREADS": "1"}, built_with_cuda=False)
    findings["versions"]["keras"] = None
    assert [one.stops for one in advice(findings)] == [True, False, False]


@pytest.mark.parametrize(
    "text",
    ["{}", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": "0"}}'],
)
def test_a_cluster_that_a_fit_takes_needs_no_advice(text):
    assert advice({"environment": {"TF_CONFIG": text}}) == ()


def test_a_processor_that_is_not_found_out_is_not_advised_on():
    assert advice(changed(processor={"cores": None, "usable": None, "error": "OSError"})) == ()


def test_tensorflow_is_not_loaded_where_that_would_end_the_process(monkeypatch):
    monkeypatch.setattr(seen.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(seen, "cpu_flags", lambda: {"sse2"})
    assert seen.tensorflow() == {"error": seen.WITHOUT_AVX}


def test_a_driver_that_does_not_start_says_why():
    def version(reference):
        reference._obj.value = 12080

    def words(code, reference):
        reference._obj.value = b"no device"

    driver = SimpleNamespace(
        cuDriverGetVersion=version, cuInit=lambda flags: 100, cuGetErrorString=words
    )
    assert loader._greeted(driver) == {"cuda": "12.8", "reason": "cuInit gives 100, no device"}


def test_the_lowest_versions_are_those_of_the_package(root):
    settings = configparser.ConfigParser()
    settings.read(root / "setup.cfg")
    wanted = dict(line.split(">=") for line in settings["options"]["install_requires"].split())
    wanted["python"] = settings["options"]["python_requires"].removeprefix(">=")
    assert software.LOWEST.items() <= wanted.items()


def test_a_description_agrees_with_what_others_say():
    found = describe()
    assert found.versions["tensorflow"] == tf.__version__
    assert found.versions["numpy"] == np.__version__
    assert found.tensorflow["build"] == dict(tf.sysconfig.get_build_info())
    assert len(found.tensorflow["physical"]) == len(tf.config.list_physical_devices())
    assert len(found.tensorflow["logical"]) == len(tf.config.list_logical_devices())
    assert found.processor["cores"] == os.cpu_count()
    assert found.can_train
    assert json.loads(json.dumps(found.as_dict()))["memory"] == found.memory
    assert f"keras                   {found.versions['keras']}" in str(found)
    text = " ".join(str(found).split())
    assert all(" ".join(one.says.split()) in text for one in found.advice)
    with pytest.raises(FrozenInstanceError):
        found.memory = {}


def test_a_part_that_breaks_says_why_and_the_others_are_there(monkeypatch):
    def broken(*args):
        raise OSError("no such file")

    for place, name in ((machine, "memory"), (software, "blas"), (cuda, "tried")):
        monkeypatch.setattr(place, name, broken)
    found = describe()
    assert found.memory == found.cuda == found.blas == {"error": "OSError: no such file"}
    assert found.versions["keras"] and found.can_train
    assert str(found).count("not known               OSError: no such file") == 3


def test_the_report_of_a_machine_with_a_gpu(monkeypatch):
    monkeypatch.setattr(cuda, "tried", lambda libraries: {
        "driver": {"file": "libcuda.so.1", "reason": None, "cuda": "12.8"},
        **{name: {"file": files[0], "reason": None} for name, files in libraries.items()
           if name != "driver"},
    })  # fmt: skip
    listed = "NVIDIA A100-SXM4-40GB, 40960, 1024, 570.10, 8.0\n"
    done = subprocess.CompletedProcess([], 0, listed, "")
    monkeypatch.setattr(cuda.subprocess, "run", lambda *args, **options: done)
    build = {"is_cuda_build": True, "cuda_version": "12.5.1", "cudnn_version": "9"}
    found = cuda.cuda(build)
    assert found["gpus"] == [{
        "name": "NVIDIA A100-SXM4-40GB", "memory": 40 * 2**30, "used": 2**30, "driver": "570.10",
        "capability": "8.0",
    }]  # fmt: skip
    assert {"libcudart.so.12", "libcusolver.so.11", "libcudnn.so.9"} <= set(found["libraries"])
    monkeypatch.setattr("mlpkit.devices.describing.cuda", lambda build: found)
    monkeypatch.setattr("mlpkit.devices.seen.tensorflow", lambda: {
        **TENSORFLOW, "gpus": [GPU], "physical": ["cpu:0", "gpu:0"],
    })  # fmt: skip
    text = str(describe())
    assert "gpu:0                   A100, capability 8.0, memory taken as needed" in text
    assert "NVIDIA A100-SXM4-40GB, 40.0 GiB, driver 570.10, capability 8.0" in text
    assert "driver                  libcuda.so.1, CUDA 12.8" in text
    assert "libcudnn.so.9           libcudnn.so.9" in text
    assert "No GPU" not in text


TENSORFLOW = {
    "error": None, "build": {}, "gpus": [], "physical": ["cpu:0"], "logical": ["cpu:0"],
    "threads": {"intra_op": 1, "inter_op": 1},
}  # fmt: skip


def test_the_loader_s_words_are_kept(tmp_path):
    (tmp_path / "libwrong.so").write_text("no library at all")
    wrong = str(tmp_path / "libwrong.so")
    found = loader.tried({"none": ["libthere_is_none.so"], "wrong": [wrong], "empty": []})
    assert found["none"]["file"] is None and "libthere_is_none.so" in found["none"]["reason"]
    assert found["wrong"]["file"] is None and "libwrong.so" in found["wrong"]["reason"]
    assert found["empty"] == {"file": None, "reason": "no such library is known"}


def test_variables_that_are_nobody_s_business_are_left_out(monkeypatch):
    monkeypatch.setenv("TF_VAR_password", "secret")
    monkeypatch.setenv("TF_TOKEN_example_org", "secret")
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")
    monkeypatch.setenv("TF_CONFIG", "{}")
    found = software.environment()
    assert found["TF_NUM_INTRAOP_THREADS"] == "2" and found["TF_CONFIG"] == "{}"
    assert "secret" not in found.values()


GROUPS = {
    "version 2": (
        "0::/job/step",
        {"job/cpu.max": "150000 100000", "job/step/cpu.max": "max 100000",
         "job/memory.max": "1073741824", "job/step/memory.max": "max"},
        (1.5, 2**30),
    ),
    "version 1": (
        "4:memory:/host/id\n1:cpu,cpuacct:/host/id\n0::/",  # the paths are the host's
        {"cpu/cpu.cfs_quota_us": "200000", "cpu/cpu.cfs_period_us": "100000",
         "memory/memory.limit_in_bytes": "536870912"},
        (2.0, 2**29),
    ),
    "no limits": (
        "4:memory:/\n1:cpu:/",
        {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000",
         "memory/memory.limit_in_bytes": "9223372036854771712"},
        (None, None),
    ),
    "no groups": ("", {}, (None, None)),
}  # fmt: skip


@pytest.mark.parametrize("case", GROUPS)
def test_what_a_container_may_use(case, tmp_path, monkeypatch):
    own, files, expected = GROUPS[case]
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    (tmp_path / "own").write_text(own)
    monkeypatch.setattr(cgroups, "ROOT", tmp_path / "groups")
    monkeypatch.setattr(cgroups, "OWN", tmp_path / "own")
    assert (cgroups.cpu_quota(), cgroups.memory_limit()) == expected
    found = machine.processor()
    assert found["usable"] == (min(found["allowed"], 2) if expected[0] else found["allowed"])
    if expected[1]:
        assert machine.memory()["usable"] == machine.memory()["limit"] == expected[1]


def test_the_doctor_s_status_tells_whether_training_can_run(capsys, monkeypatch):
    monkeypatch.setattr("mlpkit.devices.seen.tensorflow", lambda: {"error": "ImportError: broken"})
    assert doctor.main([]) == 1
    text = capsys.readouterr().out
    assert "not known               ImportError: broken" in text
    assert "Training cannot run.\n  1. TensorFlow cannot be loaded (ImportError: broken)" in text
    assert doctor.main(["--json"]) == 1
    assert json.loads(capsys.readouterr().out)["can_train"] is False


def test_the_doctor_on_a_wrong_backend_has_no_traceback(root):
    done = subprocess.run(
        [sys.executable, "-m", "mlpkit.doctor"], cwd=root, capture_output=True, text=True,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )  # fmt: skip
    assert done.returncode == 1
    assert "1. mlpkit needs Keras's TensorFlow backend. Got 'jax'" in done.stdout
    assert done.stderr == ""


LOGICAL = """
import sys
from mlpkit.devices import describe, use_logical_cpus
assert not {"tensorflow", "keras", "numpy"} & set(sys.modules)
print(use_logical_cpus(2), use_logical_cpus(3), use_logical_cpus(3))
print(describe().tensorflow["logical"])
from mlpkit.backend import tf
with tf.device("cpu:2"):
    print(tf.constant(1.0).device)
print(use_logical_cpus(3), describe().tensorflow["logical"])
try:
    use_logical_cpus(2)
except RuntimeError as error:
    print(error)
"""


def test_logical_devices(root):
    done = subprocess.run(
        [sys.executable, "-c", LOGICAL], cwd=root, capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    three = "['cpu:0', 'cpu:1', 'cpu:2']"
    made, described, placed, again, error = done.stdout.splitlines()
    assert made == f"['cpu:0', 'cpu:1'] {three} {three}"
    assert described == three
    assert placed.endswith("device:CPU:2")
    assert again == f"{three} {three}"
    assert error.startswith("use_logical_cpus must be called before TensorFlow starts")
    assert "Got n=2 where it runs with 3" in error


@pytest.mark.parametrize("n", [0, -1, 1.5, "2", None, True])
def test_a_number_of_devices_is_a_positive_integer(n):
    with pytest.raises(ValueError, match=r"n must be an integer >= 1\. Got"):
        use_logical_cpus(n)
