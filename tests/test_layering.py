"""Imports point down: every module of mlpkit is parsed, none is run.

`FLOORS` is the table that ARCHITECTURE.md draws. A folder has the floor of its name.
"""

import ast
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

FLOORS = (
    ("errors", "processes", "interrupts"),
    ("backend", "checks", "activations", "backups"),
    (
        "tasks",
        "losses",
        "outputs",
        "preprocessing",
        "scaling",
        "inference",
        "devices",
        "neurons",
        "schedules",
        "bins",
        "encoding",
    ),
    ("architecture", "layers", "compilation", "launch", "file_streams", "plots", "tuning"),
    ("network", "training", "keras_inference"),
    ("factories", "keras_network"),
    ("estimators", "baseline_models", "table_factories"),
    ("comparison", "diagnostics", "doctor"),
)
# These may name TensorFlow and Keras at module level, and are imported inside functions only.
FLAMES = {
    "backend",
    "compilation",
    "diagnostics",
    "network",
    "training",
    "keras_inference",
    "keras_network",
    "layers",
}

PACKAGE = Path(__file__).resolve().parent.parent / "mlpkit"


@dataclass(frozen=True)
class Import:
    """One import: `importer` and `target` are module names, `late` means inside a function."""

    importer: str
    target: str
    line: int
    late: bool

    def __str__(self):
        return f"{self.importer}, line {self.line}, imports {self.target}"


def modules_of(package):
    """Module name -> file, for every Python file of a package."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = (package.name, *path.relative_to(package).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def statements(node, late=False):
    """Every node below `node`, with whether it runs late, that is inside a function."""
    for child in ast.iter_child_nodes(node):
        inside = late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield child, inside
        yield from statements(child, inside)


def targets_of(node, module, path, modules):
    """Full names of the modules that one syntax node imports, if it imports any."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
            kept = package[: len(package) - node.level + 1]
            base = ".".join([*kept, base] if base else kept)
        names = [f"{base}.{alias.name}" for alias in node.names]
        return [name if name in modules else base for name in names]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called in ("import_module", "__import__"):
            return [str(node.args[0].value)]
    return []


def imports_of(modules):
    """Every import of every module but the door, once for a line that takes several names."""
    found = (
        Import(module, target, node.lineno, late)
        for module, path in modules.items()
        if "." in module
        for node, late in statements(ast.parse(path.read_text(encoding="utf-8")))
        for target in targets_of(node, module, path, modules)
    )
    return list(dict.fromkeys(found))


def floor_problems(found, floors):
    """Imports of the door, of an equal or a higher floor, and names that have no floor."""
    door = found.importer.split(".")[0]
    if found.target == door:
        return [f"{found} itself; name the module"]
    if not found.target.startswith(f"{door}."):
        return []
    here, there = found.importer.split(".")[1], found.target.split(".")[1]
    if here == there or not {here, there} <= floors.keys():
        return []
    if floors[there] < floors[here]:
        return []
    return [f"{found}, from floor {floors[here]} to floor {floors[there]}"]


def flame_problems(found, flames):
    """TensorFlow, Keras or a flame loaded at module level by a module that is none."""
    door, here = found.importer.split(".")[:2]
    if found.late or here in flames:
        return []
    top, *rest = found.target.split(".")
    loads_it = top in ("tensorflow", "keras", "tf_keras") or (top == door and rest[:1])
    if not loads_it or (top == door and rest[0] not in flames):
        return []
    return [f"{found} at module level and so loads TensorFlow; import it inside the function"]


def cycle_problems(imports):
    """The first circle of imports, inside a folder or anywhere else."""
    below = {}
    for found in imports:
        below.setdefault(found.importer, set()).add(found.target)
    try:
        TopologicalSorter(below).prepare()
    except CycleError as error:
        return ["a circle: " + " <- ".join(error.args[1])]
    return []


