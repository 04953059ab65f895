"""Where the rows of a dataset come from: its own batches, or the files behind it."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.file_streams import FileStream, regrouped
from mlpkit.file_streams.blocks import Block, join

GROUP_NUMBERS = 2**20  # numbers looked at and converted at a time


def source_of(dataset):
    """Give the source of a dataset's rows.

    Parameters
    ----------
    dataset : tf.data.Dataset
        Of batches; one that `stream_csv` or `stream_parquet` has made is read past ``tf.data``.

    Returns
    -------
    BatchSource or FileSource
    """
    stream = getattr(dataset, "stream", None)
    return FileSource(stream) if isinstance(stream, FileStream) else BatchSource(dataset)


class BatchSource:
    """The batches of any dataset, in its own order; several are looked at together.

    Parameters
    ----------
    dataset : tf.data.Dataset
        Of batches (x, y) or (x, y, sample_weight), finite.

    Attributes
    ----------
    batch_size : int
        Rows of the largest batch of the first pass.
    """

    feature_names = None

    def __init__(self, dataset):
        self.dataset = dataset
        self.batch_size, self.n_features = 0, None

    def first(self):
        """Yield the rows of the pass in which the sizes of batches are found; see `groups`."""
        return self._groups(self._measured)

    def _measured(self, n_rows, n_waiting):
        self.batch_size = max(self.batch_size, n_rows)
        return (n_rows + n_waiting) * self.n_features >= GROUP_NUMBERS

    def groups(self, n_rows):
        """Yield the rows of a pass, those of weight 0 left out, several batches at a time.

        Parameters
        ----------
        n_rows : int
            Rows at most; at least `batch_size`.

        Yields
        ------
        Block
            Checked, images flattened. A batch smaller than `batch_size` is the last of its block.
        """

        def is_full(size, n_waiting):
            if size > self.batch_size:
                raise InvalidParameterError(
                    f"X must give batches of at most {self.batch_size} rows, as in the first pass. "
                    f"Got {size}."
                )
            return size < self.batch_size or n_waiting + size + self.batch_size > n_rows

        return self._groups(is_full)

    def _groups(self, is_full):
        waiting, n = {}, 0
        for number, element in enumerate(self.dataset):
            batch = self._batch(number, *(part.numpy() for part in element))
            if not batch.n:
                continue
            waiting[number] = batch
            full = is_full(batch.n, n)
            n += batch.n
            if full:
                yield _checked(waiting)
                waiting, n = {}, 0
        if waiting:
            yield _checked(waiting)

    def _batch(self, number, x, y, weight=None):
        x = x.reshape(len(x), -1)
        if self.n_features not in (None, x.shape[1]):
            raise ValueError(
                f"X must have as many columns in each batch, {self.n_features}. "
                f"Got {x.shape[1]} in batch {number}."
            )
        self.n_features = x.shape[1]
        if weight is None:
            return Block(x, y, np.ones(len(x)))
        return _present(Block(x, y, np.asarray(weight, np.float64).ravel()))

    def skip(self, n_epochs):
        """Go through the dataset as often as training did before.

        Parameters
        ----------
        n_epochs : int
            How often. One that shuffles itself by a seed then gives the order it would have given.
        """
        for _ in range(n_epochs):
            for _ in self.dataset:
                pass


def _present(block):
    """Leave out rows of weight 0."""
    return block if block.weight.all() else block.take(block.weight != 0)


def _checked(batches):
    """Join batches, given by their numbers, and tell which one cannot be learnt from."""
    joined = join(list(batches.values()))
    if _problem(joined):
        said, number = next((_problem(b), number) for number, b in batches.items() if _problem(b))
        raise ValueError(f"{said} in batch {number}.")
    return joined._replace(y=_decoded(joined.y))


def _problem(block):
    x, weight = block.x, block.weight
    if x.dtype.kind not in "fiub":
        return f"X must hold numbers only. Got {x.dtype}"
    if not np.isfinite(x).all():
        return "X must hold finite numbers only. Got NaN or infinity"
    if not (weight >= 0).all() or not np.isfinite(weight).all():
        return "sample_weight must hold finite numbers >= 0. Got others"
    return ""


def _decoded(y):
    """Give text as text; TensorFlow has it as bytes."""
    if y.dtype != object:
        return y
    import pandas as pd

    numbers, values = pd.factorize(y.ravel())
    text = np.array([v.decode() if isinstance(v, bytes) else v for v in values])
    return text[numbers].reshape(y.shape)


class FileSource:
    """The rows of files, of which whole blocks are taken in place of batches.

    Parameters
    ----------
    stream : FileStream
        The files.

    Attributes
    ----------
    epoch : int or None
        Number of the next pass, which decides its order; None reads all in the order of the files.
    """

    def __init__(self, stream):
        self.stream, self.epoch = stream, None
        self.batch_size, self.feature_names = stream.batch_size, stream.feature_names

    def first(self):
        """Yield the rows in the order of the files; no pass that counts."""
        return self._present(None)

    def groups(self, n_rows):
        """Yield the rows of a pass in blocks of `n_rows`, those of weight 0 left out."""
        epoch = self.epoch
        if epoch is not None:
            self.epoch = self.stream.epoch = epoch + 1
        return regrouped(self._present(epoch), n_rows)

    def _present(self, epoch):
        for block in self.stream.blocks(epoch):
            weight = np.ones(block.n) if block.weight is None else block.weight
            block = _present(Block(block.x, _decoded(block.y), weight))
            if block.n:
                yield block

    def skip(self, n_epochs):
        """Go past passes that training made before, without reading a row."""
        self.epoch += n_epochs
