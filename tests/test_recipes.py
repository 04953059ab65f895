"""The recipes run from end to end, and answer bad input with one line and nothing written."""

import gzip
import importlib
import os
import re
import subprocess
import sys
from urllib.error import URLError

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split

from mlpkit.estimators import MLPClassifier

PICTURES = {"comparison.csv", "comparison.png", "learning_curve.png"}
FAST = ["--quick", "--models", "dummy"]


@pytest.fixture
def recipe(root, monkeypatch, tmp_path):
    """A function from the name of a recipe to its module; the current folder is a fresh one."""
    monkeypatch.syspath_prepend(str(root))
    monkeypatch.chdir(tmp_path)
    return lambda name: importlib.import_module(f"recipes.{name}")


@pytest.fixture
def compare_models(recipe):
    return recipe("compare_models").main


@pytest.fixture
def people(tmp_path):
    """A mixed table with gaps, as a function that writes it under a name."""
    rng = np.random.default_rng(0)
    n = 60
    table = pd.DataFrame(
        {
            "age": np.where(np.arange(n) % 7 == 0, np.nan, rng.uniform(20, 70, n)),
            "town": rng.choice(["Oslo", "Rome", None], n),
            "member": rng.random(n) < 0.5,
            "income": rng.normal(5e4, 1e4, n),
            "tall": rng.integers(0, 2, n),
            "old": rng.integers(0, 2, n),
            "kind": rng.choice(["a", "b", "c"], n),
        }
    )

    def write(name="people.csv", **columns):
        path = tmp_path / name
        changed = table.assign(**columns)
        changed.to_parquet(path) if name.endswith("parquet") else changed.to_csv(path, index=False)
        return str(path)

    return write


def files(folder):
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def is_png(path):
    return path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 5000


def test_compare_models_on_its_own_data(compare_models, tmp_path, capsys):
    assert compare_models(["--quick", "--models", "perceptron,logistic_regression"]) == 0
    out = tmp_path / "out" / "digits"
    assert files(out) == PICTURES | {"confusion_matrix.png"}
    assert all(is_png(path) for path in out.glob("*.png"))
    frame = pd.read_csv(out / "comparison.csv")
    assert set(frame["model"]) == {"mlpkit", "perceptron", "logistic_regression"}
    assert (frame["score_mean"] > 0.6).all()
    assert frame["error"].isna().all()
    printed, progress = capsys.readouterr()
    assert "digits: multiclass, 400 rows, 64 columns, 2 folds" in printed
    assert "accuracy" in printed
    assert "6/6 " in progress
    assert files(tmp_path) == {"out"}


TASKS = {
    "binary": ("member", {"confusion_matrix.png"}),
    "multiclass": ("kind", {"confusion_matrix.png"}),
    "multilabel": ("tall,old", {"confusion_matrix.png"}),
    "regression": ("income", {"residuals.png"}),
    "multioutput": ("income, age", {"residuals.png"}),
}


@pytest.mark.parametrize("name", ["people.csv", "people.csv.gz", "people.parquet"])
def test_compare_models_on_each_kind_of_file(name, compare_models, people, tmp_path, capsys):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    assert compare_models(["--data", people(name), "--target", "kind", *FAST]) == 0
    assert files(tmp_path / "out" / "people") == PICTURES | {"confusion_matrix.png"}
    assert "people: multiclass, 60 rows, 6 columns" in capsys.readouterr().out


@pytest.mark.parametrize("task", TASKS)
def test_compare_models_on_each_task(task, compare_models, people, tmp_path, capsys):
    target, pictures = TASKS[task]
    out = tmp_path / "results" / "deep"
    argv = ["--data", people(), "--target", target, "--out", str(out), *FAST]
    assert compare_models(argv) == 0
    assert files(out) == PICTURES | pictures
    printed = capsys.readouterr().out
    assert f"people: {task}" in printed
    assert ("Note: 9 row(s) without a target were left out; 51 remain." in printed) == (
        task == "multioutput"
    )


