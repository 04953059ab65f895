"""Two workers on this machine train as two mirrored devices do, and fail together."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from mlpkit import MLPClassifier
from mlpkit.backend import tf
from mlpkit.devices import Placement, place
from mlpkit.estimators.team import Team, team_of
from tests.scripts import two_workers


@pytest.fixture(scope="module")
def workers(root, tmp_path_factory):
    """What the launcher printed, and what each worker left."""
    folder = tmp_path_factory.mktemp("workers")
    proxy = "http://127.0.0.1:9"  # where nothing answers; it is for the web, not for workers
    environment = {**os.environ, "PYTHONPATH": str(root), "http_proxy": proxy}
    command = [sys.executable, "-m", "mlpkit.launch", "--workers", "2"]
    script = root / "tests" / "scripts" / "two_workers.py"
    done = subprocess.run(
        [*command, script, folder], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    learnt = [dict(np.load(folder / f"worker_{i}.npz")) for i in range(2)]
    words = [json.loads((folder / f"worker_{i}.json").read_text()) for i in range(2)]
    return done.stdout, learnt, words


def test_both_end_with_the_same_bits(workers):
    _, (chief, other), _ = workers
    assert chief.keys() == other.keys()
    assert len(chief) > 10
    for name in chief:
        np.testing.assert_array_equal(chief[name], other[name])


@pytest.mark.parametrize("name", two_workers.FITS)
def test_they_learn_what_two_mirrored_devices_do(name, workers):
    _, (chief, _), _ = workers
    mirrored = two_workers.fitted(name, ["cpu:0", "cpu:1"])
    for i, weight in enumerate(mirrored._learnt.weights):
        ours = chief[f"{name}{i}"]
        assert np.linalg.norm(ours - weight) <= 1e-5 * np.linalg.norm(weight)


def test_streams_are_shared_by_file_and_known_by_all(workers, tmp_path):
    """One step holds 10 rows of each file, as a dataset of such batches on two mirrored devices."""
    _, (chief, _), _ = workers
    for part in ("train", "valid"):
        two_workers.write(tmp_path, part)
    first, second = (pd.read_csv(tmp_path / f"train{i}.csv") for i in range(2))
    assert len(second) < len(first)
    batches = [pd.concat([first[i : i + 10], second[i : i + 10]]) for i in range(0, len(first), 10)]
    valid = pd.concat([pd.read_csv(tmp_path / f"valid{i}.csv") for i in range(2)])
    rows = tf.data.Dataset.from_generator(
        lambda: ((b.drop(columns="y").to_numpy(), b["y"].to_numpy()) for b in batches),
        output_signature=(tf.TensorSpec((None, 6)), tf.TensorSpec((None,), tf.int64)),
    )
    # On a single device: what is mirrored halves a batch, which may be of 10 rows and 3.
    model = MLPClassifier(8, epochs=3, class_weight="balanced", random_state=0, jit_compile=False)
    model.fit(rows, X_val=valid.drop(columns="y").to_numpy(), y_val=valid["y"].to_numpy())
    for i, weight in enumerate(model._learnt.weights):
        ours = chief[f"streamed{i}"]
        assert np.linalg.norm(ours - weight) <= 1e-4 * np.linalg.norm(weight)


def test_only_the_chief_shows_progress(workers):
    printed, _, _ = workers
    assert "[worker 0] Epoch 3/3" in printed
    assert "[worker 1] Epoch" not in printed


def test_all_fail_together_and_in_words(workers):
    _, _, (chief, other) = workers
    rows = "WorkersError: X, y and sample_weight, and validation rows, must be the same in each"
    assert chief["other rows"].startswith(rows)
    assert "Got others in worker 1 than in worker 0" in other["other rows"]
    assert other["missing"].startswith("ValueError: Input X contains NaN")
    assert "Worker 1 of 2 failed: ValueError: Input X contains NaN" in chief["missing"]
    for words in (chief, other):
        assert words["parameters"].startswith("WorkersError: Parameters must be the same")
        assert words["fitted"] == "False"
    assert chief["builder"] == "LookupError: no such layer"
    assert "Worker 0 of 2 failed: LookupError: no such layer" in other["builder"]


def test_a_script_s_handler_of_sigterm_stays(workers):
    """TensorFlow's own, which it installs beside Python's, notes the signal and goes on."""
    _, _, words = workers
    assert [told["sigterm"] for told in words] == ["noted"] * 2


def test_replicas_of_one_process_are_no_team():
    assert type(team_of(Placement())) is Team
    assert type(team_of(place(["cpu:0", "cpu:1"]))) is Team
