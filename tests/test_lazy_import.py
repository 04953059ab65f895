"""Importing mlpkit is quick, and nothing but training and building a network loads TensorFlow."""

import json
import subprocess
import sys
import time

import pytest

HEAVY = {"tensorflow", "keras", "sklearn", "pandas", "matplotlib", "numpy", "scipy"}
ESTIMATORS = ["MLPClassifier", "MLPRegressor", "KerasClassifier", "KerasRegressor"]

SCRIPT = """
import json, sys

def loaded():
    return sorted(name for name in sys.modules if "." not in name)

def build(n_features, task):
    raise AssertionError("called before fit")

import mlpkit
seen = {"after import": loaded(), "listed": dir(mlpkit), "all": list(mlpkit.__all__)}
seen["after dir"] = loaded()
try:
    mlpkit.no_such_name
except AttributeError as error:
    seen["unknown"] = str(error)

from sklearn.base import clone
for name in ["MLPClassifier", "MLPRegressor", "KerasClassifier", "KerasRegressor"]:
    estimator = getattr(mlpkit, name)(*([build] if name.startswith("Keras") else []))
    copy = clone(estimator)
    seen[name] = {
        "repr": repr(copy),
        "html": copy._repr_html_()[:1],
        "n_params": len(copy.get_params()),
        "loaded": loaded(),
    }
print(json.dumps(seen))
"""


def run(script, root, **options):
    """Output of a script in a Python of its own, with the checkout first on its path."""
    # A warning is an error there too; TensorFlow's are exempted in setup.cfg, and it is not loaded.
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def seen(root):
    return json.loads(run(SCRIPT, root))


def test_importing_loads_no_heavy_library(seen):
    assert not HEAVY & set(seen["after import"])
    assert not HEAVY & set(seen["after dir"])


def test_importing_takes_under_a_tenth_of_a_second(root):
    def fastest(script):
        spent = []
        for _ in range(5):
            start = time.perf_counter()
            run(script, root)
            spent.append(time.perf_counter() - start)
        return min(spent)

    assert fastest("import mlpkit") - fastest("pass") < 0.1


def test_dir_lists_the_public_names(seen):
    assert set(seen["all"]) <= set(seen["listed"])
    assert {"make_classifier", "make_regressor", "infer_task", *ESTIMATORS} <= set(seen["all"])
    assert len(seen["all"]) == len(set(seen["all"]))


def test_every_public_name_is_there():
    import mlpkit

    for name in mlpkit.__all__:
        assert getattr(mlpkit, name) is not None, name


def test_a_module_does_not_hide_a_public_name(root):
    script = """
import importlib, inspect, mlpkit
for home in sorted(set(mlpkit._HOMES.values())):
    importlib.import_module("mlpkit." + home)
print(*(name for name in mlpkit.__all__ if inspect.ismodule(getattr(mlpkit, name))))
"""
    assert run(script, root).split() == []


def test_an_unknown_name_is_an_attribute_error(seen):
    assert "mlpkit" in seen["unknown"]
    assert "no_such_name" in seen["unknown"]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_constructing_cloning_and_printing_load_no_tensorflow(name, seen):
    assert name in seen[name]["repr"]
    assert seen[name]["n_params"] > 5
    assert not {"tensorflow", "keras", "matplotlib"} & set(seen[name]["loaded"])
