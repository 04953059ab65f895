"""Sixty hostile tables: each gives the matrix that was worked out by hand, or one clear error."""

import datetime
import decimal
import uuid

import numpy as np
import pandas as pd
import pytest

from mlpkit import InvalidParameterError, TabularEncoder

NA, D = np.nan, decimal.Decimal
DAYS = ["2024-02-28", "2024-02-29", None, "2024-03-01"]  # days 19781, 19782, -, 19783
ZONED = pd.to_datetime(  # in New York an evening, and a night in which clocks skip an hour
    ["2024-03-10 04:30", "2024-03-10 06:30", "2024-03-10 07:30"], utc=True
)
TEXT, OBJECT = "str", object


def frame(dtype=None, **columns):
    if dtype is not None:
        columns = {name: pd.Series(values, dtype=dtype) for name, values in columns.items()}
    return pd.DataFrame(columns)


def polars(**columns):
    return pytest.importorskip("polars").DataFrame(columns, strict=False)


X012 = {"x": [0.0, 1.0, 2.0]}

# What it is: the table, the encoded columns with their names, arguments of the encoder.
RIGHT = {
    "whole numbers": (lambda: frame(x=[3, 1, 2]), {"x": [3, 1, 2]}),
    "floats": (lambda: frame(x=[3, 1.5, 2]), {"x": [3, 1.5, 2]}),
    "NaN": (lambda: frame(x=[3, NA, 1, 7]), {"x": [3, 3, 1, 7], "x_missing": [0, 1, 0, 0]}),
    "None among objects": (
        lambda: frame(x=[3, None, 1, 7], dtype=OBJECT),
        {"x": [3, 3, 1, 7], "x_missing": [0, 1, 0, 0]},
    ),
    "pd.NA of a nullable type": (
        lambda: frame(x=[3, None, 1, 7], dtype="Int64"),
        {"x": [3, 3, 1, 7], "x_missing": [0, 1, 0, 0]},
    ),
    "every kind of missing": (
        lambda: frame(x=[3, None, NA, pd.NA, 1, 7], dtype=OBJECT),
        {"x": [3, 3, 3, 3, 1, 7], "x_missing": [0, 1, 1, 1, 0, 0]},
    ),
    "nullable floats": (lambda: frame(x=[0.5, 1, 2], dtype="Float32"), {"x": [0.5, 1, 2]}),
    "decimals": (
        lambda: frame(x=[D("0.5"), D("NaN"), D(2), D(1)], dtype=OBJECT),
        {"x": [0.5, 1, 2, 1], "x_missing": [0, 1, 0, 0]},
    ),
    "decimals among floats": (lambda: frame(x=[D("0.5"), 1.0, 2]), {"x": [0.5, 1, 2]}),
    "huge whole numbers": (lambda: frame(x=[2**63, 1, 2]), {"x": [2.0**63, 1, 2]}),
    "infinite values": (lambda: frame(x=[1, np.inf, -np.inf, 5, 3]), {"x": [1, 5, 1, 5, 3]}),
    "infinite values beside gaps": (
        lambda: frame(x=[1, np.inf, NA, 5, 3]),
        {"x": [1, 5, 3, 5, 3], "x_missing": [0, 0, 1, 0, 0]},
    ),
    "two numbers": (lambda: frame(x=[7, 3, 7]), {"x": [1, 0, 1]}),
    "two numbers with gaps": (
        lambda: frame(x=[7, NA, 3, 7]), {"x": [1, 1, 0, 1], "x_missing": [0, 1, 0, 0]}
    ),
    "one number with gaps": (lambda: frame(x=[7, NA, 7]), {"x_missing": [0, 1, 0]}),
    "booleans": (lambda: frame(x=[True, False, True]), {"x": [1, 0, 1]}),
    "booleans of objects with gaps": (
        lambda: frame(x=[True, None, False, True], dtype=OBJECT),
        {"x": [1, 1, 0, 1], "x_missing": [0, 1, 0, 0]},
    ),
    "nullable booleans": (
        lambda: frame(x=[True, None, False, True], dtype="boolean"),
        {"x": [1, 1, 0, 1], "x_missing": [0, 1, 0, 0]},
    ),
    "booleans among numbers": (lambda: frame(x=[True, 2.5, 0], dtype=OBJECT), {"x": [1, 2.5, 0]}),
    "sparse numbers": (lambda: frame(x=pd.arrays.SparseArray([0, 1, 2])), {"x": [0, 1, 2]}),
    "a constant column": (lambda: frame(c=[5, 5, 5], **X012), X012),
    "a constant text": (lambda: frame(c=["a", "a", "a"], **X012), X012),
    "a constant date": (lambda: frame(c=pd.to_datetime(["2024-01-01"] * 3), **X012), X012),
    "a constant beside infinity": (lambda: frame(c=[5, np.inf, 5], **X012), X012),
    "a column of NaN": (lambda: frame(c=[NA, NA, NA], **X012), X012),
    "a column of None": (lambda: frame(c=[None, None, None], **X012), X012),
    "a column of NaT": (lambda: frame(c=pd.to_datetime([None] * 3), **X012), X012),
    "an empty category": (lambda: frame(c=pd.Categorical([None] * 3), **X012), X012),
    "a column of infinity": (lambda: frame(c=[np.inf] * 3, **X012), X012),
    "equal columns": (lambda: frame(a=[0.0, 1, 2], b=[0, 1, 2]), {"a": [0, 1, 2]}),
    "equal columns with gaps": (
        lambda: frame(a=[0, NA, 2, 1], b=[0, NA, 2, 1]),
        {"a": [0, 1, 2, 1], "a_missing": [0, 1, 0, 0]},
    ),
    "equal categories": (
        lambda: frame(a=["1", "2", "1"], b=pd.Categorical([1, 2, 1])),
        {"a_1": [1, 0, 1], "a_2": [0, 1, 0]},
    ),
    "text": (lambda: frame(x=["b", "a", "b"]), {"x_a": [0, 1, 0], "x_b": [1, 0, 1]}),
    "text with gaps": (
        lambda: frame(x=["b", None, "a"]),
        {"x_a": [0, 0, 1], "x_b": [1, 0, 0], "x_missing": [0, 1, 0]},
    ),
    "a level called missing": (
        lambda: frame(x=["missing", None]), {"x_missing": [1, 0], "x_missing_2": [0, 1]}
    ),
    "text that spells numbers": (
        lambda: frame(x=["007", "7", "7"]), {"x_007": [1, 0, 0], "x_7": [0, 1, 1]}
    ),
    "empty text": (lambda: frame(x=["", " ", ""]), {"x_": [1, 0, 1], "x_ ": [0, 1, 0]}),
    "bytes": (lambda: frame(x=[b"b", b"a"], dtype=OBJECT), {"x_a": [0, 1], "x_b": [1, 0]}),
    "whole numbers among text": (
        lambda: frame(x=[1, "1", "a", 1.0], dtype=OBJECT),
        {"x_1": [1, 1, 0, 1], "x_a": [0, 0, 1, 0]},
    ),
    "True and 1 among text": (
        lambda: frame(x=[1, True, "a"], dtype=OBJECT),
        {"x_1": [1, 0, 0], "x_True": [0, 1, 0], "x_a": [0, 0, 1]},
    ),
    "categories": (
        lambda: frame(x=pd.Categorical(["b", "a", None], ["c", "b", "a"])),
        {"x_a": [0, 1, 0], "x_b": [1, 0, 0], "x_missing": [0, 0, 1]},
    ),
    "ordered categories": (
        lambda: frame(x=pd.Categorical(["L", "S"], ["S", "L"], ordered=True)),
        {"x_L": [1, 0], "x_S": [0, 1]},
    ),
    "categories of numbers": (
        lambda: frame(x=pd.Categorical([2.0, 1.0, 2.0])), {"x_1": [0, 1, 0], "x_2": [1, 0, 1]}
    ),
    "intervals": (
        lambda: frame(x=pd.cut(pd.Series([1, 9]), [0, 5, 10])),
        {"x_(0, 5]": [1, 0], "x_(5, 10]": [0, 1]},
    ),
    "universally unique names": (
        lambda: frame(x=[uuid.UUID(int=1), uuid.UUID(int=2)]),
        {f"x_{uuid.UUID(int=1)}": [1, 0], f"x_{uuid.UUID(int=2)}": [0, 1]},
    ),
    "times of the day": (
        lambda: frame(x=[datetime.time(6), datetime.time(7)]),
        {"x_06:00:00": [1, 0], "x_07:00:00": [0, 1]},
    ),
    "rare levels": (
        lambda: frame(x=["a"] * 38 + ["b", "c"]),
        {"x_a": [1] * 38 + [0, 0], "x_rare": [0] * 38 + [1, 1]},
        {"min_frequency": 2},
    ),
    "more levels than columns": (
        lambda: frame(x=["a", "a", "b", "b", "c"]),
        {"x_a": [1, 1, 0, 0, 0], "x_rare": [0, 0, 1, 1, 1]},
        {"max_categories": 2},
    ),
    "codes": (
        lambda: frame(x=["a", "b", None, "c"]), {"x": [1, 2, 4, 3]}, {"embed_above": 2}
    ),
    "a sign": (lambda: frame(x=["a", "b", None]), {"x": [-1, 1, 0]}, {"binary_as_sign": True}),
    "dates with gaps": (
        lambda: frame(x=pd.to_datetime(DAYS)),
        {
            "x_days": [19781, 19782, 19782, 19783], "x_day": [28, 29, 28, 1],
            "x_weekday": [2, 3, 3, 4], "x_month": [0, 0, 0, 1], "x_days_missing": [0, 0, 1, 0],
        },
    ),
    "dates of a zone": (
        lambda: frame(x=ZONED.tz_convert("America/New_York")),
        {
            "x_days": [19792 + hour / 24 for hour in (4.5, 6.5, 7.5)], "x_hour": [23.5, 1.5, 3.5],
            "x_day": [0, 1, 1], "x_weekday": [0, 1, 1],
        },
    ),
    "Python's dates": (
        lambda: frame(x=[datetime.date(1970, 1, 2), datetime.date(1970, 1, 3)]),
        {"x_days": [0, 1], "x_day": [0, 1], "x_weekday": [0, 1]},
    ),
    "periods": (
        lambda: frame(x=pd.PeriodIndex(["1970-01", "1970-02"], freq="M")),
        {"x_days": [0, 1], "x_month": [0, 1], "x_weekday": [0, 1]},
    ),
    "dates far away": (
        lambda: frame(x=[datetime.datetime(9999, 1, 1), datetime.datetime(1, 1, 1)] * 2),
        {"x_days": [1, 0] * 2, "x_weekday": [1, 0] * 2},
    ),
    "durations": (
        lambda: frame(x=pd.to_timedelta([12, None, 36, 24], unit="h")),
        {"x": [0.5, 1, 1.5, 1], "x_missing": [0, 1, 0, 0]},
    ),
    "columns without names": (lambda: pd.DataFrame([[1, "a"], [2, "b"], [3, "a"]]),
        {"x0": [1, 2, 3], "x1_a": [1, 0, 1], "x1_b": [0, 1, 0]}),
    "a list of rows": (lambda: [[1, "a"], [2, "b"], [3, None]],
        {"x0": [1, 2, 3], "x1_a": [1, 0, 0], "x1_b": [0, 1, 0], "x1_missing": [0, 0, 1]}),
    "an array of text": (lambda: np.array([["1.5", "a"], ["2", "b"], ["3", "a"]]),
        {"x0": [1.5, 2, 3], "x1_a": [1, 0, 1], "x1_b": [0, 1, 0]}),
    "an array of objects": (lambda: np.array([[1, "a"], [NA, "b"], [3, "a"]], dtype=object),
        {"x0": [0, 0.5, 1], "x0_missing": [0, 1, 0], "x1_a": [1, 0, 1], "x1_b": [0, 1, 0]}),
    "an array with gaps": (lambda: np.array([[1, 0.0], [NA, 1], [3, 2], [9, 3]], "float32"),
        {"x0": [1, 3, 3, 9], "x1": [0, 1, 2, 3], "x0_missing": [0, 1, 0, 0]}),
    "polars": (lambda: polars(x=[3, None, 1, 7], c=["a", None, "b", "a"], b=[True, False] * 2),
        {"x": [3, 3, 1, 7], "x_missing": [0, 1, 0, 0], "b": [1, 0, 1, 0],
         "c_a": [1, 0, 0, 1], "c_b": [0, 0, 1, 0], "c_missing": [0, 1, 0, 0]}),
    "polars' dates": (
        lambda: polars(x=[datetime.date(1970, 1, 2), None, datetime.date(1970, 1, 4)]),
        {"x_days": [0, 0.5, 1], "x_days_missing": [0, 1, 0], "x_day": [0, 0.5, 1],
         "x_weekday": [0, 0.5, 1]},
    ),
    "polars' categories": (
        lambda: polars(x=["a", "b"]).cast({"x": pytest.importorskip("polars").Categorical}),
        {"x_a": [1, 0], "x_b": [0, 1]},
    ),
    "Arrow's columns": (
        lambda: frame(x=[3, None, 1, 7], dtype="int64[pyarrow]").assign(
            c=pd.Series(["a", "b", "a", None], dtype="string[pyarrow]")
        ),
        {"x": [3, 3, 1, 7], "x_missing": [0, 1, 0, 0],
         "c_a": [1, 0, 1, 0], "c_b": [0, 1, 0, 0], "c_missing": [0, 0, 0, 1]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", RIGHT)
def test_a_hostile_table_gives_the_matrix_worked_out_by_hand(kind):
    make, expected, *options = RIGHT[kind]
    table = make()
    encoder = TabularEncoder(**(options[0] if options else {})).fit(table)
    out = encoder.transform(table)
    names = encoder.get_feature_names_out().tolist()
    assert sorted(names) == sorted(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(out[:, names.index(name)], list(values), err_msg=name)
    # A row is encoded by itself as among others.
    pick = (
        (lambda i: table[i : i + 1])
        if not hasattr(table, "iloc")
        else (lambda i: table.iloc[i : i + 1])
    )
    alone = np.concatenate([encoder.transform(pick(i)) for i in range(len(out))])
    np.testing.assert_array_equal(alone, out)


class Thing:
    """Prints as its address."""


WRONG = {
    "a column of lists": (lambda: frame(x=[[1, 2], [3]]), "Got a list in column 'x'"),
    "a column of dicts": (lambda: frame(a=[1, 2], x=[{}, {"a": 1}]), "Got a dict in column 'x'"),
    "a column of sets": (lambda: frame(x=["a", {1}]), "Got a set in column 'x'"),
    "a column of tuples": (lambda: frame(x=[(1,), (2,)]), "Got a tuple in column 'x'"),
    "a column of arrays": (lambda: frame(x=[np.ones(2)] * 2), "Got a ndarray in column 'x'"),
    "lists of Arrow": (
        lambda: frame(x=pd.Series([[1], [2]]).astype(
            pd.ArrowDtype(pytest.importorskip("pyarrow").list_(pytest.importorskip("pyarrow").int64()))
        )),
        "Got a (list|ndarray) in column 'x'",
    ),
    "lists of polars": (lambda: polars(x=[[1], [2]]), "Got a list in column 'x'"),
    "structs of polars": (lambda: polars(x=[{"a": 1}, {"a": 2}]), "Got a dict in column 'x'"),
    "things": (lambda: frame(x=[Thing(), Thing()]), "Got a Thing in column 'x'"),
    "complex numbers": (lambda: frame(x=[1j, 2]), "Got complex ones in column 'x'"),
    "complex objects": (lambda: frame(x=[1j, "a"]), "Got complex ones in column 'x'"),
    "an array of complex numbers": (lambda: np.array([[1j], [2]]), "Got complex ones in column"),
    "names that come twice": (
        lambda: pd.DataFrame([[1, 2, 3]], columns=list("aba")), r"Got \['a'\] more than once"
    ),
    "names of two types": (lambda: pd.DataFrame({"a": [1, 2], 0: [3, 4]}), "string names"),
    "no row": (lambda: frame(x=[], dtype=float), r"0 sample\(s\) \(shape=\(0, 1\)\)"),
    "no column": (lambda: pd.DataFrame(index=[0, 1]), r"0 feature\(s\) \(shape=\(2, 0\)\)"),
    "nothing": (lambda: pd.DataFrame(), r"0 feature\(s\)"),
    "an array without rows": (lambda: np.empty((0, 2)), r"0 sample\(s\)"),
    "an empty list": (lambda: [], "must be a table of rows and columns"),
    "a single row": (lambda: frame(x=[1]), r"tells rows apart\. Got 1 sample\(s\)"),
    "constant columns only": (
        lambda: frame(x=[1, 1], c=["a", "a"]), r"'x' \(constant\), 'c' \(constant\)"
    ),
    "a level a row": (
        lambda: frame(x=[f"id {i}" for i in range(100)]), r"'x' \(no level in 5 rows\)"
    ),
    "one dimension": (lambda: np.arange(3), r"Got 1 dimension\(s\)"),
    "a Series": (lambda: pd.Series([1, 2]), r"Got 1 dimension\(s\)"),
    "three dimensions": (lambda: np.zeros((2, 2, 2)), r"Got 3 dimension\(s\)"),
    "rows of different lengths": (lambda: [[1, 2], [3]], "rows of one length"),
    "a scalar": (lambda: 3, r"Got 0 dimension\(s\)"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_a_table_that_is_none_is_refused_in_one_clear_error(kind):
    make, message = WRONG[kind]
    with pytest.raises((InvalidParameterError, TypeError), match=message) as caught:
        TabularEncoder().fit(make())
    assert len(str(caught.value)) < 500


FITTED = {
    "n": [1.0, 2, 3, 4], "b": [True, False] * 2, "t": ["a", "b", "a", "c"],
    "d": pd.date_range("1970-01-02", periods=4), "s": pd.to_timedelta([1, 2, 3, 5], unit="D"),
}  # fmt: skip

# At transform: what a column has become, and what comes of it or the error that tells.
LATER = {
    "unknown level": ("t", ["z"], {"t_a": 0, "t_b": 0, "t_c": 0}),
    "a gap in text": ("t", [None], {"t_a": 0, "t_b": 0, "t_c": 0}),
    "a category": ("t", pd.Categorical(["b"]), {"t_a": 0, "t_b": 1, "t_c": 0}),
    "numbers in text": ("t", [3.0], {"t_a": 0, "t_b": 0, "t_c": 0}),
    "a gap in numbers": ("n", [NA], {"n": 2.5}),
    "None in numbers": ("n", [None], {"n": 2.5}),
    "infinity": ("n", [np.inf], {"n": 4}),
    "beyond the range": ("n", [99], {"n": 99}),
    "text that spells a number": ("n", ["1.5"], {"n": 1.5}),
    "a category of numbers": ("n", pd.Categorical([2.0]), {"n": 2}),
    "a boolean among numbers": ("n", [True], {"n": 1}),
    "numbers among booleans": ("b", [1], {"b": 1}),
    "a date as text": ("d", ["1970-01-03"], {"d_days": 2, "d_day": 3}),
    "a date of a zone": ("d", pd.to_datetime(["1970-01-03"], utc=True), {"d_days": 2, "d_day": 3}),
    "a gap in dates": ("d", pd.to_datetime([None]), {"d_days": 2.5, "d_day": 3.5}),
    "a duration as text": ("s", ["2 days"], {"s": 2}),
    "text among numbers": ("n", ["abc"], "numbers in column 'n', as at fit. Got 'abc'"),
    "a date among numbers": ("n", pd.to_datetime(["2024"]), "numbers in column 'n', as at fit"),
    "a duration among numbers": ("n", pd.to_timedelta(["1D"]), "numbers in column 'n', as at fit"),
    "a date of Python among numbers": (
        "n", pd.Series([datetime.date(2024, 1, 1)], dtype=object), "numbers in column 'n'"
    ),
    "text among booleans": ("b", ["yes"], "booleans in column 'b', as at fit. Got 'yes'"),
    "a list in text": ("t", [["a"]], "Got a list in column 't'"),
    "a list in numbers": ("n", [[1.0]], "numbers in column 'n', as at fit"),
    "text among dates": ("d", ["soon"], "dates in column 'd', as at fit. Got 'soon'"),
    "numbers among dates": ("d", [3], "dates in column 'd', as at fit. Got 3"),
    "numbers among durations": ("s", [3], "durations in column 's', as at fit"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LATER)
def test_a_later_table_is_read_as_at_fit_or_refused(kind):
    column, values, expected = LATER[kind]
    encoder = TabularEncoder().fit(frame(**FITTED))
    later = frame(**FITTED)[:1].assign(**{column: values})
    if isinstance(expected, str):
        for table in (later, pd.concat([later] * 100, ignore_index=True)):
            with pytest.raises(InvalidParameterError, match=expected):
                encoder.transform(table)
        return
    names = encoder.get_feature_names_out().tolist()
    many = encoder.transform(pd.concat([later] * 100, ignore_index=True))
    for out in (encoder.transform(later), many[-1:]):
        assert {name: out[0, names.index(name)] for name in expected} == expected
