"""A stream of rows over files, which knows its epoch; and the `tf.data.Dataset` over it."""

import numpy as np

from mlpkit.errors import InvalidParameterError
from mlpkit.file_streams.blocks import to_block
from mlpkit.file_streams.shuffling import in_turn, regrouped, shuffled

BUFFER_BYTES = 2**26  # of rows that wait to be shuffled
CHUNK_BYTES = 2**22  # of rows read at a time
N_OPEN = 4  # parts of files that are read in turn, where rows are shuffled


class FileStream:
    """Rows of files in a bounded buffer; ``dataset.stream`` of what `stream_csv` gives.

    Parameters
    ----------
    files : list of str
        The files, or a worker's own.
    reader : CsvFiles or ParquetFiles
        Reads them.
    columns : Columns
        Which columns are what.
    y_dtype : numpy.dtype
        Type of the targets in the dataset.
    batch_size : int
        Rows a batch, a worker's part.
    shuffle : bool
        Whether rows are shuffled.
    buffer_rows : int or None
        Rows that wait to be shuffled; None is as many as 64 MB hold.
    seed : int
        Decides the order of each epoch.
    own_rows : callable, default=None
        From the number of a block's first row to the slice of its rows that are taken; None takes
        all.

    Attributes
    ----------
    epoch : int
        Number of the next pass, counted from 0: the order of rows in it depends on the seed and
        this number alone. A pass counts when it begins. ``fit`` begins with 0, ``partial_fit`` and
        `keras.Model.fit` go on from where it stands; it may be set.
    feature_names : list of str
        Columns of x, in their order.
    n_rows : int or None
        Rows of a pass; of CSV files known after the first.
    """

    def __init__(
        self, files, reader, columns, y_dtype, *, batch_size, shuffle, buffer_rows, seed,
        own_rows=None,
    ):  # fmt: skip
        self.files, self.reader, self.columns, self.y_dtype = files, reader, columns, y_dtype
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, seed
        self.x_dtype = reader.x_dtype(columns)
        row_bytes = self.x_dtype.itemsize * len(columns.features) + 8 * len(columns.targets) + 8
        self.buffer_rows = buffer_rows or max(1, BUFFER_BYTES // row_bytes)
        self.chunk_rows = max(1, min(CHUNK_BYTES // row_bytes, self.buffer_rows))
        self._own_rows = own_rows or (lambda first: slice(None))
        self.epoch, self.n_rows = 0, self._known_rows()

    def _known_rows(self):
        counts = [self.reader.count(path) for path in self.files]
        if None in counts:
            return None
        return sum(len(range(n)[self._own_rows(0)]) for n in counts)

    @property
    def feature_names(self):
        """Columns of x, in their order."""
        return list(self.columns.features)

    def blocks(self, epoch=None):
        """Yield the rows of a pass.

        Parameters
        ----------
        epoch : int, default=None
            Which order; None is that of the files.

        Yields
        ------
        Block
            As many rows as are read at a time, about.

        Raises
        ------
        ValueError
            When a value cannot be learnt from; names file, row and column.
        """
        parts = [(path, part) for path in self.files for part in self.reader.parts(path)]
        if epoch is None or not self.shuffle:
            return self._counted(block for each in parts for block in self._read(*each))
        rng = np.random.default_rng([self.seed, epoch])
        chosen = (parts[i] for i in rng.permutation(len(parts)))
        mixed = in_turn((self._read(*each) for each in chosen), N_OPEN)
        return self._counted(shuffled(mixed, self.buffer_rows, rng))

    def _read(self, path, part):
        for frame, place in self.reader.chunks(path, part, self.columns, self.chunk_rows):
            block = to_block(frame, self.columns, self.x_dtype, place)
            block = block.take(self._own_rows(place.first))
            if block.n:
                yield block

    def _counted(self, blocks):
        n = 0
        for block in blocks:
            n += block.n
            yield block
        self.n_rows = n

    def next_epoch(self):
        """Begin a pass: give its number and count on."""
        epoch, self.epoch = self.epoch, self.epoch + 1
        return epoch

    def dataset(self):
        """Give the stream as a ``tf.data.Dataset`` of batches.

        Returns
        -------
        tf.data.Dataset
            Of (x, y) or (x, y, sample_weight); its ``stream`` is this stream.
        """
        from mlpkit.backend import tf

        several = len(self.columns.targets)
        y_shape = (None,) if several == 1 else (None, several)
        spec = [
            tf.TensorSpec((None, len(self.columns.features)), self.x_dtype),
            tf.TensorSpec(y_shape, tf.string if self.y_dtype.kind == "O" else self.y_dtype),
        ]
        if self.columns.weight is not None:
            spec.append(tf.TensorSpec((None,), tf.float64))
        pieces = tf.data.Dataset.from_generator(self._pieces, output_signature=tuple(spec))
        batch_size = self.batch_size

        def batches(*piece):
            return tf.data.Dataset.from_tensor_slices(piece).batch(batch_size)

        # A piece is whole batches: one is made ready while another is cut.
        dataset = pieces.prefetch(1).flat_map(batches)
        if self.n_rows is not None:
            n_batches = -(-self.n_rows // batch_size)
            dataset = dataset.apply(tf.data.experimental.assert_cardinality(n_batches))
        dataset.stream = self
        return dataset

    def _pieces(self):
        size = max(1, self.chunk_rows // self.batch_size) * self.batch_size
        for block in regrouped(self.blocks(self.next_epoch()), size):
            y = self._typed(block.y)
            yield (block.x, y) if block.weight is None else (block.x, y, block.weight)

    def _typed(self, y):
        if y.dtype == self.y_dtype:
            return y
        typed = y.astype(self.y_dtype)
        if not np.array_equal(typed, y):
            value = y.ravel()[np.flatnonzero((typed != y).ravel())[0]]
            raise InvalidParameterError(
                f"y must be of one type, {self.y_dtype} as in the first rows. Got {value!r} later: "
                "say which type the target has, for instance dtype={'target': 'float64'}."
            )
        return typed
