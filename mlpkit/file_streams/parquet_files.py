"""Parquet files, read in batches by pyarrow, row group by row group."""

import contextlib

import numpy as np

from mlpkit.file_streams.blocks import Place

HEAD_ROWS = 200  # looked at before anything else, in each file
PAGE_BYTES = 2**18  # read from the disk at a time, in each column


class ParquetFiles:
    """How Parquet files are read.

    Raises
    ------
    ImportError
        When pyarrow is missing; says what to install.
    """

    def __init__(self):
        try:
            import pyarrow.parquet
        except ImportError:
            raise ImportError(
                "stream_parquet needs pyarrow: pip install 'mlpkit[parquet]'"
            ) from None
        self._module, self._pool = pyarrow.parquet, pyarrow.default_memory_pool
        self._footers, self._numbers = {}, {}

    def head(self, path):
        """Give the first rows of a file.

        Parameters
        ----------
        path : str
            The file.

        Returns
        -------
        pandas.DataFrame
            At most `HEAD_ROWS` rows; columns that pandas has written as the index are left out.
        """
        with _told(path), self._opened(path) as file:
            self._footers[path] = file.metadata
            schema = file.schema_arrow
            index = (schema.pandas_metadata or {}).get("index_columns", ())
            names = [n for n in schema.names if n not in [i for i in index if isinstance(i, str)]]
            for name in names:
                kind = _numpy_type(schema.field(name).type)
                self._numbers[name] = np.result_type(kind, self._numbers.get(name, kind))
            batch = next(file.iter_batches(HEAD_ROWS, columns=names), None)
            if batch is None:
                return schema.empty_table().select(names).to_pandas(ignore_metadata=True)
            return batch.to_pandas(ignore_metadata=True)

    def fix_types(self, head, columns):
        """Do nothing: files of this kind know the types of their columns."""

    def x_dtype(self, columns):
        """Give the type of the features: float32 where it holds all values of all files."""
        types = [self._numbers[name] for name in columns.features]
        narrow = all(each.kind in "biuf" and np.can_cast(each, np.float32) for each in types)
        return np.dtype(np.float32 if narrow else np.float64)

    def parts(self, path):
        """Give the parts of a file that can be read by themselves: its row groups.

        Parameters
        ----------
        path : str
            The file.

        Returns
        -------
        list of (int, int)
            Number, and first row, of each.
        """
        footer = self._footers[path]
        sizes = [footer.row_group(i).num_rows for i in range(footer.num_row_groups)]
        firsts = np.cumsum([0, *sizes[:-1]]).tolist()
        return [part for part, size in zip(enumerate(firsts), sizes, strict=False) if size]

    def count(self, path):
        """Give the number of rows of a file."""
        return self._footers[path].num_rows

    def chunks(self, path, part, columns, n_rows):
        """Yield the rows of a row group.

        Parameters
        ----------
        path : str
            The file.
        part : (int, int)
            From `parts`.
        columns : Columns
            Which columns to read.
        n_rows : int
            Rows of a chunk, at most.

        Yields
        ------
        frame : pandas.DataFrame
        place : Place
            Where they come from.
        """
        number, first = part
        with _told(path), self._opened(path, metadata=self._footers[path]) as file:
            options = {"row_groups": [number], "columns": columns.names}
            for batch in file.iter_batches(n_rows, **options):
                frame, n = batch.to_pandas(ignore_metadata=True), batch.num_rows
                del batch
                self._pool().release_unused()  # else it keeps what it may need again
                yield frame, Place(path, first)
                first += n

    def _opened(self, path, **more):
        # Read as it is needed: else the whole row group would be fetched ahead.
        return self._module.ParquetFile(path, buffer_size=PAGE_BYTES, pre_buffer=False, **more)


def _numpy_type(type_):
    try:
        return np.dtype(type_.to_pandas_dtype())
    except (NotImplementedError, TypeError):  # dictionaries, and what else is no array
        return np.dtype(object)


@contextlib.contextmanager
def _told(path):
    """Name the file in what pyarrow says of one that it cannot read."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        said = str(error).strip().split("\n")[0]
        raise ValueError(f"paths must be readable as Parquet. Got {path!r}: {said}") from error
