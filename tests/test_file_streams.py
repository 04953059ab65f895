"""Streams over files: every row once an epoch, in a bounded buffer, and errors by file and row."""

import gzip
import json
import sys

import numpy as np
import pandas as pd
import pytest

from mlpkit import stream_csv, stream_parquet
from mlpkit.file_streams import sharding, shuffling
from mlpkit.file_streams import stream as streams

N = 1000


@pytest.fixture(autouse=True)
def _in_a_fresh_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def small_chunks(monkeypatch):
    """A chunk holds 40 rows of three numbers and the buffer 200."""
    monkeypatch.setattr(streams, "CHUNK_BYTES", 40 * 40)
    monkeypatch.setattr(streams, "BUFFER_BYTES", 40 * 200)


def table(n=N, start=0):
    number = np.arange(start, start + n)
    return pd.DataFrame(
        {
            "a": number + 0.5,
            "b": number % 7,
            "c": number % 2 == 0,
            "y": number,
            "w": number % 3 + 1.0,
        }
    )


def write(kind, sizes=(N,), group=None):
    """Files of consecutively numbered rows; the function that streams them, and their glob."""
    start = 0
    for i, n in enumerate(sizes):
        part = table(n, start)
        if kind == "csv":
            part.to_csv(f"part-{i}.csv", index=False)
        else:
            part.to_parquet(f"part-{i}.parquet", row_group_size=group or n)
        start += n
    return (stream_csv if kind == "csv" else stream_parquet), f"part-*.{kind}"


KINDS = pytest.mark.parametrize("kind", ["csv", "parquet"])
COLUMNS = dict(target="y", features=["a", "b", "c"], sample_weight="w", shard=None)


def order(stream, epoch):
    """The numbers of the rows of an epoch, each row held against what it must be."""
    block = shuffling.join(list(stream.blocks(epoch)))
    rows = table(int(block.y.max()) + 1).iloc[block.y]
    np.testing.assert_array_equal(block.x, rows[["a", "b", "c"]].to_numpy(float))
    np.testing.assert_array_equal(block.weight, rows["w"])
    return block.y.tolist()


@KINDS
@pytest.mark.parametrize("sizes", [(N,), (300, 1, 450, 249)])
def test_an_epoch_is_a_permutation_of_the_rows(kind, sizes, small_chunks):
    make, files = write(kind, sizes, group=170)
    stream = make(files, **COLUMNS, random_state=3).stream
    first, second = order(stream, 0), order(stream, 1)
    assert sorted(first) == sorted(second) == list(range(N))
    assert first != second
    assert order(stream, None) == list(range(N))
    again = make(files, **COLUMNS, random_state=3).stream
    assert (order(again, 1), order(again, 0)) == (second, first)
    assert order(make(files, **COLUMNS, random_state=4).stream, 0) != first
    assert order(make(files, **COLUMNS, shuffle=False).stream, 5) == list(range(N))
    assert stream.n_rows == N


@KINDS
def test_rows_are_mixed_as_far_as_the_buffer_reaches(kind, small_chunks):
    make, files = write(kind)
    places = np.argsort(order(make(files, **COLUMNS, random_state=0).stream, 0))
    moved = places - np.arange(N)
    assert moved.min() >= -200  # no row comes earlier than the buffer allows
    assert np.abs(moved).mean() > 60
    near = np.abs(np.diff(order(make(files, **COLUMNS, random_state=0).stream, 0)))
    assert np.median(near) > 20


def test_a_buffer_of_all_rows_gives_any_order(small_chunks):
    make, files = write("csv", (60,))
    stream = make(files, **COLUMNS, random_state=0, buffer_size=60).stream
    last = [order(stream, epoch)[-1] for epoch in range(150)]
    assert len(set(last)) > 40  # each of the 60 rows is last as often


def test_no_more_rows_than_the_buffer_s_are_held(small_chunks, monkeypatch):
    make, files = write("parquet", (400, 600), group=230)
    stream = make(files, **COLUMNS, buffer_size=150).stream
    given, taken, most = 0, 0, 0

    def watched(blocks):
        nonlocal given
        for block in blocks:
            assert block.n <= stream.chunk_rows == 40
            given += block.n
            yield block

    turns = shuffling.in_turn
    monkeypatch.setattr(streams, "in_turn", lambda *args: watched(turns(*args)))
    for block in stream.blocks(0):
        taken += block.n
        most = max(most, given - taken)
    assert taken == N
    assert most <= 150


