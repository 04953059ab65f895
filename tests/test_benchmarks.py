"""A short run of each benchmark: it prints its table and writes it, and its figures are right."""

import doctest
import importlib
import json
import time
from functools import partial

import numpy as np
import pytest

from benchmarks import (
    _bars,
    _child,
    _floor,
    _options,
    _peers,
    _plot,
    _report,
    _resident,
    _rounds,
    book,
    defaults,
    devices,
    imports,
    memory,
    parallel,
    prediction,
    search,
    streams,
    survival,
    training,
)
from benchmarks._contestants import CONTESTANTS
from benchmarks._nets import DIGITS, find


@pytest.fixture
def out(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def few_peers(monkeypatch):
    """Only what mlpkit itself needs is installed."""
    monkeypatch.setattr(_peers, "importable", lambda package: package in ("keras", "sklearn"))


@pytest.fixture
def in_this_process(monkeypatch):
    """What wants a fresh process runs here: TensorFlow is loaded already, and JSON is passed."""

    def call(function, *arguments):
        module, _, name = function.partition(":")
        given = json.loads(json.dumps(arguments))
        return json.loads(json.dumps(getattr(importlib.import_module(module), name)(*given)))

    monkeypatch.setattr(_child, "fresh", call)


def rows_of(out, name):
    return json.loads((out / f"{name}.json").read_text())["rows"]


def test_defaults(out, tmp_path, capsys):
    arguments = ["--data", str(tmp_path), "--only", "iris,diabetes", "--quick"]
    defaults.main([*arguments, "--out", str(out)])
    rows = rows_of(out, "defaults")
    assert [row["table"] for row in rows] == ["iris", "diabetes"]
    assert [row["rows"] for row in rows] == [112, 331]
    lower = np.mean([row["mlpkit"] < row["sklearn"] for row in rows])
    assert f"lower error on {lower:.0%} of 2 tables" in capsys.readouterr().out


def test_book(out, tmp_path, capsys):
    book.main(["--data", str(tmp_path), "--quick", "--out", str(out)])
    rows = rows_of(out, "book")
    assert [row["model"] for row in rows] == ["mlpkit", "scikit-learn"]
    assert all(row["min"] == row["median"] == row["max"] for row in rows)
    assert "California housing is left out" in capsys.readouterr().out


def test_parallel(out, tmp_path, capsys, in_this_process, monkeypatch):
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        monkeypatch.setenv(name, "1")  # put back when the test ends
    # Twice in this process: what other processes give is told by tests/test_processes.py.
    monkeypatch.setattr(parallel, "WAYS", {"one process": "", "again": ""})
    parallel.main(["--data", str(tmp_path), "--quick", "--out", str(out)])
    rows = rows_of(out, "parallel_search")
    assert [row["way"] for row in rows] == ["one process", "again"]
    assert all(row["same"] and row["first"] > 0 and row["second"] > 0 for row in rows)
    assert rows[0]["score"] == rows[1]["score"] > 0.5
    rows = rows_of(out, "parallel_bits")
    assert [(row["program"], row["dtype"]) for row in rows] == [
        ("graph", "float32"), ("graph", "float64"), ("XLA", "float32"), ("XLA", "float64"),
    ]  # fmt: skip
    assert all(row["groups"] == [[1, 2]] and row["difference"] == 0 for row in rows)
    assert "digits: 1347 rows, 64 features; 2 learning rates x 2 folds" in capsys.readouterr().out


def test_the_bits_of_some_numbers_of_threads_differ(monkeypatch):
    given = {1: [0.5, 0.25], 2: [0.5, 0.125], 4: [0.5, 0.25], 8: [0.5, 0.125]}
    answer = lambda name, n, nets: [{"digest": str(given[n]), "sample": given[n]}] * 4  # noqa: E731
    monkeypatch.setattr(_child, "fresh", answer)
    monkeypatch.setattr(parallel, "NETS", {"small": None})
    row = parallel._compared_bits(quick=False)[0]
    assert row["difference"] == 0.125
    assert parallel._alike(row) == "1, 4 / 2, 8"


def test_imports(out, capsys, few_peers):
    imports.main(["--quick", "--only", "mlpkit,torch", "--out", str(out)])
    loaded = {row["statement"]: row["tensorflow"] for row in rows_of(out, "imports")}
    assert loaded["import mlpkit"] is False
    assert loaded["import mlpkit.backend  (TensorFlow and Keras)"] is True
    assert "import torch" not in loaded
    said = capsys.readouterr().out
    assert "TensorFlow loaded" in said
    assert "torch is left out: torch is not installed" in said
    assert (out / "imports.png").is_file()


def test_training(out, capsys, few_peers):
    training.main(["--quick", "--only", "digits", "--out", str(out)])
    written = json.loads((out / "training.json").read_text())
    rows = {row["model"]: row for row in written["rows"]}
    spe = "keras fit, 32 steps an execution"
    assert list(rows) == ["mlpkit", "keras fit", spe, "scikit-learn", "floor"]
    ours, peer, floor = rows["mlpkit"], rows["scikit-learn"], rows["floor"]
    assert peer["ratio"] == pytest.approx(peer["seconds"] / ours["seconds"])
    steps = 5  # 131 rows, batches of 32
    assert ours["microseconds_a_step"] == pytest.approx(ours["seconds"] / steps * 1e6)
    products = [row["times"] * row["microseconds"] for row in written["floor"]]
    assert floor["microseconds_a_step"] == pytest.approx(sum(products))
    expected = ours["microseconds_a_step"] / floor["microseconds_a_step"]
    assert floor["step_over_floor"] == pytest.approx(expected)
    assert (floor["bar"], peer["bar"]) == ("<= 2.5x", ">= 4x")
    assert "torch loop is left out" in capsys.readouterr().out
    assert (out / "training.png").is_file()


def test_first_fit(out, in_this_process):
    training.main(["--quick", "--only", "first", "--out", str(out)])
    ours, keras, sklearn = rows_of(out, "training")
    assert [ours["model"], keras["model"], sklearn["model"]] == list(training.FIRST)
    later = ours["seconds"] - sklearn["seconds"]
    assert sklearn["seconds_later"] == pytest.approx(later)
    assert sklearn["verdict"] == ("met" if later <= 0.5 else "missed")


def test_prediction(out, few_peers):
    prediction.main(["--quick", "--only", "row,unpickled", "--out", str(out)])
    rows = rows_of(out, "prediction")
    row = [r["model"] for r in rows if r["work"] == "row"]
    assert row == ["mlpkit", "scikit-learn", "keras predict", "keras model(x)"]
    unpickled = {r["model"]: r["tensorflow"] for r in rows if r["work"] == "unpickled"}
    assert unpickled == {"mlpkit": False, "import sklearn.neural_network": False}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predictors_give_probabilities_of_all_rows(dtype, monkeypatch):
    monkeypatch.setattr(prediction, "_calls", {})
    for model in ("mlpkit", "scikit-learn", "keras predict", "keras model(x)"):
        prediction.prepare(model, 70, dtype, True)
        predict, _ = prediction._calls[model]
        assert np.sum(predict(), axis=1) == pytest.approx(np.ones(70), abs=1e-4)
        assert prediction.run(model) > 0


def test_search(out, in_this_process, few_peers, capsys):
    search.main(["--quick", "--out", str(out)])
    ours, sklearn = rows_of(out, "search")
    assert (ours["model"], sklearn["model"]) == ("mlpkit", "scikit-learn")
    assert sklearn["ratio"] == pytest.approx(sklearn["seconds"] / ours["seconds"])
    assert 0 <= ours["accuracy"] <= 1
    said = capsys.readouterr().out
    assert "skorch is left out" in said
    assert "scikeras is left out" in said


def test_memory(out, few_peers, capsys):
    memory.main(["--quick", "--only", "growth", "--out", str(out)])
    (row,) = rows_of(out, "memory")
    assert row["unit"] == "MB"
    assert row["verdict"] == ("met" if row["value"] <= 30 else "missed")
    assert "Bars met" in capsys.readouterr().out


def test_memory_scenarios(out, few_peers, in_this_process):
    memory.main(["--quick", "--only", "architectures,repeated,peak", "--out", str(out)])
    models = [(row["work"], row["model"]) for row in rows_of(out, "memory")]
    assert models == [
        ("architectures", "mlpkit"),
        ("repeated", "mlpkit"),
        ("repeated", "scikit-learn"),
        ("peak", "mlpkit, early_stopping=False"),
        ("peak", "mlpkit, early_stopping=True"),
    ]


def test_survival(out, in_this_process, capsys):
    survival.main(["--quick", "--only", "damaged,cost", "--out", str(out)])
    written = json.loads((out / "survival.json").read_text())
    (row,) = written["rows"]
    assert (row["files"], row["older"], row["refused"], row["wrong"]) == (8, 4, 2, 0)
    assert row["verdict"] == "met"
    (cost,) = written["costs"]
    assert cost["title"] == next(iter(survival.COSTS))
    assert cost["megabytes"] > 0 < cost["each"]
    assert "went on from the older one to the same bits" in capsys.readouterr().out


@pytest.mark.slow
def test_a_fit_killed_at_random_moments_ends_with_the_same_bits(out):
    survival.main(["--quick", "--only", "killed", "--out", str(out)])
    (row,) = rows_of(out, "survival")
    assert (row["kills"], row["unreadable"], row["wrong"]) == (5, 0, 0)


def test_streams(out, in_this_process, tmp_path, capsys):
    streams.main(["--quick", "--folder", str(tmp_path), "--out", str(out)])
    rows = rows_of(out, "streams")
    assert [(row["work"], row["model"]) for row in rows] == [
        (kind, "mlpkit") for kind in ("csv", "csv", "parquet", "parquet")
    ]
    assert [row["rows"] for row in rows[:2]] == sorted(row["rows"] for row in rows[:2])
    assert all(row["shuffled"] > 0 and row["accuracy"] > 0.5 for row in rows)
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert "in memory" in capsys.readouterr().out


def test_streams_need_room(out, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1e8}))
    with pytest.raises(SystemExit, match="0.1 GB are free"):
        streams.main(["--folder", str(tmp_path), "--out", str(out)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("by_kernel", [True, False])
def test_peak_is_seen_though_it_is_over(by_kernel, monkeypatch):
    if not by_kernel:
        monkeypatch.setattr(_resident, "_reset_peak", lambda: False)
    before = _resident.resident()
    with _resident.peak_watched() as highest:
        held = np.ones(100_000_000, np.uint8)
        time.sleep(0.1)
        del held
    assert 80e6 < highest[0] - before < 150e6


def test_floor_counts_the_products_of_a_step():
    # 64 -> 100: forward and weights; 100 -> 10: those and the gradient of the inputs.
    expected = 2 * (2 * 32 * 64 * 100) + 3 * (2 * 32 * 100 * 10)
    assert sum(map(_floor.flops, _floor.products(DIGITS))) == expected == 1_011_200
    shapes = {(kind, *shape) for kind, *shape in _floor.products(DIGITS)}
    assert ("inputs", 32, 10, 100) in shapes
    assert ("inputs", 32, 100, 64) not in shapes


def test_floor_is_the_better_of_two_measurements():
    before = [{"microseconds": 2.0, "times": 1}, {"microseconds": 5.0, "times": 2}]
    after = [{"microseconds": 3.0, "times": 1}, {"microseconds": 4.0, "times": 2}]
    assert _floor.microseconds(_floor.better(before, after)) == 2 + 2 * 4


@pytest.mark.parametrize("kind", ["forward", "weights", "inputs"])
def test_floor_loops_compute_the_whole_product(kind):
    a, b, transpose_a, transpose_b = operands = _floor._operands((kind, 5, 3, 7))
    expected = (a.T if transpose_a else a) @ (b.T if transpose_b else b)
    assert expected.shape == (5, 7)
    for make in (_floor._numpy_loop, _floor._xla_loop):
        assert make(*operands)(4) == pytest.approx(expected, abs=1e-5)


def test_rounds_alternate_and_begin_with_another_each_time():
    said = []
    tasks = {name: partial(lambda name: said.append(name) or len(said), name) for name in "abc"}
    figures = _rounds.alternate(tasks, 3, at_most={"c": 2})
    assert "".join(said) == "abc" + "bca" + "ab"
    assert figures == {"a": [1, 6, 7], "b": [2, 4, 8], "c": [3, 5]}


def test_a_peer_may_fail_and_mlpkit_may_not(capsys):
    def fail():
        raise _child.ChildFailed("no such thing")

    figures = _rounds.alternate({"mlpkit": lambda: 1.0, "peer": fail}, 2)
    assert figures == {"mlpkit": [1.0, 1.0]}
    assert "peer is left out: no such thing" in capsys.readouterr().out
    with pytest.raises(_child.ChildFailed):
        _rounds.alternate({"mlpkit": fail}, 1)


def test_ratio_is_the_quotient_of_the_medians_and_meets_its_bar():
    figures = {"mlpkit": [1.0, 9.0, 2.0], "keras fit": [51.0, 50.0, 7.0], "skorch": [2.0]}
    ours, keras, skorch = _rounds.compared("training", "digits", figures)
    assert (ours["ratio"], ours["bar"], ours["verdict"]) == (None, "", "")
    assert (keras["ratio"], keras["bar"], keras["verdict"]) == (25.0, ">= 25x", "met")
    assert (skorch["ratio"], skorch["bar"], skorch["runs"]) == (1.0, "", 1)
    assert _bars.summary([ours, keras, skorch]) == "Bars met: 1 of 1. Missed: 0"


def test_bars_know_the_names_that_are_measured():
    measured = {
        *training.TRAINED, *prediction.MODELS, *search.MODELS, *CONTESTANTS, "floor",
        "import sklearn.neural_network",
    }  # fmt: skip
    peers = [works for name, works in _bars.BARS.items() if name != "devices"]
    named = {name for works in peers for bars in works.values() for name in bars}
    assert named <= measured


def test_a_process_that_fails_is_told_of_and_killed():
    with _child.Worker() as worker:
        with pytest.raises(_child.ChildFailed, match=r"math:sqrt\(-1\) raised ValueError"):
            worker.call("math:sqrt", -1)
        assert worker.call("math:sqrt", 4) == 2  # it lives on
        began = time.monotonic()
        with pytest.raises(_child.ChildFailed, match=r"limit 0\.5 s"):
            worker.call("time:sleep", 60, timeout=0.5)
        assert time.monotonic() - began < 10
    with pytest.raises(_child.ChildFailed, match="status 3"):
        _child.fresh("os:_exit", 3)


def test_a_process_runs_this_checkout(root):
    found = _child.fresh("builtins:eval", "__import__('mlpkit').__file__")
    assert found == str(root / "mlpkit" / "__init__.py")


def test_options():
    read = partial(_options.read, "What it does.", parts=("one", "two"))
    assert read([]).only == ("one", "two")
    assert (read([]).runs, read(["--quick"]).runs, read(["--quick", "--runs", "2"]).runs) == (
        5,
        1,
        2,
    )
    for wrong in (["--only", "three"], ["--runs", "0"]):
        with pytest.raises(SystemExit):
            read(wrong)


def test_quick_nets_keep_their_shape():
    quick, full = find("fashion", quick=True), find("fashion")
    assert (quick.hidden, quick.batch, quick.steps) == (full.hidden, full.batch, 5)
    assert full.steps == 3 * 1875
    X, y = quick.data()
    assert (X.shape, X.dtype, y.shape) == ((131, 784), np.float32, (131,))


def test_markdown_leaves_out_what_repeats():
    rows = [{"a": "x", "b": 1.5, "c": True}, {"a": "x", "b": None, "c": False}]
    lines = _report.markdown({"A": "a", "B": lambda row: row["b"], "C": "c"}, rows).splitlines()
    assert lines == ["| A | B | C |", "| --- | --- | --- |", "| x | 1.50 | yes |", "|  |  | no |"]


def test_plot_draws_what_is_positive(tmp_path, capsys):
    _plot.draw(tmp_path / "a.png", {"work": [("mlpkit", 2e-3), ("peer", -1.0)]}, "a step")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("module", [_report, _floor])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.slow
def test_devices(out, in_this_process, capsys):
    devices.main(["--quick", "--only", "parity,loop,terms", "--out", str(out)])
    rows = rows_of(out, "devices")
    assert [row["verdict"] for row in rows if row["work"] == "parity"] == ["met", "met"]
    loop = [row for row in rows if row["work"] == "loop"]
    assert {row["model"] for row in loop} == {"digits", "housing", "wide"}
    exchange = next(row for row in rows if "all-reduce of 0.03 MB" in row["title"])
    assert exchange["value"] > 0
    assert "largest relative difference (float32) |" in capsys.readouterr().out
