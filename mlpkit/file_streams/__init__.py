"""Streams over files: shuffled batches of CSV and Parquet files that are never held as a whole."""

from mlpkit.file_streams.making import stream_csv, stream_parquet
from mlpkit.file_streams.shuffling import regrouped
from mlpkit.file_streams.stream import FileStream

__all__ = ["FileStream", "regrouped", "stream_csv", "stream_parquet"]
