"""What kind of target is this: every kind of container, every refusal, and there and back."""

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse

from mlpkit.errors import InvalidParameterError, TargetError
from mlpkit.tasks import TASKS, Task, infer_task

# Rows of Géron's tables 10-1 (regression) and 10-2 (classification).
TABLE = {
    "binary": (["no", "yes", "no"], 1, "sigmoid", "binary_crossentropy", "accuracy"),
    "multiclass": ([5, 3, 4], 3, "softmax", "sparse_categorical_crossentropy", "accuracy"),
    "multilabel": ([[1, 0, 0], [1, 1, 0]], 3, "sigmoid", "binary_crossentropy", "accuracy"),
    "regression": ([0.5, 1.5], 1, "linear", "mean_squared_error", "root_mean_squared_error"),
    "multioutput": (
        [[0.5, 1], [2, 3]], 2, "linear", "mean_squared_error", "root_mean_squared_error",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TASKS)
def test_units_activation_loss_and_metric_are_the_table_s(name):
    y, units, activation, loss, metric = TABLE[name]
    task = infer_task(y)
    assert task.name == name
    assert task.units == units
    assert (task.output_activation, task.loss, task.metric) == (activation, loss, metric)
    assert task.is_classification == (name in ("binary", "multiclass", "multilabel"))


CONTAINERS = {
    "list of int": ([0, 2, 1], "multiclass", [0, 1, 2]),
    "list of str": (["b", "a"], "binary", ["a", "b"]),
    "tuple of bool": ((True, False), "binary", [False, True]),
    "list of bytes": ([b"b", b"a"], "binary", [b"a", b"b"]),
    "whole floats": ([0.0, 2.0, 1.0], "multiclass", [0.0, 1.0, 2.0]),
    "-1 and 1": ([-1, 1], "binary", [-1, 1]),
    "numbers as text": (["10", "2"], "binary", ["10", "2"]),
    "column of int": ([[1], [2]], "binary", [1, 2]),
    "column of str": ([["x"], ["y"]], "binary", ["x", "y"]),
    "uint8": (np.array([0, 255], np.uint8), "binary", [0, 255]),
    "objects of str": (np.array(["b", "a"], object), "binary", ["a", "b"]),
    "objects of bool": (np.array([True, False], object), "binary", [False, True]),
    "pandas str": (pd.Series(["b", "a"]), "binary", ["a", "b"]),
    "pandas object": (pd.Series(["b", "a"], dtype=object), "binary", ["a", "b"]),
    "pandas string": (pd.Series(["b", "a"], dtype="string"), "binary", ["a", "b"]),
    "pandas category": (pd.Series(["b", "a"], dtype="category"), "binary", ["a", "b"]),
    "pandas category of int": (pd.Series([4, 3], dtype="category"), "binary", [3, 4]),
    "pandas Int64": (pd.Series([4, 3], dtype="Int64"), "binary", [3, 4]),
    "pandas boolean": (pd.Series([True, False], dtype="boolean"), "binary", [False, True]),
    "pandas column": (pd.DataFrame({"y": ["b", "a"]}), "binary", ["a", "b"]),
    "pandas intervals": (pd.cut(pd.Series([1, 2, 3.0]), 2), "binary", None),
    "polars str": (pl.Series(["b", "a"]), "binary", ["a", "b"]),
    "polars int": (pl.Series([4, 3]), "binary", [3, 4]),
    "polars bool": (pl.Series([True, False]), "binary", [False, True]),
    "polars category": (pl.Series(["b", "a"], dtype=pl.Categorical), "binary", ["a", "b"]),
    "lists of 0 and 1": ([[0, 1], [1, 1]], "multilabel", [0, 1]),
    "floats of 0 and 1": ([[0.0, 1.0], [1.0, 1.0]], "multilabel", [0, 1]),
    "pandas frame": (pd.DataFrame({"a": [0, 1], "b": [1, 1]}), "multilabel", [0, 1]),
    "pandas Int64 frame": (
        pd.DataFrame({"a": [0, 1], "b": [1, 1]}, dtype="Int64"), "multilabel", [0, 1],
    ),
    "polars frame": (pl.DataFrame({"a": [0, 1], "b": [1, 1]}), "multilabel", [0, 1]),
    "CSR matrix": (scipy.sparse.csr_matrix([[0, 1], [1, 1]]), "multilabel", [0, 1]),
    "CSC array": (scipy.sparse.csc_array([[0, 1], [1, 1]]), "multilabel", [0, 1]),
    "float32": (np.array([0.5, 1], "float32"), "regression", None),
    "column of float": ([[0.5], [1.0]], "regression", None),
    "pandas Float64": (pd.Series([0.5, 1], dtype="Float64"), "regression", None),
    "polars float": (pl.Series([0.5, 1]), "regression", None),
    "decimals": ([decimal.Decimal("0.5"), decimal.Decimal(1)], "regression", None),
    "21 whole numbers": (list(range(21)), "regression", None),
    "integers beyond int64": ([*range(30), 10**20], "regression", None),
    "two columns": ([[0.5, 1], [2, 3]], "multioutput", None),
    "two columns of counts": ([[1, 2], [3, 4]], "multioutput", None),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTAINERS)
def test_every_container_gives_its_task(case):
    y, name, classes = CONTAINERS[case]
    task = infer_task(y)
    assert task.name == name
    if classes is not None:
        assert task.classes.tolist() == classes
        assert [type(c) for c in task.classes.tolist()] == [type(c) for c in classes]


@pytest.mark.parametrize("case", CONTAINERS)
def test_decode_undoes_encode(case):
    y = CONTAINERS[case][0]
    task = infer_task(y)
    outputs = task.encode(y, one_hot=True)
    assert outputs.shape == (outputs.shape[0], task.units)
    back = task.decode(outputs)
    dense = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
    if task.is_classification and task.name != "multilabel":
        dense = dense.ravel()
    assert back.tolist() == dense.tolist()


def test_encodings():
    task = infer_task(["a", "c", "b"])
    np.testing.assert_array_equal(task.encode(["c", "a"]), [[2], [0]])
    assert task.encode(["c"]).dtype == np.int64
    np.testing.assert_array_equal(task.encode(["c", "a"], one_hot=True), [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(infer_task([3, 7]).encode([7, 3, 7]), [[1], [0], [1]])
    numbers = infer_task([0.5, 1.0]).encode(np.array([2, 3]))
    assert numbers.dtype == np.float64 and numbers.shape == (2, 1)


def test_encoding_changes_nothing_of_the_caller_s():
    y = np.array([1.5, 2.5])
    encoded = infer_task(y).encode(y)
    encoded[:] = 0
    np.testing.assert_array_equal(y, [1.5, 2.5])


def test_a_column_comes_back_as_a_column():
    assert infer_task([[0.5], [1.5]]).decode(np.ones((2, 1))).shape == (2, 1)
    assert infer_task([0.5, 1.5]).decode(np.ones((2, 1))).shape == (2,)


def test_probabilities_have_a_column_per_class():
    binary, several = infer_task([0, 1]), infer_task([0, 1, 2])
    np.testing.assert_allclose(binary.probabilities(np.array([[0.2]])), [[0.8, 0.2]])
    outputs = np.array([[0.2, 0.3, 0.5]])
    np.testing.assert_array_equal(several.probabilities(outputs), outputs)
    labels = infer_task([[0, 1], [1, 1]])
    np.testing.assert_array_equal(labels.probabilities(outputs[:, :2]), outputs[:, :2])


def test_the_caller_s_word_decides():
    assert infer_task(range(25), "classification").name == "multiclass"
    assert infer_task([0, 1], "regression").name == "regression"
    assert infer_task([[0, 1], [1, 1]], "regression").name == "multioutput"
    assert infer_task([True, False], "regression").encode([True]).tolist() == [[1.0]]
    with pytest.raises(InvalidParameterError, match="kind must be one of .*Did you mean 'regre"):
        infer_task([0, 1], "regresion")


ANY, CLASSES, NUMBERS = "auto classification regression", "classification", "regression"
MISSING = "missing values. Input y contains NaN"
REFUSED = {
    "one class": ([1, 1], CLASSES, "at least two classes. Got one class only, 1;"),
    "one class of text": (["a", "a"], "auto classification", "one class only, 'a';"),
    "continuous classes": ([0.5, 1], CLASSES, "Unknown label type: continuous. .*such as 0.5;"),
    "several columns of classes": ([[1, 2], [3, 4]], CLASSES, "multiclass-multioutput"),
    "several columns of text": ([["a", "b"]], "auto classification", "multiclass-multioutput"),
    "text for a regression": (["a", "b"], NUMBERS, "regressor must hold numbers. Got 'a'"),
    "numbers as text for a regression": (["1", "2"], NUMBERS, "Got '1'.*convert the text"),
    "NaN": ([0.5, np.nan], ANY, MISSING),
    "None among text": (["a", None], ANY, MISSING),
    "NaN among text": (["a", "b", np.nan], ANY, MISSING),
    "NaN in a second column": ([[0.5, 1], [np.nan, 1]], ANY, MISSING),
    "nullable integers": (pd.Series([1, None], dtype="Int64"), ANY, MISSING),
    "nullable floats": (pd.Series([1.5, None], dtype="Float64"), ANY, MISSING),
    "nullable booleans": (pd.Series([True, None], dtype="boolean"), ANY, MISSING),
    "nullable text": (pd.Series(["a", None], dtype="string"), ANY, MISSING),
    "text with a gap": (pd.Series(["a", None]), ANY, MISSING),
    "category with a gap": (pd.Series(["a", None], dtype="category"), ANY, MISSING),
    "polars null": (pl.Series([1, None]), ANY, MISSING),
    "polars null text": (pl.Series(["a", None]), ANY, MISSING),
    "no date": (pd.Series([pd.Timestamp(0), None]), ANY, MISSING),
    "masked": (np.ma.array([1, 2], mask=[0, 1]), ANY, MISSING),
    "infinity": ([0.5, np.inf], ANY, "must be finite. Input y contains infinity"),
    "complex": ([1j, 2], ANY, "Complex data not supported"),
    "complex objects": (np.array([1j, 2], object), ANY, "Complex data not supported"),
    "dates": (pd.Series(pd.to_datetime(["2020-01-01", "2020-01-02"])), ANY, "Got dates"),
    "date objects": ([datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)], ANY, "Got dates"),
    "durations": (np.array([1, 2], "timedelta64[D]"), ANY, "Got dates or times"),
    "records": (np.array([(1, 2)], [("a", int), ("b", int)]), ANY, "Got records"),
    "empty": ([], ANY, r"at least one value. Got list of shape \(0,\)"),
    "no column": (np.zeros((3, 0)), ANY, r"Got ndarray of shape \(3, 0\)"),
    "three axes": (np.zeros((2, 2, 2)), ANY, r"shape \(2, 2, 2\)"),
    "a number": (3, ANY, "Got int of shape"),
    "a word": ("abc", ANY, "Got str of shape"),
    "a generator": ((i for i in (0, 1)), ANY, "Got generator"),
    "None": (None, ANY, "the target y is None"),
    "sets of labels": ([("a",), ("a", "b")], ANY, "MultiLabelBinarizer"),
    "text and numbers": (["a", 1], "auto classification", "one type.*Got int and str"),
    "objects without order": ([object(), object()], CLASSES, "can be sorted. Got object"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    y, kinds, message = REFUSED[case]
    for kind in kinds.split():
        with pytest.raises(TargetError, match=message):
            infer_task(y, kind)


def test_one_value_is_enough_for_a_regression():
    assert infer_task([1, 1], "regression").name == "regression"


UNKNOWN = {
    "a new number": ([1, 2], [2, 3, 1, 3], r"known classes \[1, 2\]. Got also \[3\]"),
    "a new word": (["a", "b"], ["a", "longer"], r"Got also \['longer'\]"),
    "text for numbers": ([1, 2, 3], ["1", "2"], r"Got also \['1', '2'\]"),
    "numbers for text": (["1", "2"], [1, 2], r"Got also \[1, 2\]"),
    "objects for numbers": ([1, 2], np.array(["a", 2], object), r"Got also \['a', 2\]"),
    "many": (list(range(12)), [99], r"\[0, 1, 2, 3, 4, 5, 6, 7, ...\]"),
    "two columns for one": ([1, 2], [[1, 2], [2, 1]], r"1 column\(s\).*Got 2"),
    "one column for two": ([[0.5, 1], [2, 3]], [1.0, 2.0], r"2 column\(s\).*Got 1"),
    "another number of labels": ([[0, 1], [1, 1]], [[0, 1, 1]], r"2 column\(s\).*Got 3"),
    "no indicator": ([[0, 1], [1, 1]], [[0, 2]], "indicator matrix"),
    "NaN": ([0.5, 1.5], [np.nan], MISSING),
    "None": (["a", "b"], ["a", None], MISSING),
    "text for a regression": ([0.5, 1.5], ["a"], "must hold numbers"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_encoding_refuses_what_the_task_does_not_know(case):
    y, new, message = UNKNOWN[case]
    with pytest.raises(TargetError, match=message):
        infer_task(y).encode(new)


def test_a_task_is_frozen():
    with pytest.raises(AttributeError):
        Task("regression").name = "binary"