@KINDS
@pytest.mark.parametrize("sizes, by_row", [((N,), True), ((200, 300, 400, 100), False)])
def test_shards_part_the_rows(kind, sizes, by_row, small_chunks):
    make, files = write(kind, sizes, group=90)
    options = {**COLUMNS, "random_state": 0, "batch_size": 10}
    shards = [make(files, **{**options, "shard": (i, 3)}).stream for i in range(3)]
    parts = [sorted(order(shard, 1)) for shard in shards]
    assert sorted(sum(parts, [])) == list(range(N))
    if by_row:
        assert [len(part) for part in parts] == [334, 333, 333]
    else:
        assert [len(part) for part in parts] == [300, 300, 400]
    assert sum(shard.batch_size for shard in shards) == 10


def test_auto_shards_by_the_cluster(monkeypatch):
    placed = []
    monkeypatch.setattr(sharding, "place", placed.append)
    make, files = write("csv", (90,))
    options = {**COLUMNS, "shard": "auto", "shuffle": False}
    assert len(order(make(files, **options).stream, 0)) == 90
    cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    config = {"cluster": cluster, "task": {"type": "worker", "index": 1}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    assert order(make(files, **options).stream, 0) == list(range(2, 90, 3))
    assert placed == ["multiworker"]  # before a dataset starts TensorFlow
    assert len(order(make(files, **{**options, "shard": None}).stream, 0)) == 90
    monkeypatch.setenv("TF_CONFIG", "{")
    with pytest.raises(ValueError, match="TF_CONFIG must describe workers"):
        sharding.cluster_shard()


def test_the_dataset_gives_the_batches_of_the_epochs(small_chunks):
    make, files = write("csv")
    dataset = make(files, **COLUMNS, random_state=0, batch_size=32)
    x, y, weight = dataset.element_spec
    assert (x.shape.as_list(), x.dtype.name, y.dtype.name) == ([None, 3], "float64", "int64")
    assert weight.shape.as_list() == [None]
    batches = [y.numpy() for _, y, _ in dataset]
    assert {len(batch) for batch in batches[:-1]} == {32}
    expected = make(files, **COLUMNS, random_state=0).stream
    assert np.concatenate(batches).tolist() == order(expected, 0)
    assert dataset.stream.epoch == 1
    assert np.concatenate([y.numpy() for _, y, _ in dataset]).tolist() == order(expected, 1)
    dataset.stream.epoch = 0
    assert np.concatenate([y.numpy() for _, y, _ in dataset]).tolist() == order(expected, 0)


def test_several_targets_are_a_matrix_and_text_is_strings():
    pd.DataFrame({"x": [1, 2], "p": [0, 1], "q": [1.5, 2], "t": ["no", "yes"]}).to_csv(
        "t.csv", index=False
    )
    x, y = next(iter(stream_csv("t.csv", target=["p", "q"], features=["x"], shuffle=False)))
    assert y.numpy().tolist() == [[0, 1.5], [1, 2]]
    x, y = next(iter(stream_csv("t.csv", target="t", features=["x", "q"], shuffle=False)))
    assert y.numpy().tolist() == [b"no", b"yes"]
    assert x.numpy().tolist() == [[1, 1.5], [2, 2]]


def test_files_may_have_their_columns_in_any_order_and_be_compressed(tmp_path):
    table(50).to_csv("part-0.csv", index=False)
    with gzip.open("part-1.csv.gz", "wt") as file:
        table(50, 50)[["w", "c", "y", "b", "a"]].to_csv(file, index=False)
    table(20, 100).to_csv("part-2.csv.zip", index=False)
    stream = stream_csv("part-*", **COLUMNS).stream
    assert stream.feature_names == ["a", "b", "c"]
    assert order(stream, None) == list(range(120))
    listed = stream_csv([tmp_path / "part-1.csv.gz", "part-0.csv"], **COLUMNS).stream
    assert order(listed, None) == [*range(50, 100), *range(50)]


def test_read_csv_s_options_are_passed_on():
    with open("t.csv", "w") as file:
        file.write("# made by hand\n1,5;?;a\n2,5;3;b\n4;5;a\n" * 1)
    names = ["u", "v", "y"]
    options = dict(sep=";", decimal=",", comment="#", names=names, na_values=["?"], target="y")
    stream = stream_csv("t.csv", features=["u"], **options).stream
    block = next(stream.blocks())
    assert block.x.ravel().tolist() == [1.5, 2.5, 4]
    assert block.y.tolist() == ["a", "b", "a"]
    with pytest.raises(ValueError, match="missing value in column 'v', row 1 of 't.csv'"):
        stream_csv("t.csv", **options)
    bad("long.csv", "u::y\n1::0\n2::1\n")  # a separator that Python's engine reads
    long = stream_csv("long.csv", sep="::", target="y", shuffle=False).stream
    assert next(long.blocks(0)).x.ravel().tolist() == [1, 2]
    narrow = stream_csv("t.csv", features=["u"], dtype={"u": "float32"}, **options).stream
    assert next(narrow.blocks()).x.dtype == np.float32


def test_features_keep_the_type_that_holds_them():
    frame = table(10).assign(b=np.arange(10, dtype=np.int16), a=np.float32(1))
    frame.to_parquet("narrow.parquet")
    narrow = stream_parquet("narrow.parquet", target="y", features=["a", "b", "c"])
    assert narrow.element_spec[0].dtype.name == "float32"
    table(10).to_parquet("wide.parquet")
    both = stream_parquet(["narrow.parquet", "wide.parquet"], target="y", features=["a", "b"])
    assert both.element_spec[0].dtype.name == "float64"


def test_types_are_the_same_in_all_chunks(small_chunks):
    rows = 120
    frame = pd.DataFrame({"a": [1] * 100 + [1.5] * 20, "y": ["10"] * 60 + ["x"] + ["11"] * 59})
    frame.to_csv("t.csv", index=False)
    # The first 60 rows look like numbers: said to be text, all of them are.
    stream = stream_csv("t.csv", target="y", dtype={"y": str}, shuffle=False).stream
    block = shuffling.join(list(stream.blocks()))
    assert block.x.dtype == np.float64
    assert block.y.tolist() == frame["y"].tolist()
    frame["y"] = [1] * 100 + [2.5] * 20
    frame.to_csv("t.csv", index=False)
    mixed = stream_csv("t.csv", target="y", random_state=0)
    blocks = list(mixed.stream.blocks(0))
    assert sum(block.y.sum() for block in blocks) == 150
    assert sum(block.n for block in blocks) == rows


def bad(name, text):
    with open(name, "w") as file:
        file.write(text)


def late(value, column=0, n=300):
    """A CSV file whose 280th row has a value that the first rows do not show."""
    rows = [[str(i), str(i % 2)] for i in range(n)]
    rows[279][column] = value
    return "a,y\n" + "\n".join(map(",".join, rows)) + "\n"


ERRORS = {
    "missing file": (["no.csv"], {}, "files that exist. Got 'no.csv'"),
    "no match": (["x-*.csv"], {}, "match files that exist. Got 'x-\\*.csv', which matches none"),
    "a folder": (["folder"], {}, "must be files. Got 'folder', a folder: give a glob"),
    "no path": ([3], {}, "paths must be a path, a glob or a list"),
    "no target": (["good.csv"], {"target": "z"}, "target must name a column. Got 'z'"),
    "misspelt": (["good.csv"], {"features": ["A"]}, "Got 'A'. Did you mean 'a'"),
    "twice": (["good.csv"], {"features": ["a", "y"]}, "name each column once. Got 'y'"),
    "no feature": (["good.csv"], {"features": []}, "a column each, at least"),
    "other columns": (["good.csv", "other.csv"], {}, "'other.csv', which lacks 'a' and also has"),
    "text": (
        ["text.csv"],
        {},
        "numeric columns only. Got 'old' in column 'a', row 2 of 'text.csv'",
    ),
    "missing": (["gap.csv"], {}, "missing value in column 'a', row 1 of 'gap.csv'"),
    "infinite": (["inf.csv"], {}, "Got infinity in column 'a', row 1"),
    "missing target": (
        ["nan.csv"],
        {},
        "y must have no missing values. Got one in column 'y', row 2",
    ),
    "weight": (["good.csv"], {"sample_weight": "w"}, "finite numbers >= 0. Got -1 in column 'w'"),
    "dates": (["dates.parquet"], {}, "numeric columns only. Got '2020-01-01"),
    "empty": (["empty.csv"], {}, "'empty.csv', which is empty"),
    "no rows": (["header.csv"], {}, "at least one row"),
    "ragged": (["ragged.csv"], {}, "readable as CSV. Got 'ragged.csv': Error tokenizing"),
    "binary": (["binary.csv"], {}, "readable as CSV. Got 'binary.csv'"),
    "not gzip": (["no.csv.gz"], {}, "readable as CSV. Got 'no.csv.gz'"),
    "not Parquet": (["no.parquet"], {}, "readable as Parquet. Got 'no.parquet'"),
    "own option": (["good.csv"], {"chunksize": 5}, "chunksize must be left out"),
    "unknown option": (["good.csv"], {"encodings": 5}, "Got 'encodings'. Did you mean 'encoding'"),
    "two wrong": (["good.csv"], {"batch_size": 0, "shuffle": 3}, "2 arguments are wrong"),
    "shard": (["good.csv"], {"shard": (2, 2)}, "shard must be None or 'auto' or a pair"),
    "batch": (
        ["good.csv"],
        {"shard": (0, 9), "batch_size": 8},
        "at least the number of workers, 9",
    ),
    "labels": (["text.csv"], {"target": ["y", "t"], "features": ["b"]}, "columns of numbers"),
}


@pytest.fixture
def bad_files(tmp_path):
    bad("good.csv", "a,y,w\n1,0,-1\n2,1,1\n")
    bad("other.csv", "b,y,w\n1,0,1\n")
    bad("text.csv", "a,y,b,t\n1,0,1,x\nold,1,2,y\n")
    bad("gap.csv", "a,y\n,0\n2,1\n")
    bad("inf.csv", "a,y\ninf,0\n2,1\n")
    bad("nan.csv", "a,y\n1,0\n2,\n")
    bad("empty.csv", "")
    bad("header.csv", "a,y\n")
    bad("ragged.csv", "a,y\n1,2\n1,2,3,4\n")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 20)
    bad("no.csv.gz", "not compressed")
    bad("no.parquet", "not parquet")
    (tmp_path / "folder").mkdir()
    days = pd.date_range("2020-01-01", periods=3)
    pd.DataFrame({"a": days, "y": [0, 1, 0]}).to_parquet("dates.parquet")


