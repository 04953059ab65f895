"""CSV files, read in chunks by pandas."""

import contextlib
import inspect

import numpy as np

from mlpkit.checks import suggestion
from mlpkit.file_streams.blocks import Place, kind_of, text_error

HEAD_ROWS = 200  # looked at before anything else, in each file
# What a stream decides by itself.
OWN = ("chunksize", "engine", "index_col", "iterator", "low_memory", "nrows", "usecols")


class CsvFiles:
    """How CSV files are read.

    Parameters
    ----------
    options : dict
        Further arguments of ``pandas.read_csv``.
    """

    def __init__(self, options):
        self.options = {"index_col": False, **options}
        sep = options.get("sep", options.get("delimiter", ","))
        if sep is not None and (len(sep) == 1 or sep == r"\s+"):
            self.options["low_memory"] = False  # types are found in whole chunks
        else:
            self.options["engine"] = "python"
        self.types, self.some = {}, None

    def head(self, path):
        """Give the first rows of a file.

        Parameters
        ----------
        path : str
            The file.

        Returns
        -------
        pandas.DataFrame
            At most `HEAD_ROWS` rows.
        """
        with _told(path):
            return self._read(path, nrows=HEAD_ROWS)

    def fix_types(self, head, columns):
        """Decide the types of columns by a file's head, so that all chunks have the same.

        Parameters
        ----------
        head : pandas.DataFrame
            From `head`, at least one row.
        columns : Columns
            Which columns are what.
        """
        given = self.options.get("dtype")
        given = given if isinstance(given, dict) else dict.fromkeys(columns.names, given)
        fixed = {name: dtype for name, dtype in given.items() if dtype is not None}
        for name in columns.names:
            kind = kind_of(head[name])
            if name in fixed or name in (self.options.get("converters") or ()):
                continue
            if kind == "number" and name not in columns.targets:
                fixed[name] = np.float64
            elif kind == "text" and name in columns.targets:
                fixed[name] = str
        self.types = fixed
        # With `usecols` pandas lets lines pass that are too long: only where it spares columns.
        self.some = columns.names if len(head.columns) > len(columns.names) else None

    def x_dtype(self, columns):
        """Give the type of the features: float32 where the user has asked for no other."""
        types = [np.dtype(self.types.get(name, np.float64)) for name in columns.features]
        return np.result_type(np.float32, *types)

    def parts(self, path):
        """Give the parts of a file that can be read by themselves: the whole of it."""
        return [None]

    def count(self, path):
        """Give None: how many rows a file has is seen when it is read."""

    def chunks(self, path, part, columns, n_rows):
        """Yield the rows of a file.

        Parameters
        ----------
        path : str
            The file.
        part : None
            From `parts`.
        columns : Columns
            Which columns to read.
        n_rows : int
            Rows of a chunk.

        Yields
        ------
        frame : pandas.DataFrame
        place : Place
            Where they come from.
        """
        options = {"usecols": self.some, "dtype": self.types, "chunksize": n_rows}
        first = 0
        with _told(path), self._read(path, **options) as reader:
            while True:
                try:
                    frame = next(reader)
                except StopIteration:
                    return
                except ValueError as error:
                    raise self._explained(path, columns, first, n_rows) or error from None
                yield frame, Place(path, first)
                first += len(frame)

    def _read(self, path, **more):
        import pandas as pd

        return pd.read_csv(path, **{**self.options, **more})

    def _explained(self, path, columns, first, n_rows):
        """Find the text among the features that pandas has stumbled over, or give None."""
        texts = dict.fromkeys(columns.features, str)
        with self._read(path, usecols=self.some, dtype=texts, chunksize=n_rows) as reader:
            start = 0
            for frame in reader:
                found = self._first_text(frame, columns.features) if start >= first else None
                if found:
                    return text_error(*found, Place(path, start))
                start += len(frame)
        return None

    def _first_text(self, frame, names):
        import pandas as pd

        point, comma = self.options.get("decimal", "."), self.options.get("thousands")
        for name in names:
            text = frame[name].astype(str)
            text = text.str.replace(comma, "", regex=False) if comma else text
            numbers = pd.to_numeric(text.str.replace(point, ".", regex=False), errors="coerce")
            wrong = np.flatnonzero(numbers.isna() & frame[name].notna())
            if len(wrong):
                return name, int(wrong[0]), frame[name].iloc[wrong[0]]
        return None


def option_problems(options):
    """Tell what is wrong with the names of further arguments of ``pandas.read_csv``.

    Parameters
    ----------
    options : dict
        Arguments by name.

    Returns
    -------
    list of str

    Examples
    --------
    >>> option_problems({"encodings": "latin-1", "decimal": ","})
    ["options must be arguments of pandas.read_csv. Got 'encodings'. Did you mean 'encoding'?"]
    """
    import pandas as pd

    known = list(inspect.signature(pd.read_csv).parameters)
    found = [f"{name} must be left out: the stream decides it." for name in OWN if name in options]
    for name in options:
        if name not in known:
            near = suggestion(name, known)
            found.append(f"options must be arguments of pandas.read_csv. Got {name!r}.{near}")
    return found


@contextlib.contextmanager
def _told(path):
    """Name the file in what pandas says of one that it cannot read."""
    import pandas as pd

    try:
        yield
    except pd.errors.EmptyDataError:
        raise ValueError(
            f"paths must be files with a table. Got {path!r}, which is empty."
        ) from None
    except (pd.errors.ParserError, UnicodeError, EOFError, OSError) as error:
        said = str(error).strip().split("\n")[0]
        raise ValueError(f"paths must be readable as CSV. Got {path!r}: {said}") from error
