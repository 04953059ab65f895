"""Recipes of applications: each shows its idea in numbers, and answers bad input with a line."""

import gzip
import importlib
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

NAMES = [
    "fashion_mnist",
    "multilabel",
    "bounding_box",
    "positive_and_bounded",
    "robust_losses",
    "text_spam",
]


@pytest.fixture
def recipe(cooked):
    """A function from the name of a recipe to its module; the current folder is a fresh one."""
    return lambda name: importlib.import_module(f"recipes.{name}")


@pytest.fixture
def quick(cooked):
    """A function that runs a recipe with --quick, and gives what it printed and a table."""

    def run(name, csv, *arguments):
        printed, folder = cooked(name, *arguments)
        written = re.search(r"^Wrote (.*) into ", printed, re.M)[1].split(", ")
        assert {path.name for path in folder.iterdir()} == set(written)
        assert "Notice" in printed
        return printed, pd.read_csv(folder / csv)

    return run


@pytest.mark.parametrize("name", NAMES)
def test_help_and_a_folder_that_is_a_file(name, recipe, capsys, tmp_path):
    with pytest.raises(SystemExit) as left:
        recipe(name).main(["--help"])
    assert left.value.code == 0
    printed = capsys.readouterr().out
    assert "--out DIR" in printed and "--quick" in printed
    (tmp_path / "file").write_text("")
    assert recipe(name).main(["--quick", "--out", "file"]) == 2
    assert (
        capsys.readouterr().err == "error: --out must be a folder. Got file, but file is a file.\n"
    )


# ---------------------------------------------------------------- fashion_mnist


def idx(array):
    """The bytes of an IDX file, by its definition."""
    head = bytes((0, 0, 8, array.ndim)) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return head + array.astype(np.uint8).tobytes()


def small_fashion():
    """Digits blown up to 28 x 28 pixels of 0 to 255, in the four parts of Fashion-MNIST."""
    digits = load_digits()
    pixels = np.kron(digits.images * 255 / 16, np.ones((3, 3))).astype(np.uint8)
    pixels = np.pad(pixels, ((0, 0), (2, 2), (2, 2)))
    return {
        "train-images-idx3-ubyte": pixels[:1000],
        "train-labels-idx1-ubyte": digits.target[:1000],
        "t10k-images-idx3-ubyte": pixels[1000:1300],
        "t10k-labels-idx1-ubyte": digits.target[1000:1300],
    }


def write_fashion(folder, dot=False, packed=True, **changed):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in small_fashion().items():
        content = changed.get(name.split("-idx")[0].replace("-", "_"), idx(array))
        content = gzip.compress(content) if packed else content
        name = name.replace("-idx", ".idx") if dot else name
        (folder / (name + ".gz" * packed)).write_bytes(content)
    return folder


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("dot", [True, False])
def test_idx_files_are_read_in_each_spelling(dot, packed, recipe, tmp_path):
    images = recipe("_images").read_fashion(write_fashion(tmp_path / "f", dot, packed))
    parts = small_fashion()
    pixels = images.X_test.reshape(-1, 28, 28) * 255
    np.testing.assert_allclose(pixels, parts["t10k-images-idx3-ubyte"], atol=1e-4)
    np.testing.assert_array_equal(images.y_train, parts["train-labels-idx1-ubyte"])
    assert images.X_train.dtype == np.float32 and images.X_train.shape == (1000, 784)