def test_all_baselines_suit_a_mixed_table(compare_models, people, tmp_path):
    argv = ["--data", people(), "--target", "kind", "--quick", "--out", str(tmp_path / "o")]
    assert compare_models(argv) == 0
    frame = pd.read_csv(tmp_path / "o" / "comparison.csv")
    assert len(frame) == 7
    assert frame["error"].isna().all()


def test_the_task_can_be_said(compare_models, people, tmp_path, capsys):
    argv = ["--data", people(), "--target", "tall", "--task", "regression", *FAST]
    assert compare_models(argv) == 0
    assert "people: regression" in capsys.readouterr().out


def test_a_column_with_a_comma_in_its_name(compare_models, people, capsys):
    path = people(**{"a,b": ["x", "y"] * 30})
    assert compare_models(["--data", path, "--target", "a,b", *FAST]) == 0
    assert "people: binary" in capsys.readouterr().out


def test_a_target_with_gaps_keeps_its_whole_numbers(recipe, people):
    recipe("compare_models")
    table = sys.modules["recipes._table"]
    given = pd.DataFrame({"a": [1, 2, 3], "y": [1, None, 2]})
    X, y, names, n_dropped = table.split_target(given, "y")
    assert (y.dtype.kind, y.tolist(), names, n_dropped, len(X)) == ("i", [1, 2], ["y"], 1, 2)


def test_rare_classes_are_noted(compare_models, people, capsys):
    kinds = ["a", "b"] * 28 + ["c", "c", "d", "e"]
    assert compare_models(["--data", people(kind=kinds), "--target", "kind", *FAST]) == 0
    printed = capsys.readouterr().out
    assert "Note: Each class should have at least as many members" in printed
    assert "d (1), e (1)" in printed


def test_results_replace_those_of_the_last_run(compare_models, people, tmp_path):
    out = tmp_path / "o"
    out.mkdir()
    (out / "comparison.csv").write_text("old")
    (out / "mine.txt").write_text("mine")
    assert compare_models(["--data", people(), "--target", "kind", "--out", str(out), *FAST]) == 0
    assert files(out) == PICTURES | {"confusion_matrix.png", "mine.txt"}
    assert (out / "comparison.csv").read_text() != "old"


def bad_files(folder, people):
    """Write files that cannot be used."""
    (folder / "empty.csv").write_text("")
    (folder / "header.csv").write_text("a,b\n")
    (folder / "ragged.csv").write_text("a,b\n1,2\n1,2,3,4\n")
    (folder / "only.csv").write_text("y\n1\n2\n")
    (folder / "binary.csv").write_bytes(bytes(range(256)) * 20)
    (folder / "no.csv.gz").write_text("not compressed")
    (folder / "cut.csv.gz").write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 999)[:-20])
    (folder / "no.parquet").write_text("not parquet")
    (folder / "table.xlsx").write_text("")
    (folder / "folder.csv").mkdir()
    (folder / "few.csv").write_text("x,y\n1,0.5\n2,1.5\n")
    (folder / "names.csv").write_text("x,y\n" + "".join(f"{i},name{i}\n" for i in range(9)))
    people("same.csv", kind="a", income=7.0)
    people("gone.csv", kind=None)
    people("infinite.csv", age=[np.inf] + [1.0] * 59)


