"""Fashion-MNIST from its four IDX files, wherever they lie; scikit-learn's digits without them."""

import gzip
import math
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

if __package__:
    from recipes._run import BadInput
else:
    from _run import BadInput

CLOTHES = (
    "T-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
DEBIAN = Path("/usr/share/datasets/fashion-mnist")  # of the package dataset-fashion-mnist
SPELLINGS = ("{}-{}-idx{}-ubyte", "{}-{}.idx{}-ubyte")
BYTES = 8  # IDX's code for values of one unsigned byte


@dataclass(frozen=True)
class Images:
    """Pictures in grey from 0 to 1, a row of pixels each, and the classes they show.

    Parameters
    ----------
    name : str
        What the pictures are called.
    names : tuple of str
        What each class is called.
    X_train, X_test : ndarray of shape (n_samples, height * width)
        float32.
    y_train, y_test : ndarray of shape (n_samples,)
        Indices into `names`.
    shape : (int, int)
        Height and width of a picture.
    """

    name: str
    names: tuple
    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    shape: tuple


def fashion_or_digits(folder=None):
    """Give Fashion-MNIST of a folder, of Keras's cache or of Debian, else the digits.

    Parameters
    ----------
    folder : Path, default=None
        Where the four files must lie; None looks around. Nothing is downloaded.

    Returns
    -------
    Images

    Raises
    ------
    BadInput
        When a file of `folder` is missing, or one found is damaged.
    """
    if folder is not None:
        return read_fashion(folder)
    keras = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    for place in (keras / "datasets" / "fashion-mnist", DEBIAN):
        if not _missing(place):
            print(f"Fashion-MNIST found in {place}")
            return read_fashion(place)
    print(
        "Note: Fashion-MNIST is not on this machine, so these are scikit-learn's digits. "
        "Give the folder of its four IDX files with --data, or let Keras download them once: "
        'python -c "import keras; keras.datasets.fashion_mnist.load_data()"'
    )
    return digits()


def digits():
    """Give scikit-learn's 8 x 8 handwritten digits, the last fifth of them for testing."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    X, n_train = (X / 16).astype(np.float32), len(X) * 4 // 5
    parts = X[:n_train], y[:n_train], X[n_train:], y[n_train:]
    return Images("digits", tuple("0123456789"), *parts, (8, 8))


def read_fashion(folder):
    """Read the four files of Fashion-MNIST, compressed or not.

    Parameters
    ----------
    folder : Path
        With train-images-idx3-ubyte, train-labels-idx1-ubyte and the same for t10k, each with or
        without .gz; ``.idx`` in place of ``-idx`` is read too.

    Returns
    -------
    Images

    Raises
    ------
    BadInput
        When a file is missing or damaged, or the files do not belong together.
    """
    missing = _missing(folder)
    if missing:
        raise BadInput(
            "--data must be a folder with the four IDX files of Fashion-MNIST, .gz or not. "
            f"Got {folder}, without {', '.join(missing)}."
        )
    (X_train, y_train), (X_test, y_test) = _part(folder, "train"), _part(folder, "t10k")
    if X_train.shape[1:] != X_test.shape[1:]:
        sizes = " and ".join("{} x {}".format(*images.shape[1:]) for images in (X_train, X_test))
        raise BadInput(f"pictures to train and to test on must be of one size. Got {sizes}.")
    flat = [images.reshape(len(images), -1) / np.float32(255) for images in (X_train, X_test)]
    shape = X_train.shape[1:]
    return Images("Fashion-MNIST", CLOTHES, flat[0], y_train, flat[1], y_test, shape)


def read_idx(path, n_dimensions):
    """Read an IDX file of unsigned bytes, the format of MNIST.

    Parameters
    ----------
    path : Path
        The file; gzip opens it when its name ends in .gz.
    n_dimensions : int
        How many axes it must have: 3 for pictures, 1 for labels.

    Returns
    -------
    ndarray of uint8

    Raises
    ------
    BadInput
        When it cannot be read, is of another kind, or is shorter or longer than it says.

    References
    ----------
    Y. LeCun, "The MNIST database", http://yann.lecun.com/exdb/mnist/: two zero bytes, the type, the
    number of axes, the length of each as a big-endian integer of four bytes, the values.
    """
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"{path} cannot be read: {reason}. Fetch it again.") from None
    head = 4 + 4 * n_dimensions
    magic = bytes((0, 0, BYTES, n_dimensions))
    if content[:4] != magic or len(content) < head:
        raise BadInput(
            f"{path} must be an IDX file of bytes with {n_dimensions} axes, which begins with "
            f"{magic.hex(' ')}. Got {content[:4].hex(' ') or 'an empty file'}."
        )
    shape = tuple(int(length) for length in np.frombuffer(content, ">u4", n_dimensions, 4))
    if len(content) - head != math.prod(shape):
        raise BadInput(
            f"{path} must hold the {math.prod(shape):,} values its head promises. "
            f"Got {len(content) - head:,}: it is cut off or damaged; fetch it again."
        )
    return np.frombuffer(content, np.uint8, offset=head).reshape(shape)


def _part(folder, part):
    """Give pictures and labels of the training or the test part."""
    images = read_idx(_find(folder, part, "images", 3), 3)
    labels = read_idx(_find(folder, part, "labels", 1), 1)
    if len(images) != len(labels) or images.size == 0:
        raise BadInput(
            f"{folder} must hold a label for each picture, and some. "
            f"Got {len(images):,} pictures and {len(labels):,} labels in its {part} files."
        )
    if labels.max() >= len(CLOTHES):
        raise BadInput(f"labels must lie in 0 to 9. Got {labels.max()} in the {part} labels.")
    return images, labels.astype(np.int64)


def _missing(folder):
    """Give the names of the files that are not there."""
    parts = [(part, *kind) for part in ("train", "t10k") for kind in (("images", 3), ("labels", 1))]
    return [SPELLINGS[0].format(*part) for part in parts if _find(folder, *part) is None]


def _find(folder, part, kind, n_dimensions):
    """Give the path of one of the four files, or None."""
    names = [spelling.format(part, kind, n_dimensions) for spelling in SPELLINGS]
    paths = [folder / (name + ending) for name in names for ending in (".gz", "")]
    return next((path for path in paths if path.is_file()), None)
