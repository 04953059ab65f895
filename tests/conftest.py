"""Fixtures that several test files use, and a clean slate for every test."""

import importlib
import os
import random
import sys
from pathlib import Path

# Before anything loads matplotlib: no test opens a window, whatever the machine is set to.
os.environ["MPLBACKEND"] = "Agg"

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root():
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def data_folder():
    """The folder of real tables: `MLPKIT_DATA`, else ``../shared/data``; skips where absent."""
    folder = Path(os.environ.get("MLPKIT_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"needs the real tables; MLPKIT_DATA names their folder, and {folder} is none")
    return folder


@pytest.fixture(scope="session")
def shared_table(data_folder):
    """A function from the name of a real table, such as "adult", to its DataFrame."""

    def read(name, **options):
        import pandas as pd

        path = data_folder / f"{name}.csv.gz"
        if not path.is_file():
            pytest.skip(f"needs the real table {name}; {path} is not there")
        return pd.read_csv(path, **options)

    return read


@pytest.fixture(autouse=True)
def global_state():
    """Whatever a test does to the global random generators and figures ends with it."""
    numpy_state, python_state = np.random.get_state(), random.getstate()
    yield
    np.random.set_state(numpy_state)
    random.setstate(python_state)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def cooked(root, monkeypatch, tmp_path, capsys):
    """A function that runs a recipe's small version and gives what it printed, and its folder."""
    monkeypatch.syspath_prepend(str(root))
    monkeypatch.chdir(tmp_path)

    def cook(name, *arguments):
        recipe = importlib.import_module(f"recipes.{name}")
        assert recipe.main(["--quick", "--out", str(tmp_path / name), *arguments]) == 0
        for picture in (tmp_path / name).glob("*.png"):
            assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 5000
        return capsys.readouterr().out, tmp_path / name

    return cook


def pytest_configure(config):
    """Give TensorFlow four CPU devices where several are tested, before any test file starts it."""
    controls_others = getattr(config.option, "dist", "no") != "no"
    if controls_others and not hasattr(config, "workerinput"):
        return
    names = [Path(argument.split("::")[0]).resolve().stem for argument in config.args]
    if {
        "tests",
        ROOT.name,
        "test_devices",
        "test_replicas",
        "test_workers",
        "test_benchmarks",
        "test_doctor",
        "test_recipes",
    } & set(names):
        from mlpkit import devices

        devices.use_logical_cpus(4)