BAD = {
    "missing file": (["--data", "nowhere.csv", "--target", "y"], "must be a file that exists"),
    "a folder": (["--data", "folder.csv", "--target", "y"], "must be a file that exists"),
    "wrong ending": (["--data", "table.xlsx", "--target", "y"], "must end in .csv, .csv.gz"),
    "empty file": (["--data", "empty.csv", "--target", "y"], "empty.csv, which is empty"),
    "empty table": (["--data", "header.csv", "--target", "b"], "must hold at least one row"),
    "ragged": (["--data", "ragged.csv", "--target", "b"], "must be readable as .csv"),
    "not text": (["--data", "binary.csv", "--target", "b"], "must be readable as .csv"),
    "not gzip": (["--data", "no.csv.gz", "--target", "b"], "must be readable as .csv.gz"),
    "cut off": (["--data", "cut.csv.gz", "--target", "b"], "must be readable as .csv.gz"),
    "not Parquet": (["--data", "no.parquet", "--target", "b"], "must be readable as .parquet"),
    "missing column": (["--target", "kinds"], "Got 'kinds'. Did you mean 'kind'?"),
    "unlike any column": (["--target", "zzz"], "The columns are age, town, "),
    "second column missing": (["--target", "tall,odd"], "Got 'odd'. Did you mean 'old'?"),
    "column named twice": (["--target", "tall,tall"], "must name each column once"),
    "no target": (["--data", "people.csv"], "--data and --target go together"),
    "no data": (["--target", "kind"], "--data and --target go together"),
    "no features": (["--data", "only.csv", "--target", "y"], "a column beside the target"),
    "one class": (["--data", "same.csv", "--target", "kind"], "one class only, 'a'"),
    "one number": (
        ["--data", "same.csv", "--target", "income", "--task", "regression"],
        "same number in every row",
    ),
    "all missing": (["--data", "gone.csv", "--target", "kind"], "All are missing"),
    "infinite": (["--data", "infinite.csv", "--target", "kind"], "1 infinite value(s) in column"),
    "too few rows": (["--data", "few.csv", "--target", "y"], "need at least 3 rows. Got 2"),
    "all classes rare": (["--data", "names.csv", "--target", "y"], "members of the largest class"),
    "bad task": (["--task", "clustering"], "invalid choice: 'clustering'"),
    "task that does not fit": (["--target", "town", "--task", "regression"], "must hold numbers"),
    "numbers as classes": (["--target", "income", "--task", "classification"], "continuous"),
    "unknown model": (["--models", "rigde"], "Got 'rigde'. Did you mean"),
    "model of another task": (["--models", "dummy,ridge"], "Got 'ridge'."),
    "unknown option": (["--fast"], "unrecognized arguments: --fast"),
    "option without value": (["--data"], "expected one argument"),
    "output is a file": (["--out", "only.csv"], "--out must be a folder"),
    "output below a file": (["--out", "only.csv/deep/er"], "--out must be a folder"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_status_2(case, compare_models, people, tmp_path, capsys):
    argv, expected = BAD[case]
    people()
    bad_files(tmp_path, people)
    if "--target" in argv and "--data" not in argv and case != "no data":
        argv = ["--data", "people.csv", *argv]
    before = files(tmp_path)
    assert compare_models(argv) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert expected in err
    assert files(tmp_path) == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(compare_models, tmp_path, capsys):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert compare_models(["--out", str(locked / "o"), *FAST]) == 2
    assert "--out must be writable" in capsys.readouterr().err


def test_parquet_without_pyarrow_says_what_to_install(recipe, people, monkeypatch, capsys):
    main = recipe("compare_models").main

    def no_engine(path):
        raise ImportError("Unable to find a usable engine;\ntried using: 'pyarrow'")

    monkeypatch.setitem(sys.modules["recipes._table"].READERS, ".parquet", no_engine)
    (sys.modules["pathlib"].Path("p.parquet")).write_text("")
    assert main(["--data", "p.parquet", "--target", "y"]) == 2
    assert "pip install pyarrow" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_nothing_half_written_is_left(error, recipe, people, tmp_path, monkeypatch, capsys):
    module = recipe("compare_models")
    path = people()

    def fails(*args):
        raise error

    monkeypatch.setattr(module, "_draw_mlp", fails)
    before = files(tmp_path)
    status = module.main(["--data", path, "--target", "kind", *FAST])
    assert status == (130 if error is KeyboardInterrupt else 2)
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")
    assert files(tmp_path) == before


def test_models_that_all_fail(recipe, people, tmp_path, monkeypatch, capsys):
    module = recipe("compare_models")
    path = people()

    def fails(self, X, y):
        raise ValueError("will not")

    monkeypatch.setattr(module.MLPClassifier, "fit", fails)
    before = files(tmp_path)
    assert module.main(["--data", path, "--target", "kind", "--models", "mlpkit"]) == 2
    assert "no model could be fitted" in capsys.readouterr().err
    assert files(tmp_path) == before
    assert module.main(["--data", path, "--target", "kind", *FAST]) == 0
    assert files(tmp_path / "out" / "people") == {"comparison.csv", "comparison.png"}
    assert "Note: mlpkit failed: fold 1: ValueError: will not" in capsys.readouterr().out


def run(root, tmp_path, *command):
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(
        [sys.executable, *command], cwd=tmp_path, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize("as_module", [False, True])
def test_recipes_run_as_scripts_and_as_modules(as_module, root, tmp_path):
    def command(name):
        return ["-m", f"recipes.{name}"] if as_module else [str(root / "recipes" / f"{name}.py")]

    done = run(root, tmp_path, *command("iris_perceptron"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "predict([[2, 0.5]]) = [ True]" in done.stdout
    assert is_png(tmp_path / "out" / "iris_perceptron" / "decision_line.png")
    for name in ("compare_models", "california_housing"):
        done = run(root, tmp_path, *command(name), "--data", "no.csv", *FAST[:1])
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "name",
    [
        "compare_models",
        "california_housing",
        "iris_perceptron",
        "multiworker",
        "several_devices",
        "larger_than_memory",
    ],
)
def test_help(name, recipe, capsys):
    with pytest.raises(SystemExit) as left:
        recipe(name).main(["--help"])
    assert left.value.code == 0
    printed = capsys.readouterr().out
    assert "--out DIR" in printed and "--quick" in printed


MULTIWORKER_REFUSES = {
    "data alone": (["--data", "people.csv"], "--data and --target go together"),
    "missing file": (["--data", "no.csv", "--target", "kind"], "must be a file that exists"),
    "unknown column": (["--data", "people.csv", "--target", "kin"], "Did you mean 'kind'?"),
    "0 workers": (["--workers", "0"], "--workers: invalid choice"),
    "a constant": (["--data", "people.csv", "--target", "same"], "the target must vary"),
    "few rows": (
        ["--data", "few.csv", "--target", "kind"],
        "at least 20 rows with a target. Got 5",
    ),
}


@pytest.mark.parametrize("case", MULTIWORKER_REFUSES)
def test_multiworker_refuses_before_it_starts_workers(
    case, recipe, people, tmp_path, capsys, monkeypatch
):
    arguments, expected = MULTIWORKER_REFUSES[case]
    path = people(same=1.5)
    pd.read_csv(path).head(5).to_csv("few.csv")
    module = recipe("multiworker")
    monkeypatch.setattr(module, "launch", lambda argv: pytest.fail("workers were started"))
    assert module.main(arguments) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert expected in err
    assert files(tmp_path) == {"people.csv", "few.csv"}


def test_multiworker_alone_starts_the_launcher_on_itself(recipe, monkeypatch):
    module = recipe("multiworker")
    started = []
    monkeypatch.delenv("TF_CONFIG", raising=False)
    monkeypatch.setattr(module, "launch", lambda argv: started.append(argv) or 7)
    assert module.main(["--quick", "--workers", "3"]) == 7
    assert started == [["--workers", "3", module.__file__, "--quick", "--workers", "3"]]


# Loads TensorFlow in two workers, and trains them together.
@pytest.mark.slow
@pytest.mark.skipif(
    not {"device", "backup_dir"} <= MLPClassifier().get_params().keys(),
    reason="needs estimators that have device= and backup_dir=",
)
def test_multiworker(root, tmp_path):
    done = run(root, tmp_path, str(root / "recipes" / "multiworker.py"), "--quick")
    assert done.returncode == 0, done.stderr
    weights = re.findall(r"^\[worker \d\] worker (\d) of 2: weights (\w{8})$", done.stdout, re.M)
    assert sorted(index for index, _ in weights) == ["0", "1"]
    assert len({digits for _, digits in weights}) == 1
    (score,) = re.findall(r"^\[worker 0\] accuracy on 360 rows .*: ([\d.]+)$", done.stdout, re.M)
    assert float(score) > 0.9
    model = joblib.load(tmp_path / "out" / "multiworker" / "model.joblib")
    X, y = load_digits(return_X_y=True, as_frame=True)
    _, X_test, _, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
    assert model.score(X_test, y_test) == pytest.approx(float(score), abs=1e-4)
    assert files(tmp_path / "out" / "multiworker") == {"model.joblib"}


def test_iris_line_is_where_the_perceptron_changes_its_mind(recipe):
    module = recipe("iris_perceptron")
    X, y = load_iris(return_X_y=True)
    model = module.baselines("binary")["perceptron"].fit(X[:, 2:], y == 0)
    w1, w2, b = module.line(model)
    expected = model.decision_function(X[:, 2:])
    np.testing.assert_allclose(X[:, 2:] @ [w1, w2] + b, expected, atol=1e-9)


def geron_table(n=300):
    rng = np.random.default_rng(0)
    households = rng.integers(50, 500, n)
    return pd.DataFrame(
        {
            "longitude": rng.uniform(-124, -114, n),
            "latitude": rng.uniform(32, 42, n),
            "housing_median_age": rng.integers(1, 52, n),
            "total_rooms": 5 * households,
            "total_bedrooms": np.where(np.arange(n) % 50 == 0, np.nan, 2.0 * households),
            "population": 3 * households,
            "households": households,
            "median_income": rng.uniform(1, 9, n),
            "ocean_proximity": "INLAND",
            "median_house_value": rng.uniform(5e4, 5e5, n),
        }
    )


def test_california_columns_by_hand(recipe):
    module = recipe("california_housing")
    given = geron_table(3)
    derived = module.from_geron(given)
    assert list(derived.columns) == [*module.FEATURES, module.TARGET]
    assert derived["AveRooms"].tolist() == [5, 5, 5]
    assert derived["AveBedrms"].tolist()[1:] == [2, 2]
    assert np.isnan(derived.loc[0, "AveBedrms"])
    assert derived["AveOccup"].tolist() == [3, 3, 3]
    assert derived["Population"].tolist() == given["population"].tolist()
    np.testing.assert_allclose(derived["MedHouseVal"] * 1e5, given["median_house_value"])


@pytest.mark.parametrize("form", ["geron", "scikit-learn"])
def test_california_housing(form, recipe, tmp_path, capsys):
    module = recipe("california_housing")
    table = geron_table() if form == "geron" else module.from_geron(geron_table())
    table.to_csv("housing.csv", index=False)
    assert module.main(["--data", "housing.csv", "--quick"]) == 0
    assert files(tmp_path / "out" / "california_housing") == {"learning_curve.png", "residuals.png"}
    printed = capsys.readouterr().out
    assert "training on 240 districts, testing on 60" in printed
    assert "the book's 0.530" in printed


def test_california_housing_without_network(recipe, monkeypatch, tmp_path, capsys):
    def no_network(*args, **options):
        raise URLError("no network")

    monkeypatch.setattr("sklearn.datasets._base.urlretrieve", no_network)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "home"))
    assert recipe("california_housing").main([]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "(<urlopen error no network>)" in err and "give the table with --data FILE" in err
    assert files(tmp_path) == {"home"}


@pytest.mark.parametrize("drop", ["households", "AveOccup"])
def test_california_housing_with_other_columns(drop, recipe, tmp_path, capsys):
    module = recipe("california_housing")
    table = geron_table() if drop == "households" else module.from_geron(geron_table())
    table.drop(columns=drop).to_csv("housing.csv", index=False)
    assert module.main(["--data", "housing.csv"]) == 2
    assert f"Missing: {drop}." in capsys.readouterr().err
    geron_table(9).to_csv("housing.csv", index=False)
    assert module.main(["--data", "housing.csv"]) == 2
    assert "at least 20 districts. Got 9" in capsys.readouterr().err
    assert files(tmp_path) == {"housing.csv"}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_larger_than_memory(form, recipe, tmp_path, capsys):
    main = recipe("larger_than_memory").main
    assert main(["--quick", "--format", form, "--epochs", "2", "--folder", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert f"table.{form}: " in printed
    streamed = float(printed.split("fresh rows, streamed: ")[1].split()[0])
    in_memory = float(printed.split("in memory: ")[1].split()[0])
    assert streamed > 0.7
    assert abs(streamed - in_memory) < 0.1
    assert "accuracy of the rule itself: 0.95" in printed
    assert files(tmp_path) == set()
    arguments = ["--quick", "--format", form, "--folder", str(tmp_path), "--out", "out"]
    assert main([*arguments, "--epochs", "2"]) == 0
    accuracies = pd.read_csv(tmp_path / "out" / "accuracy.csv")["accuracy"]
    assert accuracies[0] == pytest.approx(streamed, abs=1e-4)


def test_larger_than_memory_without_pyarrow_or_room(recipe, tmp_path, monkeypatch, capsys):
    module = recipe("larger_than_memory")
    arguments = ["--quick", "--folder", str(tmp_path)]
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1}))
    assert module.main(arguments) == 2
    monkeypatch.undo()
    assert "must leave room on the disk" in capsys.readouterr().err
    assert module.main(["--folder", str(tmp_path / "no")]) == 2
    monkeypatch.setitem(sys.modules, "pyarrow.csv", None)
    assert module.main([*arguments, "--format", "parquet"]) == 2
    assert "Parquet needs pyarrow" in capsys.readouterr().err
    path, n_rows = module.write(tmp_path, "csv", 1e5)
    assert pd.read_csv(path).shape == (n_rows, 18)


@pytest.mark.slow
def test_the_books_rmse_on_the_real_table(data_folder, recipe, tmp_path, capsys):
    path = data_folder / "california_housing.csv.gz"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    assert recipe("california_housing").main(["--data", str(path)]) == 0
    printed = capsys.readouterr().out
    assert float(printed.split("test RMSE ")[1].split(",")[0]) <= 0.525


def test_take_rows_keeps_the_shares_of_the_classes(recipe):
    recipe("compare_models")
    table = sys.modules["recipes._table"]
    X, y = load_digits(return_X_y=True, as_frame=True)
    few, labels = table.take_rows(X, y.to_numpy(), 400, stratify=True)
    assert few.shape == (400, 64)
    assert np.bincount(labels).min() >= 38
    every, _ = table.take_rows(X, y.to_numpy(), 4000, stratify=True)
    assert every is X


@pytest.mark.parametrize("target", ["kind", "age"])
def test_several_devices(target, recipe, people, tmp_path, capsys):
    arguments = ["--data", people(), "--target", target, "--quick"]
    assert recipe("several_devices").main(arguments) == 0
    table = pd.read_csv(tmp_path / "out" / "several_devices" / "devices.csv")
    assert table["devices"].tolist() == ["cpu:0", "cpu:0, cpu:1", "cpu:0, cpu:1, cpu:2, cpu:3"]
    assert (table["weights differ by"].astype(float) < 1e-10).all()
    assert table[table.columns[2]].nunique() == 1
    assert "Wrote devices.csv" in capsys.readouterr().out


def test_several_devices_of_another_number(recipe, capsys):
    assert recipe("several_devices").main(["--devices", "1"]) == 2
    assert "invalid choice: 1" in capsys.readouterr().err