@pytest.mark.parametrize("case", ERRORS)
def test_what_the_first_rows_show_is_refused_at_once(case, bad_files):
    paths, options, message = ERRORS[case]
    make = stream_parquet if str(paths[0]).endswith("parquet") else stream_csv
    with pytest.raises(ValueError, match=message):
        make(paths, **{"target": "y", **options})


LATE = {
    "text": ("old", 0, "Got 'old' in column 'a', row 280 of 't.csv'"),
    "missing": ("", 0, "missing value in column 'a', row 280 of 't.csv'"),
    "missing target": ("", 1, "y must have no missing values. Got one in column 'y', row 280"),
    "ragged": ("1,2", 0, "readable as CSV. Got 't.csv': Error tokenizing"),
}


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("case", LATE)
def test_what_later_rows_show_is_told_by_file_and_row(case, shuffle, small_chunks):
    value, column, message = LATE[case]
    bad("t.csv", late(value, column))
    stream = stream_csv("t.csv", target="y", shuffle=shuffle).stream
    with pytest.raises(ValueError, match=message):
        list(stream.blocks(0))


def test_a_late_gap_in_parquet_too(small_chunks):
    frame = table(400)
    frame.loc[333, "a"] = np.nan
    frame.to_parquet("t.parquet", row_group_size=150)
    stream = stream_parquet("t.parquet", **COLUMNS).stream
    with pytest.raises(ValueError, match="missing value in column 'a', row 334 of 't.parquet'"):
        list(stream.blocks(0))


def test_without_pyarrow_it_says_what_to_install(monkeypatch):
    make, files = write("parquet", (5,))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ImportError, match=r"pip install 'mlpkit\[parquet\]'"):
        make(files, **COLUMNS)


def test_pandas_index_is_no_feature_and_decimals_and_categories_are_read():
    import decimal

    frame = pd.DataFrame(
        {"a": [decimal.Decimal("1.5"), decimal.Decimal("2")], "y": pd.Categorical(["u", "v"])},
        index=[7, 9],
    )
    frame.to_parquet("t.parquet")
    stream = stream_parquet("t.parquet", target="y").stream
    assert stream.feature_names == ["a"]
    block = next(stream.blocks())
    assert block.x.tolist() == [[1.5], [2]]
    assert block.y.tolist() == ["u", "v"]