def problems_of(package, floors=FLOORS, flames=FLAMES):
    """Everything that is wrong with the imports of a package, in words."""
    number = {name: floor for floor, names in enumerate(floors) for name in names}
    modules = modules_of(package)
    present = {name.split(".")[1] for name in modules if "." in name}
    problems = [f"{name} has no floor" for name in sorted(present - number.keys())]
    problems += [f"{name} has a floor and no file" for name in sorted(number.keys() - present)]
    imports = imports_of(modules)
    for found in imports:
        problems += floor_problems(found, number) + flame_problems(found, flames)
    return problems + cycle_problems(imports)


def test_imports_of_mlpkit_point_down():
    problems = problems_of(PACKAGE)
    assert not problems, "\n".join(problems)


WRONG = {
    "upward": ({"low": "from pack.high import f"}, "low, line 1, imports pack.high, from floor 0"),
    "upward, of a name": ({"low": "from pack import high"}, "imports pack.high, from floor 0 to"),
    "upward, late": ({"low": "def f():\n    import pack.high"}, "low, line 2, imports pack.high"),
    "upward, relative": ({"low": "from .high import f"}, "imports pack.high, from floor 0 to"),
    "upward, dynamic": ({"low": "import_module('pack.high')"}, "imports pack.high, from floor 0"),
    "upward, from a folder": (
        {"low/a": "from ..high import f"},
        "low.a, line 1, imports pack.high",
    ),
    "sideways": ({"side": "from pack.high import f"}, "from floor 1 to floor 1"),
    "the door": ({"high": "import pack"}, "imports pack itself"),
    "a name of the door": ({"high": "from pack import f"}, "imports pack itself"),
    "no floor": ({"new": ""}, "new has no floor"),
    "no file": ({"high": None}, "high has a floor and no file"),
    "a circle in a folder": (
        {"low/__init__": "", "low/a": "from pack.low import b", "low/b": "from .a import f"},
        "a circle: ",
    ),
    "TensorFlow": ({"low": "import tensorflow as tf"}, "loads TensorFlow"),
    "a part of Keras": ({"low": "try:\n    from keras.src import x\nexcept E: pass"}, "loads Tens"),
    "a flame": ({"high": "from pack.flame import x"}, "loads TensorFlow"),
}
RIGHT = {
    "downward": {"high": "from pack.low import f"},
    "the door may": {"__init__": "from pack import high, flame\nimport keras"},
    "inside a folder": {"low/__init__": "from pack.low.a import f", "low/a": "import numpy"},
    "TensorFlow, late": {"low": "def f():\n    import tensorflow"},
    "a flame, late": {"high": "class A:\n    def f(self):\n        from pack.flame import x"},
    "TensorFlow in a flame": {"flame": "import tensorflow, keras"},
}


def write_package(folder, files):
    """A package of four modules on two floors, with some of them replaced."""
    standard = dict.fromkeys(["__init__", "low", "flame", "high", "side"], "")
    if any(name.startswith("low/") for name in files):
        del standard["low"]
    for name, text in {**standard, **files}.items():
        if text is not None:
            path = folder / "pack" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return folder / "pack"


SMALL = {"floors": (("low", "flame"), ("high", "side")), "flames": {"flame"}}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_import_is_found(case, tmp_path):
    files, expected = WRONG[case]
    problems = problems_of(write_package(tmp_path, files), **SMALL)
    assert len(problems) == 1
    assert expected in problems[0]


@pytest.mark.parametrize("case", RIGHT)
def test_a_right_import_is_not_reproached(case, tmp_path):
    assert problems_of(write_package(tmp_path, RIGHT[case]), **SMALL) == []


def test_a_circle_over_floors_is_found_too(tmp_path):
    files = {"low": "from pack.high import f", "high": "from pack.low import f"}
    problems = problems_of(write_package(tmp_path, files), **SMALL)
    assert len(problems) == 2
    assert problems[1].startswith("a circle")