IMAGES, LABELS = np.zeros((3, 28, 28)), np.zeros(3)
DAMAGED = {
    "of another kind": (dict(train_images=b"\x89PNG and so on"), "begins with 00 00 08 03"),
    "empty": (dict(t10k_labels=b""), "Got an empty file"),
    "labels as pictures": (dict(train_images=idx(LABELS)), "Got 00 00 08 01"),
    "cut off": (dict(t10k_images=idx(IMAGES)[:-1]), "2,352 values its head promises. Got 2,351"),
    "cut in its head": (dict(t10k_images=idx(IMAGES)[:10]), "must be an IDX file"),
    "too long": (dict(t10k_labels=idx(LABELS) + b"0"), "Got 4"),
    "fewer labels": (dict(train_labels=idx(LABELS)), "Got 1,000 pictures and 3 labels"),
    "other size": (
        dict(t10k_images=idx(np.zeros((3, 8, 8))), t10k_labels=idx(LABELS)),
        "Got 28 x 28 and 8 x 8",
    ),
    "no pictures": (
        dict(train_images=idx(IMAGES[:0]), train_labels=idx(LABELS[:0])),
        "Got 0 pictures and 0 labels",
    ),
    "other labels": (dict(train_labels=idx(np.full(1000, 26))), "must lie in 0 to 9. Got 26"),
    "one class": (
        dict(train_images=idx(IMAGES), train_labels=idx(LABELS)),
        "ten pictures or more, of two classes",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_idx_files_are_one_line(case, recipe, tmp_path, capsys):
    changed, expected = DAMAGED[case]
    folder = write_fashion(tmp_path / "f", **changed)
    assert recipe("fashion_mnist").main(["--data", str(folder)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert expected in err
    assert not (tmp_path / "out").exists()


def test_idx_files_that_are_missing_or_torn(recipe, tmp_path, capsys):
    main = recipe("fashion_mnist").main
    folder = write_fashion(tmp_path / "f")
    torn = folder / "t10k-images-idx3-ubyte.gz"
    torn.write_bytes(torn.read_bytes()[:-100])
    assert main(["--data", str(folder)]) == 2
    assert "t10k-images-idx3-ubyte.gz cannot be read" in capsys.readouterr().err
    torn.write_bytes(b"no gzip at all")
    assert main(["--data", str(folder)]) == 2
    assert "cannot be read" in capsys.readouterr().err
    torn.unlink()
    assert main(["--data", str(folder)]) == 2
    assert "without t10k-images-idx3-ubyte." in capsys.readouterr().err
    assert main(["--data", "nowhere"]) == 2
    assert "Got nowhere, without train-images-idx3-ubyte, train-" in capsys.readouterr().err


def test_fashion_mnist_is_looked_for_at_keras_then_debian(recipe, tmp_path, monkeypatch, capsys):
    module = recipe("_images")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(module, "DEBIAN", tmp_path / "debian")
    assert module.fashion_or_digits().name == "digits"
    assert "Note: Fashion-MNIST is not on this machine" in capsys.readouterr().out
    for place in (tmp_path / "debian", tmp_path / "keras" / "datasets" / "fashion-mnist"):
        write_fashion(place)
        assert module.fashion_or_digits().name == "Fashion-MNIST"
        assert capsys.readouterr().out == f"Fashion-MNIST found in {place}\n"


def test_fashion_mnist_trains_the_books_network(recipe, tmp_path, capsys):
    module, images = recipe("fashion_mnist"), recipe("_images")
    folder = write_fashion(tmp_path / "f")
    assert module.main(["--data", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "training on 900 pictures, 30 epochs" in printed
    found = re.search(r"^test accuracy ([\d.]+), the book's 0.886 and 0.884", printed, re.M)
    assert float(found[1]) > 0.85
    assert re.search(r"^validation accuracy [\d.]+, the book's 0.889 and 0.892", printed, re.M)
    history = pd.read_csv(tmp_path / "out" / "fashion_mnist" / "history.csv")
    assert history["epoch"].tolist() == list(range(1, 31))
    assert history["val_accuracy"].iloc[-1] > history["val_accuracy"].iloc[0]
    few = module.first(images.read_fashion(folder), 100)
    assert len(few.X_train) == len(few.X_test) == 100
    # What `model.summary()` prints in the book for 28 x 28 pixels, 300, 100 and 10 units.
    assert module.train(few, 1).spec_.n_parameters == 266_610


def test_fashion_mnist_without_the_data(quick, recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(recipe("_images"), "DEBIAN", tmp_path / "debian")
    printed, history = quick("fashion_mnist", "history.csv")
    assert "the book's" not in printed  # digits are another matter
    assert len(history) == 10
    assert float(re.search(r"^test accuracy ([\d.]+)$", printed, re.M)[1]) > 0.7


@pytest.mark.slow
def test_the_books_accuracy_on_the_real_pictures(recipe, capsys):
    if recipe("_images").fashion_or_digits().name != "Fashion-MNIST":
        pytest.skip("needs Fashion-MNIST at Keras's or Debian's place")
    assert recipe("fashion_mnist").main([]) == 0
    printed = capsys.readouterr().out
    assert float(re.search(r"^test accuracy ([\d.]+), ", printed, re.M)[1]) >= 0.881


# ---------------------------------------------------------------- the others


def test_multilabel_needs_a_sigmoid_a_label(quick, recipe):
    by_hand = recipe("multilabel").labels_of(np.arange(10))
    assert by_hand.sum(axis=0).tolist() == [5, 4, 5]
    assert by_hand[[0, 1, 7, 8]].tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1], [1, 1, 1]]
    printed, table = quick("multilabel", "labels.csv")
    table = table.set_index("output")
    sigmoid, softmax = table.loc["one sigmoid a label"], table.loc["softmax"]
    assert sigmoid["all right"] > 0.85
    assert softmax["all right"] < 0.6
    assert abs(sigmoid["all right"] - table.loc["one network a label", "all right"]) < 0.05
    assert table.loc["one network a label", "weights"] > 2.5 * sigmoid["weights"]
    assert "softmax's three probabilities always sum to 1.000" in printed
    assert "with two labels or three, softmax has 0 right" in printed
    best = re.search(r"softmax has (\d+) of 540 right, the sigmoids (\d+)", printed)
    assert int(best[1]) < int(best[2]) - 50
    assert quick("multilabel", "labels.csv")[0] == printed


def test_intersection_over_union_by_hand(recipe):
    a = np.array([[0, 0, 2, 2], [0, 0, 2, 2], [0, 0, 1, 1], [0, 0, 4, 4], [0, 0, 0, 0]], float)
    b = np.array([[0, 0, 2, 2], [1, 0, 2, 2], [2, 2, 1, 1], [1, 1, 1, 2], [0, 0, 0, 0]], float)
    overlaps = recipe("bounding_box").intersection_over_union(a, b)
    np.testing.assert_allclose(overlaps, [1, 1 / 3, 0, 1 / 8, 0])


def test_bounding_boxes_lie_around_their_shapes(recipe, monkeypatch):
    module = recipe("bounding_box")
    monkeypatch.setattr(module, "NOISE", 0.0)
    X, boxes = module.pictures(50, seed=0)
    shapes = X.reshape(50, module.SIDE, module.SIDE) > 0
    for shape, (left, top, width, height) in zip(shapes, boxes * module.SIDE, strict=True):
        columns, rows = (np.flatnonzero(shape.any(axis=axis)) for axis in (0, 1))
        assert abs(columns[0] - left) <= 1 and abs(columns[-1] + 1 - left - width) <= 1
        assert abs(rows[0] - top) <= 1 and abs(rows[-1] + 1 - top - height) <= 1


def test_bounding_box_finds_the_shapes(quick, recipe):
    printed, table = quick("bounding_box", "boxes.csv")
    predicted = table.filter(like="predicted_").to_numpy()
    assert predicted.shape[1] == 4 and predicted.min() >= 0 and predicted.max() <= 1
    network, constant = map(
        float,
        re.search(r"over union ([\d.]+); of the mean box.* ([\d.]+)$", printed, re.M).groups(),
    )
    assert network == pytest.approx(table["overlap"].mean(), abs=5e-4)
    assert network > 0.7 > 2 * constant


def test_positive_and_bounded_outputs_predict_nothing_impossible(quick):
    _, table = quick("positive_and_bounded", "outputs.csv")
    linear, limited = table[table["output"] == "linear"], table[table["output"] != "linear"]
    assert (linear["impossible"] > 100).all()
    assert set(limited["output"]) == {"softplus", "relu", "sigmoid", "tanh"}
    assert (limited["impossible"] == 0).all() and (limited["lowest"] >= 0).all()
    assert limited.loc[limited["target"] == "sprouted", "highest"].max() <= 100
    errors = table.set_index("output")["RMSE"]
    by_target = linear.set_index("target")["RMSE"]
    assert errors["softplus"] < by_target["bicycles"]
    assert max(errors["sigmoid"], errors["tanh"]) < by_target["sprouted"]


def test_robust_losses_lead_to_the_clean_curve(quick):
    _, table = quick("robust_losses", "losses.csv")
    table = table.set_index("loss")
    error, drawn = table["error with outliers"], table["drawn up by"]
    # The mean of 7 right readings and one that is 4 too high; the median is a right one.
    assert drawn["squared (MSE)"] == pytest.approx(0.5, abs=0.1)
    assert error["absolute (MAE)"] < error["squared (MSE)"] / 4
    small, large = error["Huber, delta 1/4"], error["Huber, delta 1"]
    assert small < large < error["squared (MSE)"]
    assert (table["error without"] < 0.1).all()


def test_messages_are_made_of_phrases_that_the_tests_do_not_share(recipe):
    module = recipe("_messages")
    texts, y = module.messages(300, seed=0)
    fresh, _ = module.messages(300, seed=0, fresh=True)
    assert len(set(texts)) == 300 and not set(texts) & set(fresh)
    assert module.messages(300, seed=0)[0] == texts
    by_words = ["claim your free" in text.lower() for text in texts]
    assert any(by_words) and y[by_words, 0].all()
    assert not any("claim your free" in text.lower() for text in fresh)
    calm = np.array(["no rush" in text.lower() for text in texts])
    assert calm.any() and not y[calm, 1].any()


def test_text_spam_tells_both_labels_by_their_words(quick, tmp_path):
    text = "Claim your free voucher, zyxt, the deadline is today"
    printed, table = quick("text_spam", "scores.csv", "--text", text)
    f1 = table.set_index(["messages", "label"])["F1"]
    assert (f1["new phrases"] > 0.75).all()
    assert (f1["new phrases"] < f1["same phrases"]).all()
    words = pd.read_csv(tmp_path / "text_spam" / "words.csv", index_col="word")
    assert (words.loc[["claim", "guaranteed", "link"], "spam"] > 0).all()
    assert (words.loc[["deadline", "today", "urgent"], "urgent"] > 0).all()
    assert (words.loc[["later", "quiet", "fine"], "urgent"] < 0).all()
    spam, urgent = map(
        float, re.search(r"zyxt.*: spam ([\d.]+), urgent ([\d.]+)", printed).groups()
    )
    assert spam > 0.5 and urgent > 0.5
    assert quick("text_spam", "scores.csv", "--text", text)[0] == printed
    assert "were never met: " in printed and "zyxt" in printed.split("were never met: ")[1]


def test_text_spam_refuses_an_empty_text(recipe, capsys):
    assert recipe("text_spam").main(["--text", "  "]) == 2
    assert capsys.readouterr().err == "error: --text must hold words. Got an empty text.\n"
